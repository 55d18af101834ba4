"""`echotracker bench ...`: what the trackers cost and what they are worth, measured."""

from __future__ import annotations

import importlib
from typing import Any

from ..output import add_command

BENCHMARKS = ("speed", "accuracy")


def add_parser(subparsers: Any) -> None:
    """Add `bench` with one subcommand per file beside this one."""
    parser = add_command(subparsers, "bench", "Measure speed or accuracy.", "bench speed")
    parts = parser.add_subparsers(dest="benchmark", metavar="BENCHMARK", required=True)
    for name in BENCHMARKS:
        importlib.import_module(f"{__package__}.{name}").add_subparser(parts)
