"""`echotracker sample draw|estimate`: quality assurance of many tracked clips by looking at a few tracks."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadInput
from ..files import complete_folder
from ..review.rows import point_rows
from ..review.sample import (
    NO_ERROR,
    Sample,
    error_counts,
    error_rate,
    new_sample,
    read_form,
    sample_document,
    sample_from_document,
    write_form,
    write_results,
)
from ..review.sampling import ERROR_TYPES
from ..tracks.decisions import Review
from ..tracks.files import read_tracks
from .output import add_command

FORM, DRAWN, RESULTS = "sample.csv", "sample.json", "sample-results.csv"


def add_parser(subparsers: Any) -> None:
    """Add the command with its two steps to the parser."""
    parser = add_command(
        subparsers,
        "sample",
        "Quality assurance by sampling: draw tracks from many files, look at them, estimate the share of errors.",
        "sample draw studies/*/tracks.npz --n 60 --out qa\n"
        "  (fill the column 'errors' of qa/sample.csv)\n"
        "  echotracker sample estimate qa",
    )
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    draw = add_command(
        steps,
        "draw",
        f"Draw tracks, stratified by confidence; write {FORM} to be filled in, and {DRAWN}.",
        "sample draw studies/*/tracks.npz --n 60 --out qa",
    )
    draw.add_argument("tracks", type=Path, nargs="+", metavar="TRACKS", help="track files (npz, json, csv)")
    draw.add_argument("--n", type=int, default=50, metavar="N", help="how many tracks to look at (default 50)")
    draw.add_argument("--seed", type=int, default=0, metavar="S", help="equal seeds draw equal samples (default 0)")
    draw.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    draw.set_defaults(run=run_draw)
    estimate = add_command(
        steps,
        "estimate",
        f"Read the filled {FORM} and estimate the share of erroneous tracks; write {RESULTS}. "
        f"Column 'errors': {NO_ERROR}, or one or more of {', '.join(ERROR_TYPES)}, separated by semicolons.",
        "sample estimate qa --json",
    )
    estimate.add_argument("folder", type=Path, metavar="DIR", help="folder of `sample draw`")
    estimate.add_argument("--json", action="store_true", help="print one JSON object")
    estimate.set_defaults(run=run_estimate)


def run_draw(arguments: argparse.Namespace) -> int:
    """Draw and write the form; return the exit code."""
    names: list[tuple[str, str]] = []
    confidence: list[float] = []
    for path in dict.fromkeys(arguments.tracks):
        tracks = read_tracks(path)
        rows = point_rows(tracks, ("",) * tracks.n_points, Review())
        names += [(path.as_posix(), row.label) for row in rows]
        confidence += [row.confidence for row in rows]
    sample = new_sample(names, np.array(confidence), arguments.n, arguments.seed)
    with complete_folder(arguments.out) as folder:
        write_form(folder / FORM, sample)
        text = json.dumps(sample_document(sample), indent=1, ensure_ascii=False)
        (folder / DRAWN).write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(sample.tracks)} of {len(names)} tracks drawn: fill in {arguments.out / FORM}\n")
    return 0


def run_estimate(arguments: argparse.Namespace) -> int:
    """Read the filled form, print and write the estimate; return the exit code."""
    drawn = arguments.folder / DRAWN
    try:
        document = json.loads(drawn.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{drawn}: cannot be read. Name the folder that `sample draw --out` wrote.") from error
    sample = read_form(arguments.folder / FORM, sample_from_document(document))
    rate = error_rate(sample)
    if rate is None:
        raise BadInput(
            f"{sample.examined} of {len(sample.tracks)} tracks are filled in, which leaves a stratum without any. "
            f"Fill in more of the column 'errors' ({NO_ERROR} where there is no error)."
        )
    write_results(arguments.folder / RESULTS, sample)
    figures: dict[str, Any] = {
        "error_rate": rate.rate,
        "low_95": rate.low,
        "high_95": rate.high,
        "examined": rate.examined,
        "with_errors": rate.errors,
        "tracks": sum(size for _stratum, size in sample.sizes),
        "errors": error_counts(sample),
    }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n" if arguments.json else _text(figures, sample))
    return 0


def _text(figures: dict[str, Any], sample: Sample) -> str:
    kinds = ", ".join(f"{kind} {count}" for kind, count in figures["errors"].items())
    lines = [
        f"Error rate of {figures['tracks']} tracks: {100 * figures['error_rate']:.1f} % "
        f"(95 % confidence interval {100 * figures['low_95']:.1f} to {100 * figures['high_95']:.1f} %)",
        f"{figures['with_errors']} of {figures['examined']} examined tracks show an error: {kinds}",
    ]
    if sample.examined < len(sample.tracks):
        lines.append(f"{len(sample.tracks) - sample.examined} drawn tracks were not looked at")
    return "\n".join(lines) + "\n"
