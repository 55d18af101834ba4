"""Slicer's context menu of a control point, and its module Markups, where coordinates are typed."""

from __future__ import annotations

import numpy as np
from annotate_host import LANDMARKS, cell, place, states
from context_menu import delete_node, delete_point, rename_point

from EchoTrackerLib.annotation.annotation import State

P = State.PLACED


def test_clear_is_an_edit(desk):
    desk.start(LANDMARKS)
    for frame in (2, 5):
        place(desk, 1, frame, (30.0 + frame, 40.0))
    desk.go(5)
    delete_point(desk.proxy, 1)
    desk.host.settle(0.2)
    assert states(desk, 1) == [0, 0, P] + [0] * 9
    assert cell(desk, 1, 1) == ""
    assert "cleared" in desk.message
    desk.check()
    desk.ui.undoEditButton.click()
    assert states(desk, 1) == [0, 0, P, 0, 0, P] + [0] * 6
    desk.check()
    delete_point(desk.proxy, 1)  # and the user goes on at once
    desk.go(2)
    desk.host.settle(0.2)
    assert states(desk, 1) == [0, 0, P] + [0] * 9
    desk.check()


def test_rename_breaks_no_schema(desk):
    desk.start(LANDMARKS)
    place(desk, 1, 2, (30.0, 40.0))
    labels = desk.editor.annotation.labels
    rename_point(desk.proxy, 1, "mine")
    desk.host.settle(0.2)
    assert desk.editor.annotation.labels == desk.stored().labels == labels
    assert desk.proxy.GetNthControlPointLabel(1) == labels[1]
    assert "schema" in desk.message


def test_rename_names_a_free_point_on_all_frames(desk):
    desk.tracks()
    desk.start("tracks")
    rename_point(desk.proxy, 2, "apex")
    desk.host.settle(0.2)
    assert desk.editor.annotation.labels[2] == desk.stored().labels[2] == "apex"
    desk.go(7)
    assert desk.proxy.GetNthControlPointLabel(2) == "apex"
    assert cell(desk, 2, 0) == "apex"
    rename_point(desk.proxy, 3, "apex")  # the name of another point
    desk.host.settle(0.2)
    assert desk.stored().labels[3] == desk.editor.annotation.labels[3] != "apex"
    assert desk.proxy.GetNthControlPointLabel(3) == desk.editor.annotation.labels[3]


def test_a_deleted_point_list_is_put_back_with_name_and_look(desk):
    desk.tracks()
    desk.start("tracks", "reader 1")
    place(desk, 1, 3, (50.0, 50.0))
    look = desk.proxy.GetDisplayNode().GetGlyphType(), desk.proxy.GetDisplayNode().GetGlyphScale()
    undoable = desk.editor.can_undo
    delete_node(desk.proxy)
    desk.host.settle(0.3)
    assert desk.proxy.GetName() == "reader 1"
    assert (desk.proxy.GetDisplayNode().GetGlyphType(), desk.proxy.GetDisplayNode().GetGlyphScale()) == look
    assert "put back" in desk.message
    assert desk.editor.can_undo == undoable
    desk.check()
    delete_node(desk.proxy)  # and the next frame makes Slicer show a list of its own
    desk.go(6)
    desk.host.settle(0.3)
    assert desk.proxy.GetName() == "reader 1"
    assert not desk.proxy.GetLocked()
    np.testing.assert_allclose(desk.stored().positions, desk.editor.annotation.positions, atol=1e-3)


def test_coordinates_typed_in_the_module_markups_are_an_edit(desk):
    desk.start(LANDMARKS)
    place(desk, 1, 2, (30.0, 40.0))
    desk.go(2)
    before = desk.editor.annotation.positions[1, 2].copy()
    at = np.add(desk.proxy.GetNthControlPointPosition(1), (2.0, 0.0, 0.0))
    desk.proxy.SetNthControlPointPosition(1, *at)
    desk.host.settle(0.2)
    assert abs(np.linalg.norm(desk.editor.annotation.positions[1, 2] - before)) > 0.5
    assert "moved" in desk.message
    desk.check()
    desk.ui.undoEditButton.click()
    np.testing.assert_allclose(desk.editor.annotation.positions[1, 2], before)
    desk.check()


def test_coordinates_beside_the_image_are_put_back(desk):
    desk.start(LANDMARKS)
    place(desk, 1, 2, (30.0, 40.0))
    desk.go(2)
    desk.proxy.SetNthControlPointPosition(1, 5000.0, 0.0, 0.0)
    desk.host.settle(0.2)
    np.testing.assert_allclose(desk.editor.annotation.positions[1, 2], (30.0, 40.0), atol=1e-3)
    assert "image" in desk.message
    desk.check()


def test_a_drag_is_one_edit(desk):
    """Slicer tells of every step of the mouse."""
    desk.start(LANDMARKS)
    place(desk, 1, 2, (30.0, 40.0))
    desk.go(2)
    proxy = desk.proxy
    proxy.InvokeCustomModifiedEvent(proxy.PointStartInteractionEvent)
    for _step in range(5):
        at = np.add(proxy.GetNthControlPointPosition(1), (1.0, 0.0, 0.0))
        proxy.SetNthControlPointPosition(1, *at)
        desk.host.settle(0.05)
    proxy.InvokeCustomModifiedEvent(proxy.PointEndInteractionEvent)
    desk.host.settle(0.2)
    desk.ui.undoEditButton.click()
    np.testing.assert_allclose(desk.editor.annotation.positions[1, 2], (30.0, 40.0), atol=1e-3)
    desk.check()
