"""Translation of user-visible strings: Slicer's `tr` where there is one, the string itself elsewhere."""

from __future__ import annotations

try:  # inside Slicer
    from slicer.i18n import tr
except ImportError:  # slicer-core and plain Python have no translations

    def tr(text: str, context: str | None = None) -> str:
        """Return `text` unchanged (no translation outside Slicer)."""
        return text


__all__ = ["tr"]
