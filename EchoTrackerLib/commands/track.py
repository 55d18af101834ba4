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
from ..files import complete_folder
from ..strain.wall_template import ANNULUS_VIEWS, WALL_FROM
from ..tracking.device import DEVICES, PRECISIONS, thread_settings
from ..tracking.registry import DEFAULT_TRACKER, tracker_infos
from ..tracking.request import WALL, Request
from .output import add_command, terminal_progress

WRITTEN = ("tracks", "overlay", "scene")  # `strain` measures: ED, ES and view are asked for there


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
    start = parser.add_mutually_exclusive_group(required=True)
    start.add_argument(
        "--points",
        type=Path,
        metavar="FILE",
        help="CSV with label,x_px,y_px; NPY/NPZ [N, 2] (x, y) px; Slicer markups .mrk.json or .fcsv; or one frame of "
        "annotations or tracks: ours, COCO, CVAT, DeepLabCut, SLEAP, EchoNet's VolumeTracings.csv, TAP-Vid",
    )
    start.add_argument(
        "--landmarks",
        type=landmark,
        nargs=3,
        metavar="X,Y",
        help="px of left annulus, apex and right annulus on the query frame, instead of points: 31 points are put "
        "along the mid-wall between them",
    )
    parser.add_argument("--view", choices=ANNULUS_VIEWS, help="with --landmarks: whose wall it is (default other)")
    parser.add_argument(
        "--wall-from",
        choices=WALL_FROM,
        help="with --landmarks: a fixed curve of the view (default), or the wall looked for near it (docs/wall.md)",
    )
    parser.add_argument(
        "--query-frame", type=int, metavar="K", help="frame of the points, from 0 (default: that of the file, else 0)"
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


def landmark(text: str) -> tuple[float, float]:
    """Return x and y of "X,Y".

    Raises:
        argparse.ArgumentTypeError: it is no point.
    """
    try:
        x, y = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no point; give it as X,Y in px") from None
    return x, y


def add_tracker_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose and set up a tracker."""
    names = [info.name for info in tracker_infos()]
    parser.add_argument("--tracker", default=DEFAULT_TRACKER, choices=names, help=f"default {DEFAULT_TRACKER}")
    parser.add_argument(
        "--accept-licence", action="store_true", help="you accept the license of a tracker by other authors"
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="checkpoint for a learned tracker (.pth, .safetensors)"
    )
    parser.add_argument(
        "--code", type=Path, metavar="DIR", help="the authors' code of a tracker by others (docs/trackers.md)"
    )
    add_device_arguments(parser)
    parser.add_argument(
        "--threads", type=thread_count, default=0, metavar="N", help="processor cores to use (default: all)"
    )
    parser.add_argument(
        "--wall",
        default="auto",
        choices=WALL,
        help="the points are in order along the wall and are regularized together; auto: when they look so and the "
        "tracker is not by other authors (default)",
    )


def add_device_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say on what, and how exactly, a learned tracker computes."""
    parser.add_argument("--device", default="auto", choices=DEVICES)
    parser.add_argument(
        "--precision", default="auto", choices=PRECISIONS, help="auto: float32 (default), on every machine the same"
    )


def thread_count(text: str) -> int:
    """Return a number of threads, at least 1.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of cores; give 1 or more")
    return int(text)


def request_of(arguments: argparse.Namespace) -> Request:
    """Return what the options of `add_tracker_arguments` ask for."""
    return Request(
        tracker=arguments.tracker,
        weights=arguments.weights,
        code=arguments.code,
        accept_licence=arguments.accept_licence,
        device=arguments.device,
        precision=arguments.precision,
        wall=arguments.wall,
        threads=arguments.threads,
    )


def run(arguments: argparse.Namespace) -> int:
    """Run `track`."""
    from ..annotation.starts import read_start
    from ..cine.reading import read_cine
    from ..cohort.clip import track_to_folder
    from ..cohort.points import wall_through
    from ..cohort.result_folder import Summary
    from ..cohort.store import digest
    from ..cohort.tracked import PointsOnClip
    from ..scene.archive import write_scene

    if arguments.landmarks is None and (arguments.view or arguments.wall_from):
        raise BadInput("--view and --wall-from belong to --landmarks; of points `strain --view` takes the view.")
    os.environ.update(thread_settings(arguments.threads))
    report = Summary()
    with terminal_progress() as progress, complete_folder(arguments.out) as folder:
        with report.stage("read clip"):
            cine = read_cine(arguments.clip, progress)
        start = None if arguments.points is None else read_start(arguments.points, cine, arguments.query_frame)
        query_frame = (arguments.query_frame or 0) if start is None else start.frame
        if not 0 <= query_frame < cine.n_frames:
            raise BadInput(
                f"{arguments.clip.name}: --query-frame {query_frame} is outside the clip; "
                f"its frames are 0 to {cine.n_frames - 1}."
            )
        if arguments.spacing:
            cine = replace(cine, spacing_mm=tuple(arguments.spacing), spacing_source="given by the user")
        if start is not None:
            points = PointsOnClip(cine, digest(arguments.clip), *start)
        else:
            wall_from, name = arguments.wall_from or WALL_FROM[0], arguments.clip.name
            marks, view = np.array(arguments.landmarks), arguments.view or "other"
            points = wall_through(cine, digest(arguments.clip), marks, view, query_frame, wall_from, name)
        report.facts["clip"] = {"path": str(arguments.clip.absolute())}
        tracks, _strain, _void = track_to_folder(
            folder, points, request_of(arguments), write_scene, report, WRITTEN, progress=progress
        )
        names = sorted(path.name for path in folder.iterdir())
    for warning in (*report.warnings, *report.left_out):
        sys.stderr.write(f"warning: {warning}\n")
    _tell(f"{tracks.n_points} points, {tracks.n_frames} frames, tracker {tracks.tracker} on {report.facts['device']}")
    _tell(f"wall regularization: {wall_text(tracks.options['wall'])} (--wall {arguments.wall})")
    for name in names:
        _tell(str(arguments.out / name))
    return 0


def wall_text(used: object) -> str:
    """Return what was done to points along a wall, from a result's `options["wall"]`."""
    return str(used) if isinstance(used, str) else "on" if used else "off"


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
