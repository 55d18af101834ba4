"""The QA report: what was tracked how, how good it looks, what the reviewer decided, and what that does to strain.

Equal inputs give equal bytes: no date, no machine, no run time is in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from .. import __version__
from ..cine.cine import Cine
from ..errors import BadInput
from ..i18n import tr as _
from ..tracks.decisions import Decision, decision_of
from ..tracks.quality import CALIBRATED_TRACKER, MODEL
from ..tracks.tracks import Tracks
from .rows import BAD, CHECK, GOOD, LOST, MEASURES, PointRow, point_rows, traffic_lights
from .strain import ReviewedStrain, measure_reviewed


@dataclass(frozen=True)
class SegmentRow:
    """One segment of the report.

    Attributes:
        name: of the segment; "no segment" for points that lie on none.
        n_points, n_rejected: points on it, and those of them that are rejected.
        confidence: mean over points and frames after the query; NaN when it was not computed.
        shares: percent of points and frames that are good, to be checked, bad, lost.
        measures: median of each quality measure over points and frames after the query; NaN without.
        decision: about the segment itself.
        before, after: its end-systolic strain in percent; NaN when not measured or, after, when it is rejected.
    """

    name: str
    n_points: int
    n_rejected: int
    confidence: float
    shares: tuple[float, float, float, float]
    measures: Mapping[str, float]
    decision: Decision
    before: float
    after: float


@dataclass(frozen=True)
class QaReport:
    """Everything that the report says; see `report_html` and `report_csv`.

    Attributes:
        facts: (name, value) of clip, tracker and settings, in the order of the report.
        points, segments: the rows.
        lights: traffic lights uint8 [N, T].
        strain: before and after, or None with `no_strain` saying why.
        warnings: what the reader should know.
    """

    facts: tuple[tuple[str, str], ...]
    points: tuple[PointRow, ...]
    segments: tuple[SegmentRow, ...]
    lights: np.ndarray
    strain: Optional[ReviewedStrain]
    no_strain: str
    warnings: tuple[str, ...]


def make_report(tracks: Tracks, cine: Optional[Cine] = None, view: str = "", **settings: Any) -> QaReport:
    """Collect the report of tracks and the decisions about them.

    Args:
        tracks: with `review`.
        cine: the clip, for its facts; None leaves them out.
        view: "A4C"... or "" (see `measure_reviewed`).
        settings: of `measure_reviewed`.

    Raises:
        BadInput: the tracks have another number of frames than the clip.
    """
    if cine is not None and cine.n_frames != tracks.n_frames:
        raise BadInput(
            _(
                "The tracks have {n_frames} frames, the clip {source} has {n_frames2}. "
                "Choose the clip they were made on."
            ).format(n_frames=tracks.n_frames, source=cine.source, n_frames2=cine.n_frames)
        )
    strain, no_strain = None, ""
    try:
        strain = measure_reviewed(tracks, view, **settings)
    except BadInput as error:
        no_strain = str(error)
    names = strain.segments if strain is not None else ("",) * tracks.n_points
    cycle = None
    if strain is not None and strain.before.phases.cycle_end is not None:
        cycle = (strain.before.ed, strain.before.phases.cycle_end)
    lights = traffic_lights(tracks)
    warnings = [*tracks.warnings, *(() if cine is None else cine.warnings)]
    if tracks.confidence is None:
        warnings.append("Confidence was not computed for these tracks: problems are not marked.")
    if strain is not None:
        warnings += (strain.after or strain.before).warnings
        warnings += [strain.problem] if strain.problem else []
    return QaReport(
        facts=_facts(tracks, cine, view, settings),
        points=tuple(point_rows(tracks, names, tracks.review, cycle)),
        segments=tuple(_segment_row(name, names, tracks, lights, strain) for name in dict.fromkeys(names)),
        lights=lights,
        strain=strain,
        no_strain=no_strain,
        warnings=tuple(warnings),
    )


def _segment_row(
    name: str, names: tuple[str, ...], tracks: Tracks, lights: np.ndarray, strain: Optional[ReviewedStrain]
) -> SegmentRow:
    inside = np.array([n == name for n in names])
    after_query = np.arange(tracks.n_frames) != tracks.query_frame
    part = lights[inside][:, after_query]
    out = () if strain is None else strain.rejected
    rejected = [label for label, on in zip(tracks.labels, inside) if on and label in out]

    def mean(values: Optional[np.ndarray], function: Any) -> float:
        if values is None:
            return float("nan")
        chosen = values[inside][:, after_query]
        chosen = chosen[np.isfinite(chosen)].astype(np.float64)
        return float(function(chosen)) if chosen.size else float("nan")

    before = after = float("nan")
    if strain is not None:
        curves = {curve.name: curve.percent[strain.before.es] for curve in strain.before.segments}
        before = float(curves.get(name, np.nan))
        if strain.after is not None and len(rejected) < int(inside.sum()):
            curves = {curve.name: curve.percent[strain.after.es] for curve in strain.after.segments}
            after = float(curves.get(name, np.nan))
    return SegmentRow(
        name=name or "no segment",
        n_points=int(inside.sum()),
        n_rejected=len(rejected),
        confidence=mean(tracks.confidence, np.mean),
        shares=tuple(100 * float(np.mean(part == light)) if part.size else 0.0 for light in (GOOD, CHECK, BAD, LOST)),  # type: ignore[arg-type]
        measures={measure: mean(tracks.quality.get(measure), np.median) for measure in MEASURES},
        decision=decision_of(tracks.review, "", name),
        before=before,
        after=after,
    )


def _facts(tracks: Tracks, cine: Optional[Cine], view: str, settings: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the facts as (name, value) in the order of the report."""
    facts: list[tuple[str, str]] = []
    if cine is not None:
        facts += [
            ("clip", cine.source),
            ("image size", f"{cine.size[0]} x {cine.size[1]} px"),
            ("frame rate", "unknown" if cine.known_fps is None else f"{cine.fps:.2f} frames/s ({cine.time_source})"),
            ("frames' SHA-256", hashlib.sha256(np.ascontiguousarray(cine.frames).tobytes()).hexdigest()),
        ]
    spacing = tracks.spacing_mm
    told = tracks.spacing_source or (cine.spacing_source if cine is not None else "")
    source = f" ({told})" if told else ""
    known = "unknown: lengths are in px" if spacing is None else f"{spacing[0]:.6g} x {spacing[1]:.6g} mm{source}"
    facts += [
        ("frames", str(tracks.n_frames)),
        ("pixel spacing (row, column)", known),
        ("points", str(tracks.n_points)),
        ("query frame", str(tracks.query_frame + 1)),
        ("tracker", tracks.tracker),
        ("weights' SHA-256", tracks.weights_sha256 or "none (a tracker without weights)"),
        ("positions' SHA-256", hashlib.sha256(np.ascontiguousarray(tracks.positions, "<f4").tobytes()).hexdigest()),
    ]
    facts += [(f"tracker option: {name}", str(value)) for name, value in sorted(tracks.options.items())]
    facts.append(("view", view or "not given"))
    facts += [(f"strain setting: {name}", str(value)) for name, value in sorted(settings.items()) if value is not None]
    weights = ", ".join(f"{name} {value:g}" for name, value in MODEL.weights.items())
    facts.append(
        (
            "confidence",
            "chance of less than 4 px error on a 256 x 256 grid, calibrated with the tracker "
            f"'{CALIBRATED_TRACKER}'; constant {MODEL.constant:g}, {weights}",
        )
    )
    facts.append(("software", f"EchoTracker {__version__}, research use only"))
    return tuple(facts)
