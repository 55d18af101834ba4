"""Rejected points look rejected: gray and without trajectories in the views, crossed out in the overlay video."""

from __future__ import annotations

import numpy as np
from vtk.util.numpy_support import vtk_to_numpy

from EchoTrackerLib.cine.overlay import draw_overlay
from EchoTrackerLib.cohort import result_folder
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.mrml.colors import PREDICTED, REJECTED
from EchoTrackerLib.scene.tracks import read_tracks


def selected(found, frame):
    """Which points Slicer draws in the color of accepted ones on a frame."""
    item = found.tracks.sequence.GetNthDataNode(frame)
    return [bool(item.GetNthControlPointSelected(n)) for n in range(item.GetNumberOfControlPoints())]


def drawn(found):
    """Numbers of the points that have trajectories."""
    visible = vtk_to_numpy(found.trajectories.GetPolyData().GetPointData().GetArray("visible"))
    return np.flatnonzero(visible.reshape(12, -1).any(axis=1)).tolist()


def test_rejected_points_are_gray_without_trajectories_until_undone(bench):
    browser = bench.load()
    bench.put(12)
    bench.track()
    found = study.find_results(bench.scene, browser)
    display = found.tracks.proxy.GetDisplayNode()
    np.testing.assert_allclose(display.GetSelectedColor(), PREDICTED)
    np.testing.assert_allclose(display.GetColor(), REJECTED)
    review = bench.panel.review
    review.selected = (4, 7)
    review.decide("rejected", "", False)
    bench.host.settle(0.2)
    found = study.find_results(bench.scene, browser)
    others = [n for n in range(12) if n not in (4, 7)]
    for frame in (0, 5, 11):
        assert np.flatnonzero(selected(found, frame)).tolist() == others
    assert drawn(found) == others
    assert [n for n in range(12) if found.tracks.proxy.GetNthControlPointSelected(n)] == others
    bench.track()  # new tracks have no decisions
    assert all(selected(study.find_results(bench.scene, browser), 3))


def test_the_overlay_video_crosses_rejected_points_out(bench, monkeypatch, tmp_path):
    browser = bench.load()
    bench.put(12)
    bench.track()
    bench.panel.review.selected = (4,)
    bench.panel.review.decide("rejected", "", False)
    tracks = read_tracks(bench.scene, study.find_results(bench.scene, browser).tracks.sequence)
    asked = []
    monkeypatch.setattr("EchoTrackerLib.cine.export.VideoWriter", Pictures)
    monkeypatch.setattr(
        "EchoTrackerLib.cine.overlay.draw_overlay",
        lambda *arguments, **keywords: asked.append(keywords["crossed"]) or draw_overlay(*arguments, **keywords),
    )
    report = result_folder.Summary()
    list(result_folder._write_overlay(tmp_path / "overlay.mp4", bench.panel.session.cine(), tracks, None, report))
    assert [np.flatnonzero(crossed).tolist() for crossed in asked] == [[4]] * 12


class Pictures:
    """Takes the place of the video's file."""

    def __init__(self, *_arguments):
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_arguments):
        return None

    def add(self, picture):
        self.count += 1
