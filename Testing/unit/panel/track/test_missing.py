"""What a tracker needs before it runs: packages, weights, consent to a license."""

from __future__ import annotations

from dataclasses import replace

import pytest
from panel_host import Answers

from EchoTrackerLib.errors import EchoTrackerError, LicenceNotAccepted
from EchoTrackerLib.panel.qt import packages


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
    before = bench.node_ids()
    bench.ui.trackButton.click()
    assert "Extensions Manager" in told[0] and not bench.runner.running
    assert bench.ui.trackButton.enabled
    assert bench.node_ids() == before
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


def test_a_script_runs_a_peer_only_with_consent(bench):
    browser = bench.load()
    bench.put()
    before = bench.node_ids()
    with pytest.raises(LicenceNotAccepted, match=r"CC BY-NC 4\.0.*acceptLicence=True"):
        bench.widget.logic.track(browser, bench.parameters.points, tracker="cotracker3")
    with pytest.raises(EchoTrackerError, match="pick its weights") as error:
        bench.widget.logic.track(browser, bench.parameters.points, tracker="myotracker", acceptLicence=True)
    assert "--" not in str(error.value)  # what is typed in a terminal stays there
    assert bench.node_ids() == before
