"""Curves of a training run: for TensorBoard where it is installed, else a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .loop import Record

CURVES = "curves.csv"


@contextmanager
def training_log(folder: Path, first_step: int = 0) -> Iterator[Record]:
    """Yield a function that adds a value to the log in `folder`: TensorBoard's, or `curves.csv` where that is missing.

    Args:
        folder: may hold the log of earlier sessions.
        first_step: what an interrupted session logged from here on is taken back.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        with _table(folder / CURVES, first_step) as record:
            yield record
        return
    writer = SummaryWriter(str(folder), purge_step=first_step + 1 if first_step else None, flush_secs=20)
    try:
        yield writer.add_scalar
    finally:
        writer.close()


@contextmanager
def _table(path: Path, first_step: int) -> Iterator[Record]:
    """Yield a function that adds a row `step,curve,value`."""
    kept: list[list[str]] = []
    if first_step and path.exists():
        with path.open(encoding="utf-8", newline="") as stream:
            kept = [
                row for row in csv.reader(stream) if len(row) == 3 and row[0].isdigit() and int(row[0]) <= first_step
            ]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="", buffering=1) as stream:
        table = csv.writer(stream)
        table.writerows([["step", "curve", "value"], *kept])
        yield lambda name, value, step: table.writerow([step, name, f"{value:.6g}"])
