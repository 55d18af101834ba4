from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from training_clips import blobs

from EchoTrackerLib.commands.main import main
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracking.wallnet.weights import read_weights
from EchoTrackerLib.training.checkpoint import load_checkpoint, save_checkpoint
from EchoTrackerLib.training.configuration import TrainingConfig
from EchoTrackerLib.training.evaluation import check_on
from EchoTrackerLib.training.export import export_weights
from EchoTrackerLib.training.loop import learning_rate, resume_run, start_run, train
from EchoTrackerLib.training.loss import displacement_loss, matching_loss, sequence_loss
from EchoTrackerLib.training.objectives import EncoderObjective, Tensors
from EchoTrackerLib.training.samples import FolderSource, MixedSource, read_sample

SMALL = TrainingConfig(
    model="wallnet",
    steps=4,
    frames=4,
    size=48,
    points=8,
    query="random",
    augment=True,
    save_every=1,
    learning_rate=1e-3,
)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def one_thread():
    """Equal to the bit from run to run, and faster than two threads that wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for seed in range(3):
        sample = blobs(seed=seed, size=80, n_frames=8)
        np.savez(
            folder / f"{seed}.npz", frames=sample.frames, tracks=sample.tracks, visible=sample.visible, lines=[1, 10]
        )
    return folder


def state(path):
    return load_checkpoint(path / "checkpoint.pt")


def same(a, b):
    return all(torch.equal(a["model"][name], b["model"][name]) for name in a["model"]) and a["step"] == b["step"]


def test_interrupted_and_resumed_run_equals_an_unbroken_one(clips, tmp_path):
    source = FolderSource(clips)
    train(start_run(SMALL), source, tmp_path / "whole")
    train(start_run(replace(SMALL)), source, tmp_path / "parts", cancelled=iter([False, False, True]).__next__)
    assert state(tmp_path / "parts")["step"] == 2
    train(resume_run(tmp_path / "parts" / "checkpoint.pt"), source, tmp_path / "parts")
    assert same(state(tmp_path / "whole"), state(tmp_path / "parts"))


def test_run_goes_on_to_the_step_after_kill_9(clips, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(replace(SMALL, steps=6).to_json())
    command = ["train", "--config", str(config), "--data", str(clips), "--threads", "1"]
    command += ["--out", str(tmp_path / "killed")]
    program = [sys.executable, "-m", "EchoTrackerLib", *command]
    process = subprocess.Popen(program, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)
    checkpoint = tmp_path / "killed" / "checkpoint.pt"
    while process.poll() is None and not (checkpoint.exists() and load_checkpoint(checkpoint)["step"] >= 2):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert load_checkpoint(checkpoint)["step"] >= 2
    assert main(command) == 0
    train(start_run(replace(SMALL, steps=6)), MixedSource([FolderSource(clips)]), tmp_path / "whole")
    assert same(state(tmp_path / "killed"), state(tmp_path / "whole"))
    assert any((tmp_path / "killed" / "log").iterdir())


def test_training_learns_to_match(clips, tmp_path):
    losses = []
    run = start_run(replace(SMALL, steps=24, save_every=1000, learning_rate=3e-3))
    train(run, FolderSource(clips), tmp_path / "run", record=lambda tag, value, _: losses.append((tag, value)))
    loss = [value for tag, value in losses if tag == "train/loss"]
    assert np.mean(loss[-6:]) < 0.85 * np.mean(loss[:6])


def test_accumulated_gradient_is_the_mean(clips, tmp_path):
    run = train(start_run(replace(SMALL, steps=1, accumulate=3)), FolderSource(clips), tmp_path / "run")
    assert run.step == 1 and np.isfinite(run.metrics["loss"])


def test_echotracker_trains_by_the_same_loop(clips, tmp_path):
    config = TrainingConfig(
        steps=1, frames=4, size=64, points=8, iterations=1, precision="bfloat16", query="random", augment=True
    )
    run = start_run(config)
    last = run.objective.model.delta_block_temporal.dense.weight  # the first to learn: the others start behind zeros
    before = last.detach().clone()
    train(run, FolderSource(clips), tmp_path / "run")
    assert np.isfinite(run.metrics["loss"]) and run.metrics["error_px"] > 0
    assert not torch.equal(before, last)


def test_frozen_parameters_stay(clips, tmp_path):
    run = start_run(replace(SMALL, steps=2, freeze=("encoder.stem",)))
    before = {name: value.clone() for name, value in run.objective.model.state_dict().items()}
    train(run, FolderSource(clips), tmp_path / "run")
    after = run.objective.model.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and not any(name.startswith("encoder.stem") for name in changed)


def test_export_round_trip(clips, tmp_path, capsys):
    train(start_run(replace(SMALL, steps=1)), FolderSource(clips), tmp_path / "run")
    out = tmp_path / "w.safetensors"
    assert main(["export", str(tmp_path / "run"), "--data", "blobs", "--warning", "early", "--out", str(out)]) == 0
    weights = read_weights(out)
    assert weights.sha256 in capsys.readouterr().out
    trained = state(tmp_path / "run")["model"]
    for name, value in weights.state.items():
        torch.testing.assert_close(value, trained[name], rtol=1e-3, atol=1e-4)
    header = _metadata(out)
    assert header["warning"] == "early"
    assert header["data"] == "blobs" and header["step"] == "1" and header["query_mode"] == "any"
    assert header["start"] == "coarse"
    assert json.loads(header["recipe"])["model"] == "wallnet" and header["licence"] == "MIT"


def _metadata(path):
    from safetensors import safe_open

    with safe_open(str(path), "pt") as file:
        return file.metadata()


def test_files_that_are_no_checkpoints(tmp_path):
    (tmp_path / "text.pt").write_text("hello")
    torch.save({"model": {}}, tmp_path / "other.pt")
    for name in ("text.pt", "other.pt", "none.pt"):
        with pytest.raises(BadInput):
            export_weights(tmp_path / name, tmp_path / "out.safetensors", "")
    assert not (tmp_path / "out.safetensors").exists()


def test_failed_save_keeps_the_old_checkpoint(tmp_path):
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"step": 1})
    with pytest.raises(Exception, match="pickle"):
        save_checkpoint(path, {"step": lambda: 2})
    assert load_checkpoint(path)["step"] == 1


def test_check_reports_static_points_too(clips):
    figures = check_on(clips, SMALL)(start_run(SMALL).objective)
    assert {"loss", "delta_avg", "static_delta_avg"} <= set(figures)


def test_learning_rate_is_the_one_cycle():
    config = TrainingConfig(steps=1000)
    rates = [learning_rate(config, step) for step in range(1000)]
    assert np.argmax(rates) == 100 and rates[100] == pytest.approx(5e-4)
    assert rates[0] == pytest.approx(2e-5) and rates[-1] < 1e-6


def test_sequence_loss_by_hand():
    truth = torch.zeros(2, 3, 2)
    visible = torch.tensor([[True, True, False], [True, False, False]])
    far, near = truth + 2, truth + 1
    expected = (0.8 * 2 + 1.0) / 2
    assert sequence_loss([far, near], truth, visible, 0.8).item() == pytest.approx(expected)


def test_matching_loss_is_least_at_the_truth():
    logits = torch.full((1, 5, 6), -20.0)
    logits[0, 2, 3] = 20.0
    valid = torch.tensor([True])
    at = [matching_loss(logits, torch.tensor([[float(x), 2.0]]), valid).item() for x in range(6)]
    assert int(np.argmin(at)) == 3 and at[3] < 1e-3
    assert matching_loss(logits, torch.tensor([[9.0, 2.0]]), valid).item() == 0


def test_displacement_loss_wants_honest_covariance():
    error = torch.randn(4000, 2, generator=torch.Generator().manual_seed(0)) * 1.5
    losses = {
        s: displacement_loss(error, torch.eye(2).expand(4000, 2, 2) * s**2).mean().item() for s in (0.3, 1.2, 6.0)
    }
    assert losses[1.2] < losses[0.3] and losses[1.2] < losses[6.0]


def test_encoders_of_echotracker_learn_to_match(clips, tmp_path):
    config = TrainingConfig(
        objective="matching", steps=12, frames=3, size=64, points=8, query="random", augment=True, learning_rate=2e-3,
        freeze=("delta", "linear"), warm_up=0.01, schedule="flat",
    )  # fmt: skip
    run, losses = start_run(config), []
    before = run.objective.model.delta_block_temporal.dense.weight.clone()
    train(run, FolderSource(clips), tmp_path / "out", record=lambda tag, v, step: losses.append((tag, v)))
    loss = [v for tag, v in losses if tag == "train/loss"]
    assert np.mean(loss[-4:]) < 0.8 * np.mean(loss[:4])
    assert torch.equal(before, run.objective.model.delta_block_temporal.dense.weight)
    tracks = start_run(replace(config, objective="tracks", freeze=("fnet",)), tmp_path / "out" / "checkpoint.pt")
    assert torch.equal(tracks.objective.model.fnet.conv1.weight, run.objective.model.fnet.conv1.weight)


def test_train_command_warps_real_clips(clips, tmp_path):
    clip = tmp_path / "clip.npz"
    np.savez(clip, frames=np.repeat(np.repeat(blobs(size=96).frames, 2, 1), 2, 2), fps=30.0)
    config = tmp_path / "config.json"
    config.write_text(replace(SMALL, steps=2).to_json())
    assert main(["train", "--config", str(config), "--warp", str(clip), "--out", str(tmp_path / "out")]) == 0
    assert state(tmp_path / "out")["step"] == 2


def test_local_training_ignores_frame_flow_and_place(clips, tmp_path):
    config = TrainingConfig(
        steps=3, frames=6, size=64, points=8, query="random", augment=True, local=True, freeze=("delta_block_spatial",)
    )
    run = train(start_run(config), FolderSource(clips), tmp_path / "out")
    weight = run.objective.model.delta_block_temporal.first_block_conv.conv.weight
    correlation, flow, _own = run.objective.model.delta_block_temporal.split
    assert weight[:, correlation : correlation + flow].abs().max() == 0 and weight[:, -2:].abs().max() == 0
    assert weight[:, :correlation].abs().max() > 0
    assert run.objective.model.delta_block_temporal.dense.weight.abs().max() > 0  # it has begun to move points


def test_patch_features_correlate_as_patches_do():
    from EchoTrackerLib.training.patches import SELF_CORRELATION, patch_features

    rng = np.random.default_rng(0)
    frame = torch.from_numpy(rng.uniform(0, 255, (1, 1, 96, 96)).astype(np.float32))
    frame = torch.nn.functional.avg_pool2d(frame, 3, 1, 1)
    moved, brighter = torch.roll(frame, (4, 6), (2, 3)), 0.5 * frame + 60
    here, there, dimmed = (patch_features(f)[0] for f in (frame, moved, brighter))
    at = here[:, 24, 24]
    correlation = torch.einsum("c,chw->hw", at, there)[12:-12, 12:-12] / 8
    row, col = divmod(int(correlation.argmax()), correlation.shape[1])
    assert (row + 12, col + 12) == (24 + 2, 24 + 3)
    assert 0.6 * SELF_CORRELATION < float(correlation.max()) < 1.05 * SELF_CORRELATION
    torch.testing.assert_close(dimmed[:, 20:28, 20:28], here[:, 20:28, 20:28], rtol=0.05, atol=0.1)


def test_fine_encoder_learns_to_describe_patches(clips, tmp_path):
    config = TrainingConfig(
        objective="patches", steps=16, frames=2, size=48, points=8, query="random", augment=True, learning_rate=3e-3,
        freeze=("delta", "linear", "fnet."), warm_up=0.1,
    )  # fmt: skip
    losses = []
    train(
        start_run(config),
        FolderSource(clips),
        tmp_path / "out",
        record=lambda tag, v, step: losses.append(v) if tag == "train/loss" else None,
    )
    assert np.mean(losses[-4:]) < 0.8 * np.mean(losses[:4])


def test_clips_are_written_once_and_can_be_trained_on(tmp_path):
    config, clip, made = tmp_path / "config.json", tmp_path / "real.npy", tmp_path / "made"
    config.write_text(TrainingConfig(steps=1, size=64, frames=4, points=8, augment=True, seed=5).to_json())
    np.save(clip, np.random.default_rng(0).integers(0, 255, (6, 80, 90)).astype(np.uint8))
    command = ["train", "--config", str(config), "--warp", str(clip), "--write-clips", "2", "--out", str(made)]
    assert main(command) == 0
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    assert sorted(before) == ["clip-5-00000.npz", "clip-5-00001.npz"]
    (made / "clip-5-00000.npz").unlink()
    kept = (made / "clip-5-00001.npz").stat().st_mtime_ns
    assert main(command) == 0
    assert {path.name: path.read_bytes() for path in made.iterdir()} == before
    assert (made / "clip-5-00001.npz").stat().st_mtime_ns == kept
    sample = read_sample(made / "clip-5-00000.npz")
    assert sample.lines == (4, 24)
    assert sample.frames.shape == (8, 80, 80)
    assert main(["train", "--config", str(config), "--data", str(made), "--out", str(tmp_path / "run")]) == 0


def test_writing_no_clips_is_refused(tmp_path, capsys):
    assert main(["train", "--config", "wallnet", "--write-clips", "0", "--out", str(tmp_path / "made")]) == 2
    assert "--write-clips" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_offsets_of_windows_beside_the_truth_lead_back_to_it():
    """A still clip whose every place is distinct has no error; one whose tracks are told to be elsewhere has."""
    objective = EncoderObjective(TrainingConfig(objective="matching", size=64))
    rng, (n, t) = np.random.default_rng(2), (12, 3)
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    angles = torch.stack([x, y])[:, None] * torch.linspace(0.2, 1.2, 16)[:, None, None]
    maps = 3 * torch.cat([angles.sin(), angles.cos()], dim=1).flatten(0, 1)[None].expand(t, -1, -1, -1)
    tracks = torch.from_numpy(rng.uniform(20, 42, (n, 1, 2)).astype(np.float32)).repeat(1, t, 1)
    frames, visible = torch.zeros(t, 64, 64), torch.ones(n, t, dtype=torch.bool)

    def wrong(batch_tracks, seen) -> float:
        return objective._wrong_offset(maps, maps, 1, Tensors(frames, batch_tracks, seen, 0), rng).item()

    assert wrong(tracks, visible) < 0.1
    moved = tracks.clone()
    moved[:, 1] += torch.tensor([2.0, 0.0])  # px: one cell
    assert wrong(moved, visible) > 0.3
    unseen = visible.clone()
    unseen[:, 1] = False
    assert wrong(moved, unseen) < 0.1
