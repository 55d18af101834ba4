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
from dataclasses import replace
from typing import Optional, Union

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from ..tracks.tracks import Tracks
from .doubts import lost_sentences, measurement_warnings
from .result import LAGRANGIAN, NATURAL, BeatStrain, Smoothing, Strain, StrainCurve, natural_strain
from .segments import segment_names, view_of_segments
from .timing.moved import Moved, with_moved
from .timing.phases import Phases, find_phases
from .timing.sources import GIVEN, IN_THE_FILE, Timing, check_times
from .wall.contour import wall_line, wall_steps
from .wall.line import Line
from .wall.smoothing import smoothed

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
    avc_source: str = GIVEN,
    mvo_s: Optional[float] = None,
    mvo_source: str = GIVEN,
    r_times_s: Optional[Sequence[float]] = None,
    smoothing: Smoothing = Smoothing(),
    phases: Optional[Sequence[Phases]] = None,
    moved: Sequence[Moved] = (),
    without_s: Sequence[float] = (),
) -> Strain:
    """Measure Lagrangian strain of points in order along the wall.

    Args:
        tracks: N >= 2 points; rejected points and segments of its review are left out.
        ed, es: 0-based frames, one or one a beat; None finds them (see `phases`). With one, only its beat is measured.
        drift_compensation: take out the drift of every complete cycle.
        cycle_end: 0-based frame of the end-diastole that ends the (last) given beat.
        beat: numbers in `Strain.beats` (from 0) of the beats that make up the value; None takes all complete ones.
        excluded: labels of more points to leave out.
        view: one of `segments.MEASURED_VIEWS` to name the segments; "" otherwise.
        layer: "endo", "mid", "epi" or "" when not known; only reported.
        apex: label or number (from 0) of the point at the apex; None takes the click on it, else the point so labeled,
            else the one farthest from the annulus.
        turn: turn a wall round that runs from the image's right to its left.
        closed: whether the contour is closed; None looks whether its ends meet.
        avc_s: aortic valve closure, s after the R wave or end-diastole; `avc_source` says where it is from. None takes
            that of the tracks.
        mvo_s: mitral valve opening, s after the R wave or end-diastole; it is marked in charts. `mvo_source` says where
            it is from.
        r_times_s: R waves on the scale of the frames' times; None takes those of the tracks.
        smoothing: of the lengths, along the wall and in time; off by default.
        phases: of another line of the same clip (another layer), taken as they are.
        moved: phases that the user moved away from where they are found.
        without_s: times, s; the beats in which they lie are left out of the value.

    Raises:
        BadInput: too few points or frames, times that do not rise, frames outside the clip, unknown view or label.
    """
    check_times(tracks.times_s)
    if tracks.n_frames < 2:
        raise BadInput(
            _("Strain needs at least two frames; these tracks have {n_frames}.").format(n_frames=tracks.n_frames)
        )
    warnings: list[str] = []
    segments_out = _rejected_segments(tracks)
    if segments_out and not view:
        view = view_of_segments(segments_out)
        warnings += [_("The view is {view}, as the rejected segment says.").format(view=view)] if view else []
    names = segment_names(view)
    unknown = [name for name in segments_out if name not in names]
    if unknown:
        raise BadInput(
            _("Segments are rejected that view {view} does not have ({names}): check the view.").format(
                view=view, names=", ".join(unknown)
            ),
            "--view VIEW",
        )
    clicked, first = tracks.clicked_apex, tracks.labels[0]
    tracks, turning = _turned(tracks, view, turn)
    if clicked is not None and tracks.labels[0] != first:
        clicked = tracks.n_points - 1 - clicked
    warnings += turning
    points_out = tuple(label for label in tracks.labels if _is_rejected(tracks.review.points.get(label)))
    wall = wall_line(tracks, tuple(dict.fromkeys((*excluded, *points_out))), _may_be_closed(view, closed))
    warnings += wall.warnings
    line = Line(wall, smoothed(wall_steps(wall), tracks.times_s, smoothing), names, segments_out, apex, clicked)
    timing = replace(_timing(tracks, ed, es, cycle_end, avc_s, avc_source, r_times_s), mvo_s=mvo_s)
    found = tuple(phases) if phases is not None else find_phases(line.course(tracks.times_s, view), timing)
    if moved and phases is None:
        found = with_moved(found, moved, 500.0 * float(np.median(np.diff(tracks.times_s))))
    beats = tuple(line.beat(p, tracks.times_s, drift_compensation) for p in found)
    beats = _with_used(beats, beat, tracks.times_s, without_s)
    if tracks.void_scale:
        reason = _("scale {spacing_source}").format(spacing_source=tracks.spacing_source)
        beats = tuple(_void(b, reason) for b in beats)
    shown = next((i for i, b in enumerate(beats) if b.used), None)
    if shown is None:
        shown = next((i for i, b in enumerate(beats) if not b.phases.void_because), 0)
    warnings += _beats_warnings(beats, shown, np.asarray(tracks.times_s))
    warnings += line.warnings(beats[shown].phases.ed)
    counted = [b.phases for b in beats if b.used or len(beats) == 1]
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
        spacing_mm=tracks.spacing_mm,
        spacing_source=tracks.spacing_source,
        time_source=tracks.time_source,
        warnings=(),
        closed=wall.closed,
        apex=line.apex_share(beats[shown].phases.ed),
        apex_source=line.apex_source(beats[shown].phases.ed),
        heart_rate_bpm=_heart_rate(beats, tracks),
        smoothing=smoothing,
        lost=lost_sentences(wall, [(p, line.coverage(p.ed)) for p in counted], names),
        void_because=_why_none(beats, shown),
        mvo_s=mvo_s,
        mvo_source=mvo_source if mvo_s is not None else "",
    )
    warnings += [*strain.lost, *measurement_warnings(strain, tracks)]
    return replace(strain, warnings=tuple(dict.fromkeys(warnings)))


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
        return reverse, [_("The wall was given from the image's right to its left and has been turned round.")]
    names = segment_names(view)
    return tracks, [
        _(
            "The wall runs from the image's right to its left: '{names}' and '{names2}' may be swapped. "
            "If the image is not mirrored, turn the wall round."
        ).format(names=names[0], names2=names[-1])
    ]


def _runs_the_wrong_way(line: np.ndarray) -> bool:
    """Return whether a wall [N, 2] px begins at the image's right annulus; or would with the apex up."""
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
    avc_source: str,
    r_times_s: Optional[Sequence[float]],
) -> Timing:
    own = tracks.r_times_s if r_times_s is None else r_times_s
    if avc_s is None and tracks.avc_s is not None:
        avc_s, avc_source = tracks.avc_s, IN_THE_FILE
    return Timing(
        ed=_frames(ed),
        es=_frames(es),
        cycle_end=cycle_end,
        r_times_s=tuple(float(r) for r in own) if own is not None else (),
        r_source=GIVEN if r_times_s is not None else IN_THE_FILE,
        avc_s=avc_s,
        avc_source=avc_source,
    )


def _frames(frames: Frames) -> tuple[int, ...]:
    if frames is None:
        return ()
    return tuple(int(f) for f in frames) if isinstance(frames, Sequence) else (int(frames),)


def _with_used(
    beats: tuple[BeatStrain, ...], wanted: Frames, times_s: np.ndarray, without_s: Sequence[float]
) -> tuple[BeatStrain, ...]:
    """Return the beats with `counted` and `used` set: all complete ones or those wanted, without those left out."""
    complete = [i for i, b in enumerate(beats) if not b.phases.void_because]
    chosen = complete
    if wanted is not None:
        chosen = list(_frames(wanted))
        bad = next((k for k in chosen if k not in complete), None)
        if bad is not None:
            raise BadInput(
                _("Beat {bad} was asked for, but the clip holds {n} complete cycle(s), numbers {names}.").format(
                    bad=bad, n=len(complete), names=", ".join(map(str, complete)) or "-"
                )
            )
    chosen = [i for i in chosen if not any(_holds(beats[i].phases, times_s, time) for time in without_s)]
    return tuple(replace(b, counted=i in chosen, used=i in chosen and not b.void_because) for i, b in enumerate(beats))


def _holds(phases: Phases, times_s: np.ndarray, time_s: float) -> bool:
    end = len(times_s) - 1 if phases.cycle_end is None else phases.cycle_end
    return bool(times_s[min(phases.ed, phases.es)] <= time_s < times_s[end])


def _why_none(beats: tuple[BeatStrain, ...], shown: int) -> str:
    """Return why there is no global value, "" when there is one."""
    if any(b.used for b in beats):
        return ""
    return beats[shown].void_because or "every beat that has a value is left out"


def _void(beat: BeatStrain, reason: str) -> BeatStrain:
    """Return a beat that gives no value of strain."""
    whole, *segments = (
        replace(
            curve,
            percent=np.full_like(curve.percent, np.nan),
            uncompensated_percent=np.full_like(curve.percent, np.nan),
            length=np.full_like(curve.length, np.nan),
            drift_percent=float("nan"),
            void_because=reason,
        )
        for curve in (beat.curve, *beat.segments)
    )
    return BeatStrain(beat.phases, whole, tuple(segments), {}, void_because=reason)


def _beats_warnings(beats: tuple[BeatStrain, ...], shown: int, times_s: np.ndarray) -> list[str]:
    complete = [b for b in beats if not b.phases.void_because]
    said = list(beats[shown].phases.warnings)
    if len(complete) > 1:
        used = sum(b.used for b in beats)
        mean = _("the mean of {used} of them is given").format(used=used)
        values = _("one of them is given") if used == 1 else mean
        values = values if used else "none of them is given"
        said.append(_("The clip holds {n} complete cycles; {values}.").format(n=len(complete), values=values))
    void = [b for b in complete if b.void_because] if any(b.used for b in beats) else []
    said += [
        _("The beat that begins at {time:.2f} s has no value: {void_because}.").format(
            time=float(times_s[b.phases.ed]), void_because=b.void_because
        )
        for b in void
    ]
    return said


def _heart_rate(beats: tuple[BeatStrain, ...], tracks: Tracks) -> float:
    found = [b for b in beats if b.used and b.phases.cycle_end is not None] or [b for b in beats if b.phases.complete]
    cycles = [tracks.times_s[b.phases.cycle_end] - tracks.times_s[b.phases.ed] for b in found if b.phases.cycle_end]
    if cycles:
        return 60.0 / float(np.mean(cycles))
    return float("nan") if tracks.heart_rate_bpm is None else float(tracks.heart_rate_bpm)
