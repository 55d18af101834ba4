"""A start for EchoTracker's refinement: its first and last layer, fitted to single correlation windows.

From random weights the refinement needs thousands of steps until it points from a window to the peak in it. Without
its residual branches it is a small network with one hidden layer, which is fitted here within minutes: windows are cut
at positions that are off by known amounts, each frame on its own. The branches, which see time, then start from there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..progress import Progress, no_progress
from ..tracking.echotracker.correlation import pyramid_correlation, sample_features
from ..tracking.echotracker.delta_block import WIDTHS
from ..tracking.echotracker.encoder import FEATURES
from ..tracking.echotracker.network import EARLIER, FINE_STRIDE, EchoTrackerNet
from .batch import draw_batch
from .configuration import TrainingConfig
from .objectives import Tensors, to_tensors
from .samples import Source

OFFSETS_PX = (0.5, 1.5, 3.0, 6.0)  # SD by which positions are off
STEPS, BATCH, LEARNING_RATE = 6000, 4096, 2e-3


@dataclass(frozen=True)
class Windows:
    """Correlation windows [M, 588] and the displacements [M, 2] (units of the fine map) that would correct them."""

    correlation: Tensor
    displacement: Tensor


def fit_windows(
    model: EchoTrackerNet, source: Source, config: TrainingConfig, clips: int, progress: Progress = no_progress
) -> float:
    """Fit the first and last layer of the refinement to windows from `clips` clips; return the error left, px.

    The residual branches must be silent, as a fresh run's are.
    """
    with torch.no_grad():
        _scale_features(model, to_tensors(draw_batch(source, config, 0, 999_983), torch.device("cpu")))
        parts = []
        for number in range(clips):
            progress("Windows", number / clips)
            batch = to_tensors(draw_batch(source, config, number, 999_983), torch.device("cpu"))
            parts.append(_cut(model, batch, np.random.default_rng([config.seed, number, 999_983])))
    windows = Windows(torch.cat([p.correlation for p in parts]), torch.cat([p.displacement for p in parts]))
    mean, scale = windows.correlation.mean(0), windows.correlation.std(0) + 1e-3
    torch.manual_seed(config.seed)
    layers = nn.Sequential(nn.Linear(len(mean), WIDTHS[0]), nn.ReLU(), nn.Linear(WIDTHS[0], 2))
    error = _fit(layers, Windows((windows.correlation - mean) / scale, windows.displacement), config.seed, progress)
    _insert(model, layers, mean, scale)
    return error


def _scale_features(model: EchoTrackerNet, batch: Tensors) -> None:
    """Give the fine features the length at which a place correlates with itself by 1 on average.

    Steps of Adam don't depend on the gradient's size: with the long features that matching teaches, steps of the same
    learning rate are many times too large for the layers that see correlations.
    """
    features = model.fnet_fine(2 * batch.frames[:1, None] / 255 - 1)
    size = (features**2).sum(dim=1).mean() / FEATURES**0.5
    for parameter in model.fnet_fine.conv3.parameters():  # the last layer, without a norm behind it
        parameter.div_(size.sqrt())


def _cut(model: EchoTrackerNet, batch: Tensors, rng: np.random.Generator) -> Windows:
    """Windows of one clip at positions that are off, in every way that refinement may find them."""
    clip = model.encode(batch.frames[:, None], group=1)
    truth = batch.tracks / FINE_STRIDE
    n, t = truth.shape[:2]
    frame = torch.full((n,), batch.query_frame)
    template = sample_features(clip.fine[0], frame, truth[:, batch.query_frame])
    frames = torch.arange(t)
    found = []
    for size in OFFSETS_PX:
        shape = truth.shape
        off = rng.normal(scale=size, size=(n, 1, 2)) + rng.normal(scale=size / 3, size=shape)
        off += np.cumsum(rng.normal(scale=size / 3 / np.sqrt(t), size=shape), axis=1)
        coords = truth + torch.from_numpy(off).to(truth) / FINE_STRIDE
        moving = sample_features(clip.fine[0], frames.expand(n, t), coords)
        earlier = [moving[:, (frames - back).clamp(min=0)] for back in EARLIER]
        targets = torch.stack([template[:, None].expand_as(moving), *earlier], dim=2)
        correlation = pyramid_correlation(clip.fine, targets, coords)
        found.append(Windows(correlation[batch.visible], (truth - coords)[batch.visible]))
    return Windows(torch.cat([f.correlation for f in found]), torch.cat([f.displacement for f in found]))


def _fit(layers: nn.Sequential, windows: Windows, seed: int, progress: Progress) -> float:
    """Fit by AdamW with a linear schedule; return the mean distance left on a tenth that was held back, px."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(windows.displacement), generator=generator)
    held, used = order[: len(order) // 10], order[len(order) // 10 :]
    optimiser = torch.optim.AdamW(layers.parameters(), lr=LEARNING_RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.01, STEPS)
    for step in range(STEPS):
        progress("Fitting", step / STEPS)
        chosen = used[torch.randint(len(used), (BATCH,), generator=generator)]
        loss = F.smooth_l1_loss(layers(windows.correlation[chosen]), windows.displacement[chosen], beta=0.3)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        left = layers(windows.correlation[held]) - windows.displacement[held]
    return float(torch.linalg.norm(left, dim=-1).mean()) * FINE_STRIDE


def _insert(model: EchoTrackerNet, layers: nn.Sequential, mean: Tensor, scale: Tensor) -> None:
    """Put the fitted layers where the refinement has them: in the middle of the first kernel and of the last layer."""
    block, hidden = model.delta_block_temporal, WIDTHS[0]
    state = {name: value.detach() for name, value in layers.state_dict().items()}
    weight = state["0.weight"] / scale
    convolution = block.first_block_conv.conv
    start = (WIDTHS[-1] - hidden) // 2  # where the identity path leaves the first channels
    with torch.no_grad():
        model.linear.weight[:hidden] = weight
        model.linear.bias.zero_()
        convolution.weight.zero_()
        convolution.weight[:, :hidden, 1] = torch.eye(hidden)
        nn.Module.get_parameter(convolution, "bias").copy_(state["0.bias"] - weight @ mean)
        block.dense.weight.zero_()
        block.dense.weight[:, start : start + hidden] = state["2.weight"]
        block.dense.bias.copy_(state["2.bias"])
