from __future__ import annotations

import numpy as np
import pytest
import torch
from training_clips import Fixed, blobs

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.training import windows
from EchoTrackerLib.training.configuration import TrainingConfig
from EchoTrackerLib.training.loop import start_run
from EchoTrackerLib.training.windows import CorrelationWindows, Phase, fit_windows

CONFIG = TrainingConfig(steps=1, size=64, query="random", augment=True, local=True, freeze=("fnet",))


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(windows, "FRAMES", 6)
    monkeypatch.setattr(windows, "SHORTEST", 4)
    monkeypatch.setattr(windows, "POINTS", 40)


def test_fitting_brings_points_nearer_to_the_truth(short):
    config = CONFIG.changed(augment=False, seed=1)  # the same small clip each time
    model, source = start_run(config).objective.model, Fixed(blobs(n_frames=6, size=64, points=40))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    left = fit_windows(model, source, config, 2, first=(), second=())
    first = (Phase("a", 250, 64, 3e-3, False), Phase("b", 30, 32, 5e-4, True))
    assert fit_windows(model, source, config, 8, first=first, second=(Phase("c", 10, 32, 3e-4, True),)) < 0.8 * left
    after = model.state_dict()
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert all(name.startswith(("delta_block_temporal", "linear", "fnet_fine.conv3")) for name in changed)
    assert any(name.startswith("delta_block_temporal.basicblock_list") for name in changed)
    correlation, flow, _own = model.delta_block_temporal.split
    weight = after["delta_block_temporal.first_block_conv.conv.weight"]
    assert weight[:, correlation : correlation + flow].abs().max() == 0 and weight[:, -2:].abs().max() == 0


def test_features_get_unit_correlation_with_themselves(short):
    model = start_run(CONFIG).objective.model
    with torch.no_grad():
        model.fnet_fine.conv3.weight.mul_(30.0)
        fit_windows(model, Fixed(blobs()), CONFIG, 2, first=(), second=())
        frames = 2 * torch.from_numpy(blobs().frames[:1, None].astype(np.float32)) / 255 - 1
        itself = (model.fnet_fine(frames) ** 2).sum(dim=1).mean() / 8
    assert 0.5 < float(itself) < 2


def test_windows_are_what_the_network_sees(short):
    """One correction of the cut windows is the network's own first refinement."""
    model = start_run(CONFIG).objective.model
    block = model.delta_block_temporal
    torch.nn.init.normal_(block.dense.weight, std=0.1)
    sample = blobs(n_frames=6, size=64)
    batch = windows.to_tensors(
        windows.draw_batch(Fixed(sample), CONFIG.changed(frames=6, points=10), 0, 0), torch.device("cpu")
    )
    with torch.no_grad():
        cut = windows._cut(model, batch, windows._predicted, np.random.default_rng(0))
        clip = model.encode(batch.frames[:, None])
        clip.flow.zero_()  # not used in local training
        found = model.follow(clip, model.shared_terms(clip), batch.queries, batch.query_frame, 1)[-1].transpose(0, 1)
        n = len(batch.tracks)
        first = cut.part(torch.arange(n), slice(None))
        wrong = windows._wrong(model, first.correlation.float(), first, branches=True)
    torch.testing.assert_close(2 * (wrong + first.truth), found, atol=0.02, rtol=1e-3)


@pytest.mark.parametrize("seed", range(8))
def test_turned_windows_are_windows_of_turned_motion(seed):
    """A peak that lies where the truth is stays there, however the windows are turned or mirrored."""
    step = torch.arange(-3.0, 4.0)
    truth = torch.tensor([2.0, -1.0]).expand(1, 5, 2)
    near = torch.exp(-((step[:, None] - 2) ** 2) - (step[None] + 1) ** 2)  # slow x, fast y
    drawn = CorrelationWindows(
        near.flatten().repeat(12).half().expand(1, 5, -1), torch.zeros(1, 5, 2), truth, torch.ones(1, 5, dtype=bool)
    )
    torch.manual_seed(seed)
    correlation, turned = windows._varied(drawn, np.random.default_rng(seed))
    for part in correlation[0, 0].view(12, 49):
        x, y = divmod(int(part.argmax()), 7)
        assert (x - 3, y - 3) == tuple(turned.truth[0, 0].int().tolist())


def test_too_short_clips_are_refused():
    with pytest.raises(BadInput, match="24 frames"):
        fit_windows(start_run(CONFIG).objective.model, Fixed(blobs(n_frames=12)), CONFIG, 2)


def test_robust_loss_gives_hopeless_points_up():
    wrong = torch.tensor([[[0.2, 0.0], [0.2, 0.0]], [[9.0, 0.0], [9.0, 0.0]]], requires_grad=True)
    visible = torch.ones(2, 2, dtype=torch.bool)
    pulls = []
    for robust in (False, True):
        (pull,) = torch.autograd.grad(windows._loss(wrong, visible, robust), wrong)
        pulls.append(pull.norm(dim=-1)[:, 0])
    assert pulls[0][1] > pulls[0][0]
    assert pulls[1][1] < 0.6 * pulls[1][0]
    assert windows._loss(torch.zeros_like(wrong), visible, True) == 0
