"""`echotracker clinical`: global strain against a reference and examined twice, as Table 2."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ...tracking.registry import DEFAULT_TRACKER
from ..output import add_command
from .common import add_run_options, base_request, finish, started, watched


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "clinical",
        "Measure GLS of every examination of a manifest and compare it with the reference and between visits: mu, "
        "sigma, MAD with intervals, Bland-Altman plots; table.md, table.csv, table.tex.",
        "clinical exams.csv --trackers classical,echotracker --out table2",
    )
    parser.add_argument(
        "manifest",
        type=Path,
        metavar="MANIFEST",
        help="CSV or Parquet with clip, points (or left_x ... right_y), subject, visit, reader, view, reference_gls",
    )
    parser.add_argument("--trackers", default=DEFAULT_TRACKER, metavar="A,B,...", help=f"default {DEFAULT_TRACKER}")
    add_run_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure what is not measured yet, write tables and plots; return the exit code."""
    from ...cohort.clinical.exams import clips_in_order
    from ...cohort.clinical.report import write_tables
    from ...cohort.clinical.run import run_clinical
    from ...cohort.manifest import count_rows
    from ...cohort.trackers import choose

    choices = choose(arguments.trackers.split(","), arguments.config, base_request(arguments))
    names = [choice.name for choice in choices]
    rows = count_rows(arguments.manifest)
    total = rows * len(choices)
    with started(arguments, arguments.manifest, total) as this:
        outcomes = run_clinical(arguments.manifest, choices, this.engine, this.store, this.scratch)
        clips = clips_in_order(watched(outcomes, total, "Clinical"))
        about = f"`clinical --trackers {arguments.trackers}`, {rows} clips."
        with this.tables() as folder:
            write_tables(folder, clips, names, about)
            paths = [this.out / path.name for path in sorted(folder.iterdir())]
    reasons = [clip.reason for clip in clips if clip.reason]
    sys.stdout.write((arguments.out / "table.md").read_text(encoding="utf-8"))
    return finish(paths, len(reasons), total, reasons[0] if reasons else None)
