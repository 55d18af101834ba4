"""Warped frames: exact truth on any texture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.training.warp import sector_mask, warp_clip


def _texture(size: int = 160) -> np.ndarray:
    rng = np.random.default_rng(0)
    smooth = gaussian_filter(rng.standard_normal((size, size)), 2.0)
    return np.clip(110 + 45 * smooth / smooth.std(), 10, 255).astype(np.uint8)


def _points(size: int, count: int = 60) -> np.ndarray:
    return np.random.default_rng(1).uniform(0.2 * size, 0.8 * size, (count, 2))


def test_truth_is_consistent_from_every_frame() -> None:
    for seed in range(8):
        clip = warp_clip(_texture(), 16, np.random.default_rng(seed), amplitude=14.0, size=(128, 128))
        points = _points(128)
        tracks = clip.track(points, 5)
        assert np.abs(tracks[:, 5] - points).max() < 0.005
        assert np.abs(clip.track(tracks[:, 12], 12) - tracks).max() < 0.01


def test_the_texture_is_where_the_truth_says() -> None:
    clip = warp_clip(_texture(), 12, np.random.default_rng(3), amplitude=8.0, decorrelation=0.0, noise=0.0)
    points = _points(160)
    tracks = clip.track(points, 0)
    assert np.linalg.norm(tracks - points[:, None], axis=-1).max() > 3.0
    values = np.stack(
        [map_coordinates(f.astype(float), tracks[:, t, ::-1].T, order=3) for t, f in enumerate(clip.frames)]
    )
    assert np.abs(values - values[0]).mean() < 2.0
    still = map_coordinates(clip.frames[-1].astype(float), points[:, ::-1].T, order=3)
    assert np.abs(still - values[0]).mean() > 10.0


def test_decorrelation_changes_the_texture_and_not_the_motion() -> None:
    plain = warp_clip(_texture(), 12, np.random.default_rng(3), decorrelation=0.0, noise=0.0)
    changed = warp_clip(_texture(), 12, np.random.default_rng(3), decorrelation=1.0, noise=0.0)
    assert np.array_equal(plain.track(_points(160), 0), changed.track(_points(160), 0))
    assert np.abs(plain.frames.astype(int) - changed.frames).mean() > 3.0


def test_the_sector_stays_while_the_texture_moves() -> None:
    image = _texture(200)
    rows, cols = np.indices(image.shape)
    inside = np.abs(cols - 100) < 0.6 * rows
    image[~inside] = 0
    clip = warp_clip(image, 10, np.random.default_rng(2), amplitude=10.0, noise=0.0)
    assert clip.frames[:, ~sector_mask(image[None])].max() == 0
    deep = np.abs(cols - 100) < 0.6 * rows - 6
    deep[:12] = False
    assert (clip.frames[:, deep] > 0).mean() > 0.97


def test_it_is_deterministic_and_takes_clips_and_crops() -> None:
    clip = np.stack([_texture(), _texture()[::-1]])
    first, second = (warp_clip(clip, 5, np.random.default_rng(9), size=(96, 80), haze=0.5) for _ in range(2))
    assert first.frames.shape == (5, 96, 80)
    assert np.array_equal(first.frames, second.frames)


def test_bad_images_are_refused() -> None:
    with pytest.raises(BadInput, match="too small"):
        warp_clip(_texture(64), 4, np.random.default_rng(0), size=(128, 128))
    with pytest.raises(BadInput, match="uint8"):
        warp_clip(_texture().astype(np.float32), 4, np.random.default_rng(0))
    black = warp_clip(np.zeros((64, 64), np.uint8), 4, np.random.default_rng(0))
    assert black.frames.shape == (4, 64, 64)
