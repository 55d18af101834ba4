"""First guess of the trajectories: windows followed from frame to frame, coarse to fine."""

from __future__ import annotations

from typing import Any, Callable

from .frames import Pyramid
from .matching import match

RADII_PX = (11.0, 9.0, 7.0, 5.0)  # of the windows, by level, in px of the level


def chain(pyramid: Pyramid, points: Any, query_frame: int, report: Callable[[float], None]) -> Any:
    """Return positions [T, N, 2] of `points` [N, 2] (px of the finest level), followed from frame to frame.

    `report` gets the fraction done; it may raise to cancel.
    """
    import torch

    n_frames = len(pyramid.levels[0])
    positions = torch.empty(n_frames, *points.shape)
    positions[query_frame] = points
    done = 0
    for direction, last in ((1, n_frames - 1), (-1, 0)):
        velocity = torch.zeros_like(points)
        for t in range(query_frame, last, direction):
            step = pyramid_match(pyramid, t, t + direction, positions[t], 0.5 * velocity)
            positions[t + direction] = positions[t] + step
            velocity = step
            done += 1
            report(done / (n_frames - 1))
    return positions


def pyramid_match(pyramid: Pyramid, a: int, b: int, points: Any, guess: Any) -> Any:
    """Return displacements [N, 2] of `points` [N, 2] from frame a to frame b; px of the finest level."""
    displacement = guess
    for level in range(len(pyramid.levels) - 1, -1, -1):
        factor = 0.5**level
        images = pyramid.levels[level]
        found = match(
            images[a : a + 1], images[b : b + 1], points[None] * factor, displacement[None] * factor, RADII_PX[level], 5
        )
        displacement = found.displacement[0] / factor
    return displacement
