"""Which frames are compared with which: neighbors in time, the query frame, and frames that look alike."""

from __future__ import annotations

import numpy as np

from ..matching.pairs import PairGroup
from .settings import Settings


def choose_pairs(alike: np.ndarray, query_frame: int, settings: Settings) -> list[PairGroup]:
    """Return the comparisons for a clip whose frames have the correlation coefficients `alike` [T, T]."""
    n_frames = len(alike)
    frames = np.arange(n_frames)
    groups = [PairGroup(frames[:-gap], frames[gap:]) for gap in settings.gaps if gap < n_frames]
    far = frames[np.abs(frames - query_frame) >= 3]
    if len(far):
        groups.append(PairGroup(np.full(len(far), query_frame), far))
    first, second = revisited_frames(alike, 2 * max(settings.gaps))
    if len(first):
        groups.append(PairGroup(first, second, revisit=True))
    return groups


def similarity(images: np.ndarray) -> np.ndarray:
    """Return the correlation coefficients [T, T] of frames [T, H, W]."""
    flat = images.reshape(len(images), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    flat = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return np.asarray(flat @ flat.T, dtype=np.float64)


def revisited_frames(alike: np.ndarray, apart: int) -> tuple[np.ndarray, np.ndarray]:
    """Return frames and, for each, the most similar one at least `apart` frames later (another part of the cycle
    or the next beat), where that is a good deal more similar than most.

    Args:
        alike: correlation coefficients [T, T].
        apart: frames.
    """
    n_frames = len(alike)
    frames = np.arange(n_frames)
    later = frames[None, :] - frames[:, None] >= apart
    if not later.any():
        return np.zeros(0, int), np.zeros(0, int)
    candidates = np.where(later, alike, -np.inf)
    best = candidates.argmax(axis=1)
    first = np.flatnonzero(later.any(axis=1) & (candidates.max(axis=1) >= np.median(alike[later])))
    return first, best[first]


def closed_frames(alike: np.ndarray, query_frame: int) -> np.ndarray:
    """Return the frames of other beats in which the heart is as on the query frame.

    Those are the frames at least a third of the clip away that are more similar to the query frame than their
    neighbors in time are (ends of the clip count), about as similar as the best such frame, and more similar than
    frames a sixth of the clip apart are on average: a clip of one beat from end-diastole to end-diastole gives its
    last frame, a clip of half a beat none.

    Args:
        alike: correlation coefficients [T, T] of the frames.
        query_frame: 0-based.
    """
    n_frames = len(alike)
    row = alike[query_frame]
    lag = max(2, n_frames // 6)
    if n_frames <= 2 * lag:
        return np.zeros(0, int)
    usual = float(np.diagonal(alike, lag).mean())
    wide = np.pad(row, lag, constant_values=-np.inf)
    peak = np.array([row[t] >= wide[t : t + 2 * lag + 1].max() for t in range(n_frames)])
    away = np.abs(np.arange(n_frames) - query_frame) >= n_frames / 3
    found = np.flatnonzero(peak & away & (row >= usual))
    return found[1 - row[found] <= 1.2 * (1 - row[found].max(initial=0.0)) + 1e-6]
