"""The tracker around the network: sizes, query frames, joining, cancelling, memory."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from scipy.ndimage import gaussian_filter, shift

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.errors import BadInput, Cancelled, OutOfMemory
from EchoTrackerLib.resources import resource_path
from EchoTrackerLib.tracking.device import choose_device, choose_precision
from EchoTrackerLib.tracking.echotracker import tracker as module
from EchoTrackerLib.tracking.echotracker.network import EchoTrackerNet
from EchoTrackerLib.tracking.registry import create_tracker
from EchoTrackerLib.tracking.tracker import TrackerOptions

SHARED = Path(__file__).resolve().parents[4].parent / "shared"
POINTS = np.array([[20.5, 30.25], [70.0, 12.0]])


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(5)
    path = tmp_path_factory.mktemp("weights") / "first.safetensors"
    save_file({k: v.contiguous() for k, v in EchoTrackerNet().state_dict().items()}, path, {"query_mode": "first"})
    return path


@pytest.fixture(scope="module")
def unmarked(weights):
    path = weights.parent / "model.pth"
    from safetensors.torch import load_file

    torch.save({"model_state_dict": load_file(weights)}, path)
    return path


def cine(frames: int = 4) -> Cine:
    rng = np.random.default_rng(1)
    return Cine(rng.integers(0, 256, (frames, 60, 90), dtype=np.uint8), np.arange(frames) / 50.0)


def direct(path, frames, points, query_frame):
    """The network called by hand, in the clip's pixels: [N, T, 2]; the queries are given, whatever it answers."""
    from safetensors.torch import load_file

    net = EchoTrackerNet()
    net.load_state_dict(load_file(path))
    video = F.interpolate(torch.from_numpy(frames.copy())[:, None].float(), (256, 256), mode="bilinear")
    scale = np.array([255 / 89, 255 / 59])
    with torch.inference_mode():
        result = net(video, torch.from_numpy(points * scale).float(), query_frame)[-1]
    positions = result.numpy().transpose(1, 0, 2) / scale
    positions[:, query_frame or 0] = points
    return positions


def test_points_of_a_wall_are_regularised_and_the_tracks_say_so(weights):
    line = np.stack([np.linspace(15, 75, 12), np.full(12, 30.0)], axis=1)
    free, wall = (
        create_tracker("echotracker", TrackerOptions(weights=weights, device="cpu", wall=on)).track(cine(3), line, 1)
        for on in (False, True)
    )
    assert free.options["wall"] is False and wall.options["wall"] == "regularized afterwards"
    np.testing.assert_allclose(wall.positions[:, 1], free.positions[:, 1], atol=1e-6)

    def unevenness(tracks) -> float:
        moved = tracks.positions - tracks.positions[:, 1:2]
        return float(np.abs(np.diff(moved, n=2, axis=0)).mean())

    assert unevenness(wall) < 0.5 * unevenness(free)
    assert wall.weights_sha256 == free.weights_sha256


def test_warning_in_the_weights_goes_with_the_tracks(weights, tmp_path):
    from safetensors.torch import load_file

    path = tmp_path / "early.safetensors"
    save_file(load_file(weights), path, {"query_mode": "any", "warning": "Early weights."})
    tracks = create_tracker("echotracker", TrackerOptions(weights=path, device="cpu")).track(cine(3), POINTS, 0)
    assert tracks.warnings == ("Early weights.",)
    assert create_tracker("echotracker", TrackerOptions(weights=weights, device="cpu")).warning == ""


def test_original_is_joined_at_the_query_frame(weights):
    clip = cine(5)
    tracks = create_tracker("echotracker", TrackerOptions(weights=weights, device="cpu")).track(clip, POINTS, 2)
    forwards = direct(weights, clip.frames[2:], POINTS, None)
    backwards = direct(weights, clip.frames[2::-1], POINTS, None)
    np.testing.assert_allclose(tracks.positions[:, 2:], forwards, atol=0.02)
    np.testing.assert_array_equal(tracks.positions[:, 2], POINTS.astype(np.float32))
    np.testing.assert_allclose(tracks.positions[:, 1::-1], backwards[:, 1:], atol=0.02)
    assert len(tracks.weights_sha256) == 64
    assert tracks.options["precision"] == "float32"
    last = create_tracker("echotracker", TrackerOptions(weights=weights, device="cpu")).track(cine(3), POINTS, 2)
    np.testing.assert_allclose(last.positions[:, ::-1], direct(weights, cine(3).frames[::-1], POINTS, None), atol=0.02)


def test_updated_form_is_one_call(weights, unmarked):
    clip = cine()
    tracks = create_tracker("echotracker-updated", TrackerOptions(weights=unmarked, device="cpu")).track(
        clip, POINTS, 3
    )
    np.testing.assert_allclose(tracks.positions, direct(weights, clip.frames, POINTS, 3), atol=0.02)
    with pytest.raises(BadInput, match="first frame"):
        create_tracker("echotracker-updated", TrackerOptions(weights=weights))


def test_start_from_half_size_is_two_calls_of_the_network(weights, tmp_path):
    from safetensors.torch import load_file

    path = tmp_path / "half.safetensors"
    save_file(load_file(weights), path, {"query_mode": "any", "start": "half"})
    clip, stages = cine(), []
    tracks = create_tracker("echotracker", TrackerOptions(weights=path, device="cpu")).track(
        clip, POINTS, 3, progress=lambda stage, fraction: stages.append(stage)
    )
    assert tracks.options["start"] == "half"
    assert list(dict.fromkeys(stages)) == [
        "Half size: Reading the image", "Half size: Following points", "Reading the image", "Following points",
    ]  # fmt: skip
    net = EchoTrackerNet()
    net.load_state_dict(load_file(path))
    video = F.interpolate(torch.from_numpy(clip.frames.copy())[:, None].float(), (256, 256), mode="bilinear")
    points = torch.from_numpy(POINTS * [255 / 89, 255 / 59]).float()
    with torch.inference_mode():
        small = F.avg_pool2d(video, 2)
        start = 2 * net(small, (points - 0.5) / 2, 3)[-1] + 0.5
        wanted = net(video, points, 3, start=start)[-1].numpy().transpose(1, 0, 2) / [255 / 89, 255 / 59]
    wanted[:, 3] = POINTS
    np.testing.assert_allclose(tracks.positions, wanted, atol=0.02)
    assert np.abs(tracks.positions - direct(weights, clip.frames, POINTS, 3)).max() > 0.1


def swaying_texture(reach: float) -> tuple[Cine, np.ndarray, np.ndarray]:
    """Speckle that sways to the right by up to `reach` px and back, and the true tracks [N, T, 2] of points in it."""
    rng = np.random.default_rng(4)
    wide = 90 * gaussian_filter(rng.standard_normal((256, 340)), 1.5)
    texture = np.clip(110 + wide / wide.std() * 45, 0, 255)
    moved = reach * np.sin(np.pi * np.arange(16) / 16)
    frames = np.stack([shift(texture, (0, d), order=3, mode="nearest")[:, 42:298] for d in moved])
    x, y = np.meshgrid(np.linspace(60, 190, 5), np.linspace(60, 200, 4))
    points = np.stack([x.ravel(), y.ravel()], -1)
    truth = points[:, None] + np.stack([moved, np.zeros(16)], -1)
    return Cine(np.clip(frames, 0, 255).astype(np.uint8), np.arange(16) / 50.0), points, truth


def test_bundled_weights_follow_large_motion_thanks_to_half_size():
    clip, points, truth = swaying_texture(28.0)
    tracker = create_tracker("echotracker", TrackerOptions(device="cpu", precision="float32"))
    assert tracker.start == "half"

    def error() -> float:
        found = tracker.track(clip, points, 0).positions
        return float(np.linalg.norm(found - truth, axis=-1).mean())

    half = error()
    tracker.start = "coarse"
    assert half < 2.5
    assert half < 0.6 * error()


def test_cancel_is_prompt_and_progress_rises(weights):
    tracker = create_tracker("echotracker", TrackerOptions(weights=weights, device="cpu"))
    seen = []
    tracker.track(cine(), POINTS, 0, progress=lambda stage, fraction: seen.append((stage, fraction)))
    assert {stage for stage, _ in seen} == {"Reading the image", "Following points"}
    assert [f for s, f in seen if s == "Following points"] == sorted(f for s, f in seen if s == "Following points")
    assert seen[-1][1] == 1.0
    calls = []

    def cancelled():
        calls.append(time.perf_counter())
        return len(calls) > 3

    with pytest.raises(Cancelled):
        tracker.track(cine(), POINTS, 0, cancelled=cancelled)
    assert len(calls) == 4


class ShortOfMemory(torch.nn.Module):
    """Stands in for the network on a device that holds no group of more than 8 points x frames."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit, self.tried = limit, []

    def forward(self, video, queries, query_frame, groups, report, start):
        self.tried.append(groups.point_frames)
        if groups.point_frames > self.limit:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return queries.expand(1, len(video), *queries.shape)


def test_out_of_memory_takes_smaller_groups_then_says_so(weights):
    tracker = create_tracker("echotracker", TrackerOptions(weights=weights, device="cpu"))
    tracker.net = ShortOfMemory(limit=200)
    tracks = tracker.track(cine(), POINTS)
    np.testing.assert_allclose(tracks.positions[:, -1], POINTS, atol=1e-4)
    assert tracker.net.tried == [2048, 512, 128]
    tracker.net = ShortOfMemory(limit=0)
    with pytest.raises(OutOfMemory, match="memory"):
        tracker.track(cine(), POINTS)


def test_refusals(weights, monkeypatch):
    tracker = create_tracker("echotracker", TrackerOptions(weights=weights))
    with pytest.raises(BadInput, match="one frame"):
        tracker.track(cine(1), POINTS)
    monkeypatch.setattr(module, "BUNDLED_WEIGHTS", "Models/absent.safetensors")
    with pytest.raises(BadInput, match="no trained weights are bundled"):
        create_tracker("echotracker")
    with pytest.raises(BadInput, match="not available"):
        choose_device("mps" if not torch.backends.mps.is_available() else "cuda")


def test_auto_precision_is_float32_whatever_the_processor_is_fast_at(monkeypatch):
    ticks = iter(range(10_000, 0, -1))  # time that runs backwards: nothing may be decided by a clock
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks)))
    for device in (torch.device("cpu"), torch.device("cuda"), torch.device("mps")):
        assert choose_precision("auto", device) == torch.float32
    device = choose_device("cpu")
    assert choose_precision("bfloat16", device) == torch.bfloat16
    assert choose_precision("float64", device) == torch.float64
    with pytest.raises(BadInput, match="unknown"):
        choose_precision("float16", device)


def bfloat16_difference(weights, clip, points) -> np.ndarray:
    results = []
    for precision in ("float32", "bfloat16"):
        tracker = create_tracker("echotracker", TrackerOptions(weights=weights, device="cpu", precision=precision))
        results.append(tracker.track(clip, points))
    assert [tracks.options["precision"] for tracks in results] == ["float32", "bfloat16"]
    return np.abs(results[0].positions - results[1].positions)


def test_bfloat16_runs_and_is_near_float32(weights):
    """Untrained weights on noise amplify rounding: only the order of magnitude is checked here."""
    difference = bfloat16_difference(weights, cine(), POINTS)
    assert 0 < difference.mean() < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a4c_45f_1024x768.mp4", "aplax_68f_630x584.mp4"])
def test_bfloat16_on_real_clips(name):
    """With the bundled, trained weights: 0.05 px mean, in the network's pixels (twelve frames: emulation is slow)."""
    try:
        path = resource_path(module.BUNDLED_WEIGHTS)
    except FileNotFoundError:
        pytest.skip("no trained weights are bundled")
    clip_path = SHARED / "data" / name
    if not clip_path.exists():
        pytest.skip("real clips (../shared/data) are not here")
    clip = read_cine(clip_path)
    clip = replace(clip, frames=clip.frames[:12], times_s=clip.times_s[:12], colour=None)
    grid = np.stack(np.meshgrid([0.35, 0.5, 0.65], [0.25, 0.45, 0.65]), -1).reshape(-1, 2) * clip.size
    difference = bfloat16_difference(path, clip, grid) * (255 / (np.array(clip.size) - 1))
    assert difference.mean() < 0.05
