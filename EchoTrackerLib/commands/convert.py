"""`echotracker convert`: tracks from one file format to another."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..tracks.files import read_tracks, write_tracks
from .output import add_command


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "convert",
        "Convert tracks between .npz, .csv, .json and .tapvid.npz (TAP-Vid style).",
        "convert out/tracks.npz tracks.tapvid.npz",
    )
    parser.add_argument("source", type=Path, metavar="IN", help="track file; TAP-Vid npz is known by its keys")
    parser.add_argument("target", type=Path, metavar="OUT", help="file to write; its suffix says the format")
    parser.add_argument(
        "--size", type=int, nargs=2, metavar=("W", "H"), help="image size in px, for files that do not say it"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Convert; return the exit code."""
    tracks = read_tracks(arguments.source, tuple(arguments.size) if arguments.size else None)
    write_tracks(arguments.target, tracks)
    sys.stdout.write(f"{arguments.target}: {tracks.n_points} points, {tracks.n_frames} frames\n")
    return 0
