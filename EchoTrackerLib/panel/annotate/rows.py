"""What the section "Annotation" shows of the points, and what its presenter needs of the widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ...annotation.annotation import Annotation, State


@dataclass(frozen=True)
class ShownPoint:
    """One row of the table of points.

    Attributes:
        label, segment: of the point.
        keyframes: number of frames on which it was placed by hand.
        states: `State` [T], for the strip over time.
    """

    label: str
    segment: str
    keyframes: int
    states: np.ndarray


class AnnotateView(Protocol):
    """What the presenter needs of the widgets."""

    def setEditing(self, editing: bool, undo: bool, redo: bool) -> None:
        """Enable what needs a set that is edited, undo and redo."""
        ...

    def setPlacing(self, on: bool) -> None:
        """Check the button of place mode."""
        ...

    def setZoomed(self, on: bool) -> None:
        """Check the button of the zoom."""
        ...

    def setCycle(self, first: int, following: int, last: int) -> None:
        """Propose the frames (from 1) where a cycle and the next one begin; the clip's last frame is the limit."""
        ...

    def showPoints(self, points: Sequence[ShownPoint]) -> None:
        """Fill the table."""
        ...

    def showPoint(self, number: int, point: ShownPoint) -> None:
        """Show one row again."""
        ...

    def showStates(self, states: Sequence[int]) -> None:
        """Show the `State` of every point on the frame on screen."""
        ...

    def choosePoint(self, number: int) -> None:
        """Select the row of a point, without telling the presenter."""
        ...

    def showMessage(self, text: str) -> None:
        """Show one line; an empty text hides it."""
        ...


def shown_point(annotation: Annotation, point: int) -> ShownPoint:
    """Return the row of a point."""
    states = annotation.states[point]
    count = int((states == State.PLACED).sum())
    return ShownPoint(annotation.labels[point], annotation.segments[point], count, states)
