"""The section "Annotation" and what it changes outside: zoom, locks, drawn marks, nodes that others remove."""

from __future__ import annotations

import numpy as np
import pytest
from annotate_host import LANDMARKS, place, states

from EchoTrackerLib.annotation.annotation import State
from EchoTrackerLib.errors import BadInput

P, I, T, O = State.PLACED, State.INTERPOLATED, State.TRACKER, State.OCCLUDED  # noqa: E741


def test_zoom_shows_the_point_and_comes_back(editing):
    editing.start(LANDMARKS)
    place(editing, 1, 0, (30.0, 90.0))
    editing.ui.pointsTable.selectRow(1)
    node = editing.scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    before = node.GetFieldOfView()
    at = editing.screen(30, 90)
    editing.ui.zoomButton.click()
    x, y = editing.screen(30, 90)
    width, height, _depth = node.GetDimensions()
    assert abs(x - width / 2) < 3
    assert abs(y - height / 2) < 3
    assert node.GetFieldOfView()[0] == pytest.approx(0.25 * 160 * 0.5)
    editing.host.leaveModule()
    assert node.GetFieldOfView() == before
    assert editing.screen(30, 90) == at
    editing.host.selectModule("EchoTracker")
    assert not editing.ui.zoomButton.checked


def test_points_are_locked_unless_the_section_is_open_and_the_module_shown(editing):
    editing.tracks()
    editing.start("tracks")
    items = [editing.annotation.editors.chosen.GetNthDataNode(k) for k in (0, 7)]

    def locked():
        return {bool(node.GetLocked()) for node in (*items, editing.proxy)}

    assert locked() == {False}
    editing.open(False)
    assert locked() == {True}
    assert editing.annotation.editors.editor is None
    editing.open(True)
    assert locked() == {False}
    editing.host.leaveModule()
    assert locked() == {True}
    marks = editing.scene.GetNodesByName("Annotation marks")
    marks.UnRegister(None)
    assert marks.GetNumberOfItems() == 0
    editing.host.selectModule("EchoTracker")
    assert locked() == {False}
    editing.ui.undoEditButton.click()  # history and journal went on


def test_trails_and_marks_follow_frames_and_edits(editing):
    editing.tracks()
    editing.start("tracks")
    marks = editing.annotation.points._display._marks._marks
    editing.go(6)
    with_trails = marks.GetPolyData().GetNumberOfCells()
    editing.ui.trailSpinBox.value = 0
    assert marks.GetPolyData().GetNumberOfCells() == with_trails - 6
    editing.ui.trailSpinBox.value = 4
    before = marks.GetPolyData().GetNumberOfPoints()
    editing.ui.occludeButton.click()
    assert marks.GetPolyData().GetNumberOfPoints() != before


@pytest.mark.parametrize("what", ["set", "browser", "clip", "everything"])
@pytest.mark.parametrize("placing", [False, True])
def test_nodes_are_removed_at_any_moment(editing, what, placing):
    editing.tracks()
    editing.start("tracks")
    place(editing, 1, 3, (50.0, 50.0))
    if placing:
        editing.ui.placePointsButton.click()
    editing.ui.zoomButton.click()
    browser, sequence = editing.browser, editing.annotation.editors.chosen
    if what == "everything":
        editing.scene.Clear()
    else:
        nodes = {"set": sequence, "browser": browser, "clip": browser.GetMasterSequenceNode()}
        editing.scene.RemoveNode(nodes[what])
        browser.SetSelectedItemNumber(7)
        editing.annotation.points.refresh()
    editing.host.settle(0.2)
    assert editing.editor is None
    assert not editing.ui.placePointsButton.enabled
    assert editing.ui.pointsTable.rowCount == 0
    with pytest.raises(BadInput, match="set first"):
        editing.annotation.points.edits.occlude()
    assert len(editing.journals()) == 1  # what was in no file can be restored


def test_the_point_list_on_screen_is_removed_and_made_again_by_slicer(editing):
    editing.tracks()
    editing.start("tracks")
    place(editing, 1, 3, (50.0, 50.0))
    editing.scene.RemoveNode(editing.proxy)
    editing.go(4)
    editing.host.settle(0.2)
    assert editing.editor is not None
    assert not editing.proxy.GetLocked()
    proxy = editing.proxy
    at = np.add(proxy.GetNthControlPointPosition(2), (3.0, 0.0, 0.0))
    proxy.SetNthControlPointPosition(2, *at)
    proxy.InvokeCustomModifiedEvent(proxy.PointEndInteractionEvent)
    assert states(editing, 2)[4] == P
    editing.check()
