"""A scene saved as .mrml from which any one file is gone: everything else is there, and nothing raises."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import save_dialog
import slicer
from panel_host import make_cine

from EchoTrackerLib.annotation.annotation import from_tracks
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.tracks import read_tracks


@pytest.fixture
def saved(bench, tmp_path) -> Path:
    """The scene file of a clip with points, tracks, strain and an annotation set."""
    cine = make_cine(colour=True)
    browser = bench.load(replace(cine, frames=np.roll(cine.frames, 1, axis=1)))
    bench.put(9)
    bench.track()
    tracks = read_tracks(bench.scene, study.find_results(bench.scene, browser).tracks.sequence)
    bench.panel.annotation.sets.add(from_tracks(tracks), "A")
    save_dialog.save_as_mrml(bench.scene, tmp_path / "saved" / "scene.mrml", only_modified=False)
    return tmp_path / "saved" / "scene.mrml"


def test_any_file_may_be_missing(bench, saved, tmp_path, caplog):
    names = sorted(path.name for path in saved.parent.iterdir() if path != saved)
    assert len(names) > 8
    raised = []
    for name in names:
        folder = tmp_path / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(saved.parent, folder)
        (folder / name).unlink()
        bench.scene.Clear()
        bench.host.settle()
        caplog.clear()
        bench.scene.SetURL(str(folder / "scene.mrml"))
        bench.scene.Connect()
        bench.host.settle(0.2)
        for section in (bench.panel.annotation.section.widget, bench.ui.resultsSection):
            section.collapsed = True
            section.collapsed = False
        bench.parameters.Modified()
        if bench.panel.session.browser is not None:
            bench.panel.session.browser.SetSelectedItemNumber(3)
        bench.host.settle(0.2)
        raised += [(name, record.getMessage(), record.exc_text) for record in caplog.records if record.exc_info]
        if name == "clip.seq.mrb":
            assert "missing" in bench.ui.clipMessageLabel.text
        elif name != "clip tracks sequence.seq.mrb":
            found = study.find_results(bench.scene, bench.panel.session.browser)
            assert None not in found, name  # what is derived is made again
    assert raised == []
    bench.panel.annotation.section.widget.collapsed = True
    assert slicer.mrmlScene is bench.scene
