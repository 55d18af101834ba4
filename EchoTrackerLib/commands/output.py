"""Outputs that appear only when complete, and progress on the terminal."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

from ..errors import BadInput
from ..progress import Progress


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


@contextmanager
def complete_outputs(out: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `out`; move its files into `out` only when the block ends without error.

    Files of other names already in `out` are left alone; files of the same name are replaced.
    """
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out}: is a file; --out must name a folder.")
    try:
        parent = out.absolute().parent
        parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=parent))
    except OSError as error:
        raise BadInput(f"{out}: cannot be written ({error.strerror}). Choose another --out.") from error
    try:
        yield staging
        out.mkdir(exist_ok=True)
        for path in sorted(staging.iterdir()):
            target = out / path.name
            if target.is_dir():
                shutil.rmtree(target)
            path.replace(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


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
