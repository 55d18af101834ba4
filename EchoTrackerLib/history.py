"""The one undo: what was done, what was taken back."""

from __future__ import annotations

from typing import Generic, Optional, TypeVar

T = TypeVar("T")


class History(Generic[T]):
    """The changes done and undone, all of them; what a change is and who carries it out is not its concern."""

    def __init__(self, limit: Optional[int] = None) -> None:
        """Keep at most `limit` changes (None: all)."""
        self._done: list[T] = []
        self._undone: list[T] = []
        self._limit = limit

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return bool(self._undone)

    def add(self, change: T) -> None:
        """Note a change that was carried out."""
        self._done.append(change)
        if self._limit is not None:
            del self._done[: -self._limit]
        self._undone.clear()

    def undo(self) -> Optional[T]:
        """Return the change that must now be taken back, or None."""
        return self._step(self._done, self._undone)

    def redo(self) -> Optional[T]:
        """Return the change that must now be carried out again, or None."""
        return self._step(self._undone, self._done)

    def _step(self, source: list[T], other: list[T]) -> Optional[T]:
        if not source:
            return None
        change = source.pop()
        other.append(change)
        return change


class StateHistory(Generic[T]):
    """The states of something, one after each change; who restores them is not its concern."""

    def __init__(self, present: T, limit: Optional[int] = None) -> None:
        self.present = present
        self._changes: History[tuple[T, T]] = History(limit)

    @property
    def can_undo(self) -> bool:
        """Whether there is a state before the present one."""
        return self._changes.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether a state was left by `undo`."""
        return self._changes.can_redo

    def add(self, state: T) -> bool:
        """Note the state after a change; return whether the change made any difference."""
        if state == self.present:
            return False
        self._changes.add((self.present, state))
        self.present = state
        return True

    def undo(self) -> Optional[T]:
        """Return the state before the last change, or None."""
        return self._go(self._changes.undo(), 0)

    def redo(self) -> Optional[T]:
        """Return the state that was left by the last `undo`, or None."""
        return self._go(self._changes.redo(), 1)

    def _go(self, change: Optional[tuple[T, T]], side: int) -> Optional[T]:
        if change is None:
            return None
        self.present = change[side]
        return self.present
