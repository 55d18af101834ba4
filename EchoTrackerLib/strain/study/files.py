"""A study as files: study.json, study.csv (one line, for `agree`), segments.csv; documented in docs/study.md."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ... import __version__
from .bullseye import APICAL_VIEWS, MODELS, NAMES_18, combined
from .study import QUANTITIES, Study


def write_study(folder: Path, study: Study, subject: str) -> list[Path]:
    """Write study.json, study.csv and segments.csv into an existing folder; return their paths."""
    paths = [folder / name for name in ("study.json", "study.csv", "segments.csv")]
    text = json.dumps(study_document(study, subject), indent=2, ensure_ascii=False, allow_nan=False)
    paths[0].write_text(text + "\n", encoding="utf-8", newline="\n")
    row = study_row(study, subject)
    _write(paths[1], list(row), [list(row.values())])
    header = ["segment", "view", *QUANTITIES, "n_beats", "void_because"]
    rows = [
        [s.name, s.view, *(_cell(getattr(s, name)) for name in QUANTITIES), s.n_beats, s.void_because]
        for s in study.segments.values()
    ]
    _write(paths[2], header, rows)
    return paths


def study_document(study: Study, subject: str = "") -> dict[str, Any]:
    """Return study.json: values by view, their mean, the 16, 17 and 18 segments, timing; unknown numbers are null."""
    strain = study.values("end_systolic_percent")
    document = {
        "subject": subject or None,
        "gls_percent": study.gls_percent,
        "void_because": study.void_because,
        "mean_of_views": list(study.views),
        "views": [asdict(result) for result in study.views.values()],
        "segments": [asdict(result) for result in study.segments.values()],
        "models": {str(model): combined(strain, model) for model in MODELS},
        "mechanical_dispersion_ms": study.mechanical_dispersion_ms,
        "mechanical_dispersion_floor_ms": study.mechanical_dispersion_floor_ms,
        "clips": [
            {
                "name": member.name,
                "view": member.view,
                "gls_percent": member.strain.gls_percent,
                "beats_used": len(member.strain.used),
                "heart_rate_bpm": member.strain.heart_rate_bpm,
                "ed_source": member.strain.phases.ed_source,
                "es_source": member.strain.phases.es_source,
                "mvo_ms": None if member.strain.mvo_s is None else 1000 * member.strain.mvo_s,
                "mvo_source": member.strain.mvo_source,
                "ed_doubt_ms": member.strain.phases.ed_doubt_ms,
                "es_doubt_ms": member.strain.phases.es_doubt_ms,
                "layer": member.strain.layer or None,
                "tracker": member.strain.tracker,
                "void_because": member.strain.void_because,
                "warnings": list(member.strain.warnings),
            }
            for member in study.members
        ],
        "notes": list(study.notes),
        "definitions": {
            "gls_percent": "mean of the views' values; a view's value is the mean over the used beats of its clips",
            "segments": "means over the used beats in which the segment is measured; null when void",
            "models": "apical segments of 16 and 17 segments and the apex are means of those of 18 that have a value",
            "mechanical_dispersion_ms": "standard deviation (n - 1) of the segments' times to peak",
            "mechanical_dispersion_floor_ms": "what the noise of the curves alone would make of it",
        },
        "software": f"EchoTracker {__version__}",
        "use": "research use only",
    }
    found: dict[str, Any] = _plain(document)
    return found


def study_row(study: Study, subject: str) -> dict[str, object]:
    """Return one line of a table over studies: names as `agree` and its documentation use them."""
    row: dict[str, object] = {"subject": subject, "gls_percent": _cell(study.gls_percent)}
    for view in APICAL_VIEWS:
        result = study.views.get(view)
        row[f"gls_{view.lower()}_percent"] = "" if result is None else _cell(result.gls_percent)
    for name in NAMES_18:
        segment = study.segments.get(name)
        value = "" if segment is None else _cell(segment.end_systolic_percent)
        row[f"{name.replace(' ', '_')}_percent"] = value
    row["mechanical_dispersion_ms"] = _cell(study.mechanical_dispersion_ms)
    return row


def _write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _cell(value: float) -> object:
    """Return a number as it is, "" when it is not known."""
    return float(value) if math.isfinite(value) else ""


def _plain(value: Any) -> Any:
    """Return the document with None for numbers that are not finite."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
