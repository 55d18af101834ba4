"""Editing a set in the scene: drags, undo that jumps, finding frames, re-tracking, what a crash leaves."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scene_data import make_cine

from EchoTrackerLib.annotation.annotation import State, empty_annotation
from EchoTrackerLib.annotation.journal import abandoned_journals
from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.scene.annotation.editor import AnnotationEditor
from EchoTrackerLib.scene.annotation.record import restore
from EchoTrackerLib.scene.annotation.sequence import add_annotation, read_annotation
from EchoTrackerLib.scene.archive import save_scene
from EchoTrackerLib.scene.clip.cine import add_cine
from EchoTrackerLib.scene.mrml.environment import new_scene
from EchoTrackerLib.scene.mrml.frames import current_frame, go_to_frame


class Bench:
    def __init__(self, folder, cine=None, n=4):
        self.environment = new_scene()
        self.cine = cine or make_cine(12)
        self.browser = add_cine(self.environment.scene, self.cine).browser
        labels = tuple(f"p{i}" for i in range(n))
        self.empty = empty_annotation(labels, self.cine.times_s, None, self.cine.spacing_mm, self.cine.size)
        self.nodes = add_annotation(self.environment.scene, self.browser, self.empty, "A")
        self.folder = folder
        self.editor = AnnotationEditor(self.environment.scene, self.nodes.sequence, [folder], "me")

    def stored(self):
        return read_annotation(self.environment.scene, self.nodes.sequence)

    def check(self):
        """The scene holds what the editor says."""
        np.testing.assert_array_equal(self.stored().states, self.editor.annotation.states)
        np.testing.assert_allclose(self.stored().positions, self.editor.annotation.positions, atol=1e-3)

    def drag(self, point, by_px):
        row, col = self.cine.spacing_mm
        ras = np.array(self.nodes.proxy.GetNthControlPointPosition(point)) - np.array(
            [by_px[0] * col, by_px[1] * row, 0]
        )
        self.nodes.proxy.SetNthControlPointPosition(point, *ras)


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.editor.close()


def place(bench, point, frame, position):
    go_to_frame(bench.browser, frame)
    bench.editor.point = point
    bench.editor.place(position)


def test_a_dragged_point_is_placed_a_dragged_list_is_put_back(bench):
    place(bench, 1, 3, (10.0, 20.0))
    place(bench, 2, 3, (30.0, 20.0))
    assert not bench.nodes.proxy.GetLocked()
    assert bench.editor.take_drag() == 0  # nothing moved
    bench.editor.point = 0
    bench.drag(1, (5, -2))
    bench.browser.SetPlaybackActive(True)
    assert bench.editor.take_drag() == 1
    assert not bench.browser.GetPlaybackActive()
    assert bench.editor.point == 1
    np.testing.assert_allclose(bench.editor.annotation.positions[1, 3], (15, 18), atol=1e-3)
    bench.check()
    bench.drag(1, (1, 1))
    bench.drag(2, (1, 1))
    assert bench.editor.take_drag() == 2
    bench.check()
    bench.drag(1, (500, 0))
    with pytest.raises(BadInput, match="beside"):
        bench.editor.take_drag()
    bench.check()


def test_undo_and_redo_jump_to_the_frame_they_change(bench):
    place(bench, 0, 2, (10.0, 20.0))
    place(bench, 0, 9, (12.0, 20.0))
    bench.editor.interpolate()
    go_to_frame(bench.browser, 0)
    bench.editor.undo()
    bench.editor.undo()
    assert current_frame(bench.browser) == 9
    bench.check()
    bench.editor.undo()
    assert current_frame(bench.browser) == 2
    assert not bench.editor.undo()
    assert not bench.editor.annotation.states.any()
    while bench.editor.redo():
        pass
    assert bench.editor.annotation.states[0].tolist() == [0, 0, 1, 2, 2, 2, 2, 2, 2, 1, 0, 0]
    bench.check()


def test_finding_keyframes_uncertain_frames_and_points(bench):
    place(bench, 1, 0, (10.0, 20.0))
    place(bench, 1, 11, (12.0, 20.0))
    bench.editor.interpolate()
    bench.editor.point = 0
    go_to_frame(bench.browser, 0)
    assert bench.editor.step_uncertain(1)
    assert (current_frame(bench.browser), bench.editor.point) == (5, 1)
    assert bench.editor.step_keyframe(1)
    assert current_frame(bench.browser) == 11
    assert not bench.editor.step_keyframe(1)
    bench.editor.step_point(-1)
    bench.editor.step_point(-1)
    assert bench.editor.point == 3


def test_occlude_accept_clear_and_more_points(bench):
    place(bench, 0, 2, (10.0, 20.0))
    place(bench, 0, 6, (14.0, 20.0))
    bench.editor.interpolate()
    go_to_frame(bench.browser, 4)
    bench.editor.occlude()
    bench.editor.accept(whole_track=True)
    assert bench.editor.annotation.states[0, 2:7].tolist() == [1, 1, State.OCCLUDED, 1, 1]
    bench.editor.clear()
    assert bench.editor.annotation.states[0, 4] == State.NOT_ANNOTATED
    bench.editor.propagate(2, 6, list(range(bench.editor.annotation.n_points)))
    bench.editor.add_point("apex", "apical")
    bench.editor.place((5.0, 5.0))
    bench.check()
    assert bench.stored().labels[-1] == "apex"
    assert bench.stored().annotator == "me"
    assert bench.stored().modified
    with pytest.raises(BadInput, match="same name"):
        bench.editor.add_point("apex")
    bench.check()


def test_what_a_crash_leaves_is_restored(bench, tmp_path):
    place(bench, 0, 2, (10.0, 20.0))
    bench.editor.add_point("late")
    bench.editor.place((3.0, 4.0))
    assert abandoned_journals([tmp_path]) == []
    bench.editor._journal.close()  # as the system does when the process is killed
    (recovered,) = abandoned_journals([tmp_path])
    sequence = restore(bench.environment.scene, bench.browser, recovered, "A restored")
    found = read_annotation(bench.environment.scene, sequence)
    np.testing.assert_array_equal(found.states, bench.editor.annotation.states)
    assert found.labels[-1] == "late"
    assert found.annotator == "me"


def test_saving_and_closing_leave_no_old_journal(bench, tmp_path):
    place(bench, 0, 2, (10.0, 20.0))
    bench.editor.saved()
    assert len(list(tmp_path.iterdir())) == 1
    bench.editor.close()
    assert not list(tmp_path.iterdir())
    assert bench.nodes.proxy.GetLocked()
    with pytest.raises(BadInput, match="ended"):
        bench.editor.place((1.0, 1.0))


def test_retrack_between_the_surrounding_keyframes(tmp_path):
    from scipy.ndimage import gaussian_filter, shift

    noise = gaussian_filter(np.random.default_rng(0).normal(size=(120, 160)), 2)
    image = 128 + 60 * noise / noise.std()
    frames = np.stack([shift(image, (0.8 * t, -1.3 * t), order=1, mode="nearest") for t in range(13)])
    cine = Cine(np.clip(frames, 0, 255).astype(np.uint8), np.arange(13) / 50, (0.3, 0.2))
    bench = Bench(tmp_path, cine)
    truth = np.array([[90.0, 50.0]]) + np.arange(13)[:, None] * (-1.3, 0.8)
    for frame in (2, 8):
        place(bench, 1, frame, tuple(truth[frame]))
        place(bench, 2, frame, tuple(truth[frame] + (10, 5)))
    go_to_frame(bench.browser, 5)
    bench.editor.retrack(neighbours=1)
    states = bench.editor.annotation.states
    assert states[1].tolist() == states[2].tolist() == [0, 0, 1, 3, 3, 3, 3, 3, 1, 0, 0, 0, 0]
    assert not states[[0, 3]].any()
    np.testing.assert_allclose(bench.editor.annotation.positions[2, 3:8], truth[3:8] + np.array([10, 5]), atol=0.3)
    bench.check()
    assert bench.editor.undo()
    assert not (bench.editor.annotation.states == State.TRACKER).any()  # one step
    bench.editor.close()


def test_a_whole_edit_is_fast_on_120_frames_with_100_points(tmp_path):
    bench = Bench(tmp_path, make_cine(120), n=100)
    took = []  # processor time: a busy machine does not matter
    for k in range(40):
        go_to_frame(bench.browser, 3 * k)
        bench.editor.point = k
        before = time.process_time()
        bench.editor.place((10.0, 20.0))
        took.append(time.process_time() - before)
    bench.drag(39, (2, 0))
    before = time.process_time()
    assert bench.editor.take_drag()
    print(f"edit {1e3 * np.median(took):.1f} ms with journal; drag {1e3 * (time.process_time() - before):.1f} ms")
    assert np.median(took) < 0.030
    bench.editor.close()


def test_an_edit_is_unsaved_until_the_scene_is_written(bench, tmp_path):
    assert bench.editor.unsaved == 0
    place(bench, 0, 2, (10.0, 20.0))
    assert bench.editor.unsaved == 1
    for number in range(2):
        save_scene(bench.environment, tmp_path / f"scene{number}.mrb")
        assert bench.editor.is_saved()
        assert bench.editor.unsaved == 0
        bench.editor.saved()
        place(bench, 0, 3 + number, (10.0, 20.0))
        assert not bench.editor.is_saved()
        # Slicer's save dialog offers what says that it is modified.
        assert bench.nodes.sequence.GetModifiedSinceRead()


def test_leaving_keeps_the_journal_of_what_is_in_no_file(bench, tmp_path):
    place(bench, 0, 2, (10.0, 20.0))
    bench.editor.leave()
    (recovered,) = abandoned_journals([tmp_path])
    assert (recovered.edits, recovered.name) == (1, "A")


def test_the_number_of_points_is_fixed_on_every_frame(bench):
    import vtk

    shown = vtk.vtkObject.GetGlobalWarningDisplay()
    vtk.vtkObject.GlobalWarningDisplayOff()  # the refusal is an error message
    try:
        for frame in (0, 5):
            go_to_frame(bench.browser, frame)
            bench.nodes.proxy.RemoveNthControlPoint(1)
            assert bench.nodes.proxy.GetNumberOfControlPoints() == 4
    finally:
        vtk.vtkObject.SetGlobalWarningDisplay(shown)
    bench.editor.add_point("more")
    bench.check()


def test_changes_made_elsewhere_are_noticed(bench):
    place(bench, 0, 2, (10.0, 20.0))
    assert bench.editor.agrees_with_scene()
    bench.drag(0, (3, 0))
    assert not bench.editor.agrees_with_scene()
