"""The section "Annotation": hundreds of edits there and back, and how long stepping and editing take."""

from __future__ import annotations

import time

import numpy as np
import pytest
from panel_host import make_cine


@pytest.mark.slow
def test_hundreds_of_edits_are_undone_and_redone(editing):
    """As the document's own test does with a thousand, here with the scene and the table."""
    editing.tracks()
    editing.start("tracks")
    points, rng = editing.annotation.points, np.random.default_rng(0)
    first = editing.editor.annotation
    for k in range(250):
        if k % 4 == 0:  # some points a frame, as people work
            editing.go(int(rng.integers(12)))
        points.choose(int(rng.integers(6)))
        if k % 7 == 6:
            points.edits.occlude()
        elif k % 11 == 10:
            points.edits.clear()
        else:
            editing.editor.place((rng.uniform(5, 150), rng.uniform(5, 110)))
            points.refresh()
    last = editing.editor.annotation
    while editing.editor.can_undo:
        points.edits.undo()
    np.testing.assert_array_equal(editing.editor.annotation.states, first.states)
    np.testing.assert_array_equal(editing.editor.annotation.positions, first.positions)
    editing.check()
    while editing.editor.can_redo:
        points.edits.redo()
    np.testing.assert_array_equal(editing.editor.annotation.states, last.states)
    np.testing.assert_array_equal(editing.editor.annotation.positions, last.positions)
    editing.check()


def test_120_frames_with_100_points_are_stepped_and_edited_fast(editing, capsys):
    """Without rendering: a step under 15 ms, an edit with its journal under 30 ms.

    Processor time in quiet moments (20th percentile): what else the machine does is not measured.
    """
    editing.bench.load(make_cine(120))
    editing.tracks(100)
    editing.start("tracks")
    points = editing.annotation.points
    assert list(points.retracking.preparation.steps(editing.bench.panel.session.cine()))
    steps, edits = [], []

    def timed(action, took):
        begun = time.process_time(), time.perf_counter()
        action()
        took.append((time.process_time() - begun[0], time.perf_counter() - begun[1]))

    def edit():
        editing.editor.place((50.0, 40.0 + editing.editor.point))
        points._after("")

    for k in range(50):
        editing.editor.point = k
        timed(lambda: editing.go(2 * k + 1), steps)  # noqa: B023
        timed(edit, edits)
    (step, step_wall), (change, change_wall) = (1e3 * np.percentile(took, 20, axis=0) for took in (steps, edits))
    with capsys.disabled():
        print(
            f"\npanel, 120 frames x 100 points: step {step:.1f} ms ({step_wall:.1f} on the clock), "
            f"edit with journal {change:.1f} ms ({change_wall:.1f} on the clock)"
        )
    assert step < 15
    assert change < 30
