from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter, shift

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import BadInput, Cancelled
from EchoTrackerLib.resources import resource_path
from EchoTrackerLib.tracking.matching.pairs import PairGroup
from EchoTrackerLib.tracking.registry import create_tracker
from EchoTrackerLib.tracking.tracker import TrackerOptions
from EchoTrackerLib.tracking.wallnet.network import WallNet
from EchoTrackerLib.tracking.wallnet.tracker import INFO, learned_displacements
from EchoTrackerLib.tracking.wallnet.weights import read_weights

MOTION = np.stack([5 * np.sin(np.arange(7) / 3), 3 * (1 - np.cos(np.arange(7) / 2))], -1)  # px (x, y), frame 0 is 0


@pytest.fixture(scope="module")
def clip():
    rng = np.random.default_rng(0)
    texture = gaussian_filter(rng.standard_normal((150, 200)), 1.6)
    texture = 120 + 60 * texture / texture.std()
    frames = [shift(texture, (dy, dx), order=3, mode="reflect") for dx, dy in MOTION]
    return Cine(np.clip(frames, 0, 255).astype(np.uint8), np.arange(7) / 30.0)


@pytest.fixture(scope="module")
def queries():
    return np.stack([np.linspace(60, 140, 9), np.full(9, 70.0)], -1)


@pytest.fixture(scope="module")
def tracker():
    return create_tracker("wallnet")


@pytest.mark.parametrize("query_frame", [0, 4])
def test_follows_an_asymmetric_motion(clip, queries, tracker, query_frame):
    tracks = tracker.track(clip, queries, query_frame)
    truth = queries[:, None] + (MOTION - MOTION[query_frame])[None]
    assert np.linalg.norm(tracks.positions - truth, axis=-1).max() < 0.5
    np.testing.assert_allclose(tracks.positions[:, query_frame], queries, atol=1e-4)
    assert tracks.tracker == "wallnet"
    assert tracks.weights_sha256 == hashlib.sha256(resource_path("Models/wallnet.safetensors").read_bytes()).hexdigest()


def test_learned_displacements_alone_find_the_motion(clip, queries, tracker):
    small = Cine(np.ascontiguousarray(clip.frames[:, :144, :192]), clip.times_s)
    with torch.no_grad():
        from EchoTrackerLib.tracking.wallnet.encoder import network_input

        maps = tracker.net.encoder(network_input(torch.from_numpy(small.frames.astype(np.float32))))
        positions = torch.as_tensor(queries, dtype=torch.float32).expand(7, 9, 2)
        found = learned_displacements(tracker.net, maps[0], positions, PairGroup(np.array([0, 0]), np.array([1, 3])))
    truth = MOTION[[1, 3]]
    assert np.abs(np.median(found.displacement, axis=1) - truth).max() < 0.6
    assert np.all(np.linalg.eigvalsh(found.precision) > 0)


def test_uncertainty_grows_without_a_match():
    net = WallNet()
    positions = torch.full((1, 1, 2), 32.0)
    sure, unsure = torch.zeros(1, 1, 32, 32), torch.zeros(1, 1, 32, 32)
    sure[0, 0, 17, 16] = 30.0
    (mean, small), (_, large) = (net.displacement(net.window(c, positions, 0), 0) for c in (sure, unsure))
    np.testing.assert_allclose(mean[0, 0].numpy(), [0.0, 2.0], atol=1e-3)  # (x, y): one row further down is 2 px
    assert torch.linalg.det(large) > 100 * torch.linalg.det(small)


def test_both_ways_to_a_window_agree():
    torch.manual_seed(0)
    net = WallNet()
    maps, features, positions = torch.randn(3, 24, 20, 24), torch.randn(5, 3, 24), torch.rand(5, 3, 2) * 50 - 5
    with torch.no_grad():
        whole = net.window(net.correlations(features, maps, 0), positions, 0)
        direct = net.matched_window(features, maps, positions, 0)
    torch.testing.assert_close(whole, direct, rtol=1e-4, atol=1e-3)


def test_cancelling_stops_at_once(clip, queries, tracker):
    with pytest.raises(Cancelled):
        tracker.track(clip, queries, cancelled=lambda: True)


def test_progress_rises(clip, queries, tracker):
    seen = []
    tracker.track(clip, queries, progress=lambda _, fraction: seen.append(fraction))
    assert seen == sorted(seen) and seen[0] >= 0 and seen[-1] == 1


def test_wrong_weights_and_options_are_refused(tmp_path):
    from safetensors.torch import save_file

    (tmp_path / "text.safetensors").write_text("hello")
    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    state = {name: value.clone() for name, value in WallNet().state_dict().items()}
    state["log_scale"][0] = float("nan")
    save_file(state, tmp_path / "nan.safetensors")
    for name in ("text", "other", "nan", "missing"):
        with pytest.raises(BadInput, match=name):
            read_weights(tmp_path / f"{name}.safetensors")
    for options in (TrackerOptions(precision="float64"), TrackerOptions(device="cuda")):
        with pytest.raises(BadInput, match="WallNet"):
            create_tracker("wallnet", options)
    assert INFO.name == "wallnet" and INFO.licence
