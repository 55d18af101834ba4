"""`echotracker export`: weights of a training run as a file that trackers read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ..output import add_command, terminal_progress


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = add_command(
        subparsers,
        "export",
        "Write the weights of a training run as float16 .safetensors with their recipe, data, step and license.",
        "export runs/wallnet/checkpoint.pt --out wallnet.safetensors",
    )
    parser.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="checkpoint.pt of a run, or the run's folder"
    )
    parser.add_argument("--data", default="not stated", help="what was trained on, in a sentence; goes into the file")
    parser.add_argument("--licence", default="MIT", help="of the weights (default MIT)")
    parser.add_argument("--warning", default="", help="what every user of the weights must know; shown with results")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the .safetensors file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Export; print the file's SHA-256."""
    from ...training.export import export_weights
    from ...training.loop import CHECKPOINT

    if arguments.out.suffix != ".safetensors":
        raise BadInput(f"{arguments.out}: --out must end in .safetensors.")
    folder: Path = arguments.checkpoint
    with terminal_progress() as progress:
        progress("Exporting", 0.0)
        facts = export_weights(
            folder / CHECKPOINT if folder.is_dir() else folder,
            arguments.out,
            arguments.data,
            arguments.licence,
            arguments.warning,
        )
        progress("Exporting", 1.0)
    sys.stdout.write(f"{arguments.out}: step {facts['step']}, SHA-256 {facts['sha256']}\n")
    return 0
