"""What the clips of a study say together: strain a view, the mean of the views, every segment."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ..segments import segment_names
from ..strain import Strain
from ..values import curve_values, mechanical_dispersion_floor_s
from .bullseye import APICAL_VIEWS

QUANTITIES = ("end_systolic_percent", "time_to_peak_ms", "post_systolic_index_percent")
_RR_DIFFERENCE = 0.10  # relative difference of RR between views that is worth a warning


@dataclass(frozen=True)
class Member:
    """One clip's measurement in a study; `name` is a file name without its folder, or the clip's name."""

    name: str
    strain: Strain

    @property
    def view(self) -> str:
        """The apical view."""
        return self.strain.view


@dataclass(frozen=True)
class SegmentResult:
    """One of the 18 segments.

    Attributes:
        name, view: of the segment, and the view that shows it.
        end_systolic_percent, time_to_peak_ms, post_systolic_index_percent: means over the beats; NaN when void.
        n_beats: in which it is measured.
        void_because: why it has no value, "" when it has.
    """

    name: str
    view: str
    end_systolic_percent: float
    time_to_peak_ms: float
    post_systolic_index_percent: float
    n_beats: int
    void_because: str


@dataclass(frozen=True)
class ViewResult:
    """One view.

    Attributes:
        view: A4C, A2C or APLAX.
        members: names of its clips.
        gls_percent, gls_sd_percent: mean and standard deviation (n - 1) over the beats of all its clips; NaN when void.
        n_beats: used beats.
        heart_rate_bpm: mean over its clips, NaN when unknown.
        void_because: why there is no value, "" when there is.
    """

    view: str
    members: tuple[str, ...]
    gls_percent: float
    gls_sd_percent: float
    n_beats: int
    heart_rate_bpm: float
    void_because: str


@dataclass(frozen=True)
class Study:
    """The clips of one heart.

    Attributes:
        members: in the order of the views.
        views: results of those that have a clip, by name, in the order A4C, A2C, APLAX.
        segments: of these views, by name.
        gls_percent: mean of the views; of one view alone its own value; NaN when one of them is void.
        void_because: why, "" when there is a value.
        mechanical_dispersion_ms: standard deviation (n - 1) of the segments' times to peak; NaN with fewer than two.
        mechanical_dispersion_floor_ms: what the noise of the curves alone would make of it; NaN when unknown.
        notes: how timing was shared, and what the reader should know.
    """

    members: tuple[Member, ...]
    views: Mapping[str, ViewResult]
    segments: Mapping[str, SegmentResult]
    gls_percent: float
    void_because: str
    mechanical_dispersion_ms: float
    mechanical_dispersion_floor_ms: float
    notes: tuple[str, ...]

    def values(self, quantity: str) -> dict[str, float]:
        """Return one of `QUANTITIES` by segment, for the bull's-eye."""
        return {name: float(getattr(result, quantity)) for name, result in self.segments.items()}

    @property
    def gls_by_view(self) -> dict[str, float]:
        """GLS of each view."""
        return {view: result.gls_percent for view, result in self.views.items()}


def make_study(members: Sequence[Member], notes: Sequence[str] = ()) -> Study:
    """Return what measured clips say together.

    Raises:
        BadInput: no clip, a view that is not apical, or a clip without segments.
    """
    if not members:
        raise BadInput(_("A study needs at least one measured clip."))
    for member in members:
        if member.view not in APICAL_VIEWS:
            known = ", ".join(APICAL_VIEWS)
            raise BadInput(
                _("{name}: a study is made of {known}; this clip's view is '{value}'.").format(
                    name=member.name, known=known, value=member.view or "unknown"
                )
            )
        if not member.strain.segments:
            raise BadInput(
                _("{name}: has too few points for segments. Track more points along the wall.").format(name=member.name)
            )
    ordered = tuple(member for view in APICAL_VIEWS for member in members if member.view == view)
    views = {view: _view(view, [m for m in ordered if m.view == view]) for view in APICAL_VIEWS}
    views = {view: result for view, result in views.items() if result.members}
    segments = {
        name: _segment(name, view, [m for m in ordered if m.view == view])
        for view in views
        for name in segment_names(view)
    }
    reasons: dict[str, list[str]] = {}
    for view, result in views.items():
        if result.void_because:
            reasons.setdefault(result.void_because, []).append(view)
    void = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
    peaks = [s.time_to_peak_ms for s in segments.values() if math.isfinite(s.time_to_peak_ms)]
    return Study(
        members=ordered,
        views=views,
        segments=segments,
        gls_percent=math.nan if void else float(np.mean([result.gls_percent for result in views.values()])),
        void_because=void,
        mechanical_dispersion_ms=float(np.std(peaks, ddof=1)) if len(peaks) > 1 else math.nan,
        mechanical_dispersion_floor_ms=_floor_ms(ordered),
        notes=(*notes, *_left_out(ordered, views), *_mixed(ordered), *_rate_notes(views)),
    )


def in_view(strain: Strain, view: str) -> Strain:
    """Return a measurement as one of another view: its segments have that view's names."""
    if strain.view == view or not strain.segments:
        return strain
    names = segment_names(view)
    beats = tuple(
        replace(beat, segments=tuple(replace(piece, name=name) for piece, name in zip(beat.segments, names)))
        for beat in strain.beats
    )
    return replace(strain, view=view, beats=beats)


def _floor_ms(members: Sequence[Member]) -> float:
    """Return the root mean square of the clips' floors of the mechanical dispersion, ms."""
    floors = np.array([1000 * mechanical_dispersion_floor_s(member.strain) for member in members])
    known = floors[np.isfinite(floors)]
    return float(np.sqrt(np.mean(known**2))) if known.size else math.nan


def _view(view: str, members: Sequence[Member]) -> ViewResult:
    known = [m.strain for m in members if math.isfinite(m.strain.gls_percent)]
    beats = [beat.gls_percent for strain in known for beat in strain.used]
    rates = [m.strain.heart_rate_bpm for m in members if math.isfinite(m.strain.heart_rate_bpm)]
    void = "" if beats else "; ".join(dict.fromkeys(m.strain.void_because or "no beat is used" for m in members))
    return ViewResult(
        view=view,
        members=tuple(m.name for m in members),
        gls_percent=float(np.mean(beats)) if beats else math.nan,
        gls_sd_percent=float(np.std(beats, ddof=1)) if len(beats) > 1 else math.nan,
        n_beats=len(beats),
        heart_rate_bpm=float(np.mean(rates)) if rates else math.nan,
        void_because=void,
    )


def _segment(name: str, view: str, members: Sequence[Member]) -> SegmentResult:
    """Return one segment's means over all used beats in which it is measured."""
    found: list[tuple[float, float, float]] = []
    reasons: dict[str, None] = {}
    for member in members:
        strain = member.strain
        if strain.void_because:
            reasons[strain.void_because] = None
        for beat in strain.used:
            piece = next(p for p in beat.segments if p.name == name)
            if piece.void_because:
                reasons[piece.void_because] = None
                continue
            values = curve_values(piece, beat.phases, strain.times_s)
            found.append((values.end_systolic, 1000 * values.time_to_peak_s, values.post_systolic_index))
    columns = [np.array(column, dtype=np.float64) for column in zip(*found)] or [np.zeros(0)] * 3
    strain_percent, peak_ms, index = (
        float(np.nanmean(column)) if np.isfinite(column).any() else math.nan for column in columns
    )
    void = "" if found else "; ".join(reasons) or "no beat is used"
    return SegmentResult(name, view, strain_percent, peak_ms, index, len(found), void)


def _left_out(members: Sequence[Member], views: Mapping[str, ViewResult]) -> list[str]:
    """Return which void clips a view's value does without."""
    return [
        _("{view}: {name} is left out ({value}).").format(
            view=member.view, name=member.name, value=member.strain.void_because or "no beat is used"
        )
        for member in members
        if not math.isfinite(member.strain.gls_percent) and not views[member.view].void_because
    ]


def _mixed(members: Sequence[Member]) -> list[str]:
    """Return what the clips do not have in common though their values are averaged."""
    facts = {
        "layers": {m.strain.layer or "not given" for m in members},
        "definitions of strain": {m.strain.definition.split(",")[0] for m in members},
        "settings of drift": {"taken out" if m.strain.drift_compensated else "left in" for m in members},
        "settings of smoothing": {str(m.strain.smoothing) for m in members},
    }
    return [
        _("The clips were measured with different {name} ({names}).").format(name=name, names=", ".join(sorted(found)))
        for name, found in facts.items()
        if len(found) > 1
    ]


def _rate_notes(views: Mapping[str, ViewResult]) -> list[str]:
    """Return a warning where the views were recorded at clearly different heart rates."""
    rates = {view: r.heart_rate_bpm for view, r in views.items() if math.isfinite(r.heart_rate_bpm)}
    if len(rates) < 2 or max(rates.values()) <= (1 + _RR_DIFFERENCE) * min(rates.values()):
        return []
    listed = ", ".join(f"{view} {rate:.0f}/min" for view, rate in rates.items())
    return [_("The heart rates of the views differ by more than 10 % ({listed}).").format(listed=listed)]
