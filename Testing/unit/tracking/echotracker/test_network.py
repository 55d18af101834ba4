"""The EchoTracker network against golden outputs, against a plain form of itself, and in training."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
from naive_echotracker import formula_weights, predict

from EchoTrackerLib.tracking.echotracker.network import EchoTrackerNet, Groups

SHARED = Path(__file__).resolve().parents[4].parent / "shared"
CASES = ("case_1", "case_2", "case_6", "case_7")


@lru_cache(maxsize=1)
@torch.inference_mode(False)  # it is made once, for tests with and without gradients
def exact_net() -> EchoTrackerNet:
    net = EchoTrackerNet().double()
    net.load_state_dict(formula_weights({k: tuple(v.shape) for k, v in net.state_dict().items()}))
    return net


def small_clip(frames: int = 6, rows: int = 68, cols: int = 90) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(7)
    video = torch.from_numpy(rng.uniform(0, 255, (frames, 1, rows, cols)))
    # inside, on the border, outside
    points = torch.tensor([[30.2, 40.7], [0.0, 0.0], [cols - 1.0, 3.3], [95.5, -6.25]], dtype=torch.float64)
    return video, points


def test_state_dict_is_the_published_one():
    listing = SHARED / "spec" / "state_dict.txt"
    state = {name: str(tuple(value.shape)) for name, value in EchoTrackerNet().state_dict().items()}
    assert len(state) == 162
    assert sum(p.numel() for p in EchoTrackerNet().parameters()) == 10_171_212
    if not listing.exists():
        pytest.skip("the published names (../shared/spec) are not here; only their number was checked")
    assert state == dict(line.split(" ", 1) for line in listing.read_text().splitlines())


@pytest.mark.parametrize("case", CASES)
def test_golden_outputs(case):
    path = SHARED / "parity" / f"{case}.npz"
    if not path.exists():
        pytest.skip("golden outputs (../shared/parity) are not here")
    data = np.load(path)
    query_frame = int(data["query_frame"]) if "query_frame" in data else None
    video = torch.from_numpy(data["video"]).double()[:, None]
    with torch.inference_mode():
        result = exact_net()(video, torch.from_numpy(data["points"]).double(), query_frame)
    assert np.abs(result.numpy() - data["predictions"]).max() < 1e-6


@pytest.mark.parametrize("query_frame", [None, 3])
def test_given_start_takes_the_place_of_the_coarse_prediction(query_frame):
    video, points = small_clip()
    with torch.inference_mode():
        own = exact_net()(video, points, query_frame)
        given = exact_net()(video, points, query_frame, groups=Groups(point_frames=12), start=own[0])
        moved = own[0] + 1.5
        other = exact_net()(video, points, query_frame, start=moved)
    torch.testing.assert_close(given, own, rtol=0, atol=1e-9)
    if query_frame is not None:
        moved = torch.cat([moved[:query_frame], points[None], moved[query_frame + 1 :]])  # stays pinned
    torch.testing.assert_close(other[0], moved, rtol=0, atol=1e-9)
    assert (other[-1] - own[-1]).abs().max() > 0.01


@pytest.mark.parametrize("query_frame", [None, 0, 3])
def test_cheap_form_is_exact(query_frame):
    video, points = small_clip()
    net = exact_net()
    with torch.inference_mode():
        fast = net(video, points, query_frame, iterations=2)
        plain = predict(net.state_dict(), video, points, query_frame, iterations=2)
    assert fast.shape == (3, 6, 4, 2)
    assert (fast - plain).abs().max() < 1e-7
    if query_frame is not None:
        assert torch.equal(fast[0, query_frame], points)


def test_result_does_not_depend_on_the_groups():
    video, points = small_clip()
    with torch.inference_mode():
        whole = exact_net()(video, points, groups=Groups(frames=6, point_frames=10_000))
        parts = exact_net()(video, points, groups=Groups(frames=1, point_frames=1))
    assert (whole - parts).abs().max() < 1e-7


def test_training_maths_is_the_same_and_every_tensor_that_can_learn_does():
    video, points = small_clip(frames=4)
    net = exact_net()
    result = net(video, points, 1, iterations=2)
    with torch.inference_mode():
        assert (net(video, points, 1, iterations=2) - result).abs().max() < 1e-7
    result.square().mean().backward()
    gradients = {name: p.grad for name, p in net.named_parameters()}
    net.zero_grad(set_to_none=True)
    assert all(g is not None and bool(g.isfinite().all()) for g in gradients.values())
    # A bias in front of an instance norm cannot learn; every weight can.
    assert [n for n, g in gradients.items() if n.endswith("weight") and not bool(g.abs().max() > 0)] == []


def test_gradients_are_cut_between_iterations():
    video, points = small_clip(frames=4)
    net = exact_net()
    result = net(video, points, iterations=2)
    (gradient,) = torch.autograd.grad(result[1].sum(), net.delta_block_spatial.dense.weight, allow_unused=True)
    assert gradient is None or not bool(gradient.any())


def test_bfloat16_autocast():
    video, points = small_clip(frames=4)
    net = EchoTrackerNet()
    with torch.autocast("cpu", torch.bfloat16):
        result = net(video.float(), points.float(), iterations=1)
    result.float().mean().backward()
    assert bool(result.isfinite().all())
    assert net.fnet_fine.conv1.weight.grad is not None


@pytest.mark.parametrize(
    ("video", "query_frame", "words"),
    [
        (torch.zeros(1, 1, 64, 64), None, "2 frames"),
        (torch.zeros(3, 1, 64, 64), 3, "outside"),
        (torch.zeros(3, 64, 64), None, "video"),
    ],
)
def test_wrong_input_is_refused(video, query_frame, words):
    with pytest.raises(ValueError, match=words):
        EchoTrackerNet()(video, torch.zeros(1, 2), query_frame)
