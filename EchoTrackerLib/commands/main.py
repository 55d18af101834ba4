"""`echotracker COMMAND ...`: the one entry point of the command line."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Optional

from .. import __version__
from ..errors import Cancelled, EchoTrackerError
from .output import never_stumble

# In the order of --help. Each module imports heavy libraries inside functions only.
COMMANDS = (
    "demo",
    "info",
    "track",
    "strain",
    "report",
    "study",
    "agree",
    "evaluate",
    "sample",
    "convert",
    "phantom",
    "cohort.batch",
    "cohort.benchmark",
    "cohort.clinical",
    "cohort.rerun",
    "bench.bench",
    "training.train",
    "training.export",
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with all commands."""
    parser = argparse.ArgumentParser(
        prog="echotracker",
        description="Point tracking and strain in echocardiography. Research use only.",
    )
    parser.add_argument("--version", action="version", version=f"echotracker {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(f"{__package__}.{name}").add_parser(subparsers)
    return parser


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one command; return its exit code: 0, 2 bad input, 130 interrupted."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported: see tracking/worker.py
    never_stumble()
    arguments = build_parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except (KeyboardInterrupt, Cancelled) as error:
        sys.stderr.write(f"\n{error if str(error) else 'Interrupted; no output was written.'}\n")
        return 130
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"error: this needs the Python package '{error.name}', which is not installed. "
            'It comes with: pip install ".[all]"\n'
        )
        return 2
    except EchoTrackerError as error:
        hint = f" On the command line: {error.command_line}." if error.command_line else ""
        sys.stderr.write(f"error: {error}{hint}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
