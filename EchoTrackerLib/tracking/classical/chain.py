"""First guess of the trajectories: windows followed from frame to frame, coarse to fine, neighbours together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

import numpy as np

from .frames import Pyramid
from .matching import match
from .measure import Measurement, precision_of
from .settings import Settings
from .solve import Links, solve


def chain(
    pyramid: Pyramid,
    points: np.ndarray,
    query_frame: int,
    links: Sequence[Links],
    settings: Settings,
    report: Callable[[float], None],
) -> np.ndarray:
    """Return positions float64 [T, N, 2] of `points` [N, 2] (px of the finest level), followed from frame to frame.

    Args:
        pyramid: the frames.
        points: px of the finest level.
        query_frame: frame of the points.
        links: couplings of the points, for displacements from one frame to the next.
        settings: of the windows.
        report: gets the fraction done; may raise to cancel.
    """
    n_frames = len(pyramid.levels[0].grey)
    positions = np.empty((n_frames, *points.shape))
    positions[query_frame] = points
    done = 0
    for direction, last in ((1, n_frames - 1), (-1, 0)):
        velocity = np.zeros_like(points)
        for t in range(query_frame, last, direction):
            velocity = _step(pyramid, t, t + direction, positions[t], 0.7 * velocity, links, settings)
            positions[t + direction] = pyramid.kept_near(positions[t] + velocity)
            done += 1
            report(done / (n_frames - 1))
    return positions


def _step(
    pyramid: Pyramid,
    a: int,
    b: int,
    points: np.ndarray,
    guess: np.ndarray,
    links: Sequence[Links],
    settings: Settings,
) -> np.ndarray:
    """Return displacements [N, 2] of `points` [N, 2] from frame a to frame b; px of the finest level."""
    first, second = np.full(len(points), a), np.full(len(points), b)
    displacement = guess
    for k in range(len(pyramid.levels) - 1, -1, -1):
        level, factor = pyramid.levels[k], 0.5**k
        found = match(level, first, second, points * factor, displacement * factor, settings.radius_px, 4)
        displacement = found.displacement / factor
    both = np.stack([points, points + displacement])
    seen = pyramid.sees(points) & pyramid.sees(points + displacement)
    precision = precision_of(found, settings) * seen[:, None, None]
    measured = Measurement(np.array([0]), np.array([1]), displacement[None], precision[None])
    moved = solve(both, 0, [measured], links, 1.0, settings.cauchy, reweightings=1, iterations=25)
    return np.asarray(moved[1] - points)
