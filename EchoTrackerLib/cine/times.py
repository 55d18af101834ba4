"""Frame times: rising, starting at 0, possible for an echo, and honest about where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _

# Used only when a file says nothing about time, so that the clip can be played; always with UNKNOWN and a warning.
ASSUMED_FPS = 30.0
UNKNOWN = "unknown"
PLAUSIBLE_FPS = (5.0, 500.0)
PLAUSIBLE_BPM = (20.0, 350.0)
PLAUSIBLE_AVC_S = (0.05, 1.0)  # after the R wave
# Frame intervals that stay this close to their median are a constant frame rate (containers round to ms).
_REGULAR_TOLERANCE = 0.1
_AGREES = 0.15  # of a rate or duration: stated in whole numbers, with or without the last frame's own time
_DIFFERS = 0.25
_CLIP_BEATS = (0.7, 15.0)  # what clips of an echo hold
# What a number may have been meant as, by the unit it should have had: how many times as long that is.
_MISTAKEN = {
    "ms": (("seconds", 1e3), ("microseconds", 1e-3)),
    "s": (("milliseconds", 1e-3), ("microseconds", 1e-6)),
}


class Times(NamedTuple):
    """Frame times float64 [T] in s from 0, where they come from, and what the user should know of them."""

    times_s: np.ndarray
    source: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """What else a source says about time; each may be missing.

    Attributes:
        heart_rate_bpm: beats per minute.
        duration_s: of the whole clip.
        rates: (name, frames per second) of other fields that should agree.
        display_rates: the same of fields that may differ, as clips are often played slower than they were acquired.
    """

    heart_rate_bpm: Optional[float] = None
    duration_s: Optional[float] = None
    rates: tuple[tuple[str, float], ...] = ()
    display_rates: tuple[tuple[str, float], ...] = ()

    def proof(self, times_s: np.ndarray) -> str:
        """Return the name of what agrees with these times, "" when nothing does."""
        for name, rate in (*self.rates, *self.display_rates):
            if abs(_fps(times_s) / rate - 1.0) < _AGREES:
                return name
        if self.duration_s and abs(_duration(times_s) / self.duration_s - 1.0) < _AGREES:
            return "duration"
        if self.heart_rate_bpm and _CLIP_BEATS[0] <= self.heart_rate_bpm / 60.0 * _duration(times_s) <= _CLIP_BEATS[1]:
            return "heart rate"
        return ""


def rising(values: Any) -> Optional[np.ndarray]:
    """Return numbers as float64 [K], or None when there are none, one is not finite, or they do not rise."""
    try:
        numbers = np.asarray(values, dtype=np.float64).ravel()
    except (TypeError, ValueError, OverflowError):  # what a damaged file holds
        return None
    return numbers if numbers.size and np.isfinite(numbers).all() and np.all(np.diff(numbers) > 0) else None


def rising_times(times: Any) -> Optional[np.ndarray]:
    """Return times [T] in s as float64 from 0, or None when they are not finite or do not rise from frame to frame."""
    values = rising(times)
    if values is None:
        return None
    from_zero = values - values[0]
    return from_zero if np.all(np.diff(from_zero) > 0) else None  # far from 0 they may lose their differences


def regular_times(n_frames: int, fps: float) -> np.ndarray:
    """Return float64 [n_frames] times in s at a constant frame rate."""
    return np.arange(n_frames, dtype=np.float64) / fps


def assumed_times(n_frames: int, why: str = "") -> Times:
    """Return times at `ASSUMED_FPS`, the time source "unknown", and the warning that goes with them after `why`."""
    if n_frames == 1:
        return Times(np.zeros(1), UNKNOWN, (why,) if why else ())
    warning = _(
        "The frame rate is unknown: {assumed_fps:g} frames/s is assumed so that the clip can be played. "
        "Times, velocities and rates made from it are not measurements."
    ).format(assumed_fps=ASSUMED_FPS)
    return Times(regular_times(n_frames, ASSUMED_FPS), UNKNOWN, (*([why] if why else []), warning))


def is_plausible(times_s: np.ndarray) -> bool:
    """Return whether an echo can have these rising times [T] in s: 5 to 500 frames per second by the median."""
    return len(times_s) < 2 or bool(PLAUSIBLE_FPS[0] * 0.999 <= _fps(times_s) <= PLAUSIBLE_FPS[1] * 1.001)


def settle_times(
    times_s: np.ndarray, source: str, evidence: Optional[Evidence] = None, unit: str = "s", alternatives: Any = ()
) -> Times:
    """Return times that an echo can have: as they are, mended where other fields prove how, else unknown.

    Args:
        times_s: float64 [T], rising, from 0, taken at their word.
        source: their field.
        evidence: what other fields say.
        unit: in which the field is meant to be ("ms" or "s"), to explain what may have happened.
        alternatives: other readings, (what was meant, times [T] in s), to try before other units.
    """
    evidence = evidence or Evidence()
    if is_plausible(times_s) and not alternatives:
        return Times(times_s, source, _contradictions(times_s, source, evidence))
    readings = [*alternatives, *((name, times_s * factor) for name, factor in _MISTAKEN[unit])]
    possible = [(name, times) for name, times in readings if is_plausible(times)]
    what = f"{source} gives {_text(_fps(times_s))} frames/s, which no echo has"
    if alternatives:
        what = f"{source} does not hold what it should"
    for name, times in possible:
        proof = evidence.proof(times)
        if proof:
            return Times(
                times,
                source,
                (
                    _("{what}; it holds {name}, as the {proof} proves: read as that.").format(
                        what=what, name=name, proof=proof
                    ),
                ),
            )
    guess = _(" It may hold {value}, but no other field proves it.").format(value=possible[0][0]) if possible else ""
    return assumed_times(len(times_s), _("{what}.{guess} The times are unknown.").format(what=what, guess=guess))


def is_irregular(times_s: np.ndarray) -> bool:
    """Return whether any frame interval differs from the median one by more than 10 %."""
    steps = np.diff(times_s)
    return bool(steps.size and np.any(np.abs(steps - np.median(steps)) > _REGULAR_TOLERANCE * np.median(steps)))


def plausible_heart_rate(bpm: Any) -> Optional[float]:
    """Return a heart rate in beats per minute, None for one that nobody has."""
    value = np.asarray(bpm if bpm is not None else np.nan)
    if value.size != 1 or value.dtype.kind not in "uif":
        return None
    return float(value.item()) if PLAUSIBLE_BPM[0] <= value.item() <= PLAUSIBLE_BPM[1] else None


def plausible_r_times(times_s: Any) -> Optional[np.ndarray]:
    """Return R-wave times float64 [K] in s, None when they do not rise or beat as no heart does."""
    times = rising(times_s)
    if times is None:
        return None
    shortest, longest = 60.0 / PLAUSIBLE_BPM[1], 60.0 / PLAUSIBLE_BPM[0]
    steps = np.diff(times)
    return times if np.all((steps >= shortest) & (steps <= longest)) else None


def noted_beats(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return `heart_rate_bpm`, `r_times_s`, `avc_s` stored with a clip of ours, each None where missing or absurd."""
    return {
        "heart_rate_bpm": plausible_heart_rate(stored.get("heart_rate_bpm")),
        "r_times_s": plausible_r_times(stored.get("r_times_s")),
        "avc_s": plausible_avc_s(stored.get("avc_s")),
    }


def plausible_avc_s(avc_s: Any) -> Optional[float]:
    """Return aortic valve closure in s after the R wave, None for a time that no heart has."""
    value = np.asarray(avc_s if avc_s is not None else np.nan)
    if value.size != 1 or value.dtype.kind not in "uif":
        return None
    return float(value.item()) if PLAUSIBLE_AVC_S[0] < value.item() < PLAUSIBLE_AVC_S[1] else None


def need_avc_s(avc_s: Any) -> Optional[float]:
    """Return aortic valve closure stored with tracks, s after the R wave; None where there is none.

    Raises:
        BadInput: a time that no heart has.
    """
    found = plausible_avc_s(avc_s)
    stated = avc_s is not None and bool(np.isfinite(np.asarray(avc_s, dtype=np.float64)).all())
    if found is None and stated:
        first, last = PLAUSIBLE_AVC_S
        raise BadInput(
            _("avc_s is {avc_s:g}: aortic valve closure is given in s after the R wave, {first:g} to {last:g}.").format(
                avc_s=float(np.asarray(avc_s).flat[0]), first=first, last=last
            )
        )
    return found


def _contradictions(times_s: np.ndarray, source: str, evidence: Evidence) -> tuple[str, ...]:
    """Return what other fields say against plausible times."""
    if len(times_s) < 2:
        return ()
    said = []
    duration, beats = _duration(times_s), (evidence.heart_rate_bpm or 0.0) / 60.0 * _duration(times_s)
    if evidence.duration_s and abs(duration / evidence.duration_s - 1.0) > _DIFFERS:
        said.append(f"a duration of {evidence.duration_s:.3g} s is stated, not {duration:.3g} s")
    for name, rate in evidence.rates:
        if abs(_fps(times_s) / rate - 1.0) > _DIFFERS:
            said.append(f"{name} is {rate:.4g} frames/s, not {_fps(times_s):.4g}")
    if evidence.heart_rate_bpm and beats > 0 and not 0.3 <= beats <= 60:
        said.append(f"the clip would last {beats:.2g} beats at the heart rate of {evidence.heart_rate_bpm:g}/min")
    if not said:
        return ()
    return (
        _("The times are those of {source}, but {names}. Check them against the ECG on the image.").format(
            source=source, names=", and ".join(said)
        ),
    )


def _text(fps: float) -> str:
    return f"{fps:,.0f}" if 100 <= fps < 1e7 else f"{fps:.3g}"


def _fps(times_s: np.ndarray) -> float:
    return 1.0 / float(np.median(np.diff(times_s))) if len(times_s) > 1 else np.nan


def _duration(times_s: np.ndarray) -> float:
    """Return the duration with the last frame's own interval."""
    return float(times_s[-1] - times_s[0] + np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
