"""First guess of the trajectories: windows followed from frame to frame, coarse to fine, neighbors together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable, Optional

import numpy as np

from ..matching.arrays import like, namespace
from ..matching.following import displaced, read_windows
from ..matching.links import Coupling
from ..matching.measurement import Measurement, precision_of
from ..matching.pyramid import Level, Pyramid
from ..matching.solve import solve
from ..matching.windows import gaussian_window
from .clutter import Clutter
from .settings import Settings

FAR = 8  # frames from the query frame beyond which noise is no longer alike
NOISE = 0.03  # correlation with far frames below which nothing is followed
ALIKE = 0.9  # correlation of the image as it is with far frames above which little happens in it: chance then
BY_CHANCE = 0.1  # finds what correlates as much as this
SAME = 0.95  # correlation of the image as it is with far frames above which nothing happens in it
CLEAR_GAIN = 0.025  # of correlation with far frames


def first_guess(
    pyramid: Pyramid,
    clutter: Optional[Clutter],
    points: Any,
    query_frame: int,
    coupling: Coupling,
    settings: Settings,
    report: Callable[[float], None],
) -> tuple[Any, Optional[Clutter]]:
    """Return positions [T, N, 2] as `chain` does, and the clutter if it is worth looking beside it later on.

    Where clutter prevails, points are also followed in what moves beside it, and that is kept if it leads to places
    that look clearly more like the query frame. If neither way leads to such places, or all looks the same throughout
    anyway, the tissue itself hardly moves: what is left without the clutter is noise, which must not be followed.
    """
    if clutter is None or not clutter.prevails(points):
        return chain(pyramid, None, points, query_frame, coupling, settings, report), clutter
    still = clutter.still_levels
    as_seen = chain(pyramid, None, points, query_frame, coupling, settings, lambda done: report(done / 2))
    beside = chain(pyramid, still, points, query_frame, coupling, settings, lambda done: report((1 + done) / 2))
    frames = np.arange(len(beside))
    away = np.abs(frames - query_frame)
    far = frames[away >= min(FAR, away.max())]
    query = np.full_like(far, query_frame)
    level, mean = pyramid.levels[0], still[0]
    first, second = (likeness(level, mean, found, query, far, settings) for found in (as_seen, beside))
    alike = likeness(level, None, as_seen, query, far, settings)
    if alike > SAME or max(first, second) < (NOISE if alike < ALIKE else BY_CHANCE):
        return as_seen, None
    return (beside if second > first + CLEAR_GAIN else as_seen), clutter


def likeness(
    level: Level, still: Optional[Level], positions: Any, first: np.ndarray, second: np.ndarray, settings: Settings
) -> float:
    """Return the mean correlation of windows at positions [T, N, 2] px between frames `first` and `second` [P]."""
    n_points, window = positions.shape[1], gaussian_window(settings.radius_px)
    a, b = (
        read_windows(level, still, like(np.repeat(f, n_points), positions), positions[f].reshape(-1, 2), window)
        for f in (first, second)
    )
    return float((a.seen[:, 0] * b.seen[:, 0]).sum(-1).mean())


def chain(
    pyramid: Pyramid,
    still: Optional[Sequence[Level]],
    points: Any,
    query_frame: int,
    coupling: Coupling,
    settings: Settings,
    report: Callable[[float], None],
) -> Any:
    """Return positions [T, N, 2] of `points` [N, 2] (px of the finest level), followed from frame to frame.

    Args:
        pyramid: the frames.
        still: what stays, to be taken away at each level; None: nothing.
        points: px of the finest level.
        query_frame: frame of the points.
        coupling: of the points, for displacements from one frame to the next.
        settings: of the windows.
        report: gets the fraction done; may raise to cancel.
    """
    n_frames = len(pyramid.levels[0].images)
    positions = namespace(points).stack([points] * n_frames, 0)
    done = 0
    for direction, last in ((1, n_frames - 1), (-1, 0)):
        velocity = 0 * points
        for t in range(query_frame, last, direction):
            velocity = _step(pyramid, still, t, t + direction, positions[t], 0.7 * velocity, coupling, settings)
            positions[t + direction] = pyramid.kept_near(positions[t] + velocity)
            done += 1
            report(done / (n_frames - 1))
    return positions


def _step(
    pyramid: Pyramid,
    still: Optional[Sequence[Level]],
    a: int,
    b: int,
    points: Any,
    guess: Any,
    coupling: Coupling,
    settings: Settings,
) -> Any:
    """Return displacements [N, 2] of `points` [N, 2] from frame a to frame b; px of the finest level."""
    first, second = (like(np.full(len(points), frame), points) for frame in (a, b))
    displacement, found = displaced(pyramid, still, first, second, points, guess, settings.radius_px)
    seen = pyramid.sees(points) & pyramid.sees(points + displacement)
    precision = precision_of(found, points) * seen[:, None, None]
    measured = Measurement(np.array([0]), np.array([1]), displacement[None], precision[None])
    both = namespace(points).stack([points, points + displacement], 0)
    return solve(both, [0], [measured], coupling, 1.0, settings.cauchy, reweightings=1, iterations=25)[1] - points
