"""The wall as an ordered line of tracked points: what of it is measured on each frame, and the lengths of its steps.

A step is the piece between two neighboring points. Where a point is not measured, its steps are lost on that frame:
their lengths are estimated from the chord between the measured points on both sides of the gap, relative to the wall's
shape as it was set. What may be made of the estimate is decided in `gaps`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Optional

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ...tracks.tracks import Tracks

LOW_CONFIDENCE = 0.5  # chance of an error below 4 px, see `quality`; under it a point counts as badly tracked
_WORTHLESS = 0.1  # a confidence under this is no position, however the others are
_AGAINST_THE_BEST = 0.5  # share of the best tenth's confidence on the frame that a badly tracked point does not reach
_CLOSED_GAP = 2.0  # of the median step: ends nearer to each other than this belong to a closed contour
_SAME_POINT = 0.05  # of the median step: a last point that repeats the first one


@dataclass(frozen=True)
class WallLine:
    """The points of a wall, with what is measured of them.

    Attributes:
        points: float64 [N, T, 2], (x, y) in `unit`, as tracked; NaN where the tracker gave none.
        tracked: bool [N, T]: visible, finite and not of low confidence.
        measured: bool [N, T]: tracked and not rejected.
        labels: the N names.
        unit: "mm", or "px" when the spacing is unknown.
        closed: whether the last point is followed by the first one.
        excluded: names of the rejected points, in the order of the wall.
        query_frame: on which the points were set.
        warnings: what the user should read.
    """

    points: np.ndarray
    tracked: np.ndarray
    measured: np.ndarray
    labels: tuple[str, ...]
    unit: str
    closed: bool
    excluded: tuple[str, ...]
    query_frame: int
    warnings: tuple[str, ...]


class Gap(NamedTuple):
    """A stretch of lost steps on one frame; `before`, `after` are the measured points beside it, None beyond an end."""

    steps: np.ndarray
    before: Optional[int]
    after: Optional[int]


@dataclass(frozen=True)
class Steps:
    """The wall's steps: S = N - 1, or N of a closed contour.

    Attributes:
        length: float64 [S, T] in the wall's unit, estimated where lost; NaN on frames without any measured step.
        measured: bool [N, T] of the points.
        closed: of the wall.
    """

    length: np.ndarray
    measured: np.ndarray
    closed: bool

    @property
    def total(self) -> np.ndarray:
        """Length [T] of the whole line, estimates included; interpolated in time where nothing is measured."""
        total = self.length.sum(axis=0)
        known = np.flatnonzero(np.isfinite(total))
        if not len(known):
            raise BadInput(_("No two neighboring points of the wall are tracked on any frame: check the tracking."))
        return np.asarray(np.interp(np.arange(len(total)), known, total[known]))


def wall_line(tracks: Tracks, excluded: tuple[str, ...] = (), closed: Optional[bool] = None) -> WallLine:
    """Return the wall of tracks: px to mm where the spacing is known, rejected and lost points marked.

    Args:
        tracks: N >= 2 points in order.
        excluded: names of rejected points.
        closed: whether the contour is closed; None looks at the distance between its ends.

    Raises:
        BadInput: an excluded name that does not exist, or fewer than two points left.
    """
    unknown = [label for label in excluded if label not in tracks.labels]
    if unknown:
        raise BadInput(
            _("There is no point called {names}. The points are: {names2}.").format(
                names=", ".join(unknown), names2=", ".join(tracks.labels)
            )
        )
    scale = np.ones(2) if tracks.spacing_mm is None else np.array([tracks.spacing_mm[1], tracks.spacing_mm[0]])
    points = tracks.positions.astype(np.float64) * scale
    seen = tracks.visible & np.isfinite(tracks.positions).all(axis=2)
    tracked = seen & ~low_confidence(tracks.confidence, seen)
    rejected = np.isin(tracks.labels, excluded)
    if (~rejected).sum() < 2:
        raise BadInput(
            _("Strain needs two points along the wall; {sum} of {n_points} can be used.").format(
                sum=(~rejected).sum(), n_points=tracks.n_points
            )
        )
    placed = (
        points[:, tracks.query_frame] if seen[:, tracks.query_frame].all() else points[:, int(seen.sum(0).argmax())]
    )
    closed, repeated = _is_closed(placed, closed)
    last = -1 if repeated else None
    warnings = []
    if tracks.spacing_mm is None and not tracks.void_scale:
        warnings.append(_("The pixel spacing is unknown: lengths are in px and pixels are taken as square."))
    return WallLine(
        points=points[:last],
        tracked=tracked[:last],
        measured=(tracked & ~rejected[:, None])[:last],
        labels=tracks.labels[:last],
        unit="px" if tracks.spacing_mm is None else "mm",
        closed=closed,
        excluded=tuple(label for label, out in zip(tracks.labels, rejected) if out),
        query_frame=tracks.query_frame,
        warnings=tuple(warnings),
    )


def low_confidence(confidence: Optional[np.ndarray], seen: np.ndarray) -> np.ndarray:
    """Return which points [N, T] are too uncertain on a frame to be measured.

    Under 0.1 always; under 0.5 where the best tenth of the points on that frame is twice as certain. (Where all are
    equally uncertain, confidence does not say which are wrong: the measurement is warned of as a whole.)
    """
    if confidence is None:
        return np.zeros_like(seen)
    known = np.where(seen, np.nan_to_num(confidence, nan=1.0), -1.0)
    best = np.quantile(known, 0.9, axis=0)
    return np.asarray((known < _WORTHLESS) | ((known < LOW_CONFIDENCE) & (known < _AGAINST_THE_BEST * best)))


def _is_closed(placed: np.ndarray, closed: Optional[bool]) -> tuple[bool, bool]:
    """Return whether points [N, 2] are a closed contour, and whether the last one repeats the first."""
    steps = np.linalg.norm(np.diff(placed, axis=0), axis=1)
    between, step = float(np.linalg.norm(placed[-1] - placed[0])), float(np.nanmedian(steps))
    if closed is None:
        closed = len(placed) >= 8 and between <= _CLOSED_GAP * step
    return closed, bool(closed and between <= _SAME_POINT * step)


def wall_steps(wall: WallLine) -> Steps:
    """Return the lengths of the wall's steps on every frame, estimated across gaps (see the module's text)."""
    points, measured = wall.points, wall.measured
    shape = wall_shape(wall)
    rest = np.linalg.norm(_differences(shape, wall.closed), axis=-1)
    length = np.linalg.norm(_differences(np.where(measured[..., None], points, np.nan), wall.closed), axis=-1)
    for t in np.flatnonzero(~measured.all(axis=0)):
        known = np.isfinite(length[:, t])
        for gap in gaps_of(measured[:, t], wall.closed):
            if gap.before is not None and gap.after is not None:
                chord = np.linalg.norm(shape[gap.after] - shape[gap.before])
                ratio = np.linalg.norm(points[gap.after, t] - points[gap.before, t]) / chord if chord > 0 else np.nan
            else:
                ratio = _neighbours_ratio(length[:, t], rest, known, gap)
            length[gap.steps, t] = rest[gap.steps] * ratio
    return Steps(length, measured, wall.closed)


def _differences(points: np.ndarray, closed: bool) -> np.ndarray:
    """Return the steps [S, ...] between neighboring points [N, ...]."""
    following = np.concatenate([points[1:], points[:1]]) if closed else points[1:]
    return np.asarray(following - points[: len(following)])


def _neighbours_ratio(length: np.ndarray, rest: np.ndarray, known: np.ndarray, gap: Gap) -> float:
    """Return the stretch of the known steps next to a gap at the wall's end, over as much of the wall as the gap."""
    order = np.argsort(np.abs(np.arange(len(rest)) - gap.steps.mean()), kind="stable")
    nearest = order[known[order]]
    if not len(nearest):
        return float("nan")
    enough = int(np.searchsorted(np.cumsum(rest[nearest]), rest[gap.steps].sum())) + 1
    return float(length[nearest[:enough]].sum() / rest[nearest[:enough]].sum())


def gaps_of(measured: np.ndarray, closed: bool) -> list[Gap]:
    """Return the gaps between measured points [N] of one frame, in order along the wall."""
    n = len(measured)
    there = np.flatnonzero(measured)
    if not len(there):
        return [Gap(np.arange(n if closed else n - 1), None, None)]
    found = [Gap(np.arange(a, b), int(a), int(b)) for a, b in zip(there[:-1], there[1:]) if b - a > 1]
    first, last = int(there[0]), int(there[-1])
    if closed:
        if first + n - last > 1:
            found.append(Gap(np.arange(last, first + n) % n, last, first))
        return found
    if first > 0:
        found.insert(0, Gap(np.arange(first), None, first))
    if last < n - 1:
        found.append(Gap(np.arange(last, n - 1), last, None))
    return found


def wall_shape(wall: WallLine) -> np.ndarray:
    """Return the wall's shape [N, 2] as it was set: where each point lies along it, tracked later or not.

    Points that are not there on the query frame are carried over from the nearest frame where they and their neighbors
    are; points that are never there lie evenly between their neighbors.
    """
    counts = wall.tracked.sum(axis=0)
    q = wall.query_frame
    frame = q if counts[q] == counts.max() else int(counts.argmax())
    if counts[frame] < 2:
        raise BadInput(
            _("The wall is not tracked: on no frame are two of its points visible with any confidence. Track again.")
        )
    there = wall.tracked[:, frame]
    shape = np.where(there[:, None], wall.points[:, frame], np.nan)
    if there.all():
        return shape
    for gap in gaps_of(there, False):
        inside = np.arange(gap.steps[0] + (gap.before is not None), gap.steps[-1] + 1 + (gap.after is None))
        ends = _beside(gap, there)
        if ends is None:
            continue
        together = wall.tracked[inside].all(axis=0) & wall.tracked[list(ends)].all(axis=0)
        if together.any():
            m = int(np.flatnonzero(together)[np.abs(np.flatnonzero(together) - frame).argmin()])
            shape[inside] = _carried(wall.points[inside, m], wall.points[list(ends), m], shape[list(ends)])
    known = np.flatnonzero(np.isfinite(shape[:, 0]))
    index = np.arange(len(shape))
    for axis in range(2):
        shape[:, axis] = np.interp(index, known, shape[known, axis])
    if len(known) > 1:  # beyond the first and the last known point the wall goes on straight
        for end, inner, beyond in (
            (known[0], known[1], index[: known[0]]),
            (known[-1], known[-2], index[known[-1] + 1 :]),
        ):
            slope = (shape[end] - shape[inner]) / (end - inner)
            shape[beyond] = shape[end] + (beyond - end)[:, None] * slope
    return shape


def _beside(gap: Gap, there: np.ndarray) -> Optional[tuple[int, int]]:
    """Return the two known points that a gap's points are placed by: those on both sides, or two on one side."""
    known = np.flatnonzero(there)
    if len(known) < 2:
        return None
    if gap.before is not None and gap.after is not None:
        return gap.before, gap.after
    return (int(known[0]), int(known[1])) if gap.before is None else (int(known[-2]), int(known[-1]))


def _carried(points: np.ndarray, ends: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return points [M, 2] moved, turned and scaled as the two points `ends` [2, 2] are onto `target` [2, 2]."""
    z, (a, b), (c, d) = (p[:, 0] + 1j * p[:, 1] for p in (points, ends, target))
    moved = c + (z - a) * ((d - c) / (b - a) if b != a else 1.0)
    return np.stack([moved.real, moved.imag], axis=-1)


def fill_gaps(positions: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Return positions [T, 2] of one point with its gaps closed in time, for pictures and places (never for lengths).

    Linear between the frames where it is measured; before the first and after the last of them the tracker's own
    position, and where there is none, the nearest one.

    Args:
        positions: float [T, 2].
        measured: bool [T].
    """
    filled = np.array(positions, dtype=np.float64)
    if measured.all():  # as nearly all points are: nothing to fill
        return filled
    frames = np.flatnonzero(measured)
    if len(frames):
        inside = np.arange(frames[0], frames[-1] + 1)
        for axis in range(2):
            filled[inside, axis] = np.interp(inside, frames, filled[frames, axis])
    usable = np.flatnonzero(np.isfinite(filled).all(axis=1))
    if len(usable):
        filled = filled[usable[np.abs(np.arange(len(filled))[:, None] - usable).argmin(axis=1)]]
    return np.asarray(filled)


def line_length(points: np.ndarray) -> np.ndarray:
    """Return the length [T] of the line through points [N, T, 2], in their unit."""
    return np.asarray(np.linalg.norm(np.diff(points, axis=0), axis=2).sum(axis=0))


def crosses_itself(line: np.ndarray) -> Optional[tuple[int, int]]:
    """Return the first two pieces (i, j) of the line [N, 2] that cross each other, or None.

    Piece i runs from point i to point i + 1; neighbors, which share a point, do not count.
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
