"""Longitudinal strain of a tracked wall.

Definitions (Voigt et al., Eur Heart J Cardiovasc Imaging 2015, doi 10.1093/ehjci/jeu184; D'hooge et al., Eur J
Echocardiogr 2000, doi 10.1053/euje.2000.0031): Lagrangian strain is (L(t) - L(ED)) / L(ED) * 100 with the length L of
the whole tracked line and the tracked line at end-diastole as reference; shortening is negative. The global value is
the one at end-systole. Drift is what is left of the strain at the next end-diastole, where it should be zero; it is
taken out as a straight line in time over that cycle, at the same rate in frames outside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

import numpy as np

from ..errors import BadInput
from ..tracks.tracks import Tracks
from .contour import crosses_itself, line_length, wall_line
from .phases import Phases, find_phases
from .segments import MIN_POINTS, segment_lengths, segment_names, segment_of_points

LAGRANGIAN = "Lagrangian strain, (L(t) - L(ED)) / L(ED) * 100, shortening negative"
_LARGE_DRIFT = 0.25  # of the end-systolic strain
NATURAL = "natural strain, ln(L(t) / L(ED)) * 100, shortening negative"


@dataclass(frozen=True)
class StrainCurve:
    """Strain over time of the whole wall or of one segment.

    Attributes:
        name: "global" or the segment's name.
        percent: float64 [T], drift taken out where that was asked for and possible.
        uncompensated_percent: float64 [T].
        length: float64 [T] in the measurement's unit.
        drift_percent: the strain left at the cycle's end before compensation; NaN when there is no complete cycle.
        n_points: tracked points that lie on it.
    """

    name: str
    percent: np.ndarray
    uncompensated_percent: np.ndarray
    length: np.ndarray
    drift_percent: float
    n_points: int


@dataclass(frozen=True)
class Strain:
    """A strain measurement.

    Attributes:
        times_s: float64 [T].
        curve: the global curve.
        segments: six curves, or none for walls of fewer than 12 points.
        phases: ED, ES, cycle end and how they were found.
        drift_compensated: whether drift was taken out.
        definition: `LAGRANGIAN` or `NATURAL`.
        unit: of the lengths, "mm" or "px".
        view, layer: as given, e.g. "A4C", "mid"; "" when not given.
        labels, excluded: points measured, points left out.
        tracker: what made the tracks.
        warnings: what the user should read.
    """

    times_s: np.ndarray
    curve: StrainCurve
    segments: tuple[StrainCurve, ...]
    phases: Phases
    drift_compensated: bool
    definition: str
    unit: str
    view: str
    layer: str
    labels: tuple[str, ...]
    excluded: tuple[str, ...]
    tracker: str
    warnings: tuple[str, ...]

    @property
    def percent(self) -> np.ndarray:
        """Global strain [T]."""
        return self.curve.percent

    @property
    def ed(self) -> int:
        """0-based frame of end-diastole."""
        return self.phases.ed

    @property
    def es(self) -> int:
        """0-based frame of end-systole."""
        return self.phases.es

    @property
    def gls_percent(self) -> float:
        """Global longitudinal strain: the global curve at end-systole."""
        return float(self.curve.percent[self.phases.es])


def measure_strain(
    tracks: Tracks,
    ed: Optional[int] = None,
    es: Optional[int] = None,
    drift_compensation: bool = True,
    cycle_end: Optional[int] = None,
    beat: int = 0,
    excluded: tuple[str, ...] = (),
    view: str = "",
    layer: str = "",
) -> Strain:
    """Measure Lagrangian strain of points in order along the wall.

    Args:
        tracks: N >= 2 points.
        ed, es, cycle_end: 0-based frames; None finds them in the wall's length (see `phases`).
        drift_compensation: take out the drift where the clip holds a complete cycle.
        beat: which complete cycle of a clip of several, from 0.
        excluded: labels of rejected points; the line then runs straight between their neighbours.
        view: "A4C", "A2C", "APLAX", "RV" to name the segments; "" otherwise.
        layer: "endo", "mid", "epi" or "" when not known; only reported.

    Raises:
        BadInput: fewer than two usable points, fewer than two frames, frames outside the clip, unknown view or label.
    """
    if tracks.n_frames < 2:
        raise BadInput(f"Strain needs at least two frames; these tracks have {tracks.n_frames}.")
    wall = wall_line(tracks, excluded)
    phases = find_phases(line_length(wall.points), tracks.times_s, ed, es, cycle_end, beat)
    warnings = [*wall.warnings, *phases.warnings]
    crossing = crosses_itself(wall.points[:, phases.ed])
    if crossing is not None:
        i, j = crossing
        warnings.append(
            f"The wall crosses itself at end-diastole (after {wall.labels[i]} and after {wall.labels[j]}): "
            "are the points in order?"
        )
    compensate = drift_compensation and phases.cycle_end is not None
    names = segment_names(view)
    pieces: tuple[StrainCurve, ...] = ()
    if len(wall.labels) >= MIN_POINTS:
        lengths = segment_lengths(wall.points, phases.ed)
        counts = np.bincount(segment_of_points(wall.points, phases.ed), minlength=len(names))
        pieces = tuple(
            _curve(name, length, int(n), phases, tracks.times_s, compensate)
            for name, length, n in zip(names, lengths, counts)
        )
        warnings += [f"No tracked point lies on '{piece.name}'." for piece in pieces if piece.n_points == 0]
    else:
        warnings.append(
            f"Segments need {MIN_POINTS} points; there are {len(wall.labels)}. Only global strain is given."
        )
    whole = _curve("global", line_length(wall.points), len(wall.labels), phases, tracks.times_s, compensate)
    if abs(whole.drift_percent) > _LARGE_DRIFT * abs(whole.uncompensated_percent[phases.es]):
        warnings.append(
            f"The drift over the cycle, {whole.drift_percent:+.1f} %, is large against the strain: "
            "check the tracking, and whether the clip begins at end-diastole."
        )
    return Strain(
        times_s=tracks.times_s,
        curve=whole,
        segments=pieces,
        phases=phases,
        drift_compensated=compensate,
        definition=LAGRANGIAN,
        unit=wall.unit,
        view=view,
        layer=layer,
        labels=wall.labels,
        excluded=wall.excluded,
        tracker=tracks.tracker,
        warnings=tuple(warnings),
    )


def natural_strain(strain: Strain) -> Strain:
    """Return the same measurement as natural strain, ln(1 + e) of the Lagrangian strain e.

    Raises:
        BadInput: it is natural strain already, or a wall shrinks to nothing.
    """
    if strain.definition != LAGRANGIAN:
        raise BadInput("This measurement is natural strain already.")

    def converted(curve: StrainCurve) -> StrainCurve:
        if min(curve.percent.min(), curve.uncompensated_percent.min()) <= -100:
            raise BadInput(f"'{curve.name}' shrinks to nothing, so its natural strain is not defined.")
        return replace(
            curve,
            percent=100 * np.log1p(curve.percent / 100),
            uncompensated_percent=100 * np.log1p(curve.uncompensated_percent / 100),
            drift_percent=float(100 * np.log1p(curve.drift_percent / 100)),
        )

    return replace(
        strain,
        curve=converted(strain.curve),
        segments=tuple(converted(piece) for piece in strain.segments),
        definition=NATURAL,
    )


def lagrangian_percent(length: np.ndarray, ed: int) -> np.ndarray:
    """Return (L(t) - L(ED)) / L(ED) * 100 of a length [T]."""
    if not length[ed] > 0:
        raise BadInput("The wall has no length at end-diastole: all its points lie on one spot.")
    return np.asarray((length - length[ed]) / length[ed] * 100)


def without_drift(percent: np.ndarray, times_s: np.ndarray, ed: int, cycle_end: int) -> np.ndarray:
    """Return the curve [T] minus the line that is 0 at ED and the curve's own value at the cycle's end."""
    rate = percent[cycle_end] / (times_s[cycle_end] - times_s[ed])
    return np.asarray(percent - rate * (times_s - times_s[ed]))


def _curve(
    name: str, length: np.ndarray, n_points: int, phases: Phases, times_s: np.ndarray, compensate: bool
) -> StrainCurve:
    """Return the strain curve of a length [T]."""
    raw = lagrangian_percent(length, phases.ed)
    end = phases.cycle_end
    percent = without_drift(raw, times_s, phases.ed, end) if compensate and end is not None else raw
    drift = float(raw[end]) if end is not None else float("nan")
    return StrainCurve(name, percent, raw, length, drift, n_points)
