"""The ECG that a device stored with a clip: shown below the strain curves, used for nothing else."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np

_LEAST_SAMPLES = 8


class Ecg(NamedTuple):
    """One lead over the clip.

    Attributes:
        times_s: rising, s after the first frame.
        values: as many, in `unit`.
        unit: e.g. "mV", or None where the file does not say.
    """

    times_s: tuple[float, ...]
    values: tuple[float, ...]
    unit: Optional[str] = None

    def within(self, low: float, high: float) -> np.ndarray:
        """Return the values [K], shifted and scaled so that they fill a strip from `low` to `high`."""
        values = np.array(self.values)
        return np.asarray(low + (values - values.min()) * ((high - low) / float(np.ptp(values))))


def usable_ecg(times_s: Any, values: Any, unit: Optional[str] = None, until_s: float = np.inf) -> Optional[Ecg]:
    """Return the part of an ECG between the first frame and `until_s`; None where there is none that can be drawn."""
    try:
        times, heights = np.asarray(times_s, dtype=np.float64), np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    if times.ndim != 1 or times.shape != heights.shape or not np.isfinite([times, heights]).all():
        return None
    inside = (times >= 0) & (times <= until_s)
    times, heights = times[inside], heights[inside]
    if len(times) < _LEAST_SAMPLES or (np.diff(times) <= 0).any() or not np.ptp(heights) > 0:
        return None
    return Ecg(tuple(times.round(6).tolist()), tuple(heights.tolist()), unit)


def ecg_from_json(stored: Any) -> Optional[Ecg]:
    """Return the ECG that was stored as [times, values, unit], None where it is none."""
    if not isinstance(stored, (list, tuple)) or len(stored) != 3:
        return None
    times, values, unit = stored
    return usable_ecg(times, values, unit if isinstance(unit, str) else None)
