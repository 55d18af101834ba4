"""Annotation sets in the panel: made, named, imported, exported, saved, compared; nothing is lost in a crash."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from annotate_host import bench, desk, running_host  # noqa: F401
from panel_host import make_cine

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.scene.annotation import read_annotation
from EchoTrackerLib.scene.archive import save_scene
from EchoTrackerLib.scene.environment import slicer_environment
from EchoTrackerLib.tracks.annotation import State
from EchoTrackerLib.tracks.journal import abandoned_journals
from EchoTrackerLib.tracks.schema import Schema, write_schema

LANDMARKS = "schema:4"
HERE = Path(__file__).resolve().parent


def place(desk, point, frame, position):
    desk.go(frame)
    desk.editor.point = point
    desk.editor.place(position)
    desk.annotation.points.refresh()


def names(desk):
    combo = desk.ui.setComboBox
    return [combo.itemText(i) for i in range(combo.count)]


def visible(desk):
    proxies = {desk.annotation.desk.name(s): desk.annotation.desk.proxy(s) for s in desk.annotation.desk.sets}
    return [name for name, proxy in proxies.items() if proxy.GetDisplayNode().GetVisibility()]


def test_several_sets_a_clip_one_is_shown_and_edited(desk):
    desk.ui.annotatorLineEdit.text = "AB"
    desk.ui.annotatorLineEdit.editingFinished.emit()
    first = desk.start(LANDMARKS)
    place(desk, 0, 2, (30.0, 30.0))
    second = desk.start(LANDMARKS, "second")
    assert names(desk) == ["AB", "second"]
    assert visible(desk) == ["second"]
    assert not desk.editor.annotation.states.any()
    assert [bool(desk.annotation.desk.proxy(s).GetLocked()) for s in (first, second)] == [True, False]
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


def test_a_schema_from_a_file(desk, tmp_path):
    write_schema(tmp_path / "mine.json", Schema("Mine", ("left", "right"), ("basal", "")))
    desk.answers.file = tmp_path / "mine.json"
    desk.start("schema file")
    assert desk.editor.annotation.labels == ("left", "right")
    assert desk.ui.pointsTable.item(0, 4).text() == "basal"


@pytest.mark.parametrize("suffix", [".json", ".coco.json", ".csv", ".npz"])
def test_export_and_import(desk, tmp_path, suffix):
    desk.tracks()
    desk.start("tracks")
    place(desk, 2, 4, (33.25, 41.5))
    desk.annotation.points.occlude()
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
    assert desk.annotation.desk.sets == []
    desk.answers.file = None  # cancelled
    desk.start("file")
    assert desk.annotation.desk.sets == []


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


def test_sets_are_saved_with_the_scene_and_worked_on_again(desk, tmp_path):
    import slicer

    desk.tracks()
    desk.start("tracks", "A")
    place(desk, 2, 4, (33.0, 41.0))
    desk.start(LANDMARKS, "B")
    place(desk, 0, 5, (50.0, 51.0))
    assert "Not in a saved scene yet" in desk.message
    save_scene(slicer_environment(), tmp_path / "scene.mrb")
    assert desk.host.waitFor(lambda: "Not in a saved scene yet" not in desk.message, 5)
    assert abandoned_journals([desk.folder / "EchoTracker-annotation"]) == []
    before = desk.editor.annotation
    desk.scene.Clear()
    desk.host.settle()
    assert desk.journals() == []
    assert desk.scene.ReadFromMRB(str(tmp_path / "scene.mrb"), False, slicer.vtkMRMLMessageCollection())
    desk.host.settle(0.3)
    assert names(desk) == ["A", "B"]
    assert desk.ui.setNameLineEdit.text == "B"
    np.testing.assert_array_equal(desk.editor.annotation.states, before.states)
    locked = [bool(desk.annotation.desk.proxy(s).GetLocked()) for s in desk.annotation.desk.sets]
    assert locked == [True, False]
    place(desk, 0, 6, (52.0, 51.0))
    desk.check()


def test_unsaved_work_of_a_closed_scene_is_offered_for_its_clip_only(desk):
    desk.start(LANDMARKS, "lost")
    place(desk, 1, 4, (33.0, 41.0))
    before = desk.editor.annotation
    desk.answers.yes = False
    desk.scene.Clear()
    desk.host.settle(0.3)
    assert "Load the clip" in desk.ui.lostLabel.text
    assert not desk.ui.restoreButton.enabled
    desk.bench.load(make_cine(9))
    desk.host.settle(0.3)
    assert not any("Restore it" in text for text in desk.answers.asked)
    desk.bench.load(make_cine())
    desk.host.settle(0.3)
    questions = [text for text in desk.answers.asked if "Restore it" in text]
    assert len(questions) == 1
    assert "'lost'" in questions[0]
    desk.host.leaveModule()
    desk.host.selectModule("EchoTracker")
    desk.host.settle(0.3)
    assert [text for text in desk.answers.asked if "Restore it" in text] == questions  # asked once
    desk.ui.restoreButton.click()  # but not forgotten
    assert names(desk) == ["lost (restored)"]
    np.testing.assert_array_equal(desk.editor.annotation.states, before.states)
    assert not desk.ui.lostLabel.text
    desk.check()


def test_journals_are_written_beside_the_scene_once_it_has_a_file(desk, tmp_path):
    desk.start(LANDMARKS)
    place(desk, 0, 2, (30.0, 30.0))
    folder = tmp_path / "study"
    folder.mkdir()
    assert not list(folder.iterdir())
    desk.scene.SetURL(str(folder / "scene.mrb"))
    save_scene(slicer_environment(), folder / "scene.mrb")
    desk.host.settle(0.3)
    place(desk, 0, 3, (31.0, 30.0))
    (journal,) = folder.glob("*.journal")
    assert journal.name in [path.name for path in desk.journals()]  # two copies
    desk.scene.Clear()
    desk.host.settle(0.2)
    (recovered,) = abandoned_journals([folder])
    assert recovered.annotation.states[0, 3] == State.PLACED


def test_changes_by_others_while_away_are_kept(desk):
    desk.start(LANDMARKS)
    place(desk, 0, 2, (30.0, 30.0))
    desk.host.leaveModule()
    desk.go(2)
    desk.proxy.SetLocked(False)
    desk.proxy.SetNthControlPointPosition(0, *np.add(desk.proxy.GetNthControlPointPosition(0), (-5.0, 0, 0)))
    desk.host.selectModule("EchoTracker")
    np.testing.assert_allclose(desk.editor.annotation.positions[0, 2], (40.0, 30.0), atol=1e-2)
    desk.check()


@pytest.fixture
def pair(desk):
    """Two observers; the second is (1, 0) px off, and 9 px off at point 3 on frame 8."""
    desk.tracks()
    first = replace(desk.annotation.sets._from_tracks(), segments=("basal", "basal", "mid", "mid", "", ""))
    off = first.positions + np.float32((1.0, 0.0))
    off[3, 7] += (8.0, 0.0)
    desk.annotation.sets.add(replace(first, annotator="A"), "A")
    desk.annotation.sets.add(replace(first, positions=off, annotator="B"), "B")
    desk.host.settle()
    return desk


def test_agreement_of_two_sets(pair, tmp_path):
    ui = pair.ui
    ui.agreementGroupBox.collapsed = False
    ui.compareSetsButton.click()
    assert visible(pair) == ["A", "B"]
    assert "ICC" in ui.agreementLabel.text
    rows = [[ui.segmentsTable.item(r, c).text() for c in range(5)] for r in range(ui.segmentsTable.rowCount)]
    assert [row[0] for row in rows] == ["All points", "basal", "mid"]
    assert rows[1] == ["basal", "24", "0.50", "0.00", "0.50"]  # 1 px is 0.5 mm here
    assert "(mm)" in ui.segmentsTable.horizontalHeaderItem(0).text()
    assert ui.worstTable.item(0, 2).text() == "4.50"
    ui.worstTable.selectRow(0)
    assert pair.bench.panel.session.frame == 7
    assert ui.pointsTable.currentRow() == 3
    ui.stripsTable.selectRow(1)
    assert ui.pointsTable.currentRow() == 1
    import qt

    assert ui.stripsTable.item(3, 1).data(qt.Qt.DecorationRole).width() == 110
    pair.answers.file = tmp_path / "agreement.csv"
    ui.exportAgreementButton.click()
    lines = (tmp_path / "agreement.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# 'A' and 'B'")
    assert sum(not line.startswith("#") for line in lines) == 1 + 6 * 12
    ui.endComparisonButton.click()
    assert visible(pair) == ["B"]
    pair.answers.yes = True
    ui.compareSetsButton.click()
    ui.deleteSetButton.click()
    assert not ui.agreementTabs.visible
    with pytest.raises(BadInput, match="two different sets"):
        pair.annotation.agreement.compare()


KILLED = """
import sys
from pathlib import Path
sys.path[:0] = [{tests!r}, {host!r}, {root!r}]
import host as host_module
host = host_module.start(testing=True)
import slicer
slicer.app.temporaryPath = sys.argv[1]
widget = host.selectModule("EchoTracker")
from panel_host import Answers, make_cine
from EchoTrackerLib.scene.cine import add_cine
annotation = widget.panel.annotation
annotation.useDialogs(Answers())
annotation.section.widget.collapsed = False
widget._parameterNode.browser = add_cine(slicer.mrmlScene, make_cine()).browser
host.settle()
annotation.sets.chooseStart("{start}")
annotation.sets.create()
annotation.sets.rename("killed")
for k in range(100000):
    widget._parameterNode.browser.SetSelectedItemNumber(k % 12)
    annotation.points.choose(k % 3)
    annotation.desk.editor.place((5.0 + k % 100, 7.0))
    print(k, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_kill_9_loses_at_most_the_edit_in_flight_and_the_next_start_offers_the_rest(desk):
    root = HERE.parents[1]
    code = KILLED.format(tests=str(HERE), host=str(root / "Testing" / "host"), root=str(root), start=LANDMARKS)
    with subprocess.Popen(
        [sys.executable, "-c", code, str(desk.folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as editor:
        last = -1
        for line in editor.stdout:
            last = int(line) if line.strip().isdigit() else last
            if last >= 37:
                break
        assert abandoned_journals([desk.folder / "EchoTracker-annotation"]) == []  # it is alive
        editor.send_signal(signal.SIGKILL)
        told = [last, *(int(line) for line in editor.stdout if line.endswith("\n") and line.strip().isdigit())][-1]
    assert told >= 37
    desk.host.leaveModule()
    desk.open(False)
    desk.host.selectModule("EchoTracker")
    desk.host.settle(0.3)
    assert any("Restore it" in text for text in desk.answers.asked)
    assert names(desk) == ["killed (restored)"]
    assert not desk.annotation.section.widget.collapsed  # the section opens with what was restored
    found = read_annotation(desk.scene, desk.annotation.desk.chosen)
    expected = np.full((3, 12), np.nan)
    for k in range(told + 1):
        expected[k % 3, k % 12] = 5.0 + k % 100
    x = found.positions[..., 0]
    differs = ~((np.abs(x - expected) < 1e-2) | (np.isnan(x) & np.isnan(expected)))
    assert differs.sum() <= 1  # one more edit may have been written than was told
    assert abandoned_journals([desk.folder / "EchoTracker-annotation"]) == []  # the old journal is gone
    assert len(desk.journals()) == 1  # its own journal is there
