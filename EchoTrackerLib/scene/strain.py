"""Strain in the scene: tables, a chart whose axes stand still, and a time cursor that follows the player.

Slicer's table files keep six digits, so the exact measurement is kept beside the curves (`values`).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, NamedTuple, Optional

import numpy as np

from ..i18n import tr as _
from ..strain.pictures.chart import chart_title
from ..strain.pictures.colors import segment_rgb
from ..strain.result import LAGRANGIAN, BeatStrain, Smoothing, Strain, StrainCurve
from ..strain.timing.phases import Phases
from ..strain.values import mean_values
from .clip.cine import cine_nodes
from .mrml import nodes, values

CURVES_ROLE = "strain curves"
VALUES_ROLE = "strain values"
CHART_ROLE = "strain chart"
SERIES_ROLE = "strain series"
MARKS_ROLE = "strain marks"
CURSOR_ROLE = "strain cursor"  # of the table that earlier versions kept apart
ROLES = (CHART_ROLE, SERIES_ROLE, CURSOR_ROLE, MARKS_ROLE, CURVES_ROLE, VALUES_ROLE)

# Column names are stored in scenes and exported tables: never translate.
_TIME = "time (s)"
_STRAIN = "strain (%)"
_CURSOR_TIME, _CURSOR_HEIGHT = "current frame (s)", "height (%)"
_LEGEND_SIZE = 9  # small enough for the corner below the curves' return in a window of 1280 x 800
_GRID_PERCENT = 5.0
_FACTS = (
    *("shown", "drift_compensated", "definition", "unit", "view", "layer", "labels", "excluded", "line"),
    *("point_segments", "tracker", "warnings", "closed", "apex", "apex_source", "heart_rate_bpm", "lost"),
    *("void_because", "spacing_mm", "spacing_source", "time_source"),
)
_GIVEN_FRAMES = "EchoTracker.GivenFrames"
VOID = "\N{EN DASH}"  # what a value that cannot be given is shown as
_BLACK = (0.0, 0.0, 0.0)
_GREY = (0.5, 0.5, 0.5)


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
    chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", nodes.unique_name(scene, f"{name} strain"))
    nodes.mark(chart, CHART_ROLE, clip)
    low, high = _y_range(strain)
    marks = _add_marks(scene, clip, strain, (low, high))
    for series in (*_add_series(scene, clip, curves, strain), *_add_mark_series(scene, clip, marks)):
        chart.AddAndObservePlotSeriesNodeID(series.GetID())
    _style_chart(chart, strain, (low, high))
    return StrainNodes(curves, table, chart)


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
        times = curves.GetTable().GetColumnByName(_TIME)
        if 0 <= frame < times.GetNumberOfTuples():
            _move_cursor(marks[0], times.GetValue(frame))


def frame_at(strain: Strain, time_s: float) -> int:
    """Return the 0-based frame nearest to a time in the chart."""
    return int(np.argmin(np.abs(strain.times_s - time_s)))


def _columns(strain: Strain) -> list[tuple[str, np.ndarray]]:
    """Return (name, values [T]) of the curves' table; the compensated curves unless the name says otherwise."""
    curves = [(_column(curve), curve.percent) for curve in (strain.curve, *strain.segments)]
    return [
        ("frame", np.arange(1, len(strain.times_s) + 1)),
        (_TIME, strain.times_s),
        *curves,
        ("global, drift not compensated (%)", strain.curve.uncompensated_percent),
    ]


def _column(curve: StrainCurve) -> str:
    return f"{curve.name} (%)"


def _fill_values(node: Any, strain: Strain) -> None:
    """Fill the table that the user reads: one row for the wall, one for each segment."""
    import vtk

    rows = []
    for k, curve in enumerate((strain.curve, *strain.segments)):
        read = mean_values(strain, k - 1 if k else None)
        void = bool(strain.void_because) if not k else curve.name in strain.segment_void
        numbers = (
            (strain.gls_percent if not k else strain.segment_percent[curve.name], ".1f"),
            (read.peak_systolic, ".1f"),
            (read.peak, ".1f"),
            (1000 * read.time_to_peak_s, ".0f"),
        )
        cells = (VOID if void or not np.isfinite(value) else f"{value:{form}}" for value, form in numbers)
        rows.append((curve.name, *cells, str(curve.n_points)))
    headers = ("segment", "end-systolic (%)", "peak systolic (%)", "peak (%)", "time to peak (ms)", "points")
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


def _add_series(scene: Any, clip: Any, table: Any, strain: Strain) -> list[Any]:
    """Add global (thick, black) and segments (Okabe-Ito colors and different dashes)."""
    kinds = scene.CreateNodeByClass("vtkMRMLPlotSeriesNode")
    kinds.UnRegister(None)
    dashes = (kinds.LineStyleSolid, kinds.LineStyleDash, kinds.LineStyleDot)
    made = []
    for i, segment in enumerate(strain.segments):
        series = _series(scene, clip, table, segment.name, _column(segment), segment_rgb(segment.name))
        series.SetLineStyle(dashes[i % len(dashes)])
        made.append(series)
    series = _series(scene, clip, table, strain.curve.name, _column(strain.curve), _BLACK)
    series.SetLineWidth(4)
    made.append(series)
    return made


def _add_marks(scene: Any, clip: Any, strain: Strain, height: tuple[float, float]) -> Any:
    """Add the table of what marks the curves: ED and ES, and the line at the current frame."""
    import slicer

    table = nodes.add_helper(scene, "vtkMRMLTableNode", nodes.unique_name(scene, f"{clip.GetName()} {MARKS_ROLE}"))
    nodes.mark(table, MARKS_ROLE, clip)
    frames = [strain.phases.ed, strain.phases.es]
    now = np.repeat(strain.times_s[0], 2)
    columns = [strain.times_s[frames], strain.curve.percent[frames], now, np.array(height)]
    slicer.util.updateTableFromArray(table, columns, [_TIME, _STRAIN, _CURSOR_TIME, _CURSOR_HEIGHT])
    table.SetUseColumnTitleAsColumnHeader(True)
    return table


def _add_mark_series(scene: Any, clip: Any, marks: Any) -> list[Any]:
    """Add ED and ES (diamonds) and the line at the current frame (gray dashes)."""
    phases = _series(scene, clip, marks, "ED, ES", _STRAIN, _BLACK)
    phases.SetLineStyle(phases.LineStyleNone)
    phases.SetMarkerStyle(phases.MarkerStyleDiamond)
    phases.SetMarkerSize(12)
    cursor = _series(scene, clip, marks, _("current frame"), _CURSOR_HEIGHT, _GREY)
    cursor.SetXColumnName(_CURSOR_TIME)
    cursor.SetLineStyle(cursor.LineStyleDash)
    return [phases, cursor]


def _series(scene: Any, clip: Any, table: Any, name: str, column: str, colour: tuple[float, float, float]) -> Any:
    series = nodes.add_hidden(scene, "vtkMRMLPlotSeriesNode", name)
    nodes.mark(series, SERIES_ROLE, clip)
    series.SetAndObserveTableNodeID(table.GetID())
    series.SetXColumnName(_TIME)
    series.SetYColumnName(column)
    series.SetPlotType(series.PlotTypeScatter)
    series.SetMarkerStyle(series.MarkerStyleNone)
    series.SetLineWidth(2)
    series.SetColor(*colour)
    return series


def _move_cursor(table: Any, time_s: float) -> None:
    column = table.GetTable().GetColumnByName(_CURSOR_TIME)
    for row in range(column.GetNumberOfTuples()):
        column.SetValue(row, time_s)
    column.Modified()
    table.GetTable().Modified()


def _style_chart(chart: Any, strain: Strain, y_range: tuple[float, float]) -> None:
    natural = strain.definition != LAGRANGIAN
    title = chart_title(strain)
    if strain.excluded:
        title += _(" (points left out: {count})").format(count=len(strain.excluded))
    chart.SetTitle(title)
    chart.SetXAxisTitle(_TIME)
    chart.SetYAxisTitle("natural strain (%)" if natural else _STRAIN)
    # With automatic ranges the axes would jump with every move of the cursor.
    chart.SetXAxisRangeAuto(False)
    first, last = float(strain.times_s[0]), float(strain.times_s[-1])
    chart.SetXAxisRange(first, last)
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(*y_range)
    chart.SetLegendVisibility(True)
    chart.SetLegendFontSize(_LEGEND_SIZE)


def _y_range(strain: Strain) -> tuple[float, float]:
    """Return the range of all drawn curves and zero, widened to the next grid line."""
    drawn = np.stack([curve.percent for curve in (strain.curve, *strain.segments)])
    known = drawn[np.isfinite(drawn)]
    low, high = float(known.min(initial=0.0)), float(known.max(initial=0.0))
    return (np.floor(low / _GRID_PERCENT) - 0.2) * _GRID_PERCENT, (np.ceil(high / _GRID_PERCENT) + 0.2) * _GRID_PERCENT


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
