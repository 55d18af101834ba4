"""Translation of user-visible strings: Slicer's `tr` inside Slicer, the string itself elsewhere."""

from __future__ import annotations

import importlib
import sys
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

__all__ = ["tr"]
