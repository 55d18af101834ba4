"""The adapters hand over and take back coordinates in each model's own order."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import BadInput, MissingDependency
from EchoTrackerLib.tracking import registry
from EchoTrackerLib.tracking.external import cotracker, cotracker3, myotracker, pips2, tapir, tapnet
from EchoTrackerLib.tracking.external.adapter import ExternalTracker
from EchoTrackerLib.tracking.registry import create_tracker, tracker_infos
from EchoTrackerLib.tracking.tracker import TrackerOptions

MOTION = np.array([3.0, -1.0])  # px of the model's image per frame, (x, y): not symmetric
POINTS = np.array([[40.0, 20.0], [150.0, 90.0]])


def true_paths(points_xy: torch.Tensor, frames: int, start: int) -> torch.Tensor:
    """[N, 2] (x, y) -> [N, T, 2] (x, y)."""
    steps = torch.arange(frames) - start
    return points_xy[:, None] + steps[None, :, None] * torch.tensor(MOTION).float()


class FakeCoTracker(torch.nn.Module):
    def forward(self, video, queries, backward_tracking):
        assert video.shape[2] == 3
        assert float(video.max()) > 1.5
        assert backward_tracking
        start = int(queries[0, 0, 0])
        paths = true_paths(queries[0, :, 1:], video.shape[1], start)  # (t, x, y)
        return paths.transpose(0, 1)[None], torch.ones(1, video.shape[1], queries.shape[1])


class FakeTapir(torch.nn.Module):
    def forward(self, video, queries):
        assert video.shape[-1] == 3
        assert float(video.min()) < 0
        assert float(video.max()) <= 1
        paths = true_paths(queries[0, :, 1:].flip(-1), video.shape[1], int(queries[0, 0, 0]))  # (t, y, x)
        surely = torch.full((1, *paths.shape[:2]), -9.0)
        return {"tracks": paths[None], "occlusion": surely, "expected_dist": surely}


class FakePips(torch.nn.Module):
    def forward(self, start, video, iters, beautify):
        paths = true_paths(start[0, 0], video.shape[1], 0)
        return [paths.transpose(0, 1)[None]], None, None, None


class FakeMyoTracker(torch.nn.Module):
    def forward(self, video, queries):
        assert float(video.max()) <= 1
        return true_paths(queries[0].flip(-1), video.shape[1], 0).flip(-1).transpose(0, 1)[None]  # (y, x)


@pytest.mark.parametrize(
    ("info", "predict", "query_frame"),
    [
        (cotracker3.INFO, cotracker.predictor(FakeCoTracker()), 2),
        (tapir.INFO, tapnet.predictor(FakeTapir()), 2),
        (pips2.INFO, pips2.predictor(FakePips()), 0),
        (myotracker.INFO, myotracker.predictor(FakeMyoTracker()), 0),
    ],
)
def test_coordinate_order(info, predict, query_frame):
    rng = np.random.default_rng(0)
    clip = Cine(rng.integers(0, 256, (5, 120, 200), dtype=np.uint8), np.arange(5) / 30.0)
    tracks = ExternalTracker(info, predict, TrackerOptions(device="cpu")).track(clip, POINTS, query_frame)
    native = np.array(info.native_size or clip.size)
    step = MOTION * (np.array(clip.size) - 1) / (native - 1)
    expected = POINTS[:, None] + (np.arange(5) - query_frame)[None, :, None] * step
    np.testing.assert_allclose(tracks.positions, expected, atol=1e-3)
    assert tracks.tracker == info.name


def test_first_frame_only_is_said():
    clip = Cine(np.zeros((3, 120, 200), dtype=np.uint8), np.arange(3) / 30.0)
    tracker = ExternalTracker(pips2.INFO, pips2.predictor(FakePips()), TrackerOptions(device="cpu"))
    with pytest.raises(BadInput, match="first frame"):
        tracker.track(clip, POINTS, 1)


def test_all_ask_for_consent_and_say_what_is_missing(tmp_path):
    infos = {info.name: info for info in tracker_infos()}
    for name in ("cotracker2", "cotracker3", "bootstapir", "tapir", "pips2", "myotracker"):
        assert infos[name].needs_licence_consent
    for name in ("bootstapir", "tapir", "pips2"):
        with pytest.raises(MissingDependency, match="not installed"):
            create_tracker(name)
    with pytest.raises(BadInput, match="pick its weights"):
        create_tracker("myotracker")
    wrong = tmp_path / "wrong.pt"
    wrong.write_bytes(b"no program")
    with pytest.raises(BadInput, match="TorchScript"):
        create_tracker("myotracker", TrackerOptions(weights=wrong))


@pytest.mark.parametrize("info", tracker_infos(), ids=lambda info: info.name)
def test_each_says_all_that_it_lacks_and_how_to_get_it(info, monkeypatch):
    monkeypatch.setattr(registry.importlib.util, "find_spec", lambda name: None)
    if not info.packages:
        assert create_tracker(info.name).info.name == info.name
        return
    with pytest.raises(MissingDependency) as error:
        create_tracker(info.name)
    for package in info.packages:
        assert package.module in str(error.value) and package.install in str(error.value)


def test_cotracker_without_network(monkeypatch):
    def offline(*_args, **_kwargs):
        raise OSError("no route")

    monkeypatch.setattr(torch.hub, "load", offline)
    with pytest.raises(MissingDependency, match=r"torch\.hub"):
        create_tracker("cotracker3")
