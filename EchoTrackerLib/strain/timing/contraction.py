"""Which signal shows the contraction of a wall, and which way up it is.

Walls that lengthen in systole (the left atrium, an aneurysm) are recognized by the course of their cycle: the heart
stays longer near its end-diastolic than near its end-systolic shape.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .beats import BeatFinder, find_beats
from .course import SMOOTHING_S, STILL, Course, noise_of, smooth

SMOOTHING_SHARE = 0.35  # of systole at most
_INVERTED = 0.58  # mean contraction over a cycle above which it is one turned upside down
_UPRIGHT = 0.44
_REGIONAL = 0.35  # of the segments' mean range: a global range below this does not show the beats


def find_course(length: np.ndarray, segments: np.ndarray, times_s: np.ndarray, view: str = "") -> Course:
    """Return the course of a wall's deformation.

    The global length, or where the segments deform against each other so that it hardly changes, what they have in
    common (their first principal component).

    Args:
        length: float [T], any unit.
        segments: float [K, T], lengths of the segments; [0, T] without.
        times_s: float [T], rising.
        view: "LA" says that the wall lengthens in systole.
    """
    whole = length / length.mean()
    parts = segments / segments.mean(axis=1, keepdims=True)
    signal, either_way = whole, False
    ranges = np.ptp(parts, axis=1) if len(parts) else np.zeros(0)
    if len(parts) and max(STILL, np.ptp(whole)) < _REGIONAL * ranges.mean():
        centred = parts - parts.mean(axis=1, keepdims=True)
        signal, either_way = np.linalg.svd(centred, full_matrices=False)[2][0], True
    course = _upright(signal, whole, parts, times_s, either_way, view, SMOOTHING_S)
    systoles = [times_s[beat.es] - times_s[beat.ed] for beat in find_beats(course) if beat.ed is not None]
    width = SMOOTHING_SHARE * float(np.median(systoles)) if systoles else SMOOTHING_S
    return course if width >= SMOOTHING_S else _upright(signal, whole, parts, times_s, either_way, view, width)


def _upright(
    signal: np.ndarray,
    whole: np.ndarray,
    parts: np.ndarray,
    times_s: np.ndarray,
    either_way: bool,
    view: str,
    width_s: float,
) -> Course:
    """Return the course of a signal, turned so that contraction is up (`either_way`: it has no sign of its own)."""
    smooth_signal = smooth(signal, times_s, width_s)
    smooth_parts = np.array([smooth(part, times_s, width_s) for part in parts]).reshape(len(parts), len(times_s))
    noise = noise_of(signal)
    part_noise = np.array([noise_of(part) for part in parts])
    shortening = Course(-smooth_signal, smooth_parts, times_s, noise, part_noise, False)
    lengthening = Course(smooth_signal, smooth_parts, times_s, noise, part_noise, True)
    if view == "LA" and not either_way:
        return lengthening
    mean_short, mean_long = _mean_contraction(shortening), _mean_contraction(lengthening)
    if either_way:
        upright = lengthening if mean_long < mean_short or np.isnan(mean_short) else shortening
        net = float(np.dot(upright.contraction - upright.contraction.mean(), whole - whole.mean()))
        return replace(upright, lengthens=net > 0)
    inverted = mean_short > _INVERTED or (np.isnan(mean_short) and mean_long < _UPRIGHT)
    return lengthening if inverted else shortening


def _mean_contraction(course: Course) -> float:
    """Return the mean contraction (0 at end-diastole, 1 at end-systole) over the complete cycles; NaN without."""
    finder, found = BeatFinder(course), []
    for beat in finder.beats():
        if beat.ed is None or not beat.complete or (finder.from_end_to_end() and finder.fast_start(beat.ed, beat.es)):
            continue  # of a cycle cut off on both sides nothing can be said
        piece = course.contraction[beat.ed : beat.end]
        found.append(float((piece.mean() - piece.min()) / (piece.max() - piece.min())))
    return float(np.mean(found)) if found else float("nan")
