"""The section "Annotation" by mouse: placing and dragging points."""

from __future__ import annotations

import numpy as np
import pytest
from annotate_host import LANDMARKS, cell, place, states

from EchoTrackerLib.annotation.annotation import State

P, I, T, O = State.PLACED, State.INTERPOLATED, State.TRACKER, State.OCCLUDED  # noqa: E741


def test_clicks_place_the_points_of_the_schema_in_order(desk):
    desk.start(LANDMARKS)
    assert desk.editor.annotation.schema == "Annulus and apex"
    desk.go(4)
    desk.ui.placePointsButton.click()
    assert "Click" in desk.message
    clicks = [(40, 100), (80, 20), (120, 100)]
    for x, y in clicks[:2]:
        desk.bench.click_px(x, y)
    assert desk.ui.pointsTable.currentRow() == 2  # the next one
    desk.bench.click_px(*clicks[2])
    desk.host.settle()
    assert not desk.ui.placePointsButton.checked  # all are placed
    assert "All points" in desk.message
    np.testing.assert_allclose(desk.editor.annotation.positions[:, 4], clicks, atol=1)
    assert (desk.editor.annotation.states[:, 4] == P).all()
    assert desk.editor.annotation.states.sum() == 3  # on this frame only
    assert [cell(desk, row, 1) for row in range(3)] == ["placed"] * 3
    desk.go(5)
    assert [cell(desk, row, 1) for row in range(3)] == [""] * 3
    desk.check()
    desk.host.settle(0.2)
    hidden = desk.scene.GetNodesByName("EchoTracker clicks")
    hidden.UnRegister(None)
    assert hidden.GetNumberOfItems() == 0


def test_free_points_are_added_by_clicks_also_on_later_frames(desk):
    desk.start("free")
    assert desk.editor.annotation.n_points == 0
    desk.ui.placePointsButton.click()
    desk.bench.click_px(40, 60)
    desk.bench.click_px(70, 60)
    assert desk.editor.annotation.labels == ("P1", "P2")
    desk.go(3)  # place mode goes on: the same points on another frame
    desk.host.settle()
    assert desk.ui.placePointsButton.checked
    assert desk.ui.pointsTable.currentRow() == 0  # a new frame begins with the first point
    desk.bench.click_px(42, 61)
    desk.bench.click_px(72, 61)
    assert states(desk, 0) == states(desk, 1) == [P, 0, 0, P] + [0] * 8
    assert not desk.ui.placePointsButton.checked  # both are placed here
    desk.ui.placePointsButton.click()
    desk.bench.click_px(100, 61)  # placing again: a new one
    assert desk.editor.annotation.n_points == 3
    desk.ui.placePointsButton.click()
    assert desk.ui.pointsTable.rowCount == 3
    desk.check()


@pytest.mark.parametrize("going_on", [True, False])
def test_labels_of_a_free_set_do_not_rotate(desk, going_on):
    """The next placing began with the point after the last one."""
    desk.start("free")
    spots = [(30.0 + 12 * k, 40.0 + 5 * k) for k in range(8)]
    desk.ui.placePointsButton.click()
    for spot in spots:
        desk.bench.click_px(*spot)
    for frame in (1, 2, 5):
        if not going_on and desk.ui.placePointsButton.checked:
            desk.ui.placePointsButton.click()
        desk.go(frame)
        if not desk.ui.placePointsButton.checked:
            desk.ui.placePointsButton.click()
        for number, (x, y) in enumerate(spots):
            assert desk.ui.pointsTable.currentRow() == number
            assert f"P{number + 1}," in desk.message
            assert desk.annotation.points.mouse.clicks._node.GetControlPointLabelFormat() == f"P{number + 1}"
            desk.bench.click_px(x + frame, y)
        desk.bench.click_px(140, 20)  # one too many: placing has ended
        assert not desk.ui.placePointsButton.checked
        found = desk.editor.annotation.positions[:, frame]
        assert desk.editor.annotation.n_points == 8
        np.testing.assert_allclose(found, np.add(spots, (frame, 0)), atol=0.7)


def test_the_cycle_of_the_chosen_point_alone_is_copied(desk):
    desk.tracks()
    desk.start("tracks")
    for point in (1, 2):
        for frame in range(3):
            place(desk, point, frame, (20.0 + 10 * point, 30.0 + frame))
    before = desk.editor.annotation
    desk.ui.cycleFirstSpinBox.value, desk.ui.cycleNextSpinBox.value = 1, 4
    desk.ui.pointsTable.selectRow(1)
    assert not desk.ui.everyPointCheckBox.checked
    desk.ui.propagateButton.click()
    after = desk.editor.annotation
    assert (after.states[1, 3:6] == I).all()
    others = [0, 2, 3, 4, 5]
    np.testing.assert_array_equal(after.states[others], before.states[others])
    np.testing.assert_array_equal(after.positions[others], before.positions[others])
    desk.ui.everyPointCheckBox.checked = True
    desk.ui.propagateButton.click()
    assert (desk.editor.annotation.states[2, 3:6] == I).all()
    desk.ui.everyPointCheckBox.checked = False


def test_a_click_beside_the_image_is_refused_and_place_mode_goes_on(desk):
    desk.start(LANDMARKS)
    desk.ui.placePointsButton.click()
    desk.bench.click_px(80, -10)
    assert "beside the image" in desk.message
    assert not desk.editor.annotation.states.any()
    assert desk.ui.placePointsButton.checked
    desk.bench.click_px(50, 60)
    assert desk.editor.annotation.states.sum() == 1


def test_dragging_places_on_this_frame_only_and_stops_playback(desk):
    desk.tracks()
    desk.start("tracks")
    assert (desk.editor.annotation.states == T).all()
    desk.go(5)
    before = desk.editor.annotation.positions.copy()
    x, y = before[2, 5]
    desk.browser.SetPlaybackRateFps(0.1)  # a person hits the point that is seen
    desk.browser.SetPlaybackActive(True)
    desk.drag((x, y), (x + 8, y - 5))
    assert not desk.browser.GetPlaybackActive()
    after = desk.editor.annotation
    np.testing.assert_allclose(after.positions[2, 5], (x + 8, y - 5), atol=0.7)
    assert states(desk, 2) == [T] * 5 + [P] + [T] * 6
    changed = (after.positions != before).any(axis=-1)
    assert np.argwhere(changed).tolist() == [[2, 5]]
    assert desk.ui.pointsTable.currentRow() == 2
    assert cell(desk, 2, 1) == "placed"
    assert cell(desk, 2, 3) == "1"
    desk.check()


def test_clicking_a_point_chooses_it_and_changes_nothing(desk):
    desk.tracks()
    desk.start("tracks")
    before = desk.editor.annotation
    x, y = before.positions[4, 0]  # the point to track lies there too
    desk.host.settle()
    desk.bench.click_px(float(x), float(y))
    assert desk.ui.pointsTable.currentRow() == 4
    assert desk.editor.annotation is before
    assert "put back" not in desk.message
    shown = desk.bench.parameters.points.GetDisplayNode()
    assert not shown.GetVisibility()
    desk.open(False)
    assert shown.GetVisibility()


def test_dragging_out_of_the_image_is_put_back_and_said(desk):
    desk.tracks()
    desk.start("tracks")
    x, y = desk.editor.annotation.positions[2, 0]
    desk.drag((x, y), (x, -6))
    assert "beside the image" in desk.message
    assert not (desk.editor.annotation.states == P).any()
    desk.check()


def test_dragging_the_whole_list_is_put_back_and_said(desk):
    desk.tracks()
    desk.start("tracks")
    desk.go(3)
    proxy = desk.proxy
    for n in range(proxy.GetNumberOfControlPoints()):  # as the middle button does
        at = np.add(proxy.GetNthControlPointPosition(n), (3.0, 3.0, 0.0))
        proxy.SetNthControlPointPosition(n, *at)
    proxy.InvokeCustomModifiedEvent(proxy.PointEndInteractionEvent)
    assert "put back" in desk.message
    assert not (desk.editor.annotation.states == P).any()
    desk.check()


def test_visiting_frames_annotates_nothing(desk):
    desk.start(LANDMARKS)
    place(desk, 1, 3, (50.0, 50.0))
    for frame in (0, 11, 4, 3, 2, 11):
        desk.go(frame)
        desk.host.settle()
    assert desk.stored().states.sum() == 1
    desk.check()
