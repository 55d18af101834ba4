"""First guess of the trajectories: windows followed from frame to frame, coarse to fine, neighbours together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, Optional

import numpy as np

from .clutter import Clutter
from .frames import Level, Pyramid
from .matching import match
from .measure import Measurement, precision_of
from .settings import Settings
from .solve import Links, solve

FAR = 8  # frames from the query frame beyond which noise is no longer alike
NOISE = 0.03  # correlation with far frames below which nothing is followed
NOISE_NEXT = 0.3  # likewise, with neighbouring frames
CLEAR_GAIN = 0.025  # of correlation with far frames
SAME = 0.95  # correlation of the image as it is with far frames above which nothing happens in it


def first_guess(
    pyramid: Pyramid,
    clutter: Optional[Clutter],
    points: np.ndarray,
    query_frame: int,
    links: Sequence[Links],
    settings: Settings,
    report: Callable[[float], None],
) -> tuple[np.ndarray, Optional[Clutter]]:
    """Return positions [T, N, 2] as `chain` does, and the clutter if it is worth looking beside it later on.

    Where clutter prevails, points are also followed in what moves beside it, and that is kept if it leads to places
    that look clearly more like the query frame. If neither way leads to such places, or all looks the same throughout
    anyway, the tissue itself hardly moves: what is left without the clutter is noise, which must not be followed.
    """
    if clutter is None or not clutter.prevails(points):
        return chain(pyramid, points, query_frame, links, settings, report), clutter
    as_seen = chain(pyramid, points, query_frame, links, settings, lambda done: report(done / 2))
    beside = chain(clutter.moving, points, query_frame, links, settings, lambda done: report((1 + done) / 2))
    frames = np.arange(len(beside))
    away = np.abs(frames - query_frame)
    far = frames[away >= min(FAR, away.max())]
    query = np.full_like(far, query_frame)
    seen, moving = pyramid.levels[0], clutter.moving.levels[0]
    if likeness(seen, as_seen, query, far, settings) > SAME:
        return as_seen, None
    first, second = (likeness(moving, found, query, far, settings) for found in (as_seen, beside))
    if max(first, second) < NOISE or likeness(moving, beside, frames[:-1], frames[1:], settings) < NOISE_NEXT:
        return as_seen, None
    return (beside if second > first + CLEAR_GAIN else as_seen), clutter


def likeness(level: Level, positions: np.ndarray, first: np.ndarray, second: np.ndarray, settings: Settings) -> float:
    """Return the mean correlation of windows at positions [T, N, 2] px between frames `first` and `second` [P]."""
    a, b = (positions[frames].reshape(-1, 2) for frames in (first, second))
    of_a, of_b = (np.repeat(frames, positions.shape[1]) for frames in (first, second))
    return float(match(level, of_a, of_b, a, b - a, settings.radius_px, iterations=0).correlation.mean())


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
