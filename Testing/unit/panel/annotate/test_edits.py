"""The section "Annotation": shortcuts, undo, stepping, accepting, copying, tracking again, naming."""

from __future__ import annotations

import time

import numpy as np
import pytest
from annotate_host import LANDMARKS, cell, place, states

from EchoTrackerLib.annotation.annotation import State
from EchoTrackerLib.annotation.journal import read_journal
from EchoTrackerLib.panel.qt.shortcuts import SHORTCUTS

P, I, T, O = State.PLACED, State.INTERPOLATED, State.TRACKER, State.OCCLUDED  # noqa: E741


def test_every_shortcut_of_the_section(editing):
    editing.start(LANDMARKS)
    place(editing, 0, 1, (40.0, 60.0))
    place(editing, 0, 9, (60.0, 60.0))
    editing.ui.pointsTable.selectRow(0)
    press = editing.host.press
    press("Alt+I")
    assert states(editing, 0) == [0, P] + [I] * 7 + [P, 0, 0]
    press("Alt+J")
    assert editing.bench.panel.session.frame == 1
    press("Alt+K")
    assert editing.bench.panel.session.frame == 9
    press("Alt+,")
    press("Alt+A")
    assert states(editing, 0)[8] == P
    press("Alt+,")
    press("Alt+O")
    assert states(editing, 0)[7] == O
    press("Alt+Z")
    press("Alt+Z")
    assert editing.bench.panel.session.frame == 8  # it shows what it changes
    assert states(editing, 0) == [0, P] + [I] * 7 + [P, 0, 0]
    press("Alt+Shift+Z")
    assert states(editing, 0)[8] == P
    press("Alt+X")
    assert states(editing, 0)[8] == 0
    press("Alt+Shift+A")
    assert states(editing, 0) == [0] + [P] * 7 + [0, P, 0, 0]
    press("Alt+N")
    assert editing.ui.pointsTable.currentRow() == 1
    press("Alt+B")
    press("Alt+B")
    assert editing.ui.pointsTable.currentRow() == 2
    press("Alt+P")
    assert editing.ui.placePointsButton.checked
    assert not editing.bench.ui.placeButton.checked
    press("Alt+P")
    assert not editing.ui.placePointsButton.checked
    press("Alt+L")
    assert editing.ui.zoomButton.checked
    press("Alt+L")
    editing.check()
    editing.host.leaveModule()
    try:
        edited = editing.annotation.editors.opened._editors
        before = [editor.annotation for _sequence, editor in edited.values()]
        for keys, _name, _text in SHORTCUTS:
            press(keys)
        assert [editor.annotation for _sequence, editor in edited.values()] == before
    finally:
        editing.host.selectModule("EchoTracker")


def test_undo_shortcut_acts_where_the_last_change_was(editing):
    editing.start(LANDMARKS)
    place_button = editing.ui.placePointsButton
    place_button.click()
    editing.bench.click_px(50, 60)
    place_button.click()
    editing.bench.put(5)  # the points to track
    editing.host.press("Alt+Z")
    assert editing.bench.panel.points.count() == 0
    assert editing.editor.annotation.states.sum() == 1
    editing.ui.pointsTable.selectRow(0)
    editing.ui.occludeButton.click()
    editing.host.press("Alt+Z")
    editing.host.press("Alt+Z")
    assert editing.editor.annotation.states.sum() == 0
    editing.open(False)  # closed: the shortcuts belong to the points again
    editing.host.press("Alt+Shift+Z")
    assert editing.bench.panel.points.count() == 5


def test_uncertain_frames_are_found_and_accepting_settles_them(editing):
    from dataclasses import replace

    editing.tracks()
    annotation = editing.annotation.sets._from_tracks()
    confidence = annotation.confidence.copy()
    confidence[3, 7] = 0.2
    editing.annotation.sets.add(replace(annotation, confidence=confidence), "doubt")
    editing.ui.nextUncertainButton.click()
    assert (editing.bench.panel.session.frame, editing.ui.pointsTable.currentRow()) == (7, 3)
    editing.ui.acceptPointButton.click()
    editing.go(0)
    editing.ui.nextUncertainButton.click()
    assert "No uncertain frame" in editing.message


def test_all_points_at_once(editing):
    editing.tracks()
    editing.start("tracks")
    editing.go(2)
    editing.ui.everyPointCheckBox.checked = True
    editing.ui.occludeButton.click()
    assert (editing.editor.annotation.states[:, 2] == O).all()
    editing.ui.acceptTrackButton.click()
    assert (np.delete(editing.editor.annotation.states, 2, axis=1) == P).all()
    editing.ui.clearButton.click()
    editing.ui.interpolateButton.click()
    assert (editing.editor.annotation.states[:, 2] == I).all()
    editing.ui.everyPointCheckBox.checked = False
    editing.check()


def test_a_cycle_is_copied_to_the_next_one(editing):
    editing.start(LANDMARKS)
    place(editing, 0, 0, (40.0, 60.0))
    place(editing, 0, 4, (50.0, 60.0))
    editing.ui.pointsTable.selectRow(0)
    editing.ui.interpolateButton.click()
    editing.ui.cycleFirstSpinBox.value, editing.ui.cycleNextSpinBox.value = 1, 6
    editing.ui.propagateButton.click()
    assert states(editing, 0) == [P, I, I, I, P, I, I, I, I, I, 0, 0]
    np.testing.assert_allclose(editing.editor.annotation.positions[0, 9], (50, 60), atol=1e-3)


def test_tracking_again_meets_every_placed_position_and_says_how_long_it_took(editing):
    editing.tracks()
    editing.start("tracks")
    placed = editing.editor.annotation.positions[2, [2, 9]] + (1.5, 0)
    place(editing, 2, 2, tuple(placed[0]))
    place(editing, 2, 9, tuple(placed[1]))
    editing.go(5)
    editing.ui.neighborsSpinBox.value = 1
    editing.ui.retrackButton.click()
    assert "Tracking again" in editing.message  # beside the window
    assert editing.host.waitFor(lambda: "Tracked again in" in editing.message, 60)
    editing.ui.neighborsSpinBox.value = 0
    np.testing.assert_allclose(editing.editor.annotation.positions[2, [2, 9]], placed)
    assert states(editing, 2) == [T, T, P] + [T] * 6 + [P, T, T]
    editing.check()


def test_the_clip_is_prepared_in_the_background_and_equals_the_whole(editing):
    from EchoTrackerLib.tracking.retrack import clip_features

    editing.start(LANDMARKS)
    preparation = editing.annotation.points.retracking.preparation
    assert editing.host.waitFor(lambda: preparation._features is not None, 20)
    cine = editing.bench.panel.session.cine()
    begun = time.process_time()
    ours = preparation._features
    assert list(preparation.steps(cine)) == []  # nothing left to do
    assert time.process_time() - begun < 0.05
    whole = clip_features(cine)
    assert ours.scale == whole.scale
    for a, b in zip(ours.levels, whole.levels):
        np.testing.assert_array_equal(a.images, b.images)


def test_points_are_named_and_given_segments_but_not_those_of_a_schema(editing, monkeypatch):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "warningDisplay", lambda text, **_more: told.append(text))
    editing.start("free")
    editing.editor.add_point("P1")
    editing.editor.add_point("P2")
    place(editing, 1, 4, (40.0, 60.0))
    table = editing.ui.pointsTable
    table.item(1, 0).setText(" hinge ")
    table.item(1, 4).setText("basal")
    assert editing.editor.annotation.labels == editing.stored().labels == ("P1", "hinge")
    assert editing.stored().segments == ("", "basal")
    assert editing.proxy.GetNthControlPointLabel(1) == "hinge"
    editing.check()
    for refused, why in (("P1", "same name"), ("", "needs a name")):
        table.item(1, 0).setText(refused)
        assert why in told[-1]
        assert cell(editing, 1, 0) == "hinge"
    editing.editor._journal.close()
    recovered = read_journal(editing.journals()[0]).annotation
    assert (recovered.labels, recovered.segments) == (("P1", "hinge"), ("", "basal"))
    editing.start(LANDMARKS)
    editing.ui.pointsTable.item(1, 0).setText("other")
    assert "follow the schema" in told[-1]
    assert cell(editing, 1, 0) == "apex"


def test_all_gaps_of_all_points_are_tracked_beside_the_window(editing):
    """Track again filled the gap around the frame on screen only, for nine neighbors at most, and the window waited."""
    editing.tracks(12)
    editing.start("tracks")
    for point in range(12):
        for frame in (2, 6, 9):
            place(editing, point, frame, tuple(editing.editor.annotation.positions[point, frame] + (1.0, 0.0)))
    editing.go(5)
    before = editing.editor.annotation
    editing.browser.SetPlaybackActive(True)
    editing.ui.everyPointCheckBox.checked = True
    editing.ui.retrackButton.click()
    editing.ui.everyPointCheckBox.checked = False
    assert not editing.browser.GetPlaybackActive()  # Slicer drops edits while it plays
    assert editing.editor.annotation is before  # the window did not wait
    assert editing.host.waitFor(lambda: "Tracked again in" in editing.message, 60)
    for point in range(12):
        assert states(editing, point) == [T, T, P, T, T, T, P, T, T, P, T, T]
    moved = np.abs(editing.editor.annotation.positions - before.positions).max(axis=2)
    for gap in (slice(0, 2), slice(3, 6), slice(7, 9), slice(10, 12)):
        assert (moved[:, gap].max(axis=1) > 0.2).all(), gap
    editing.ui.undoEditButton.click()  # one step
    np.testing.assert_array_equal(editing.editor.annotation.states, before.states)
    np.testing.assert_array_equal(editing.editor.annotation.positions, before.positions)
    editing.check()


def test_an_edit_meanwhile_ends_it_and_stays(editing):
    editing.tracks()
    editing.start("tracks")
    place(editing, 2, 2, tuple(editing.editor.annotation.positions[2, 2]))
    assert editing.host.waitFor(lambda: editing.annotation.points.retracking.preparation._features is not None, 20)
    editing.ui.everyPointCheckBox.checked = True
    editing.ui.retrackButton.click()
    editing.ui.everyPointCheckBox.checked = False
    assert editing.host.waitFor(lambda: "%" in editing.message, 20)  # the first point is done
    place(editing, 1, 4, (40.0, 50.0))
    now = editing.editor.annotation
    assert editing.host.waitFor(lambda: "edited while" in editing.message, 60)
    assert editing.editor.annotation is now


def test_one_point_is_tracked_again_in_short_steps_between_which_the_window_lives(editing, monkeypatch):
    """However long the clip: at most one frame of it is followed, or one solution found, between two events."""
    from EchoTrackerLib.tracking import retrack

    did = [0]

    def counted(function):
        def call(*arguments, **keywords):
            did[-1] += 1
            return function(*arguments, **keywords)

        return call

    for name in ("displaced", "measure", "solve"):
        monkeypatch.setattr(retrack, name, counted(getattr(retrack, name)))
    editing.start("free")
    editing.editor.add_point("P1")
    place(editing, 0, 3, (50.0, 60.0))
    retracking = editing.annotation.points.retracking
    assert editing.host.waitFor(lambda: retracking.preparation._features is not None, 20)
    editing.ui.retrackButton.click()
    while retracking.running:
        did.append(0)
        retracking._step()  # what the timer calls once between two rounds of Qt's events
    assert max(did) == 1
    assert sum(did) > editing.editor.annotation.n_frames / 2
    assert "Tracked again in" in editing.message


def test_pressing_again_stops_it_and_nothing_has_changed(editing):
    editing.tracks()
    editing.start("tracks")
    place(editing, 2, 2, tuple(editing.editor.annotation.positions[2, 2]))
    before = editing.editor.annotation
    editing.ui.retrackButton.click()
    assert editing.ui.retrackButton.text == "Stop"
    editing.ui.retrackButton.click()
    assert "Stopped" in editing.message
    assert editing.ui.retrackButton.text == "Track again"
    editing.host.settle(0.2)
    assert editing.editor.annotation is before


def test_undo_chooses_the_point_that_it_changes(editing):
    editing.start(LANDMARKS)
    place(editing, 1, 3, (40, 50))
    editing.editor.point = 0
    editing.ui.undoEditButton.click()
    assert editing.editor.point == 1
    editing.editor.point = 2
    editing.ui.redoEditButton.click()
    assert editing.editor.point == 1


def test_keys_go_ten_frames_on_and_back(editing):
    editing.start(LANDMARKS)
    editing.go(0)
    editing.host.press("Alt+PgDown")
    assert editing.browser.GetSelectedItemNumber() == 10
    editing.host.press("Alt+PgUp")
    assert editing.browser.GetSelectedItemNumber() == 0


@pytest.mark.parametrize("every", [False, True])
def test_every_button_says_that_a_set_without_points_has_none(editing, every):
    """Each ended in an IndexError."""
    editing.start("free")
    editing.ui.everyPointCheckBox.checked = every
    editing.host.log.messages.clear()
    names = ("occlude", "clear", "acceptPoint", "acceptTrack", "interpolate", "propagate", "retrack", "undoEdit")
    steps = ("previousPoint", "nextPoint", "previousKeyframe", "nextKeyframe", "previousUncertain", "nextUncertain")
    for name in (*names, *steps):
        getattr(editing.ui, f"{name}Button").click()
        assert editing.host.waitFor(lambda: not editing.annotation.points.retracking.running, 20)
    editing.ui.everyPointCheckBox.checked = False
    assert not [text for text in editing.host.log.messages if "Error" in text or "failed" in text]
    assert editing.editor.annotation.n_points == 0
    editing.check()
