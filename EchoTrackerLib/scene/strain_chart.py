"""The strain chart in the scene: axes that stand still, and a time cursor that follows the player."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cine.ecg import Ecg
from ..i18n import tr as _
from ..strain.pictures.chart import ECG_COLOR, chart_title
from ..strain.pictures.colors import hex_rgb, segment_rgb, segment_style
from ..strain.result import LAGRANGIAN, Strain, StrainCurve
from .clip.facts import read_ecg
from .mrml import nodes
from .phase_lines import LINES_HEIGHT, MVO, add_phase_lines
from .phase_marks import HEIGHT, TIME, add_phase_table

CHART_ROLE = "strain chart"
SERIES_ROLE = "strain series"
MARKS_ROLE = "strain marks"
ECG_ROLE = "strain ECG"

# Column names are stored in scenes and exported tables: never translate.
_ECG = "ECG (no scale)"
_CURSOR_TIME, _CURSOR_HEIGHT = "current frame (s)", "height (%)"
_TITLE_SIZE = 12  # so that value, SD and beat can be read in a window of 1280 x 800
_GRID_PERCENT = 5.0
_ECG_ROOM = 0.16  # of the height of the curves, below them
_BLACK = (0.0, 0.0, 0.0)
_GRAY = (0.5, 0.5, 0.5)
_LIGHT = (0.65, 0.65, 0.65)


def curve_column(curve: StrainCurve) -> str:
    """Return the name of a curve's column in the table of curves."""
    return f"{curve.name} (%)"


def add_chart(scene: Any, clip: Any, curves: Any, strain: Strain) -> Any:
    """Add the chart of a table of curves (time in `TIME`, one `curve_column` a curve); return its node."""
    chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", nodes.unique_name(scene, f"{clip.GetName()} strain"))
    nodes.mark(chart, CHART_ROLE, clip)
    ecg, y_range = read_ecg(clip), _y_range(strain)
    if ecg is not None:
        y_range = (y_range[0] - _ECG_ROOM * (y_range[1] - y_range[0]), y_range[1])
    marks = _add_cursor(scene, clip, strain, y_range)
    phases = add_phase_table(scene, clip, strain)
    strip = [] if ecg is None else [_add_ecg(scene, clip, ecg, y_range)]
    lines = _add_line_series(scene, clip, *add_phase_lines(scene, clip, strain, y_range))
    drawn = (*strip, *_add_series(scene, clip, curves, strain), *lines)
    for series in (*drawn, *_add_mark_series(scene, clip, marks, phases)):
        chart.AddAndObservePlotSeriesNodeID(series.GetID())
    _style_chart(chart, strain, y_range)
    return chart


def move_cursor(table: Any, time_s: float) -> None:
    """Move the line at the current frame, in the table of marks; the plot view redraws."""
    column = table.GetTable().GetColumnByName(_CURSOR_TIME)
    for row in range(column.GetNumberOfTuples()):
        column.SetValue(row, time_s)
    column.Modified()
    table.GetTable().Modified()


def _add_series(scene: Any, clip: Any, table: Any, strain: Strain) -> list[Any]:
    """Add global (thick, black) and segments (Okabe-Ito colors and different dashes)."""
    kinds = scene.CreateNodeByClass("vtkMRMLPlotSeriesNode")
    kinds.UnRegister(None)
    dashes = {"-": kinds.LineStyleSolid, "--": kinds.LineStyleDash, ":": kinds.LineStyleDot}
    made = []
    for segment in strain.segments:
        series = _series(scene, clip, table, segment.name, curve_column(segment), segment_rgb(segment.name))
        series.SetLineStyle(dashes[segment_style(segment.name)])
        made.append(series)
    series = _series(scene, clip, table, strain.curve.name, curve_column(strain.curve), _BLACK)
    series.SetLineWidth(4)
    made.append(series)
    return made


def _add_ecg(scene: Any, clip: Any, ecg: Ecg, height: tuple[float, float]) -> Any:
    """Add the ECG as a strip at the lower edge, where it has no scale; return its series."""
    import slicer

    low, high = height
    strip = ecg.within(low + 0.02 * (high - low), low + _ECG_ROOM / (1 + _ECG_ROOM) * (high - low))
    table = nodes.add_helper(scene, "vtkMRMLTableNode", nodes.unique_name(scene, f"{clip.GetName()} {ECG_ROLE}"))
    nodes.mark(table, ECG_ROLE, clip)
    slicer.util.updateTableFromArray(table, [np.array(ecg.times_s), strip], [TIME, _ECG])
    table.SetUseColumnTitleAsColumnHeader(True)
    return _series(scene, clip, table, "ECG", _ECG, hex_rgb(ECG_COLOR))


def _add_cursor(scene: Any, clip: Any, strain: Strain, height: tuple[float, float]) -> Any:
    """Add the table of the line at the current frame."""
    import slicer

    table = nodes.add_helper(scene, "vtkMRMLTableNode", nodes.unique_name(scene, f"{clip.GetName()} {MARKS_ROLE}"))
    nodes.mark(table, MARKS_ROLE, clip)
    now = np.repeat(strain.times_s[0], 2)
    slicer.util.updateTableFromArray(table, [now, np.array(height)], [_CURSOR_TIME, _CURSOR_HEIGHT])
    table.SetUseColumnTitleAsColumnHeader(True)
    return table


def _add_line_series(scene: Any, clip: Any, table: Any, names: list[str]) -> list[Any]:
    """Add the lines at the phases (thin, dashed; dotted at MVO)."""
    made = []
    for name in names:
        series = _series(scene, clip, table, name, LINES_HEIGHT, _LIGHT)
        series.SetXColumnName(name)
        series.SetLineStyle(series.LineStyleDot if name == MVO else series.LineStyleDash)
        series.SetLineWidth(1)
        made.append(series)
    return made


def _add_mark_series(scene: Any, clip: Any, marks: Any, phase_table: Any) -> list[Any]:
    """Add the line at the current frame (gray dashes) and, above all else so that the mouse gets them, ED and ES."""
    cursor = _series(scene, clip, marks, _("current frame"), _CURSOR_HEIGHT, _GRAY)
    cursor.SetXColumnName(_CURSOR_TIME)
    cursor.SetLineStyle(cursor.LineStyleDash)
    phases = _series(scene, clip, phase_table, "ED, ES", HEIGHT, _BLACK)
    phases.SetLineStyle(phases.LineStyleNone)
    phases.SetMarkerStyle(phases.MarkerStyleDiamond)
    phases.SetMarkerSize(12)
    return [cursor, phases]


def _series(scene: Any, clip: Any, table: Any, name: str, column: str, colour: tuple[float, float, float]) -> Any:
    series = nodes.add_hidden(scene, "vtkMRMLPlotSeriesNode", name)
    nodes.mark(series, SERIES_ROLE, clip)
    series.SetAndObserveTableNodeID(table.GetID())
    series.SetXColumnName(TIME)
    series.SetYColumnName(column)
    series.SetPlotType(series.PlotTypeScatter)
    series.SetMarkerStyle(series.MarkerStyleNone)
    series.SetLineWidth(2)
    series.SetColor(*colour)
    return series


def _style_chart(chart: Any, strain: Strain, y_range: tuple[float, float]) -> None:
    natural = strain.definition != LAGRANGIAN
    title = chart_title(strain)
    if strain.excluded:
        title += _(" (points left out: {count})").format(count=len(strain.excluded))
    chart.SetTitle(title)
    chart.SetXAxisTitle(TIME)
    chart.SetYAxisTitle("natural strain (%)" if natural else HEIGHT)
    # With automatic ranges the axes would jump with every move of the cursor.
    chart.SetXAxisRangeAuto(False)
    first, last = float(strain.times_s[0]), float(strain.times_s[-1])
    chart.SetXAxisRange(first, last)
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(*y_range)
    # Of several beats no corner is free of curves, and a legend takes the mouse: the panel says which curve is whose.
    chart.SetLegendVisibility(False)
    chart.SetTitleFontSize(_TITLE_SIZE)
    allow_moves(chart, False)  # else Slicer's own mode "move points" would bend the curves


def allow_moves(chart: Any, on: bool) -> None:
    """Let points of the chart be moved along its time axis, in a view whose mode is to move points; or not."""
    chart.SetEnablePointMoveAlongX(on)
    chart.SetEnablePointMoveAlongY(False)


def _y_range(strain: Strain) -> tuple[float, float]:
    """Return the range of all drawn curves and zero, widened to the next grid line."""
    drawn = np.stack([curve.percent for curve in (strain.curve, *strain.segments)])
    known = drawn[np.isfinite(drawn)]
    low, high = float(known.min(initial=0.0)), float(known.max(initial=0.0))
    return (np.floor(low / _GRID_PERCENT) - 0.2) * _GRID_PERCENT, (np.ceil(high / _GRID_PERCENT) + 0.2) * _GRID_PERCENT
