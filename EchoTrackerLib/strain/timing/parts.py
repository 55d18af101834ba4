"""When the parts of a wall, each on its own, begin and end their contraction."""

from __future__ import annotations

from typing import Optional

import numpy as np

from .course import Course

_TAKES_PART = 0.25  # of the median range: a segment that moves less has no say in how far the others lie apart


class Parts:
    """The segments of a course around one contraction, whose onset and end in the whole wall are given as frames."""

    def __init__(self, course: Course) -> None:
        self._segments, self._times, self._noise = course.segments, course.times_s, course.segment_noise

    @property
    def several(self) -> bool:
        """Whether there is anything to compare."""
        return len(self._segments) > 1

    def own_extrema(self, ed: int, top: int, end: Optional[int], at_onset: bool) -> tuple[np.ndarray, float]:
        """Return each segment's own onset or end of contraction (frames [K]), and how unsure noise makes them, s."""
        parts = self._segments
        systole = self._times[top] - self._times[ed]
        begin, stop = self._times[ed] - 0.5 * systole, self._times[top]
        if not at_onset:
            begin, stop = self._times[ed] + 0.3 * systole, self._times[top] + 0.9 * systole
            stop = stop if end is None else min(stop, self._times[end])
        frames = np.flatnonzero((self._times >= begin - 1e-9) & (self._times <= stop + 1e-9))
        shortens = parts[:, top] <= parts[:, ed]
        turned = np.where(shortens != at_onset, -1.0, 1.0)[:, None] * parts[:, frames]  # largest at the extremum
        near = turned >= turned.max(axis=1, keepdims=True) - 2 * self._noise[:, None]
        width = near.sum(axis=1) * float(np.median(np.diff(self._times)))
        best = turned.argmax(axis=1)
        if at_onset:  # the end of what may be a plateau
            level = turned.max(axis=1) - np.maximum(0.002 * np.ptp(turned, axis=1), 1.5 * self._noise)
            best = turned.shape[1] - 1 - (turned[:, ::-1] >= level[:, None]).argmax(axis=1)
        return frames[best], float(np.median(width)) / 2 if self._noise.any() else 0.0

    def share_reached(self, share: float, ed: int, top: int, end: Optional[int], at_onset: bool) -> tuple[float, float]:
        """Return when this share of the wall has begun or ended, s, and how unsure noise makes it, s.

        Every part counts by its shortening between `ed` and `top`; in between two of them in proportion.
        """
        own, unsure = self.own_extrema(ed, top, end, at_onset)
        order = np.argsort(own, kind="stable")
        weight = np.abs(self._segments[order, top] - self._segments[order, ed])
        done = (np.cumsum(weight) - weight / 2) / max(float(weight.sum()), 1e-12)  # of the wall, by then
        return float(np.interp(share, done, self._times[own[order]])), unsure

    def apart_at_onset(self, ed: int, top: int) -> float:
        """Return how far the onset that lies farthest from `ed` is away from it, s; 0 without parts."""
        moments = self._moments(ed, top, None, at_onset=True)
        return float(np.abs(moments - self._times[ed]).max(initial=0.0))

    def apart_at_end(self, ed: int, es: int, top: int, end: Optional[int]) -> float:
        """Return how far apart the parts end, s, frame `es` included: valve closure may lie anywhere among them."""
        return float(np.ptp([self._times[es], *self._moments(ed, top, end, at_onset=False)]))

    def _moments(self, ed: int, top: int, end: Optional[int], at_onset: bool) -> np.ndarray:
        """Return the onsets or ends, s, of the parts that take part; none where there is only one part."""
        if not self.several:
            return np.zeros(0)
        own, _unsure = self.own_extrema(ed, top, end, at_onset)
        ranges = np.ptp(self._segments[:, ed : top + 1], axis=1)
        return np.asarray(self._times[own][ranges >= _TAKES_PART * np.median(ranges)])
