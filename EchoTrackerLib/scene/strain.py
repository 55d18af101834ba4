"""Strain in the scene: tables, the exact measurement beside them, and the chart made of them.

Slicer's table files keep six digits, so the exact measurement is kept beside the curves (`values`).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, NamedTuple, Optional

import numpy as np

from ..i18n import readable
from ..strain.pictures.colors import WHOLE_LINE, segment_line_in_words
from ..strain.result import BeatStrain, Smoothing, Strain, StrainCurve
from ..strain.timing.phases import Phases
from ..strain.values import mean_values
from .clip.cine import cine_nodes
from .mrml import nodes, values
from .phase_lines import LINES_ROLE
from .phase_marks import PHASES_ROLE, TIME
from .strain_chart import CHART_ROLE, ECG_ROLE, MARKS_ROLE, SERIES_ROLE, add_chart, curve_column, move_cursor

CURVES_ROLE = "strain curves"
VALUES_ROLE = "strain values"
CURSOR_ROLE = "strain cursor"  # of the table that earlier versions kept apart
ROLES = (CHART_ROLE, SERIES_ROLE, CURSOR_ROLE, MARKS_ROLE, PHASES_ROLE, LINES_ROLE, ECG_ROLE, CURVES_ROLE, VALUES_ROLE)

_FACTS = (
    *("shown", "drift_compensated", "definition", "unit", "view", "layer", "labels", "excluded", "line"),
    *("point_segments", "tracker", "warnings", "closed", "apex", "apex_source", "heart_rate_bpm", "lost"),
    *("void_because", "spacing_mm", "spacing_source", "time_source", "mvo_s", "mvo_source"),
)
_GIVEN_FRAMES = "EchoTracker.GivenFrames"
VOID = "\N{EN DASH}"  # what a value that cannot be given is shown as


class StrainNodes(NamedTuple):
    """The nodes a user meets: curves and values as tables, the chart."""

    curves: Any
    values: Any
    chart: Any


def add_strain(scene: Any, browser: Any, strain: Strain) -> StrainNodes:
    """Add a strain measurement of the clip that `browser` plays; return its tables and its chart."""
    import slicer

    clip = cine_nodes(browser).sequence
    name = clip.GetName()
    curves = scene.AddNewNodeByClass("vtkMRMLTableNode", nodes.unique_name(scene, f"{name} strain curves"))
    nodes.mark(curves, CURVES_ROLE, clip)
    slicer.util.updateTableFromArray(
        curves, [column for _n, column in _columns(strain)], [n for n, _c in _columns(strain)]
    )
    curves.SetUseColumnTitleAsColumnHeader(True)
    _write_exact(curves, strain)
    table = scene.AddNewNodeByClass("vtkMRMLTableNode", nodes.unique_name(scene, f"{name} strain values"))
    nodes.mark(table, VALUES_ROLE, clip)
    _fill_values(table, strain)
    return StrainNodes(curves, table, add_chart(scene, clip, curves, strain))


def read_strain(scene: Any, browser: Any) -> Optional[Strain]:
    """Return the strain measurement stored with the clip, every bit of it, or None when there is none."""
    tables = nodes.results_of(scene, browser.GetMasterSequenceNode(), CURVES_ROLE, "vtkMRMLTableNode", True)
    stored = values.read_values(tables[0]) if tables else None
    if stored is None:
        return None
    arrays, facts = stored
    if "beats" not in facts:  # of a version that measured one beat only: it is measured anew
        return None
    rows = iter(range(len(arrays["percent"])))
    beats = tuple(
        _read_beat(arrays, [next(rows) for _name in stored["curves"]], number, stored)
        for number, stored in enumerate(facts.pop("beats"))
    )
    others: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()}
    others["smoothing"] = Smoothing(**others["smoothing"])
    return Strain(times_s=arrays["times_s"], beats=beats, **others)


def _read_beat(arrays: dict[str, np.ndarray], rows: list[int], number: int, stored: dict[str, Any]) -> BeatStrain:
    """Return one beat of the stored measurement, whose curves are these rows of the arrays."""
    curves = [
        StrainCurve(
            name=name,
            percent=arrays["percent"][i],
            uncompensated_percent=arrays["uncompensated_percent"][i],
            length=arrays["length"][i],
            drift_percent=float(arrays["drift_percent"][i]),
            n_points=int(arrays["n_points"][i]),
            void_because=reason,
        )
        for i, (name, reason) in zip(rows, stored["curves"])
    ]
    return BeatStrain(
        phases=Phases(**{**stored["phases"], "warnings": tuple(stored["phases"]["warnings"])}),
        curve=curves[0],
        segments=tuple(curves[1:]),
        motion={name: arrays[f"motion {number} {name}"] for name in stored["motion"]},
        counted=stored["counted"],
        used=stored["used"],
        void_because=stored["void_because"],
    )


def given_frames(browser: Any) -> Optional[tuple[int, int]]:
    """Return the frames (ED, ES) that the user gave for a clip, from 1, 0 for found; None when nothing was given."""
    text = browser.GetMasterSequenceNode().GetAttribute(_GIVEN_FRAMES)
    try:
        ed, es = (int(word) for word in (text or "").split())
    except ValueError:
        return None
    return ed, es


def set_given_frames(browser: Any, ed: int, es: int) -> None:
    """Keep the frames that the user gave with their clip (see `given_frames`)."""
    browser.GetMasterSequenceNode().SetAttribute(_GIVEN_FRAMES, f"{ed} {es}")


def show_frame(scene: Any, browser: Any, frame: int) -> None:
    """Move the time cursor of the clip's chart to a frame (0-based); the plot view redraws, so call it sparingly."""
    clip = browser.GetMasterSequenceNode()
    marks = nodes.results_of(scene, clip, MARKS_ROLE, "vtkMRMLTableNode")
    for curves in nodes.results_of(scene, clip, CURVES_ROLE, "vtkMRMLTableNode") if marks else ():
        times = curves.GetTable().GetColumnByName(TIME)
        if 0 <= frame < times.GetNumberOfTuples():
            move_cursor(marks[0], times.GetValue(frame))


def frame_at(strain: Strain, time_s: float) -> int:
    """Return the 0-based frame nearest to a time in the chart."""
    return int(np.argmin(np.abs(strain.times_s - time_s)))


def _columns(strain: Strain) -> list[tuple[str, np.ndarray]]:
    """Return (name, values [T]) of the curves' table; the compensated curves unless the name says otherwise."""
    curves = [(curve_column(curve), curve.percent) for curve in (strain.curve, *strain.segments)]
    return [
        ("frame", np.arange(1, len(strain.times_s) + 1)),
        (TIME, strain.times_s),
        *curves,
        ("global, drift not compensated (%)", strain.curve.uncompensated_percent),
    ]


def _fill_values(node: Any, strain: Strain) -> None:
    """Fill the table that the user reads: a row for the wall, one for each segment, with what its curve looks like."""
    import vtk

    rows = []
    for k, curve in enumerate((strain.curve, *strain.segments)):
        read = mean_values(strain, k - 1 if k else None)
        void = bool(strain.void_because) if not k else curve.name in strain.segment_void
        numbers = (
            (strain.gls_percent if not k else strain.segment_percent[curve.name], 1),
            (read.peak_systolic, 1),
            (read.peak, 1),
            (1000 * read.time_to_peak_s, 0),
        )
        cells = (VOID if void or not np.isfinite(value) else readable(value, digits) for value, digits in numbers)
        line = segment_line_in_words(curve.name) if k else WHOLE_LINE
        rows.append((curve.name, line, *cells, str(curve.n_points)))
    headers = ("segment", "curve", "end-systolic (%)", "peak systolic (%)", "peak (%)", "time to peak (ms)", "points")
    table = vtk.vtkTable()
    for c, header in enumerate(headers):
        column = vtk.vtkStringArray()
        column.SetName(header)
        for row in rows:
            column.InsertNextValue(row[c])
        table.AddColumn(column)
    node.SetAndObserveTable(table)
    node.SetUseColumnTitleAsColumnHeader(True)
    node.SetLocked(True)


def _write_exact(owner: Any, strain: Strain) -> None:
    curves = [curve for beat in strain.beats for curve in (beat.curve, *beat.segments)]
    arrays = {"times_s": strain.times_s}
    for key in ("percent", "uncompensated_percent", "length", "drift_percent", "n_points"):
        arrays[key] = np.array([getattr(curve, key) for curve in curves])
    beats = []
    for number, beat in enumerate(strain.beats):
        arrays.update({f"motion {number} {name}": curve for name, curve in beat.motion.items()})
        beats.append(
            {
                "phases": asdict(beat.phases),
                "curves": [(curve.name, curve.void_because) for curve in (beat.curve, *beat.segments)],
                "motion": list(beat.motion),
                "counted": beat.counted,
                "used": beat.used,
                "void_because": beat.void_because,
            }
        )
    facts = {
        "beats": beats,
        "smoothing": asdict(strain.smoothing),
        **{key: getattr(strain, key) for key in _FACTS},
    }
    values.write_values(owner, arrays, facts)
