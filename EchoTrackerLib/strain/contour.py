"""The wall as an ordered line of tracked points: geometry, gaps, resampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..errors import BadInput
from ..tracks.tracks import Tracks

_MIN_VISIBLE_SHARE = 0.5


@dataclass(frozen=True)
class WallLine:
    """The points of a wall that can be measured.

    Attributes:
        points: float64 [N, T, 2], (x, y) in `unit`, without gaps, in order along the wall.
        labels: their N names.
        unit: "mm", or "px" when the spacing is unknown.
        excluded: names of the points left out, in the order of the wall.
        warnings: what the user should read.
    """

    points: np.ndarray
    labels: tuple[str, ...]
    unit: str
    excluded: tuple[str, ...]
    warnings: tuple[str, ...]


def wall_line(tracks: Tracks, excluded: tuple[str, ...] = ()) -> WallLine:
    """Return the measurable line: rejected and mostly lost points out, gaps in time closed, px to mm.

    A point that is visible in less than half of the frames is left out. Where a point is not visible, its position is
    interpolated linearly in time between the frames where it is; before the first and after the last of them the
    tracker's own position is kept, and where there is none, the nearest one.

    Raises:
        BadInput: an excluded name that does not exist, or fewer than two points left.
    """
    unknown = [label for label in excluded if label not in tracks.labels]
    if unknown:
        raise BadInput(f"There is no point called {', '.join(unknown)}. The points are: {', '.join(tracks.labels)}.")
    measured = tracks.visible & np.isfinite(tracks.positions).all(axis=2)
    rejected = np.isin(tracks.labels, excluded) if excluded else np.zeros(tracks.n_points, dtype=bool)
    lost = ~rejected & (measured.mean(axis=1) < _MIN_VISIBLE_SHARE)
    kept = np.flatnonzero(~rejected & ~lost)
    if len(kept) < 2:
        raise BadInput(f"Strain needs two points along the wall; {len(kept)} of {tracks.n_points} can be used.")
    warnings = []
    if lost.any():
        names = ", ".join(np.array(tracks.labels)[lost])
        warnings.append(f"Left out because visible in less than half of the frames: {names}.")
    if rejected[0] or rejected[-1] or lost[0] or lost[-1]:
        warnings.append("An end point of the wall is left out: the measured wall is shorter than the drawn one.")
    filled = np.stack([fill_gaps(tracks.positions[i], measured[i]) for i in kept])
    if tracks.spacing_mm is None:
        warnings.append("The pixel spacing is unknown: lengths are in px and pixels are taken as square.")
        scale = np.ones(2)
    else:
        scale = np.array([tracks.spacing_mm[1], tracks.spacing_mm[0]])
    return WallLine(
        points=filled * scale,
        labels=tuple(tracks.labels[i] for i in kept),
        unit="px" if tracks.spacing_mm is None else "mm",
        excluded=tuple(label for label, out in zip(tracks.labels, rejected | lost) if out),
        warnings=tuple(warnings),
    )


def fill_gaps(positions: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Return positions [T, 2] of one point with its gaps closed (see `wall_line`).

    Args:
        positions: float [T, 2].
        measured: bool [T], at least one true.
    """
    filled = np.array(positions, dtype=np.float64)
    if measured.all():  # as nearly all points are: nothing to fill
        return filled
    frames = np.flatnonzero(measured)
    inside = np.arange(frames[0], frames[-1] + 1)
    for axis in range(2):
        filled[inside, axis] = np.interp(inside, frames, filled[frames, axis])
        usable = np.flatnonzero(np.isfinite(filled[:, axis]))
        nearest = np.abs(np.arange(len(filled))[:, None] - usable).argmin(axis=1)
        filled[:, axis] = filled[usable[nearest], axis]
    return filled


def line_length(points: np.ndarray) -> np.ndarray:
    """Return the length [T] of the line through points [N, T, 2], in their unit."""
    return np.asarray(np.linalg.norm(np.diff(points, axis=0), axis=2).sum(axis=0))


def arc_fractions(points: np.ndarray, frame: int) -> np.ndarray:
    """Return each point's share [N] of the line's length from its start on `frame`, 0 to 1."""
    steps = np.linalg.norm(np.diff(points[:, frame], axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    if not along[-1] > 0:
        raise BadInput("The wall has no length at end-diastole: all its points lie on one spot.")
    return np.asarray(along / along[-1])


def material_points(points: np.ndarray, frame: int, fractions: np.ndarray) -> np.ndarray:
    """Follow material points that lie at the given shares of the length on `frame`.

    Between two tracked points the tissue is taken to stretch evenly, so a material point keeps its share of the line
    between its neighbours.

    Args:
        points: float [N, T, 2].
        frame: where the shares are measured (end-diastole).
        fractions: float [M] in 0..1, rising.

    Returns:
        float64 [M, T, 2].
    """
    along = arc_fractions(points, frame)
    index = np.clip(np.searchsorted(along, fractions, side="right") - 1, 0, len(along) - 2)
    step = along[index + 1] - along[index]
    weight = np.where(step > 0, (fractions - along[index]) / np.where(step > 0, step, 1), 0.0)[:, None, None]
    return np.asarray((1 - weight) * points[index] + weight * points[index + 1])


def crosses_itself(line: np.ndarray) -> Optional[tuple[int, int]]:
    """Return the first two pieces (i, j) of the line [N, 2] that cross each other, or None.

    Piece i runs from point i to point i + 1; neighbours, which share a point, do not count.
    """
    start, end = line[:-1], line[1:]

    def side(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        return np.sign(
            (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
        )

    a, b, c, d = start[:, None], end[:, None], start[None], end[None]
    crossing = (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)
    first = np.argwhere(np.triu(crossing, 2))
    return (int(first[0, 0]), int(first[0, 1])) if len(first) else None
