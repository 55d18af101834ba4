"""What a strain measurement is made of: curves, beats, the whole.

A value that cannot be given is NaN, and `void_because` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from .timing.phases import Phases

LAGRANGIAN = "Lagrangian strain, (L(t) - L(ED)) / L(ED) * 100, shortening negative"
NATURAL = "natural strain, ln(L(t) / L(ED)) * 100, shortening negative"
MEASURES = {"RV": "RV four-chamber strain", "LA": "LA reservoir strain"}  # what the global value of a view is called


@dataclass(frozen=True)
class Smoothing:
    """What was smoothed before lengths were compared; zero is off.

    Attributes:
        time_ms: SD of the bell over time, ms.
        along_percent: SD of the bell along the wall, percent of its length.
    """

    time_ms: float = 0.0
    along_percent: float = 0.0


@dataclass(frozen=True)
class StrainCurve:
    """Strain over time of the whole wall or of one segment, relative to one end-diastole.

    Attributes:
        name: "global" or the segment's name.
        percent: float64 [T], drift taken out where that was asked for and possible; NaN on frames where it is void.
        uncompensated_percent: float64 [T].
        length: float64 [T] in the measurement's unit.
        drift_percent: the strain left at the cycle's end before compensation; NaN when there is no complete cycle.
        n_points: measured points that lie on it.
        void_because: why there is no end-systolic value; "" when there is one.
    """

    name: str
    percent: np.ndarray
    uncompensated_percent: np.ndarray
    length: np.ndarray
    drift_percent: float
    n_points: int
    void_because: str = ""


@dataclass(frozen=True)
class BeatStrain:
    """One beat.

    Attributes:
        phases: its frames, their sources and doubts.
        curve: the global curve [T], relative to this beat's end-diastole.
        segments: six curves, or none for walls of fewer than 12 points.
        motion: further curves [T] over this beat: "annulus_left", "annulus_right" (towards the apex, in the
            measurement's unit), "rotation_deg" (closed contours, positive counterclockwise on the screen).
        counted: whether its segments are part of the values that are given; used: whether its global value is, too.
        void_because: why it gives no global value; "" when it does.
    """

    phases: Phases
    curve: StrainCurve
    segments: tuple[StrainCurve, ...]
    motion: Mapping[str, np.ndarray] = field(default_factory=dict)
    counted: bool = False
    used: bool = False
    void_because: str = ""

    @property
    def gls_percent(self) -> float:
        """The global curve at end-systole; NaN when void."""
        return float("nan") if self.void_because else float(self.curve.percent[self.phases.es])


@dataclass(frozen=True)
class Strain:
    """A strain measurement.

    Attributes:
        times_s: float64 [T].
        beats: in time order, those that are cut off by the clip's ends included; at least one.
        shown: index of the beat whose curves are shown.
        drift_compensated: whether drift was taken out of the shown beat.
        definition: `LAGRANGIAN` or `NATURAL`.
        unit: of the lengths, "mm" or "px".
        view, layer: as given, e.g. "A4C", "mid"; "" when not given.
        labels, excluded: points measured, points left out.
        line: all points in the order of the line; point_segments: the number 0..5 of the segment of each.
        tracker: what made the tracks.
        spacing_mm, spacing_source, time_source: of the tracks: by which region lengths are measured, which times.
        warnings: what the user should read.
        closed: whether the line is a closed contour.
        apex, apex_source: where the apex lies, as a share of the line at end-diastole, and how that is known.
        heart_rate_bpm: of the used beats, else of the clip's file, else NaN.
        smoothing: what was smoothed.
        lost: what of the line was bridged or is not measured, sentences.
        void_because: why there is no global value at all; "" when there is one.
        mvo_s: mitral valve opening, s after end-diastole, where it is known; `mvo_source` says from where, "" without.
    """

    times_s: np.ndarray
    beats: tuple[BeatStrain, ...]
    shown: int
    drift_compensated: bool
    definition: str
    unit: str
    view: str
    layer: str
    labels: tuple[str, ...]
    excluded: tuple[str, ...]
    line: tuple[str, ...]
    point_segments: tuple[int, ...]
    tracker: str
    warnings: tuple[str, ...]
    closed: bool = False
    apex: float = 0.5
    apex_source: str = ""
    heart_rate_bpm: float = float("nan")
    smoothing: Smoothing = field(default_factory=Smoothing)
    lost: tuple[str, ...] = ()
    void_because: str = ""
    spacing_mm: Optional[tuple[float, float]] = None
    spacing_source: str = ""
    time_source: str = ""
    mvo_s: Optional[float] = None
    mvo_source: str = ""

    @property
    def beat(self) -> BeatStrain:
        """The shown beat."""
        return self.beats[self.shown]

    @property
    def curve(self) -> StrainCurve:
        """The shown beat's global curve."""
        return self.beat.curve

    @property
    def segments(self) -> tuple[StrainCurve, ...]:
        """The shown beat's segments, six or none."""
        return self.beat.segments

    @property
    def phases(self) -> Phases:
        """The shown beat's phases."""
        return self.beat.phases

    @property
    def percent(self) -> np.ndarray:
        """The shown beat's global strain [T]."""
        return self.curve.percent

    @property
    def ed(self) -> int:
        """0-based frame of the shown beat's end-diastole."""
        return self.phases.ed

    @property
    def es(self) -> int:
        """0-based frame of the shown beat's end-systole."""
        return self.phases.es

    @property
    def measure(self) -> str:
        """What the global value is called: "GLS", "GCS" of a closed contour, or the name of the view's."""
        return "GCS" if self.closed else MEASURES.get(self.view, "GLS")

    @property
    def fps(self) -> float:
        """Frames a second."""
        return 1.0 / float(np.median(np.diff(self.times_s)))

    @property
    def used(self) -> tuple[BeatStrain, ...]:
        """The beats whose mean is given."""
        return tuple(beat for beat in self.beats if beat.used)

    @property
    def counted(self) -> tuple[BeatStrain, ...]:
        """The beats whose segments are given."""
        return tuple(beat for beat in self.beats if beat.counted)

    @property
    def gls_percent(self) -> float:
        """The global value at end-systole (see `measure`): mean over the used beats, NaN when void."""
        if self.void_because or not self.used:
            return float("nan")
        return float(np.mean([beat.gls_percent for beat in self.used]))

    @property
    def gls_sd_percent(self) -> float:
        """Standard deviation (n - 1) over the used beats; NaN for one beat."""
        values = [beat.gls_percent for beat in self.used]
        return float(np.std(values, ddof=1)) if len(values) > 1 and not self.void_because else float("nan")

    @property
    def segment_percent(self) -> dict[str, float]:
        """End-systolic strain by segment: mean over the counted beats in which it is measured, else NaN."""
        found = {}
        for i, piece in enumerate(self.segments):
            measured = [beat for beat in self.counted if not beat.segments[i].void_because]
            known = [beat.segments[i].percent[beat.phases.es] for beat in measured]
            found[piece.name] = float(np.mean(known)) if known else float("nan")
        return found

    @property
    def segment_void(self) -> dict[str, str]:
        """Why a segment has no end-systolic value, by name; only those that have none."""
        beats = self.counted or (self.beat,)
        reasons = {}
        for i, piece in enumerate(self.segments):
            why = [beat.segments[i].void_because or ("" if beat.counted else beat.void_because) for beat in beats]
            if all(why):
                reasons[piece.name] = why[0]
        return reasons


def natural_strain(strain: Strain) -> Strain:
    """Return the same measurement as natural strain, ln(1 + e) of the Lagrangian strain e.

    Raises:
        BadInput: it is natural strain already, or a wall shrinks to nothing.
    """
    if strain.definition != LAGRANGIAN:
        raise BadInput(_("This measurement is natural strain already."))

    def converted(curve: StrainCurve) -> StrainCurve:
        if np.nanmin([-99.0, *curve.percent, *curve.uncompensated_percent]) <= -100:
            raise BadInput(
                _("'{name}' shrinks to nothing, so its natural strain is not defined.").format(name=curve.name)
            )
        return replace(
            curve,
            percent=100 * np.log1p(curve.percent / 100),
            uncompensated_percent=100 * np.log1p(curve.uncompensated_percent / 100),
            drift_percent=float(100 * np.log1p(curve.drift_percent / 100)),
        )

    beats = tuple(
        replace(beat, curve=converted(beat.curve), segments=tuple(converted(piece) for piece in beat.segments))
        for beat in strain.beats
    )
    return replace(strain, beats=beats, definition=NATURAL)
