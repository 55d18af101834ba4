"""Curves for TensorBoard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import MissingDependency, Package
from .loop import Record


@contextmanager
def tensorboard_log(folder: Path, first_step: int = 0) -> Iterator[Record]:
    """Yield a function that adds a value to the TensorBoard log in `folder`.

    Args:
        folder: may hold the log of earlier sessions.
        first_step: what an interrupted session logged from here on is taken back.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingDependency("Training writes a TensorBoard log.", Package("tensorboard")) from error
    writer = SummaryWriter(str(folder), purge_step=first_step + 1 if first_step else None, flush_secs=20)
    try:
        yield writer.add_scalar
    finally:
        writer.close()
