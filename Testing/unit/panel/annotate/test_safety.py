"""Annotation sets in the panel: saved with the scene, in journals beside it, restored after a crash."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import save_dialog
from annotate_host import LANDMARKS, names, place
from panel_host import make_cine

from EchoTrackerLib.annotation.annotation import State
from EchoTrackerLib.annotation.journal import abandoned_journals, read_journal
from EchoTrackerLib.scene.annotation.sequence import read_annotation
from EchoTrackerLib.scene.archive import save_scene
from EchoTrackerLib.scene.mrml.environment import slicer_environment

ROOT = Path(__file__).resolve().parents[4]


def test_sets_are_saved_with_the_scene_and_worked_on_again(editing, tmp_path):
    import slicer

    editing.tracks()
    editing.start("tracks", "A")
    place(editing, 2, 4, (33.0, 41.0))
    editing.start(LANDMARKS, "B")
    place(editing, 0, 5, (50.0, 51.0))
    assert "Not in a saved scene yet" in editing.message
    save_scene(slicer_environment(), tmp_path / "scene.mrb")
    assert editing.host.waitFor(lambda: "Not in a saved scene yet" not in editing.message, 5)
    assert abandoned_journals([editing.folder / "EchoTracker-annotation"]) == []
    before = editing.editor.annotation
    editing.scene.Clear()
    editing.host.settle()
    assert editing.journals() == []
    assert editing.scene.ReadFromMRB(str(tmp_path / "scene.mrb"), False, slicer.vtkMRMLMessageCollection())
    editing.host.settle(0.3)
    assert names(editing) == ["A", "B"]
    assert editing.ui.setNameLineEdit.text == "B"
    np.testing.assert_array_equal(editing.editor.annotation.states, before.states)
    locked = [bool(editing.annotation.editors.proxy(s).GetLocked()) for s in editing.annotation.editors.sets]
    assert locked == [True, False]
    place(editing, 0, 6, (52.0, 51.0))
    editing.check()


def test_saving_as_mrml_is_noticed(editing, tmp_path):
    """No event of the scene tells of it; afterwards the journal lies beside the scene."""
    editing.tracks()
    editing.start("tracks")
    place(editing, 1, 3, (50.0, 50.0))
    assert "Not in a saved scene yet" in editing.message
    save_dialog.save_as_mrml(editing.scene, tmp_path / "saved" / "scene.mrml")
    assert editing.host.waitFor(lambda: "Not in a saved scene yet" not in editing.message, 10)
    assert list((tmp_path / "saved").glob("*.journal"))
    place(editing, 1, 4, (50.0, 50.0))
    assert "Not in a saved scene yet: 1 changes" in editing.message
    save_dialog.save_as_mrml(editing.scene, tmp_path / "saved" / "scene.mrml")
    assert editing.host.waitFor(lambda: "Not in a saved scene yet" not in editing.message, 10)


def test_unsaved_work_of_a_closed_scene_is_offered_for_its_clip_only(editing):
    editing.start(LANDMARKS, "lost")
    place(editing, 1, 4, (33.0, 41.0))
    before = editing.editor.annotation
    editing.answers.yes = False
    editing.scene.Clear()
    editing.host.settle(0.3)
    assert "Load the clip" in editing.ui.lostLabel.text
    assert not editing.ui.restoreButton.enabled
    editing.bench.load(make_cine(9))
    editing.host.settle(0.3)
    assert not any("Restore it" in text for text in editing.answers.asked)
    editing.bench.load(make_cine())
    editing.host.settle(0.3)
    questions = [text for text in editing.answers.asked if "Restore it" in text]
    assert len(questions) == 1
    assert "'lost'" in questions[0]
    editing.host.leaveModule()
    editing.host.selectModule("EchoTracker")
    editing.host.settle(0.3)
    assert [text for text in editing.answers.asked if "Restore it" in text] == questions  # asked once
    editing.ui.restoreButton.click()  # but not forgotten
    assert names(editing) == ["lost (restored)"]
    np.testing.assert_array_equal(editing.editor.annotation.states, before.states)
    assert not editing.ui.lostLabel.text
    editing.check()


def test_journals_are_written_beside_the_scene_once_it_has_a_file(editing, tmp_path):
    editing.start(LANDMARKS)
    place(editing, 0, 2, (30.0, 30.0))
    folder = tmp_path / "study"
    folder.mkdir()
    assert not list(folder.iterdir())
    editing.scene.SetURL(str(folder / "scene.mrb"))
    save_scene(slicer_environment(), folder / "scene.mrb")
    editing.host.settle(0.3)
    place(editing, 0, 3, (31.0, 30.0))
    (journal,) = folder.glob("*.journal")
    assert journal.name in [path.name for path in editing.journals()]  # two copies
    editing.scene.Clear()
    editing.host.settle(0.2)
    (recovered,) = abandoned_journals([folder])
    assert recovered.annotation.states[0, 3] == State.PLACED


def test_changes_by_others_while_away_are_kept(editing):
    editing.start(LANDMARKS)
    place(editing, 0, 2, (30.0, 30.0))
    editing.host.leaveModule()
    editing.go(2)
    editing.proxy.SetLocked(False)
    editing.proxy.SetNthControlPointPosition(0, *np.add(editing.proxy.GetNthControlPointPosition(0), (-5.0, 0, 0)))
    editing.host.selectModule("EchoTracker")
    editing.host.settle(0.2)
    np.testing.assert_allclose(editing.editor.annotation.positions[0, 2], (40.0, 30.0), atol=1e-2)
    editing.check()
    assert editing.answers.asked == []  # nothing was lost, nothing is offered
    (journal,) = editing.journals()
    np.testing.assert_allclose(read_journal(journal).annotation.positions[0, 2], (40.0, 30.0), atol=1e-2)


KILLED = """
import sys
from pathlib import Path
sys.path[:0] = [{support!r}, {host!r}, {root!r}]
import host as host_module
host = host_module.start(testing=True)
import slicer
slicer.app.temporaryPath = sys.argv[1]
from functools import partial
from panel_host import Answers, make_cine
from EchoTrackerLib.panel import panel as panels
panels.Panel = partial(panels.Panel, dialogs=Answers())
widget = host.selectModule("EchoTracker")
from EchoTrackerLib.scene.clip.cine import add_cine
annotation = widget.panel.annotation
annotation.section.widget.collapsed = False
widget._parameterNode.browser = add_cine(slicer.mrmlScene, make_cine()).browser
host.settle()
annotation.sets.choose_start("{start}")
annotation.sets.create()
annotation.sets.rename("killed")
for k in range(100000):
    widget._parameterNode.browser.SetSelectedItemNumber(k % 12)
    annotation.points.choose(k % 3)
    annotation.editors.editor.place((5.0 + k % 100, 7.0))
    print(k, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_kill_9_loses_at_most_the_edit_in_flight_and_the_next_start_offers_the_rest(editing):
    testing = ROOT / "Testing"
    code = KILLED.format(support=str(testing / "support"), host=str(testing / "host"), root=str(ROOT), start=LANDMARKS)
    with subprocess.Popen(
        [sys.executable, "-c", code, str(editing.folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as editor:
        last = -1
        for line in editor.stdout:
            last = int(line) if line.strip().isdigit() else last
            if last >= 37:
                break
        assert abandoned_journals([editing.folder / "EchoTracker-annotation"]) == []  # it is alive
        editor.send_signal(signal.SIGKILL)
        told = [last, *(int(line) for line in editor.stdout if line.endswith("\n") and line.strip().isdigit())][-1]
    assert told >= 37
    editing.host.leaveModule()
    editing.open(False)
    editing.host.selectModule("EchoTracker")
    editing.host.settle(0.3)
    assert any("Restore it" in text for text in editing.answers.asked)
    assert names(editing) == ["killed (restored)"]
    assert not editing.annotation.section.widget.collapsed  # the section opens with what was restored
    found = read_annotation(editing.scene, editing.annotation.editors.chosen)
    expected = np.full((3, 12), np.nan)
    for k in range(told + 1):
        expected[k % 3, k % 12] = 5.0 + k % 100
    x = found.positions[..., 0]
    differs = ~((np.abs(x - expected) < 1e-2) | (np.isnan(x) & np.isnan(expected)))
    assert differs.sum() <= 1  # one more edit may have been written than was told
    assert abandoned_journals([editing.folder / "EchoTracker-annotation"]) == []  # the old journal is gone
    assert len(editing.journals()) == 1  # its own journal is there


def test_a_click_in_a_view_across_the_clip_places_nothing(editing):
    from EchoTrackerLib.scene.mrml import plane

    editing.start(LANDMARKS)
    editing.ui.placePointsButton.click()
    node = editing.annotation.points.mouse.clicks._node
    x, y, z = plane.pixels_to_world(np.array([[40.0, 50.0]]), editing.bench.panel.session.proxy)[0]
    node.AddControlPointWorld([x, y, z + 25])
    assert "beside the image" in editing.message
    assert not editing.editor.annotation.states.any()
    editing.ui.placePointsButton.click()


def test_an_export_without_a_suffix_is_json(editing, tmp_path):
    editing.start(LANDMARKS)
    editing.answers.file = tmp_path / "mine"
    editing.annotation.export.export()
    assert (tmp_path / "mine.json").is_file()
    assert "mine.json" in editing.ui.setsMessageLabel.text
    editing.answers.yes = False  # there is one: asked before it is replaced
    (tmp_path / "mine.json").write_text("")
    editing.annotation.export.export()
    assert (tmp_path / "mine.json").read_text() == ""
    assert "exists" in editing.answers.asked[-1]


def test_restore_says_when_the_last_edit_was(editing, tmp_path):
    """It said when the set was made."""
    import os
    from datetime import datetime
    from types import SimpleNamespace

    from EchoTrackerLib.panel.annotate.sets.restore import _described

    path = tmp_path / "one.journal"
    path.write_text("")
    os.utime(path, (1_800_000_000, 1_800_000_000))
    annotation = SimpleNamespace(annotator="A", clip="clip", modified="2001-01-01T00:00:00+00:00")
    recovered = SimpleNamespace(annotation=annotation, name="set", edits=3, path=path)
    text = _described("{name} {n}{when}", recovered)
    assert datetime.fromtimestamp(1_800_000_000).strftime("%Y-%m-%d %H:%M") in text
    assert "2001" not in text
