"""Which frames are compared with which: neighbours in time, the query frame, and frames that look alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .settings import Settings


@dataclass(frozen=True)
class PairGroup:
    """Comparisons of one kind: frames `first` [P] with frames `second` [P]."""

    first: np.ndarray
    second: np.ndarray
    coarse: bool  # at the second level


def choose_pairs(images: Any, query_frame: int, settings: Settings) -> list[PairGroup]:
    """Return the comparisons for a clip whose coarse frames are `images` [T, H, W] (a tensor)."""
    n_frames = len(images)
    frames = np.arange(n_frames)
    groups = [
        PairGroup(frames[:-gap], frames[gap:], gap >= settings.long_gap) for gap in settings.gaps if gap < n_frames
    ]
    far = frames[np.abs(frames - query_frame) >= 3]
    if len(far) and settings.query_pairs:
        groups.append(PairGroup(np.full(len(far), query_frame), far, True))
    first, second = revisited_frames(similarity(images), 2 * max(settings.gaps))
    if len(first) and settings.revisit:
        groups.append(PairGroup(first, second, True))
    return groups


def similarity(images: Any) -> np.ndarray:
    """Return the correlation coefficients [T, T] of frames [T, H, W]."""
    flat = images.reshape(len(images), -1)
    flat = flat - flat.mean(1, keepdim=True)
    flat = flat / flat.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return np.asarray((flat @ flat.T).cpu().numpy(), dtype=np.float64)


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
