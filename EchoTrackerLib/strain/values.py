"""The numbers read from a strain curve.

Names after Voigt et al. 2015 (doi 10.1093/ehjci/jeu184): end-systolic strain, peak systolic strain, peak strain,
post-systolic index (peak - end-systolic) / peak * 100, time to peak from end-diastole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .phases import Phases
from .strain import Strain, StrainCurve


@dataclass(frozen=True)
class CurveValues:
    """What is read from one curve; percent, frames 0-based, times in seconds after ED.

    Attributes:
        end_systolic: at ES.
        peak_systolic: most negative between ED and ES.
        positive_peak_systolic: most positive between ED and ES (early lengthening).
        peak: most negative in the cycle, or up to the clip's end where the cycle is not complete.
        peak_frame: where.
        time_to_peak_s: after ED; negative where the clip begins in systole.
        post_systolic_index: share of the peak that is reached only after ES; 0 when the peak is not after ES.
    """

    end_systolic: float
    peak_systolic: float
    positive_peak_systolic: float
    peak: float
    peak_frame: int
    time_to_peak_s: float
    post_systolic_index: float


def curve_values(curve: StrainCurve, phases: Phases, times_s: np.ndarray) -> CurveValues:
    """Return the values of one curve."""
    first, last = sorted((phases.ed, phases.es))
    stop = phases.cycle_end if phases.cycle_end is not None else len(times_s) - 1
    systole = curve.percent[first : last + 1]
    cycle = curve.percent[first : max(stop, last) + 1]
    peak_frame = first + int(np.argmin(cycle))
    end_systolic, peak = float(curve.percent[phases.es]), float(cycle.min())
    after = peak_frame > phases.es and peak < 0
    return CurveValues(
        end_systolic=end_systolic,
        peak_systolic=float(systole.min()),
        positive_peak_systolic=float(systole.max()),
        peak=peak,
        peak_frame=peak_frame,
        time_to_peak_s=float(times_s[peak_frame] - times_s[phases.ed]),
        post_systolic_index=(peak - end_systolic) / peak * 100 if after else 0.0,
    )


def mechanical_dispersion_s(strain: Strain) -> float:
    """Return the standard deviation (n - 1) of the segments' times to peak strain, s; NaN without segments."""
    times = [curve_values(piece, strain.phases, strain.times_s).time_to_peak_s for piece in strain.segments]
    return float(np.std(times, ddof=1)) if len(times) > 1 else float("nan")
