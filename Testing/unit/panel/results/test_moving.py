"""ED and ES dragged in the strain chart by mouse, and beats left out: each clip its own, saved, taken back."""

from __future__ import annotations

import numpy as np
import pytest
from panel_host import make_cine

from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.phase_marks import PHASES_ROLE
from EchoTrackerLib.scene.strain import read_strain
from EchoTrackerLib.strain.timing.sources import GIVEN


def track_beats(bench, beats: int, frames: int = 21) -> None:
    """Track a wall that beats so many times, each beat stronger than the one before."""
    count = beats * (frames - 1) + 1
    bench.load(make_cine(frames=count, times_s=np.arange(count) * 0.04))
    bench.put()
    bench.start()
    points = bench.runner.job.points
    centre = points.mean(axis=0)
    x = np.arange(count) / (frames - 1)
    size = 1 - (0.1 + 0.04 * np.minimum(np.floor(x), beats - 1)) * np.sin(np.pi * np.mod(x, 1.0)) ** 2
    bench.runner.finish(centre + (points - centre)[:, None] * size[None, :, None])
    bench.host.settle(0.2)


def strain_of(bench):
    return read_strain(bench.scene, bench.parameters.browser)


def place(view, seconds: float, percent: float) -> tuple[int, int]:
    """Widget position of a point of the chart."""
    import vtk

    view.draw()
    bottom, left = view.chart().GetAxis(vtk.vtkAxis.BOTTOM), view.chart().GetAxis(vtk.vtkAxis.LEFT)
    (x0, y0), (x1, y1) = bottom.GetPoint1(), (bottom.GetPoint2()[0], left.GetPoint2()[1])
    x = x0 + (x1 - x0) * (seconds - bottom.GetMinimum()) / (bottom.GetMaximum() - bottom.GetMinimum())
    y = y0 + (y1 - y0) * (percent - left.GetMinimum()) / (left.GetMaximum() - left.GetMinimum())
    return round(x), round(view.height - y)


def drag(bench, view, frame: int, to: float, percent: float | None = None) -> None:
    """Drag the point of the global curve at a frame to a time in frames."""
    strain = strain_of(bench)
    height = float(strain.percent[frame]) if percent is None else percent
    step = float(strain.times_s[1] - strain.times_s[0])
    bench.host.drag(view, place(view, frame * step, height), place(view, to * step, height - 3))
    bench.host.settle(0.2)


def test_end_systole_is_dragged_to_the_nearest_frame_and_is_the_users(bench, chart):
    found = strain_of(bench)
    bench.ui.movePhasesButton.click()
    drag(bench, chart, found.es, found.es - 3.3)
    moved = strain_of(bench)
    assert (moved.es, moved.phases.es_source) == (found.es - 3, GIVEN)
    assert bench.parameters.esFrame == moved.es + 1
    assert moved.gls_percent == pytest.approx(float(found.percent[moved.es]), abs=0.3)
    assert bench.ui.movePhasesButton.checked  # the new chart's diamonds can be dragged as well
    drag(bench, chart, moved.es, moved.es + 1)
    assert strain_of(bench).es == moved.es + 1


def test_a_move_is_taken_back_and_repeated(bench, chart):
    found = strain_of(bench).es
    bench.ui.movePhasesButton.click()
    drag(bench, chart, found, found - 3)
    bench.panel._undo()
    assert (strain_of(bench).es, bench.parameters.esFrame) == (found, 0)
    bench.panel._redo()
    assert strain_of(bench).es == found - 3
    bench.ui.findPhasesButton.click()
    assert strain_of(bench).es == found


def test_a_curves_point_is_put_back(bench, chart):
    bench.ui.movePhasesButton.click()
    found = strain_of(bench)
    curves = study.find_results(bench.scene, bench.parameters.browser).strain.curves
    frame = found.es // 2
    drag(bench, chart, frame, frame + 2)
    column = curves.GetTable().GetColumnByName("time (s)")
    assert [column.GetValue(row) for row in range(21)] == pytest.approx(found.times_s)
    assert (strain_of(bench).ed, strain_of(bench).es) == (found.ed, found.es)


def test_nothing_moves_while_the_button_is_up_and_the_views_mode_is_as_before(bench, chart):
    node, found = chart.node, strain_of(bench)
    node.SetInteractionMode(node.InteractionModeSelectPoints)
    bench.ui.movePhasesButton.click()
    assert node.GetInteractionMode() == node.InteractionModeMovePoints
    bench.ui.movePhasesButton.click()
    assert node.GetInteractionMode() == node.InteractionModeSelectPoints
    node.SetInteractionMode(node.InteractionModeMovePoints)  # Slicer's own, chosen in the plot view's controller
    drag(bench, chart, found.es, found.es - 3)
    table = bench.scene.GetFirstNodeByName(f"clip {PHASES_ROLE}").GetTable()
    times = [table.GetValue(row, 0).ToDouble() for row in range(table.GetNumberOfRows())]
    assert float(found.times_s[found.es]) in times and strain_of(bench).es == found.es


def test_a_chart_of_an_earlier_version_is_drawn_anew(bench, chart):
    from EchoTrackerLib.scene.phase_marks import has_marks

    (table,) = [t for t in bench.scene.GetNodesByClass("vtkMRMLTableNode") if PHASES_ROLE in t.GetName()]
    bench.scene.RemoveNode(table)
    assert not has_marks(bench.scene, bench.parameters.browser)
    bench.ui.movePhasesButton.click()
    assert has_marks(bench.scene, bench.parameters.browser)
    found = strain_of(bench)
    drag(bench, chart, found.es, found.es - 2)
    assert strain_of(bench).es == found.es - 2


def test_phases_out_of_order_are_refused(bench, chart, monkeypatch):
    import slicer

    said = []
    monkeypatch.setattr(slicer.util, "warningDisplay", lambda text, **_more: said.append(text))
    track_beats(bench, 2)
    bench.ui.movePhasesButton.click()
    found = strain_of(bench)
    second = found.beats[1].phases
    drag(bench, chart, second.es, found.beats[0].phases.es)
    assert "must follow each other" in said[0]
    assert [b.phases.es for b in strain_of(bench).beats] == [b.phases.es for b in found.beats]


def test_of_several_beats_only_the_moved_phase_is_the_users(bench, chart):
    track_beats(bench, 3)
    found = strain_of(bench)
    assert len(found.used) == 3
    bench.ui.movePhasesButton.click()
    border = found.beats[1].phases.ed
    drag(bench, chart, border, border + 2)
    moved = strain_of(bench)
    assert [b.phases.ed for b in moved.beats] == [found.beats[0].phases.ed, border + 2, found.beats[2].phases.ed]
    assert moved.beats[0].phases.cycle_end == border + 2
    assert [b.phases.ed_source == GIVEN for b in moved.beats] == [False, True, False]
    assert (bench.parameters.edFrame, bench.parameters.esFrame) == (0, 0)
    first = bench.parameters.browser
    bench.load(make_cine(frames=21))
    bench.parameters.browser = first
    bench.ui.strainButton.click()
    assert strain_of(bench).beats[1].phases.ed == border + 2


def check(bench, row: int, on: bool) -> None:
    import qt

    bench.ui.beatsTable.item(row, 0).setCheckState(qt.Qt.Checked if on else qt.Qt.Unchecked)
    bench.host.settle(0.1)


def test_a_beat_is_left_out_and_taken_in_again(bench, chart):
    track_beats(bench, 3)
    values = [b.gls_percent for b in strain_of(bench).beats]
    assert bench.ui.beatsTable.visible and bench.ui.beatsTable.rowCount == 3
    check(bench, 1, False)
    strain = strain_of(bench)
    assert [b.used for b in strain.beats] == [True, False, True]
    assert strain.gls_percent == pytest.approx((values[0] + values[2]) / 2)
    assert strain.gls_sd_percent == pytest.approx(np.std([values[0], values[2]], ddof=1))
    assert "mean of 2 beats" in bench.ui.resultMessageLabel.text
    bench.ui.strainButton.click()  # it stays with the clip
    assert len(strain_of(bench).used) == 2
    bench.panel._undo()
    assert len(strain_of(bench).used) == 3
    bench.panel._redo()
    check(bench, 1, True)
    assert strain_of(bench).gls_percent == pytest.approx(np.mean(values))


def test_without_any_beat_there_is_no_value_and_the_reason(bench, chart):
    track_beats(bench, 2)
    check(bench, 0, False)
    check(bench, 1, False)
    strain = strain_of(bench)
    assert np.isnan(strain.gls_percent) and "left out" in strain.void_because
    check(bench, 1, True)
    assert len(strain_of(bench).used) == 1


def test_beats_left_out_are_in_the_exports(bench, chart, tmp_path):
    import json

    from EchoTrackerLib.panel.results.export import export_results

    track_beats(bench, 3)
    check(bench, 0, False)
    export_results(bench.scene, bench.parameters.browser, bench.panel.session.cine(), tmp_path)
    written = json.loads((tmp_path / "strain.json").read_text(encoding="utf-8"))
    assert [beat["used"] for beat in written["beats"]] == [False, True, True] and written["n_beats_used"] == 2


def test_one_beat_needs_no_table(bench, chart):
    assert not bench.ui.beatsTable.visible


def test_beats_and_moved_phases_are_saved_with_the_scene(bench, chart, tmp_path):
    from EchoTrackerLib.scene.archive import read_scene, save_scene
    from EchoTrackerLib.scene.clip.cine import find_cine_browsers
    from EchoTrackerLib.scene.given import given
    from EchoTrackerLib.scene.mrml.environment import slicer_environment

    track_beats(bench, 3)
    bench.ui.movePhasesButton.click()
    border = strain_of(bench).beats[1].phases.ed
    drag(bench, chart, border, border + 2)
    check(bench, 0, False)
    before = strain_of(bench)
    save_scene(slicer_environment(), tmp_path / "beats.mrb")
    loaded = read_scene(tmp_path / "beats.mrb").scene
    browser = next(b for b in find_cine_browsers(loaded) if given(b).moved)
    assert given(browser) == given(bench.parameters.browser)
    assert [b.used for b in read_strain(loaded, browser).beats] == [b.used for b in before.beats]
