"""Options that say what a file of tracks or annotations does not know of its clip."""

from __future__ import annotations

import argparse

from ..errors import BadInput
from ..tracks.known import Known


def add_clip_facts(parser: argparse.ArgumentParser) -> None:
    """Add --size, --frames and --clip."""
    parser.add_argument(
        "--size", type=int, nargs=2, metavar=("W", "H"), help="image size in px, for files that do not say it"
    )
    parser.add_argument("--frames", type=int, metavar="N", help="frames of the clip, for files that name only some")
    parser.add_argument("--clip", default="", metavar="NAME", help="which clip, for files that hold several")


def clip_facts(arguments: argparse.Namespace) -> Known:
    """Return what the options say.

    Raises:
        BadInput: a number that is not positive.
    """
    size = (arguments.size[0], arguments.size[1]) if arguments.size else None
    if size is not None and min(size) <= 0:
        raise BadInput(f"--size {size[0]} {size[1]}: width and height must be positive.")
    if arguments.frames is not None and arguments.frames < 1:
        raise BadInput(f"--frames {arguments.frames}: a clip has at least one frame.")
    return Known(size, arguments.frames, arguments.clip)
