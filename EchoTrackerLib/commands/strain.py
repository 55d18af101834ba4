"""`echotracker strain`: strain from tracks of points in order along the wall."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..files import complete_folder
from ..review.strain import rejected_points
from ..strain.files import write_strain
from ..strain.segments import VIEWS
from ..strain.strain import measure_strain, natural_strain
from ..tracks.files import read_tracks
from .output import add_command

LAYERS = ("", "endo", "mid", "epi")


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "strain",
        "Measure longitudinal strain of a tracked wall: strain.csv, strain.json, strain.png.",
        "strain out/tracks.npz --view A4C --out out",
    )
    parser.add_argument("tracks", type=Path, metavar="TRACKS", help="tracks.npz (or .csv, .json), points in order")
    parser.add_argument("--ed", type=int, metavar="K", help="end-diastolic frame, 0-based (default: found)")
    parser.add_argument("--es", type=int, metavar="K", help="end-systolic frame, 0-based (default: found)")
    parser.add_argument("--cycle-end", type=int, metavar="K", help="next end-diastolic frame, 0-based (default: found)")
    parser.add_argument(
        "--beat", type=int, default=0, metavar="B", help="complete cycle to measure, from 0 (default 0)"
    )
    parser.add_argument(
        "--no-drift-compensation",
        dest="drift_compensation",
        action="store_false",
        help="leave the drift over the cycle in the curves (it is reported either way)",
    )
    parser.add_argument("--natural", action="store_true", help="natural strain ln(L/L0) instead of Lagrangian")
    parser.add_argument("--view", default="", choices=("", *VIEWS), help="names the segments")
    parser.add_argument("--layer", default="", choices=LAYERS, help="where the points lie (reported)")
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="LABEL", help="leave this point out (may be repeated)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and write; return the exit code."""
    tracks = read_tracks(arguments.tracks)
    rejected = rejected_points(tracks, arguments.view)
    strain = measure_strain(
        tracks,
        ed=arguments.ed,
        es=arguments.es,
        drift_compensation=arguments.drift_compensation,
        cycle_end=arguments.cycle_end,
        beat=arguments.beat,
        excluded=tuple(dict.fromkeys((*arguments.exclude, *rejected))),
        view=arguments.view,
        layer=arguments.layer,
    )
    if arguments.natural:
        strain = natural_strain(strain)
    with complete_folder(arguments.out) as folder:
        names = [path.name for path in write_strain(folder, strain, source=arguments.tracks.name)]
    if rejected:
        sys.stderr.write(f"warning: Rejected by the reviewer: {', '.join(rejected)}.\n")
    for warning in strain.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    phases = strain.phases
    lines = [str(arguments.out / name) for name in names]
    lines.append(f"ED frame {phases.ed}: {phases.ed_source}")
    lines.append(f"ES frame {phases.es}: {phases.es_source}")
    lines.append(f"GLS {strain.gls_percent:.2f} % at end-systole, {strain.definition}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
