"""Clicks into the strain chart, by mouse: the clip goes to the frame under the mouse."""

from __future__ import annotations

import pytest
from panel_host import make_cine


def x_of(view, seconds: float) -> int:
    """Widget column of a time in the chart."""
    import vtk

    axis = view.chart().GetAxis(vtk.vtkAxis.BOTTOM)
    (x0, _), (x1, _) = axis.GetPoint1(), axis.GetPoint2()
    return round(x0 + (x1 - x0) * (seconds - axis.GetMinimum()) / (axis.GetMaximum() - axis.GetMinimum()))


def test_a_click_anywhere_in_the_chart_shows_that_frame(bench, chart):
    for height in (0.3, 0.7):
        for frame in (3, 14, 20):
            seconds = bench.panel.session.cine().times_s[frame]
            bench.host.click(chart, x_of(chart, seconds), round(height * chart.height))
            assert bench.parameters.browser.GetSelectedItemNumber() == frame


def test_a_click_stops_playback(bench, chart):
    bench.parameters.browser.SetPlaybackActive(True)
    bench.host.click(chart, x_of(chart, 0.2), chart.height // 2)
    assert not bench.parameters.browser.GetPlaybackActive()


def test_drags_and_clicks_beside_the_axes_do_nothing(bench, chart):
    bench.parameters.browser.SetSelectedItemNumber(5)
    left, right = x_of(chart, 0.2), x_of(chart, 0.3)
    bench.host.drag(chart, (left, chart.height // 2), (right, chart.height // 2))
    bench.host.click(chart, 3, chart.height // 2)
    bench.host.click(chart, left, chart.height - 2)
    assert bench.parameters.browser.GetSelectedItemNumber() == 5


def test_a_point_selected_in_the_plot_view_shows_its_frame(bench, chart):
    """Slicer's own selection mode: rows of the curves' table are frames."""
    import vtk

    from EchoTrackerLib.scene import results as study

    chart_node = study.find_results(bench.scene, bench.parameters.browser).strain.chart
    series, rows = vtk.vtkStringArray(), vtk.vtkCollection()
    series.InsertNextValue(chart_node.GetNthPlotSeriesNode(0).GetID())
    ids = vtk.vtkIdTypeArray()
    ids.InsertNextValue(9)
    rows.AddItem(ids)
    chart.dataSelected.emit(series, rows)
    assert bench.parameters.browser.GetSelectedItemNumber() == 9


def test_a_selected_point_does_not_stop_later_clicks(bench, chart):
    """Slicer tells of the selected point again with every later click."""
    import vtk

    chart.draw()
    plot = next(iter(chart._plots))
    ids = vtk.vtkIdTypeArray()
    ids.InsertNextValue(9)
    plot.SetSelection(ids)
    chart._emit_selection()
    assert bench.parameters.browser.GetSelectedItemNumber() == 9
    for frame in (14, 3):
        seconds = bench.panel.session.cine().times_s[frame]
        bench.host.click(chart, x_of(chart, seconds), chart.height // 2)
        bench.host.settle(0.1)
        assert bench.parameters.browser.GetSelectedItemNumber() == frame


def test_nothing_lies_on_the_curves_of_any_number_of_beats_and_the_panel_has_the_key(bench, chart):
    """Of several beats no corner of the chart is free; the curves have the whole width."""
    import vtk

    from EchoTrackerLib.scene.strain import read_strain
    from EchoTrackerLib.strain.pictures.colors import segment_color

    chart.draw()
    assert not chart.chart().GetShowLegend()
    axis = chart.chart().GetAxis(vtk.vtkAxis.BOTTOM)
    assert axis.GetMaximum() == pytest.approx(bench.panel.session.cine().times_s[-1])
    key = bench.ui.resultMessageLabel.text
    segments = read_strain(bench.scene, bench.parameters.browser).segments
    assert len(segments) == 6
    for segment in segments:
        color, name = key.index(segment_color(segment.name)), key.index(segment.name.replace(" ", "&nbsp;"))
        assert 0 < name - color < 40


def test_which_curve_is_whose_is_seen_at_1280_x_800_without_scrolling(bench, chart):
    """It stood far below; at the top of Results it is in the panel, and the table beside the chart says it in words."""
    from PySide6 import QtCore, QtGui

    size = bench.host.window.size
    bench.host.window.resize(1280, 800)
    bench.host.settle(0.2)
    area, label = bench.host.panelScroll, bench.ui.resultMessageLabel
    area.verticalScrollBar().value = 0
    top = label.mapTo(area.viewport(), QtCore.QPoint(0, 0)).y()
    key = QtGui.QTextDocument()
    key.setDefaultFont(label.font)
    key.setTextWidth(label.width)
    key.setHtml("<br>".join(label.text.split("<br>")[:2]))
    assert "basal" in key.toPlainText() and "GLS" in key.toPlainText()
    assert top + key.size.height() <= area.viewport().height
    bench.host.window.resize(size)


def test_the_table_says_in_words_what_each_curve_looks_like(bench, chart):
    from EchoTrackerLib.scene.results import find_results
    from EchoTrackerLib.strain.pictures.colors import hex_rgb

    words = {"blue": "#0072B2", "orange": "#E69F00", "green": "#009E73", "pink": "#CC79A7"}
    words.update({"light blue": "#56B4E9", "red": "#D55E00", "black": "#000000"})
    found = find_results(bench.scene, bench.parameters.browser).strain
    table = found.values.GetTable()
    said = {table.GetValue(r, 0).ToString(): table.GetValue(r, 1).ToString() for r in range(table.GetNumberOfRows())}
    assert len(set(said.values())) == len(said) == 7
    for index in range(found.chart.GetNumberOfPlotSeriesNodes()):
        series = found.chart.GetNthPlotSeriesNode(index)
        line, _space, word = said.pop(series.GetName(), "").partition(" ")
        if word:
            assert series.GetColor() == pytest.approx(hex_rgb(words[word])), word
            styles = {"━━": series.LineStyleSolid, "╍╍": series.LineStyleDash, "┉┉": series.LineStyleDot}
            assert series.GetLineStyle() == styles[line]
    assert not said


def test_a_reload_leaves_nothing_on_the_chart(bench, chart):
    """The layout stays on screen while the panel is made anew; clicks go to the new one only, once."""
    browser, x = bench.parameters.browser, x_of(chart, 0.2)
    before = browser.GetSelectedItemNumber()
    bench.widget.cleanup()
    bench.host.click(chart, x, chart.height // 2)
    assert browser.GetSelectedItemNumber() == before
    assert chart._pythonqt_slots == []
    bench.host.renew()
    assert not bench.host.widget.panel.results._view._clicks._tags


def test_clicks_end_with_the_module(bench, chart):
    bench.panel.results.restore_layout()
    before = bench.parameters.browser.GetSelectedItemNumber()
    bench.host.click(chart, x_of(chart, 0.2), chart.height // 2)
    assert bench.parameters.browser.GetSelectedItemNumber() == before


def test_the_ecg_is_a_strip_below_the_curves_and_stays_with_the_scene(bench, tmp_path):
    import numpy as np

    from EchoTrackerLib.cine.ecg import Ecg
    from EchoTrackerLib.scene.archive import read_scene, save_scene
    from EchoTrackerLib.scene.clip.cine import find_cine_browsers, read_cine
    from EchoTrackerLib.scene.mrml import nodes
    from EchoTrackerLib.scene.mrml.environment import slicer_environment
    from EchoTrackerLib.scene.strain import read_strain
    from EchoTrackerLib.scene.strain_chart import ECG_ROLE

    times = np.arange(100) * 0.004
    ecg = Ecg(tuple(times.round(6).tolist()), tuple(np.sin(9 * times).tolist()), "mV")
    bench.load(make_cine(frames=21, ecg=ecg))
    bench.put()
    bench.track()
    bench.host.settle(0.2)
    strain = read_strain(bench.scene, bench.parameters.browser)
    clip = bench.parameters.browser.GetMasterSequenceNode()
    (table,) = nodes.results_of(bench.scene, clip, ECG_ROLE, "vtkMRMLTableNode")
    heights = [table.GetTable().GetValue(row, 1).ToDouble() for row in range(100)]
    assert max(heights) < float(strain.percent.min()) and np.ptp(heights) > 2
    save_scene(slicer_environment(), tmp_path / "ecg.mrb")
    loaded = read_scene(tmp_path / "ecg.mrb").scene
    (browser,) = find_cine_browsers(loaded)
    assert read_cine(browser).ecg == ecg


def test_upright_lines_stand_at_the_phases_of_every_beat(bench, chart):
    """As in the picture: ED and ES (AVC where it is given), MVO where it is given; out of the mouse's reach."""
    import vtk
    from vtkmodules.util.numpy_support import vtk_to_numpy

    from EchoTrackerLib.scene.strain import read_strain
    from EchoTrackerLib.strain.marks import phase_marks

    def lines():
        chart.draw()
        node = chart.node.GetPlotChartNode()
        series = [node.GetNthPlotSeriesNode(k) for k in range(node.GetNumberOfPlotSeriesNodes())]
        table = {one.GetTableNode() for one in series if one.GetYColumnName() == "line (%)"}
        assert len(table) == 1
        columns = {one.GetName(): one for one in series if one.GetTableNode() in table}
        of = next(iter(table)).GetTable()
        height = vtk_to_numpy(of.GetColumnByName("line (%)"))
        axis = chart.chart().GetAxis(vtk.vtkAxis.LEFT)
        assert (height[::2] * height[1::2] < 0).all()  # across the chart
        assert not ((height > axis.GetMinimum()) & (height < axis.GetMaximum())).any()
        return {name: vtk_to_numpy(of.GetColumnByName(one.GetXColumnName())) for name, one in columns.items()}

    strain = read_strain(bench.scene, bench.parameters.browser)
    found = lines()
    at = sorted({float(strain.times_s[mark.frame]) for mark in phase_marks(strain)})
    assert list(found) == ["ED, ES"] and sorted(set(found["ED, ES"])) == pytest.approx(at)
    assert "upright lines: ED, ES" in bench.ui.resultMessageLabel.text and "MVO" not in bench.ui.resultMessageLabel.text
    bench.ui.closureSpinBox.value = 120
    bench.ui.openingSpinBox.value = 180
    bench.host.settle(0.1)
    found = lines()
    assert list(found) == ["ED, AVC", "MVO"]
    assert found["MVO"] == pytest.approx(at[0] + 0.18)
    assert "ED, AVC, MVO (dotted)" in bench.ui.resultMessageLabel.text
