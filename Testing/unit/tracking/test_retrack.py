"""Tracking a point again between keyframes: exact there, better than interpolation between, fast."""

from __future__ import annotations

import time

import numpy as np
import pytest

from EchoTrackerLib.annotation.edits import spline
from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.phantom.parameters import draw_parameters
from EchoTrackerLib.phantom.phantom import generate
from EchoTrackerLib.tracking.matching.pyramid import joined
from EchoTrackerLib.tracking.retrack import clip_features, retrack


@pytest.fixture(scope="module")
def phantom():
    return generate(draw_parameters(11, n_frames=60))


def test_meets_keyframes_and_beats_the_spline(phantom):
    features = clip_features(phantom.cine)
    keys = np.array([5, 35])
    found, splined = [], []
    for point in range(0, len(phantom.truth.positions), 12):
        truth = phantom.truth.positions[point].astype(np.float64)
        path, confidence = retrack(features, keys, truth[keys])
        np.testing.assert_array_equal(path[keys], truth[keys])
        assert np.isfinite(path).all()
        assert np.isnan(confidence[[0, 59]]).all()
        assert ((confidence[5:36] >= 0) & (confidence[5:36] <= 1)).all()
        between = np.arange(6, 35)
        line = spline(phantom.cine.times_s[keys], truth[keys], phantom.cine.times_s[between])
        found.append(np.linalg.norm(path[between] - truth[between], axis=-1).mean())
        splined.append(np.linalg.norm(line - truth[between], axis=-1).mean())
    print(f"mean error {np.mean(found):.2f} px, spline {np.mean(splined):.2f} px, clip {phantom.cine.size}")
    assert np.mean(found) < 0.6 * np.mean(splined)


def test_under_a_second_a_point_for_60_frames(phantom):
    before = time.process_time()
    features = clip_features(phantom.cine)
    prepared = time.process_time() - before
    truth = phantom.truth.positions[10]
    took = []
    for _k in range(3):
        before = time.process_time()
        retrack(features, np.array([20]), truth[[20]])
        took.append(time.process_time() - before)
    print(f"features {prepared:.2f} s, point {min(took):.3f} s")
    assert min(took) < 1.0


def test_asymmetric_motion_of_a_texture():
    from scipy.ndimage import gaussian_filter, shift

    noise = gaussian_filter(np.random.default_rng(0).normal(size=(120, 160)), 2)
    image = 128 + 60 * noise / noise.std()
    frames = np.stack([shift(image, (0.8 * t, -1.3 * t), order=1, mode="nearest") for t in range(9)])
    cine = Cine(np.clip(frames, 0, 255).astype(np.uint8), np.arange(9) / 50)
    path, _confidence = retrack(clip_features(cine), np.array([0]), np.array([[90.0, 50.0]]))
    np.testing.assert_allclose(path[8], (90 - 1.3 * 8, 50 + 0.8 * 8), atol=0.3)
    path, _confidence = retrack(clip_features(cine), np.array([8]), path[[8]])
    np.testing.assert_allclose(path[0], (90, 50), atol=0.3)


def test_flat_image_and_corner_stay_inside():
    cine = Cine(np.full((5, 40, 60), 7, dtype=np.uint8), np.arange(5) / 50)
    path, _confidence = retrack(clip_features(cine), np.array([2]), np.array([[59.0, 0.0]]))
    np.testing.assert_allclose(path, [[59.0, 0.0]] * 5, atol=0.5)
    with pytest.raises(BadInput, match="at least one frame"):
        retrack(clip_features(cine), np.array([], dtype=int), np.zeros((0, 2)))


def test_clip_prepared_frame_by_frame_is_the_same(phantom):
    cine = phantom.cine
    whole = clip_features(cine)
    parts = joined([clip_features(Cine(frame[None], np.zeros(1))) for frame in cine.frames], cine)
    assert parts.scale == whole.scale and len(parts.levels) == len(whole.levels)
    for ours, theirs in zip(parts.levels, whole.levels):
        assert ours.masked and theirs.masked
        np.testing.assert_array_equal(ours.images, theirs.images)
