import numpy as np
import pytest

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.tracking.checks import make_tracks
from EchoTrackerLib.tracking.wall import looks_like_wall, regularised


def arch(n: int = 40) -> np.ndarray:
    angle = np.linspace(np.pi * 1.1, -np.pi * 0.1, n)
    return np.stack([128 + 50 * np.cos(angle), 150 - 90 * np.sin(angle)], axis=1)


def test_a_wall_from_base_over_apex_to_base_is_recognised():
    assert looks_like_wall(arch())
    assert looks_like_wall(arch(9))
    assert looks_like_wall(arch()[::-1])


@pytest.mark.parametrize("seed", range(5))
def test_uneven_clicks_along_a_wall_are_recognised(seed):
    noise = np.random.default_rng(seed).uniform(-1.5, 1.5, (20, 2))
    assert looks_like_wall(arch(20) + noise)


@pytest.mark.parametrize("seed", range(5))
def test_scattered_points_are_no_wall(seed):
    assert not looks_like_wall(np.random.default_rng(seed).uniform(20, 230, (30, 2)))


def test_shuffled_wall_points_are_no_wall():
    assert not looks_like_wall(np.random.default_rng(0).permutation(arch()))


def test_grids_pairs_rings_and_coincident_points_are_no_wall():
    grid = np.stack(np.meshgrid(np.arange(6), np.arange(6)), axis=-1).reshape(-1, 2) * 10.0
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 50 + 100
    assert not looks_like_wall(grid)
    assert not looks_like_wall(ring)
    assert not looks_like_wall(arch()[:5])
    assert not looks_like_wall(np.full((10, 2), 3.0))


def moving_wall(n_frames: int = 30) -> tuple[np.ndarray, Cine]:
    points, phase = arch(), np.sin(np.pi * np.arange(n_frames) / (n_frames - 1)) ** 2
    truth = points[:, None] - phase[None, :, None] * [0.0, 12.0] * ((points[:, None, 1:] - 60) / 90)
    cine = Cine(np.zeros((n_frames, 256, 256), np.uint8), np.arange(n_frames) / 50)
    return truth, cine


def test_regularised_tracks_are_nearer_to_the_truth_than_noisy_ones():
    truth, cine = moving_wall()
    rng = np.random.default_rng(1)
    noisy = truth + rng.normal(0, 1.0, truth.shape)
    noisy[17] += rng.normal(0, 8.0, truth[17].shape)
    noisy[:, 4] = truth[:, 4]
    tracks = make_tracks(cine, noisy, 4, "some", {"device": "cpu"})
    smooth = regularised(tracks, cine)

    def error(positions):
        return np.linalg.norm(positions - truth, axis=-1).mean()

    assert error(smooth.positions) < 0.5 * error(noisy)
    assert np.linalg.norm(smooth.positions[17] - truth[17], axis=-1).mean() < 2.0
    np.testing.assert_array_equal(smooth.positions[:, 4], tracks.positions[:, 4])
    assert smooth.options == {"device": "cpu", "wall": "regularized afterwards"}


def test_regularising_leaves_exact_smooth_tracks_nearly_as_they_are():
    truth, cine = moving_wall()
    smooth = regularised(make_tracks(cine, truth, 0, "some", {}), cine)
    error = np.linalg.norm(smooth.positions - truth, axis=-1)
    assert error.mean() < 0.1 and error.max() < 0.7
