"""The section "Annotation" and what it changes outside: zoom, locks, drawn marks, nodes that others remove."""

from __future__ import annotations

import numpy as np
import pytest
from annotate_host import LANDMARKS, place, states

from EchoTrackerLib.annotation.annotation import State
from EchoTrackerLib.errors import BadInput

P, I, T, O = State.PLACED, State.INTERPOLATED, State.TRACKER, State.OCCLUDED  # noqa: E741


def test_zoom_shows_the_point_and_comes_back(desk):
    desk.start(LANDMARKS)
    place(desk, 1, 0, (30.0, 90.0))
    desk.ui.pointsTable.selectRow(1)
    node = desk.scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    before = node.GetFieldOfView()
    at = desk.screen(30, 90)
    desk.ui.zoomButton.click()
    x, y = desk.screen(30, 90)
    width, height, _depth = node.GetDimensions()
    assert abs(x - width / 2) < 3
    assert abs(y - height / 2) < 3
    assert node.GetFieldOfView()[0] == pytest.approx(0.25 * 160 * 0.5)
    desk.host.leaveModule()
    assert node.GetFieldOfView() == before
    assert desk.screen(30, 90) == at
    desk.host.selectModule("EchoTracker")
    assert not desk.ui.zoomButton.checked


def test_points_are_locked_unless_the_section_is_open_and_the_module_shown(desk):
    desk.tracks()
    desk.start("tracks")
    items = [desk.annotation.editors.chosen.GetNthDataNode(k) for k in (0, 7)]

    def locked():
        return {bool(node.GetLocked()) for node in (*items, desk.proxy)}

    assert locked() == {False}
    desk.open(False)
    assert locked() == {True}
    assert desk.annotation.editors.editor is None
    desk.open(True)
    assert locked() == {False}
    desk.host.leaveModule()
    assert locked() == {True}
    marks = desk.scene.GetNodesByName("Annotation marks")
    marks.UnRegister(None)
    assert marks.GetNumberOfItems() == 0
    desk.host.selectModule("EchoTracker")
    assert locked() == {False}
    desk.ui.undoEditButton.click()  # history and journal went on


def test_trails_and_marks_follow_frames_and_edits(desk):
    desk.tracks()
    desk.start("tracks")
    marks = desk.annotation.points._display._marks._marks
    desk.go(6)
    with_trails = marks.GetPolyData().GetNumberOfCells()
    desk.ui.trailSpinBox.value = 0
    assert marks.GetPolyData().GetNumberOfCells() == with_trails - 6
    desk.ui.trailSpinBox.value = 4
    before = marks.GetPolyData().GetNumberOfPoints()
    desk.ui.occludeButton.click()
    assert marks.GetPolyData().GetNumberOfPoints() != before


@pytest.mark.parametrize("what", ["set", "browser", "clip", "everything"])
@pytest.mark.parametrize("placing", [False, True])
def test_nodes_are_removed_at_any_moment(desk, what, placing):
    desk.tracks()
    desk.start("tracks")
    place(desk, 1, 3, (50.0, 50.0))
    if placing:
        desk.ui.placePointsButton.click()
    desk.ui.zoomButton.click()
    browser, sequence = desk.browser, desk.annotation.editors.chosen
    if what == "everything":
        desk.scene.Clear()
    else:
        nodes = {"set": sequence, "browser": browser, "clip": browser.GetMasterSequenceNode()}
        desk.scene.RemoveNode(nodes[what])
        browser.SetSelectedItemNumber(7)
        desk.annotation.points.refresh()
    desk.host.settle(0.2)
    assert desk.editor is None
    assert not desk.ui.placePointsButton.enabled
    assert desk.ui.pointsTable.rowCount == 0
    with pytest.raises(BadInput, match="set first"):
        desk.annotation.points.edits.occlude()
    assert len(desk.journals()) == 1  # what was in no file can be restored


def test_the_point_list_on_screen_is_removed_and_made_again_by_slicer(desk):
    desk.tracks()
    desk.start("tracks")
    place(desk, 1, 3, (50.0, 50.0))
    desk.scene.RemoveNode(desk.proxy)
    desk.go(4)
    desk.host.settle(0.2)
    assert desk.editor is not None
    assert not desk.proxy.GetLocked()
    proxy = desk.proxy
    at = np.add(proxy.GetNthControlPointPosition(2), (3.0, 0.0, 0.0))
    proxy.SetNthControlPointPosition(2, *at)
    proxy.InvokeCustomModifiedEvent(proxy.PointEndInteractionEvent)
    assert states(desk, 2)[4] == P
    desk.check()
