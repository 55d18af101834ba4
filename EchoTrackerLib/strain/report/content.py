"""What the report says, in PDF and in HTML alike. It holds no date, so equal inputs give equal bytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from ... import __version__
from ...cine.cine import Cine
from ...cine.ecg import Ecg
from ...i18n import tr as _
from ...tracks.decisions import UNDECIDED
from ...tracks.tracks import Tracks
from ..pictures.bullseye import model_for, printed, title_of
from ..pictures.chart import chart_title
from ..strain import Strain
from ..study.bullseye import APICAL_VIEWS
from ..study.study import Member, Study, make_study

RESEARCH = _("Research use only; not a medical device.")
_HASH_SHOWN = 16


@dataclass(frozen=True)
class Part:
    """One clip: its measurement, the tracks it was measured on, the clip itself where it is at hand."""

    name: str
    strain: Strain
    tracks: Tracks
    cine: Optional[Cine] = None


@dataclass(frozen=True)
class Report:
    """The page.

    Attributes:
        title, headline: what was measured, and the value.
        parts: up to three clips that are shown, one a view.
        study: of apical views, for the bull's-eye; None for other views.
        model: of the bull's-eye.
        table: (header, rows) of the segments.
        facts: (name, value for each part), e.g. ("frames/s", "52", "50", "55").
        paragraphs: (title, sentences): other clips, decisions, warnings.
        versions: of the programs.
    """

    title: str
    headline: str
    parts: tuple[Part, ...]
    study: Optional[Study]
    model: int
    table: tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]
    facts: tuple[tuple[str, ...], ...]
    paragraphs: tuple[tuple[str, tuple[str, ...]], ...]
    versions: str


def report_of_study(study: Study, parts: Sequence[Part], model: int = 17, subject: str = "") -> Report:
    """Return the report of a study; `parts` are its members in order, with their tracks and clips."""
    shown = tuple(next(p for p in parts if p.strain.view == view) for view in study.views)
    others = [
        f"{p.strain.view}: {p.name}, {p.strain.measure} {printed(p.strain.gls_percent)} ({_beats(p.strain)})"
        for p in parts
        if not any(p is one for one in shown)
    ]
    headline = title_of(study.gls_by_view)
    if study.void_because:
        headline += f": {study.void_because}"
    table = (
        ("segment", "view", "ES strain (%)", "peak at (ms)", "PSI (%)", "beats"),
        tuple(
            (
                s.name,
                s.view,
                _number(s.end_systolic_percent, 1),
                _number(s.time_to_peak_ms, 0),
                _number(s.post_systolic_index_percent, 0),
                str(s.n_beats) if s.n_beats else "void",
            )
            for s in study.segments.values()
        ),
    )
    void = _void_segments(study)
    floor = _number(study.mechanical_dispersion_floor_ms, 0)
    dispersion = _("Mechanical dispersion {number} ms (noise alone: {floor} ms).").format(
        number=_number(study.mechanical_dispersion_ms, 0), floor=floor
    )
    notes = (*([dispersion] if math.isfinite(study.mechanical_dispersion_ms) else []), *study.notes)
    return Report(
        title=_titled("Longitudinal strain of the left ventricle", subject),
        headline=headline,
        parts=shown,
        study=study,
        model=model_for(tuple(study.views), model),
        table=table,
        facts=_facts(shown),
        paragraphs=_paragraphs((("Other clips", others), ("Void segments", void), ("Notes", notes)), parts),
        versions=_versions(),
    )


def report_of_strain(part: Part, model: int = 17, subject: str = "") -> Report:
    """Return the report of one clip."""
    strain = part.strain
    if strain.view in APICAL_VIEWS and strain.segments:
        return report_of_study(make_study([Member(part.name, strain)]), [part], model, subject)
    void = strain.segment_void
    rows = tuple((name, _number(value, 1), void.get(name, "")) for name, value in strain.segment_percent.items())
    return Report(
        title=_titled("Strain", subject),
        headline=chart_title(strain) + (f": {strain.void_because}" if strain.void_because else ""),
        parts=(part,),
        study=None,
        model=model,
        table=(("segment", "end-systolic (%)", "void because"), rows),
        facts=_facts((part,)),
        paragraphs=_paragraphs((), [part]),
        versions=_versions(),
    )


def _void_segments(study: Study) -> list[str]:
    """Return which segments are void and why, a sentence a reason; a view whose segments all are is named as one."""
    found: dict[str, list[str]] = {}
    for view in study.views:
        own = [s for s in study.segments.values() if s.view == view]
        whole = len({s.void_because for s in own}) == 1
        for s in own[:1] if whole else own:
            if s.void_because:
                found.setdefault(s.void_because, []).append(f"all of {view}" if whole else s.name)
    return [f"{', '.join(names)}: {reason}." for reason, names in found.items()]


def r_times(part: Part) -> tuple[float, ...]:
    """Return the R waves of a clip in s, none when they are unknown."""
    return () if part.tracks.r_times_s is None else tuple(part.tracks.r_times_s.tolist())


def ecg_of(part: Part) -> Optional[Ecg]:
    """Return the ECG of a clip, None where the clip is not at hand or has none."""
    return None if part.cine is None else part.cine.ecg


def _titled(title: str, subject: str) -> str:
    return f"{title}  \N{MIDDLE DOT}  {subject}" if subject else title


def _facts(parts: Sequence[Part]) -> tuple[tuple[str, ...], ...]:
    """Return (name, value for each part)."""
    rows = [_part_facts(part) for part in parts]
    return tuple((name, *(row[name] for row in rows)) for name in rows[0])


def _part_facts(part: Part) -> dict[str, str]:
    strain, tracks = part.strain, part.tracks
    phases, times = strain.phases, strain.times_s
    spacing = tracks.spacing_mm
    drift = "taken out" if strain.drift_compensated else "left in"
    smoothing = strain.smoothing
    smoothed = f"{smoothing.time_ms:g} ms, {smoothing.along_percent:g} % of the wall"
    return {
        "view": strain.view or "not given",
        "clip": part.name,
        "value": f"{strain.measure} {printed(strain.gls_percent)} ({_beats(strain)})",
        "frames/s": f"{strain.fps:.0f}",
        "heart rate": f"{strain.heart_rate_bpm:.0f}/min" if math.isfinite(strain.heart_rate_bpm) else "unknown",
        "pixel spacing": "unknown" if spacing is None else f"{spacing[1]:.3f} x {spacing[0]:.3f} mm (column x row)",
        "end-diastole": f"{times[phases.ed]:.3f} s{_doubt(phases.ed_doubt_ms)}, {phases.ed_source}",
        "end-systole": f"{times[phases.es]:.3f} s{_doubt(phases.es_doubt_ms)}, {phases.es_source}",
        "drift": f"{printed(strain.curve.drift_percent)}, {drift}",
        "strain": f"{strain.definition.split(',')[0]}, layer {strain.layer or 'not given'}",
        "smoothing": "off" if smoothing.time_ms == smoothing.along_percent == 0 else smoothed,
        "points": f"{len(strain.labels)} measured, {len(strain.excluded)} left out",
        "tracker": tracks.tracker,
        "weights": f"SHA-256 {tracks.weights_sha256[:_HASH_SHOWN]}" if tracks.weights_sha256 else "none",
    }


def _paragraphs(
    own: Sequence[tuple[str, Sequence[str]]], parts: Sequence[Part]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the paragraphs that have something to say: own ones, decisions, warnings."""
    several = len(parts) > 1
    decisions, warnings = [], []
    for part in parts:
        head = f"{part.strain.view or part.name}: " if several else ""
        for kind in (part.tracks.review.points, part.tracks.review.segments):
            decisions += [
                f"{head}'{name}' {d.status}" + (f" ({d.reason})" if d.reason else "")
                for name, d in kind.items()
                if d.status != UNDECIDED
            ]
        clip = () if part.cine is None else part.cine.warnings
        warnings += [f"{head}{text}" for text in (*part.strain.warnings, *part.tracks.warnings, *clip)]
    found = [*own, ("Decisions", decisions or ["none: no point and no segment was judged by a reader."])]
    found.append(("Warnings", warnings or ["none."]))
    return tuple((title, tuple(dict.fromkeys(texts))) for title, texts in found if texts)


def _beats(strain: Strain) -> str:
    n = len(strain.used)
    sd = f", SD {_number(strain.gls_sd_percent, 1)}" if n > 1 else ""
    return f"{n} beat{'s' if n != 1 else ''}{sd}"


def _doubt(doubt_ms: float) -> str:
    return f" \N{PLUS-MINUS SIGN} {doubt_ms:.0f} ms" if math.isfinite(doubt_ms) else ""


def _number(value: float, digits: int) -> str:
    return printed(value, digits, "") if math.isfinite(value) else "\N{EN DASH}"


def _versions() -> str:
    import matplotlib as mpl
    import numpy as np

    return _("EchoTracker {version}, numpy {version2}, matplotlib {version3}.").format(
        version=__version__, version2=np.__version__, version3=mpl.__version__
    )
