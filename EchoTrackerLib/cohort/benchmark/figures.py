"""What a tracker's tracks are worth on one clip with truth: the figures of Table 1, whole and by part of the wall."""

from __future__ import annotations

import math
from typing import Any, Optional

import numpy as np

from ...errors import BadInput
from ...strain.segments import MIN_POINTS, VIEWS, segment_names, segment_of_points
from ...strain.timing.contraction import find_course
from ...strain.timing.phases import find_phases
from ...strain.wall.contour import line_length
from ...tracking.wall import looks_like_wall
from ...tracks.metrics import GRID, distances, native_metrics, point_tracking_metrics
from .dataset import Truthed

LEVELS = ("basal", "mid", "apical")
PHASE_BINS = 20  # of the time from the query frame to the clip's end, for the error over the cycle
ERROR_EDGES_PX = np.concatenate([np.linspace(0, 16, 65), [24, 32, 64, np.inf]])  # for the cumulative error


def check_query(query: str) -> float:
    """Return the share that a query means, NaN for `first` and `ed`.

    Raises:
        BadInput: it is none of these.
    """
    if query in ("first", "ed"):
        return math.nan
    try:
        share = float(query)
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise BadInput(f"--query {query}: use first, ed, or a share of the clip from 0 to below 1, e.g. 0.72.")
    return share


def query_frame(query: str, clip: Truthed) -> int:
    """Return the 0-based frame that `first`, `ed` or a share of the clip's length (0.72) means.

    `first` is the first frame on which a true point is visible; a share f of T frames is frame int(f T).

    Raises:
        BadInput: end-diastole is not known, or no true point is ever visible.
    """
    if query == "ed":
        return _end_diastole(clip)
    if query == "first":
        seen = np.flatnonzero(clip.truth.visible.any(axis=0))
        if not len(seen):
            raise BadInput("No true point is visible on any frame.")
        return int(seen[0])
    return int(check_query(query) * clip.cine.n_frames)


def _end_diastole(clip: Truthed) -> int:
    if clip.ed is not None:
        if not clip.ed < clip.cine.n_frames:
            raise BadInput(f"End-diastole, frame {clip.ed}, is outside the clip's {clip.cine.n_frames} frames.")
        return clip.ed
    truth = clip.truth
    whole = truth.visible.all() and np.isfinite(truth.positions).all()
    if not whole or not looks_like_wall(truth.positions[:, 0]):
        raise BadInput("End-diastole is not known: give the column 'ed', or use --query first.")
    course = find_course(line_length(truth.positions), np.zeros((0, clip.cine.n_frames)), truth.times_s)
    return find_phases(course)[0].ed


def clip_figures(clip: Truthed, chosen: np.ndarray, estimate: np.ndarray, frame: int) -> dict[str, Any]:
    """Return the figures of one tracker on one clip; all can be written as JSON.

    Args:
        clip: the clip and its truth.
        chosen: int [M], the truth's points that were tracked.
        estimate: float [M, T, 2] px.
        frame: the query frame.

    Returns:
        `figures`: `tracks.metrics` on the grid, in px and mm; `levels` and `segments`: the same by part of the wall,
        where it is known; `cycle`: mean error in grid px in each twentieth of the time after the query, None where
        nothing is judged; `histogram`: how many errors lie between `ERROR_EDGES_PX`.
    """
    truth, visible = clip.truth.positions[chosen], clip.truth.visible[chosen]
    parts = wall_parts(clip, chosen, frame)
    distance, evaluated = distances(truth, estimate, visible, frame, GRID / np.asarray(clip.cine.size, np.float64))
    times = clip.cine.times_s
    bins = np.ceil(PHASE_BINS * (times - times[frame]) / max(times[-1] - times[frame], 1e-9)).astype(int) - 1
    cycle: list[Optional[float]] = []
    for k in range(PHASE_BINS):
        errors = distance[:, bins == k][evaluated[:, bins == k]]
        errors = errors[np.isfinite(errors)]
        cycle.append(float(errors.mean()) if len(errors) else None)
    return {
        "figures": _all_units(clip, truth, estimate, visible, frame),
        "levels": _by(parts, [_level(part) for part in parts], clip, truth, estimate, visible, frame),
        "segments": _by(parts, list(parts), clip, truth, estimate, visible, frame),
        "cycle": cycle,
        "histogram": np.histogram(np.minimum(distance[evaluated], 1e9), ERROR_EDGES_PX)[0].tolist(),
    }


def wall_parts(clip: Truthed, chosen: np.ndarray, frame: int) -> tuple[str, ...]:
    """Return the segment of each chosen point: as annotated, else by its place along a wall, else ""."""
    named = tuple(clip.segments[i] for i in chosen)
    if any(named):
        return named
    points = clip.truth.positions[chosen]
    if len(points) < MIN_POINTS or not looks_like_wall(points[:, frame]):
        return ("",) * len(points)
    names = segment_names(clip.view if clip.view in VIEWS else "")
    return tuple(names[k] for k in segment_of_points(points, frame))


def _level(part: str) -> str:
    """Return "basal", "mid" or "apical" of a segment's name, "" for others."""
    numbered = dict(zip(segment_names(), (*LEVELS, *reversed(LEVELS))))
    first = numbered.get(part, part.split(" ")[0])
    return first if first in LEVELS else ""


def _by(
    parts: tuple[str, ...],
    groups: list[str],
    clip: Truthed,
    truth: np.ndarray,
    estimate: np.ndarray,
    visible: np.ndarray,
    frame: int,
) -> dict[str, dict[str, float]]:
    """Return the figures of each group of points, in the wall's order; groups that are never seen are left out."""
    found = {}
    for group in dict.fromkeys(name for name in groups if name):
        mine = np.array([name == group for name in groups])
        if visible[mine][:, frame + 1 :].any():
            found[group] = _all_units(clip, truth[mine], estimate[mine], visible[mine], frame)
    return found


def _all_units(
    clip: Truthed, truth: np.ndarray, estimate: np.ndarray, visible: np.ndarray, frame: int
) -> dict[str, float]:
    spacing = clip.cine.spacing_mm
    grid = point_tracking_metrics(truth, estimate, visible, clip.cine.size, frame)
    return {**grid, **native_metrics(truth, estimate, visible, frame, spacing)}
