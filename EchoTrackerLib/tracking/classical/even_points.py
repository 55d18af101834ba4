"""Points that the tracker sets along a wall by itself, at even distances.

Windows of neighboring points overlap and say the same: more points than windows have room for would only be trusted
more than they know, and with fewer, tissue between them would not be seen. So a wall is followed at points of its own,
and those that were asked for move with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..matching.arrays import like

FAR_PX = 60.0  # between given points: further apart it is not known where the wall goes


@dataclass(frozen=True)
class EvenPoints:
    """Points at even distances along a wall.

    Attributes:
        points: [M, 2] px, in order.
        given: [N, 2] px, those that were asked for.
        weights: [N, M]: how the displacements of `points` make those of the given ones.
    """

    points: np.ndarray
    given: np.ndarray
    weights: np.ndarray

    def of_given(self, positions: Any) -> Any:
        """Return positions [T, N, 2] of the given points by those of all [T, M, 2]."""
        displaced = like(self.weights, positions) @ (positions - like(self.points, positions))
        return displaced + like(self.given, positions)


def even_points(given: np.ndarray, spacing_px: float) -> EvenPoints:
    """Return points about `spacing_px` apart along the wall through the `given` ones [N, 2] px.

    Between given points that are further apart than `FAR_PX` there are none. The curve between given points is
    Akima's, which no far point bends; displacements between points are a cubic spline's.
    """
    from scipy.linalg import block_diag

    step = np.linalg.norm(np.diff(given, axis=0), axis=1)
    parts = np.split(np.arange(len(given)), 1 + np.flatnonzero(step > FAR_PX))
    runs = [_run(given[part], spacing_px) for part in parts]
    weights = block_diag(*(own for _points, own in runs))
    return EvenPoints(np.concatenate([points for points, _weights in runs]), given, weights)


def _run(given: np.ndarray, spacing_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Return points [M, 2] along given ones [N, 2], and the weights [N, M] that make these displacements of theirs."""
    from scipy.interpolate import Akima1DInterpolator, CubicSpline

    along = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(given, axis=0), axis=1))]
    at, first = np.unique(along, return_index=True)
    if len(at) < 3:
        return given[first], np.eye(len(at))[np.searchsorted(at, along)]
    places = np.linspace(0, at[-1], max(3, round(at[-1] / spacing_px) + 1))
    points = Akima1DInterpolator(at, given[first])(places)
    return points, CubicSpline(places, np.eye(len(places)), bc_type="natural")(along)
