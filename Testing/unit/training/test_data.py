from __future__ import annotations

import numpy as np
import pytest
from training_clips import Fixed, blobs

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.training.augmentation import change_frame_of_reference, change_look, random_crop, reverse_time
from EchoTrackerLib.training.batch import draw_batch
from EchoTrackerLib.training.configuration import PRESETS, TrainingConfig, config_from_json
from EchoTrackerLib.training.samples import FolderSource, MixedSource, WarpSource, read_sample


def brightness_at(sample):
    at = sample.tracks[sample.visible].round().astype(int)
    frame = np.broadcast_to(np.arange(len(sample.frames)), sample.visible.shape)[sample.visible]
    return sample.frames[frame, at[:, 1], at[:, 0]]


@pytest.mark.parametrize("seed", range(6))
def test_truth_moves_with_the_pixels(seed):
    cut = random_crop(reverse_time(blobs(seed=seed), np.random.default_rng(seed)), 64, np.random.default_rng(seed))
    assert cut.frames.shape == (12, 64, 64)
    assert cut.visible.any()
    assert np.median(brightness_at(cut)) > 180


def test_quarter_turn_is_exact():
    sample = blobs(size=65)
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    cut = change_frame_of_reference(sample, turn, np.array([32.0, 32.0]), 65)
    np.testing.assert_allclose(cut.frames, np.rot90(sample.frames, 1, (1, 2)), atol=1e-2)
    assert np.median(brightness_at(cut)) > 200


def test_looks_keep_truth_and_range():
    sample = blobs()
    for seed in range(20):
        changed = change_look(sample, np.random.default_rng(seed))
        assert changed.tracks is sample.tracks
        assert changed.frames.dtype == np.float32 and changed.frames.min() >= 0 and changed.frames.max() <= 255
    assert sample.frames.dtype == np.uint8


def test_batch_depends_on_seed_step_and_part_only():
    config = TrainingConfig(size=64, frames=8, shortest=4, points=6, query="random", augment=True, seed=3)
    first, again, next_step = (draw_batch(Fixed(blobs()), config, step, 0) for step in (5, 5, 6))
    np.testing.assert_array_equal(first.frames, again.frames)
    np.testing.assert_array_equal(first.tracks, again.tracks)
    assert first.frames.shape != next_step.frames.shape or not np.array_equal(first.frames, next_step.frames)
    assert first.visible[:, first.query_frame].all()


def test_unaugmented_batch_is_the_whole_frame_at_the_networks_size():
    config = TrainingConfig(size=96, frames=12, points=10)
    batch = draw_batch(Fixed(blobs()), config, 0, 0)
    assert batch.query_frame == 0
    order = np.argsort(batch.tracks[:, 0, 0])
    np.testing.assert_allclose(batch.tracks[order], blobs().tracks[np.argsort(blobs().tracks[:, 0, 0])], atol=1e-4)


def test_warped_real_texture_carries_its_truth():
    texture = np.random.default_rng(0).integers(0, 255, (3, 120, 140), dtype=np.uint8)
    sample = WarpSource([texture], 6, 96).draw(np.random.default_rng(1))
    assert sample.frames.shape == (6, 96, 96) and sample.lines == (4, 24)
    assert np.isfinite(sample.tracks).all() and sample.visible.any()


def test_frames_are_warped_whole_where_training_is_on_whole_frames():
    texture = np.random.default_rng(0).integers(0, 255, (2, 256, 256), dtype=np.uint8)
    sample = WarpSource([texture], 2, round(1.25 * TrainingConfig().size)).draw(np.random.default_rng(1))
    assert sample.frames.shape == (2, 256, 256)


def test_user_folder(tmp_path):
    sample = blobs()
    tracks = sample.tracks.copy()
    tracks[0, 3] = np.nan
    np.savez(tmp_path / "clip.npz", frames=sample.frames, tracks=tracks, visible=sample.visible)
    read = MixedSource([FolderSource(tmp_path)]).draw(np.random.default_rng(0))
    assert not read.visible[0, 3] and read.visible[1:].all() and np.isfinite(read.tracks).all()


def test_wrong_files_are_named(tmp_path):
    np.savez(tmp_path / "short.npz", frames=np.zeros((3, 8, 8), np.uint8))
    (tmp_path / "text.npz").write_text("no zip")
    np.savez(tmp_path / "shape.npz", frames=np.zeros((3, 8, 8)), tracks=np.zeros((2, 4, 2)), visible=np.ones((2, 4)))
    for name in ("short", "text", "shape"):
        with pytest.raises(BadInput, match=f"{name}.npz"):
            read_sample(tmp_path / f"{name}.npz")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=r"no \.npz"):
        FolderSource(tmp_path / "empty")


def test_default_configuration_is_the_papers():
    config = PRESETS["paper"]
    assert (config.learning_rate, config.weight_decay, config.epsilon) == (5e-4, 1e-6, 1e-8)
    assert (config.frames, config.size, config.clip_norm, config.gamma, config.warm_up) == (24, 256, 10.0, 0.8, 0.1)
    assert config.query == "first" and not config.augment
    for preset in PRESETS.values():
        assert config_from_json(preset.to_json()) == preset


@pytest.mark.parametrize("text", ['{"frames": 1}', '{"speed": 3}', "[1]", "{", '{"size": 100}', '{"model": "other"}'])
def test_wrong_configuration_is_refused(text):
    with pytest.raises(BadInput):
        config_from_json(text)
