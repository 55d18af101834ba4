"""The section "Annotation": hundreds of edits there and back, and how long stepping and editing take."""

from __future__ import annotations

import time

import numpy as np
import pytest
from panel_host import make_cine


@pytest.mark.slow
def test_hundreds_of_edits_are_undone_and_redone(desk):
    """As the document's own test does with a thousand, here with the scene and the table."""
    desk.tracks()
    desk.start("tracks")
    points, rng = desk.annotation.points, np.random.default_rng(0)
    first = desk.editor.annotation
    for k in range(250):
        if k % 4 == 0:  # some points a frame, as people work
            desk.go(int(rng.integers(12)))
        points.choose(int(rng.integers(6)))
        if k % 7 == 6:
            points.edits.occlude()
        elif k % 11 == 10:
            points.edits.clear()
        else:
            desk.editor.place((rng.uniform(5, 150), rng.uniform(5, 110)))
            points.refresh()
    last = desk.editor.annotation
    while desk.editor.can_undo:
        points.edits.undo()
    np.testing.assert_array_equal(desk.editor.annotation.states, first.states)
    np.testing.assert_array_equal(desk.editor.annotation.positions, first.positions)
    desk.check()
    while desk.editor.can_redo:
        points.edits.redo()
    np.testing.assert_array_equal(desk.editor.annotation.states, last.states)
    np.testing.assert_array_equal(desk.editor.annotation.positions, last.positions)
    desk.check()


def test_120_frames_with_100_points_are_stepped_and_edited_fast(desk, capsys):
    """Without rendering: a step under 15 ms, an edit with its journal under 30 ms.

    Processor time in quiet moments (20th percentile): what else the machine does is not measured.
    """
    desk.bench.load(make_cine(120))
    desk.tracks(100)
    desk.start("tracks")
    points = desk.annotation.points
    assert list(points.retracking.preparation.steps(desk.bench.panel.session.cine()))
    steps, edits = [], []

    def timed(action, took):
        begun = time.process_time(), time.perf_counter()
        action()
        took.append((time.process_time() - begun[0], time.perf_counter() - begun[1]))

    def edit():
        desk.editor.place((50.0, 40.0 + desk.editor.point))
        points._after("")

    for k in range(50):
        desk.editor.point = k
        timed(lambda: desk.go(2 * k + 1), steps)  # noqa: B023
        timed(edit, edits)
    (step, step_wall), (change, change_wall) = (1e3 * np.percentile(took, 20, axis=0) for took in (steps, edits))
    with capsys.disabled():
        print(
            f"\npanel, 120 frames x 100 points: step {step:.1f} ms ({step_wall:.1f} on the clock), "
            f"edit with journal {change:.1f} ms ({change_wall:.1f} on the clock)"
        )
    assert step < 15
    assert change < 30
