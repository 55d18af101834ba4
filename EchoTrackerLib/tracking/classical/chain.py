"""First guess of the trajectories: windows followed from frame to frame, coarse to fine, neighbors together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Optional

import numpy as np

from ..matching.arrays import like, namespace
from ..matching.following import displaced
from ..matching.links import Coupling
from ..matching.measurement import Measurement
from ..matching.pyramid import Pyramid
from ..matching.solve import solve
from ..matching.still import AS_SEEN, BESIDE, Still, look
from ..matching.windows import gaussian_window
from .clutter import Clutter
from .settings import Settings

FAR = 8  # frames from the query frame beyond which noise is no longer alike
NOISE = 0.03  # correlation with far frames below which nothing is followed
ALIKE = 0.9  # correlation of the image as it is with far frames above which little happens in it: chance then
BY_CHANCE = 0.1  # finds what correlates as much as this
SAME = 0.95  # correlation of the image as it is with far frames above which nothing happens in it
FOUND = 0.5  # correlation with far frames above which points were followed well enough
STRIDE = 3  # frames of a step, if they were not
LEAST_CERTAIN = 1e-9  # per px^2, of what is not certain at all


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

    Where that leads to places that look little like the query frame, points are followed in longer steps too, which
    add up fewer errors unless the heart moves too far in between; kept is what leads to places that look more like it.
    Where clutter prevails, points are followed in what moves beside it as well. If no way leads to such places, or all
    looks the same throughout anyway, the tissue itself hardly moves: what is left without the clutter is noise, which
    must not be followed.
    """

    def follow(still: Optional[Still], stride: int, begin: float, end: float) -> Any:
        part = _Part(report, begin, end)
        return chain(pyramid, still, points, query_frame, coupling, settings, part, stride)

    def best(first: Any, still: Optional[Still], begin: float) -> Any:
        """Return `first`, or what longer steps lead to where that looks more like the query frame."""
        reached = alike(still, first)
        if reached > FOUND:
            return first
        other = follow(still, STRIDE, begin, 1)
        return other if alike(still, other) > max(NOISE, reached) else first

    frames = np.arange(len(pyramid.levels[0].images))
    away = np.abs(frames - query_frame)
    far = frames[away >= min(FAR, away.max())]

    def alike(still: Optional[Still], way: Any) -> float:
        return likeness(pyramid, still, way, np.full_like(far, query_frame), far, settings)

    if clutter is None or not clutter.prevails(points, settings.radius_px):
        return best(follow(None, 1, 0, 0.7), None, 0.7), clutter
    as_seen = follow(None, 1, 0, 0.3)
    beside = follow(clutter.still, 1, 0.3, 0.8)
    most = max(alike(clutter.still, way) for way in (as_seen, beside))
    whole = alike(None, as_seen)
    if whole > SAME or most < (NOISE if whole < ALIKE else BY_CHANCE):
        return best(as_seen, None, 0.8), None
    return best(beside, clutter.still, 0.8), clutter


@dataclass(frozen=True)
class _Part:
    """Reports a fraction of a part of the work."""

    report: Callable[[float], None]
    begin: float
    end: float

    def __call__(self, fraction: float) -> None:
        self.report(self.begin + fraction * (self.end - self.begin))


def likeness(
    pyramid: Pyramid,
    still: Optional[Still],
    positions: Any,
    first: np.ndarray,
    second: np.ndarray,
    settings: Settings,
) -> float:
    """Return the mean correlation of windows at positions [T, N, 2] px between frames `first` and `second` [P].

    Beside what stays, where that is given.
    """
    n_points, window = positions.shape[1], gaussian_window(settings.radius_px)
    a, b = (
        look(
            pyramid.levels[0],
            None if still is None else still.levels[0],
            None,
            like(np.repeat(f, n_points), positions),
            positions[f].reshape(-1, 2),
            window,
            ways=(BESIDE,),
        )[0].windows
        for f in (first, second)
    )
    return float((a.seen[:, 0] * b.seen[:, 0]).sum(-1).mean())


def chain(
    pyramid: Pyramid,
    still: Optional[Still],
    points: Any,
    query_frame: int,
    coupling: Coupling,
    settings: Settings,
    report: Callable[[float], None],
    stride: int = 1,
) -> Any:
    """Return positions [T, N, 2] of `points` [N, 2] (px of the finest level), followed from frame to frame.

    Args:
        pyramid: the frames.
        still: what stays; None: nothing.
        points: px of the finest level.
        query_frame: frame of the points.
        coupling: of the points, for displacements from one frame to the next.
        settings: of the windows.
        report: gets the fraction done; may raise to cancel.
        stride: follow in every so manieth frame only; points move evenly in between.
    """
    n_frames = len(pyramid.levels[0].images)
    positions = namespace(points).stack([points] * n_frames, 0)
    done = 0
    for direction, last in ((1, n_frames - 1), (-1, 0)):
        velocity, t = 0 * points, query_frame
        while t != last:
            count = min(stride, abs(last - t))
            velocity = _step(pyramid, still, t, t + direction * count, positions[t], 0.7 * velocity, coupling, settings)
            moved = pyramid.kept_near(positions[t] + velocity) - positions[t]
            for k in range(1, count + 1):
                positions[t + direction * k] = positions[t] + moved * (k / count)
            t += direction * count
            done += count
            report(done / (n_frames - 1))
    return positions


def _step(
    pyramid: Pyramid,
    still: Optional[Still],
    a: int,
    b: int,
    points: Any,
    guess: Any,
    coupling: Coupling,
    settings: Settings,
) -> Any:
    """Return displacements [N, 2] of `points` [N, 2] from frame a to frame b; px of the finest level."""
    first, second = (like(np.full(len(points), frame), points) for frame in (a, b))
    measured, moved, total = [], 0 * points, 0 * points[:, :1]
    for way in (AS_SEEN,) if still is None else (AS_SEEN, BESIDE):
        displacement, precision = displaced(pyramid, still, first, second, points, guess, settings.radius_px, way)
        seen = pyramid.sees(points) & pyramid.sees(points + displacement)
        precision = precision * seen[:, None, None]
        measured.append(Measurement(np.array([0]), np.array([1]), displacement[None], precision[None]))
        certain = precision[:, :1, 0] + precision[:, 1:, 1] + LEAST_CERTAIN
        moved, total = moved + certain * displacement, total + certain
    both = namespace(points).stack([points, points + moved / total], 0)
    return solve(both, [0], measured, coupling, 1.0, settings.cauchy, reweightings=1, iterations=25)[1] - points
