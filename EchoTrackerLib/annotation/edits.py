"""What annotators do, as pure functions: each returns the `Edit` that `annotation.apply` carries out."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from .annotation import Annotation, Cells, Edit, State

_KEPT = (State.PLACED, State.OCCLUDED)  # what people said is never overwritten by a machine


def place(annotation: Annotation, point: int, frame: int, position: tuple[float, float]) -> Edit:
    """Put a point by hand at (x, y) px.

    Raises:
        BadInput: beside the image.
    """
    x, y = position
    if annotation.size is not None:
        width, height = annotation.size
        if not (-0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5):
            raise BadInput(_("A point beside the image was not taken."))
    return _edit(annotation, "place", frame, [point], [frame], State.PLACED, np.array([[x, y]]))


def occlude(annotation: Annotation, points: list[int], frame: int) -> Edit:
    """Say that points cannot be seen on a frame; they keep where they were."""
    frames = [frame] * len(points)
    return _edit(annotation, "occlude", frame, points, frames, State.OCCLUDED, annotation.positions[points, frames])


def accept(annotation: Annotation, points: list[int], frames: list[int], frame: int) -> Edit:
    """Take interpolated and tracked positions as if placed by hand, on all pairs of `points` and `frames`."""
    cells = np.zeros(annotation.states.shape, dtype=bool)
    cells[np.ix_(points, frames)] = True
    cells &= np.isin(annotation.states, (State.INTERPOLATED, State.TRACKER))
    which, when = np.nonzero(cells)
    return _edit(annotation, "accept", frame, which, when, State.PLACED, annotation.positions[which, when])


def clear(annotation: Annotation, points: list[int], frames: list[int], frame: int) -> Edit:
    """Forget everything on all pairs of `points` and `frames`."""
    which, when = (grid.ravel() for grid in np.meshgrid(points, frames, indexing="ij"))
    return _edit(annotation, "clear", frame, which, when, State.NOT_ANNOTATED, np.full((len(which), 2), np.nan))


def interpolate(annotation: Annotation, points: list[int], frame: int) -> Edit:
    """Fill the frames between the first and the last keyframe of each point by a natural cubic spline in time.

    Raises:
        BadInput: no point has two keyframes.
    """
    found = []
    for point in points:
        keys = np.flatnonzero(annotation.keyframes[point])
        if len(keys) >= 2:
            between = np.arange(keys[0], keys[-1] + 1)
            between = between[~np.isin(annotation.states[point, between], _KEPT)]
            path = spline(annotation.times_s[keys], annotation.positions[point, keys], annotation.times_s[between])
            found.append((np.full(len(between), point), between, path))
    if not found:
        raise BadInput(_("Interpolation needs a point that is placed by hand on at least two frames."))
    which, when, positions = (np.concatenate(part) for part in zip(*found))
    return _edit(annotation, "interpolate", frame, which, when, State.INTERPOLATED, positions)


def track(annotation: Annotation, point: int, first: int, path: np.ndarray, confidence: np.ndarray, frame: int) -> Edit:
    """Take a tracker's path [M, 2] px on the frames `first`, first + 1, ...; hand-placed and occluded cells stay."""
    when = np.arange(first, first + len(path))
    free = ~np.isin(annotation.states[point, when], _KEPT) & np.isfinite(path).all(axis=-1)
    which = np.full(int(free.sum()), point)
    return _edit(annotation, "track", frame, which, when[free], State.TRACKER, path[free], confidence[free])


def propagate(annotation: Annotation, points: list[int], start: int, end: int, frame: int) -> Edit:
    """Copy the cycle of the frames start..end-1 to the next cycle, which begins at `end` and is as long.

    Keyframes that the next cycle already has are kept, and the copied path is bent to pass through them.

    Raises:
        BadInput: no cycle, nothing to copy, or no frames after it.
    """
    period = end - start
    if period < 2 or start < 0 or end >= annotation.n_frames:
        raise BadInput(_("Give the first frame of a cycle and the first frame of the next one, inside the clip."))
    found = []
    for point in points:
        source = start + np.flatnonzero(annotation.annotated[point, start:end])
        source = source[source + period < annotation.n_frames]
        if len(source) == 0:
            continue
        target = source + period
        path = _through_keyframes(annotation, point, target, annotation.positions[point, source].astype(np.float64))
        free = ~np.isin(annotation.states[point, target], _KEPT)
        found.append((np.full(int(free.sum()), point), target[free], path[free]))
    if not found:
        raise BadInput(_("There is nothing to copy: annotate the first cycle before."))
    which, when, positions = (np.concatenate(part) for part in zip(*found))
    return _edit(annotation, "propagate", frame, which, when, State.INTERPOLATED, positions)


def spline(times: np.ndarray, positions: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return [M, 2] on a natural cubic spline through positions [K, 2] at rising times [K]; a line for K = 2."""
    from scipy.interpolate import CubicSpline

    if len(wanted) == 0:
        return np.zeros((0, 2))
    return np.asarray(CubicSpline(times, positions.astype(np.float64), bc_type="natural")(wanted))


def blend(keyframes: np.ndarray, forward: np.ndarray, backward: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join paths followed from keyframes in both directions so that every keyframe is met exactly.

    Args:
        keyframes: rising frames [K], K >= 1.
        forward: [T, 2], on each frame the path followed from the last keyframe at or before it (NaN before the first).
        backward: [T, 2], the path followed back from the next keyframe at or after it (NaN after the last).

    Returns:
        path [T, 2]: between two keyframes the average weighted by the distance in time, beyond them the one there is;
        and disagreement [T] px between the two paths, NaN where there is one only.
    """
    frames = np.arange(len(forward))
    position = np.searchsorted(keyframes, frames, side="right") - 1
    before = keyframes[np.clip(position, 0, None)]
    after = keyframes[np.minimum(position + 1, len(keyframes) - 1)]
    share = np.clip((frames - before) / np.maximum(after - before, 1), 0.0, 1.0)[:, None]
    path = (1 - share) * forward + share * backward
    path = np.where(np.isfinite(path), path, np.where(np.isfinite(forward), forward, backward))
    path[keyframes] = forward[keyframes]
    return path, np.linalg.norm(forward - backward, axis=-1)


def surrounding(keys: np.ndarray, frame: int, count: int) -> tuple[int, int]:
    """Return the first and the last frame to track: from the keyframe before `frame` to the one after it."""
    before, after = keys[keys < frame], keys[keys > frame]
    return (int(before[-1]) if len(before) else 0), (int(after[0]) if len(after) else count - 1)


def joined(parts: list[Edit]) -> Edit:
    """Return several edits as one; the first names it and its frame."""
    old, new = (
        Cells(*(np.concatenate(arrays) for arrays in zip(*sides)))
        for sides in ([part.old for part in parts], [part.new for part in parts])
    )
    points, frames = (np.concatenate([getattr(part, name) for part in parts]) for name in ("points", "frames"))
    return replace(parts[0], points=points, frames=frames, old=old, new=new)


def _through_keyframes(annotation: Annotation, point: int, frames: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Return the path [M, 2] on `frames` shifted so that it meets the point's keyframes among them."""
    keys = np.flatnonzero(annotation.keyframes[point, frames])
    if len(keys) == 0:
        return path
    wrong = annotation.positions[point, frames[keys]] - path[keys]
    return path + np.stack([np.interp(frames, frames[keys], wrong[:, axis]) for axis in range(2)], axis=-1)


def _edit(
    annotation: Annotation,
    what: str,
    frame: int,
    points: object,
    frames: object,
    state: State,
    positions: np.ndarray,
    confidence: Optional[np.ndarray] = None,
) -> Edit:
    which, when = np.asarray(points, dtype=np.int64), np.asarray(frames, dtype=np.int64)
    count = len(which)
    trust = np.full(count, np.nan) if confidence is None else confidence
    new = Cells(
        np.full(count, state, dtype=np.uint8),
        np.asarray(positions, dtype=np.float32).reshape(count, 2),
        np.asarray(trust, dtype=np.float32),
    )
    return Edit(what, int(frame), which, when, annotation.cells(which, when), new)
