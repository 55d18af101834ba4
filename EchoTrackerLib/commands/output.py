"""Outputs that appear only when complete, and progress on the terminal."""

from __future__ import annotations

import argparse
import codecs
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Optional

from ..progress import Progress

_PLAIN_SIGNS = "echotracker.plain"  # the handler's name
_PLAIN = {"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{PLUS-MINUS SIGN}": "+-"}


def add_command(subparsers: Any, name: str, summary: str, example: str) -> argparse.ArgumentParser:
    """Add a subparser whose --help ends with an example."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f"example:\n  echotracker {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def never_stumble() -> None:
    """Let terminals and files without Unicode (code pages of Windows) get plain signs instead of an error."""
    codecs.register_error(_PLAIN_SIGNS, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_PLAIN_SIGNS)


def _plain(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "".join(_PLAIN.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


@contextmanager
def terminal_progress() -> Iterator[Progress]:
    """Yield a `Progress` that draws one bar per stage on standard error."""
    from tqdm import tqdm

    bar: Optional[Any] = None
    current = ""
    interval = 0.2 if sys.stderr.isatty() else 5.0  # a log file needs few lines

    def report(stage: str, fraction: float) -> None:
        nonlocal bar, current
        if stage != current or bar is None:
            if bar is not None:
                bar.update(100 - bar.n)
                bar.close()
            current = stage
            layout = "{desc:<28.28} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
            bar = tqdm(total=100, desc=stage, mininterval=interval, bar_format=layout)
        bar.update(max(0.0, 100 * min(fraction, 1.0) - bar.n))

    try:
        yield report
    finally:
        if bar is not None:
            bar.close()
