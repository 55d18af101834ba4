"""A wall's line with its division: the curves of one beat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional, Union

import numpy as np

from ...i18n import tr as _
from ..result import BeatStrain, StrainCurve
from ..segments import (
    MIN_POINTS,
    N_SEGMENTS,
    find_apex,
    need_length,
    segment_borders,
    segment_weights,
    segments_at,
    share_of_place,
)
from ..timing.contraction import find_course
from ..timing.course import Course
from ..timing.phases import Phases
from .contour import Steps, WallLine, crosses_itself, fill_gaps
from .gaps import Coverage, coverage, stretch


def without_drift(values: np.ndarray, times_s: np.ndarray, ed: int, cycle_end: int) -> np.ndarray:
    """Return the curve [T] minus the line that is 0 at ED and the curve's own value at the cycle's end."""
    rate = values[cycle_end] / (times_s[cycle_end] - times_s[ed])
    return np.asarray(values - rate * (times_s - times_s[ed])) if np.isfinite(rate) else values


def _known_mean(values: np.ndarray) -> np.ndarray:
    """Return the mean over the first axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


@dataclass(frozen=True)
class Line:
    """A wall's steps and how it is divided; what depends on an end-diastole is asked for by frame."""

    wall: WallLine
    steps: Steps
    names: tuple[str, ...]
    segments_out: tuple[str, ...]
    apex: Optional[Union[str, int]]
    clicked: Optional[float] = None

    @property
    def divided(self) -> bool:
        """Whether the wall has points enough for segments."""
        return len(self.wall.labels) >= MIN_POINTS

    def place(self, ed: int) -> tuple[float, str]:
        """Return the apex, as a point's number, and how it is known."""
        if self.wall.closed:
            return 0.5 * (len(self.steps.length)), "a closed contour has none"
        points = np.stack([fill_gaps(p, m) for p, m in zip(self.wall.points, self.wall.tracked)])[:, ed]
        known = np.isfinite(points[:, 0])
        index = np.arange(len(points))
        line = np.stack([np.interp(index, index[known], points[known, axis]) for axis in range(2)], axis=-1)
        if len(line) < 3:
            return 0.5 * (len(line) - 1), "the middle: there are too few points"
        return find_apex(line, self.wall.labels, self.apex, self.clicked)

    def apex_share(self, ed: int) -> float:
        """The apex's share of the line's length on a frame."""
        return share_of_place(self.place(ed)[0], self._rest(ed))

    def apex_source(self, ed: int) -> str:
        """How the apex is known."""
        return self.place(ed)[1]

    def _rest(self, ed: int) -> np.ndarray:
        return np.nan_to_num(self.steps.length[:, ed])

    def borders(self, ed: int) -> np.ndarray:
        """The segments' borders as shares of the length."""
        if self.wall.closed:
            return np.linspace(0, 1, N_SEGMENTS + 1)
        return segment_borders(self.apex_share(ed))

    def weights(self, ed: int) -> np.ndarray:
        """Return [K, S], or [1, S] of ones for a wall that is too short for segments."""
        if not self.divided:
            return np.ones((1, len(self.steps.length)))
        return segment_weights(self._rest(ed), self.borders(ed))

    def coverage(self, ed: int) -> Coverage:
        """What is measured of the wall against this end-diastole."""
        rejected = np.isin(self.names, self.segments_out) if self.divided else np.zeros(1, dtype=bool)
        return coverage(self.steps, ed, self.weights(ed), rejected)

    def point_segments(self, ed: int) -> tuple[int, ...]:
        """The number of the segment of each point."""
        if not self.divided:
            return (0,) * len(self.wall.labels)
        rest = self._rest(ed)
        along = np.concatenate([[0.0], np.cumsum(rest)])[: len(self.wall.labels)] / rest.sum()
        return tuple(int(k) for k in segments_at(along, self.borders(ed)))

    def excluded_labels(self, ed: int) -> tuple[str, ...]:
        """Return the points that are rejected, by themselves or with their segment, in the order of the wall."""
        out = [i for i, name in enumerate(self.names) if name in self.segments_out]
        pairs = zip(self.wall.labels, self.point_segments(ed))
        return tuple(label for label, k in pairs if label in self.wall.excluded or (self.divided and k in out))

    def measured_labels(self, ed: int) -> tuple[str, ...]:
        """The points that are not rejected."""
        out = self.excluded_labels(ed)
        return tuple(label for label in self.wall.labels if label not in out)

    def course(self, times_s: np.ndarray, view: str) -> Course:
        """Return the course in which beats are found.

        Raises:
            BadInput: the wall has no length.
        """
        base = int(self.wall.tracked.sum(axis=0).argmax())
        total = self.steps.total
        need_length(total)
        parts = np.zeros((0, len(times_s)))
        if self.divided:
            weights = segment_weights(self._rest(base), np.linspace(0, 1, N_SEGMENTS + 1))
            frames = np.arange(len(times_s))
            known = np.isfinite(self.steps.length.sum(axis=0))
            parts = np.stack(
                [np.interp(frames, frames[known], (weights @ self.steps.length)[k, known]) for k in range(N_SEGMENTS)]
            )
        return find_course(total, parts, times_s, view)

    def beat(self, phases: Phases, times_s: np.ndarray, drift_compensation: bool) -> BeatStrain:
        """Return one beat's curves."""
        ed, es = phases.ed, phases.es
        cover, weights = self.coverage(ed), self.weights(ed)
        unseen = cover.wall_void[self._searched(phases)].any() and not cover.wall_void.all()  # lost for a while
        if not phases.void_because and phases.found_in_curve and unseen:
            reason = "the wall is not tracked on frames where end-diastole or end-systole could lie"
            phases = replace(phases, void_because=reason)
        pieces: tuple[StrainCurve, ...] = ()
        counts = np.bincount(np.array(self.point_segments(ed))[self.wall.measured.any(axis=1)], minlength=N_SEGMENTS)
        if self.divided:
            pieces = tuple(
                self._curve(
                    name, weights[k], cover.used, cover.void[k], int(counts[k]), phases, times_s, drift_compensation
                )
                for k, name in enumerate(self.names)
            )
            pieces = tuple(
                replace(p, void_because=self._segment_reason(p, cover.void[k], phases)) for k, p in enumerate(pieces)
            )
        kept = [k for k, name in enumerate(self.names) if name not in self.segments_out] if self.divided else [0]
        share = weights[kept].sum(axis=0) if kept else np.zeros(weights.shape[1])
        n = len(self.measured_labels(ed))
        whole = self._curve("global", share, cover.used, cover.wall_void, n, phases, times_s, drift_compensation)
        reason = phases.void_because
        if not reason and not np.isfinite(whole.percent[es]):
            where = "end-diastole" if cover.wall_void[ed] else "end-systole"
            lost = max(cover.lost[ed], cover.lost[es])
            reason = f"{100 * lost:.0f} % of the wall is not tracked at {where}, more than one sixth"
        whole = replace(whole, void_because=reason)
        return BeatStrain(phases, whole, pieces, self._motion(phases, times_s, drift_compensation), void_because=reason)

    def _searched(self, phases: Phases) -> slice:
        """Return the frames among which ED and ES were chosen: from ED to as far after ES as ED is before it."""
        last = 2 * phases.es - phases.ed
        return slice(max(phases.ed - 2, 0), min(last, phases.cycle_end or last) + 1)

    def _curve(
        self,
        name: str,
        share: np.ndarray,
        used: np.ndarray,
        void: np.ndarray,
        n_points: int,
        phases: Phases,
        times_s: np.ndarray,
        drift_compensation: bool,
    ) -> StrainCurve:
        """Return the strain curve of a part of the wall."""
        ed, end = phases.ed, phases.cycle_end
        ratio = np.where(void | void[ed], np.nan, stretch(self.steps, ed, share, used))
        raw = (ratio - 1) * 100
        drift = float(raw[end]) if end is not None else float("nan")
        percent = without_drift(raw, times_s, ed, end) if drift_compensation and end is not None else raw
        rest = float((share * self._rest(ed)).sum())
        return StrainCurve(name, percent, raw, rest * ratio, drift, n_points)

    def _segment_reason(self, piece: StrainCurve, void: np.ndarray, phases: Phases) -> str:
        if piece.name in self.segments_out:
            return "rejected by the reviewer"
        if np.isfinite(piece.percent[phases.es]):
            return ""
        return f"not tracked at {'end-diastole' if void[phases.ed] else 'end-systole'}"

    def _motion(self, phases: Phases, times_s: np.ndarray, drift_compensation: bool) -> dict[str, np.ndarray]:
        """Return the further curves of `BeatStrain.motion`."""
        ed, end = phases.ed, phases.cycle_end
        points = np.where(self.wall.measured[..., None], self.wall.points, np.nan)
        if self.wall.closed:
            arms = points - _known_mean(points)
            angle = np.unwrap(np.arctan2(-arms[..., 1], arms[..., 0]), axis=1)
            curves = {"rotation_deg": np.degrees(_known_mean(angle - angle[:, ed : ed + 1]))}
        else:
            place = self.place(ed)[0]
            ends = points[[0, -1], ed]
            low, high = int(np.floor(place)), int(np.ceil(place))
            apex = points[low, ed] + (place - low) * (points[high, ed] - points[low, ed])
            axis = apex - ends.mean(axis=0)
            axis = axis / max(float(np.linalg.norm(axis)), 1e-9)
            curves = {
                name: (points[i] - points[i, ed]) @ axis for name, i in (("annulus_left", 0), ("annulus_right", -1))
            }
        if drift_compensation and end is not None:
            return {name: without_drift(curve, times_s, ed, end) for name, curve in curves.items()}
        return curves

    def warnings(self, ed: int) -> list[str]:
        """Return what the line itself should make the user look at."""
        said = []
        crossing = crosses_itself(self.wall.points[:, ed])
        if crossing is not None:
            i, j = crossing
            said.append(
                _(
                    "The wall crosses itself at end-diastole (after {labels} and after "
                    "{labels2}): are the points in order?"
                ).format(labels=self.wall.labels[i], labels2=self.wall.labels[j])
            )
        if not self.divided:
            n = len(self.wall.labels)
            said.append(
                _("Segments need {min_points} points; there are {n}. Only global strain is given.").format(
                    min_points=MIN_POINTS, n=n
                )
            )
        return said
