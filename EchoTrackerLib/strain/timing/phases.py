"""End-diastole, end-systole and the cycle's end of every beat, from the best source there is.

In this order: frames that the user gives; R waves (surrogate for mitral valve closure, hence end-diastole) and the time
of aortic valve closure (end-systole) where they are known; the wall itself (`beats`), as the EACVI/ASE/Industry task
force allows (Voigt et al. 2015, doi 10.1093/ehjci/jeu184). Every phase says its source and how far it may be wrong.
Frames are 0-based.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from .beats import CurveBeat, find_beats
from .course import Course
from .sources import AVC, GIVEN, Timing, check_given

MIN_FRAMES_A_BEAT = 8
_OF_THE_WALL = "tracked wall length"
_FOUND_ED = "{} tracked wall length at the onset of {} (surrogate for mitral valve closure)"
_FOUND_ES = "{} tracked wall length after end-diastole (surrogate for aortic valve closure)"
_FOUND_END = "{} tracked wall length at the onset of the next {} or the end of the clip"
_R_WAVE = "R wave {} (surrogate for mitral valve closure)"
_AVC = AVC + ", {:.0f} ms after end-diastole, {}"
_NO_END = "not in the clip"
_NO_ES = "last frame of the clip, which ends before end-systole"
_NO_ED = "end-diastole of the next beat: the clip begins after that of this one"
_ANY = "largest tracked wall length: the clip holds no end-diastole"


@dataclass(frozen=True)
class Phases:
    """One cardiac cycle of a clip.

    Attributes:
        ed: 0-based frame of end-diastole, to which strain is relative.
        es: 0-based frame of end-systole.
        cycle_end: 0-based frame of the next end-diastole, or None when the clip does not hold a complete cycle.
        ed_source, es_source, cycle_end_source: how each was found.
        n_beats: how many contractions the clip holds, cut-off ones included.
        warnings: what the user should read.
        ed_doubt_ms, es_doubt_ms: how far each may be wrong; NaN where it is not in the clip.
        void_because: why no strain may be read from this beat, "" when it may.
    """

    ed: int
    es: int
    cycle_end: Optional[int]
    ed_source: str
    es_source: str
    cycle_end_source: str
    n_beats: int
    warnings: tuple[str, ...] = ()
    ed_doubt_ms: float = float("nan")
    es_doubt_ms: float = float("nan")
    void_because: str = ""

    @property
    def found_in_curve(self) -> bool:
        """Whether end-diastole or end-systole was found in the wall's own length."""
        return _OF_THE_WALL in self.ed_source or _OF_THE_WALL in self.es_source

    @property
    def complete(self) -> bool:
        """Whether the clip holds the cycle from one end-diastole to the next."""
        return self.cycle_end is not None and self.ed < self.es < self.cycle_end


def find_phases(course: Course, timing: Optional[Timing] = None) -> tuple[Phases, ...]:
    """Return the phases of every beat in time order, at least one.

    Raises:
        BadInput: frames outside the clip or out of order, or too few frames a beat.
    """
    timing = timing or Timing()
    check_given(len(course.times_s), timing)
    finder = _Phases(course, timing)
    if timing.ed or timing.es or timing.cycle_end is not None:
        found = finder.given()
    elif len(timing.r_times_s):
        found = finder.from_r_waves()
    else:
        found = finder.from_curve()
    _check_frames(course, timing, found)
    return found


def _check_frames(course: Course, timing: Timing, found: Iterable[Phases]) -> None:
    """Raise BadInput where a beat has too few frames for its phases to be found."""
    if timing.ed and timing.es:
        return
    counts = [len(course.times_s), *(beat.cycle_end - beat.ed for beat in found if beat.cycle_end is not None)]
    if min(counts) < MIN_FRAMES_A_BEAT:
        raise BadInput(
            _(
                "There are {counts} frames a beat; strain needs at least {min_frames_a_beat}. "
                "Use a clip of a higher frame rate."
            ).format(counts=min(counts), min_frames_a_beat=MIN_FRAMES_A_BEAT)
        )


class _Phases:
    """Puts the sources together."""

    def __init__(self, course: Course, timing: Timing) -> None:
        self.course, self.timing, self.times = course, timing, course.times_s
        self.curve = find_beats(course)
        words = ("smallest", "largest", "lengthening") if course.lengthens else ("largest", "smallest", "shortening")
        self.ed_found = _FOUND_ED.format(words[0], words[2])
        self.es_found = _FOUND_ES.format(words[1])
        self.end_found = _FOUND_END.format(words[0], words[2])
        self.half_frame_ms = 500.0 * float(np.median(np.diff(self.times))) if len(self.times) > 1 else 0.0
        margin = self.half_frame_ms / 1000 + 1e-6
        self.r_times = sorted(r for r in timing.r_times_s if self.times[0] - margin <= r <= self.times[-1] + margin)

    # -- sources -------------------------------------------------------------------------------
    def from_curve(self) -> tuple[Phases, ...]:
        """Return the beats that the wall shows."""
        last = len(self.times) - 1
        if not self.curve and not self.course.still:
            reason = "the clip holds no contraction of the wall"
            return (Phases(0, last, None, _ANY, _NO_ES, _NO_END, 0, void_because=reason),)
        if not self.curve:
            warning = _("The wall keeps its length: phases cannot be found, the first and the last frame are used.")
            none = "not found: the wall keeps its length"
            return (Phases(0, last, None, none, none, _NO_END, 0, (warning,)),)
        return tuple(self._of_curve_beat(beat) for beat in self.curve)

    def _of_curve_beat(self, beat: CurveBeat) -> Phases:
        ed, source, doubt = beat.ed, self.ed_found, 1000 * beat.ed_doubt_s
        if ed is None:
            if beat.end is not None:
                return self._made(beat.end, beat.es, None, _NO_ED, self._es_source(beat), self._es_doubt(beat))
            longest = int(self.course.contraction.argmin())
            if longest == beat.es:
                longest = 0 if beat.es else 1
            return self._made(longest, beat.es, None, _ANY, self._es_source(beat), self._es_doubt(beat))
        if self.timing.avc_s is not None:
            es, es_source, es_doubt = self._at_avc(float(self.times[ed]))
            return self._made(ed, es, beat.end, source, es_source, es_doubt, doubt)
        return self._made(ed, beat.es, beat.end, source, self._es_source(beat), self._es_doubt(beat), doubt)

    def from_r_waves(self) -> tuple[Phases, ...]:
        """Return the beats between R waves."""
        frames = [self._frame(r) for r in self.r_times]
        if not frames:
            raise BadInput(
                _(
                    "None of the R waves ({names} s) lies in the clip, whose "
                    "frames are at {times:g} to {times2:g} s. Give them in s on the clip's own clock."
                ).format(
                    names=", ".join(f"{r:g}" for r in self.timing.r_times_s), times=self.times[0], times2=self.times[-1]
                )
            )
        source = _R_WAVE.format(self.timing.r_source)
        found = []
        for i, (r, ed) in enumerate(zip(self.r_times, frames)):
            following = frames[i + 1] if i + 1 < len(frames) else None
            if ed >= len(self.times) - 2:
                continue
            if self.timing.avc_s is not None:
                es, es_source, es_doubt = self._at_avc(r)
            else:
                es, es_source, es_doubt = self._es_after(ed, following)
            end = following if following is not None else self._end_after(ed, es)
            end_source = source if following is not None else self.end_found
            found.append(self._made(ed, es, end, source, es_source, es_doubt, self.half_frame_ms, end_source))
        if not found:
            raise BadInput(_("The only R wave in the clip is at its end: there is no beat to measure."))
        return tuple(found)

    def given(self) -> tuple[Phases, ...]:
        """Return the beats of which the user gives frames."""
        count = max(len(self.timing.ed), len(self.timing.es), 1)
        found = []
        for i in range(count):
            ed = self.timing.ed[i] if self.timing.ed else None
            es = self.timing.es[i] if self.timing.es else None
            end = self.timing.cycle_end if i == count - 1 else None
            found.append(self._given_beat(ed, es, end))
        return tuple(found)

    def _given_beat(self, ed: Optional[int], es: Optional[int], end: Optional[int]) -> Phases:
        ed_source, es_source, ed_doubt, es_doubt = GIVEN, GIVEN, self.half_frame_ms, self.half_frame_ms
        if ed is None:
            ed, ed_source, ed_doubt = self._ed_before(es, end)
        if es is None:
            if self.timing.avc_s is not None:
                start = next((r for r in self.r_times if self._frame(r) == ed), float(self.times[ed]))
                es, es_source, es_doubt = self._at_avc(start)
            else:
                es, es_source, es_doubt = self._es_after(ed, end)
        end_source = GIVEN if end is not None else ""
        if end is None and es > ed:
            later = [f for f in (*self.timing.ed, *(self._frame(r) for r in self.r_times)) if f > es]
            end = min(later) if later else self._end_after(ed, es)
            end_source = "end-diastole of the next beat" if later else self.end_found
        return self._made(ed, es, end, ed_source, es_source, es_doubt, ed_doubt, end_source)

    # -- pieces --------------------------------------------------------------------------------
    def _made(
        self,
        ed: int,
        es: int,
        end: Optional[int],
        ed_source: str,
        es_source: str,
        es_doubt_ms: float,
        ed_doubt_ms: float = float("nan"),
        end_source: str = "",
    ) -> Phases:
        end = end if end is not None and end > max(ed, es) else None
        known = ed_source not in (self.ed_found, _NO_ED, _ANY) and es_source not in (self.es_found, _NO_ES)
        reason = ""
        warnings = []
        if ed_source in (_NO_ED, _ANY):
            reason = "the clip begins after this beat's end-diastole"
        elif es_source == _NO_ES:
            reason = "the clip ends before end-systole"
        elif end is None and not known:
            reason = "the clip does not hold the whole beat, from one end-diastole to the next"
        if es < ed:
            warnings.append(_("End-systole lies before end-diastole: it belongs to the beat before."))
        if end is None:
            warnings.append(
                _("The clip holds no complete cycle from one end-diastole to the next: drift cannot be measured.")
            )
        return Phases(
            ed=ed,
            es=es,
            cycle_end=end,
            ed_source=ed_source,
            es_source=es_source,
            cycle_end_source=_NO_END if end is None else end_source or self.end_found,
            n_beats=len(self.curve),
            warnings=tuple(warnings),
            ed_doubt_ms=ed_doubt_ms,
            es_doubt_ms=es_doubt_ms,
            void_because=reason,
        )

    def _frame(self, time_s: float) -> int:
        return int(np.abs(self.times - time_s).argmin())

    def _es_source(self, beat: CurveBeat) -> str:
        return self.es_found if beat.es_in_clip else _NO_ES

    def _es_doubt(self, beat: CurveBeat) -> float:
        return 1000 * beat.es_doubt_s if beat.es_in_clip else float("nan")

    def _at_avc(self, start_s: float) -> tuple[int, str, float]:
        """Return (frame, source, doubt in ms) of aortic valve closure after an end-diastole at `start_s`."""
        assert self.timing.avc_s is not None
        time = start_s + self.timing.avc_s
        if time > self.times[-1] + self.half_frame_ms / 1000 + 1e-6:
            return len(self.times) - 1, _NO_ES, float("nan")
        return self._frame(time), _AVC.format(1000 * self.timing.avc_s, self.timing.avc_source), self.half_frame_ms

    def _es_after(self, ed: int, end: Optional[int]) -> tuple[int, str, float]:
        """Return (frame, source, doubt in ms) of the contraction's end after `ed` and before `end`."""
        last = len(self.times) - 1
        stop = last if end is None else end
        inside = [beat for beat in self.curve if ed < beat.es <= stop]
        if end is None:  # only this beat's: the first contraction that begins at or before ED, or the next one
            inside = inside[:1]
        if inside:
            best = max(inside, key=lambda beat: float(self.course.contraction[beat.es]))
            return best.es, self._es_source(best), self._es_doubt(best)
        if ed >= stop:
            return (ed + 1 if ed == 0 else 0), self.es_found, float("nan")
        piece = self.course.contraction[ed : stop + 1]
        es = ed + int(piece[1:].argmax()) + 1
        return (es, _NO_ES, float("nan")) if es == last else (es, self.es_found, self.half_frame_ms)

    def _ed_before(self, es: Optional[int], end: Optional[int]) -> tuple[int, str, float]:
        """Return (frame, source, doubt in ms) of the end-diastole of the beat that a given ES or cycle end is in."""
        earlier = [r for r in self.r_times if es is not None and self._frame(r) < es]
        if earlier:
            return self._frame(earlier[-1]), _R_WAVE.format(self.timing.r_source), self.half_frame_ms
        if not self.curve:
            return 0 if es != 0 else 1, _ANY, float("nan")
        if es is not None:
            at = es
            beat = min(self.curve, key=lambda b: abs(b.es - at))
        else:
            assert end is not None
            before = end
            beat = min(self.curve, key=lambda b: abs((b.end if b.end is not None else b.es) - before))
        if beat.ed is not None and beat.ed != es:
            return beat.ed, self.ed_found, 1000 * beat.ed_doubt_s
        if beat.end is not None and beat.end != es:
            return beat.end, _NO_ED, float("nan")
        return 0 if es != 0 else 1, _ANY, float("nan")

    def _end_after(self, ed: int, es: int) -> Optional[int]:
        """Return the first end-diastole after a beat that the curve shows."""
        if es <= ed:
            return None
        ends = [beat.end for beat in self.curve if beat.end is not None and beat.end > es]
        ends += [beat.ed for beat in self.curve if beat.ed is not None and beat.ed > es]
        return min(ends) if ends else None
