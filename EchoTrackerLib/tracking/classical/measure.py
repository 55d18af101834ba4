"""Displacements between frames, measured along the present trajectories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Optional

import numpy as np

from .frames import Pyramid
from .matching import Match, match
from .pairs import PairGroup
from .settings import Settings

ITERATIONS = 2  # of a match; the next round goes on from there
COARSE_LIMIT_PX = 3.0  # of the coarse level
GROUP_WINDOWS = 4000  # windows between two reports: often enough to cancel


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
    displacement: np.ndarray
    precision: np.ndarray

    def weighted(self, weights: np.ndarray) -> Measurement:
        """Return the measurement with its precision times weights [P, N]."""
        return replace(self, precision=self.precision * weights[..., None, None])


@dataclass(frozen=True)
class Round:
    """How windows are matched in one round.

    Attributes:
        radius_px: of the windows.
        limit_px: how far from the start a match may lie.
        coarse: whether the start is looked for on the next level first.
        deformation: [T, N, 2, 2], which gives the windows their shape (not on frames of equal phase); None: rigid.
    """

    radius_px: float
    limit_px: float
    coarse: bool
    deformation: Optional[np.ndarray]


def measure(
    pyramid: Pyramid,
    positions: np.ndarray,
    group: PairGroup,
    settings: Settings,
    how: Round,
    report: Callable[[], None],
) -> Measurement:
    """Return the displacements between the frames of `group`, starting from `positions` [T, N, 2]."""
    size = max(1, GROUP_WINDOWS // positions.shape[1])
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for start in range(0, len(group.first), size):
        report()
        a, b = group.first[start : start + size], group.second[start : start + size]
        first, second = (np.repeat(frames, positions.shape[1]) for frames in (a, b))
        points = positions[a].reshape(-1, 2)
        guess = positions[b].reshape(-1, 2) - points
        if group.revisit:
            guess = _better_start(pyramid, first, second, points, guess, how.radius_px)
        elif how.coarse:
            guess = _coarse_start(pyramid, first, second, points, guess, how.radius_px).displacement
        shapes = None
        if how.deformation is not None and not group.revisit:
            shapes = (how.deformation[a] @ np.linalg.inv(how.deformation[b])).reshape(-1, 2, 2)
        result = match(pyramid.levels[0], first, second, points, guess, how.radius_px, ITERATIONS, how.limit_px, shapes)
        seen = pyramid.sees(points) & pyramid.sees(points + result.displacement)
        found.append((result.displacement, precision_of(result, settings) * seen[:, None, None]))
    displacement, precision = (np.concatenate(part) for part in zip(*found))
    shape = (len(group.first), positions.shape[1], 2)
    return Measurement(group.first, group.second, displacement.reshape(shape), precision.reshape(*shape, 2))


def _better_start(
    pyramid: Pyramid, first: np.ndarray, second: np.ndarray, points: np.ndarray, guess: np.ndarray, radius_px: float
) -> np.ndarray:
    """Return [M, 2]: the displacement found on the next level from `guess` or from none, what correlates better."""
    there, still = (
        _coarse_start(pyramid, first, second, points, start, radius_px) for start in (guess, np.zeros_like(guess))
    )
    better = (there.correlation >= still.correlation)[:, None]
    return np.asarray(np.where(better, there.displacement, still.displacement))


def _coarse_start(
    pyramid: Pyramid, first: np.ndarray, second: np.ndarray, points: np.ndarray, guess: np.ndarray, radius_px: float
) -> Match:
    """Return the match on the next level from `guess` [M, 2]; its displacement in px of the finest."""
    k = min(1, len(pyramid.levels) - 1)
    level, factor = pyramid.levels[k], 0.5**k
    found = match(level, first, second, points * factor, guess * factor, radius_px, 2 * ITERATIONS, COARSE_LIMIT_PX)
    return replace(found, displacement=found.displacement / factor)


def precision_of(found: Match, settings: Settings) -> np.ndarray:
    """Return the inverse covariance float64 [M, 2, 2] of matched displacements.

    As in the lower bound on the error of delays between partly correlated speckle (Walker and Trahey, IEEE UFFC 42
    (1995)): the squared gradients summed over the window's independent cells, times c^2 / (1 - c^2).
    """
    c = np.clip(found.correlation.astype(np.float64), 0.05, 0.98)
    signal = settings.cells * c**2 / (1 - c**2)
    return np.asarray(found.information * signal[:, None, None])


def closure(frames: np.ndarray, query_frame: int, n_points: int, sigma_px: float) -> Measurement:
    """Return the expectation that points are on `frames` [P] where they were on the query frame."""
    precision = np.broadcast_to(np.eye(2) / sigma_px**2, (len(frames), n_points, 2, 2))
    return Measurement(np.full(len(frames), query_frame), frames, np.zeros((len(frames), n_points, 2)), precision)
