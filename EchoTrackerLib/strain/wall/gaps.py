"""What is made of lost pieces of the wall: bridged, left out of a segment, or the segment void.

A gap is bridged along its neighbours' deformation only when it is shorter than half a segment (it is as long as the
wall that its lost points stand for, one step each). Of a longer one nothing
is taken: a segment that loses a quarter or more of itself to it is void on that frame, one that loses less is measured
over the rest. The whole wall is void when more than one sixth of it is lost, counted in segments, or when less than
half of it is tracked. (That a segment may be rejected, and that this is said: Voigt et al. 2015, doi
10.1093/ehjci/jeu184; the limits are this program's.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .contour import Steps, gaps_of

_BRIDGED_BELOW = 0.5  # of a segment
_VOID_FROM = 0.25  # of a segment lost to a gap that is too long to be bridged
LOST_AT_MOST = 1 / 6  # of the wall
_TRACKED_AT_LEAST = 0.5
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Coverage:
    """What is measured of the wall on each frame, against one end-diastole.

    Attributes:
        used: bool [S, T], steps that count: measured or bridged.
        bridged: bool [S, T].
        void: bool [K, T] of the segments.
        wall_void: bool [T].
        lost: float [T], share of the wall that is neither measured nor bridged, counted in segments.
    """

    used: np.ndarray
    bridged: np.ndarray
    void: np.ndarray
    wall_void: np.ndarray
    lost: np.ndarray


def coverage(steps: Steps, ed: int, weights: np.ndarray, rejected: np.ndarray) -> Coverage:
    """Decide about every frame.

    Args:
        steps: of the wall.
        ed: 0-based frame of end-diastole, on which a piece must be known as well.
        weights: [K, S], see `segment_weights`; [1, S] of ones for a wall without segments.
        rejected: bool [K], segments that the reviewer rejected.
    """
    n_steps, n_frames = steps.length.shape
    rest = steps.length[:, ed]
    segment = weights @ np.nan_to_num(rest)
    half = _BRIDGED_BELOW * segment if len(segment) > 1 else segment / 12
    used = np.ones((n_steps, n_frames), dtype=bool)
    bridged = np.zeros_like(used)
    void = np.repeat(rejected[:, None], n_frames, axis=1)
    there = steps.measured & steps.measured[:, ed : ed + 1]
    for t in np.flatnonzero(~there.all(axis=0)):
        for gap in gaps_of(there[:, t], steps.closed):
            in_segments = weights[:, gap.steps] @ np.nan_to_num(rest[gap.steps])
            inside = gap.before is not None and gap.after is not None
            stands_for = (len(gap.steps) - inside) / len(gap.steps)  # each lost point for one step
            if stands_for * rest[gap.steps].sum() < (1 - _ROUNDING) * half[in_segments.argmax()]:
                bridged[gap.steps, t] = True
            else:
                used[gap.steps, t] = False
                void[:, t] |= in_segments >= (_VOID_FROM - _ROUNDING) * segment
    used &= np.isfinite(steps.length) & np.isfinite(rest)[:, None]
    lost = _lost(used, np.nan_to_num(rest), weights, rejected)
    tracked = 1 - _lost(used & ~bridged, np.nan_to_num(rest), weights, rejected)
    wall_void = (lost > LOST_AT_MOST + _ROUNDING) | (tracked < _TRACKED_AT_LEAST - _ROUNDING)
    return Coverage(used, bridged & used, void, wall_void, lost)


def _lost(used: np.ndarray, rest: np.ndarray, weights: np.ndarray, rejected: np.ndarray) -> np.ndarray:
    """Return the lost share of the wall [T], each segment counting as much as the others."""
    whole = weights @ rest
    kept = (weights * rest) @ used / np.where(whole > 0, whole, 1.0)[:, None]
    return np.asarray(1 - np.where(rejected[:, None], 0.0, kept).mean(axis=0))


def stretch(steps: Steps, ed: int, weights: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Return length over length at end-diastole [T] of the part of the wall that counts; NaN where nothing does.

    Args:
        steps: of the wall.
        ed: 0-based frame.
        weights: float [S], share of each step that belongs to the piece.
        used: bool [S, T].
    """
    share = np.where(used, weights[:, None], 0.0)
    now = (share * np.where(used, steps.length, 0.0)).sum(axis=0)
    then = (share * np.nan_to_num(steps.length[:, ed])[:, None]).sum(axis=0)
    return np.divide(now, then, out=np.full(len(now), np.nan), where=then > 0)
