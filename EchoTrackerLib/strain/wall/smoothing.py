"""Smoothing of the wall's lengths along the wall and in time; off unless asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..result import Smoothing
from .contour import Steps


def smoothed(steps: Steps, times_s: np.ndarray, smoothing: Smoothing) -> Steps:
    """Return the steps with smoothed lengths; unknown lengths stay unknown."""
    length = steps.length
    if smoothing.time_ms > 0:
        apart = (times_s[:, None] - times_s) * 1000
        length = _averaged(length.T, np.exp(-0.5 * (apart / smoothing.time_ms) ** 2)).T
    if smoothing.along_percent > 0:
        rest = np.nanmean(length, axis=1)
        along = (np.cumsum(rest) - rest / 2) / rest.sum() * 100
        apart = np.abs(along[:, None] - along)
        apart = np.minimum(apart, 100 - apart) if steps.closed else apart
        bell = np.exp(-0.5 * (apart / smoothing.along_percent) ** 2) * rest
        length = _averaged(length / rest[:, None], bell) * rest[:, None]
    return replace(steps, length=np.where(np.isfinite(steps.length), length, np.nan))


def _averaged(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return weighted means [M, T] of values [M, T] over their first axis, of the known ones only."""
    known = np.isfinite(values)
    return np.asarray((weights @ np.where(known, values, 0.0)) / np.maximum(weights @ known, 1e-300))
