"""Frame times: rising, starting at 0, and honest about where they come from."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

# Used only when a file says nothing about time, so that the clip can be played; always with UNKNOWN and a warning.
ASSUMED_FPS = 30.0
UNKNOWN = "unknown"
# Frame intervals that stay this close to their median are a constant frame rate (containers round to ms).
_REGULAR_TOLERANCE = 0.1


def rising(values: Any) -> Optional[np.ndarray]:
    """Return numbers as float64 [K], or None when there are none, one is not finite, or they do not rise."""
    numbers = np.asarray(values, dtype=np.float64).ravel()
    return numbers if numbers.size and np.isfinite(numbers).all() and np.all(np.diff(numbers) > 0) else None


def rising_times(times: np.ndarray) -> Optional[np.ndarray]:
    """Return times [T] in s as float64 from 0, or None when they are not finite or do not rise from frame to frame."""
    values = rising(times)
    return None if values is None else values - values[0]


def regular_times(n_frames: int, fps: float) -> np.ndarray:
    """Return float64 [n_frames] times in s at a constant frame rate."""
    return np.arange(n_frames, dtype=np.float64) / fps


def assumed_times(n_frames: int) -> tuple[np.ndarray, str, tuple[str, ...]]:
    """Return times at `ASSUMED_FPS`, the time source "unknown", and the warning that goes with them."""
    if n_frames == 1:
        return np.zeros(1), UNKNOWN, ()
    warning = (
        f"The frame rate is unknown: {ASSUMED_FPS:g} frames/s is assumed so that the clip can be played. "
        "Times, velocities and rates made from it are not measurements."
    )
    return regular_times(n_frames, ASSUMED_FPS), UNKNOWN, (warning,)


def is_irregular(times_s: np.ndarray) -> bool:
    """Return whether any frame interval differs from the median one by more than 10 %."""
    steps = np.diff(times_s)
    return bool(steps.size and np.any(np.abs(steps - np.median(steps)) > _REGULAR_TOLERANCE * np.median(steps)))
