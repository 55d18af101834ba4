"""The walk through docs/annotation.md, by mouse and keyboard; with ECHOTRACKER_SCREENSHOTS=1 it makes its pictures."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from panel_host import ROOT, Answers

from EchoTrackerLib.annotation.annotation import State

PICTURES = ROOT / "Resources" / "Screenshots"
SAMPLE = "Echo A4C (synthetic)"


@pytest.fixture
def pictures(tmp_path) -> Path:
    return PICTURES if os.environ.get("ECHOTRACKER_SCREENSHOTS") else tmp_path


@pytest.fixture
def host(running_host, tmp_path, monkeypatch):
    import slicer

    temporary, slicer.app.temporaryPath = slicer.app.temporaryPath, str(tmp_path)
    annotation = running_host.widget.panel.annotation
    monkeypatch.setattr(running_host.dialogs, "target", Answers())
    slicer.mrmlScene.Clear()
    running_host.log.messages.clear()
    slicer.app.layoutManager().setLayout(6)
    ui = running_host.widget.ui
    sections = [ui.clipSection, ui.pointsSection, ui.trackSection, ui.resultsSection]
    before = [section.collapsed for section in sections]
    for section in sections:
        section.collapsed = True
    running_host.settle()
    yield running_host
    for section, collapsed in zip(sections, before):
        section.collapsed = collapsed
    annotation.section.widget.collapsed = True
    slicer.mrmlScene.Clear()
    running_host.settle()
    slicer.app.temporaryPath = temporary


@pytest.mark.slow
def test_tutorial(host, tmp_path, pictures):
    import slicer

    from EchoTrackerLib.phantom.phantom import generate
    from EchoTrackerLib.phantom.sample import SAMPLE_A4C, wall_points
    from EchoTrackerLib.scene.mrml import plane

    panel = host.widget.panel
    annotation, ui = panel.annotation, panel.annotation.section.ui
    _volume, _points, browser = host.sampleData.press(SAMPLE)
    host.widget.ui.clipSelector.setCurrentNode(browser)
    host.widget._parameterNode.points = None
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    phantom = generate(SAMPLE_A4C)
    truth = np.stack([phantom.track(wall_points(phantom, "mid", 19), phantom.ed_frame)])[0]

    def screen(position):
        ras = plane.pixels_to_world(np.array([position], dtype=float), panel.session.proxy)[0]
        return host.viewPosition("Red", ras)

    # 1. A set for the wall of the four-chamber view, placed by mouse on two frames
    annotation.section.widget.collapsed = False
    ui.annotatorLineEdit.text = "AB"
    ui.annotatorLineEdit.editingFinished.emit()
    ui.startComboBox.setCurrentIndex(ui.startComboBox.findData("schema:0"))
    ui.createSetButton.click()
    host.settle(0.2)
    assert annotation.editors.editor.annotation.schema == "A4C wall, six segments"
    for frame in (phantom.ed_frame, phantom.es_frame):
        browser.SetSelectedItemNumber(frame)
        host.press("Alt+P")
        for position in truth[:, frame]:
            host.click(view, *screen(position))
        assert not ui.placePointsButton.checked  # all are placed
    placed = annotation.editors.editor.annotation
    assert int((placed.states == State.PLACED).sum()) == 38
    off = np.linalg.norm(placed.positions[:, phantom.es_frame] - truth[:, phantom.es_frame], axis=-1)
    assert off.max() < 0.7  # a pixel on screen

    # 2. All other frames: tracked again between the placed ones
    ui.pointsTable.selectRow(0)
    ui.neighborsSpinBox.value = 9
    host.press("Alt+R")
    assert host.waitFor(lambda: not annotation.points.retracking.running)
    ui.pointsTable.selectRow(15)
    host.press("Alt+R")
    assert host.waitFor(lambda: not annotation.points.retracking.running)
    ui.neighborsSpinBox.value = 0
    found = annotation.editors.editor.annotation
    assert found.annotated.mean() > 0.9
    between = slice(phantom.ed_frame, phantom.es_frame)
    error = np.linalg.norm(found.positions - truth, axis=-1)[:, between]
    assert np.nanmean(error) < 3

    # 3. What cannot be seen, what was looked at, one point dragged
    browser.SetSelectedItemNumber(phantom.es_frame - 4)
    ui.pointsTable.selectRow(9)
    host.press("Alt+O")
    ui.pointsTable.selectRow(4)
    host.press("Alt+A")
    start = found.positions[13, phantom.es_frame - 4]
    host.settle(0.1)
    host.drag(view, screen(start), screen(np.add(start, (4, 3))))
    ui.pointsTable.selectRow(16)
    ui.interpolateButton.click()
    ui.pointsTable.selectRow(13)
    host.settle(0.2)
    states = set(annotation.editors.editor.annotation.states[:, phantom.es_frame - 4].tolist())
    assert states >= {State.PLACED, State.TRACKER, State.OCCLUDED}
    host.picture(pictures / "8-annotation.png")
    ui.zoomButton.click()
    host.picture(tmp_path / "zoom.png")
    ui.zoomButton.click()

    # 4. Agreement with a second observer
    rng = np.random.default_rng(0)
    ours = annotation.editors.editor.annotation
    walk = np.cumsum(rng.normal(0, 0.5, ours.positions.shape), axis=1)
    other = ours.positions + walk.astype(np.float32) + rng.normal(0, 0.5, ours.positions.shape).astype(np.float32)
    annotation.sets.add(replace(ours, positions=other, annotator="CD"), "CD")
    ui.agreementGroupBox.collapsed = False
    ui.compareSetsButton.click()
    ui.agreementTabs.setCurrentIndex(1)
    host.settle(0.2)
    host.panelScroll.verticalScrollBar().setValue(10000)
    host.picture(pictures / "9-agreement.png")
    ui.agreementTabs.setCurrentIndex(2)
    ui.worstTable.selectRow(0)
    assert panel.session.frame == int(ui.worstTable.item(0, 1).text()) - 1
    host.picture(tmp_path / "worst.png")
    ui.agreementTabs.setCurrentIndex(0)
    host.picture(tmp_path / "segments.png")
    ui.endComparisonButton.click()
    ui.agreementGroupBox.collapsed = True
    assert host.log.messages == []
