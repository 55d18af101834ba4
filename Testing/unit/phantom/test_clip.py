"""The phantom's images and truth belong together."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from speckle_statistics import speckle_statistics

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.phantom.cache import generate_cached
from EchoTrackerLib.phantom.parameters import VIEWS, PhantomParameters, draw_parameters
from EchoTrackerLib.phantom.phantom import Phantom, generate
from EchoTrackerLib.phantom.sample import SAMPLE_A4C, wall_points


@pytest.fixture(scope="module")
def clip() -> Phantom:
    return generate(replace(SAMPLE_A4C, n_frames=24))


def test_equal_parameters_give_equal_bytes_and_other_seeds_do_not(clip: Phantom) -> None:
    small = draw_parameters(3, rows=64, cols=64, n_frames=4)
    assert np.array_equal(generate(small).cine.frames, generate(small).cine.frames)
    other = generate(replace(small, seed=4)).cine.frames
    assert not np.array_equal(generate(small).cine.frames, other)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_makes_a_clip_with_truth_inside(view: str) -> None:
    phantom = generate(draw_parameters(11, view=view, n_frames=6, rows=96, cols=112))
    assert phantom.cine.frames.shape == (6, 96, 112)
    assert phantom.cine.spacing_mm is not None
    assert phantom.truth.positions.shape == (48, 6, 2)
    assert phantom.truth.visible.mean() > 0.5
    assert set(phantom.contours) == {"endo", "mid", "epi"}


def test_tracks_follow_their_own_contour(clip: Phantom) -> None:
    for layer in ("endo", "mid", "epi"):
        line = clip.contours[layer]
        for frame in (0, 11, 23):
            assert np.abs(clip.track(line[:, frame], frame) - line).max() < 0.01  # px


def test_tracks_do_not_depend_on_the_frame_they_start_from(clip: Phantom) -> None:
    points = np.random.default_rng(0).uniform(60, 200, (80, 2))
    forward = clip.track(points, 4)
    assert np.abs(forward[:, 4] - points).max() < 0.01
    assert np.abs(clip.track(forward[:, 17], 17) - forward).max() < 0.01
    with pytest.raises(BadInput, match="outside"):
        clip.track(points, 24)


def _correlation(first: np.ndarray, second: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    from scipy.ndimage import map_coordinates

    offset = np.stack(np.meshgrid(np.arange(-6, 7), np.arange(-6, 7)), -1).reshape(-1, 2)

    def patch(image: np.ndarray, at: np.ndarray) -> np.ndarray:
        where = at[:, None] + offset
        values = map_coordinates(image.astype(float), [where[..., 1], where[..., 0]], order=1)
        return values - values.mean(axis=1, keepdims=True)

    a, b = patch(first, start), patch(second, end)
    return float(np.median((a * b).sum(1) / np.sqrt((a**2).sum(1) * (b**2).sum(1))))


def test_speckle_moves_with_the_truth(clip: Phantom) -> None:
    """Patches around true positions look alike 3 frames later; patches 2 px beside them less, in all directions."""
    points = clip.contours["mid"][4:-4]
    for frame in (6, 9, 12):
        now, later = points[:, frame], points[:, frame + 3]
        first, second = clip.cine.frames[frame], clip.cine.frames[frame + 3]
        right = _correlation(first, second, now, later)
        assert right > 0.8
        for shift in ((2.5, 0.0), (-2.5, 0.0), (0.0, 2.5), (0.0, -2.5)):
            assert right > _correlation(first, second, now, later + shift) + 0.1
        moved = np.linalg.norm(later - now, axis=1).max()
        assert moved > 2.0


def test_truth_has_no_bias_against_the_speckle(clip: Phantom) -> None:
    """Over all frames, patches fit best exactly at the truth and not half a pixel beside it."""
    points, frames = clip.contours["mid"][4:-4], clip.cine.frames
    steps = (-0.5, -0.25, 0.0, 0.25, 0.5)

    def fit(dx: float, dy: float) -> float:
        shift = np.array([dx, dy])
        pairs = range(2, 18, 3)
        return float(
            np.mean([_correlation(frames[t], frames[t + 2], points[:, t], points[:, t + 2] + shift) for t in pairs])
        )

    assert steps[int(np.argmax([fit(d, 0.0) for d in steps]))] == 0.0
    assert steps[int(np.argmax([fit(0.0, d) for d in steps]))] == 0.0


def test_speckle_is_lost_by_out_of_plane_motion_only_as_far_as_asked() -> None:
    still = {"longitudinal": 0.0, "epicardial_inward_mm": 0.0, "apex_motion_mm": 0.0, "neighbour_motion": 0.0}
    fixed = {"swing_mm": 0.0, "drift_mm": 0.0, "rotation_deg": 0.0, "breathing_mm": 0.0, "out_of_plane_drift_mm": 0.0}
    base = PhantomParameters(seed=2, n_frames=20, shear=0.0, persistence=0.0, jitter=0.0, **still, **fixed)

    def kept(away_mm: float) -> float:
        phantom = generate(replace(base, out_of_plane_mm=away_mm))
        points = phantom.contours["mid"][6:-6]
        frames = phantom.cine.frames
        return _correlation(frames[0], frames[19], points[:, 0], points[:, 19])

    in_plane, some, far = kept(0.0), kept(4.0), kept(12.0)
    assert in_plane > 0.98
    assert in_plane > some + 0.02 > far + 0.05
    assert far < 0.88  # echo strength differs along the wall, so patches stay alike without their speckle


def test_true_strain_is_the_strain_of_the_contour(clip: Phantom) -> None:
    spacing = np.array(clip.cine.spacing_mm)[::-1]
    length = np.linalg.norm(np.diff(clip.truth.positions * spacing, axis=0), axis=-1).sum(0)
    expected = 100.0 * (length / length[clip.ed_frame] - 1.0)
    assert np.allclose(clip.true_strain_percent, expected, atol=0.01)
    assert clip.es_frame == int(np.argmin(length))
    assert -26.0 < expected.min() < -14.0


def test_segments_add_up_to_the_whole_wall(clip: Phantom) -> None:
    segments = clip.segment_strain_percent
    assert segments.shape == (6, 24)
    assert np.abs(segments.mean(axis=0) - clip.true_strain_percent).max() < 0.15
    assert np.abs(segments[:, clip.ed_frame]).max() < 1e-9


def test_layers_differ_the_inner_one_most(clip: Phantom) -> None:
    endo, mid, epi = (clip.layer_strain_percent(name)[clip.es_frame] for name in ("endo", "mid", "epi"))
    assert endo < mid < epi


def test_wall_points_lie_on_the_wall(clip: Phantom) -> None:
    points = wall_points(clip, "mid", 40)
    line = clip.contours["mid"][:, clip.ed_frame]
    nearest = np.linalg.norm(points[:, None] - line[None], axis=-1).min(axis=1)
    assert points.shape == (40, 2) and nearest.max() < 4.0


def test_the_wall_is_brighter_than_the_cavity_and_outside_the_sector_is_black(clip: Phantom) -> None:
    frame = clip.cine.frames[0].astype(float)
    wall = clip.contours["mid"][6:-6, 0].round().astype(int)
    centre = clip.contours["endo"][:, 0].mean(axis=0).round().astype(int)
    cavity = frame[centre[1] - 15 : centre[1] + 15, centre[0] - 6 : centre[0] + 6]
    assert frame[wall[:, 1], wall[:, 0]].mean() > 1.5 * cavity.mean()
    assert frame[:40, :40].max() < 8 and frame[:40, -40:].max() < 8


def test_speckle_statistics_are_those_of_real_clips(clip: Phantom) -> None:
    """Bands around what the two real clips measure (benchmarks/phantom_statistics.py)."""
    measured = speckle_statistics(clip.cine.frames, clip.contours["mid"][4:-4:3, 6], 6)
    assert 55 < measured.grey_mean < 130
    assert 12 < measured.fine_sd < 26
    assert 1.6 < measured.axial_px < 4.5 and 1.6 < measured.lateral_px < 4.5
    assert measured.decorrelation[0] > 0.9 and measured.decorrelation[3] < 0.95


def test_the_cache_gives_the_same_clip_and_survives_damage(tmp_path: Path) -> None:
    parameters = draw_parameters(5, rows=64, cols=64, n_frames=4)
    first = generate_cached(parameters, tmp_path)
    (stored,) = tmp_path.glob("*.npz")
    again = generate_cached(parameters, tmp_path)
    assert np.array_equal(first.cine.frames, again.cine.frames)
    assert np.array_equal(first.truth.positions, again.truth.positions)
    stored.write_bytes(stored.read_bytes()[:100])
    assert np.array_equal(generate_cached(parameters, tmp_path).cine.frames, first.cine.frames)
    assert not list(tmp_path.glob("*.tmp"))


def test_speed_is_ten_frames_a_second_of_processor_time() -> None:
    """Processor time, so that a busy machine does not matter: 10 frames/s on two cores is 0.2 s of it a frame."""
    generate(PhantomParameters(n_frames=2))
    start = time.process_time()
    generate(PhantomParameters(n_frames=40))
    assert (time.process_time() - start) / 40 < 0.2
