"""`echotracker report`: decide about tracked points, and write the QA report."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..cine.reading import read_cine
from ..errors import BadInput
from ..files import complete_folder
from ..review.report_files import write_report
from ..strain.segments import VIEWS, segment_names
from ..tracks.decisions import STATUSES, UNDECIDED, Decision, Review, decide_points, decide_segments
from ..tracks.files import read_tracks
from ..tracks.tracks import Tracks
from .output import add_command


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "report",
        "Write the quality report of tracks and the decisions about them: qa-report.html, qa-points.csv, "
        "qa-segments.csv. Equal inputs give equal files.",
        'report out/tracks.npz --clip clip.dcm --view A4C --decide "mid 07" rejected "jumps" --out out',
    )
    parser.add_argument("tracks", type=Path, metavar="TRACKS", help="tracks.npz or .json (with decisions), or .csv")
    parser.add_argument("--clip", type=Path, metavar="CLIP", help="the clip, for its facts and for pictures")
    parser.add_argument("--view", default="", choices=("", *VIEWS), help="names the segments")
    parser.add_argument("--ed", type=int, metavar="K", help="end-diastolic frame, 0-based (default: found)")
    parser.add_argument("--es", type=int, metavar="K", help="end-systolic frame, 0-based (default: found)")
    parser.add_argument(
        "--decide",
        action="append",
        nargs=3,
        default=[],
        metavar=("NAME", "DECISION", "REASON"),
        help=f"decide about a point or a segment (may be repeated): {', '.join(s for s in STATUSES if s != UNDECIDED)}",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the report; return the exit code."""
    tracks = read_tracks(arguments.tracks)
    for name, status, reason in arguments.decide:
        tracks = decided(tracks, name, Decision(status, reason), arguments.view)
    cine = None if arguments.clip is None else read_cine(arguments.clip)
    with complete_folder(arguments.out) as folder:
        paths = write_report(folder, tracks, cine, arguments.view, ed=arguments.ed, es=arguments.es)
        names = [path.name for path in paths]
    sys.stdout.write("".join(f"{arguments.out / name}\n" for name in names))
    return 0


def decided(tracks: Tracks, name: str, decision: Decision, view: str) -> Tracks:
    """Return the tracks with a decision about the point or the segment of this name.

    Raises:
        BadInput: neither is called so.
    """
    review: Review = tracks.review
    if name in tracks.labels:
        return replace(tracks, review=decide_points(review, [name], decision))
    if name in segment_names(view):
        return replace(tracks, review=decide_segments(review, [name], decision))
    names = ", ".join((*tracks.labels, *segment_names(view)))
    raise BadInput(f"--decide: no point or segment is called '{name}'. There are: {names}.")
