"""Longitudinal strain of a tracked wall.

Definitions (Voigt et al., Eur Heart J Cardiovasc Imaging 2015, doi 10.1093/ehjci/jeu184; D'hooge et al., Eur J
Echocardiogr 2000, doi 10.1053/euje.2000.0031): Lagrangian strain is (L(t) - L(ED)) / L(ED) * 100 with the length L of
the whole tracked line and the tracked line at end-diastole as reference; shortening is negative. The global value is
the one at end-systole. Drift is what is left of the strain at the next end-diastole, where it should be zero; it is
taken out as a straight line in time over that cycle, at the same rate in frames outside it. Every beat has its own
end-diastole; the value that is given is the mean of the complete beats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Optional, Union

import numpy as np

from ..errors import BadInput
from ..tracks.tracks import Tracks
from .beats import Course, find_course
from .contour import Steps, WallLine, crosses_itself, fill_gaps, wall_line, wall_steps
from .doubts import lost_sentences, measurement_warnings
from .gaps import Coverage, coverage, stretch
from .phases import Phases, Timing, check_times, find_phases
from .result import LAGRANGIAN, NATURAL, BeatStrain, Smoothing, Strain, StrainCurve, natural_strain
from .segments import (
    MIN_POINTS,
    N_SEGMENTS,
    find_apex,
    segment_borders,
    segment_names,
    segment_weights,
    segments_at,
    share_of_place,
    view_of_segments,
)
from .smoothing import smoothed

__all__ = (
    "LAGRANGIAN", "NATURAL", "BeatStrain", "Smoothing", "Strain", "StrainCurve", "measure_strain", "natural_strain",
)  # fmt: skip

_LEVEL = 0.3  # share of the distance between the annulus points by which one lies to the left of the other
Frames = Union[int, Sequence[int], None]


def measure_strain(
    tracks: Tracks,
    ed: Frames = None,
    es: Frames = None,
    drift_compensation: bool = True,
    cycle_end: Optional[int] = None,
    beat: Frames = None,
    excluded: tuple[str, ...] = (),
    view: str = "",
    layer: str = "",
    apex: Optional[Union[str, int]] = None,
    turn: bool = False,
    closed: Optional[bool] = None,
    avc_s: Optional[float] = None,
    r_times_s: Optional[Sequence[float]] = None,
    smoothing: Smoothing = Smoothing(),
    phases: Optional[Sequence[Phases]] = None,
) -> Strain:
    """Measure Lagrangian strain of points in order along the wall.

    Args:
        tracks: N >= 2 points; rejected points and segments of its review are left out.
        ed, es: 0-based frames, one or one a beat; None finds them (see `phases`). With one, only its beat is measured.
        drift_compensation: take out the drift of every complete cycle.
        cycle_end: 0-based frame of the end-diastole that ends the (last) given beat.
        beat: which of the complete beats make up the value, from 0; None takes all.
        excluded: labels of more points to leave out.
        view: one of `segments.MEASURED_VIEWS` to name the segments; "" otherwise.
        layer: "endo", "mid", "epi" or "" when not known; only reported.
        apex: label or number (from 0) of the point at the apex; None takes the point farthest from the annulus.
        turn: turn a wall round that runs from the image's right to its left.
        closed: whether the contour is closed; None looks whether its ends meet.
        avc_s: aortic valve closure, s after the R wave or end-diastole.
        r_times_s: R waves on the scale of the frames' times; None takes those of the tracks.
        smoothing: of the lengths, along the wall and in time; off by default.
        phases: of another line of the same clip (another layer), taken as they are.

    Raises:
        BadInput: too few points or frames, times that do not rise, frames outside the clip, unknown view or label.
    """
    check_times(tracks.times_s)
    if tracks.n_frames < 2:
        raise BadInput(f"Strain needs at least two frames; these tracks have {tracks.n_frames}.")
    warnings: list[str] = []
    segments_out = _rejected_segments(tracks)
    if segments_out and not view:
        view = view_of_segments(segments_out)
        warnings += [f"The view is {view}, as the rejected segment says."] if view else []
    names = segment_names(view)
    unknown = [name for name in segments_out if name not in names]
    if unknown:
        raise BadInput(f"Segments are rejected that view {view} does not have ({', '.join(unknown)}): check --view.")
    tracks, turning = _turned(tracks, view, turn)
    warnings += turning
    points_out = tuple(label for label in tracks.labels if _is_rejected(tracks.review.points.get(label)))
    wall = wall_line(tracks, tuple(dict.fromkeys((*excluded, *points_out))), _may_be_closed(view, closed))
    warnings += wall.warnings
    line = _Line(wall, smoothed(wall_steps(wall), tracks.times_s, smoothing), names, segments_out, apex)
    timing = _timing(tracks, ed, es, cycle_end, avc_s, r_times_s)
    found = tuple(phases) if phases is not None else find_phases(line.course(tracks.times_s, view), timing)
    beats = tuple(line.beat(p, tracks.times_s, drift_compensation) for p in found)
    beats = _with_used(beats, beat)
    shown = next((i for i, b in enumerate(beats) if b.used), None)
    if shown is None:
        shown = next((i for i, b in enumerate(beats) if not b.phases.void_because), 0)
    warnings += _beats_warnings(beats, shown, beat)
    warnings += line.warnings(beats[shown].phases.ed)
    strain = Strain(
        times_s=tracks.times_s,
        beats=beats,
        shown=shown,
        drift_compensated=drift_compensation and beats[shown].phases.cycle_end is not None,
        definition=LAGRANGIAN,
        unit=wall.unit,
        view=view,
        layer=layer,
        labels=line.measured_labels(beats[shown].phases.ed),
        excluded=line.excluded_labels(beats[shown].phases.ed),
        line=wall.labels,
        point_segments=line.point_segments(beats[shown].phases.ed),
        tracker=tracks.tracker,
        warnings=(),
        closed=wall.closed,
        apex=line.apex_share(beats[shown].phases.ed),
        apex_source=line.apex_source(beats[shown].phases.ed),
        heart_rate_bpm=_heart_rate(beats, tracks),
        smoothing=smoothing,
        lost=lost_sentences(wall, [(b.phases, line.coverage(b.phases.ed)) for b in beats if b.used or len(beats) == 1], names),
        void_because="" if any(b.used for b in beats) else beats[shown].void_because,
    )
    warnings += [*strain.lost, *measurement_warnings(strain, tracks)]
    return replace(strain, warnings=tuple(dict.fromkeys(warnings)))


def lagrangian_percent(length: np.ndarray, ed: int) -> np.ndarray:
    """Return (L(t) - L(ED)) / L(ED) * 100 of a length [T]."""
    if not length[ed] > 0:
        raise BadInput("The wall has no length at end-diastole: all its points lie on one spot.")
    return np.asarray((length - length[ed]) / length[ed] * 100)


def without_drift(values: np.ndarray, times_s: np.ndarray, ed: int, cycle_end: int) -> np.ndarray:
    """Return the curve [T] minus the line that is 0 at ED and the curve's own value at the cycle's end."""
    rate = values[cycle_end] / (times_s[cycle_end] - times_s[ed])
    return np.asarray(values - rate * (times_s - times_s[ed])) if np.isfinite(rate) else values


@dataclass(frozen=True)
class _Line:
    """A wall's steps and how it is divided; what depends on an end-diastole is asked for by frame."""

    wall: WallLine
    steps: Steps
    names: tuple[str, ...]
    segments_out: tuple[str, ...]
    apex: Optional[Union[str, int]]

    @property
    def divided(self) -> bool:
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
        return find_apex(line, self.wall.labels, self.apex)

    def apex_share(self, ed: int) -> float:
        return share_of_place(self.place(ed)[0], self._rest(ed))

    def apex_source(self, ed: int) -> str:
        return self.place(ed)[1]

    def _rest(self, ed: int) -> np.ndarray:
        return np.nan_to_num(self.steps.length[:, ed])

    def borders(self, ed: int) -> np.ndarray:
        if self.wall.closed:
            return np.linspace(0, 1, N_SEGMENTS + 1)
        return segment_borders(self.apex_share(ed))

    def weights(self, ed: int) -> np.ndarray:
        """Return [K, S], or [1, S] of ones for a wall that is too short for segments."""
        if not self.divided:
            return np.ones((1, len(self.steps.length)))
        return segment_weights(self._rest(ed), self.borders(ed))

    def coverage(self, ed: int) -> Coverage:
        rejected = np.isin(self.names, self.segments_out) if self.divided else np.zeros(1, dtype=bool)
        return coverage(self.steps, ed, self.weights(ed), rejected)

    def point_segments(self, ed: int) -> tuple[int, ...]:
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
        out = self.excluded_labels(ed)
        return tuple(label for label in self.wall.labels if label not in out)

    def course(self, times_s: np.ndarray, view: str) -> Course:
        """Return the course in which beats are found."""
        base = int(self.wall.tracked.sum(axis=0).argmax())
        total = self.steps.total
        parts = np.zeros((0, len(times_s)))
        if self.divided:
            weights = segment_weights(self._rest(base), np.linspace(0, 1, N_SEGMENTS + 1))
            frames = np.arange(len(times_s))
            known = np.isfinite(self.steps.length.sum(axis=0))
            parts = np.stack([np.interp(frames, frames[known], (weights @ self.steps.length)[k, known]) for k in range(N_SEGMENTS)])
        return find_course(total, parts, times_s, view)

    def beat(self, phases: Phases, times_s: np.ndarray, drift_compensation: bool) -> BeatStrain:
        """Return one beat's curves."""
        ed, es = phases.ed, phases.es
        cover, weights = self.coverage(ed), self.weights(ed)
        pieces: tuple[StrainCurve, ...] = ()
        counts = np.bincount(np.array(self.point_segments(ed))[self.wall.measured.any(axis=1)], minlength=N_SEGMENTS)
        if self.divided:
            pieces = tuple(
                self._curve(name, weights[k], cover.used, cover.void[k], int(counts[k]), phases, times_s, drift_compensation)
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
        return BeatStrain(phases, whole, pieces, self._motion(phases, times_s, drift_compensation), False, reason)

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
            arms = points - np.nanmean(points, axis=0)
            angle = np.unwrap(np.arctan2(-arms[..., 1], arms[..., 0]), axis=1)
            curves = {"rotation_deg": np.degrees(np.nanmean(angle - angle[:, ed : ed + 1], axis=0))}
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
                f"The wall crosses itself at end-diastole (after {self.wall.labels[i]} and after "
                f"{self.wall.labels[j]}): are the points in order?"
            )
        if not self.divided:
            n = len(self.wall.labels)
            said.append(f"Segments need {MIN_POINTS} points; there are {n}. Only global strain is given.")
        return said


def _is_rejected(decision: Optional[object]) -> bool:
    return getattr(decision, "status", "") == "rejected"


def _rejected_segments(tracks: Tracks) -> tuple[str, ...]:
    return tuple(sorted(name for name, decision in tracks.review.segments.items() if _is_rejected(decision)))


def _may_be_closed(view: str, closed: Optional[bool]) -> Optional[bool]:
    """Return whether the contour is closed; apical views never are, and None leaves it to where the ends lie."""
    return closed if closed is not None else True if view == "SAX" else False if view else None


def _turned(tracks: Tracks, view: str, turn: bool) -> tuple[Tracks, list[str]]:
    """Return the tracks, turned round where that was allowed, and what to say about their direction."""
    if view in ("", "SAX") or tracks.n_points < 2:
        return tracks, []
    if not _runs_the_wrong_way(tracks.positions[:, tracks.query_frame].astype(np.float64)):
        return tracks, []
    if turn:
        reverse = tracks.select(np.arange(tracks.n_points)[::-1])
        return reverse, ["The wall was given from the image's right to its left and has been turned round."]
    names = segment_names(view)
    return tracks, [
        f"The wall runs from the image's right to its left: '{names[0]}' and '{names[-1]}' may be swapped. "
        "If the image is not mirrored, let the wall be turned round (--turn)."
    ]


def _runs_the_wrong_way(line: np.ndarray) -> bool:
    """Return whether a wall [N, 2] px begins at the image's right annulus; seen with the apex up where they lie level."""
    line = line[np.isfinite(line).all(axis=1)]
    if len(line) < 3:
        return False
    across = line[0] - line[-1]
    if abs(across[0]) > _LEVEL * np.linalg.norm(across):
        return bool(across[0] > 0)
    middle = line - line.mean(axis=0)
    following = np.roll(middle, -1, axis=0)
    return bool((middle[:, 0] * following[:, 1] - middle[:, 1] * following[:, 0]).sum() < 0)  # anticlockwise


def _timing(
    tracks: Tracks,
    ed: Frames,
    es: Frames,
    cycle_end: Optional[int],
    avc_s: Optional[float],
    r_times_s: Optional[Sequence[float]],
) -> Timing:
    own = tracks.r_times_s if r_times_s is None else r_times_s
    return Timing(
        ed=_frames(ed),
        es=_frames(es),
        cycle_end=cycle_end,
        r_times_s=tuple(float(r) for r in own) if own is not None else (),
        r_source="given by the user" if r_times_s is not None else "in the clip's file",
        avc_s=avc_s,
    )


def _frames(frames: Frames) -> tuple[int, ...]:
    if frames is None:
        return ()
    return tuple(int(f) for f in frames) if isinstance(frames, Sequence) else (int(frames),)


def _with_used(beats: tuple[BeatStrain, ...], wanted: Frames) -> tuple[BeatStrain, ...]:
    """Return the beats with `used` set: all that have a value, or those that are wanted of the complete ones."""
    complete = [i for i, b in enumerate(beats) if not b.phases.void_because]
    chosen = complete
    if wanted is not None:
        numbers = _frames(wanted)
        if any(not 0 <= k < len(complete) for k in numbers):
            bad = next(k for k in numbers if not 0 <= k < len(complete))
            raise BadInput(f"Beat {bad} was asked for, but the clip holds {len(complete)} complete cycle(s), from 0.")
        chosen = [complete[k] for k in numbers]
    return tuple(replace(b, used=i in chosen and not b.void_because) for i, b in enumerate(beats))


def _beats_warnings(beats: tuple[BeatStrain, ...], shown: int, wanted: Frames) -> list[str]:
    complete = [b for b in beats if not b.phases.void_because]
    said = list(beats[shown].phases.warnings)
    if len(complete) > 1:
        used = sum(b.used for b in beats)
        values = "one of them is given" if used == 1 else f"the mean of {used} of them is given"
        said.append(f"The clip holds {len(complete)} complete cycles; {values}.")
    void = [b for b in complete if b.void_because]
    said += [f"The beat from frame {b.phases.ed} (0-based) has no value: {b.void_because}." for b in void]
    return said


def _heart_rate(beats: tuple[BeatStrain, ...], tracks: Tracks) -> float:
    found = [b for b in beats if b.used and b.phases.cycle_end is not None] or [b for b in beats if b.phases.complete]
    cycles = [tracks.times_s[b.phases.cycle_end] - tracks.times_s[b.phases.ed] for b in found if b.phases.cycle_end]
    if cycles:
        return 60.0 / float(np.mean(cycles))
    return float("nan") if tracks.heart_rate_bpm is None else float(tracks.heart_rate_bpm)
