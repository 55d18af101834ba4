"""What a reviewer looks at: one row a point, traffic lights over time, the problems in order of gravity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

import numpy as np

from ..tracks.decisions import UNDECIDED, Decision, Review, decision_of
from ..tracks.tracks import Tracks

# Traffic lights. "Lost": the tracker says that the point is not visible; "unknown": confidence was not computed.
GOOD, CHECK, BAD, LOST, UNKNOWN = range(5)
LIGHT_LETTERS = ("\N{MIDDLE DOT}", "?", "X", "O", " ")
GOOD_FROM, BAD_BELOW = 0.8, 0.5
# The quality measures in the order of tables; see `quality`.
MEASURES = ("forward_backward", "closure", "jitter", "appearance")


@dataclass(frozen=True)
class PointRow:
    """One point of the review table.

    Attributes:
        label, segment: names; segment "" when the point lies on none.
        confidence: mean over the frames after the query, the expected share of them within 4 px on the 256 grid; NaN
            when it was not computed.
        worst_frame: 0-based frame of the lowest confidence; None without confidence.
        drift: distance between the position at the cycle's end and at its start; NaN without a complete cycle.
        displacement: largest distance from the position on the query frame.
        unit: of drift and displacement, "mm", or "px" when the spacing is unknown.
        decision: what holds for the point.
        worst: the worst value of each of `MEASURES` over the frames but the query frame; NaN where it is not known.
    """

    label: str
    segment: str
    confidence: float
    worst_frame: Optional[int]
    drift: float
    displacement: float
    unit: str
    decision: Decision
    worst: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """Frames in a row on which one point is not to be trusted.

    Attributes:
        point: its number.
        first, last: frames, 0-based, both included.
        worst: the frame of the lowest confidence among them.
        confidence: there.
    """

    point: int
    first: int
    last: int
    worst: int
    confidence: float


def point_rows(
    tracks: Tracks, segments: Sequence[str], review: Review, cycle: Optional[tuple[int, int]] = None
) -> list[PointRow]:
    """Return one row a point, in the points' order.

    Args:
        tracks: N points.
        segments: the N points' segments, "" for none.
        review: the decisions.
        cycle: first and last frame of a complete cycle (ED, next ED), 0-based, for the drift.
    """
    row, col = tracks.spacing_mm or (1.0, 1.0)
    places = tracks.positions.astype(np.float64) * (col, row)
    from_query = np.linalg.norm(places - places[:, tracks.query_frame, None], axis=2)
    displacement = np.max(np.where(np.isfinite(from_query), from_query, -np.inf), axis=1, initial=-np.inf)
    drift = np.full(tracks.n_points, np.nan)
    if cycle is not None:
        drift = np.linalg.norm(places[:, cycle[1]] - places[:, cycle[0]], axis=1)
    mean, worst = _confidence_figures(tracks)
    measures = {name: _worst_values(tracks, name) for name in MEASURES}
    return [
        PointRow(
            label=label,
            segment=segment,
            confidence=float(mean[i]),
            worst_frame=None if worst is None else int(worst[i]),
            drift=float(drift[i]),
            displacement=float(displacement[i]) if np.isfinite(displacement[i]) else float("nan"),
            unit="px" if tracks.spacing_mm is None else "mm",
            decision=decision_of(review, label, segment),
            worst={name: float(values[i]) for name, values in measures.items()},
        )
        for i, (label, segment) in enumerate(zip(tracks.labels, segments))
    ]


def traffic_lights(tracks: Tracks) -> np.ndarray:
    """Return the traffic light uint8 [N, T] of each point and frame: GOOD, CHECK, BAD, LOST or UNKNOWN."""
    shape = tracks.positions.shape[:2]
    if tracks.confidence is None:
        result = np.full(shape, UNKNOWN, dtype=np.uint8)
    else:
        result = np.full(shape, CHECK, dtype=np.uint8)
        result[tracks.confidence >= GOOD_FROM] = GOOD
        result[tracks.confidence < BAD_BELOW] = BAD
    result[~(tracks.visible & np.isfinite(tracks.positions).all(axis=2))] = LOST
    return result


def find_problems(tracks: Tracks, below: float = BAD_BELOW, review: Optional[Review] = None) -> list[Problem]:
    """Return the stretches of frames with a confidence under `below`, the least trustworthy first.

    Points that were decided about by name are left out: the reviewer has seen them.
    """
    if tracks.confidence is None:
        return []
    decided = {} if review is None else {k for k, d in review.points.items() if d.status != UNDECIDED}
    found = []
    for point, (label, values) in enumerate(zip(tracks.labels, tracks.confidence)):
        if label in decided:
            continue
        edges = np.flatnonzero(np.diff(np.concatenate([[0], (values < below).astype(np.int8), [0]])))
        for first, stop in zip(edges[::2], edges[1::2]):
            worst = int(first + np.argmin(values[first:stop]))
            found.append(Problem(point, int(first), int(stop) - 1, worst, float(values[worst])))
    return sorted(found, key=lambda problem: (problem.confidence, problem.point, problem.first))


def next_problem(problems: Sequence[Problem], point: int, frame: int) -> Optional[Problem]:
    """Return the problem after the one at this point and frame, around the end of the list; None when there is none."""
    if not problems:
        return None
    for i, problem in enumerate(problems):
        if problem.point == point and problem.first <= frame <= problem.last:
            return problems[(i + 1) % len(problems)]
    return problems[0]


def next_bad_frame(problems: Sequence[Problem], frame: int) -> Optional[tuple[int, Problem]]:
    """Return (frame, gravest problem on it) of the next frame on which a point is not to be trusted, or None.

    Next in time after `frame`; after the last one, the first.
    """
    if not problems:
        return None
    later = [max(problem.first, frame + 1) for problem in problems if problem.last > frame]
    found = min(later) if later else min(problem.first for problem in problems)
    return found, min((p for p in problems if p.first <= found <= p.last), key=lambda p: p.confidence)


def shown_rows(rows: Sequence[PointRow], below: float) -> np.ndarray:
    """Return bool [N]: which points have a confidence under `below`; 1 or more shows all, also those without one."""
    if below >= 1:
        return np.ones(len(rows), dtype=bool)
    return np.array([row.confidence < below for row in rows], dtype=bool)


def _confidence_figures(tracks: Tracks) -> tuple[np.ndarray, Optional[np.ndarray]]:
    """Return (mean confidence [N] without the query frame, worst frame [N] or None)."""
    if tracks.confidence is None:
        return np.full(tracks.n_points, np.nan), None
    others = np.arange(tracks.n_frames) != tracks.query_frame
    if not others.any():
        return np.ones(tracks.n_points), np.zeros(tracks.n_points, dtype=int)
    values = tracks.confidence[:, others].astype(np.float64)
    return values.mean(axis=1), np.flatnonzero(others)[values.argmin(axis=1)]


def _worst_values(tracks: Tracks, name: str) -> np.ndarray:
    """Return the worst value [N] of a measure without the query frame; NaN where there is none."""
    values = tracks.quality.get(name)
    others = np.arange(tracks.n_frames) != tracks.query_frame
    if values is None or not others.any():
        return np.full(tracks.n_points, np.nan)
    values = np.asarray(values, dtype=np.float64)[:, others]
    known = np.isfinite(values)
    if name == "appearance":
        worst = np.where(known, values, np.inf).min(axis=1)
    else:
        worst = np.where(known, values, -np.inf).max(axis=1)
    return np.where(np.isfinite(worst), worst, np.nan)
