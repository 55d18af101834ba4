"""Slicer's menus and its module Markups on several points at once, and on what a set cannot have."""

from __future__ import annotations

import numpy as np
import pytest
from annotate_host import LANDMARKS, place
from context_menu import delete_node, delete_point, rename_point


@pytest.fixture(params=["free", "schema"])
def on_frame_3(request, editing):
    """A set on whose frame 3 the first three points have a place; only the free one may be renamed."""
    if request.param == "free":
        editing.tracks()
        editing.start("tracks")
    else:
        editing.start(LANDMARKS)
        for point in range(3):
            place(editing, point, 3, (30.0 + 9 * point, 40.0))
    editing.go(3)
    editing.host.settle(0.1)
    return editing


def names_on_screen(editing):
    return tuple(editing.proxy.GetNthControlPointLabel(n) for n in range(editing.proxy.GetNumberOfControlPoints()))


def unchanged(editing, before):
    """The set is as it was, stored and on screen."""
    np.testing.assert_array_equal(editing.editor.annotation.states, before.states)
    np.testing.assert_allclose(editing.editor.annotation.positions, before.positions, atol=1e-3)
    assert names_on_screen(editing) == editing.stored().labels == before.labels
    editing.check()


def test_several_points_cleared_at_once_are_one_edit(on_frame_3):
    editing = on_frame_3
    before = editing.editor.annotation
    for point in range(3):
        delete_point(editing.proxy, point)
    editing.host.settle(0.2)
    assert not editing.editor.annotation.states[:3, 3].any()
    assert "3 points were cleared on frame 4" in editing.message
    editing.check()
    editing.ui.undoEditButton.click()
    unchanged(editing, before)


@pytest.mark.parametrize("change", [delete_point, lambda proxy, point: rename_point(proxy, point, "mine")])
def test_the_menu_stops_playback(editing, change):
    """What it did while the clip played was dropped, and nothing was said."""
    editing.tracks()
    editing.start("tracks")
    editing.go(3)
    before = editing.editor.annotation
    editing.browser.SetPlaybackRateFps(0.1)  # a person hits the point that is seen
    editing.browser.SetPlaybackActive(True)
    change(editing.proxy, 1)
    editing.host.settle(0.2)
    assert not editing.browser.GetPlaybackActive()
    assert before.labels[1] in editing.message
    editing.check()
    changed = editing.editor.annotation
    assert changed.labels != before.labels or not changed.states[1, 3]


def test_several_points_renamed_at_once(on_frame_3):
    editing = on_frame_3
    before = editing.editor.annotation.labels
    for point in range(3):
        rename_point(editing.proxy, point, f"new {point}")
    editing.host.settle(0.2)
    if not editing.editor.annotation.schema:
        assert "mid 01 is now new 0. mid 02 is now new 1. mid 03 is now new 2." in editing.message
    wanted = before if editing.editor.annotation.schema else ("new 0", "new 1", "new 2", *before[3:])
    for frame in (3, 5):
        editing.go(frame)
        editing.host.settle(0.1)
        assert names_on_screen(editing) == editing.editor.annotation.labels == wanted
    editing.check()


def test_a_point_that_was_renamed_keeps_its_segment(editing):
    editing.tracks()
    editing.start("tracks")
    editing.annotation.points.edits.name(2, "mid 03", "apex")
    rename_point(editing.proxy, 2, "tip")
    editing.host.settle(0.2)
    assert (editing.editor.annotation.labels[2], editing.editor.annotation.segments[2]) == ("tip", "apex")


def test_a_name_that_is_none_is_put_back(editing):
    editing.tracks()
    editing.start("tracks")
    before = editing.editor.annotation
    rename_point(editing.proxy, 0, "  ")
    editing.host.settle(0.2)
    assert "needs a name" in editing.message
    unchanged(editing, before)


def test_points_that_change_places_in_the_list_are_put_back(on_frame_3):
    """The module Markups moves rows up and down; on this frame only, and each point had the other's place."""
    before = on_frame_3.editor.annotation
    on_frame_3.proxy.SwapControlPoints(0, 1)
    on_frame_3.host.settle(0.2)
    assert "same order" in on_frame_3.message
    unchanged(on_frame_3, before)


@pytest.mark.parametrize(
    "change",
    [
        lambda proxy: proxy.RemoveNthControlPoint(1),
        lambda proxy: proxy.RemoveAllControlPoints(),
        lambda proxy: proxy.AddControlPoint(0.0, 0.0, 0.0, "one more"),
    ],
)
def test_points_removed_or_added_on_one_frame_are_put_back(on_frame_3, change):
    """Where somebody unlocked their number."""
    before = on_frame_3.editor.annotation
    on_frame_3.proxy.SetFixedNumberOfControlPoints(False)
    change(on_frame_3.proxy)
    on_frame_3.host.settle(0.2)
    assert "put back" in on_frame_3.message
    unchanged(on_frame_3, before)
    assert on_frame_3.proxy.GetFixedNumberOfControlPoints()


def test_a_point_dragged_after_another_was_removed(on_frame_3):
    before = on_frame_3.editor.annotation
    proxy = on_frame_3.proxy
    on_frame_3.host.log.messages.clear()
    proxy.InvokeCustomModifiedEvent(proxy.PointStartInteractionEvent)
    proxy.SetFixedNumberOfControlPoints(False)
    proxy.RemoveNthControlPoint(0)
    proxy.InvokeCustomModifiedEvent(proxy.PointEndInteractionEvent)
    on_frame_3.host.settle(0.2)
    assert "put back" in on_frame_3.message
    assert on_frame_3.host.log.messages == []
    unchanged(on_frame_3, before)


def test_a_point_added_on_a_frame_that_was_left_at_once(on_frame_3):
    before = on_frame_3.editor.annotation
    on_frame_3.proxy.SetFixedNumberOfControlPoints(False)
    on_frame_3.proxy.AddControlPoint(0.0, 0.0, 0.0, "one more")
    on_frame_3.go(5)
    on_frame_3.host.settle(0.2)
    unchanged(on_frame_3, before)


def test_several_points_moved_at_once_are_put_back(on_frame_3):
    before = on_frame_3.editor.annotation
    for point in range(2):
        at = np.add(on_frame_3.proxy.GetNthControlPointPosition(point), (3.0, 0.0, 0.0))
        on_frame_3.proxy.SetNthControlPointPosition(point, *at)
    on_frame_3.host.settle(0.2)
    assert "Only one point at a time" in on_frame_3.message
    unchanged(on_frame_3, before)


def test_what_the_menu_did_is_undone_by_the_shortcut(on_frame_3):
    """Even when the last edit was of something else."""
    before = on_frame_3.editor.annotation
    on_frame_3.bench.panel.session.edited = None
    delete_point(on_frame_3.proxy, 1)
    on_frame_3.host.settle(0.2)
    on_frame_3.host.press("Alt+Z")
    on_frame_3.host.settle(0.1)
    unchanged(on_frame_3, before)


def test_the_point_list_of_a_set_that_is_not_chosen_is_put_back(editing):
    editing.tracks()
    first = editing.start("tracks", "first")
    editing.start("tracks", "second")
    delete_node(editing.annotation.editors.proxy(first))
    editing.host.settle(0.3)
    assert editing.annotation.editors.proxy(first).GetName() == "first"
    assert editing.annotation.editors.proxy(first).GetLocked()
    assert "put back" in editing.message
