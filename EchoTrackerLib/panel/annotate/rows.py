"""What the section "Annotation" shows of the points, and what its presenter needs of the widgets."""

from __future__ import annotations

from dataclasses import dataclass

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


def shown_point(annotation: Annotation, point: int) -> ShownPoint:
    """Return the row of a point."""
    states = annotation.states[point]
    count = int((states == State.PLACED).sum())
    return ShownPoint(annotation.labels[point], annotation.segments[point], count, states)
