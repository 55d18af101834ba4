"""Undo and redo of annotation edits."""

from __future__ import annotations

from typing import Optional

from .annotation import Edit


class History:
    """The edits done and undone; who carries them out is not its concern. It keeps them all."""

    def __init__(self) -> None:
        self._done: list[Edit] = []
        self._undone: list[Edit] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return bool(self._undone)

    def add(self, edit: Edit) -> None:
        """Note an edit that was carried out."""
        self._done.append(edit)
        self._undone.clear()

    def undo(self) -> Optional[Edit]:
        """Return the edit to carry out to take back the last one, or None."""
        if not self._done:
            return None
        edit = self._done.pop()
        self._undone.append(edit)
        return edit.inverse()

    def redo(self) -> Optional[Edit]:
        """Return the edit to carry out again, or None."""
        if not self._undone:
            return None
        edit = self._undone.pop()
        self._done.append(edit)
        return edit
