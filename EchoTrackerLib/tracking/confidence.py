"""Quality measures and confidence for the tracks of any tracker."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..cine.cine import Cine
from ..i18n import tr as _
from ..progress import IsCancelled, Progress, never_cancelled, no_progress, raise_if_cancelled
from ..tracks import quality
from ..tracks.tracks import Tracks
from .tracker import Tracker


def with_confidence(
    tracker: Tracker,
    cine: Cine,
    tracks: Tracks,
    progress: Progress = no_progress,
    cancelled: IsCancelled = never_cancelled,
) -> Tracks:
    """Return the tracks with `quality`, `confidence` and `size` filled in; lost positions (NaN) have confidence 0.

    `options["confidence"]` says whether the probabilities were calibrated for this tracker: "calibrated" or
    "uncalibrated"; the latter comes with a warning.

    The tracker runs once more over the clip: from the last frame back to the query frame and, where the query is not
    the first frame, from the first frame on to it. Both are given to it as clips that start at the query, so that
    trackers which start on the first frame only work too.

    Args:
        tracker: the one that made the tracks.
        cine: the clip.
        tracks: its tracks.
        progress: called with the stage "Checking backwards".
        cancelled: asked often by the tracker.

    Raises:
        Cancelled, OutOfMemory: as the tracker does.
    """
    positions, q, size = tracks.positions, tracks.query_frame, cine.size
    last = tracks.n_frames - 1
    error = np.full(positions.shape[:2], np.nan)
    error[:, q] = 0.0
    for end in (last, 0):
        if end == q:
            continue
        raise_if_cancelled(cancelled)
        step = 1 if end > q else -1
        frames = np.arange(q, end + step, step)  # in the order of the forward pass
        share = abs(end - q) / max(last, 1)
        before = 0.0 if end == last else 1.0 - share
        back = _track_back(tracker, cine, positions[:, end], frames[::-1], before, share, progress, cancelled)
        forward = positions[:, frames]
        error[:, frames] = quality.forward_backward(forward, back[:, ::-1], 0, size)
    period = quality.find_cycle(positions, tracks.times_s, q)
    raise_if_cancelled(cancelled)
    measures = {
        "forward_backward": error,
        "closure": np.full_like(error, np.nan) if period is None else quality.closure(positions, q, period, size),
        "jitter": quality.jitter(positions, size),
        "appearance": quality.appearance(cine.frames, positions, q),
    }
    known = np.isfinite(positions).all(axis=2)
    calibrated = tracks.tracker == quality.CALIBRATED_TRACKER
    options = {**tracks.options, "confidence": "calibrated" if calibrated else "uncalibrated"}
    if not calibrated:
        text = _("The confidence is not calibrated for '{name}': it ranks positions, but is no probability.")
        options["warnings"] = [*tracks.warnings, text.format(name=tracks.tracker)]
    progress("Checking backwards", 1.0)
    return replace(
        tracks,
        quality={name: values.astype(np.float32) for name, values in measures.items()},
        confidence=np.where(known, quality.confidence(measures, q), np.float32(0)),
        options=options,
        size=size,
    )


def _track_back(
    tracker: Tracker,
    cine: Cine,
    points: np.ndarray,
    frames: np.ndarray,
    before: float,
    share: float,
    progress: Progress,
    cancelled: IsCancelled,
) -> np.ndarray:
    """Track points [N, 2] over the clip's frames in the given order; return positions [N, len(frames), 2].

    Points that the forward pass lost (NaN) come back as NaN; points outside the image start at its edge.
    """
    known = np.isfinite(points).all(axis=1)
    limits = np.array(cine.size, dtype=np.float64) - 1
    result = np.full((len(points), len(frames), 2), np.nan, dtype=np.float32)
    if not known.any():
        return result
    part = _in_order(cine, frames)
    start = np.clip(points[known].astype(np.float64), 0, limits)

    def report(stage: str, fraction: float) -> None:
        progress("Checking backwards", before + share * fraction)

    result[known] = tracker.track(part, start, 0, report, cancelled).positions
    return result


def _in_order(cine: Cine, frames: np.ndarray) -> Cine:
    """Return the clip's frames in the given order, with rising times."""
    times = np.abs(cine.times_s[frames] - cine.times_s[frames[0]])
    return replace(cine, frames=np.ascontiguousarray(cine.frames[frames]), times_s=times, colour=None)
