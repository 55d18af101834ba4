"""Progress and cancellation as plain callables, the same for command line, worker process and Slicer."""

from __future__ import annotations

from typing import Callable

from .errors import Cancelled

# progress(stage, fraction): stage is a short user-visible text, fraction rises from 0 to 1 within a stage.
Progress = Callable[[str, float], None]
# cancelled() -> True as soon as the user wants the work to stop.
IsCancelled = Callable[[], bool]


def no_progress(stage: str, fraction: float) -> None:
    """Report nothing."""


def never_cancelled() -> bool:
    """Return False: the work cannot be canceled."""
    return False


def raise_if_cancelled(cancelled: IsCancelled) -> None:
    """Raise `Cancelled` when the user asked to stop; call it at least every 0.2 s of work."""
    if cancelled():
        raise Cancelled("Canceled; nothing was changed.")
