"""Strain as files: strain.csv, strain.json, strain.png."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import __version__
from .strain import Strain, StrainCurve
from .values import curve_values, mechanical_dispersion_s


def write_strain(folder: Path, strain: Strain, source: str = "") -> list[Path]:
    """Write strain.csv, strain.json and strain.png into an existing folder; return their paths.

    Args:
        folder: an existing folder.
        strain: the measurement.
        source: the tracks' file name, for the report; no patient data.
    """
    from .pictures.chart import save_chart

    paths = [folder / "strain.csv", folder / "strain.json", folder / "strain.png"]
    write_csv(paths[0], strain)
    text = json.dumps(strain_document(strain, source), indent=2, ensure_ascii=False, allow_nan=False)
    paths[1].write_text(text + "\n", encoding="utf-8")
    save_chart(paths[2], strain)
    return paths


def write_csv(path: Path, strain: Strain) -> None:
    """Write frame (0-based), time_s, strain_percent, strain_uncompensated_percent, then one column a segment."""
    header = ["frame", "time_s", "strain_percent", "strain_uncompensated_percent"]
    header += [f"{piece.name} percent" for piece in strain.segments]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for t, time_s in enumerate(strain.times_s):
            values = [strain.curve.percent[t], strain.curve.uncompensated_percent[t]]
            values += [piece.percent[t] for piece in strain.segments]
            writer.writerow([t, repr(float(time_s)), *(f"{value:.6f}" for value in values)])


def strain_document(strain: Strain, source: str = "") -> dict[str, Any]:
    """Return the report: values, phases and how they were found, drift, definitions, what was left out.

    Frames are 0-based; unknown numbers are null.
    """
    phases, times = strain.phases, strain.times_s
    values = curve_values(strain.curve, phases, times)
    complete = phases.cycle_end is not None
    report = {
        "gls_percent": strain.gls_percent,
        "peak_systolic_percent": values.peak_systolic,
        "peak_percent": values.peak,
        "peak_frame": values.peak_frame,
        "time_to_peak_s": values.time_to_peak_s,
        "post_systolic_index_percent": values.post_systolic_index,
        "ed_frame": phases.ed,
        "ed_time_s": float(times[phases.ed]),
        "ed_found_by": phases.ed_source,
        "es_frame": phases.es,
        "es_time_s": float(times[phases.es]),
        "es_found_by": phases.es_source,
        "cycle_end_frame": phases.cycle_end,
        "cycle_end_time_s": float(times[phases.cycle_end]) if complete else None,
        "cycle_end_found_by": phases.cycle_end_source,
        "contractions_in_clip": phases.n_beats,
        "drift_percent": strain.curve.drift_percent,
        "drift_compensated": strain.drift_compensated,
        "length_ed": float(strain.curve.length[phases.ed]),
        "length_es": float(strain.curve.length[phases.es]),
        "length_unit": strain.unit,
        "view": strain.view or None,
        "layer": strain.layer or None,
        "segments": [_segment(piece, strain) for piece in strain.segments],
        "mechanical_dispersion_s": mechanical_dispersion_s(strain),
        "n_points": len(strain.labels),
        "n_points_excluded": len(strain.excluded),
        "points_excluded": list(strain.excluded),
        "tracker": strain.tracker,
        "source": source,
        "definitions": _definitions(strain),
        "warnings": list(strain.warnings),
        "software": f"EchoTracker {__version__}",
        "use": "research use only",
    }
    return {key: _finite(value) for key, value in report.items()}


def _segment(piece: StrainCurve, strain: Strain) -> dict[str, Any]:
    """Return one segment's values."""
    values = asdict(curve_values(piece, strain.phases, strain.times_s))
    body = {"name": piece.name, "n_points": piece.n_points, "drift_percent": piece.drift_percent}
    names = {
        "end_systolic": "end_systolic_percent",
        "peak_systolic": "peak_systolic_percent",
        "positive_peak_systolic": "positive_peak_systolic_percent",
        "peak": "peak_percent",
        "post_systolic_index": "post_systolic_index_percent",
    }
    body.update({names.get(key, key): value for key, value in values.items()})
    return {key: _finite(value) for key, value in body.items()}


def _definitions(strain: Strain) -> dict[str, str]:
    """Return the sentences that say what the numbers mean."""
    drift = "a straight line in time from ED (0) to the next ED (its own value) is subtracted from each curve"
    if not strain.drift_compensated:
        drift = "not applied"
    return {
        "strain": strain.definition,
        "length": "of the whole line through the tracked points, in their order",
        "reference": "the tracked line at end-diastole (ED)",
        "gls_percent": "value of the global curve at end-systole (ES)",
        "peak_systolic_percent": "most negative value from ED to ES",
        "peak_percent": "most negative value of the cycle",
        "post_systolic_index_percent": "(peak - end-systolic) / peak * 100 where the peak comes after ES, else 0",
        "mechanical_dispersion_s": "standard deviation (n - 1) of the segments' times to peak strain",
        "segments": "six pieces of equal length at ED, in order along the wall",
        "drift_compensation": drift,
        "drift_percent": "strain left at the next ED before compensation; null without a complete cycle",
        "frames": "0-based",
        "standard": "Voigt et al., EACVI/ASE/Industry task force, 2015, doi 10.1093/ehjci/jeu184",
    }


def _finite(value: Any) -> Any:
    """Return None for a number that is not finite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
