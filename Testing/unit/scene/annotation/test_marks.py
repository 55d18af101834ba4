"""States are drawn as shapes where the points are, in colors of their own; trails show where they were."""

from __future__ import annotations

import ctypes.util
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import scene_data

from EchoTrackerLib.annotation.annotation import State, empty_annotation
from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.scene.annotation import marks as annotation_marks
from EchoTrackerLib.scene.annotation.sequence import add_annotation
from EchoTrackerLib.scene.clip.cine import add_cine
from EchoTrackerLib.scene.mrml import plane
from EchoTrackerLib.scene.mrml.environment import new_scene
from EchoTrackerLib.scene.mrml.frames import go_to_frame


def make_set(cine):
    annotation = empty_annotation(tuple("abcde"), cine.times_s, None, cine.spacing_mm, cine.size)
    states = np.zeros(annotation.states.shape, dtype=np.uint8)
    states[:4] = np.array([1, 2, 3, 4])[:, None]
    positions = annotation.positions.copy()
    x = np.array([25.0, 65.0, 105.0, 140.0])
    for frame in range(cine.n_frames):
        positions[:4, frame] = np.stack([x + 2 * frame, np.full(4, 60.0) - 3 * frame], axis=-1)
    return replace(annotation, states=states, positions=positions)


def setup():
    environment = new_scene()
    grey = np.full((6, 120, 160), 40, dtype=np.uint8)
    cine = Cine(grey, np.arange(6) / 50, (0.5, 0.5), name="clip")
    clip = add_cine(environment.scene, cine)
    annotation = make_set(cine)
    add_annotation(environment.scene, clip.browser, annotation, "A")
    model = annotation_marks.add_marks(environment.scene, clip.browser, annotation, "A marks")
    return environment, clip, annotation, model


def test_shapes_lie_around_the_points_and_differ():
    _environment, clip, annotation, model = setup()
    annotation_marks.show_marks(clip.browser, model, annotation, 3, onion=0)
    polydata = model.GetPolyData()
    states = [int(polydata.GetCellData().GetScalars().GetValue(k)) for k in range(polydata.GetNumberOfCells())]
    assert states == [1, 2, 3, 4, 4, 4]
    corners = [polydata.GetCell(k).GetNumberOfPoints() for k in range(len(states))]
    assert len(set(corners[:4])) >= 3  # circle, diamond and square, triangle
    ras = np.array([polydata.GetCell(0).GetPoints().GetPoint(k) for k in range(corners[0])])
    pixels, _distance = plane.world_to_pixels(ras, clip.proxy)
    np.testing.assert_allclose(np.linalg.norm(pixels - annotation.positions[0, 3], axis=-1), 0.014 * 160, rtol=1e-3)
    annotation_marks.show_marks(clip.browser, model, annotation, 3, onion=2)
    trail = model.GetPolyData().GetCell(0).GetPoints()
    ends = np.array([trail.GetPoint(0), trail.GetPoint(2)])
    pixels, _distance = plane.world_to_pixels(ends, clip.proxy)
    np.testing.assert_allclose(pixels, annotation.positions[0, [1, 3]], atol=1e-3)


def test_nothing_annotated_draws_nothing():
    _environment, clip, annotation, model = setup()
    empty = replace(annotation, states=np.zeros_like(annotation.states), positions=annotation.positions * np.nan)
    annotation_marks.show_marks(clip.browser, model, empty, 0)
    assert model.GetPolyData().GetNumberOfCells() == 0


def test_marks_are_not_saved_and_not_listed():
    _environment, _clip, _annotation, model = setup()
    assert not model.GetSaveWithScene()
    assert model.GetHideFromEditors()


def test_a_step_is_fast_with_100_points():
    environment = new_scene()
    cine = scene_data.make_cine(120)
    clip = add_cine(environment.scene, cine)
    annotation = empty_annotation(tuple(map(str, range(100))), cine.times_s, None, cine.spacing_mm, cine.size)
    positions = np.random.default_rng(0).uniform(0, 40, annotation.positions.shape).astype(np.float32)
    annotation = replace(annotation, states=np.full((100, 120), State.TRACKER, np.uint8), positions=positions)
    add_annotation(environment.scene, clip.browser, annotation, "A")
    model = annotation_marks.add_marks(environment.scene, clip.browser, annotation, "A marks")
    took = []  # processor time: a busy machine does not matter
    for frame in range(0, 120, 3):
        before = time.process_time()
        go_to_frame(clip.browser, frame)
        annotation_marks.show_marks(clip.browser, model, annotation, frame)
        took.append(time.process_time() - before)
    print(f"step with marks {1e3 * np.median(took):.2f} ms")
    assert np.median(took) < 0.015


def test_marks_are_seen():
    if sys.platform.startswith("linux") and not (ctypes.util.find_library("EGL") and ctypes.util.find_library("GL")):
        pytest.skip("libEGL or libGL is missing (Debian: libegl1 libgl1 libopengl0 libegl-mesa0)")
    from render import OffscreenSliceView

    environment, clip, annotation, model = setup()
    go_to_frame(clip.browser, 5)
    annotation_marks.show_marks(clip.browser, model, annotation, 5)
    view = OffscreenSliceView(environment, (800, 600))
    view.show(clip.proxy)
    picture = view.picture()
    saturation = picture.max(axis=-1).astype(int) - picture.min(axis=-1)
    for point in range(4):
        x, y = annotation.positions[point, 5]
        world = plane.pixels_to_world(np.array([[x, y]]), clip.proxy)[0]
        column, row = (round(v) for v in view.pixel_on_screen(tuple(world)))
        assert saturation[row - 14 : row + 15, column - 14 : column + 15].max() > 80, point
    view.close()
