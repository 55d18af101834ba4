"""Annotation sets in the panel: made, named, imported, exported, their points saved as a schema."""

from __future__ import annotations

import numpy as np
import pytest
from annotate_host import LANDMARKS, names, place, visible
from panel_host import make_cine

from EchoTrackerLib.annotation.annotation import State
from EchoTrackerLib.annotation.schema import Schema, read_schema, write_schema
from EchoTrackerLib.scene.annotation.sequence import read_annotation


def test_several_sets_a_clip_one_is_shown_and_edited(desk):
    desk.ui.annotatorLineEdit.text = "AB"
    desk.ui.annotatorLineEdit.editingFinished.emit()
    first = desk.start(LANDMARKS)
    place(desk, 0, 2, (30.0, 30.0))
    second = desk.start(LANDMARKS, "second")
    assert names(desk) == ["AB", "second"]
    assert visible(desk) == ["second"]
    assert not desk.editor.annotation.states.any()
    assert [bool(desk.annotation.editors.proxy(s).GetLocked()) for s in (first, second)] == [True, False]
    desk.ui.setComboBox.setCurrentIndex(0)
    desk.host.settle()
    assert visible(desk) == ["AB"]
    assert desk.editor.annotation.states[0, 2] == State.PLACED
    assert desk.editor.can_undo  # its history is still there
    assert desk.editor.annotation.annotator == "AB"
    desk.ui.setNameLineEdit.text = "observer <1>"
    desk.ui.setNameLineEdit.editingFinished.emit()
    assert names(desk) == ["observer -1-", "second"]
    assert desk.proxy.GetName() == "observer -1-"
    desk.answers.yes = False
    desk.ui.deleteSetButton.click()
    assert len(names(desk)) == 2
    desk.answers.yes = True
    desk.ui.deleteSetButton.click()
    desk.host.settle()
    assert names(desk) == ["second"]
    assert len(desk.journals()) == 1
    desk.ui.deleteSetButton.click()
    desk.host.settle()
    assert (names(desk), desk.journals(), desk.editor) == ([], [], None)


def test_signing_is_remembered_for_the_next_set(desk):
    desk.start(LANDMARKS)
    desk.ui.annotatorLineEdit.text = " reader 2 "
    desk.ui.annotatorLineEdit.editingFinished.emit()
    assert desk.stored().annotator == "reader 2"
    desk.start("free")
    assert desk.stored().annotator == "reader 2"
    assert desk.stored().clip == "clip"
    assert desk.stored().created


def test_a_set_is_signed_anew_only_by_an_act_on_it(desk):
    """Typing another name and pressing Create gave the set of A to B."""
    desk.ui.annotatorLineEdit.text = "A"
    desk.ui.annotatorLineEdit.editingFinished.emit()
    first = desk.start(LANDMARKS)
    desk.ui.annotatorLineEdit.text = "B"
    desk.ui.annotatorLineEdit.editingFinished.emit()
    assert desk.ui.annotatorLineEdit.text == "B"
    assert "now A" in desk.ui.signSetButton.text
    second = desk.start(LANDMARKS)
    assert [read_annotation(desk.scene, s).annotator for s in (first, second)] == ["A", "B"]
    assert not desk.ui.signSetButton.enabled
    desk.ui.setComboBox.setCurrentIndex(0)
    desk.host.settle()
    desk.ui.signSetButton.click()
    assert [read_annotation(desk.scene, s).annotator for s in (first, second)] == ["B", "B"]


def test_a_schema_from_a_file(desk, tmp_path):
    write_schema(tmp_path / "mine.json", Schema("Mine", ("left", "right"), ("basal", "")))
    desk.answers.file = tmp_path / "mine.json"
    desk.start("schema file")
    assert desk.editor.annotation.labels == ("left", "right")
    assert desk.ui.pointsTable.item(0, 4).text() == "basal"


def test_points_of_a_set_are_saved_as_a_schema_and_used_again(desk, tmp_path, monkeypatch):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "warningDisplay", lambda text, **_more: told.append(text))
    desk.start("free")
    desk.ui.schemaButton.click()
    assert "no points yet" in told[-1]
    desk.editor.add_point("hinge", "basal")
    desk.editor.add_point("apex")
    place(desk, 1, 3, (50.0, 50.0))
    desk.answers.file = tmp_path / "Two points"  # as typed, without a suffix
    desk.ui.schemaButton.click()
    assert "Two points.json" in desk.ui.setsMessageLabel.text
    schema = read_schema(tmp_path / "Two points.json")
    assert (schema.name, schema.labels, schema.segments) == ("Two points", ("hinge", "apex"), ("basal", ""))
    combo = desk.ui.startComboBox
    assert combo.currentText == "Empty: Two points"
    desk.ui.createSetButton.click()
    made = desk.editor.annotation
    assert (made.schema, made.labels, made.segments) == ("Two points", schema.labels, schema.segments)
    assert not made.states.any()
    (tmp_path / "Two points.json").unlink()
    desk.ui.createSetButton.click()
    assert "Two points.json" in told[-1]
    desk.annotation.editors.refresh()
    assert combo.findText("Empty: Two points") == -1


@pytest.mark.parametrize("suffix", [".json", ".coco.json", ".csv", ".npz"])
def test_export_and_import(desk, tmp_path, suffix):
    desk.tracks()
    desk.start("tracks")
    place(desk, 2, 4, (33.25, 41.5))
    desk.annotation.points.edits.occlude()
    place(desk, 1, 4, (33.25, 41.5))
    before = desk.editor.annotation
    desk.answers.file = tmp_path / f"mine{suffix}"
    desk.ui.exportSetButton.click()
    assert "Written" in desk.ui.setsMessageLabel.text
    desk.start("file")
    after = desk.editor.annotation
    assert names(desk)[-1] == "mine"
    np.testing.assert_array_equal(after.states, before.states)
    np.testing.assert_allclose(after.positions, before.positions, atol=2e-3)
    assert after.labels == before.labels


def test_import_of_other_programs(desk, tmp_path):
    path = desk.answers.file = tmp_path / "VolumeTracings.csv"
    name = desk.bench.panel.session.need_cine().name
    rows = [(f"{name}.avi", *ends, 4) for ends in ((40, 20, 40, 60), (45, 40, 35, 40), (50, 60, 30, 60))]
    rows += [("other.avi", 1, 2, 3, 4, 5)] * 4
    lines = "\n".join(",".join(map(str, row)) for row in rows)
    path.write_text(f"FileName,X1,Y1,X2,Y2,Frame\n{lines}\n")
    desk.start("file")
    found = desk.editor.annotation
    assert np.flatnonzero(found.annotated.all(axis=0)).tolist() == [4] and found.n_frames == 12
    np.testing.assert_allclose(found.positions[:, 4], [[30, 60], [35, 40], [40, 20], [45, 40], [50, 60]], atol=2e-3)


def test_files_of_another_clip_or_of_nothing_are_refused(desk, tmp_path, monkeypatch):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "warningDisplay", lambda text, **_more: told.append(text))
    desk.start(LANDMARKS)
    desk.answers.file = tmp_path / "a.json"
    desk.ui.exportSetButton.click()
    desk.bench.load(make_cine(9))
    desk.start("file")
    assert "12 frames" in told[-1]
    desk.bench.load(make_cine(12, size=(100, 80)))
    desk.start("file")
    assert "100 x 80" in told[-1]
    (tmp_path / "a.json").write_text("{}")
    desk.start("file")
    assert "a.json" in told[-1]
    assert desk.annotation.editors.sets == []
    desk.answers.file = None  # cancelled
    desk.start("file")
    assert desk.annotation.editors.sets == []


def test_a_folder_for_training(desk, tmp_path, monkeypatch):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "warningDisplay", lambda text, **_more: told.append(text))
    desk.tracks()
    desk.start("tracks", "AB")
    desk.answers.folder = tmp_path
    desk.ui.trainingSetButton.click()
    assert "half of the frames" in told[-1]  # a tracker's positions are no truth before they are accepted
    desk.ui.everyPointCheckBox.checked = True
    desk.ui.acceptTrackButton.click()
    desk.ui.everyPointCheckBox.checked = False
    desk.ui.trainingSetButton.click()
    with np.load(tmp_path / "AB.npz") as written:
        assert written["frames"].shape == (12, 120, 160)
        assert written["visible"].all()
    desk.answers.yes = False
    before = (tmp_path / "AB.npz").stat().st_mtime_ns
    desk.ui.trainingSetButton.click()
    assert (tmp_path / "AB.npz").stat().st_mtime_ns == before
