"""The journal: a killed process loses at most the edit in flight."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from EchoTrackerLib.annotation import edits
from EchoTrackerLib.annotation.annotation import State, apply, empty_annotation, with_point
from EchoTrackerLib.annotation.journal import Journal, abandoned_journals, is_in_use, read_journal, remove_journal
from EchoTrackerLib.errors import BadInput

ROOT = Path(__file__).resolve().parents[3]
TIMES = np.arange(30) / 50

EDITOR = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
import numpy as np
from EchoTrackerLib.annotation import edits
from EchoTrackerLib.annotation.annotation import apply, empty_annotation
from EchoTrackerLib.annotation.journal import Journal
annotation = empty_annotation(("a", "b"), np.arange(30) / 50)
journal = Journal(annotation, [Path(folder) for folder in sys.argv[1:]])
for k in range(100000):
    edit = edits.place(annotation, k % 2, k % 30, (float(k), 1.0))
    annotation = apply(annotation, edit)
    journal.add(edit)
    print(k, flush=True)
"""


def start_editor(*folders: Path) -> subprocess.Popen:
    code = EDITOR.format(root=str(ROOT))
    return subprocess.Popen([sys.executable, "-c", code, *map(str, folders)], stdout=subprocess.PIPE, text=True)


def edited(count: int):
    annotation = empty_annotation(("a", "b"), TIMES)
    for k in range(count):
        annotation = apply(annotation, edits.place(annotation, k % 2, k % 30, (float(k), 1.0)))
    return annotation


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
@pytest.mark.parametrize("wait_for", [1, 7, 150])
def test_kill_9_loses_at_most_the_edit_in_flight(tmp_path, wait_for):
    folders = (tmp_path / "temp", tmp_path / "scene")
    editor = start_editor(*folders)
    for line in editor.stdout:
        if int(line) == wait_for:
            break
    assert abandoned_journals(folders) == []  # it is alive: nothing to restore
    editor.send_signal(signal.SIGKILL)
    told = max([wait_for, *(int(line) for line in editor.stdout if line.endswith("\n"))])
    editor.wait()
    (recovered,) = abandoned_journals(folders)  # two copies, offered once
    assert told + 1 <= recovered.edits <= told + 2
    expected = edited(recovered.edits)
    np.testing.assert_array_equal(recovered.annotation.positions, expected.positions)
    np.testing.assert_array_equal(recovered.annotation.states, expected.states)
    remove_journal(recovered.identifier, folders)
    assert abandoned_journals(folders) == []
    assert not list(tmp_path.rglob("*.journal"))


def test_every_kind_of_edit_comes_back(tmp_path):
    annotation = empty_annotation(("a", "b"), TIMES, ("basal", ""), (0.3, 0.2), (64, 48))
    journal = Journal(annotation, [tmp_path])

    def do(edit):
        nonlocal annotation
        annotation = apply(annotation, edit)
        journal.add(edit)
        return edit

    do(edits.place(annotation, 0, 3, (1.1, 2.2)))
    do(edits.place(annotation, 0, 20, (33.3, 2.2)))
    undone = do(edits.interpolate(annotation, [0], 3))
    do(edits.occlude(annotation, [0, 1], 7))
    journal.add_point("c", "mid")
    annotation = with_point(annotation, "c", "mid")
    do(edits.track(annotation, 2, 4, np.full((5, 2), 7.7), np.linspace(0, 1, 5), 4))
    do(edits.clear(annotation, [0], [3], 3))
    do(edits.place(annotation, 1, 0, (5, 5)).inverse())
    journal.note("Dr. Ärztin", "2026-01-01T00:00:00+00:00")
    assert undone.points.size == 16
    journal.close()
    recovered = read_journal(journal_path(tmp_path))
    assert recovered.edits == 9
    for name in ("states", "positions", "confidence"):
        np.testing.assert_array_equal(getattr(recovered.annotation, name), getattr(annotation, name))
    assert recovered.annotation.segments == ("basal", "", "mid")
    assert recovered.annotation.size == (64, 48)
    assert recovered.annotation.annotator == "Dr. Ärztin"
    assert recovered.annotation.states[0, 7] == State.OCCLUDED


def journal_path(folder: Path) -> Path:
    (path,) = folder.glob("*.journal")
    return path


def test_torn_at_every_byte(tmp_path):
    annotation = empty_annotation(("a", "b"), np.arange(3.0))
    journal = Journal(annotation, [tmp_path])
    header = journal_path(tmp_path).stat().st_size
    for k in range(3):
        journal.add(edits.place(annotation, 0, k, (k + 0.5, 1.0)))
    journal.close()
    content = journal_path(tmp_path).read_bytes()
    torn = tmp_path / "torn.journal"
    for size in range(len(content) + 1):
        torn.write_bytes(content[:size])
        if size < header:
            with pytest.raises(BadInput, match="torn"):
                read_journal(torn)
        else:
            assert read_journal(torn).edits == content[header:size].count(b"\n")


def test_damage_in_the_middle_keeps_what_is_before(tmp_path):
    journal = Journal(empty_annotation(("a", "b"), TIMES), [tmp_path])
    for k in range(5):
        journal.add(edits.place(edited(0), 0, k, (1.0, 1.0)))
    journal.close()
    lines = journal_path(tmp_path).read_bytes().split(b"\n")
    lines[3] = b'{"what": "place", "cells": [[99, 0, 1, 1, 1, null]]}'  # no such point
    journal_path(tmp_path).write_bytes(b"\n".join(lines))
    assert read_journal(journal_path(tmp_path)).edits == 2


def test_in_use_and_discarded(tmp_path):
    journal = Journal(edited(0), [tmp_path, tmp_path])
    (path,) = journal.paths
    assert is_in_use(path)
    journal.add(edits.place(edited(0), 0, 0, (1, 1)))
    journal.close()
    assert not is_in_use(path)
    assert [r.edits for r in abandoned_journals([tmp_path, tmp_path / "none"])] == [1]
    other = Journal(edited(0), [tmp_path])
    other.discard()
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    journal = Journal(edited(0), [tmp_path / "file", tmp_path / "good"])
    assert [path.parent.name for path in journal.paths] == ["good"]
    journal.discard()
    with pytest.raises(BadInput, match="no folder can be written"):
        Journal(edited(0), [tmp_path / "file"])


def test_an_edit_is_written_in_a_few_milliseconds(tmp_path):
    journal = Journal(empty_annotation(tuple(map(str, range(100))), np.arange(120) / 50), [tmp_path])
    edit = edits.place(edited(0), 0, 0, (1, 1))
    took = []
    for _k in range(50):
        start = time.perf_counter()
        journal.add(edit)
        took.append(time.perf_counter() - start)
    journal.discard()
    assert np.median(took) < 0.02
