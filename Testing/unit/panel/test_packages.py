"""Packages are installed only with consent, keep what Slicer has, and say what they bring."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from panel_host import Answers

from EchoTrackerLib.errors import Cancelled, MissingDependency, Package
from EchoTrackerLib.panel.qt import packages

LACK = MissingDependency("Reading videos needs PyAV.", Package("pyav_like", "pyav-like"))


class Pip:
    """Answers what pip would install; notes what it was asked and held to."""

    def __init__(self, plan=None, stderr: str = "") -> None:
        self.plan, self.stderr, self.asked, self.held, self.installed = plan, stderr, [], [], []

    def __call__(self, arguments):
        self.asked.append(list(arguments))
        self.hold()
        found = [{"metadata": {"name": name, "version": version}} for name, version in (self.plan or {}).items()]
        text = "a notice\n" + json.dumps({"install": found})
        return subprocess.CompletedProcess(arguments, 0 if self.plan is not None else 1, text, self.stderr)

    def hold(self) -> None:
        self.held.append(Path(os.environ["PIP_CONSTRAINT"]).read_text(encoding="utf-8").splitlines())

    def install(self, requirements: str) -> None:
        self.hold()
        self.installed.append(requirements)


@pytest.fixture
def answers():
    return Answers()


def use(monkeypatch, pip: Pip) -> Pip:
    import slicer

    monkeypatch.setattr(packages, "_pip", pip)
    monkeypatch.setattr(slicer.util, "pip_install", pip.install, raising=False)
    return pip


def test_every_pip_is_held_to_what_is_installed(running_host, monkeypatch, answers):
    """opencv-python-headless, not held, replaced Slicer's numpy."""
    import numpy as np

    pip = use(monkeypatch, Pip({"pyav-like": "13.1.0"}))
    packages.offer_packages(LACK, answers)
    assert "--dry-run" in pip.asked[0]
    assert pip.installed == ["pyav-like==13.1.0"]
    for held in pip.held:  # looking and installing
        assert f"numpy=={np.__version__}" in held
    assert "PIP_CONSTRAINT" not in os.environ
    assert len(answers.asked) == 1


def test_what_comes_with_it_is_said_before(running_host, monkeypatch, answers):
    pip = use(monkeypatch, Pip({"pyav-like": "13.1.0", "new-thing": "2.0"}))
    packages.offer_packages(LACK, answers)
    assert "new-thing 2.0, pyav-like 13.1.0" in answers.asked[1]
    assert pip.installed == ["pyav-like==13.1.0 new-thing==2.0"]
    monkeypatch.setattr(answers, "confirm", lambda text: "new-thing" not in text)
    with pytest.raises(Cancelled):
        packages.offer_packages(LACK, answers)
    assert len(pip.installed) == 1


@pytest.mark.parametrize("name", ["numpy", "SimpleITK", "vtk", "scipy"])
def test_what_slicer_has_is_never_replaced(running_host, monkeypatch, answers, name):
    """Slicer's own vtk is unknown to pip: it would install a second one over it."""
    pip = use(monkeypatch, Pip({"pyav-like": "13.1.0", name: "9.9"}))
    with pytest.raises(MissingDependency, match="would be replaced"):
        packages.offer_packages(LACK, answers)
    assert pip.installed == []


def test_no_way_to_keep_them_is_refused_with_pips_reason(running_host, monkeypatch, answers):
    pip = use(monkeypatch, Pip(None, "looking\nERROR: Cannot install av because these versions conflict.\n"))
    with pytest.raises(MissingDependency, match="these versions conflict"):
        packages.offer_packages(LACK, answers)
    assert pip.installed == []


def test_torch_is_held_as_well(monkeypatch):
    import sys
    import types

    seen = []

    class Logic:
        def installTorch(self, **_keywords):
            seen.append(os.environ["PIP_CONSTRAINT"])
            return object()

    monkeypatch.setitem(sys.modules, "PyTorchUtils", types.SimpleNamespace(PyTorchUtilsLogic=Logic))
    assert packages._install_torch() is not None
    assert seen


def test_add_data_offers_what_reading_a_video_lacks(bench, monkeypatch):
    import slicer

    from EchoTrackerLib.panel.qt import dialogs

    reader = bench.host.module.EchoTrackerFileReader(object())
    tried, offered = [], []

    class Logic:
        def loadClip(self, path):
            tried.append(path)
            if len(tried) == 1:
                raise LACK
            return "browser"

    monkeypatch.setattr(bench.host.module, "EchoTrackerLogic", Logic)
    slicer.app._testing = False
    monkeypatch.setattr(packages, "offer_packages", lambda error, asks: offered.append((error, type(asks))))
    try:
        assert reader._load("clip.mp4") == "browser"
    finally:
        slicer.app._testing = True
    assert offered == [(LACK, dialogs.SlicerDialogs)]
    assert tried == ["clip.mp4", "clip.mp4"]
