"""What users read: translation by Slicer's `tr` (the string itself outside Slicer), frames and numbers."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Callable


def _unchanged(text: str) -> str:
    """Return `text` unchanged (no translation outside Slicer)."""
    return text


def _find_tr() -> Callable[[str], str]:
    if "slicer" not in sys.modules:  # never import it from here: slicer-core takes seconds and has no i18n
        return _unchanged
    try:
        found: Callable[[str], str] = importlib.import_module("slicer.i18n").tr
    except ImportError:
        return _unchanged
    return found


tr = _find_tr()

_first_frame = 0


def count_frames_from(first: int) -> None:
    """Count frames in messages from 0, as files and the command line do (default), or from 1, as the panel does."""
    global _first_frame
    _first_frame = first


@contextmanager
def frames_counted_from(first: int) -> Iterator[None]:
    """Count frames in messages from `first` for a while, e.g. for a script while the panel is open."""
    before = _first_frame
    count_frames_from(first)
    try:
        yield
    finally:
        count_frames_from(before)


def frame_number(frame: int) -> int:
    """Return how a message names the 0-based frame `frame`."""
    return int(frame) + _first_frame


def readable(value: float, digits: int = 1, signed: bool = False) -> str:
    """Return a finite number as people read it: a true minus sign, never minus zero. Files for machines keep `-`."""
    rounded = round(float(value), digits) + 0.0
    return true_minus(f"{rounded:{'+' if signed and rounded else ''}.{digits}f}")


def true_minus(number: str) -> str:
    """Return a number that was written for machines as people read it."""
    return number.replace("-", "\N{MINUS SIGN}")


__all__ = ["count_frames_from", "frame_number", "frames_counted_from", "readable", "tr", "true_minus"]
