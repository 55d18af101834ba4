"""A clip that is moved takes points, wall, tracks and trajectories with it; edited tracks bend the trajectories."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import vtk
from panel_host import make_cine
from scene_edits import set_locked

from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.mrml import plane
from EchoTrackerLib.scene.strain import read_strain
from EchoTrackerLib.scene.tracks import read_tracks


def move(bench, volume):
    """Put the volume below a new transform, as in the module Transforms."""
    moved = vtk.vtkTransform()
    moved.Translate(40, 15, 3)
    moved.RotateZ(25)
    transform = bench.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    transform.SetMatrixTransformToParent(moved.GetMatrix())
    volume.SetAndObserveTransformNodeID(transform.GetID())
    return transform


def pixels(markups, volume):
    count = markups.GetNumberOfControlPoints()
    world = np.array([markups.GetNthControlPointPositionWorld(n) for n in range(count)])
    positions, distance = plane.world_to_pixels(world, volume)
    assert distance.max() < 1e-3
    return positions


def test_a_parent_transform_given_after_tracking_moves_everything(bench):
    browser = bench.load()
    points = bench.put()
    bench.track()
    volume, found = bench.panel.session.proxy, study.find_results(bench.scene, browser)
    before = read_tracks(bench.scene, found.tracks.sequence).positions
    transform = move(bench, volume)
    for node in (bench.parameters.points, found.tracks.proxy, found.trajectories):
        assert node.GetParentTransformNode() is transform
    assert np.allclose(pixels(bench.parameters.points, volume), points, atol=1e-3)
    browser.SetSelectedItemNumber(7)
    assert np.allclose(pixels(found.tracks.proxy, volume), before[:, 7], atol=1e-3)
    assert np.array_equal(read_tracks(bench.scene, found.tracks.sequence).positions, before)
    bench.parameters.browser.SetSelectedItemNumber(0)
    bench.track()  # the points are still where they were on the image
    assert np.allclose(bench.panel.points.read().positions, points, atol=1e-3)
    volume.SetAndObserveTransformNodeID(None)
    assert bench.parameters.points.GetParentTransformNode() is None


def test_the_wall_moves_too(bench):
    bench.load()
    bench.ui.wallButton.click()
    for x, y in ((45, 100), (80, 20), (115, 100)):
        bench.click_px(x, y)
    bench.host.settle()
    before = bench.panel.points.read().positions
    volume = bench.panel.session.proxy
    transform = move(bench, volume)
    assert bench.parameters.wallCurve.GetParentTransformNode() is transform
    assert np.allclose(bench.panel.points.read().positions, before, atol=1e-3)


def test_points_that_the_user_put_elsewhere_stay(bench):
    bench.load()
    bench.put()
    own = bench.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "own")
    bench.parameters.points.SetAndObserveTransformNodeID(own.GetID())
    move(bench, bench.panel.session.proxy)
    assert bench.parameters.points.GetParentTransformNode() is own


def test_a_clip_moved_while_another_was_chosen(bench):
    first = bench.load(make_cine(name="first"))
    bench.put()
    bench.track()
    volume = bench.panel.session.proxy
    bench.load(make_cine(name="second"))
    transform = move(bench, volume)
    bench.parameters.browser = first
    bench.host.settle()
    assert study.find_results(bench.scene, first).trajectories.GetParentTransformNode() is transform


def test_a_dragged_track_bends_its_trajectory_and_changes_the_strain(bench):
    browser = bench.load()
    bench.put()
    bench.track()
    found = study.find_results(bench.scene, browser)
    before = read_tracks(bench.scene, found.tracks.sequence).positions
    length = read_strain(bench.scene, browser).curve.length.copy()
    set_locked(browser, found.tracks.sequence, False)
    browser.SetSelectedItemNumber(5)  # end-systole
    proxy, model = found.tracks.proxy, found.trajectories
    x, y, z = proxy.GetNthControlPointPosition(0)
    proxy.SetNthControlPointPosition(0, x + 9, y - 9, z)
    proxy.InvokeEvent(proxy.PointEndInteractionEvent)
    bench.host.settle()
    after = read_tracks(bench.scene, found.tracks.sequence).positions
    assert after[0, 5] - before[0, 5] == pytest.approx([-18, 18], abs=1e-2)
    vertex = model.GetPolyData().GetPoints().GetPoint(0 * 12 + 5)
    assert vertex == pytest.approx((x + 9, y - 9, z), abs=1e-3)
    assert not np.allclose(read_strain(bench.scene, browser).curve.length, length)


def test_a_point_dragged_out_of_the_sector_is_told_and_no_longer_when_it_is_back(bench):
    cine = make_cine()
    frames = cine.frames.copy()
    frames[:, :, :24] = 0  # beside the sector
    browser = bench.load(replace(cine, frames=frames))
    bench.put()
    bench.track()
    found = study.find_results(bench.scene, browser)
    set_locked(browser, found.tracks.sequence, False)
    proxy = found.tracks.proxy
    start = proxy.GetNthControlPointPosition(0)
    x = read_tracks(bench.scene, found.tracks.sequence).positions[0, 0, 0]
    for column, told in ((3.0, True), (float(x), False)):
        place = (start[0] + 0.5 * (x - column), *start[1:])  # 0.5 mm a pixel, columns run to the patient's left
        proxy.SetNthControlPointPosition(0, *place)
        proxy.InvokeEvent(proxy.PointEndInteractionEvent)
        bench.host.settle()
        assert read_tracks(bench.scene, found.tracks.sequence).positions[0, 0, 0] == pytest.approx(column, abs=0.1)
        warnings = read_strain(bench.scene, browser).warnings
        assert any("leave the ultrasound sector: mid 01" in text for text in warnings) == told


def test_a_slow_machine_skips_frames_and_the_chart_follows_seldom(bench, monkeypatch):
    """31 points and the chart played at 15 of 50 frames a second, in slow motion."""
    from EchoTrackerLib.scene import strain as strain_scene

    browser = bench.load()
    bench.put()
    bench.track()
    assert browser.GetPlaybackItemSkippingEnabled()
    moved = []
    monkeypatch.setattr(strain_scene, "show_frame", lambda scene, its, frame: moved.append(frame))
    browser.SetPlaybackActive(True)
    session = bench.panel.session
    for frame in range(12):  # as the cursor is told, a step at a time
        browser.SetSelectedItemNumber(frame)
        session._follow(frame)
    assert len(moved) <= 4
    browser.SetPlaybackActive(False)
    assert bench.host.waitFor(lambda: moved and moved[-1] == browser.GetSelectedItemNumber(), 20)


def test_given_phases_stay_with_their_clip(bench):
    first = bench.load()
    bench.parameters.edFrame, bench.parameters.esFrame = 2, 5
    bench.host.settle()
    second = bench.load()
    bench.host.settle()
    assert (bench.parameters.edFrame, bench.parameters.esFrame) == (0, 0)
    bench.parameters.esFrame = 4
    bench.host.settle()
    for browser, frames in ((first, (2, 5)), (second, (0, 4))):
        bench.parameters.browser = browser
        bench.host.settle()
        assert (bench.parameters.edFrame, bench.parameters.esFrame) == frames


def test_a_deleted_folder_takes_with_it_what_was_in_it(bench):
    """Slicer deletes what the tree shows and would make the points of the sequences behind it anew."""
    import slicer

    from EchoTrackerLib.scene.results import find_results, folder_of

    browser = bench.load()
    bench.put()
    bench.track()
    sequence = find_results(bench.scene, browser).tracks.sequence.GetID()
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(bench.scene)
    hierarchy.RemoveItem(folder_of(bench.scene, browser), True, True)
    bench.host.settle(0.2)
    browser.SetSelectedItemNumber(3)
    bench.host.settle(0.2)
    assert bench.scene.GetNodeByID(sequence) is None
    assert find_results(bench.scene, browser).tracks is None
    assert not bench.ui.strainButton.enabled
    assert bench.parameters.points is not None  # what was not in the folder stays
    bench.track()
