"""What docs/training.md tells a user to type works, and `train --init` takes what it says."""

from __future__ import annotations

import builtins
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from training_clips import blobs

from EchoTrackerLib.annotation.annotation import Annotation, State
from EchoTrackerLib.annotation.files import write_training_clip
from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.commands.main import main
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.resources import resource_path
from EchoTrackerLib.training.configuration import PRESETS, TrainingConfig
from EchoTrackerLib.training.log import CURVES, training_log
from EchoTrackerLib.training.loop import initial_weights, save_run, start_run

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "training.md"
SMALL = TrainingConfig(model="wallnet", steps=1, frames=4, size=48, points=8)


def annotate(folder: Path, seed: int) -> Cine:
    """Write the export of an annotation of a small clip, as the panel does; return the clip."""
    folder.mkdir(exist_ok=True)
    sample = blobs(seed=seed, size=128, n_frames=8)
    cine = Cine(sample.frames.astype(np.uint8), np.arange(8) / 25)
    labels = tuple(f"P{k}" for k in range(len(sample.tracks)))
    states = np.where(sample.visible, State.PLACED, 0).astype(np.uint8)
    unknown = np.full(states.shape, np.nan, np.float32)
    annotation = Annotation(states, sample.tracks, unknown, labels, ("",) * len(labels), cine.times_s, size=cine.size)
    write_training_clip(folder, cine, annotation, f"set{seed}")
    return cine


def test_guide_runs_from_exports_to_tracks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cine = annotate(tmp_path / "annotations", 0)
    annotate(tmp_path / "held-out", 1)
    np.savez("clip.npz", frames=cine.frames[:2], times_s=cine.times_s[:2])
    Path("points.csv").write_text("label,x_px,y_px\nA,40,50\nB,70,60\n", encoding="utf-8")
    commands = [
        shlex.split(line)[1:]
        for block in re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
        for line in block.splitlines()
    ]
    assert [command[0] for command in commands] == ["train", "export", "track"]
    small = PRESETS["fine-tune"].changed(size=64, frames=4, shortest=4, points=8, iterations=1)
    Path("small.json").write_text(small.to_json(), encoding="utf-8")
    for command in commands:
        assert main([{"500": "1", "fine-tune": "small.json"}.get(word, word) for word in command]) == 0, command
    assert Path("tracked/tracks.npz").is_file()
    before, after = (initial_weights(Path(path), "echotracker")[0] for path in ("bundled", "runs/mine/checkpoint.pt"))
    changed = [name for name in before if not torch.allclose(before[name], after[name], atol=1e-8)]
    assert changed and not any(name.startswith(("fnet.", "delta_block_spatial")) for name in changed)


def test_begins_with_runs_bundled_files_and_checkpoints(tmp_path):
    run = start_run(SMALL)
    save_run(run, tmp_path / "checkpoint.pt")
    torch.save(run.objective.model.state_dict(), tmp_path / "plain.pth")
    for path in (tmp_path / "checkpoint.pt", tmp_path / "plain.pth"):
        again = start_run(SMALL, path).objective.model.state_dict()
        assert all(torch.equal(again[name], value) for name, value in run.objective.model.state_dict().items())
    start_run(SMALL, Path("bundled"))
    start_run(SMALL, resource_path("Models/wallnet.safetensors"))
    assert start_run(TrainingConfig(), Path("bundled")).start == "half"
    with pytest.raises(BadInput, match="tensors"):
        start_run(TrainingConfig(), resource_path("Models/wallnet.safetensors"))
    with pytest.raises(BadInput, match="nothing"):
        start_run(SMALL, tmp_path / "nothing.pth")


def test_curves_without_tensorboard(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *others):
        if "tensorboard" in name:
            raise ImportError(name)
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", without)
    with training_log(tmp_path) as record:
        for step in (1, 2, 3):
            record("train/loss", 0.5 * step, step)
    with training_log(tmp_path, first_step=2) as record:
        record("train/loss", 9.0, 3)
    rows = (tmp_path / CURVES).read_text(encoding="utf-8").split()
    assert rows == ["step,curve,value", "1,train/loss,0.5", "2,train/loss,1", "3,train/loss,9"]
