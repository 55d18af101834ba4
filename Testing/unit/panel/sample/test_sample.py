"""The section "Sample": draw, look, note, estimate, correct, export; kept with the scene."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
from panel_host import made_tracks, make_cine

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.scene.archive import read_scene, save_scene
from EchoTrackerLib.scene.mrml.environment import slicer_environment
from EchoTrackerLib.scene.mrml.nodes import browsers_of
from EchoTrackerLib.scene.review import read_sample, write_sample
from EchoTrackerLib.scene.tracks import find_tracks
from EchoTrackerLib.tracking.job import Outcome


@pytest.fixture
def tracked(bench):
    """24 tracks; every sixth has a low confidence."""
    bench.load(make_cine(frames=12))
    bench.put(24)
    bench.ui.trackButton.click()
    tracks = made_tracks(bench.runner.job)
    confidence = np.full((24, 12), 0.97, dtype=np.float32)
    confidence[::6] = 0.3
    bench.runner._end(Outcome("done", replace(tracks, confidence=confidence)))
    bench.host.settle()
    return bench


def ui_of(bench):
    return bench.panel.sampling._view.ui


def node_of(bench):
    return find_tracks(bench.scene, bench.parameters.browser)[0]


def ring_label(bench):
    node = bench.scene.GetFirstNodeByName("EchoTracker selected point")
    return node.GetNthControlPointLabel(0) if node is not None and node.GetDisplayNode().GetVisibility() else ""


def test_the_section_waits_for_tracks(bench):
    ui = ui_of(bench)
    assert ui.sampleSection.collapsed
    assert not ui.drawButton.enabled and not ui.noErrorButton.enabled and not ui.exportSampleButton.enabled
    with pytest.raises(BadInput, match="Track points first"):
        bench.panel.sampling.draw(5, 0)


def test_a_whole_sample_is_looked_at(tracked, tmp_path):
    ui = ui_of(tracked)
    ui.countSpinBox.value, ui.seedSpinBox.value = 8, 3
    ui.drawButton.click()
    sample = tracked.panel.sampling.sample
    assert len(sample.tracks) == 8
    assert sorted({t.stratum for t in sample.tracks}) == [0, 3]
    for track in sample.tracks:
        assert track.point in ui.trackLabel.text
        assert "0.9" not in ui.trackLabel.text  # the reader must not know the confidence
        assert ring_label(tracked) == track.point
        assert not ui.recordButton.enabled
        if track.stratum == 0:
            ui.driftCheckBox.click()
            ui.swapCheckBox.click()
            ui.recordButton.click()
        else:
            ui.noErrorButton.click()
    assert "8 of 8" in ui.estimateLabel.text
    assert "Error rate 17 %" in ui.estimateLabel.text  # 4 of 24, all of them examined
    assert "drift 4, swap 4" in ui.estimateLabel.text
    assert read_sample(node_of(tracked)) == tracked.panel.sampling.sample
    tracked.answers.folder = tmp_path
    ui.exportSampleButton.click()
    with (tmp_path / "sample-results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["errors"] for row in rows) == ["drift ; swap"] * 4 + ["none"] * 4


def test_a_finding_is_corrected(tracked):
    ui = ui_of(tracked)
    ui.countSpinBox.value = 4
    ui.drawButton.click()
    ui.jumpCheckBox.click()
    ui.recordButton.click()
    ui.previousTrackButton.click()
    assert ui.jumpCheckBox.checked and "jump" in ui.trackLabel.text
    ui.noErrorButton.click()
    assert tracked.panel.sampling.sample.tracks[0].errors == ()
    assert tracked.panel.sampling.number == 1
    ui.nextTrackButton.click()
    assert tracked.panel.sampling.number == 2 and not ui.jumpCheckBox.checked


def test_a_new_draw_asks_before_findings_are_lost(tracked):
    ui = ui_of(tracked)
    ui.countSpinBox.value, ui.seedSpinBox.value = 4, 0
    ui.drawButton.click()
    ui.noErrorButton.click()
    before = tracked.panel.sampling.sample
    tracked.answers.yes = False
    ui.seedSpinBox.value = 1
    ui.drawButton.click()
    assert tracked.answers.asked and tracked.panel.sampling.sample == before
    tracked.answers.yes = True
    ui.drawButton.click()
    assert tracked.panel.sampling.sample.examined == 0
    assert tracked.panel.sampling.sample != before


def test_ring_belongs_to_the_section_in_use(tracked):
    ui_of(tracked).drawButton.click()
    point = tracked.panel.sampling.sample.tracks[0].point
    tracked.parameters.browser.SetSelectedItemNumber(5)
    assert ring_label(tracked) == point
    tracked.panel.review._choose((3,))
    tracked.parameters.browser.SetSelectedItemNumber(6)
    assert ring_label(tracked) == "mid 04"
    ui_of(tracked).nextTrackButton.click()
    tracked.parameters.browser.SetSelectedItemNumber(7)
    assert ring_label(tracked) == tracked.panel.sampling.sample.tracks[1].point


def test_the_sample_is_saved_with_the_scene(tracked, tmp_path):
    ui_of(tracked).drawButton.click()
    ui_of(tracked).noErrorButton.click()
    save_scene(slicer_environment(), tmp_path / "scene.mrb")
    loaded = read_scene(tmp_path / "scene.mrb").scene
    browser = next(b for b in browsers_of(loaded))
    assert read_sample(find_tracks(loaded, browser)[0]) == tracked.panel.sampling.sample
    tracked.panel.session.results_changed.emit()
    assert "1 of " in ui_of(tracked).estimateLabel.text
    assert "Press Next" in ui_of(tracked).trackLabel.text
    node_of(tracked).SetAttribute("EchoTracker.Sample", '{"seed": 0}')
    assert read_sample(node_of(tracked)) is None
    write_sample(node_of(tracked), None)
    assert node_of(tracked).GetAttribute("EchoTracker.Sample") is None


def test_new_tracks_have_no_sample(tracked):
    ui_of(tracked).drawButton.click()
    tracked.track()
    assert tracked.panel.sampling.sample is None
    assert ui_of(tracked).trackLabel.text == "" and not ui_of(tracked).noErrorButton.enabled


@pytest.mark.parametrize("what", ["tracks", "browser", "scene"])
def test_nodes_deleted_while_they_are_sampled(tracked, what):
    ui_of(tracked).drawButton.click()
    if what == "scene":
        tracked.scene.Clear()
    else:
        tracked.scene.RemoveNode(node_of(tracked) if what == "tracks" else tracked.parameters.browser)
    tracked.host.settle(0.2)
    assert tracked.panel.sampling.sample is None
    with pytest.raises(BadInput, match="Draw a sample first"):
        tracked.panel.sampling.record([])
    tracked.panel.sampling.step(1)
