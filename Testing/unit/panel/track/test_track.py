"""Tracking through the panel: results, and everything that can happen meanwhile."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from panel_host import Answers, Bench, make_cine

from EchoTrackerLib.errors import EchoTrackerError, LicenceNotAccepted
from EchoTrackerLib.panel.qt import packages
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.mrml import plane
from EchoTrackerLib.scene.tracks import read_tracks
from EchoTrackerLib.tracking.job import ProcessRunner


def names(bench: Bench) -> list[str]:
    """What the user sees in the scene, in order."""
    scene = bench.scene
    return sorted(
        scene.GetNthNode(i).GetID()
        for i in range(scene.GetNumberOfNodes())
        if not scene.GetNthNode(i).GetSingletonTag()
    )


def start(bench: Bench) -> None:
    bench.ui.trackButton.click()
    assert bench.runner.running, bench.ui.trackButton.toolTip


def result(bench: Bench):
    found = study.find_results(bench.scene, bench.parameters.browser)
    return read_tracks(bench.scene, found.tracks.sequence)


def test_tracks_and_strain_appear(bench):
    bench.load()
    points = bench.put()
    bench.track()
    tracks = result(bench)
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
    assert np.allclose(plane.world_to_pixels(world, volume)[0], result(bench).positions[:, 6], atol=1e-3)


def test_run_again_replaces_own_results_only(bench):
    bench.load()
    bench.put()
    other = bench.scene.AddNewNodeByClass("vtkMRMLTableNode", "somebody's table")
    bench.track()
    before = names(bench)
    bench.track()
    assert len(names(bench)) == len(before)
    assert other.GetScene() is not None


def test_tracks_are_never_taken_for_points_to_start_from(bench):
    browser = bench.load()
    bench.put()
    bench.track()
    proxy = study.find_results(bench.scene, browser).tracks.proxy
    before = result(bench).positions
    bench.parameters.points = proxy
    assert not bench.ui.trackButton.enabled
    bench.put(7)
    assert bench.parameters.points is not proxy
    assert np.array_equal(result(bench).positions, before)


def test_progress_and_second_start(bench):
    bench.load()
    bench.put()
    start(bench)
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
    before = names(bench)
    start(bench)
    bench.ui.cancelButton.click()
    assert names(bench) == before
    assert "nothing was changed" in bench.ui.trackMessageLabel.text
    assert bench.ui.trackButton.enabled


def test_cancel_of_the_real_worker_within_a_second(bench):
    bench.load(make_cine(frames=60, size=(400, 300)))
    bench.put(60)
    bench.host.runner.target = ProcessRunner()
    bench.parameters.tracker = "classical"
    before = names(bench)
    bench.ui.trackButton.click()
    assert bench.host.waitFor(lambda: bench.ui.trackMessageLabel.text not in ("", "Starting"), 60)
    began = time.monotonic()
    bench.ui.cancelButton.click()
    assert bench.host.waitFor(lambda: not bench.panel.session.busy, 5)
    assert time.monotonic() - began < 1.0
    assert names(bench) == before


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("killed", "Tracking was stopped by the operating system, most likely because memory ran out."),
        ("memory", "There was not enough memory. Track fewer points."),
        ("failed", "The CUDA driver is too old."),
        ("input", "This checkpoint is of another network."),
    ],
)
def test_failures_end_in_a_sentence_and_leave_the_scene(bench, kind, message):
    bench.load()
    bench.put()
    before = names(bench)
    start(bench)
    bench.runner.fail(kind, message)
    shown = bench.ui.trackMessageLabel.text
    assert shown == message
    assert names(bench) == before
    assert bench.ui.trackButton.enabled


def hide(monkeypatch, *names: str) -> None:
    """Make packages look as if they were not installed."""
    find = packages.importlib.util.find_spec
    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: None if name in names else find(name))


def test_torch_missing_without_the_extension_says_what_to_do(bench, monkeypatch):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "warningDisplay", lambda text, **_more: told.append(text))
    hide(monkeypatch, "torch", "PyTorchUtils")
    bench.load()
    bench.put()
    bench.parameters.tracker = "echotracker"
    before = names(bench)
    bench.ui.trackButton.click()
    assert "Extensions Manager" in told[0] and not bench.runner.running
    assert bench.ui.trackButton.enabled
    assert names(bench) == before
    bench.parameters.tracker = "classical"
    bench.track()


def test_what_a_tracker_lacks_is_installed_on_consent_and_tracking_goes_on(bench, monkeypatch):
    installed = []
    monkeypatch.setattr(packages, "_install", installed.append)
    hide(monkeypatch, "safetensors")
    bench.load()
    bench.put()
    bench.parameters.tracker = "echotracker"
    bench.answers.yes = False
    bench.ui.trackButton.click()
    assert "safetensors" in bench.answers.asked[0] and not bench.runner.running and not installed
    bench.answers.yes = True
    bench.track()
    assert installed == [["safetensors"]]


def test_the_number_of_cores_goes_into_the_job(bench):
    bench.load()
    bench.put()
    assert bench.ui.threadsSpinBox.value == 0
    bench.ui.threadsSpinBox.value = 2
    start(bench)
    assert bench.runner.job.threads == 2
    bench.runner.finish()


def test_an_error_while_watching_is_told_once_and_ends_the_job(bench, monkeypatch):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "errorDisplay", lambda text, **_keywords: told.append(text))
    bench.load()
    bench.put()
    start(bench)

    def broken():
        raise PermissionError("events.jsonl")

    monkeypatch.setattr(bench.runner, "poll", broken)
    bench.host.settle(0.4)
    assert len(told) == 1 and "events.jsonl" in told[0]
    assert not bench.runner.running and bench.ui.trackButton.enabled


def test_a_package_that_cannot_be_installed_ends_in_a_sentence(bench, monkeypatch):
    import subprocess

    import slicer

    def offline(requirements):
        raise subprocess.CalledProcessError(1, ["PythonSlicer", "-m", "pip", "install", requirements])

    told = []
    monkeypatch.setattr(slicer.util, "pip_install", offline)
    monkeypatch.setattr(slicer.util, "warningDisplay", lambda text, **_keywords: told.append(text))
    hide(monkeypatch, "safetensors")
    bench.load()
    bench.put()
    bench.parameters.tracker = "echotracker"
    bench.ui.trackButton.click()
    assert "safetensors could not be installed" in told[0] and "--no-index" in told[0]
    assert bench.ui.trackButton.enabled
    bench.parameters.tracker = "classical"


def test_torch_is_installed_only_on_consent(bench, monkeypatch):
    calls = []
    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(packages, "_install_torch", lambda: calls.append(1) or object())
    answers = Answers()
    answers.yes = False
    with pytest.raises(packages.Cancelled):
        packages.offer_torch(answers)
    assert not calls
    assert "3 GB" in answers.asked[0]
    answers.yes = True
    packages.offer_torch(answers)
    assert calls


def test_scene_closed_while_tracking(bench):
    bench.load()
    bench.put()
    start(bench)
    bench.scene.Clear()
    bench.host.settle()
    assert bench.runner.closed
    assert not bench.panel.session.busy
    assert not bench.ui.trackButton.enabled
    bench.load()
    bench.put()
    bench.track()


@pytest.mark.parametrize("which", ["browser", "sequence", "proxy", "points"])
def test_node_deleted_while_tracking(bench, which):
    browser = bench.load()
    bench.put()
    start(bench)
    nodes = {
        "browser": browser,
        "sequence": browser.GetMasterSequenceNode(),
        "proxy": bench.panel.session.proxy,
        "points": bench.parameters.points,
    }
    bench.scene.RemoveNode(nodes[which])
    bench.host.settle()
    bench.runner.finish()
    bench.host.settle()
    assert not bench.panel.session.busy
    if which in ("browser", "sequence"):
        assert "discarded" in bench.ui.trackMessageLabel.text


def test_track_button_says_what_is_missing(bench):
    assert "clip" in bench.ui.trackButton.toolTip
    bench.load()
    assert "points" in bench.ui.trackButton.toolTip.lower()
    bench.put()
    assert bench.ui.trackButton.enabled
    bench.parameters.queryFrame = 99
    assert not bench.ui.trackButton.enabled
    bench.parameters.queryFrame = 1
    bench.parameters.weights = "/nowhere/weights.safetensors"
    assert "weights.safetensors" in bench.ui.trackButton.toolTip


def test_licence_is_asked_once(bench):
    info = replace(bench.panel.track.tracker(), needs_licence_consent=True, licence="CC BY-NC 4.0")
    bench.panel.track._infos = {**bench.panel.track._infos, info.name: info}
    bench.load()
    bench.put()
    bench.answers.yes = False
    bench.ui.trackButton.click()
    assert not bench.runner.running
    assert "CC BY-NC" in bench.answers.asked[0]
    bench.answers.yes = True
    bench.track()
    bench.track()
    assert len(bench.answers.asked) == 2
    bench.panel.track._infos[info.name] = replace(info, needs_licence_consent=False)


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


def test_a_script_runs_a_peer_only_with_consent(bench):
    browser = bench.load()
    bench.put()
    before = names(bench)
    with pytest.raises(LicenceNotAccepted, match=r"CC BY-NC 4\.0.*acceptLicence=True"):
        bench.widget.logic.track(browser, bench.parameters.points, tracker="cotracker3")
    with pytest.raises(EchoTrackerError, match="pick its weights") as error:
        bench.widget.logic.track(browser, bench.parameters.points, tracker="myotracker", acceptLicence=True)
    assert "--" not in str(error.value)  # what is typed in a terminal stays there
    assert names(bench) == before
