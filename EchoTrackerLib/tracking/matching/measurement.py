"""Displacements between frames, with how certain they are: what the solution joins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from .arrays import as_precise, like
from .lucas_kanade import Match

CELLS = 8.0  # independent speckles in a window; sets the trust in images against what is expected of tissue


@dataclass(frozen=True)
class Measurement:
    """Displacements of N points over P pairs of frames; px of the finest level.

    Attributes:
        first, second: frames [P].
        displacement: float64 [P, N, 2].
        precision: float64 [P, N, 2, 2], inverse covariance of the displacement.
    """

    first: np.ndarray
    second: np.ndarray
    displacement: Any
    precision: Any


def precision_of(found: Match, model: Any, stays: Optional[Any] = None) -> Any:
    """Return the inverse covariance [..., 2, 2] of matched displacements, in the precision of the array `model`.

    `stays` [...], 0..1: how much windows correlate although nothing that moves does; only what is beyond that counts.

    As in the lower bound on the error of delays between partly correlated speckle (Walker and Trahey, IEEE UFFC 42
    (1995)): the squared gradients summed over the window's independent cells, times c^2 / (1 - c^2).
    """
    c = as_precise(found.correlation, model)
    if stays is not None:
        c = (c - as_precise(stays, model)) / (1 - as_precise(stays, model))
    c = c.clip(0.05, 0.98)
    return as_precise(found.information, model) * (CELLS * c**2 / (1 - c**2))[..., None, None]


def closure(frames: np.ndarray, query_frame: int, positions: Any, sigma_px: float) -> Measurement:
    """Return the expectation that points are on `frames` [P] where they were on the query frame.

    `positions` [T, N, 2] gives the number of points and the kind of array.
    """
    n_points = positions.shape[1]
    displacement = like(np.zeros((len(frames), n_points, 2)), positions)
    precision = like(np.eye(2) / sigma_px**2, positions) + 0 * displacement[..., None]
    return Measurement(np.full(len(frames), query_frame), frames, displacement, precision)
