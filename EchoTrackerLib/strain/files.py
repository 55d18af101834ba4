"""Strain as files: strain.csv, strain.json, strain.png; the schema is in docs/strain.md."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Optional

import numpy as np

from .. import __version__
from ..cine.ecg import Ecg
from ..cine.times import UNKNOWN
from .layers import LayeredStrain
from .result import BeatStrain, Strain, StrainCurve
from .values import (
    CurveValues,
    annular_displacement,
    atrial_values,
    curve_values,
    free_wall_percent,
    mean_values,
    mechanical_dispersion_floor_s,
    mechanical_dispersion_s,
    rotation_deg,
)

_VALUE_NAMES = {
    "peak_systolic": "peak_systolic_percent",
    "positive_peak_systolic": "positive_peak_systolic_percent",
    "peak": "peak_percent",
    "time_to_peak_s": "time_to_peak_s",
    "post_systolic_index": "post_systolic_index_percent",
    "rate_s": "strain_rate_s_per_s",
    "rate_e": "strain_rate_e_per_s",
    "rate_a": "strain_rate_a_per_s",
}


def write_strain(
    folder: Path,
    strain: Strain,
    source: str = "",
    layers: Optional[LayeredStrain] = None,
    ecg: Optional[Ecg] = None,
) -> list[Path]:
    """Write strain.csv, strain.json and strain.png into an existing folder; return their paths.

    Args:
        folder: an existing folder.
        strain: the measurement.
        source: the tracks' file name, for the report; no patient data.
        layers: the other layers of the same file; each gets a file strain-LAYER.csv of its own.
        ecg: of the clip, for the picture.
    """
    from .pictures.chart import save_chart

    paths = [folder / "strain.csv", folder / "strain.json", folder / "strain.png"]
    write_csv(paths[0], strain)
    text = json.dumps(strain_document(strain, source, layers), indent=2, ensure_ascii=False, allow_nan=False)
    paths[1].write_text(text + "\n", encoding="utf-8")
    save_chart(paths[2], strain, ecg=ecg)
    for name, other in layers.others.items() if layers is not None else ():
        paths.append(folder / f"strain-{name}.csv")
        write_csv(paths[-1], other)
    return paths


def write_csv(path: Path, strain: Strain) -> None:
    """Write frame (0-based), time_s, strain_percent, strain_uncompensated_percent, then one column a segment.

    The curves of the shown beat; a void value is an empty cell.
    """
    header = ["frame", "time_s", "strain_percent", "strain_uncompensated_percent"]
    header += [f"{piece.name} percent" for piece in strain.segments]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for t, time_s in enumerate(strain.times_s):
            values = [strain.curve.percent[t], strain.curve.uncompensated_percent[t]]
            values += [piece.percent[t] for piece in strain.segments]
            writer.writerow([t, repr(float(time_s)), *(f"{v:.6f}" if math.isfinite(v) else "" for v in values)])


def strain_document(strain: Strain, source: str = "", layers: Optional[LayeredStrain] = None) -> dict[str, Any]:
    """Return the report: values, beats, phases and how they were found, drift, definitions, what was left out.

    Frames are 0-based; a number that is unknown or void is null, and `void_because` says why.
    """
    phases, times = strain.phases, strain.times_s
    complete = phases.cycle_end is not None
    void = bool(strain.void_because)
    values = mean_values(strain)
    report = {
        **_global_values(strain),
        "void_because": strain.void_because,
        "measure": strain.measure,
        "n_beats_used": len(strain.used),
        "beats": [_beat(number, beat, strain) for number, beat in enumerate(strain.beats)],
        "beat_shown": strain.shown,
        **_named(values, void),
        "peak_frame": values.peak_frame if values.peak_frame >= 0 and not void else None,
        "ed_frame": phases.ed,
        "ed_time_s": float(times[phases.ed]),
        "ed_source": phases.ed_source,
        "ed_found_by": phases.ed_source,
        "ed_doubt_ms": phases.ed_doubt_ms,
        "es_frame": phases.es,
        "es_time_s": float(times[phases.es]),
        "es_source": phases.es_source,
        "es_found_by": phases.es_source,
        "es_doubt_ms": phases.es_doubt_ms,
        "mvo_ms": None if strain.mvo_s is None else 1000 * strain.mvo_s,
        "mvo_source": strain.mvo_source,
        "cycle_end_frame": phases.cycle_end,
        "cycle_end_time_s": float(times[phases.cycle_end]) if complete else None,
        "cycle_end_source": phases.cycle_end_source,
        "cycle_end_found_by": phases.cycle_end_source,
        "contractions_in_clip": phases.n_beats,
        "heart_rate_bpm": strain.heart_rate_bpm,
        "frames_per_second": None if strain.time_source == UNKNOWN else strain.fps,
        "drift_percent": strain.curve.drift_percent,
        "drift_compensated": strain.drift_compensated,
        "length_ed": float(strain.curve.length[phases.ed]),
        "length_es": float(strain.curve.length[phases.es]),
        "length_unit": strain.unit,
        "spacing_mm": None if strain.spacing_mm is None else list(strain.spacing_mm),
        "spacing_source": strain.spacing_source or None,
        "time_source": strain.time_source or None,
        "view": strain.view or None,
        "layer": strain.layer or None,
        "closed_contour": strain.closed,
        "apex_at_percent_of_wall": None if strain.closed else 100 * strain.apex,
        "apex_source": strain.apex_source,
        "segments": [_segment(k, piece, strain) for k, piece in enumerate(strain.segments)],
        "mechanical_dispersion_s": None if void else mechanical_dispersion_s(strain),
        "mechanical_dispersion_floor_s": None if void else mechanical_dispersion_floor_s(strain),
        **_further(strain),
        "smoothing": asdict(strain.smoothing),
        "n_points": len(strain.labels),
        "n_points_excluded": len(strain.excluded),
        "points_excluded": list(strain.excluded),
        "not_tracked": list(strain.lost),
        "tracker": strain.tracker,
        "source": source,
        "definitions": _definitions(strain),
        "warnings": list(strain.warnings),
        "software": f"EchoTracker {__version__}",
        "use": "research use only",
    }
    if layers is not None and layers.others:
        report["layers"] = [_layer(s) for s in (layers.main, *layers.others.values())]
        if layers.transverse_percent is not None:
            across = float(layers.transverse_percent[strain.es])
            report["transverse_end_systolic_percent"] = None if phases.void_because else across
    return {key: _finite(value) for key, value in report.items()}


def _global_values(strain: Strain) -> dict[str, Any]:
    """Return the headline: GLS of a wall, GCS of a closed contour (which has no longitudinal strain)."""
    value, spread = strain.gls_percent, strain.gls_sd_percent
    gls = {"gls_percent": value, "gls_mean_percent": value, "gls_sd_percent": spread}
    if not strain.closed:
        return gls
    return {**dict.fromkeys(gls, None), "gcs_percent": value, "gcs_mean_percent": value, "gcs_sd_percent": spread}


def _beat(number: int, beat: BeatStrain, strain: Strain) -> dict[str, Any]:
    """Return one beat."""
    phases = beat.phases
    name = "gcs_percent" if strain.closed else "gls_percent"
    body = {
        "number": number,
        "ed_frame": phases.ed,
        "es_frame": phases.es,
        "cycle_end_frame": phases.cycle_end,
        "gls_percent": None,
        name: beat.gls_percent,
        "used": beat.used,
        "void_because": beat.void_because,
        "ed_source": phases.ed_source,
        "es_source": phases.es_source,
        "cycle_end_source": phases.cycle_end_source,
        "ed_doubt_ms": phases.ed_doubt_ms,
        "es_doubt_ms": phases.es_doubt_ms,
        "drift_percent": beat.curve.drift_percent,
        **_named(curve_values(beat.curve, phases, strain.times_s), bool(beat.void_because)),
        "segments": {
            piece.name: _finite(
                float("nan") if piece.void_because or phases.void_because else float(piece.percent[phases.es])
            )
            for piece in beat.segments
        },
    }
    return {key: _finite(value) for key, value in body.items()}


def _segment(k: int, piece: StrainCurve, strain: Strain) -> dict[str, Any]:
    """Return one segment's values, means over the used beats."""
    reason = strain.segment_void.get(piece.name, "")
    values = mean_values(strain, k)
    body = {
        "name": piece.name,
        "end_systolic_percent": strain.segment_percent[piece.name],
        "void_because": reason,
        "n_points": piece.n_points,
        "drift_percent": piece.drift_percent,
        **_named(values, bool(reason)),
        "peak_frame": values.peak_frame if values.peak_frame >= 0 and not reason else None,
    }
    return {key: _finite(value) for key, value in body.items()}


def _named(values: CurveValues, void: bool) -> dict[str, Any]:
    numbers = asdict(values)
    return {name: float("nan") if void else numbers[key] for key, name in _VALUE_NAMES.items()}


def _further(strain: Strain) -> dict[str, Any]:
    """Return what only some views have."""
    if strain.closed:
        return {"rotation_deg": _finite(rotation_deg(strain))}
    moved = annular_displacement(strain)
    found: dict[str, Any] = {
        "annular_displacement": {side: _finite(value) for side, value in moved.items()},
        "annular_displacement_unit": strain.unit,
    }
    if strain.view == "RV":
        found.update(rv_free_wall_percent=free_wall_percent(strain), rv_four_chamber_percent=strain.gls_percent)
    if strain.view == "LA":
        atrium = atrial_values(strain)
        found.update({f"la_{name}_percent": value for name, value in asdict(atrium).items()})
    return found


def _layer(strain: Strain) -> dict[str, Any]:
    return {
        "layer": strain.layer,
        **{key: _finite(value) for key, value in _global_values(strain).items()},
        "void_because": strain.void_because,
        "segments": [
            {"name": name, "end_systolic_percent": _finite(value), "void_because": strain.segment_void.get(name, "")}
            for name, value in strain.segment_percent.items()
        ],
    }


def _definitions(strain: Strain) -> Mapping[str, str]:
    """Return the sentences that say what the numbers mean."""
    drift = "a straight line in time from ED (0) to the next ED (its own value) is subtracted from each curve"
    if not strain.drift_compensated:
        drift = "not applied"
    return {
        "strain": strain.definition,
        "length": "of the whole line through the tracked points, in their order",
        "reference": "the tracked line at end-diastole (ED) of the same beat",
        "gls_percent": "value of the global curve at end-systole (ES), mean of the used beats",
        "gls_sd_percent": "standard deviation (n - 1) over the used beats; null for one",
        "used beats": "those that the clip holds from one ED to the next, or whose ED and ES are both given",
        "peak_systolic_percent": "most negative value from ED to ES (most positive where it is longer at ES)",
        "positive_peak_systolic_percent": "most positive value from ED to ES",
        "peak_percent": "most negative value of the cycle (largest change where it is longer at ES)",
        "post_systolic_index_percent": "(peak - end-systolic) / peak * 100 where the peak comes after ES, else 0",
        "time_to_peak_s": "after ED, by a parabola over 60 ms on each side of the peak",
        "mechanical_dispersion_s": "standard deviation (n - 1) of the segments' times to peak strain",
        "mechanical_dispersion_floor_s": "what the curves' own noise alone would make of it",
        "strain_rate": "natural, d ln(L) / dt over 60 ms: s from ED to ES, e and a in the halves of diastole",
        "annular_displacement": "largest displacement of each end of the line towards the apex",
        "segments": "three of equal length at ED from each end of the line to the apex; six of a contour",
        "void": "null, with the reason in void_because: not tracked, rejected, or no complete beat",
        "doubt": "how far a phase may be wrong, ms; half a frame where it is given",
        "drift_compensation": drift,
        "drift_percent": "strain left at the next ED before compensation; null without a complete cycle",
        "frames": "0-based",
        "standard": "Voigt et al., EACVI/ASE/Industry task force, 2015, doi 10.1093/ehjci/jeu184",
    }


def _finite(value: Any) -> Any:
    """Return None for a number that is not finite."""
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value
