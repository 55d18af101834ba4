"""How far a wall has contracted over a clip, smooth: in this its beats are found."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

SMOOTHING_S = 0.08  # of the course in which beats are searched; values are always read from the curves themselves
_SMOOTH_SHARE = 0.004  # of a curve's range: fifth differences below this are the curve's own
_NOISE_ORDER = 5  # of the differences: third ones are already a quick beat's own curve at 30 frames a second
STILL = 2e-5  # relative change of length below which a wall does not move (positions are single precision)


@dataclass(frozen=True)
class Course:
    """How far the wall has contracted, in which beats are found.

    Attributes:
        contraction: float64 [T], smooth, any unit; largest at end-systole.
        segments: float64 [K, T], the same of each segment, smooth; [0, T] without segments.
        times_s: float64 [T].
        noise: SD of the frame-to-frame noise of `contraction`; segment_noise: float64 [K], of the segments.
        lengthens: whether the wall is longest at end-systole.
    """

    contraction: np.ndarray
    segments: np.ndarray
    times_s: np.ndarray
    noise: float
    segment_noise: np.ndarray
    lengthens: bool

    @property
    def still(self) -> bool:
        """Whether the wall keeps its length."""
        return bool(np.ptp(self.contraction) <= STILL * np.abs(self.contraction).max())


def smooth(values: np.ndarray, times_s: np.ndarray, width_s: float = SMOOTHING_S) -> np.ndarray:
    """Return the curve [T] by a local parabola over 80 ms; smooth curves and short clips stay as they are."""
    from scipy.signal import savgol_filter

    step = float(np.median(np.diff(times_s)))
    window = round(width_s / step) // 2 * 2 + 1
    if window < 5 or len(values) < window or noise_of(values) == 0:
        return np.asarray(values, dtype=np.float64)
    if np.abs(np.diff(times_s) - step).max() < 0.1 * step:
        return np.asarray(savgol_filter(values, window, 2))
    even = np.arange(times_s[0], times_s[-1] + step / 2, step)
    return np.asarray(np.interp(times_s, even, savgol_filter(np.interp(even, times_s, values), window, 2)))


def noise_of(values: np.ndarray) -> float:
    """Return the SD of the frame-to-frame noise of a curve [T], from its fifth differences; 0 where it is smooth."""
    if len(values) < _NOISE_ORDER + 5:
        return 0.0
    differences = np.diff(values, _NOISE_ORDER)
    noise = 1.4826 * float(np.median(np.abs(differences))) / math.sqrt(math.comb(2 * _NOISE_ORDER, _NOISE_ORDER))
    return noise if noise > _SMOOTH_SHARE * np.ptp(values) else 0.0
