"""Review, comparison and sampling as docs/quality.md tells it; ECHOTRACKER_SCREENSHOTS=1 makes its pictures."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from known_walls import known_motion
from panel_host import ROOT, Answers

PICTURES = ROOT / "Resources" / "Screenshots"
SAMPLE = "Echo A4C, noisy (synthetic)"


@pytest.fixture
def pictures(tmp_path) -> Path:
    return PICTURES if os.environ.get("ECHOTRACKER_SCREENSHOTS") else tmp_path


def open_only(panel, section):
    """Open one section, close the others."""
    ui, others = panel.ui, (panel._review_section.ui, panel._compare_section.ui, panel.sampling._view.ui)
    sections = [ui.clipSection, ui.pointsSection, ui.trackSection, ui.resultsSection]
    for each in (*sections, others[0].reviewSection, others[1].compareSection, others[2].sampleSection):
        each.collapsed = each is not section


def track(host, widget, tracker):
    widget._parameterNode.tracker = tracker
    widget._parameterNode.withConfidence = True
    host.settle(0.1)
    widget.ui.trackButton.click()
    assert host.waitFor(lambda: not widget.panel.session.busy, 300)
    host.settle(0.3)


@pytest.mark.slow
def test_walk(running_host, tmp_path, pictures, monkeypatch):
    import slicer

    from EchoTrackerLib.phantom.sample import SAMPLE_NOISY, wall_points
    from EchoTrackerLib.scene.strain import read_strain
    from EchoTrackerLib.scene.tracks import find_tracks, read_tracks
    from EchoTrackerLib.tracks.files import write_tracks

    host, widget = running_host, running_host.widget
    panel, scene = widget.panel, slicer.mrmlScene
    scene.Clear()
    slicer.app.layoutManager().setLayout(6)
    host.settle()
    answers = Answers()
    monkeypatch.setattr(host.dialogs, "target", answers)
    _volume, points, browser = host.sampleData.press(SAMPLE)
    widget._parameterNode.browser, widget._parameterNode.points = browser, points
    host.settle(0.3)

    # A first tracker, kept for later
    ours = panel._compare_section.ui
    track(host, widget, "static")
    ours.keepButton.click()

    # Review: the worst problem first, reject it, the strain follows
    track(host, widget, "classical")
    ui = panel._review_section.ui
    open_only(panel, ui.reviewSection)
    tracks = read_tracks(scene, find_tracks(scene, browser)[0])
    before = read_strain(scene, browser).gls_percent
    browser.SetSelectedItemNumber(18)
    panel.review.seek(18, 21)
    if (tracks.confidence < 0.5).any():
        ui.nextProblemButton.click()
    ui.reasonLineEdit.text = "shadow of a rib"
    ui.rejectButton.click()
    host.settle(0.3)
    strain = read_strain(scene, browser)
    assert len(strain.excluded) == 1 and strain.gls_percent != before
    host.picture(pictures / "5-review.png")

    # Compare with the first tracker
    open_only(panel, ours.compareSection)
    ours.compareButton.click()
    host.settle(0.5)
    assert ours.secondComboBox.currentText == "static"
    ours.nextDifferenceButton.click()
    worst = panel.compare._points[panel.compare.selected].worst_px
    assert worst == max(row.worst_px for row in panel.compare._points) > 5
    ours.compareButton.click()

    # Compare with the truth, from a file
    phantom = known_motion(SAMPLE_NOISY)
    truth = phantom.track(wall_points(phantom, "mid", 31), phantom.ed_frame).astype(np.float32)
    answers.file = tmp_path / "truth.npz"
    write_tracks(answers.file, replace(tracks, positions=truth, tracker="truth", confidence=None, quality={}))
    ours.loadCompareButton.click()
    assert ours.secondComboBox.currentText == "truth"
    ours.compareButton.click()
    host.settle(0.5)
    error = np.linalg.norm((tracks.positions - truth) * 256 / np.array(phantom.cine.size), axis=2)
    assert panel.compare._clip_figures.error_px == pytest.approx(np.median(error[:, 1:], axis=1).mean(), rel=1e-4)
    ours.nextDifferenceButton.click()
    host.settle(0.3)
    host.picture(pictures / "6-compare.png")
    ours.compareButton.click()

    # Sample: six tracks, one with an error
    sampling = panel.sampling._view.ui
    open_only(panel, sampling.sampleSection)
    sampling.countSpinBox.value = 6
    sampling.drawButton.click()
    for k in range(5):
        if k == 2:
            sampling.driftCheckBox.click()
            sampling.recordButton.click()
        else:
            sampling.noErrorButton.click()
    assert "5 of 6" in sampling.estimateLabel.text
    browser.SetSelectedItemNumber(14)
    host.settle(0.3)
    host.picture(pictures / "7-sample.png")
    open_only(panel, panel.ui.clipSection)
