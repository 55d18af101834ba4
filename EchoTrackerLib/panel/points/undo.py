"""Undo of point edits by snapshots of points and wall curve: one entry per gesture, whatever changed them."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Protocol

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


class Curve(Protocol):
    """The curve that makes the points."""

    def take(self) -> Snapshot:
        """Return its control points, none where there is no curve."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Make its control points these; none removes it, some make it where there is none."""
        ...


class PointsHistory:
    """The states of one markups node and of the curve that makes its points, one after each gesture."""

    def __init__(self, markups: Any, curve: Curve) -> None:
        self._markups, self._curve = markups, curve
        self._states: StateHistory[tuple[Snapshot, Snapshot]] = StateHistory(self._take(), _LIMIT)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return self._states.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return self._states.can_redo

    @property
    def points(self) -> Snapshot:
        """The points after the last gesture."""
        return self._states.present[0]

    @property
    def has_curve(self) -> bool:
        """Whether there was a curve after the last gesture."""
        return bool(self._states.present[1])

    @property
    def differs(self) -> bool:
        """Whether points or curve are others than after the last gesture."""
        return self._take() != self._states.present

    def note(self) -> bool:
        """Call after a gesture; return whether it changed the points."""
        return self._states.add(self._take())

    def undo(self) -> bool:
        """Go back one gesture; return whether there was one."""
        return self._restore(self._states.undo())

    def redo(self) -> bool:
        """Repeat the gesture that was undone; return whether there was one."""
        return self._restore(self._states.redo())

    def _take(self) -> tuple[Snapshot, Snapshot]:
        return take(self._markups), self._curve.take()

    def _restore(self, state: Optional[tuple[Snapshot, Snapshot]]) -> bool:
        if state is None:
            return False
        points, curve = state
        restore(self._markups, points)
        self._curve.restore(curve)
        return True
