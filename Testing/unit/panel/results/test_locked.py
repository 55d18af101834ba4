"""Slicer's context menu and its module Markups on tracked points, which are locked: put back, with a word."""

from __future__ import annotations

import numpy as np
import pytest
from context_menu import delete_node, delete_point, rename_point
from scene_edits import set_locked

from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.tracks import read_tracks


def tracks_of(bench):
    return study.find_results(bench.scene, bench.parameters.browser).tracks


def same(bench, before):
    tracks = tracks_of(bench)
    after = read_tracks(bench.scene, tracks.sequence)
    assert after.labels == before.labels
    np.testing.assert_allclose(after.positions, before.positions, atol=1e-3)
    np.testing.assert_array_equal(after.visible, before.visible)
    labels = [tracks.proxy.GetNthControlPointLabel(n) for n in range(tracks.proxy.GetNumberOfControlPoints())]
    assert tuple(labels) == before.labels


@pytest.mark.parametrize(
    "change",
    [
        lambda proxy: delete_point(proxy, 2),
        lambda proxy: rename_point(proxy, 2, "mine"),
        lambda proxy: proxy.UnsetNthControlPointPosition(2),
        lambda proxy: proxy.SetNthControlPointPositionMissing(2),
        lambda proxy: proxy.SetNthControlPointPosition(2, -5.0, -6.0, 0.0),
        lambda proxy: proxy.SwapControlPoints(1, 2),
        lambda proxy: proxy.RemoveAllControlPoints(),
    ],
    ids=["deleted", "renamed", "cleared", "skipped", "typed", "swapped", "all removed"],
)
@pytest.mark.parametrize("frame", [0, 4])
def test_locked_points_are_put_back(measured, change, frame):
    """They were lost or exchanged on this frame, with nothing to undo; strain and report went on with the old ones."""
    measured.parameters.browser.SetSelectedItemNumber(frame)
    measured.host.settle(0.1)
    before = read_tracks(measured.scene, tracks_of(measured).sequence)
    change(tracks_of(measured).proxy)
    measured.host.settle(0.2)
    same(measured, before)
    assert "put back" in measured.ui.resultMessageLabel.text
    for other in (6, frame):
        measured.parameters.browser.SetSelectedItemNumber(other)
        measured.host.settle(0.1)
    same(measured, before)


@pytest.mark.parametrize("stopped", [True, False])
def test_locked_points_are_put_back_after_the_clip_was_played(measured, stopped):
    """They were known again with the next frame only: until then the menu's change stayed."""
    browser = measured.parameters.browser
    browser.SetPlaybackRateFps(20)
    browser.SetPlaybackActive(True)
    assert measured.host.waitFor(lambda: browser.GetSelectedItemNumber() > 2, 20)
    browser.SetPlaybackActive(not stopped)
    before = read_tracks(measured.scene, tracks_of(measured).sequence)
    delete_point(tracks_of(measured).proxy, 2)
    assert not browser.GetPlaybackActive()
    measured.host.settle(0.2)
    same(measured, before)
    assert "put back" in measured.ui.resultMessageLabel.text


@pytest.mark.parametrize("frame", [0, 4])
def test_a_deleted_list_is_put_back_with_name_and_look(measured, frame):
    measured.parameters.browser.SetSelectedItemNumber(frame)
    measured.host.settle(0.1)
    before, proxy = read_tracks(measured.scene, tracks_of(measured).sequence), tracks_of(measured).proxy
    name, look = proxy.GetName(), proxy.GetDisplayNode().GetGlyphScale()
    count = measured.scene.GetNumberOfNodesByClass("vtkMRMLMarkupsFiducialNode")
    delete_node(proxy)
    del proxy
    measured.host.settle(0.2)
    measured.parameters.browser.SetSelectedItemNumber(frame + 1)
    measured.host.settle(0.3)
    proxy = tracks_of(measured).proxy
    assert (proxy.GetName(), proxy.GetDisplayNode().GetGlyphScale(), bool(proxy.GetLocked())) == (name, look, True)
    assert measured.scene.GetNumberOfNodesByClass("vtkMRMLMarkupsFiducialNode") == count  # none of Slicer's own is left
    same(measured, before)


def test_points_that_the_user_unlocked_can_be_dragged(measured):
    tracks = tracks_of(measured)
    set_locked(measured.parameters.browser, tracks.sequence, False)
    measured.parameters.browser.SetSelectedItemNumber(5)
    proxy, before = tracks.proxy, read_tracks(measured.scene, tracks.sequence).positions
    proxy.InvokeCustomModifiedEvent(proxy.PointStartInteractionEvent)
    x, y, z = proxy.GetNthControlPointPosition(0)
    proxy.SetNthControlPointPosition(0, x + 9, y - 9, z)
    proxy.InvokeCustomModifiedEvent(proxy.PointEndInteractionEvent)
    measured.host.settle(0.2)
    proxy.SetNthControlPointPosition(3, x, y, z)  # typed in the module Markups
    measured.host.settle(0.2)
    assert read_tracks(measured.scene, tracks.sequence).positions[3, 5] == pytest.approx(before[0, 5], abs=1e-2)
    set_locked(measured.parameters.browser, tracks.sequence, True)
    rename_point(proxy, 1, "mine")
    measured.host.settle(0.2)
    after = read_tracks(measured.scene, tracks.sequence)
    assert "mine" not in after.labels
    assert after.positions[0, 5] - before[0, 5] == pytest.approx([-18, 18], abs=1e-2)
