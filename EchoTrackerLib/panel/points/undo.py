"""Undo of point edits by snapshots: one entry per gesture, whatever changed the points."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from ...history import StateHistory


class PointState(NamedTuple):
    """One control point that has a position."""

    label: str
    world: tuple[float, float, float]
    description: str


Snapshot = tuple[PointState, ...]
_LIMIT = 200


def take(markups: Any) -> Snapshot:
    """Return the defined control points of a markups node."""
    return tuple(
        PointState(
            markups.GetNthControlPointLabel(i),
            tuple(markups.GetNthControlPointPositionWorld(i)),
            markups.GetNthControlPointDescription(i) or "",
        )
        for i in range(markups.GetNumberOfControlPoints())
        if markups.GetNthControlPointPositionStatus(i) == markups.PositionDefined
    )


def restore(markups: Any, snapshot: Snapshot) -> None:
    """Make the control points of a markups node those of the snapshot."""
    import slicer

    with slicer.util.NodeModify(markups):
        markups.RemoveAllControlPoints()
        for state in snapshot:
            index = markups.AddControlPointWorld(list(state.world))
            markups.SetNthControlPointLabel(index, state.label)
            markups.SetNthControlPointDescription(index, state.description)


class PointsHistory:
    """The states of one markups node, one after each gesture."""

    def __init__(self, markups: Any) -> None:
        self._markups = markups
        self._states: StateHistory[Snapshot] = StateHistory(take(markups), _LIMIT)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return self._states.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return self._states.can_redo

    def note(self) -> bool:
        """Call after a gesture; return whether it changed the points."""
        return self._states.add(take(self._markups))

    def undo(self) -> bool:
        """Go back one gesture; return whether there was one."""
        return self._restore(self._states.undo())

    def redo(self) -> bool:
        """Repeat the gesture that was undone; return whether there was one."""
        return self._restore(self._states.redo())

    def _restore(self, snapshot: Optional[Snapshot]) -> bool:
        if snapshot is None:
            return False
        restore(self._markups, snapshot)
        return True
