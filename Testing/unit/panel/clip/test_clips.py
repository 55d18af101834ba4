"""Clips of every kind through the panel: several, long lists of points, irregular times, no spacing, color, turned."""

from __future__ import annotations

import time

import numpy as np
import pytest
from panel_host import make_cine

from EchoTrackerLib.scene import results as study


def test_clip_switched_while_tracking(bench):
    first = bench.load(make_cine(name="first"))
    bench.put()
    bench.start()
    second = bench.load(make_cine(name="second", frames=8))
    bench.runner.finish()
    bench.host.settle()
    assert study.find_results(bench.scene, first).tracks is not None
    assert study.find_results(bench.scene, second).tracks is None
    assert "first" in bench.ui.trackMessageLabel.text
    assert not bench.ui.exportButton.enabled
    bench.parameters.browser = first
    bench.host.settle()
    assert bench.ui.exportButton.enabled


def test_two_clips_keep_their_results_apart(bench):
    browsers = []
    for name in ("one", "two"):
        browsers.append(bench.load(make_cine(name=name)))
        bench.parameters.points = None
        bench.put()
        bench.track()
    found = [study.find_results(bench.scene, browser) for browser in browsers]
    assert found[0].tracks.sequence is not found[1].tracks.sequence
    assert found[0].strain is not None
    assert found[1].strain is not None


def test_1000_points(bench):
    bench.load(make_cine(frames=20))
    began = time.process_time()
    bench.put(1000)
    bench.track()
    assert bench.result().n_points == 1000
    assert time.process_time() - began < 20
    steps = []
    for frame in range(1, 11):
        began = time.process_time()
        bench.parameters.browser.SetSelectedItemNumber(frame)
        steps.append(time.process_time() - began)
    assert np.median(steps) < 0.1


def test_irregular_frame_times(bench):
    times = np.array([0, 0.01, 0.05, 0.0505, 0.2, 0.31, 0.33, 0.4, 0.52, 0.6, 0.9, 1.0])
    bench.load(make_cine(times_s=times))
    bench.put()
    bench.start()
    assert np.allclose(bench.runner.job.cine.times_s, times)
    bench.runner.finish()
    assert np.allclose(bench.result().times_s, times)


def test_unknown_spacing_is_not_called_mm(bench):
    bench.load(make_cine(spacing=None))
    bench.put()
    assert "unknown" in bench.ui.spacingValueLabel.text
    bench.track()
    assert bench.result().spacing_mm is None
    titles = [bench.ui.colorComboBox.itemText(i) for i in range(bench.ui.colorComboBox.count)]
    assert "Displacement (px)" in titles
    assert not any("mm" in title for title in titles)


def test_calibration_by_a_line(bench):
    bench.load(make_cine(spacing=None))
    points = bench.put()
    bench.track()
    bench.ui.drawLineButton.click()
    bench.click_px(20, 20)
    bench.click_px(20, 100)
    bench.host.settle()
    assert bench.ui.calibrateButton.enabled
    bench.ui.lengthSpinBox.value = 40.0
    bench.ui.calibrateButton.click()
    bench.host.settle()
    cine = bench.panel.session.cine()
    assert cine.spacing_mm == pytest.approx((0.5, 0.5), rel=0.02)
    assert "calibrated" in bench.ui.spacingValueLabel.text
    assert np.allclose(bench.panel.points.read().positions, points, atol=1e-2)
    assert np.allclose(bench.result().positions[:, 0], points, atol=1e-2)
    assert bench.result().spacing_mm == cine.spacing_mm


def test_colour_clip_is_tracked_in_grey_and_shown_in_colour(bench):
    bench.load(make_cine(colour=True))
    assert bench.panel.session.proxy.IsA("vtkMRMLVectorVolumeNode")
    bench.put()
    bench.start()
    assert bench.runner.job.cine.frames.ndim == 3
    bench.runner.finish()
    assert "GLS" in bench.ui.resultMessageLabel.text


def test_volume_below_a_transform(bench):
    import vtk

    bench.load()
    transform = bench.scene.AddNewNodeByClass("vtkMRMLTransformNode")
    moved = vtk.vtkTransform()
    moved.RotateZ(30)
    moved.Translate(20, -10, 5)
    transform.SetMatrixTransformToParent(moved.GetMatrix())
    bench.panel.session.proxy.SetAndObserveTransformNodeID(transform.GetID())
    points = bench.put()
    bench.start()
    assert np.allclose(bench.runner.job.points, points, atol=1e-3)
    bench.runner.finish()
    assert np.allclose(bench.result().positions[:, 0], points, atol=1e-3)


def test_rotated_clip_by_mouse(bench):
    angle = np.deg2rad(35)
    matrix = np.eye(4)
    matrix[:3, 0] = (0.4 * np.cos(angle), 0.4 * np.sin(angle), 0)
    matrix[:3, 1] = (0, 0, -0.6)
    matrix[:3, 2] = (-np.sin(angle), np.cos(angle), 0)
    matrix[:3, 3] = (10, -20, 30)
    bench.load(make_cine(spacing=(0.6, 0.4), ijk_to_ras=matrix))
    bench.ui.placeButton.click()
    for x, y in ((30, 40), (120, 70)):
        bench.click_px(x, y)
    bench.ui.placeButton.click()
    bench.start()
    assert np.allclose(bench.runner.job.points, [[30, 40], [120, 70]], atol=0.8)
