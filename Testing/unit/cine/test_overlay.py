"""The overlay: points where they belong, invisible ones hollow, tails behind, a video with the clip's times."""

from __future__ import annotations

import numpy as np
import pytest
from dicom_clips import grey_cine

from EchoTrackerLib.cine.overlay import MIN_ROWS, draw_overlay, write_overlay
from EchoTrackerLib.cine.reading import read_cine


def _black(n_frames=4, rows=600, cols=800):
    return grey_cine(
        frames=np.zeros((n_frames, rows, cols), np.uint8), times_s=np.cumsum([0, 17.9, 35.8, 17.9])[:n_frames] / 1000
    )


def _still(points, n_frames=4):
    return np.repeat(np.array(points, np.float32)[:, np.newaxis], n_frames, axis=1)


def _bright(picture, above=100):
    """Center of gravity (x, y) of the colored pixels outside the corner with the text."""
    area = picture.astype(int).max(axis=2)
    area[-60:, :300] = 0
    rows, cols = np.nonzero(area > above)
    return np.array([cols.mean(), rows.mean()])


@pytest.mark.parametrize("point", [(200.0, 100.0), (333.5, 250.25), (0.0, 0.0), (799.0, 300.0)])
def test_point_is_drawn_where_it_is(point):
    picture = draw_overlay(_black(), _still([point]), 2, tail=0)
    assert picture.shape == (600, 800, 3) and picture.dtype == np.uint8
    weight = picture.astype(float).sum(axis=2)
    weight[-60:, :300] = 0
    yy, xx = np.mgrid[:600, :800]
    centre = np.array([(weight * xx).sum(), (weight * yy).sum()]) / weight.sum()
    inside = 6 < point[0] < 793 and 6 < point[1] < 593
    np.testing.assert_allclose(centre, point, atol=0.1 if inside else 4)


def test_small_clips_are_enlarged_and_points_with_them():
    picture = draw_overlay(_black(rows=128, cols=100), _still([(50.0, 20.0)]), 0)
    assert picture.shape == (MIN_ROWS, 400, 3)
    np.testing.assert_allclose(_bright(picture), (50.5 * 4 - 0.5, 20.5 * 4 - 0.5), atol=0.6)


def test_points_outside_and_not_finite_are_left_out():
    cine = _black()
    empty = draw_overlay(cine, _still([]).reshape(0, 4, 2), 3)
    points = _still([(-500.0, 20.0), (np.nan, 3.0), (1e9, 1e9)])
    np.testing.assert_array_equal(draw_overlay(cine, points, 3), empty)


def test_invisible_point_is_hollow():
    visible = np.array([[True, True, False, True]])
    cine, points = _black(), _still([(200.0, 100.0)])
    assert draw_overlay(cine, points, 1, visible)[100, 200].max() > 100
    hollow = draw_overlay(cine, points, 2, visible)
    assert hollow[100, 200].max() < 60 and hollow[90:111, 190:211].max() > 100


def test_crossed_point_is_a_white_cross_without_a_tail():
    points = np.stack([np.linspace((100, 100), (130, 100), 4), np.linspace((300, 300), (330, 300), 4)]).astype(
        np.float32
    )
    crossed = np.array([False, True])
    picture = draw_overlay(_black(), points, 3, tail=3, crossed=crossed).astype(int)
    only = draw_overlay(_black(), points[:1], 3, tail=3)
    np.testing.assert_array_equal(picture[:200] > 30, draw_overlay(_black(), points, 3, tail=3)[:200] > 30)
    assert only[95:106, 95:136].max() > 100
    assert picture[300, 330].min() > 200  # white in its middle
    for dx, dy in ((4, 4), (-4, 4), (4, -4), (-4, -4)):
        assert picture[300 + dy, 330 + dx].min() > 200
    for dx, dy in ((5, 0), (0, 5), (-5, 0), (0, -5)):
        assert picture[300 + dy, 330 + dx].max() < 60
    assert picture[300, 300:320].max() == 0  # no tail


def test_tail_lies_behind_the_point_and_fades():
    points = np.stack([np.array([[100.0, 50], [130, 50], [160, 50], [190, 50]])])
    picture = draw_overlay(_black(), points, 3, tail=3).astype(int).max(axis=2)
    assert picture[50, 180] > picture[50, 150] > picture[50, 115] > 0
    assert picture[50, 215] == 0
    assert draw_overlay(_black(), points, 3, tail=0)[50, 150].max() == 0


def test_values_choose_the_colour():
    points = _still([(100.0, 100.0), (200.0, 100.0), (300.0, 100.0)])
    picture = draw_overlay(_black(), points, 0, values=np.array([0.2, 0.9, 0.2]))
    np.testing.assert_array_equal(picture[100, 100], picture[100, 300])
    assert np.abs(picture[100, 200].astype(int) - picture[100, 100]).max() > 50
    by_order = draw_overlay(_black(), points, 0)
    assert np.abs(by_order[100, 300].astype(int) - by_order[100, 100]).max() > 50


def test_video_has_the_clips_times_and_even_size(tmp_path):
    pytest.importorskip("av")
    cine = _black(rows=601, cols=403)
    seen = []
    write_overlay(tmp_path / "o.mp4", cine, _still([(200.0, 100.0)]), progress=lambda s, f: seen.append(f))
    read = read_cine(tmp_path / "o.mp4")
    assert read.frames.shape == (4, 602, 404)
    np.testing.assert_allclose(read.times_s, cine.times_s, atol=1 / 60000)
    assert read.colour is not None and seen[-1] == 1.0


def test_single_frame_video(tmp_path):
    pytest.importorskip("av")
    write_overlay(tmp_path / "o.mp4", _black(1), _still([(200.0, 100.0)], 1))
    assert read_cine(tmp_path / "o.mp4").n_frames == 1


def test_mpeg4_where_ffmpeg_has_no_h264(tmp_path, monkeypatch):
    av = pytest.importorskip("av")
    codec = av.Codec

    def without_h264(name, mode):
        if name == "libx264":
            raise ValueError(name)
        return codec(name, mode)

    monkeypatch.setattr(av, "Codec", without_h264)
    cine = _black()
    write_overlay(tmp_path / "o.mp4", cine, _still([(200.0, 100.0)]))
    with av.open(str(tmp_path / "o.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "mpeg4"
    np.testing.assert_allclose(read_cine(tmp_path / "o.mp4").times_s, cine.times_s, atol=1 / 60000)


def test_h264_plays_everywhere(tmp_path):
    av = pytest.importorskip("av")
    write_overlay(tmp_path / "o.mp4", _black(), _still([(200.0, 100.0)]))
    with av.open(str(tmp_path / "o.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
