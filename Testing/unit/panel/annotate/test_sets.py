"""Annotation sets in the panel: made, named, imported, exported, their points saved as a schema."""

from __future__ import annotations

import numpy as np
import pytest
from annotate_host import LANDMARKS, names, place, visible
from panel_host import make_cine

from EchoTrackerLib.annotation.annotation import State
from EchoTrackerLib.annotation.schema import Schema, read_schema, write_schema
from EchoTrackerLib.scene.annotation.sequence import read_annotation


def test_several_sets_a_clip_one_is_shown_and_edited(editing):
    editing.ui.annotatorLineEdit.text = "AB"
    editing.ui.annotatorLineEdit.editingFinished.emit()
    first = editing.start(LANDMARKS)
    place(editing, 0, 2, (30.0, 30.0))
    second = editing.start(LANDMARKS, "second")
    assert names(editing) == ["AB", "second"]
    assert visible(editing) == ["second"]
    assert not editing.editor.annotation.states.any()
    assert [bool(editing.annotation.editors.proxy(s).GetLocked()) for s in (first, second)] == [True, False]
    editing.ui.setComboBox.setCurrentIndex(0)
    editing.host.settle()
    assert visible(editing) == ["AB"]
    assert editing.editor.annotation.states[0, 2] == State.PLACED
    assert editing.editor.can_undo  # its history is still there
    assert editing.editor.annotation.annotator == "AB"
    editing.ui.setNameLineEdit.text = "observer <1>"
    editing.ui.setNameLineEdit.editingFinished.emit()
    assert names(editing) == ["observer -1-", "second"]
    assert editing.proxy.GetName() == "observer -1-"
    editing.answers.yes = False
    editing.ui.deleteSetButton.click()
    assert len(names(editing)) == 2
    editing.answers.yes = True
    editing.ui.deleteSetButton.click()
    editing.host.settle()
    assert names(editing) == ["second"]
    assert len(editing.journals()) == 1
    editing.ui.deleteSetButton.click()
    editing.host.settle()
    assert (names(editing), editing.journals(), editing.editor) == ([], [], None)


def test_signing_is_remembered_for_the_next_set(editing):
    editing.start(LANDMARKS)
    editing.ui.annotatorLineEdit.text = " reader 2 "
    editing.ui.annotatorLineEdit.editingFinished.emit()
    assert editing.stored().annotator == "reader 2"
    editing.start("free")
    assert editing.stored().annotator == "reader 2"
    assert editing.stored().clip == "clip"
    assert editing.stored().created


def test_a_set_is_signed_anew_only_by_an_act_on_it(editing):
    """Typing another name and pressing Create gave the set of A to B."""
    editing.ui.annotatorLineEdit.text = "A"
    editing.ui.annotatorLineEdit.editingFinished.emit()
    first = editing.start(LANDMARKS)
    editing.ui.annotatorLineEdit.text = "B"
    editing.ui.annotatorLineEdit.editingFinished.emit()
    assert editing.ui.annotatorLineEdit.text == "B"
    assert "now A" in editing.ui.signSetButton.text
    second = editing.start(LANDMARKS)
    assert [read_annotation(editing.scene, s).annotator for s in (first, second)] == ["A", "B"]
    assert not editing.ui.signSetButton.enabled
    editing.ui.setComboBox.setCurrentIndex(0)
    editing.host.settle()
    editing.ui.signSetButton.click()
    assert [read_annotation(editing.scene, s).annotator for s in (first, second)] == ["B", "B"]


def test_a_schema_from_a_file(editing, tmp_path):
    write_schema(tmp_path / "mine.json", Schema("Mine", ("left", "right"), ("basal", "")))
    editing.answers.file = tmp_path / "mine.json"
    editing.start("schema file")
    assert editing.editor.annotation.labels == ("left", "right")
    assert editing.ui.pointsTable.item(0, 4).text() == "basal"


def test_points_of_a_set_are_saved_as_a_schema_and_used_again(editing, tmp_path, monkeypatch):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "warningDisplay", lambda text, **_more: told.append(text))
    editing.start("free")
    editing.ui.schemaButton.click()
    assert "no points yet" in told[-1]
    editing.editor.add_point("hinge", "basal")
    editing.editor.add_point("apex")
    place(editing, 1, 3, (50.0, 50.0))
    editing.answers.file = tmp_path / "Two points"  # as typed, without a suffix
    editing.ui.schemaButton.click()
    assert "Two points.json" in editing.ui.setsMessageLabel.text
    schema = read_schema(tmp_path / "Two points.json")
    assert (schema.name, schema.labels, schema.segments) == ("Two points", ("hinge", "apex"), ("basal", ""))
    combo = editing.ui.startComboBox
    assert combo.currentText == "Empty: Two points"
    editing.ui.createSetButton.click()
    made = editing.editor.annotation
    assert (made.schema, made.labels, made.segments) == ("Two points", schema.labels, schema.segments)
    assert not made.states.any()
    (tmp_path / "Two points.json").unlink()
    editing.ui.createSetButton.click()
    assert "Two points.json" in told[-1]
    editing.annotation.editors.refresh()
    assert combo.findText("Empty: Two points") == -1


@pytest.mark.parametrize("suffix", [".json", ".coco.json", ".csv", ".npz"])
def test_export_and_import(editing, tmp_path, suffix):
    editing.tracks()
    editing.start("tracks")
    place(editing, 2, 4, (33.25, 41.5))
    editing.annotation.points.edits.occlude()
    place(editing, 1, 4, (33.25, 41.5))
    before = editing.editor.annotation
    editing.answers.file = tmp_path / f"mine{suffix}"
    editing.ui.exportSetButton.click()
    assert "Written" in editing.ui.setsMessageLabel.text
    editing.start("file")
    after = editing.editor.annotation
    assert names(editing)[-1] == "mine"
    np.testing.assert_array_equal(after.states, before.states)
    np.testing.assert_allclose(after.positions, before.positions, atol=2e-3)
    assert after.labels == before.labels


def test_import_of_other_programs(editing, tmp_path):
    path = editing.answers.file = tmp_path / "VolumeTracings.csv"
    name = editing.bench.panel.session.need_cine().name
    rows = [(f"{name}.avi", *ends, 4) for ends in ((40, 20, 40, 60), (45, 40, 35, 40), (50, 60, 30, 60))]
    rows += [("other.avi", 1, 2, 3, 4, 5)] * 4
    lines = "\n".join(",".join(map(str, row)) for row in rows)
    path.write_text(f"FileName,X1,Y1,X2,Y2,Frame\n{lines}\n")
    editing.start("file")
    found = editing.editor.annotation
    assert np.flatnonzero(found.annotated.all(axis=0)).tolist() == [4] and found.n_frames == 12
    np.testing.assert_allclose(found.positions[:, 4], [[30, 60], [35, 40], [40, 20], [45, 40], [50, 60]], atol=2e-3)


def test_files_of_another_clip_or_of_nothing_are_refused(editing, tmp_path, monkeypatch):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "warningDisplay", lambda text, **_more: told.append(text))
    editing.start(LANDMARKS)
    editing.answers.file = tmp_path / "a.json"
    editing.ui.exportSetButton.click()
    editing.bench.load(make_cine(9))
    editing.start("file")
    assert "12 frames" in told[-1]
    editing.bench.load(make_cine(12, size=(100, 80)))
    editing.start("file")
    assert "100 x 80" in told[-1]
    (tmp_path / "a.json").write_text("{}")
    editing.start("file")
    assert "a.json" in told[-1]
    assert editing.annotation.editors.sets == []
    editing.answers.file = None  # cancelled
    editing.start("file")
    assert editing.annotation.editors.sets == []


def test_a_folder_for_training(editing, tmp_path, monkeypatch):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "warningDisplay", lambda text, **_more: told.append(text))
    editing.tracks()
    editing.start("tracks", "AB")
    editing.answers.folder = tmp_path
    editing.ui.trainingSetButton.click()
    assert "half of the frames" in told[-1]  # a tracker's positions are no truth before they are accepted
    editing.ui.everyPointCheckBox.checked = True
    editing.ui.acceptTrackButton.click()
    editing.ui.everyPointCheckBox.checked = False
    editing.ui.trainingSetButton.click()
    with np.load(tmp_path / "AB.npz") as written:
        assert written["frames"].shape == (12, 120, 160)
        assert written["visible"].all()
    editing.answers.yes = False
    before = (tmp_path / "AB.npz").stat().st_mtime_ns
    editing.ui.trainingSetButton.click()
    assert (tmp_path / "AB.npz").stat().st_mtime_ns == before
