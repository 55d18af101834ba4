"""`echotracker evaluate`: estimated tracks against the truth."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..errors import BadInput
from ..review.comparison import read_reference
from ..tracks.files import read_tracks
from ..tracks.known import Known
from ..tracks.metrics import GRID, THRESHOLDS, native_metrics, point_tracking_metrics
from ..tracks.tracks import Tracks
from .clip_facts import add_clip_facts, clip_facts
from .output import add_command


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "evaluate",
        "Compare tracks with the truth: delta, survival and MTE on the 256 x 256 grid, in native px and in mm. Of an "
        "annotation file only what a person placed, or interpolated between placed positions, is truth. Files of "
        "CVAT, COCO, DeepLabCut, SLEAP, EchoNet-Dynamic and TAP-Vid are read as well as ours.",
        "evaluate --truth truth.npz --estimate out/tracks.npz --json",
    )
    parser.add_argument(
        "--truth", type=Path, required=True, metavar="A", help="track file with the true positions, or annotation file"
    )
    parser.add_argument("--estimate", type=Path, required=True, metavar="B", help="track file to judge")
    add_clip_facts(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare and print; return the exit code."""
    given = clip_facts(arguments)
    estimate = read_tracks(arguments.estimate, given)
    truth = read_reference(arguments.truth, Known(given.size or estimate.size, estimate.n_frames, given.clip))
    estimate = matched(truth, estimate, arguments.truth.name, arguments.estimate.name)
    size, size_source = image_size(truth, estimate, given.size)
    figures: dict[str, Any] = dict(
        point_tracking_metrics(truth.positions, estimate.positions, truth.visible, size, estimate.query_frame)
    )
    if size != (1, 1):
        spacing = truth.spacing_mm or estimate.spacing_mm
        figures.update(
            native_metrics(truth.positions, estimate.positions, truth.visible, estimate.query_frame, spacing)
        )
    figures.update(n_points=truth.n_points, n_frames=truth.n_frames, query_frame=estimate.query_frame, size=list(size))
    figures["size_source"] = size_source
    if size_source.startswith("assumed"):
        sys.stderr.write(f"warning: image size {size_source}; give it with --size W H\n")
    sys.stdout.write(_as_json(figures) if arguments.json else _as_text(figures))
    return 0


def matched(truth: Tracks, estimate: Tracks, truth_name: str, estimate_name: str) -> Tracks:
    """Return the estimate with its points in the truth's order.

    Raises:
        BadInput: different points or frame counts.
    """
    if truth.labels != estimate.labels:
        index = {label: i for i, label in enumerate(estimate.labels)}
        differing = sorted(set(truth.labels) ^ set(estimate.labels))
        if differing or len(index) != estimate.n_points or truth.n_points != estimate.n_points:
            what = ", ".join(differing[:6]) + (" ..." if len(differing) > 6 else "") if differing else "doubled labels"
            raise BadInput(
                f"{truth_name} has {truth.n_points} points and {estimate_name} {estimate.n_points}, "
                f"and they differ in: {what}. Both files must hold the same points."
            )
        estimate = estimate.select(np.array([index[label] for label in truth.labels], dtype=np.int64))
    if truth.n_frames != estimate.n_frames:
        raise BadInput(
            f"{truth_name} has {truth.n_frames} frames and {estimate_name} {estimate.n_frames}; "
            "both must be of the same clip."
        )
    return estimate


def image_size(truth: Tracks, estimate: Tracks, given: Optional[tuple[int, int]]) -> tuple[tuple[int, int], str]:
    """Return ((width, height), where it is from).

    Files that do not say it: positions that all lie in 0..1 are shares of the size; positions that all lie in 0..256
    are taken to lie on the 256 x 256 grid already, with a warning; anything else is refused.

    Raises:
        BadInput: the files disagree, or the size cannot be known.
    """
    if given is not None:
        return given, "--size"
    if truth.size is not None and estimate.size is not None and truth.size != estimate.size:
        raise BadInput(f"The truth is of an image of {truth.size} px, the estimate of {estimate.size} px.")
    known = truth.size or estimate.size
    if known is not None:
        return known, "track file"
    values = truth.positions[np.isfinite(truth.positions)]
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if low >= 0 and high <= 1:
        return (1, 1), "positions in 0..1"
    if low >= -0.5 and high <= GRID - 0.5:
        return (GRID, GRID), f"assumed to be {GRID} x {GRID} px"
    raise BadInput("The files do not say the image size, which the 256 x 256 grid needs. Give it with --size W H.")


def _as_json(figures: dict[str, Any]) -> str:
    """Return one JSON object; a figure that does not exist is null."""
    plain = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in figures.items()}
    return json.dumps(plain, indent=2) + "\n"


def _as_text(figures: dict[str, Any]) -> str:
    """Return a table: one line a figure, one column a unit."""
    columns = {"256 grid": "", "native px": "_native_px", "mm": "_mm"}
    used = {title: end for title, end in columns.items() if f"delta_avg{end}" in figures}
    lines = [f"{'':12}" + "".join(f"{title:>12}" for title in used)]
    names = [f"delta_{k}" for k in THRESHOLDS] + ["delta_avg"]
    lines += [f"{name + ' %':12}" + "".join(f"{figures[name + end]:12.1f}" for end in used.values()) for name in names]
    mte = [figures["mte_px" if not end else f"mte{end}"] for end in used.values()]
    lines.append(f"{'MTE':12}" + "".join(f"{value:12.3f}" for value in mte))
    lines.append(f"{'survival %':12}{figures['survival']:12.1f}")
    lines.append(f"{figures['n_points']} points, {figures['n_frames']} frames, after frame {figures['query_frame']}")
    return "\n".join(lines) + "\n"
