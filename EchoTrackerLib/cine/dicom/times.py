"""Frame times and heart beats of a DICOM header (PS3.3 C.7.6.5 Cine, C.7.6.6 Multi-frame, C.8.5.6 US Image)."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np

from ...i18n import tr as _
from ..times import (
    PLAUSIBLE_FPS,
    Evidence,
    Times,
    assumed_times,
    plausible_heart_rate,
    plausible_r_times,
    regular_times,
    rising_times,
    settle_times,
)  # fmt: skip
from .header import number, numbers

_FRAME_TIME, _FRAME_TIME_VECTOR = 0x00181063, 0x00181065
_RATES = (("CineRate", "Cine Rate"), ("RecommendedDisplayFrameRate", "Recommended Display Frame Rate"))
_LONGEST_AFTER_CLIP_S = 3.0  # an R wave farther than this from the clip is not on its scale of time


class Beats(NamedTuple):
    """Heart rate per minute and R-wave times float64 [K] in s after the first frame, None when unknown; warnings."""

    heart_rate_bpm: Optional[float]
    r_times_s: Optional[np.ndarray]
    warnings: tuple[str, ...]


def find_times(header: Any, n_frames: int) -> Times:
    """Return frame times float64 [n_frames] in s from 0, where they come from, and warnings.

    What Frame Increment Pointer names comes first, then Frame Time Vector, Frame Time, Cine Rate and Recommended
    Display Frame Rate. Times that no echo can have are mended where another field proves how, else unknown.
    """
    if n_frames == 1:
        return assumed_times(1)
    order = ["FrameTimeVector", "FrameTime"]
    if _FRAME_TIME in _pointers(header):
        order.reverse()
    evidence, said, refused = _evidence(header), [], None
    for keyword in order:
        found = (_by_vector if keyword == "FrameTimeVector" else _by_step)(header, n_frames, evidence)
        if isinstance(found, str):
            said += [found] if found else []
        elif found.source != keyword:
            refused = refused or found
        else:
            return Times(found.times_s, found.source, (*said, *found.warnings))
    if refused is not None:
        return Times(refused.times_s, refused.source, (*said, *refused.warnings))
    guessed = _by_rate(header, n_frames)
    return Times(guessed.times_s, guessed.source, (*said, *guessed.warnings))


def heart_rate_and_r_times(header: Any, duration_s: float) -> Beats:
    """Return Heart Rate (0018,1088), else that of Nominal Interval (0018,1062), and R Wave Time Vector (0018,6060).

    Args:
        header: of the clip.
        duration_s: of the clip, to see whether R waves lie on its scale of time.
    """
    stated, interval_ms = number(header, "HeartRate"), number(header, "NominalInterval")
    rate = plausible_heart_rate(stated)
    said = (
        ()
        if rate or not stated
        else (_("A heart rate of {stated:g}/min cannot be; it is ignored.").format(stated=stated),)
    )
    if rate is None and interval_ms:
        rate = plausible_heart_rate(60_000.0 / interval_ms)
    times = numbers(header, "RWaveTimeVector")
    if not times:
        return Beats(rate, None, said)
    for name, factor in (("milliseconds", 1e-3), ("seconds", 1.0), ("microseconds", 1e-6)):
        r_times = plausible_r_times(np.array(times) * factor)
        if r_times is None or not _fits(r_times, rate, duration_s, needs_proof=name != "milliseconds"):
            continue
        mended = (_("The R-wave times are in {name}, as the heart rate proves: read as that.").format(name=name),)
        return Beats(rate, r_times, said if name == "milliseconds" else (*said, *mended))
    return Beats(rate, None, (*said, _("The R-wave times do not fit the clip and its heart rate; they are ignored.")))


def _fits(r_times: np.ndarray, rate: Optional[float], duration_s: float, needs_proof: bool) -> bool:
    """Return whether R waves lie near the clip and beat at its heart rate; another unit needs the latter as proof."""
    if r_times[0] > duration_s + _LONGEST_AFTER_CLIP_S or r_times[-1] < -_LONGEST_AFTER_CLIP_S:
        return False
    if rate is None or len(r_times) < 2:
        return not needs_proof
    ratio = float(np.median(np.diff(r_times))) * rate / 60.0
    return 0.85 < ratio < 1.15 if needs_proof else 0.5 < ratio < 2.0


def _pointers(header: Any) -> list[int]:
    """Return the tags in Frame Increment Pointer (0028,0009)."""
    try:
        value = header.get("FrameIncrementPointer")
        return [int(value)] if isinstance(value, int) else [int(tag) for tag in value or ()]
    except Exception:  # a damaged element raises whatever pydicom met
        return []


def _evidence(header: Any) -> Evidence:
    rates = [(name, value) for keyword, name in _RATES for value in [number(header, keyword)] if value and value > 0]
    duration = number(header, "EffectiveDuration")
    return Evidence(
        heart_rate_bpm=plausible_heart_rate(number(header, "HeartRate")),
        duration_s=duration if duration and duration > 0 else None,
        rates=tuple(pair for pair in rates if pair[0] == "Cine Rate"),
        display_rates=tuple(pair for pair in rates if pair[0] != "Cine Rate"),
    )


def _by_step(header: Any, n_frames: int, evidence: Evidence) -> Any:
    """Return `Times` by Frame Time, "" without one, or a sentence."""
    step_ms = number(header, "FrameTime")
    if step_ms is None or step_ms == 0:
        return ""
    if step_ms < 0:
        return _("Frame Time is {step_ms:g}; it is ignored.").format(step_ms=step_ms)
    return settle_times(regular_times(n_frames, 1000.0 / step_ms), "FrameTime", evidence, "ms")


def _by_vector(header: Any, n_frames: int, evidence: Evidence) -> Any:
    """Return `Times` by Frame Time Vector, "" without one, or a sentence.

    Item k is the time from frame k - 1 to frame k and the first item should be 0; some files leave the 0 out, others
    put the interval there too, and some write times from the first frame on.
    """
    stated = header.get("FrameTimeVector")
    if stated is None or stated == "":
        return ""
    steps_ms = np.array(numbers(header, "FrameTimeVector"))
    if steps_ms.size == n_frames - 1:
        steps_ms = np.concatenate([[0.0], steps_ms])
    times = rising_times(np.cumsum(steps_ms) / 1000.0) if steps_ms.size == n_frames else None
    if times is None:
        return _("The Frame Time Vector does not give rising times, one for each frame; it is ignored.")
    step_ms = number(header, "FrameTime")
    if step_ms and step_ms > 0:
        evidence = Evidence(
            evidence.heart_rate_bpm, evidence.duration_s, (*evidence.rates, ("Frame Time", 1000.0 / step_ms)),
            evidence.display_rates,
        )  # fmt: skip
    return settle_times(times, "FrameTimeVector", evidence, "ms", _times_since_first(steps_ms))


def _times_since_first(steps_ms: np.ndarray) -> tuple[tuple[str, np.ndarray], ...]:
    """Return the other readings of a vector whose numbers grow steadily, as times do and intervals never."""
    growth = np.diff(steps_ms)
    if len(growth) < 3 or growth.min() <= 0 or np.ptp(growth) > 0.5 * np.median(growth):
        return ()
    if steps_ms[-1] < 3 * steps_ms[1]:
        return ()
    times = (steps_ms - steps_ms[0]) / 1000.0
    return (
        ("times since the first frame", times),
        ("times since the first frame in seconds", times * 1e3),
        ("times since the first frame in microseconds", times * 1e-3),
    )


def _by_rate(header: Any, n_frames: int) -> Times:
    """Return `Times` guessed from a rate of display."""
    for keyword, name in _RATES:
        rate = number(header, keyword)
        if rate is not None and PLAUSIBLE_FPS[0] <= rate <= PLAUSIBLE_FPS[1]:
            guess = _(
                "Frame times are guessed from the {name} ({rate:g} frames/s), which may be a display rate."
            ).format(name=name, rate=rate)
            return Times(regular_times(n_frames, rate), keyword, (guess,))
    return assumed_times(n_frames)
