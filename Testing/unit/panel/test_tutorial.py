"""The tutorial of the README, done by mouse in the panel; with ECHOTRACKER_SCREENSHOTS=1 it makes its pictures."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
from known_walls import known_motion
from panel_host import ROOT

PICTURES = ROOT / "Resources" / "Screenshots"
SAMPLE = "Echo A4C (synthetic)"


@pytest.fixture
def pictures(tmp_path) -> Path:
    return PICTURES if os.environ.get("ECHOTRACKER_SCREENSHOTS") else tmp_path


def gls(ui) -> float:
    shown = re.search(r"GLS (\N{MINUS SIGN}?[\d.]+) %", ui.resultMessageLabel.text).group(1)
    return float(shown.replace("\N{MINUS SIGN}", "-"))


@pytest.mark.slow
def test_tutorial(running_host, tmp_path, pictures):
    import slicer

    from EchoTrackerLib.phantom.sample import SAMPLE_A4C, wall_points
    from EchoTrackerLib.scene.archive import save_scene
    from EchoTrackerLib.scene.mrml import plane
    from EchoTrackerLib.scene.mrml.environment import slicer_environment

    host, widget = running_host, running_host.widget
    slicer.mrmlScene.Clear()
    host.log.messages.clear()
    slicer.app.layoutManager().setLayout(6)
    host.settle()
    ui = widget.ui

    # 1. Load the sample clip
    _volume, _points, browser = host.sampleData.press(SAMPLE)
    ui.clipSelector.setCurrentNode(browser)
    host.settle(0.3)
    assert widget._parameterNode.browser is browser
    assert "46 of" in ui.framesValueLabel.text
    host.picture(pictures / "1-clip.png")

    # 2. Three clicks: left annulus, apex, right annulus
    truth = wall_points(known_motion(SAMPLE_A4C), "mid", 31)
    ui.wallButton.click()
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    for x, y in (truth[0], truth[15], truth[-1]):
        ras = plane.pixels_to_world(np.array([[x, y]]), widget.panel.session.proxy)[0]
        host.click(view, *host.viewPosition("Red", ras))
    host.settle(0.3)
    found = widget.panel.points.read()
    assert len(found.labels) == 31
    off = np.linalg.norm(found.positions - truth, axis=1)
    assert off.mean() < 6, f"the template misses the wall by {off.mean():.1f} px"
    host.picture(pictures / "2-wall.png")

    # 3. Track
    widget._parameterNode.withConfidence = False
    assert ui.trackButton.enabled
    ui.trackButton.click()
    host.waitFor(lambda: ui.progressBar.value > 20, 120)
    if widget.panel.session.busy:
        host.picture(pictures / "3-track.png")
    assert host.waitFor(lambda: not widget.panel.session.busy, 300)
    assert "Tracked 31 points" in ui.trackMessageLabel.text

    # 4. Read GLS
    browser.SetSelectedItemNumber(19)
    host.settle(0.5)
    measured = gls(ui)
    assert -30 < measured < -8
    host.picture(pictures / "4-strain.png")

    # 5. Save, close, load, compare
    save_scene(slicer_environment(), tmp_path / "tutorial.mrb")
    slicer.mrmlScene.Clear()
    host.settle(0.3)
    assert ui.resultMessageLabel.text == ""
    assert slicer.mrmlScene.ReadFromMRB(str(tmp_path / "tutorial.mrb"), False, slicer.vtkMRMLMessageCollection())
    host.settle(0.5)
    assert gls(ui) == measured
    assert widget._parameterNode.browser.GetSelectedItemNumber() == 19
    assert host.log.messages == []
