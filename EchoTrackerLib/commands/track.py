"""`track`: follow points through a clip and write tracks, overlay video and Slicer scene."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadInput
from ..tracking.device import DEVICES, PRECISIONS, thread_settings
from ..tracking.registry import DEFAULT_TRACKER, tracker_infos
from ..tracking.tracker import TrackerOptions
from ..tracking.wall import looks_like_wall
from .output import add_command, complete_outputs, terminal_progress
from .pipeline import Report, track_points, write_outputs


def add_parser(subparsers: Any) -> None:
    """Add `track` to the command line."""
    parser = add_command(
        subparsers,
        "track",
        "Follow points through a clip; write tracks.npz, tracks.csv, overlay.mp4, scene.mrb, summary.json.",
        "track clip.dcm --points wall.csv --out result",
    )
    parser.add_argument(
        "clip",
        type=Path,
        metavar="CLIP",
        help="DICOM ultrasound (file, or folder of single frames), AVI/MP4/MOV, NRRD/MHA/.seq.nrrd, "
        "folder of PNG/JPEG/TIFF, NPY/NPZ",
    )
    parser.add_argument(
        "--points",
        type=Path,
        required=True,
        metavar="FILE",
        help="CSV with label,x_px,y_px; NPY/NPZ [N, 2] (x, y) px; or a Slicer markups .mrk.json",
    )
    parser.add_argument(
        "--query-frame", type=int, default=0, metavar="K", help="frame of the points, from 0 (default 0)"
    )
    parser.add_argument(
        "--spacing",
        type=float,
        nargs=2,
        metavar=("ROW", "COL"),
        help="pixel spacing in mm, for a clip that has none or a wrong one",
    )
    add_tracker_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    parser.set_defaults(run=run)


def add_tracker_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose and set up a tracker."""
    names = [info.name for info in tracker_infos()]
    parser.add_argument("--tracker", default=DEFAULT_TRACKER, choices=names, help=f"default {DEFAULT_TRACKER}")
    parser.add_argument(
        "--accept-licence", action="store_true", help="you accept the licence of a tracker by other authors"
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="checkpoint for a learned tracker (.pth, .safetensors)"
    )
    parser.add_argument("--device", default="auto", choices=DEVICES)
    parser.add_argument(
        "--precision", default="auto", choices=PRECISIONS, help="auto: float32 (default), on every machine the same"
    )
    parser.add_argument(
        "--threads", type=thread_count, default=0, metavar="N", help="processor cores to use (default: all)"
    )
    parser.add_argument(
        "--wall",
        default="auto",
        choices=("auto", "on", "off"),
        help="the points are in order along the wall and are regularised together; auto: when they look so (default)",
    )


def thread_count(text: str) -> int:
    """Return a number of threads, at least 1.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of cores; give 1 or more")
    return int(text)


def tracker_options(arguments: argparse.Namespace, points: np.ndarray, report: Report) -> TrackerOptions:
    """Return the tracker's options; with `--wall auto`, decide from `points` [N, 2] px and say what was decided.

    Raises:
        BadInput: the tracker's licence needs the user's consent, which was not given.
    """
    info = next(info for info in tracker_infos() if info.name == arguments.tracker)
    if info.needs_licence_consent and not arguments.accept_licence:
        raise BadInput(
            f"{info.title} is by other authors: {info.licence}. If you accept that, add --accept-licence "
            f"(cite: {info.citation})."
        )
    wall = looks_like_wall(points) if arguments.wall == "auto" else arguments.wall == "on"
    report.facts["wall"] = {"asked": arguments.wall, "used": wall}
    return TrackerOptions(arguments.device, arguments.precision, arguments.weights, wall)


def run(arguments: argparse.Namespace) -> int:
    """Run `track`."""
    from ..cine.reading import read_cine
    from ..tracks.queries import read_queries

    os.environ.update(thread_settings(arguments.threads))
    report = Report()
    with terminal_progress() as progress, complete_outputs(arguments.out) as folder:
        with report.stage("read clip"):
            cine = read_cine(arguments.clip, progress)
        if not 0 <= arguments.query_frame < cine.n_frames:
            raise BadInput(
                f"{arguments.clip.name}: --query-frame {arguments.query_frame} is outside the clip; "
                f"its frames are 0 to {cine.n_frames - 1}."
            )
        labels, points = read_queries(arguments.points, cine)
        if arguments.spacing:
            cine = replace(cine, spacing_mm=tuple(arguments.spacing), spacing_source="given by the user")
        options = tracker_options(arguments, points, report)
        tracks = track_points(cine, labels, points, arguments.query_frame, arguments.tracker, options, report, progress)
        write_outputs(folder, cine, tracks, report, progress)
        names = sorted(path.name for path in folder.iterdir())
    for warning in report.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    _tell(f"{tracks.n_points} points, {tracks.n_frames} frames, tracker {tracks.tracker} on {report.facts['device']}")
    _tell("wall regularisation: " + ("on" if options.wall else "off") + f" (--wall {arguments.wall})")
    for name in names:
        _tell(str(arguments.out / name))
    return 0


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
