"""Slicer's context menu of a control point, and its module Markups, where coordinates are typed."""

from __future__ import annotations

import numpy as np
from annotate_host import LANDMARKS, cell, place, states
from context_menu import delete_node, delete_point, rename_point

from EchoTrackerLib.annotation.annotation import State

P = State.PLACED


def test_clear_is_an_edit(editing):
    editing.start(LANDMARKS)
    for frame in (2, 5):
        place(editing, 1, frame, (30.0 + frame, 40.0))
    editing.go(5)
    delete_point(editing.proxy, 1)
    editing.host.settle(0.2)
    assert states(editing, 1) == [0, 0, P] + [0] * 9
    assert cell(editing, 1, 1) == ""
    assert "cleared" in editing.message
    editing.check()
    editing.ui.undoEditButton.click()
    assert states(editing, 1) == [0, 0, P, 0, 0, P] + [0] * 6
    editing.check()
    delete_point(editing.proxy, 1)  # and the user goes on at once
    editing.go(2)
    editing.host.settle(0.2)
    assert states(editing, 1) == [0, 0, P] + [0] * 9
    editing.check()


def test_rename_breaks_no_schema(editing):
    editing.start(LANDMARKS)
    place(editing, 1, 2, (30.0, 40.0))
    labels = editing.editor.annotation.labels
    rename_point(editing.proxy, 1, "mine")
    editing.host.settle(0.2)
    assert editing.editor.annotation.labels == editing.stored().labels == labels
    assert editing.proxy.GetNthControlPointLabel(1) == labels[1]
    assert "schema" in editing.message


def test_rename_names_a_free_point_on_all_frames(editing):
    editing.tracks()
    editing.start("tracks")
    rename_point(editing.proxy, 2, "apex")
    editing.host.settle(0.2)
    assert editing.editor.annotation.labels[2] == editing.stored().labels[2] == "apex"
    editing.go(7)
    assert editing.proxy.GetNthControlPointLabel(2) == "apex"
    assert cell(editing, 2, 0) == "apex"
    rename_point(editing.proxy, 3, "apex")  # the name of another point
    editing.host.settle(0.2)
    assert editing.stored().labels[3] == editing.editor.annotation.labels[3] != "apex"
    assert editing.proxy.GetNthControlPointLabel(3) == editing.editor.annotation.labels[3]


def test_a_deleted_point_list_is_put_back_with_name_and_look(editing):
    editing.tracks()
    editing.start("tracks", "reader 1")
    place(editing, 1, 3, (50.0, 50.0))
    look = editing.proxy.GetDisplayNode().GetGlyphType(), editing.proxy.GetDisplayNode().GetGlyphScale()
    undoable = editing.editor.can_undo
    delete_node(editing.proxy)
    editing.host.settle(0.3)
    assert editing.proxy.GetName() == "reader 1"
    assert (editing.proxy.GetDisplayNode().GetGlyphType(), editing.proxy.GetDisplayNode().GetGlyphScale()) == look
    assert "put back" in editing.message
    assert editing.editor.can_undo == undoable
    editing.check()
    delete_node(editing.proxy)  # and the next frame makes Slicer show a list of its own
    editing.go(6)
    editing.host.settle(0.3)
    assert editing.proxy.GetName() == "reader 1"
    assert not editing.proxy.GetLocked()
    np.testing.assert_allclose(editing.stored().positions, editing.editor.annotation.positions, atol=1e-3)


def test_coordinates_typed_in_the_module_markups_are_an_edit(editing):
    editing.start(LANDMARKS)
    place(editing, 1, 2, (30.0, 40.0))
    editing.go(2)
    before = editing.editor.annotation.positions[1, 2].copy()
    at = np.add(editing.proxy.GetNthControlPointPosition(1), (2.0, 0.0, 0.0))
    editing.proxy.SetNthControlPointPosition(1, *at)
    editing.host.settle(0.2)
    assert abs(np.linalg.norm(editing.editor.annotation.positions[1, 2] - before)) > 0.5
    assert "moved" in editing.message
    editing.check()
    editing.ui.undoEditButton.click()
    np.testing.assert_allclose(editing.editor.annotation.positions[1, 2], before)
    editing.check()


def test_coordinates_beside_the_image_are_put_back(editing):
    editing.start(LANDMARKS)
    place(editing, 1, 2, (30.0, 40.0))
    editing.go(2)
    editing.proxy.SetNthControlPointPosition(1, 5000.0, 0.0, 0.0)
    editing.host.settle(0.2)
    np.testing.assert_allclose(editing.editor.annotation.positions[1, 2], (30.0, 40.0), atol=1e-3)
    assert "image" in editing.message
    editing.check()


def test_a_drag_is_one_edit(editing):
    """Slicer tells of every step of the mouse."""
    editing.start(LANDMARKS)
    place(editing, 1, 2, (30.0, 40.0))
    editing.go(2)
    proxy = editing.proxy
    proxy.InvokeCustomModifiedEvent(proxy.PointStartInteractionEvent)
    for _step in range(5):
        at = np.add(proxy.GetNthControlPointPosition(1), (1.0, 0.0, 0.0))
        proxy.SetNthControlPointPosition(1, *at)
        editing.host.settle(0.05)
    proxy.InvokeCustomModifiedEvent(proxy.PointEndInteractionEvent)
    editing.host.settle(0.2)
    editing.ui.undoEditButton.click()
    np.testing.assert_allclose(editing.editor.annotation.positions[1, 2], (30.0, 40.0), atol=1e-3)
    editing.check()
