"""The numbers read from a strain curve.

Names after Voigt et al. 2015 (doi 10.1093/ehjci/jeu184): end-systolic strain, peak systolic strain, positive peak,
peak strain, post-systolic index (peak - end-systolic) / peak * 100, time to peak from end-diastole. A number whose
frames are not all measured is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Optional

import numpy as np

from .result import BeatStrain, Strain, StrainCurve
from .timing.phases import Phases

_PEAK_WINDOW_S = 0.06  # on each side of a peak, over which its time is fitted with a parabola
_RATE_WINDOW_S = 0.06  # over which strain rate is taken


@dataclass(frozen=True)
class CurveValues:
    """What is read from one curve; percent, times in seconds after ED.

    Attributes:
        end_systolic: at ES.
        peak_systolic: largest shortening between ED and ES; largest lengthening of a part that is longer at ES.
        positive_peak_systolic: most positive between ED and ES (early lengthening).
        peak: largest shortening in the cycle, or up to the clip's end where the cycle is not complete; of a part that
            is longer at ES than at ED the change of largest size.
        peak_frame: where, 0-based; -1 when void.
        time_to_peak_s: after ED, fitted below one frame.
        post_systolic_index: share of the peak that is reached only after ES; 0 when the peak is not after ES.
        rate_s, rate_e, rate_a: peak natural strain rates, 1/s: of shortening in systole, of lengthening in the first
            and in the second half of diastole (NaN without a complete cycle).
    """

    end_systolic: float
    peak_systolic: float
    positive_peak_systolic: float
    peak: float
    peak_frame: int
    time_to_peak_s: float
    post_systolic_index: float
    rate_s: float
    rate_e: float
    rate_a: float


def curve_values(curve: StrainCurve, phases: Phases, times_s: np.ndarray) -> CurveValues:
    """Return the values of one curve of Lagrangian or natural strain."""
    first, last = sorted((phases.ed, phases.es))
    stop = max(phases.cycle_end if phases.cycle_end is not None else len(times_s) - 1, last)
    systole, cycle = curve.percent[first : last + 1], curve.percent[first : stop + 1]
    end_systolic = float(curve.percent[phases.es])
    rates = strain_rates(curve, phases, times_s)
    nan = float("nan")
    if not np.isfinite(systole).all():
        return CurveValues(end_systolic, nan, nan, nan, -1, nan, nan, *rates)
    peak_systolic = float(_extreme(systole, end_systolic))
    positive = float(systole.max())
    if not np.isfinite(cycle).all():
        return CurveValues(end_systolic, peak_systolic, positive, nan, -1, nan, nan, *rates)
    peak = float(_extreme(cycle, end_systolic))
    frame = first + int(np.argmax(cycle == peak))
    after = frame > phases.es and peak != 0
    return CurveValues(
        end_systolic=end_systolic,
        peak_systolic=peak_systolic,
        positive_peak_systolic=positive,
        peak=peak,
        peak_frame=frame,
        time_to_peak_s=_fitted_peak(curve.percent, times_s, frame, first, stop)[0] - float(times_s[phases.ed]),
        post_systolic_index=(peak - end_systolic) / peak * 100 if after else 0.0,
        rate_s=rates[0],
        rate_e=rates[1],
        rate_a=rates[2],
    )


def _extreme(values: np.ndarray, end_systolic: float) -> float:
    """Return the least value, or of a part that is longer at ES the value of largest size."""
    return float(values.min() if end_systolic <= 0 else values[np.abs(values).argmax()])


def _fitted_peak(
    percent: np.ndarray, times_s: np.ndarray, frame: int, first: int, stop: int
) -> tuple[float, float, float]:
    """Return (time, curvature in %/s^2, sum of squared times of the fit) of the parabola around a peak."""
    near = np.flatnonzero(np.abs(times_s - times_s[frame]) <= _PEAK_WINDOW_S + 1e-9)
    near = near[(near >= first) & (near <= stop)]
    at = times_s[near] - times_s[frame]
    if len(near) < 3 or frame in (first, stop):
        return float(times_s[frame]), float("nan"), float("nan")
    a, b, _c = np.polyfit(at, percent[near], 2)
    shift = float(np.clip(-b / (2 * a), at[0], at[-1])) if a != 0 else 0.0
    return float(times_s[frame]) + shift, float(2 * a), float(((at - at.mean()) ** 2).sum())


def strain_rates(curve: StrainCurve, phases: Phases, times_s: np.ndarray) -> tuple[float, float, float]:
    """Return the peak natural strain rates (s, e, a) in 1/s (see `CurveValues`); NaN where the curve is not known."""
    rate = strain_rate(curve.length, times_s)
    ed, es, end = phases.ed, phases.es, phases.cycle_end

    def peak(first: Optional[int], last: Optional[int], sign: float) -> float:
        if first is None or last is None or last - first < 2:
            return float("nan")
        piece = sign * rate[first : last + 1]
        return float(sign * piece.max()) if np.isfinite(piece).all() else float("nan")

    sign = 1.0 if curve.percent[es] > 0 else -1.0
    middle = None if end is None else (es + end) // 2
    return peak(ed, es, sign), peak(es, middle, -sign), peak(middle, end, -sign)


def strain_rate(length: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """Return d ln(L) / dt [T] in 1/s, by a local straight line over 60 ms."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logarithm = np.log(length)
    half = max(1, round(_RATE_WINDOW_S / 2 / float(np.median(np.diff(times_s)))))
    rate = np.full(len(length), np.nan)
    for t in range(len(length)):
        near = slice(max(t - half, 0), min(t + half + 1, len(length)))
        at = times_s[near] - times_s[near].mean()
        if len(at) > 1:
            rate[t] = float((at * logarithm[near]).sum() / (at**2).sum())
    return rate


def mean_values(strain: Strain, segment: Optional[int] = None) -> CurveValues:
    """Return the values of the wall or of a segment, as means over the used beats; of the shown beat when none is used.

    `peak_frame` is that of the shown beat. A value that is void in a beat is left out of its mean.
    """
    beats = (strain.used if segment is None else strain.counted) or (strain.beat,)
    found = [curve_values(_curve(beat, segment), beat.phases, strain.times_s) for beat in beats]
    shown = curve_values(_curve(strain.beat, segment), strain.phases, strain.times_s)

    def mean(name: str) -> float:
        known = [getattr(values, name) for values in found if np.isfinite(getattr(values, name))]
        return float(np.mean(known)) if known else float("nan")

    means: dict[str, Any] = {field.name: mean(field.name) for field in fields(shown) if field.name != "peak_frame"}
    return replace(shown, **means)


def _curve(beat: BeatStrain, segment: Optional[int]) -> StrainCurve:
    return beat.curve if segment is None else beat.segments[segment]


def mechanical_dispersion_s(strain: Strain) -> float:
    """Return the standard deviation (n - 1) of the segments' times to peak strain, s; NaN with fewer than two."""
    found = [mean_values(strain, k).time_to_peak_s for k in range(len(strain.segments))]
    times = [time for time in found if np.isfinite(time)]
    return float(np.std(times, ddof=1)) if len(times) > 1 else float("nan")


def mechanical_dispersion_floor_s(strain: Strain) -> float:
    """Return the dispersion that the curves' own noise would make where there is none, s; NaN without segments.

    From the frame-to-frame noise of each segment (its third differences) and how sharp its peak is: the error of the
    vertex of the fitted parabola, root mean square over the segments and divided by the root of the number of beats.
    """
    beats = strain.counted or (strain.beat,)
    variances = []
    for beat in beats:
        ed, end = beat.phases.ed, beat.phases.cycle_end
        stop = len(strain.times_s) - 1 if end is None else end
        for piece in beat.segments:
            frame = curve_values(piece, beat.phases, strain.times_s).peak_frame
            if frame < 0 or stop - ed < 4:
                continue
            noise = 1.4826 * np.median(np.abs(np.diff(piece.percent[ed : stop + 1], 3))) / np.sqrt(20)
            _time, curvature, squares = _fitted_peak(piece.percent, strain.times_s, frame, ed, stop)
            if np.isfinite(curvature) and curvature != 0:
                variances.append(min(float(noise) / abs(curvature) / np.sqrt(squares), _PEAK_WINDOW_S) ** 2)
    return float(np.sqrt(np.mean(variances) / len(beats))) if variances else float("nan")


def annular_displacement(strain: Strain) -> dict[str, float]:
    """Return the largest displacement of each hinge point towards the apex between ED and the cycle's end.

    In the measurement's unit, by "left" and "right" (in the order of the line), mean over the used beats; NaN where a
    hinge point is not tracked, and where the clip does not hold the beat. Empty for closed contours.
    """
    found = {}
    for side in ("left", "right"):
        peaks = []
        for beat in strain.used or (strain.beat,):
            curve = beat.motion.get(f"annulus_{side}")
            if curve is None:
                continue
            first = min(beat.phases.ed, beat.phases.es)
            end = beat.phases.cycle_end
            piece = curve[first : (len(curve) - 1 if end is None else end) + 1]
            known = np.isfinite(piece).all() and not beat.phases.void_because
            peaks.append(float(piece.max()) if known else float("nan"))
        if peaks:
            found[side] = float(np.mean(peaks))
    return found


def rotation_deg(strain: Strain) -> float:
    """Return the rotation of a closed contour at ES, degrees, counterclockwise on the screen; NaN for open walls."""
    beats = [b for b in strain.used or (strain.beat,) if "rotation_deg" in b.motion and not b.phases.void_because]
    turns = [b.motion["rotation_deg"][b.phases.es] for b in beats]
    return float(np.mean(turns)) if turns else float("nan")


def free_wall_percent(strain: Strain) -> float:
    """Return the end-systolic strain of the RV's free wall: the mean of its three segments; NaN when one is void."""
    found = [value for name, value in strain.segment_percent.items() if "free wall" in name]
    return float(np.mean(found)) if found and not strain.void_because else float("nan")


@dataclass(frozen=True)
class AtrialValues:
    """Left atrial strain in percent, all positive in a healthy atrium.

    Attributes:
        reservoir: filling, from ED to ES.
        conduit: what of it is given back before the atrium contracts.
        contraction: what is left for its contraction.
    """

    reservoir: float
    conduit: float
    contraction: float


def atrial_values(strain: Strain) -> AtrialValues:
    """Return the left atrium's values, means over the used beats (reference: end-diastole of the ventricle).

    The atrium's contraction begins where the second half of the ventricle's diastole bends down most: the frame that
    lies farthest above the straight line from the middle of diastole to its end.
    """
    rows = []
    for beat in strain.used:
        es, end = beat.phases.es, beat.phases.cycle_end
        if end is None or end - es < 4 or not np.isfinite(beat.curve.percent[es : end + 1]).all():
            continue
        middle = (es + end) // 2
        piece = beat.curve.percent[middle : end + 1]
        line = np.interp(strain.times_s[middle : end + 1], strain.times_s[[middle, end]], piece[[0, -1]])
        before = float(piece[int((piece - line).argmax())])
        reservoir = float(beat.curve.percent[es])
        rows.append((reservoir, reservoir - before, before - float(piece[-1])))
    return AtrialValues(*(np.mean(rows, axis=0).tolist() if rows else (float("nan"),) * 3))
