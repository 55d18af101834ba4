"""How certain each solved position is: from the measurements' own precision and how well they agree with each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import to_numpy
from .measurement import Measurement
from .solve import Data, robust_share, scales

GROUP_ENTRIES = 4_000_000  # of the matrices inverted at once
LEAST = 1e-6  # px^-2: a position that nothing was measured of is known to 1000 px


def position_sd(
    positions: np.ndarray,
    fixed: int,
    measurements: Sequence[Measurement],
    acceleration_px: float,
    cauchy: float,
) -> np.ndarray:
    """Return the standard deviation [T, N] px of positions [T, N, 2] that `solve` found; 0 on the frame `fixed`.

    The inverse of each point's matrix over time, as the solution weighs it: precisions scaled to the misfit that was
    found, robust weights, the expected acceleration. What its neighbors say of a point is left out, and windows that
    overlap are counted as if they did not: it orders positions, and is calibrated like any other measure.

    Args:
        positions: [T, N, 2] px.
        fixed: the frame whose positions were given.
        measurements: what they were solved from.
        acceleration_px, cauchy: as for `solve`.
    """
    rest = positions[fixed]
    moved = np.ascontiguousarray((positions - rest).transpose(0, 2, 1))  # [T, 2, N]
    measured = [Measurement(m.first, m.second, to_numpy(m.displacement), to_numpy(m.precision)) for m in measurements]
    data = Data(measured, moved)
    precision = data.precision / scales(measured, data.misfit(moved, data.precision))[:, None]
    precision = precision * robust_share(data.misfit(moved, precision), cauchy)
    weights = (precision[0] + precision[2]) / 2  # [P, N]
    bending = np.diff(np.eye(len(moved)), n=2, axis=0) / acceleration_px
    expected = bending.T @ bending + LEAST * np.eye(len(moved))
    free = np.setdiff1d(np.arange(len(moved)), [fixed])
    first, second = (np.concatenate([getattr(m, side) for m in measured]) for side in ("first", "second"))
    sd = np.zeros(positions.shape[:2])
    size = max(1, GROUP_ENTRIES // len(moved) ** 2)
    for start in range(0, positions.shape[1], size):
        part = weights[:, start : start + size]
        matrix = np.zeros((len(moved), len(moved), part.shape[1]))
        for a, b, sign in ((first, first, 1), (second, second, 1), (first, second, -1), (second, first, -1)):
            np.add.at(matrix, (a, b), sign * part)
        inverse = np.linalg.inv((matrix.transpose(2, 0, 1) + expected)[:, free][:, :, free])
        variance = np.diagonal(inverse, axis1=1, axis2=2)
        sd[free, start : start + size] = np.sqrt(np.maximum(variance, 0)).T
    return sd
