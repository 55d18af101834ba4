"""Tracking through the panel: results, and everything that can happen meanwhile."""

from __future__ import annotations

import time

import numpy as np
from panel_host import make_cine

from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.mrml import plane
from EchoTrackerLib.tracking.job import ProcessRunner


def test_tracks_and_strain_appear(bench):
    bench.load()
    points = bench.put()
    bench.track()
    tracks = bench.result()
    assert np.allclose(tracks.positions[:, 0], points, atol=1e-3)
    assert "GLS" in bench.ui.resultMessageLabel.text
    assert bench.ui.exportButton.enabled
    assert bench.ui.layoutButton.checked


def test_points_follow_the_clip(bench):
    browser = bench.load()
    bench.put()
    bench.track()
    found = study.find_results(bench.scene, browser)
    browser.SetSelectedItemNumber(6)
    proxy, volume = found.tracks.proxy, bench.panel.session.proxy
    world = np.array([proxy.GetNthControlPointPositionWorld(i) for i in range(proxy.GetNumberOfControlPoints())])
    assert np.allclose(plane.world_to_pixels(world, volume)[0], bench.result().positions[:, 6], atol=1e-3)


def test_run_again_replaces_own_results_only(bench):
    bench.load()
    bench.put()
    other = bench.scene.AddNewNodeByClass("vtkMRMLTableNode", "somebody's table")
    bench.track()
    before = bench.node_ids()
    bench.track()
    assert len(bench.node_ids()) == len(before)
    assert other.GetScene() is not None


def test_tracks_are_never_taken_for_points_to_start_from(bench):
    browser = bench.load()
    bench.put()
    bench.track()
    proxy = study.find_results(bench.scene, browser).tracks.proxy
    before = bench.result().positions
    bench.parameters.points = proxy
    assert not bench.ui.trackButton.enabled
    bench.put(7)
    assert bench.parameters.points is not proxy
    assert np.array_equal(bench.result().positions, before)


def test_progress_and_second_start(bench):
    bench.load()
    bench.put()
    bench.start()
    assert not bench.ui.trackButton.enabled
    bench.runner.progress("Tracking", 0.4)
    assert bench.ui.progressBar.value == 40
    assert "Tracking" in bench.ui.trackMessageLabel.text
    assert bench.ui.cancelButton.visible
    bench.runner.finish()
    assert not bench.ui.cancelButton.visible
    assert bench.ui.trackButton.enabled


def test_cancel_leaves_the_scene_as_it_was(bench):
    bench.load()
    bench.put()
    before = bench.node_ids()
    bench.start()
    bench.ui.cancelButton.click()
    assert bench.node_ids() == before
    assert "nothing was changed" in bench.ui.trackMessageLabel.text
    assert bench.ui.trackButton.enabled


def test_cancel_of_the_real_worker_within_a_second(bench):
    bench.load(make_cine(frames=60, size=(400, 300)))
    bench.put(60)
    bench.host.runner.target = ProcessRunner()
    bench.parameters.tracker = "classical"
    before = bench.node_ids()
    bench.ui.trackButton.click()
    assert bench.host.waitFor(lambda: bench.ui.trackMessageLabel.text not in ("", "Starting"), 60)
    began = time.monotonic()
    bench.ui.cancelButton.click()
    assert bench.host.waitFor(lambda: not bench.panel.session.busy, 5)
    assert time.monotonic() - began < 1.0
    assert bench.node_ids() == before


def test_the_number_of_cores_goes_into_the_job(bench):
    bench.load()
    bench.put()
    assert bench.ui.threadsSpinBox.value == 0
    bench.ui.threadsSpinBox.value = 2
    bench.start()
    assert bench.runner.job.threads == 2
    bench.runner.finish()


def test_colours_and_tail(bench):
    bench.load()
    bench.put()
    bench.track()
    model = study.find_results(bench.scene, bench.parameters.browser).trajectories
    combo = bench.ui.colorComboBox
    titles = [combo.itemText(i) for i in range(combo.count)]
    assert {"Point", "Displacement (mm)", "Speed (mm/s)", "Confidence", "Strain (%)"} <= set(titles)
    combo.setCurrentIndex(titles.index("Strain (%)"))
    assert model.GetDisplayNode().GetActiveScalarName() == "strain_percent"
    bench.parameters.browser.SetSelectedItemNumber(8)
    bench.host.settle(0.2)
    bench.parameters.tail = 3.0
    assert model.GetPolyData().GetNumberOfLines() == 3 * 12
    bench.ui.showTrajectoriesCheckBox.click()
    assert not model.GetDisplayNode().GetVisibility()
    bench.ui.showPointsCheckBox.click()
    assert not study.find_results(bench.scene, bench.parameters.browser).tracks.proxy.GetDisplayNode().GetVisibility()


def test_phases_can_be_given(bench):
    bench.load()
    bench.put()
    bench.track()
    bench.parameters.esFrame = 4
    bench.ui.strainButton.click()
    assert "ES frame 4" in bench.ui.resultMessageLabel.text


def test_free_points_get_no_strain_by_themselves(bench):
    from EchoTrackerLib.scene.points import Points

    bench.load()
    bench.panel.points.set(Points(("a", "b"), np.array([[20, 20], [50, 60]], dtype=np.float32)))
    bench.track()
    assert "GLS" not in bench.ui.resultMessageLabel.text
