"""What a reader of a strain measurement must be told: gaps, and what makes its values doubtful."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..cine.times import UNKNOWN
from ..i18n import readable
from ..i18n import tr as _
from ..tracks.tracks import OUTSIDE_SECTOR, Tracks
from .result import Strain
from .timing.phases import Phases
from .values import mechanical_dispersion_floor_s, mechanical_dispersion_s
from .wall.contour import LOW_CONFIDENCE, WallLine
from .wall.gaps import Coverage

SLOWEST_FPS = 40.0  # ASE/EACVI 2025: 40 to 90 frames a second
LARGEST_DRIFT_PERCENT = 2.0
LARGEST_DOUBT_MS = 30.0
_NAMED_POINTS = 12
_ABOVE_FLOOR = 1.5


def lost_sentences(wall: WallLine, beats: Sequence[tuple[Phases, Coverage]], names: Sequence[str]) -> tuple[str, ...]:
    """Return what of the wall was bridged and what is not measured, within the given beats."""
    lost = np.zeros(len(wall.labels), dtype=bool)
    bridged_frames, void_frames, thin_frames, total = 0, 0, 0, 0
    void_names: dict[str, None] = {}
    for phases, cover in beats:
        last = phases.cycle_end if phases.cycle_end is not None else wall.measured.shape[1] - 1
        frames = slice(min(phases.ed, phases.es), last + 1)
        total += last + 1 - min(phases.ed, phases.es)
        lost |= ~wall.measured[:, frames].all(axis=1)
        bridged_frames += int(cover.bridged[:, frames].any(axis=0).sum())
        void_frames += int(cover.wall_void[frames].sum())
        thin_frames += int((cover.lost[frames] > 1e-6).sum())
        if len(cover.void) > 1:
            void_names.update(dict.fromkeys(name for name, v in zip(names, cover.void) if v[frames].any()))
    if not lost.any() and not void_names:
        return ()
    labels = [label for label, out in zip(wall.labels, lost) if out]
    said = []
    if labels:
        said.append(
            _("{n} of {n2} points are not measured on every frame: {named}.").format(
                n=len(labels), n2=len(wall.labels), named=_listed(labels)
            )
        )
    if labels and (lost[0] or lost[-1]) and not wall.closed:
        said.append(_("An end point of the wall is left out or lost: the measured wall is shorter than the drawn one."))
    if bridged_frames:
        said.append(
            _(
                "Gaps shorter than half a segment are bridged along their neighbors' deformation on {bridged_frames} "
                "of {total} frames."
            ).format(bridged_frames=bridged_frames, total=total)
        )
    if void_names:
        said.append(_("Not measured, at least on some frames: {names}.").format(names=", ".join(void_names)))
    if thin_frames > void_frames:
        said.append(_("Global strain is that of the rest of the wall where a part of it (up to one sixth) is lost."))
    if void_frames:
        said.append(
            _(
                "More than one sixth of the wall is lost on {void_frames} of {total} frames: no global strain there."
            ).format(void_frames=void_frames, total=total)
        )
    return tuple(said)


def measurement_warnings(strain: Strain, tracks: Tracks) -> list[str]:
    """Return the warnings about times, scale, frame rate, drift, confidence, timing and points outside the image."""
    said = list(tracks.source_warnings)
    if strain.time_source != UNKNOWN and strain.fps < SLOWEST_FPS - 1e-6:
        said.append(
            _("The frame rate is {fps:.0f} frames/s; strain should be measured at 40 or more.").format(fps=strain.fps)
        )
    drifts = [beat.curve.drift_percent for beat in (strain.used or (strain.beat,))]
    worst = max(drifts, key=lambda d: abs(d) if np.isfinite(d) else -1.0)
    if np.isfinite(worst) and abs(worst) > LARGEST_DRIFT_PERCENT:
        said.append(
            _(
                "The drift over the cycle is {worst} points, more than {largest_drift_percent:.0f}: check the "
                "tracking, and whether the cycle's ends are right."
            ).format(worst=readable(worst, signed=True), largest_drift_percent=LARGEST_DRIFT_PERCENT)
        )
    said += _confidence_warnings(strain, tracks)
    said += _timing_warnings(strain)
    dispersion, floor = mechanical_dispersion_s(strain), mechanical_dispersion_floor_s(strain)
    if dispersion < _ABOVE_FLOOR * floor and 1000 * floor > 5:
        said.append(
            _(
                "The mechanical dispersion, {dispersion:.0f} ms, is not above what the curves' noise alone makes "
                "of it ({floor:.0f} ms)."
            ).format(dispersion=1000 * dispersion, floor=1000 * floor)
        )
    if strain.phases.void_because:
        said.append(
            _("No {measure}: {void_because}.").format(measure=strain.measure, void_because=strain.phases.void_because)
        )
    elif strain.void_because:
        said.append(_("No {measure}: {void_because}.").format(measure=strain.measure, void_because=strain.void_because))
    noted = tracks.options.get(OUTSIDE_SECTOR)
    beyond = [label for label in strain.line if isinstance(noted, (list, tuple)) and label in noted]
    if beyond:
        said.append(_("Points leave the ultrasound sector: {names}.").format(names=_listed(beyond)))
    elif tracks.size is not None:
        off = (tracks.positions < 0) | (tracks.positions > np.array(tracks.size) - 1)
        outside = np.flatnonzero(off.any(axis=(1, 2)))
        names = [tracks.labels[i] for i in outside if tracks.labels[i] in strain.line]
        if names:
            said.append(_("Points leave the image: {names}.").format(names=_listed(names)))
    return said


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(labels[:_NAMED_POINTS]) + (" ..." if len(labels) > _NAMED_POINTS else "")


def _confidence_warnings(strain: Strain, tracks: Tracks) -> list[str]:
    if tracks.confidence is None:
        return []
    rows = [i for i, label in enumerate(tracks.labels) if label in strain.labels]
    values = tracks.confidence[rows]
    values = values[np.isfinite(values)]
    low = float(np.mean(values < LOW_CONFIDENCE)) if values.size else 0.0
    if low <= 0.1:
        return []
    return [
        _(
            "The tracking's confidence is low: under {low_confidence:g} at {low:.0f} % of the points and frames "
            "(median {median:.2f})."
        ).format(low_confidence=LOW_CONFIDENCE, low=100 * low, median=np.median(values))
    ]


def _timing_warnings(strain: Strain) -> list[str]:
    """Return that end-diastole, end-systole or both may be far from where they were found in the curve."""
    phases, least = strain.phases, max(LARGEST_DOUBT_MS, 750 / strain.fps)
    ed, es = (
        "tracked wall length" in source and doubt > least
        for source, doubt in ((phases.ed_source, phases.ed_doubt_ms), (phases.es_source, phases.es_doubt_ms))
    )
    if ed and es:
        return [
            _(
                "End-diastole and end-systole are found from the wall's own curve and may be wrong by {ed:.0f} and "
                "{es:.0f} ms (parts move apart, the curve is flat or systole is long). Give the R wave and aortic "
                "valve closure where they are known."
            ).format(ed=phases.ed_doubt_ms, es=phases.es_doubt_ms)
        ]
    if ed:
        return [
            _(
                "End-diastole is found from the wall's own curve and may be wrong by {ed:.0f} ms (parts begin apart or "
                "the curve is flat). Give the R wave where it is known."
            ).format(ed=phases.ed_doubt_ms)
        ]
    if es:
        return [
            _(
                "End-systole is found from the wall's own curve and may be wrong by {es:.0f} ms (parts end apart, the "
                "curve is flat or systole is long). Give aortic valve closure where it is known."
            ).format(es=phases.es_doubt_ms)
        ]
    return []
