"""The section "Annotation": shortcuts, undo, stepping, accepting, copying, tracking again, naming."""

from __future__ import annotations

import time

import numpy as np
from annotate_host import LANDMARKS, cell, place, states

from EchoTrackerLib.annotation.annotation import State
from EchoTrackerLib.annotation.journal import read_journal
from EchoTrackerLib.panel.qt.shortcuts import SHORTCUTS

P, I, T, O = State.PLACED, State.INTERPOLATED, State.TRACKER, State.OCCLUDED  # noqa: E741


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
        edited = desk.annotation.editors._editors
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
    assert "Tracking again" in desk.message  # beside the window
    assert desk.host.waitFor(lambda: "Tracked again in" in desk.message, 60)
    desk.ui.neighborsSpinBox.value = 0
    np.testing.assert_allclose(desk.editor.annotation.positions[2, [2, 9]], placed)
    assert states(desk, 2) == [T, T, P] + [T] * 6 + [P, T, T]
    desk.check()


def test_the_clip_is_prepared_in_the_background_and_equals_the_whole(desk):
    from EchoTrackerLib.tracking.retrack import clip_features

    desk.start(LANDMARKS)
    preparation = desk.annotation.points.retracking.preparation
    assert desk.host.waitFor(lambda: preparation._features is not None, 20)
    cine = desk.bench.panel.session.cine()
    begun = time.process_time()
    ours = preparation._features
    assert list(preparation.steps(cine)) == []  # nothing left to do
    assert time.process_time() - begun < 0.05
    whole = clip_features(cine)
    assert ours.scale == whole.scale
    for a, b in zip(ours.levels, whole.levels):
        np.testing.assert_array_equal(a.images, b.images)


def test_points_are_named_and_given_segments_but_not_those_of_a_schema(desk, monkeypatch):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "warningDisplay", lambda text, **_more: told.append(text))
    desk.start("free")
    desk.editor.add_point("P1")
    desk.editor.add_point("P2")
    place(desk, 1, 4, (40.0, 60.0))
    table = desk.ui.pointsTable
    table.item(1, 0).setText(" hinge ")
    table.item(1, 4).setText("basal")
    assert desk.editor.annotation.labels == desk.stored().labels == ("P1", "hinge")
    assert desk.stored().segments == ("", "basal")
    assert desk.proxy.GetNthControlPointLabel(1) == "hinge"
    desk.check()
    for refused, why in (("P1", "same name"), ("", "needs a name")):
        table.item(1, 0).setText(refused)
        assert why in told[-1]
        assert cell(desk, 1, 0) == "hinge"
    desk.editor._journal.close()
    recovered = read_journal(desk.journals()[0]).annotation
    assert (recovered.labels, recovered.segments) == (("P1", "hinge"), ("", "basal"))
    desk.start(LANDMARKS)
    desk.ui.pointsTable.item(1, 0).setText("other")
    assert "follow the schema" in told[-1]
    assert cell(desk, 1, 0) == "apex"


def test_all_gaps_of_all_points_are_tracked_beside_the_window(desk):
    """Track again filled the gap around the frame on screen only, for nine neighbors at most, and the window waited."""
    desk.tracks(12)
    desk.start("tracks")
    for point in range(12):
        for frame in (2, 6, 9):
            place(desk, point, frame, tuple(desk.editor.annotation.positions[point, frame] + (1.0, 0.0)))
    desk.go(5)
    before = desk.editor.annotation
    desk.ui.everyPointCheckBox.checked = True
    desk.ui.retrackButton.click()
    desk.ui.everyPointCheckBox.checked = False
    assert desk.editor.annotation is before  # the window did not wait
    assert desk.host.waitFor(lambda: "Tracked again in" in desk.message, 60)
    for point in range(12):
        assert states(desk, point) == [T, T, P, T, T, T, P, T, T, P, T, T]
    assert (np.abs(desk.editor.annotation.positions - before.positions).max(axis=(1, 2)) > 0.2).all()
    desk.ui.undoEditButton.click()  # one step
    np.testing.assert_array_equal(desk.editor.annotation.states, before.states)


def test_an_edit_meanwhile_ends_it_and_stays(desk):
    desk.tracks()
    desk.start("tracks")
    place(desk, 2, 2, tuple(desk.editor.annotation.positions[2, 2]))
    assert desk.host.waitFor(lambda: desk.annotation.points.retracking.preparation._features is not None, 20)
    desk.ui.everyPointCheckBox.checked = True
    desk.ui.retrackButton.click()
    desk.ui.everyPointCheckBox.checked = False
    assert desk.host.waitFor(lambda: "%" in desk.message, 20)  # the first point is done
    place(desk, 1, 4, (40.0, 50.0))
    now = desk.editor.annotation
    assert desk.host.waitFor(lambda: "edited while" in desk.message, 60)
    assert desk.editor.annotation is now


def test_undo_chooses_the_point_that_it_changes(desk):
    desk.start(LANDMARKS)
    place(desk, 1, 3, (40, 50))
    desk.editor.point = 0
    desk.ui.undoEditButton.click()
    assert desk.editor.point == 1
    desk.editor.point = 2
    desk.ui.redoEditButton.click()
    assert desk.editor.point == 1


def test_keys_go_ten_frames_on_and_back(desk):
    desk.start(LANDMARKS)
    desk.go(0)
    desk.host.press("Alt+PgDown")
    assert desk.browser.GetSelectedItemNumber() == 10
    desk.host.press("Alt+PgUp")
    assert desk.browser.GetSelectedItemNumber() == 0
