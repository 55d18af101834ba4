"""The section "Annotation" by mouse: placing and dragging points."""

from __future__ import annotations

import numpy as np
import pytest
from annotate_host import LANDMARKS, cell, place, states

from EchoTrackerLib.annotation.annotation import State

P, I, T, O = State.PLACED, State.INTERPOLATED, State.TRACKER, State.OCCLUDED  # noqa: E741


def test_clicks_place_the_points_of_the_schema_in_order(editing):
    editing.start(LANDMARKS)
    assert editing.editor.annotation.schema == "Annulus and apex"
    editing.go(4)
    editing.ui.placePointsButton.click()
    assert "Click" in editing.message
    clicks = [(40, 100), (80, 20), (120, 100)]
    for x, y in clicks[:2]:
        editing.bench.click_px(x, y)
    assert editing.ui.pointsTable.currentRow() == 2  # the next one
    editing.bench.click_px(*clicks[2])
    editing.host.settle()
    assert not editing.ui.placePointsButton.checked  # all are placed
    assert "All points" in editing.message
    np.testing.assert_allclose(editing.editor.annotation.positions[:, 4], clicks, atol=1)
    assert (editing.editor.annotation.states[:, 4] == P).all()
    assert editing.editor.annotation.states.sum() == 3  # on this frame only
    assert [cell(editing, row, 1) for row in range(3)] == ["placed"] * 3
    editing.go(5)
    assert [cell(editing, row, 1) for row in range(3)] == [""] * 3
    editing.check()
    editing.host.settle(0.2)
    hidden = editing.scene.GetNodesByName("EchoTracker clicks")
    hidden.UnRegister(None)
    assert hidden.GetNumberOfItems() == 0


def test_free_points_are_added_by_clicks_also_on_later_frames(editing):
    editing.start("free")
    assert editing.editor.annotation.n_points == 0
    editing.ui.placePointsButton.click()
    editing.bench.click_px(40, 60)
    editing.bench.click_px(70, 60)
    assert editing.editor.annotation.labels == ("P1", "P2")
    editing.go(3)  # place mode goes on: the same points on another frame
    editing.host.settle()
    assert editing.ui.placePointsButton.checked
    assert editing.ui.pointsTable.currentRow() == 0  # a new frame begins with the first point
    editing.bench.click_px(42, 61)
    editing.bench.click_px(72, 61)
    assert states(editing, 0) == states(editing, 1) == [P, 0, 0, P] + [0] * 8
    assert not editing.ui.placePointsButton.checked  # both are placed here
    editing.ui.placePointsButton.click()
    editing.bench.click_px(100, 61)  # placing again: a new one
    assert editing.editor.annotation.n_points == 3
    editing.ui.placePointsButton.click()
    assert editing.ui.pointsTable.rowCount == 3
    editing.check()


@pytest.mark.parametrize("going_on", [True, False])
def test_labels_of_a_free_set_do_not_rotate(editing, going_on):
    """The next placing began with the point after the last one."""
    editing.start("free")
    spots = [(30.0 + 12 * k, 40.0 + 5 * k) for k in range(8)]
    editing.ui.placePointsButton.click()
    for spot in spots:
        editing.bench.click_px(*spot)
    for frame in (1, 2, 5):
        if not going_on and editing.ui.placePointsButton.checked:
            editing.ui.placePointsButton.click()
        editing.go(frame)
        if not editing.ui.placePointsButton.checked:
            editing.ui.placePointsButton.click()
        for number, (x, y) in enumerate(spots):
            assert editing.ui.pointsTable.currentRow() == number
            assert f"P{number + 1}," in editing.message
            assert editing.annotation.points.mouse.clicks._node.GetControlPointLabelFormat() == f"P{number + 1}"
            editing.bench.click_px(x + frame, y)
        editing.bench.click_px(140, 20)  # one too many: placing has ended
        assert not editing.ui.placePointsButton.checked
        found = editing.editor.annotation.positions[:, frame]
        assert editing.editor.annotation.n_points == 8
        np.testing.assert_allclose(found, np.add(spots, (frame, 0)), atol=0.7)


def test_the_cycle_of_the_chosen_point_alone_is_copied(editing):
    editing.tracks()
    editing.start("tracks")
    for point in (1, 2):
        for frame in range(3):
            place(editing, point, frame, (20.0 + 10 * point, 30.0 + frame))
    before = editing.editor.annotation
    editing.ui.cycleFirstSpinBox.value, editing.ui.cycleNextSpinBox.value = 1, 4
    editing.ui.pointsTable.selectRow(1)
    assert not editing.ui.everyPointCheckBox.checked
    editing.ui.propagateButton.click()
    after = editing.editor.annotation
    assert (after.states[1, 3:6] == I).all()
    others = [0, 2, 3, 4, 5]
    np.testing.assert_array_equal(after.states[others], before.states[others])
    np.testing.assert_array_equal(after.positions[others], before.positions[others])
    editing.ui.everyPointCheckBox.checked = True
    editing.ui.propagateButton.click()
    assert (editing.editor.annotation.states[2, 3:6] == I).all()
    editing.ui.everyPointCheckBox.checked = False


def test_a_click_beside_the_image_is_refused_and_place_mode_goes_on(editing):
    editing.start(LANDMARKS)
    editing.ui.placePointsButton.click()
    editing.bench.click_px(80, -10)
    assert "beside the image" in editing.message
    assert not editing.editor.annotation.states.any()
    assert editing.ui.placePointsButton.checked
    editing.bench.click_px(50, 60)
    assert editing.editor.annotation.states.sum() == 1


def test_dragging_places_on_this_frame_only_and_stops_playback(editing):
    editing.tracks()
    editing.start("tracks")
    assert (editing.editor.annotation.states == T).all()
    editing.go(5)
    before = editing.editor.annotation.positions.copy()
    x, y = before[2, 5]
    editing.browser.SetPlaybackRateFps(0.1)  # a person hits the point that is seen
    editing.browser.SetPlaybackActive(True)
    editing.drag((x, y), (x + 8, y - 5))
    assert not editing.browser.GetPlaybackActive()
    after = editing.editor.annotation
    np.testing.assert_allclose(after.positions[2, 5], (x + 8, y - 5), atol=0.7)
    assert states(editing, 2) == [T] * 5 + [P] + [T] * 6
    changed = (after.positions != before).any(axis=-1)
    assert np.argwhere(changed).tolist() == [[2, 5]]
    assert editing.ui.pointsTable.currentRow() == 2
    assert cell(editing, 2, 1) == "placed"
    assert cell(editing, 2, 3) == "1"
    editing.check()


def test_clicking_a_point_chooses_it_and_changes_nothing(editing):
    editing.tracks()
    editing.start("tracks")
    before = editing.editor.annotation
    x, y = before.positions[4, 0]  # the point to track lies there too
    editing.host.settle()
    editing.bench.click_px(float(x), float(y))
    assert editing.ui.pointsTable.currentRow() == 4
    assert editing.editor.annotation is before
    assert "put back" not in editing.message
    shown = editing.bench.parameters.points.GetDisplayNode()
    assert not shown.GetVisibility()
    editing.open(False)
    assert shown.GetVisibility()


def test_dragging_out_of_the_image_is_put_back_and_said(editing):
    editing.tracks()
    editing.start("tracks")
    x, y = editing.editor.annotation.positions[2, 0]
    editing.drag((x, y), (x, -6))
    assert "beside the image" in editing.message
    assert not (editing.editor.annotation.states == P).any()
    editing.check()


def test_dragging_the_whole_list_is_put_back_and_said(editing):
    editing.tracks()
    editing.start("tracks")
    editing.go(3)
    proxy = editing.proxy
    for n in range(proxy.GetNumberOfControlPoints()):  # as the middle button does
        at = np.add(proxy.GetNthControlPointPosition(n), (3.0, 3.0, 0.0))
        proxy.SetNthControlPointPosition(n, *at)
    proxy.InvokeCustomModifiedEvent(proxy.PointEndInteractionEvent)
    assert "put back" in editing.message
    assert not (editing.editor.annotation.states == P).any()
    editing.check()


def test_visiting_frames_annotates_nothing(editing):
    editing.start(LANDMARKS)
    place(editing, 1, 3, (50.0, 50.0))
    for frame in (0, 11, 4, 3, 2, 11):
        editing.go(frame)
        editing.host.settle()
    assert editing.stored().states.sum() == 1
    editing.check()


def test_the_list_of_clicks_outlives_the_click_that_ends_placing(editing):
    """Slicer is not done with the click when it tells of it."""
    editing.start(LANDMARKS)
    editing.ui.placePointsButton.click()
    node, there = editing.annotation.points.mouse.clicks._node, []
    after_us = -1.0  # priority
    node.AddObserver(node.PointPositionDefinedEvent, lambda *_: there.append(node.GetScene() is not None), after_us)
    for x, y in ((30, 60), (60, 30), (90, 60)):
        editing.bench.click_px(x, y)
    assert len(there) >= 3 and all(there)
    assert editing.host.waitFor(lambda: node.GetScene() is None, 20)
    assert not editing.ui.placePointsButton.checked
