"""Annotation sets in the scene: states kept, nothing made by visiting frames, 1,000 undos, save and load."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from scene_data import make_cine

from EchoTrackerLib.annotation import edits
from EchoTrackerLib.annotation.annotation import State, apply, empty_annotation
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.history import History
from EchoTrackerLib.scene.annotation import sequence as scene_annotation
from EchoTrackerLib.scene.archive import read_scene, save_scene
from EchoTrackerLib.scene.clip.cine import add_cine
from EchoTrackerLib.scene.mrml.environment import new_scene
from EchoTrackerLib.scene.mrml.frames import go_to_frame


def random_set(cine, n=5, seed=0):
    rng = np.random.default_rng(seed)
    annotation = empty_annotation(
        tuple(f"p{i}" for i in range(n)), cine.times_s, ("basal",) * n, cine.spacing_mm, cine.size
    )
    states = rng.integers(0, 5, annotation.states.shape).astype(np.uint8)
    positions = rng.uniform(0, 40, annotation.positions.shape).astype(np.float32)
    positions[states == State.NOT_ANNOTATED] = np.nan
    positions[0, states[0] == State.OCCLUDED] = np.nan
    confidence = np.where(states == State.TRACKER, rng.random(states.shape), np.nan).astype(np.float32)
    return replace(
        annotation,
        states=states,
        positions=positions,
        confidence=confidence,
        annotator="A & B <c>",
        schema="A4C wall",
        created="2026-01-01T00:00:00+00:00",
    )


def same(a, b):
    np.testing.assert_array_equal(a.states, b.states)
    np.testing.assert_allclose(a.positions, b.positions, atol=1e-3)
    np.testing.assert_array_equal(a.confidence, b.confidence)
    for name in ("labels", "segments", "spacing_mm", "size", "annotator", "schema", "created"):
        assert getattr(a, name) == getattr(b, name), name


def start(n_frames=12, **more):
    environment = new_scene()
    cine = make_cine(n_frames, **more)
    return environment, cine, add_cine(environment.scene, cine).browser


def test_several_sets_keep_what_they_hold():
    environment, cine, browser = start()
    first, second = random_set(cine), random_set(cine, n=3, seed=1)
    a = scene_annotation.add_annotation(environment.scene, browser, first, "A")
    b = scene_annotation.add_annotation(environment.scene, browser, second, "B")
    assert scene_annotation.find_annotations(environment.scene, browser) == [a.sequence, b.sequence]
    same(scene_annotation.read_annotation(environment.scene, a.sequence), first)
    same(scene_annotation.read_annotation(environment.scene, b.sequence), second)
    wrong = random_set(make_cine(5))
    with pytest.raises(BadInput, match="5 frames"):
        scene_annotation.add_annotation(environment.scene, browser, wrong, "C")


def test_visiting_frames_annotates_nothing_and_loses_nothing():
    environment, cine, browser = start()
    annotation = random_set(cine)
    for name, made in (("empty", None), ("full", annotation)):
        made = made or empty_annotation(("a", "b"), cine.times_s, size=cine.size, spacing_mm=cine.spacing_mm)
        nodes = scene_annotation.add_annotation(environment.scene, browser, made, name)
        for frame in (*range(cine.n_frames), 3, 0, 7):
            go_to_frame(browser, frame)
        same(scene_annotation.read_annotation(environment.scene, nodes.sequence), made)


def test_a_drag_is_read_from_the_screen_and_kept():
    environment, cine, browser = start()
    annotation = random_set(cine)
    sequence, proxy = scene_annotation.add_annotation(environment.scene, browser, annotation, "A")
    go_to_frame(browser, 4)
    point = int(np.flatnonzero(annotation.annotated[:, 4])[0])
    x, y = annotation.positions[point, 4]
    ras = np.array(proxy.GetNthControlPointPosition(point)) + np.array(
        [-2 * cine.spacing_mm[1], 0, 0]
    )  # 2 px to the right
    proxy.SetNthControlPointPosition(point, *ras)
    np.testing.assert_allclose(scene_annotation.read_screen(browser, sequence).positions[point], (x + 2, y), atol=1e-3)
    edit = edits.place(annotation, point, 4, (float(x) + 2, float(y)))
    scene_annotation.write_edit(browser, sequence, edit)
    go_to_frame(browser, 9)
    go_to_frame(browser, 4)
    same(scene_annotation.read_annotation(environment.scene, sequence), apply(annotation, edit))
    scene_annotation.write_frame(browser, sequence, annotation, 4)
    same(scene_annotation.read_annotation(environment.scene, sequence), annotation)


def test_undo_across_1000_edits_then_save_and_load(tmp_path):
    environment, cine, browser = start()
    annotation = first = random_set(cine)
    sequence, _proxy = scene_annotation.add_annotation(environment.scene, browser, annotation, "A")
    rng, history = np.random.default_rng(2), History()
    for _k in range(1000):
        point, frame = int(rng.integers(5)), int(rng.integers(12))
        kind = rng.integers(4)
        if kind == 0:
            edit = edits.occlude(annotation, [point], frame)
        elif kind == 1:
            edit = edits.clear(annotation, [point], [frame], frame)
        elif kind == 2:
            edit = edits.accept(annotation, [point], [frame], frame)
        else:
            edit = edits.place(annotation, point, frame, tuple(rng.uniform(0, 40, 2)))
        go_to_frame(browser, edit.frame)
        scene_annotation.write_edit(browser, sequence, edit)
        annotation = apply(annotation, edit)
        history.add(edit)
    same(scene_annotation.read_annotation(environment.scene, sequence), annotation)
    path = tmp_path / "scene.mrb"
    save_scene(environment, path)
    while history.can_undo:
        edit = history.undo().inverse()
        go_to_frame(browser, edit.frame)
        scene_annotation.write_edit(browser, sequence, edit)
    same(scene_annotation.read_annotation(environment.scene, sequence), first)
    other = read_scene(path)
    (loaded,) = [n for n in other.scene.GetNodesByClass("vtkMRMLSequenceNode") if n.GetName() == "A sequence"]
    same(scene_annotation.read_annotation(other.scene, loaded), annotation)


def test_locks_are_kept_on_every_frame_and_points_can_be_added():
    environment, cine, browser = start()
    annotation = random_set(cine)
    sequence, proxy = scene_annotation.add_annotation(environment.scene, browser, annotation, "A")
    assert proxy.GetLocked()
    scene_annotation.set_editable(browser, sequence, True)
    for frame in (0, 5, 11):
        go_to_frame(browser, frame)
        assert not proxy.GetLocked()
    scene_annotation.write_point(browser, sequence, "new")
    scene_annotation.set_editable(browser, sequence, False)
    go_to_frame(browser, 2)
    assert proxy.GetLocked()
    found = scene_annotation.read_annotation(environment.scene, sequence)
    assert found.labels[-1] == "new"
    assert not found.states[-1].any()
    np.testing.assert_array_equal(found.states[:-1], annotation.states)


def test_steps_and_edits_are_fast_on_120_frames_with_100_points():
    environment, cine, browser = start(120)
    annotation = random_set(cine, n=100)
    sequence, _proxy = scene_annotation.add_annotation(environment.scene, browser, annotation, "A")
    steps, changes = [], []  # processor time: a busy machine does not matter
    for k in range(60):
        before = time.process_time()
        go_to_frame(browser, 2 * k)
        steps.append(time.process_time() - before)
        before = time.process_time()
        edit = edits.place(annotation, k, 2 * k, (10.0, 20.0))
        annotation = apply(annotation, edit)
        scene_annotation.write_edit(browser, sequence, edit)
        changes.append(time.process_time() - before)
    print(f"step {1e3 * np.median(steps):.2f} ms, edit {1e3 * np.median(changes):.2f} ms")
    assert np.median(steps) < 0.015
    assert np.median(changes) < 0.030
