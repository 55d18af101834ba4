"""The section "Compare": keep, side by side, differences, selection, and everything taken back afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from panel_compared import arrangement, column, differences, displays, row_of, show, ui_of

from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.compare import compared as compare
from EchoTrackerLib.scene.mrml import layout


def test_the_section_is_closed_and_waits_for_two_sets(bench):
    ui = ui_of(bench)
    assert ui.compareSection.collapsed
    assert not ui.keepButton.enabled and not ui.compareButton.enabled
    bench.load()
    bench.put()
    bench.track()
    assert ui.keepButton.enabled and not ui.compareButton.enabled
    ui.keepButton.click()
    assert ui.compareButton.enabled and ui.removeKeptButton.enabled
    assert ui.secondComboBox.currentText == bench.panel.review.reviewed.tracks.tracker
    assert "Kept as" in ui.compareMessageLabel.text


def test_side_by_side_and_back(two):
    ui, before, shown = ui_of(two), arrangement(two), displays(two)
    assert (ui.firstComboBox.currentText, ui.secondComboBox.currentText)[1] == "first"
    ui.compareButton.click()
    two.host.settle(0.3)
    assert arrangement(two) == layout.SIDE_BY_SIDE
    own = study.find_results(two.scene, two.parameters.browser).tracks.proxy.GetDisplayNode()
    kept = compare.find_kept(two.scene, two.parameters.browser)[0]
    other = two.parameters.browser.GetProxyNode(kept).GetDisplayNode()
    assert own.GetViewNodeIDs() == ("vtkMRMLSliceNodeRed",)
    assert other.GetViewNodeIDs() == ("vtkMRMLSliceNodeEchoTrackerComparison",) and other.GetVisibility()
    assert len(differences(two)) == 1
    assert ui.compareTable.rowCount == 18
    ui.compareButton.click()
    two.host.settle(0.1)
    assert arrangement(two) == before
    assert displays(two) == shown
    assert differences(two) == []
    assert ui.compareTable.rowCount == 0 and ui.figuresLabel.text == ""


def test_table_and_figures_are_right_and_follow_the_clip(two):
    import qt

    ui_of(two).compareButton.click()
    show(two, 3)
    off = 8 * 256 / 160
    row = row_of(two, "mid 05")
    assert (row[2], row[4], row[6], row[7]) == (0.0, round(off, 2), 7, 0)
    assert row[5] == 4.0  # mm
    assert "Frame 4" in ui_of(two).figuresLabel.text
    show(two, 10)
    assert row_of(two, "mid 05")[2] == round(off, 2)
    assert sorted(column(two, 2))[-2] == 0.0
    assert "Frame 11" in ui_of(two).figuresLabel.text
    assert f"{100 * 17 / 18:.0f}</td>" in ui_of(two).figuresLabel.text
    ui_of(two).compareTable.sortItems(4, qt.Qt.DescendingOrder)
    assert column(two, 0)[0] == "mid 05"
    show(two, 2)
    assert column(two, 0)[0] == "mid 05"


def test_next_difference_goes_to_the_worst_point_and_around(two):
    ui_of(two).compareButton.click()
    two.host.settle(0.2)
    ui_of(two).nextDifferenceButton.click()
    assert two.panel.compare.selected == 4 and two.panel.session.frame == 6
    for _ in range(17):
        ui_of(two).nextDifferenceButton.click()
    assert two.panel.compare.selected != 4
    ui_of(two).nextDifferenceButton.click()
    assert two.panel.compare.selected == 4
    table = ui_of(two).compareTable
    assert {table.item(i.row(), 0).text() for i in table.selectedItems()} == {"mid 05"}


def test_clicks_into_either_view_select_the_point(two):
    import slicer

    from EchoTrackerLib.scene.mrml import plane

    two.parameters.browser.SetSelectedItemNumber(10)
    ui_of(two).compareButton.click()
    two.host.settle(0.4)
    for name, positions in (
        ("Red", two.panel.compare._comparison.tracks),
        ("EchoTrackerComparison", two.panel.compare._comparison.reference),
    ):
        two.panel.compare._choose(0)
        x, y = positions[4, 10].astype(float)
        ras = plane.pixels_to_world(np.array([[x + 1, y]]), two.panel.session.proxy)[0]
        view = slicer.app.layoutManager().sliceWidget(name).sliceView()
        two.host.click(view, *two.host.viewPosition(name, ras))
        two.host.settle()
        assert two.panel.compare.selected == 4, name


def test_only_one_point_is_ringed(two):
    two.panel.review._choose((2,))
    name = "EchoTracker selected point"
    assert two.scene.GetFirstNodeByName(name) is not None
    two.panel.compare.start()
    two.panel.compare.next_difference()
    two.parameters.browser.SetSelectedItemNumber(9)
    assert two.scene.GetFirstNodeByName(name) is None
    two.panel.compare.stop()
    two.panel.review._choose((2,))
    assert two.scene.GetFirstNodeByName(name) is not None


def test_views_pan_and_zoom_together(two):
    import slicer

    ui_of(two).compareButton.click()
    two.host.settle(0.4)
    red, other = (
        slicer.app.layoutManager().sliceWidget(name).mrmlSliceNode() for name in ("Red", "EchoTrackerComparison")
    )
    field = red.GetFieldOfView()
    red.SetFieldOfView(field[0] / 2, field[1] / 2, field[2])
    red.SetXYZOrigin(7.0, 3.0, 0.0)
    assert other.GetXYZOrigin()[:2] == (7.0, 3.0)
    scales = [node.GetFieldOfView()[0] / node.GetDimensions()[0] for node in (red, other)]
    assert scales[0] == pytest.approx(scales[1])
    other.SetXYZOrigin(-2.0, 1.0, 0.0)
    assert red.GetXYZOrigin()[:2] == (-2.0, 1.0)
    ui_of(two).compareButton.click()
    other.SetXYZOrigin(5.0, 5.0, 0.0)
    assert red.GetXYZOrigin()[:2] == (-2.0, 1.0)


def test_choosing_the_same_set_twice_swaps(two):
    ui = ui_of(two)
    first, second = ui.firstComboBox.currentText, ui.secondComboBox.currentText
    ui.firstComboBox.setCurrentIndex(ui.firstComboBox.findText(second))
    assert (ui.firstComboBox.currentText, ui.secondComboBox.currentText) == (second, first)
