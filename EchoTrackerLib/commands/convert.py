"""`echotracker convert`: tracks and annotations from one file format to another."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Union

from ..annotation.annotation import Annotation, from_tracks, to_tracks
from ..annotation.files import read_any, write_annotation
from ..tracks.files import write_tracks
from ..tracks.tracks import Tracks
from .clip_facts import add_clip_facts, clip_facts
from .output import add_command


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "convert",
        "Convert tracks and annotations to .npz, .csv, .json, .coco.json or .tapvid.npz (TAP-Vid style). Read are "
        "these, and files of CVAT, DeepLabCut, SLEAP, EchoNet-Dynamic and TAP-Vid. Annotations stay annotations.",
        "convert out/tracks.npz tracks.tapvid.npz",
    )
    parser.add_argument("source", type=Path, metavar="IN", help="its format is known by suffix and content")
    parser.add_argument("target", type=Path, metavar="OUT", help="file to write; its suffix says the format")
    add_clip_facts(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Convert; return the exit code."""
    points = read_any(arguments.source, clip_facts(arguments))
    _write(arguments.target, points)
    sys.stdout.write(f"{arguments.target}: {points.n_points} points, {points.n_frames} frames\n")
    return 0


def _write(target: Path, points: Union[Annotation, Tracks]) -> None:
    name = target.name.lower()
    if isinstance(points, Annotation) and not name.endswith(".tapvid.npz"):
        write_annotation(target, points)
    elif isinstance(points, Annotation):
        write_tracks(target, to_tracks(points))
    elif name.endswith(".coco.json"):
        write_annotation(target, from_tracks(points))
    else:
        write_tracks(target, points)
