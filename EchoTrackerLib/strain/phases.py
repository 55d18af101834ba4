"""End-diastole and end-systole from the tracked wall.

Without ECG or valve times the length of the wall stands in for them, as the EACVI/ASE/Industry task force allows
(Voigt et al., Eur Heart J Cardiovasc Imaging 2015, doi 10.1093/ehjci/jeu184): end-systole is the nadir of the global
strain curve. End-diastole is where the shortening towards it begins: the largest length within 0.1 s before the curve
leaves the top tenth of its range for good. (The largest length of the whole diastole would not do: with drift it moves
to the start or the end of the plateau.) Frames are 0-based.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..errors import BadInput

_SMOOTHING_S = 0.08  # of the curve in which phases are searched; values are always read from the curve itself
_SHORTEST_CYCLE_S = 0.3  # 200 beats a minute
_DEEP_ENOUGH = 0.4  # a beat's dip, as a share of the clip's whole range
_STARTS_FULL = 0.65  # share of the largest length (above the nadir) that a clip must begin with to begin before systole
_RETURNED = 0.8  # share of the shortening that must be regained for a cycle to count as complete
_SHORTEST_IN_SYSTOLES = 1.9  # a clip that ends sooner after ED, in durations of systole, ends before the next ED
_TOP = 0.9  # the top tenth of the range, which the curve leaves when systole begins
_ONSET_S = 0.1  # where the largest length is looked for before that
_FOUND_ED = "largest tracked wall length at the onset of shortening (surrogate for mitral valve closure)"
_FOUND_ES = "smallest tracked wall length after end-diastole (surrogate for aortic valve closure)"
_FOUND_END = "largest tracked wall length at the onset of the next shortening or the end of the clip"
_GIVEN = "given by the user"


@dataclass(frozen=True)
class Phases:
    """One cardiac cycle of a clip.

    Attributes:
        ed: 0-based frame of end-diastole.
        es: 0-based frame of end-systole.
        cycle_end: 0-based frame of the next end-diastole, or None when the clip does not hold a complete cycle.
        ed_source, es_source, cycle_end_source: how each was found.
        n_beats: how many contractions the clip holds, a cut-off one included.
        warnings: what the user should read.
    """

    ed: int
    es: int
    cycle_end: Optional[int]
    ed_source: str
    es_source: str
    cycle_end_source: str
    n_beats: int
    warnings: tuple[str, ...] = ()


def find_phases(
    length: np.ndarray,
    times_s: np.ndarray,
    ed: Optional[int] = None,
    es: Optional[int] = None,
    cycle_end: Optional[int] = None,
    beat: int = 0,
) -> Phases:
    """Find one cycle in the length [T] of the wall; frames the user gives are kept as they are.

    In a clip of several beats the first complete cycle is taken, or with `beat` = 1, 2, ... a later one.

    Args:
        length: float [T], any unit.
        times_s: float [T], rising.
        ed, es, cycle_end: 0-based frames given by the user.
        beat: which of the clip's complete cycles.

    Raises:
        BadInput: a frame outside the clip, ED equal to ES, a cycle end that is not after both, or no such beat.
    """
    _check_given(len(length), ed, es, cycle_end)
    beats = _Beats(smooth(np.asarray(length, dtype=np.float64), times_s), times_s)
    warnings: list[str] = []
    sources = (_FOUND_ED if ed is None else _GIVEN, _FOUND_ES if es is None else _GIVEN)
    end_source = _FOUND_END if cycle_end is None else _GIVEN
    if ed is None and es is None:
        ed, es = beats.choose(beat, warnings)
    elif ed is not None and es is None:
        es = beats.es_after(ed)
    elif ed is None and es is not None:
        ed = beats.ed_before(es)
    assert ed is not None and es is not None
    if cycle_end is None:
        cycle_end = beats.end_of_cycle(ed, es)
    if es < ed:
        warnings.append("End-systole lies before end-diastole: the clip starts in systole, its strain is less certain.")
    if cycle_end is None:
        end_source = "not in the clip"
        warnings.append("The clip holds no complete cycle from one end-diastole to the next: drift cannot be measured.")
    return Phases(ed, es, cycle_end, *sources, end_source, len(beats.dips), tuple(warnings))


def smooth(length: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """Return the curve [T] in which phases are searched: a local parabola over 80 ms; short clips stay as they are."""
    from scipy.signal import savgol_filter

    window = round(_SMOOTHING_S / float(np.median(np.diff(times_s)))) // 2 * 2 + 1
    if window < 5 or len(length) < window:
        return length
    return np.asarray(savgol_filter(length, window, 2))


def _check_given(n: int, ed: Optional[int], es: Optional[int], cycle_end: Optional[int]) -> None:
    """Raise BadInput for frames that cannot be."""
    for name, frame in (("ED", ed), ("ES", es), ("cycle end", cycle_end)):
        if frame is not None and not 0 <= frame < n:
            raise BadInput(f"{name} frame {frame} is outside the clip; its frames are 0 to {n - 1}.")
    if ed is not None and ed == es:
        raise BadInput(f"ED and ES are both frame {ed}; they must differ.")
    if cycle_end is not None and cycle_end <= max(f for f in (ed, es, 0) if f is not None):
        raise BadInput(f"The cycle end (frame {cycle_end}) must lie after ED and ES.")


class _Beats:
    """The beats in a curve [T] of wall length: `dips` are the frames of its end-systolic minima, at least one."""

    def __init__(self, curve: np.ndarray, times_s: np.ndarray) -> None:
        self.curve = curve
        self.times_s = times_s
        self.dips = self._find_dips()

    def _find_dips(self) -> list[int]:
        from scipy.signal import find_peaks

        span = float(np.ptp(self.curve))
        distance = max(1, int(_SHORTEST_CYCLE_S / float(np.median(np.diff(self.times_s)))))
        top = [self.curve.max()]  # so that a dip at either end counts
        peaks, _ = find_peaks(
            -np.concatenate([top, self.curve, top]), prominence=_DEEP_ENOUGH * span, distance=distance
        )
        return [int(p) - 1 for p in peaks] if span > 0 and len(peaks) else [int(np.argmin(self.curve))]

    def onset(self, start: int, dip: int) -> int:
        """Return where the shortening towards `dip` begins, not before `start`."""
        piece = self.curve[start : dip + 1]
        top = piece[-1] + _TOP * (piece.max() - piece[-1])
        last = start + int(np.flatnonzero(piece >= top)[-1])
        return self._largest_before(start, last)

    def _largest_before(self, start: int, last: int) -> int:
        first = max(start, int(np.searchsorted(self.times_s, self.times_s[last] - _ONSET_S)))
        return first + int(np.argmax(self.curve[first : last + 1]))

    def choose(self, beat: int, warnings: list[str]) -> tuple[int, int]:
        """Return (ed, es) of the wanted complete cycle, else of the first with an ED, else of whatever there is."""
        if float(np.ptp(self.curve)) <= 1e-9 * float(np.abs(self.curve).max()):
            warnings.append("The wall keeps its length: phases cannot be found, the first and the last frame are used.")
            return 0, len(self.curve) - 1
        beginning = [(self.ed_before(dip), dip) for dip in self.dips]
        started = [(ed, es) for ed, es in beginning if ed < es]
        complete = [(ed, es) for ed, es in started if self.end_of_cycle(ed, es) is not None]
        if beat and beat >= len(complete):
            raise BadInput(f"Beat {beat} was asked for, but the clip holds {len(complete)} complete cycle(s), from 0.")
        if len(complete) > 1:
            warnings.append(f"The clip holds {len(complete)} complete cycles; cycle {beat} (0-based) is measured.")
        return complete[beat] if complete else (started or beginning)[0]

    def es_after(self, ed: int) -> int:
        """Return the first dip after ED, else the smallest length after it, else the last dip before it."""
        later = [dip for dip in self.dips if dip > ed]
        if later:
            return later[0]
        after = ed + int(np.argmin(self.curve[ed:]))
        earlier = [dip for dip in self.dips if dip < ed]
        return after if after != ed else earlier[-1] if earlier else (ed + 1 if ed == 0 else 0)

    def ed_before(self, es: int) -> int:
        """Return the onset of the shortening towards ES; the next largest length where the clip begins shortened."""
        earlier = [dip for dip in self.dips if dip < min(es, self._own_dip(es))]
        before = self.onset(earlier[-1] if earlier else 0, es)
        nadir = self.curve[es]
        if before != es and (earlier or self.curve[before] - nadir >= _STARTS_FULL * (self.curve.max() - nadir)):
            return before
        after = self._relaxed_after(es)
        return after if after != es else (es - 1 if es else 1)

    def end_of_cycle(self, ed: int, es: int) -> Optional[int]:
        """Return the end of the diastole after ES if the wall has come back by then, else None."""
        if es <= ed:
            return None
        end = self._relaxed_after(es)
        shortening = self.curve[ed] - self.curve[es]
        returned = shortening > 0 and end > es and self.curve[end] - self.curve[es] >= _RETURNED * shortening
        systole, lasted = self.times_s[es] - self.times_s[ed], self.times_s[end] - self.times_s[ed]
        whole = self._next_dip(es) is not None or lasted >= _SHORTEST_IN_SYSTOLES * systole
        return end if returned and whole else None

    def _own_dip(self, es: int) -> int:
        """Return the dip of the same beat as an end-systole the user may have put a little beside it."""
        return min(self.dips, key=lambda dip: abs(dip - es))

    def _next_dip(self, es: int) -> Optional[int]:
        """Return the next beat's dip, or None."""
        return next((dip for dip in self.dips if dip > max(es, self._own_dip(es))), None)

    def _relaxed_after(self, es: int) -> int:
        """Return the largest length at the end of the diastole that follows `es`."""
        following = self._next_dip(es)
        piece = self.curve[es : None if following is None else following + 1]
        top = piece[0] + _TOP * (piece.max() - piece[0])
        last = es + int(np.flatnonzero(piece >= top)[-1])
        return self._largest_before(es, last)
