"""Pictures of the slice view by Slicer's own displayable managers: everything is where it belongs."""

from __future__ import annotations

import ctypes.util
import os
import sys
from dataclasses import replace

import numpy as np
import pytest
import scene_data

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene import trajectories
from EchoTrackerLib.scene.mrml import colors as colours
from EchoTrackerLib.scene.mrml import frames, plane
from EchoTrackerLib.scene.mrml.environment import new_scene

if sys.platform.startswith("linux") and not (ctypes.util.find_library("EGL") and ctypes.util.find_library("GL")):
    if os.environ.get("CI"):
        pytest.fail("rendering needs the Debian packages libegl1, libgl1, libopengl0 and libegl-mesa0", pytrace=False)
    pytest.skip("libEGL or libGL is missing (Debian: libegl1 libgl1 libopengl0 libegl-mesa0)", allow_module_level=True)

from render import OffscreenSliceView

SIZE = (480, 360)


@pytest.fixture()
def environment():
    return new_scene()


def marked_cine(colour=False, **more) -> Cine:
    """A dark clip with a bright block, 10 x 6 px, whose top-left corner is at column 40, row 5."""
    grey = np.full((6, 48, 64), 30, dtype=np.uint8)
    grey[:, 5:11, 40:50] = 200
    rgb = np.stack([grey, grey // 2, grey // 4], axis=-1) if colour else None
    return Cine(grey, np.arange(6) / 50.0, scene_data.SPACING, colour=rgb, **more)


def show(environment, cine, tracks=None):
    clip, results = study.add_study(environment.scene, cine, tracks)
    view = OffscreenSliceView(environment, SIZE)
    view.show(clip.proxy)
    return clip, results, view


def on_screen(view, clip, x, y):
    column, row = view.pixel_on_screen(tuple(plane.pixels_to_world(np.array([[x, y]]), clip.proxy)[0]))
    return round(column), round(row)


def test_the_clip_stands_upright(environment):
    clip, _results, view = show(environment, marked_cine())
    picture = view.picture()
    view.close()
    left, top = on_screen(view, clip, 0, 0)
    right, bottom = on_screen(view, clip, 63, 47)
    assert left < right and top < bottom
    column, row = on_screen(view, clip, 44.5, 7.5)
    assert column > SIZE[0] / 2 and row < SIZE[1] / 2  # the block is in the upper right half, as in the frame
    assert abs(int(picture[row, column, 0]) - 200) <= 2  # gray values are shown as they are
    column, row = on_screen(view, clip, 10, 40)
    assert abs(int(picture[row, column, 0]) - 30) <= 2


def test_colour_stays_coloured(environment):
    clip, _results, view = show(environment, marked_cine(colour=True))
    column, row = on_screen(view, clip, 44.5, 7.5)
    np.testing.assert_allclose(view.picture()[row, column], (200, 100, 50), atol=2)
    view.close()


def test_rotated_clip_is_shown_in_its_own_plane(environment):
    matrix = np.array([[0, 0, 1, 5], [0.27, 0, 0, -7], [0, -0.31, 0, 2], [0, 0, 0, 1.0]])
    clip, _results, view = show(environment, marked_cine(ijk_to_ras=matrix))
    column, row = on_screen(view, clip, 44.5, 7.5)
    assert abs(int(view.picture()[row, column, 0]) - 200) <= 2
    view.close()


def test_points_and_trajectories_follow_the_frame(environment):
    cine = marked_cine()
    positions = np.zeros((2, 6, 2), dtype=np.float32)
    positions[0] = [(10 + 6 * k, 20) for k in range(6)]
    positions[1] = [(10, 25 + 4 * k) for k in range(6)]
    tracks = scene_data.make_tracks(cine, 2)
    tracks = replace(tracks, positions=positions, visible=np.ones((2, 6), bool))
    clip, results, view = show(environment, cine, tracks)
    frames.go_to_frame(clip.browser, 4)
    study.show_frame(environment.scene, clip.browser, 4)
    picture = view.picture().astype(int)
    disc = np.array(colours.PREDICTED) * 255
    for n in range(2):
        column, row = on_screen(view, clip, *positions[n, 4])
        np.testing.assert_allclose(picture[row, column], disc, atol=25)
        column, row = on_screen(view, clip, *(positions[n, 1] + positions[n, 2]) / 2)
        nearby = picture[row - 2 : row + 3, column - 2 : column + 3].reshape(-1, 3)
        assert np.abs(nearby - 30).max() > 60, "the tail is drawn"
        column, row = on_screen(view, clip, *(positions[n, 4] + positions[n, 5]) / 2)
        nearby = picture[row - 2 : row + 3, column - 2 : column + 3]
        assert np.abs(nearby - 30).max() < 10, "nothing is drawn ahead of the frame"
    trajectories.set_tail(results.trajectories, 1, 4)
    column, row = on_screen(view, clip, *(positions[0, 1] + positions[0, 2]) / 2)
    shortened = view.picture().astype(int)[row - 2 : row + 3, column - 2 : column + 3]
    assert np.abs(shortened - 30).max() < 10
    view.close()


def test_lost_points_are_not_drawn(environment):
    cine = marked_cine()
    tracks = scene_data.make_tracks(cine, 1)
    positions = np.full((1, 6, 2), (20, 20), dtype=np.float32)
    clip, _results, view = show(
        environment, cine, replace(tracks, positions=positions, visible=np.array([[1, 1, 0, 1, 1, 1]], bool))
    )
    column, row = on_screen(view, clip, 20, 20)
    frames.go_to_frame(clip.browser, 1)
    assert np.abs(view.picture()[row, column].astype(int) - 30).max() > 60
    frames.go_to_frame(clip.browser, 2)
    assert np.abs(view.picture()[row, column].astype(int) - 30).max() < 10
    view.close()
