"""The section "Annotation" by mouse and keyboard: placing, dragging, stepping, undo, re-tracking, locks, zoom."""

from __future__ import annotations

import time

import numpy as np
import pytest
from annotate_host import bench, desk, running_host  # noqa: F401
from panel_host import make_cine

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.panel.shortcuts import SHORTCUTS
from EchoTrackerLib.tracks.annotation import State

P, I, T, O = State.PLACED, State.INTERPOLATED, State.TRACKER, State.OCCLUDED  # noqa: E741
LANDMARKS = "schema:4"  # annulus and apex: three points


def states(desk, point):
    return desk.editor.annotation.states[point].tolist()


def place(desk, point, frame, position):
    desk.go(frame)
    desk.editor.point = point
    desk.editor.place(position)
    desk.annotation.points.refresh()


def cell(desk, row, column):
    return desk.ui.pointsTable.item(row, column).text()


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
    desk.ui.pointsTable.selectRow(0)
    desk.bench.click_px(42, 61)
    desk.bench.click_px(72, 61)
    assert states(desk, 0) == states(desk, 1) == [P, 0, 0, P] + [0] * 8
    desk.bench.click_px(100, 61)  # both are placed here: a new one
    assert desk.editor.annotation.n_points == 3
    desk.ui.placePointsButton.click()
    assert desk.ui.pointsTable.rowCount == 3
    desk.check()


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
    desk.host._played[desk.browser.GetID()] = time.monotonic()
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


def test_every_shortcut_of_the_section(desk):
    desk.start(LANDMARKS)
    place(desk, 0, 1, (40.0, 60.0))
    place(desk, 0, 9, (60.0, 60.0))
    desk.ui.pointsTable.selectRow(0)
    press = desk.host.press
    press("Alt+I")
    assert states(desk, 0) == [0, P] + [I] * 7 + [P, 0, 0]
    press("Alt+J")
    assert desk.bench.panel.session.frame == 1
    press("Alt+K")
    assert desk.bench.panel.session.frame == 9
    press("Alt+,")
    press("Alt+A")
    assert states(desk, 0)[8] == P
    press("Alt+,")
    press("Alt+O")
    assert states(desk, 0)[7] == O
    press("Alt+Z")
    press("Alt+Z")
    assert desk.bench.panel.session.frame == 8  # it shows what it changes
    assert states(desk, 0) == [0, P] + [I] * 7 + [P, 0, 0]
    press("Alt+Shift+Z")
    assert states(desk, 0)[8] == P
    press("Alt+X")
    assert states(desk, 0)[8] == 0
    press("Alt+Shift+A")
    assert states(desk, 0) == [0] + [P] * 7 + [0, P, 0, 0]
    press("Alt+N")
    assert desk.ui.pointsTable.currentRow() == 1
    press("Alt+B")
    press("Alt+B")
    assert desk.ui.pointsTable.currentRow() == 2
    press("Alt+P")
    assert desk.ui.placePointsButton.checked
    assert not desk.bench.ui.placeButton.checked
    press("Alt+P")
    assert not desk.ui.placePointsButton.checked
    press("Alt+L")
    assert desk.ui.zoomButton.checked
    press("Alt+L")
    desk.check()
    desk.host.leaveModule()
    try:
        edited = desk.annotation.desk._editors
        before = [editor.annotation for _sequence, editor in edited.values()]
        for keys, _name, _text in SHORTCUTS:
            press(keys)
        assert [editor.annotation for _sequence, editor in edited.values()] == before
    finally:
        desk.host.selectModule("EchoTracker")


def test_undo_shortcut_acts_where_the_last_change_was(desk):
    desk.start(LANDMARKS)
    place_button = desk.ui.placePointsButton
    place_button.click()
    desk.bench.click_px(50, 60)
    place_button.click()
    desk.bench.put(5)  # the points to track
    desk.host.press("Alt+Z")
    assert desk.bench.panel.points.count() == 0
    assert desk.editor.annotation.states.sum() == 1
    desk.ui.pointsTable.selectRow(0)
    desk.ui.occludeButton.click()
    desk.host.press("Alt+Z")
    desk.host.press("Alt+Z")
    assert desk.editor.annotation.states.sum() == 0
    desk.open(False)  # closed: the shortcuts belong to the points again
    desk.host.press("Alt+Shift+Z")
    assert desk.bench.panel.points.count() == 5


def test_uncertain_frames_are_found_and_accepting_settles_them(desk):
    from dataclasses import replace

    desk.tracks()
    annotation = desk.annotation.sets._from_tracks()
    confidence = annotation.confidence.copy()
    confidence[3, 7] = 0.2
    desk.annotation.sets.add(replace(annotation, confidence=confidence), "doubt")
    desk.ui.nextUncertainButton.click()
    assert (desk.bench.panel.session.frame, desk.ui.pointsTable.currentRow()) == (7, 3)
    desk.ui.acceptPointButton.click()
    desk.go(0)
    desk.ui.nextUncertainButton.click()
    assert "No uncertain frame" in desk.message


def test_all_points_at_once(desk):
    desk.tracks()
    desk.start("tracks")
    desk.go(2)
    desk.ui.everyPointCheckBox.checked = True
    desk.ui.occludeButton.click()
    assert (desk.editor.annotation.states[:, 2] == O).all()
    desk.ui.acceptTrackButton.click()
    assert (np.delete(desk.editor.annotation.states, 2, axis=1) == P).all()
    desk.ui.clearButton.click()
    desk.ui.interpolateButton.click()
    assert (desk.editor.annotation.states[:, 2] == I).all()
    desk.ui.everyPointCheckBox.checked = False
    desk.check()


def test_a_cycle_is_copied_to_the_next_one(desk):
    desk.start(LANDMARKS)
    place(desk, 0, 0, (40.0, 60.0))
    place(desk, 0, 4, (50.0, 60.0))
    desk.ui.pointsTable.selectRow(0)
    desk.ui.interpolateButton.click()
    desk.ui.cycleFirstSpinBox.value, desk.ui.cycleNextSpinBox.value = 1, 6
    desk.ui.propagateButton.click()
    assert states(desk, 0) == [P, I, I, I, P, I, I, I, I, I, 0, 0]
    np.testing.assert_allclose(desk.editor.annotation.positions[0, 9], (50, 60), atol=1e-3)


def test_tracking_again_meets_every_placed_position_and_says_how_long_it_took(desk):
    desk.tracks()
    desk.start("tracks")
    placed = desk.editor.annotation.positions[2, [2, 9]] + (1.5, 0)
    place(desk, 2, 2, tuple(placed[0]))
    place(desk, 2, 9, tuple(placed[1]))
    desk.go(5)
    desk.ui.neighborsSpinBox.value = 1
    desk.ui.retrackButton.click()
    desk.ui.neighborsSpinBox.value = 0
    assert "Tracked again in" in desk.message
    np.testing.assert_allclose(desk.editor.annotation.positions[2, [2, 9]], placed)
    assert states(desk, 2) == [T, T, P] + [T] * 6 + [P, T, T]
    desk.check()


def test_the_clip_is_prepared_in_the_background_and_equals_the_whole(desk):
    from EchoTrackerLib.tracking.retrack import clip_features

    desk.start(LANDMARKS)
    preparation = desk.annotation.points._preparation
    assert desk.host.waitFor(lambda: preparation._features is not None, 20)
    cine = desk.bench.panel.session.cine()
    begun = time.process_time()
    ours = preparation.finish(cine)
    assert time.process_time() - begun < 0.05  # cached
    whole = clip_features(cine)
    assert ours.scale == whole.scale
    for a, b in zip(ours.levels, whole.levels):
        np.testing.assert_array_equal(a, b)


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
    items = [desk.annotation.desk.chosen.GetNthDataNode(k) for k in (0, 7)]

    def locked():
        return {bool(node.GetLocked()) for node in (*items, desk.proxy)}

    assert locked() == {False}
    desk.open(False)
    assert locked() == {True}
    assert desk.annotation.desk.editor is None
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
    marks = desk.annotation.points._screen._marks
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
    browser, sequence = desk.browser, desk.annotation.desk.chosen
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
        desk.annotation.points.occlude()
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


@pytest.mark.slow
def test_a_thousand_edits_are_undone_and_redone(desk):
    desk.tracks()
    desk.start("tracks")
    points, rng = desk.annotation.points, np.random.default_rng(0)
    first = desk.editor.annotation
    for k in range(1000):
        desk.go(int(rng.integers(12)))
        points.choose(int(rng.integers(6)))
        if k % 7 == 6:
            points.occlude()
        elif k % 11 == 10:
            points.clear()
        else:
            desk.editor.place((rng.uniform(5, 150), rng.uniform(5, 110)))
            points.refresh()
    last = desk.editor.annotation
    while desk.editor.can_undo:
        points.undo()
    np.testing.assert_array_equal(desk.editor.annotation.states, first.states)
    np.testing.assert_array_equal(desk.editor.annotation.positions, first.positions)
    desk.check()
    while desk.editor.can_redo:
        points.redo()
    np.testing.assert_array_equal(desk.editor.annotation.states, last.states)
    np.testing.assert_array_equal(desk.editor.annotation.positions, last.positions)
    desk.check()


def test_120_frames_with_100_points_are_stepped_and_edited_fast(desk, capsys):
    """Without rendering: a step under 15 ms, an edit with its journal under 30 ms.

    Processor time in quiet moments (20th percentile): what else the machine does is not measured.
    """
    desk.bench.load(make_cine(120))
    desk.tracks(100)
    desk.start("tracks")
    points = desk.annotation.points
    points._preparation.finish(desk.bench.panel.session.cine())
    steps, edits = [], []

    def timed(action, took):
        begun = time.process_time(), time.perf_counter()
        action()
        took.append((time.process_time() - begun[0], time.perf_counter() - begun[1]))

    def edit():
        desk.editor.place((50.0, 40.0 + desk.editor.point))
        points._after("")

    for k in range(50):
        desk.editor.point = k
        timed(lambda: desk.go(2 * k + 1), steps)  # noqa: B023
        timed(edit, edits)
    (step, step_wall), (change, change_wall) = (1e3 * np.percentile(took, 20, axis=0) for took in (steps, edits))
    with capsys.disabled():
        print(
            f"\npanel, 120 frames x 100 points: step {step:.1f} ms ({step_wall:.1f} on the clock), "
            f"edit with journal {change:.1f} ms ({change_wall:.1f} on the clock)"
        )
    assert step < 15
    assert change < 30
