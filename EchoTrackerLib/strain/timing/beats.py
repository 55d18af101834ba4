"""The beats of a clip, found in how the wall deforms.

Without ECG or valve times the wall's length stands in for them, as the EACVI/ASE/Industry task force allows (Voigt et
al. 2015, doi 10.1093/ehjci/jeu184): end-systole is the nadir of the global strain curve, end-diastole the largest
length at the onset of the shortening towards it. A clip may begin and end anywhere: what lies outside it is not
guessed, and how sure the rest is, is said in ms. Where parts of the wall begin or end later than the others, the
turning points of the whole come late: end-diastole and end-systole are then when the earliest quarter of the wall,
each part weighted by its shortening, has begun or ended (on drawn hearts nearer to the R wave and to aortic valve
closure, see docs/strain.md), and the doubt says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

import numpy as np

from .course import Course
from .parts import Parts
from .systole import usual_systole_s

_SHORTEST_CYCLE_S, _APART_AT_LEAST_S = 0.2, 0.24  # of beats; of the nadirs of two beats
_LONGEST_CYCLE_S = 2.2
_WEAKEST_BEAT = 0.2  # a beat's contraction, as a share of the clip's whole range
_NOISE_TIMES = 5.0  # a contraction rises at least so many SD of the noise above what is around it
_TOP = 0.1  # of the contraction, within which its onset lies
_ONSET_S, _ONSET_SHARE = 0.1, 0.4  # where the onset is looked for before that: at least s, or share of what follows
_EDGE_WINDOW = 0.14  # of the systole: over this the speed at the clip's first frame is taken
_EDGE_SPEED = 0.36  # of the largest speed: a clip that begins faster begins after end-diastole
_DIASTOLE_IN_SYSTOLES = 0.5  # shortest, of a cycle that ends with the clip
_CONFIRMED = 0.3  # of the largest speed of systole: shortening this fast after an end-diastole proves it
_FULL_RETURN = 0.97  # of the contraction that is taken back at an end-diastole without atrial kick
_CLOSE_RETURN = 0.985  # the same where the wall still slows down
_RETURN = 0.65  # the same with an atrial kick, so that drift does not hide it
_KICK = 0.03  # of the contraction, regained late and faster than before
_STILL_RISING = 0.75  # of the kick's speed: a clip that ends faster ends before end-diastole
_SAME_LEVEL = 0.02  # of the range; tracks drift
_AT_REST = 0.12  # of the largest speed of systole: the wall does not move any more
_FILLED = 0.4  # of the contraction, given back by early filling before a kick
_SAME_CYCLE = 0.04  # relative difference from the other cycles of the clip
_EARLY_SHARE = 0.25  # of the wall's shortening, which has begun at end-diastole and ended at end-systole


@dataclass(frozen=True)
class CurveBeat:
    """One contraction. Frames are 0-based.

    Attributes:
        ed: end-diastole, or None when it lies before the clip.
        es: end-systole, or the last frame when `es_in_clip` is false.
        es_in_clip: whether the contraction's end lies in the clip.
        end: the next end-diastole, or None when it lies after the clip.
        ed_doubt_s, es_doubt_s: how far they may be wrong.
    """

    ed: Optional[int]
    es: int
    es_in_clip: bool
    end: Optional[int]
    ed_doubt_s: float
    es_doubt_s: float

    @property
    def complete(self) -> bool:
        """Whether the clip holds it from one end-diastole to the next."""
        return self.ed is not None and self.es_in_clip and self.end is not None and self.ed < self.es < self.end


def find_beats(course: Course) -> list[CurveBeat]:
    """Return the beats in time order, those that are cut off by the clip's ends included."""
    return BeatFinder(course).beats()


class BeatFinder:
    """Finds beats in a course; `tops` are the frames of its end-systolic maxima, those at the clip's ends included."""

    def __init__(self, course: Course) -> None:
        self.course, self.c, self.times = course, course.contraction, course.times_s
        self.parts = Parts(course)
        self.span = 0.0 if course.still else float(np.ptp(self.c))
        self.tops = self._tops() if self.span else []

    def _tops(self) -> list[int]:
        from scipy.signal import find_peaks

        apart = max(1, int(_APART_AT_LEAST_S / float(np.median(np.diff(self.times)))))
        least = max(_WEAKEST_BEAT * self.span, min(_NOISE_TIMES * self.course.noise, 0.4 * self.span))
        floor = [self.c.min()]  # so that a maximum at either end counts
        found, _ = find_peaks(np.concatenate([floor, self.c, floor]), prominence=least, distance=apart)
        return [int(p) - 1 for p in found]

    def beats(self) -> list[CurveBeat]:
        """See `find_beats`."""
        last = len(self.c) - 1
        tops = [top for top in self.tops if top > 0]  # one at frame 0 is the end of a systole before the clip
        starts = [self.onset(before, top) for before, top in zip([0, *tops], tops)]
        cycles: list[float] = []
        found: list[CurveBeat] = []
        for i, (ed, top) in enumerate(zip(starts, tops)):
            if ed >= top:  # no contraction leads to it
                continue
            known = None if i == 0 and self._begins_after_ed(ed, top, starts) else ed
            in_clip = top < last
            end = starts[i + 1] if i + 1 < len(starts) else self._end_with_the_clip(known, top, cycles, found)
            if end is not None and known is not None:
                lasted = self.times[end] - self.times[known]
                if not _SHORTEST_CYCLE_S <= lasted <= _LONGEST_CYCLE_S:
                    end = None
                else:
                    cycles.append(float(lasted))
            es = self._end_systole(ed, top, end) if in_clip else top
            ed_doubt = self._ed_doubt(ed, top) if known is not None else float("nan")
            found.append(CurveBeat(known, es, in_clip, end, ed_doubt, self._es_doubt(ed, es, top, end)))
        moved = {
            ed: self._end_diastole(before, ed, top) for before, ed, top in zip([-1, *tops], starts, tops) if ed < top
        }
        return [self._finished(beat, moved, cycles) for beat in found]

    def _finished(self, beat: CurveBeat, moved: dict[int, int], cycles: list[float]) -> CurveBeat:
        """Return the beat between the end-diastoles of the wall's early parts, doubted where its systole is long."""
        ed = beat.ed if beat.ed is None else moved[beat.ed]
        end = beat.end if beat.end is None else moved.get(beat.end, beat.end)
        too_long = 0.0
        if ed is not None and cycles:
            too_long = float(self.times[beat.es] - self.times[ed]) - usual_systole_s(float(np.mean(cycles)))
        doubt = max(beat.es_doubt_s, float(np.hypot(self._half_frame(), max(too_long, 0.0))))
        return replace(beat, ed=ed, end=end, es_doubt_s=doubt)

    # -- end-diastole --------------------------------------------------------------------------
    def onset(self, start: int, top: int) -> int:
        """Return where the contraction towards `top` begins, not before `start`."""
        piece = self.c[start : top + 1]
        low = piece.min()
        last = start + int(np.flatnonzero(piece <= low + _TOP * (piece[-1] - low))[-1])
        back = max(_ONSET_S, _ONSET_SHARE * (self.times[top] - self.times[last]))
        first = max(start, int(np.searchsorted(self.times, self.times[last] - back)))
        window = self.c[first : last + 1]
        least = window.min() + 1.5 * self.course.noise / np.sqrt(3) + 1e-6 * self.span
        return first + int(np.flatnonzero(window <= least)[-1])

    def _speed(self, begin_s: np.ndarray, width_s: float) -> np.ndarray:
        """Return the mean speed of the contraction over `width_s` from each time on."""
        ends = np.minimum(begin_s + width_s, self.times[-1])
        change = np.interp(ends, self.times, self.c) - np.interp(begin_s, self.times, self.c)
        return np.asarray(change / np.maximum(ends - begin_s, 1e-9))

    def _begins_after_ed(self, ed: int, top: int, starts: list[int]) -> bool:
        """Return whether the clip's first contraction was already going on at its first frame."""
        if ed > 1 or self.from_end_to_end():
            return False
        depth = self.c[top] - (self.c[starts[1]] if len(starts) > 1 else self.c[top:].min())
        shallow = self.c[top] - self.c[ed] < 0.7 * depth
        return bool(shallow or self.fast_start(0, top))

    def fast_start(self, ed: int, top: int) -> bool:
        """Return whether the contraction towards `top` is in full swing at `ed`."""
        systole = self.times[top] - self.times[ed]
        width = max(_EDGE_WINDOW * systole, float(np.median(np.diff(self.times))))
        inside = self.times[(self.times >= self.times[ed]) & (self.times <= self.times[top] - width / 2)]
        speeds = self._speed(inside, width)
        unsure = 2 * np.sqrt(2 / 3) * self.course.noise / width
        return len(speeds) == 0 or bool(speeds[0] - unsure > _EDGE_SPEED * speeds.max())

    def from_end_to_end(self) -> bool:
        """Return whether the clip is one contraction that begins and ends on the same level, its lowest."""
        low = min(self.c[0], self.c[-1])
        same = abs(self.c[0] - self.c[-1]) <= _SAME_LEVEL * self.span
        return bool(same and len(self.tops) == 1 and self.c.min() >= low - _SAME_LEVEL * self.span)

    def _ed_doubt(self, ed: int, top: int) -> float:
        """Return how far the end-diastole may be wrong, s: flat top, clip's edge, segments that begin apart."""
        depth = self.c[top] - self.c[ed]
        leaves = self.c[ed:] > self.c[ed] + max(0.01 * depth, self.course.noise)
        flat = 0.5 * float(self.times[ed + int(leaves.argmax())] - self.times[ed]) if leaves.any() else 0.0
        edge = 0.015 if ed == 0 else 0.0
        if ed <= 1 and self.from_end_to_end() and self.fast_start(ed, top):
            edge = 0.25 * float(self.times[top] - self.times[ed])  # of its beat's beginning nothing is seen
        return float(np.hypot(self._half_frame(), max(flat, edge, self.parts.apart_at_onset(ed, top))))

    def _end_diastole(self, before: int, ed: int, top: int) -> int:
        """Return the frame of end-diastole: the onset of the whole, or of the early parts when the wall begins apart.

        `before` is the frame of the contraction before, after which it lies.
        """
        return self._early(ed, before, ed, top, None, at_onset=True)

    def _early(self, whole: int, after: int, ed: int, top: int, end: Optional[int], at_onset: bool) -> int:
        """Return the frame at which the wall's early parts have begun or ended, if that is surely before `whole`.

        Else, or where that would not be after the frame `after`, `whole`, the same of the wall as a whole.
        """
        if not self.parts.several:
            return whole
        early_s, unsure = self.parts.share_reached(_EARLY_SHARE, ed, top, end, at_onset=at_onset)
        if self.times[whole] - early_s <= unsure:
            return whole
        early = int(np.abs(self.times - early_s).argmin())
        return early if early > after else whole

    # -- end-systole ---------------------------------------------------------------------------
    def _end_systole(self, ed: int, top: int, end: Optional[int]) -> int:
        """Return the frame of end-systole: the nadir, or where the wall's parts end apart, when the early ones have."""
        return self._early(top, ed, ed, top, end, at_onset=False)

    def _es_doubt(self, ed: int, es: int, top: int, end: Optional[int]) -> float:
        depth = self.c[top] - self.c[ed]
        flat = self._width(es, self.c >= self.c[top] - max(0.01 * depth, self.course.noise))
        late = float(self.times[top] - self.times[es])
        return float(np.hypot(self._half_frame(), max(flat, late, self.parts.apart_at_end(ed, es, top, end))))

    def _half_frame(self) -> float:
        return 0.5 * float(np.median(np.diff(self.times)))

    def _width(self, frame: int, inside: np.ndarray) -> float:
        """Return half the duration around a frame over which `inside` [T] stays true, s."""
        first = last = frame
        while first > 0 and inside[first - 1]:
            first -= 1
        while last < len(inside) - 1 and inside[last + 1]:
            last += 1
        return 0.5 * float(self.times[last] - self.times[first])

    # -- the end of the cycle ------------------------------------------------------------------
    def _end_with_the_clip(
        self, ed: Optional[int], top: int, cycles: list[float], found: list[CurveBeat]
    ) -> Optional[int]:
        """Return the end-diastole that ends the clip's last cycle, if the clip goes on to it, else None."""
        last = len(self.c) - 1
        if top >= last:
            return None
        if self.from_end_to_end():
            return last
        rest = self.c[top:]
        end = top + int(np.flatnonzero(rest <= rest.min() + 1e-6 * self.span)[-1])
        from_ed = self.c[ed] if ed is not None else rest.min()
        depth = self.c[top] - from_ed
        returned = (self.c[top] - self.c[end]) / depth if depth > 0 else 0.0
        systole = self.times[top] - (self.times[ed] if ed is not None else self.times[top] - 0.3)
        if returned < _RETURN or self.times[end] - self.times[top] < _DIASTOLE_IN_SYSTOLES * systole:
            return None
        fastest = self._fastest(ed, top)
        if end < last and self._speed(self.times[end:last], 0.5 * _EDGE_WINDOW * systole).max() > _CONFIRMED * fastest:
            return end
        if cycles and ed is not None:
            lasted = self.times[end] - self.times[ed]
            if np.abs(np.array(cycles) / lasted - 1).min() <= _SAME_CYCLE and returned > 0.85:
                return end
        if self.times[last] - self.times[end] > 0.1 * systole + 2 * self._half_frame():
            return None
        rest_width = max(0.05 * (self.times[end] - self.times[top]), 3 * self._half_frame())
        ends = self.times[end] - rest_width * np.array([1.0, 2.0])
        last_speed, before = np.abs(self._speed(ends, rest_width)) / fastest
        still = last_speed <= _AT_REST or (returned >= _CLOSE_RETURN and last_speed <= min(before, 3 * _AT_REST))
        return end if (returned >= _FULL_RETURN and still) or self._kicked(top, end, depth) else None

    def _fastest(self, ed: Optional[int], top: int) -> float:
        begin = ed if ed is not None else 0
        width = _EDGE_WINDOW * max(self.times[top] - self.times[begin], 0.1)
        return float(self._speed(self.times[begin : max(top, begin + 1)], width).max())

    def _kicked(self, top: int, end: int, depth: float) -> bool:
        """Return whether the wall is drawn out once more, late in diastole, and has come to rest at `end`."""
        diastole = self.times[end] - self.times[top]
        width = max(0.04 * diastole, 2 * self._half_frame())
        begin = np.arange(self.times[top], self.times[end] - width + 1e-9, width / 4)
        speed = -self._speed(begin, width)  # of the relaxation
        late = np.flatnonzero(begin >= self.times[end] - 0.45 * diastole)
        if len(begin) < 6 or not len(late):
            return False
        fastest = int(late[speed[late].argmax()])
        filled = np.interp(begin, self.times, self.c) <= self.c[top] - _FILLED * depth
        slow = np.flatnonzero(filled[:fastest])
        if not len(slow):
            return False
        slowest = int(slow[speed[slow].argmin()])
        if speed[:slowest].max(initial=0.0) < 0.5 * speed[fastest]:
            return False
        drawn = np.interp(begin[slowest] + width, self.times, self.c) - self.c[end]
        expected = speed[slowest] * (self.times[end] - begin[slowest] - width)
        rests = speed[-1] - speed[slowest] <= _STILL_RISING * (speed[fastest] - speed[slowest])
        return bool(drawn - expected >= _KICK * depth and rests)
