"""A start for EchoTracker's refinement: fitted to correlation windows along trajectories that are off by known amounts.

Trained through its own predictions on one clip a step, the refinement takes thousands of steps until it points from a
window to the peak in it. Here the encoders stay as they are, so the windows of many clips are cut once, and each step
draws trajectories from all of them, turned and mirrored: first along disturbed truths, then along the network's own
predictions. First the layers that see the windows are fitted, with the residual branches over time left out, then all.
In the end points that can be followed precisely count most: far errors of points that can't be would drown them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Callable

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from ..errors import BadInput
from ..progress import Progress, no_progress
from ..tracking.echotracker.correlation import LEVELS, RADIUS, pyramid_correlation, sample_features
from ..tracking.echotracker.delta_block import WIDTHS
from ..tracking.echotracker.encoder import FEATURES
from ..tracking.echotracker.half_size import half_size_start
from ..tracking.echotracker.network import EARLIER, FINE_STRIDE, ClipFeatures, EchoTrackerNet, motion_embedding
from .batch import draw_batch
from .configuration import TrainingConfig
from .objectives import Tensors, to_tensors
from .samples import Source

FRAMES, SHORTEST, POINTS = 24, 10, 32
SMOOTH_PX = 0.5  # below this an error counts squared
ROBUST_PX = 0.8  # beyond this an error counts less and less where hopeless points are to be given up
ROBUST_SHARES = (0.3, 0.5)  # of the plain and the logarithmic distance there
VELOCITY = 0.3  # weight of the error of motion from frame to frame
GAIN, OFFSET = 0.25, 0.05  # SD by which correlations differ between clips of the same motion
HELD = 20  # each so many clips are kept for the figure


@dataclass(frozen=True)
class Phase:
    """One stretch of fitting: steps of `batch` trajectories, rate of AdamW, whether the branches take part.

    When `robust`, precise points count more than the size of the errors of hopeless ones.
    """

    name: str
    steps: int
    batch: int
    rate: float
    branches: bool
    robust: bool = False


FIRST = (Phase("Fitting windows", 1500, 192, 1e-3, False), Phase("Fitting trajectories", 2500, 40, 5e-4, True))
SECOND = (
    Phase("Fitting predictions", 1500, 40, 3e-4, True),
    Phase("Refining predictions", 2000, 32, 2e-4, True, robust=True),
)


@dataclass(frozen=True)
class CorrelationWindows:
    """Correlation windows along trajectories of M points over `FRAMES` frames; positions in units of the fine map.

    Attributes:
        correlation: float16 [M, FRAMES, 588].
        coords: [M, FRAMES, 2], where the windows lie.
        truth: [M, FRAMES, 2].
        visible: bool [M, FRAMES].
    """

    correlation: Tensor
    coords: Tensor
    truth: Tensor
    visible: Tensor

    def part(self, chosen: Tensor, frames: slice) -> CorrelationWindows:
        """Return some trajectories and frames."""
        return CorrelationWindows(*(getattr(self, name)[chosen, frames] for name in self.__dataclass_fields__))


def fit_windows(
    model: EchoTrackerNet,
    source: Source,
    config: TrainingConfig,
    clips: int,
    progress: Progress = no_progress,
    first: Sequence[Phase] = FIRST,
    second: Sequence[Phase] = SECOND,
) -> float:
    """Fit the refinement to windows from `clips` clips and again as many; return the error left on others, px.

    The residual branches must be silent, as a fresh run's are. About 8 MB of memory a clip, twice that for
    a moment.

    Raises:
        BadInput: all clips are too short.
    """
    config = config.changed(frames=FRAMES, shortest=FRAMES, points=POINTS)
    rng = np.random.default_rng([config.seed, 999_983])
    torch.manual_seed(config.seed)
    with torch.no_grad():
        _scale_features(model, to_tensors(draw_batch(source, config, 0, 999_983), torch.device("cpu")))
    used: list[CorrelationWindows] = []
    held: list[CorrelationWindows] = []
    for start, phases, where in ((0, first, _disturbed), (clips, second, _predicted)):
        for number in range(start, start + clips):
            progress("Cutting windows", (number - start) / clips)
            batch = to_tensors(draw_batch(source, config, number, 999_983), torch.device("cpu"))
            if len(batch.frames) == FRAMES:
                (held if number % HELD == 0 else used).append(_cut(model, batch, where, rng))
        if not used:
            raise BadInput(f"None of {clips} clips has {FRAMES} frames, which fitting to windows needs; see --data.")
        used = [_joined(used)]  # windows of all clips are large: kept once
        for phase in phases:
            _fit(model, used[0], phase, rng, progress)
    return _error_left(model, _joined(held or used))


def _scale_features(model: EchoTrackerNet, batch: Tensors) -> None:
    """Give the fine features the length at which a place correlates with itself by 1 on average.

    Steps of Adam don't depend on the gradient's size: with the long features that matching teaches, steps of the same
    learning rate are many times too large for the layers that see correlations.
    """
    features = model.fnet_fine(2 * batch.frames[:1, None] / 255 - 1)
    size = (features**2).sum(dim=1).mean() / FEATURES**0.5
    for parameter in model.fnet_fine.conv3.parameters():  # the last layer, without a norm behind it
        parameter.div_(size.sqrt())


Where = Callable[[EchoTrackerNet, ClipFeatures, Tensors, np.random.Generator], Iterable[Tensor]]


def _disturbed(model: EchoTrackerNet, clip: ClipFeatures, batch: Tensors, rng: np.random.Generator) -> Iterable[Tensor]:
    """Points that stay; points that follow too little; points off by much, and by little. Fine map units."""
    truth = batch.tracks.numpy() / FINE_STRIDE
    n = len(truth)
    still = np.repeat(truth[:, batch.query_frame, None], truth.shape[1], axis=1)

    def off(slow_frames: float, slow: float, fast: float, constant: float = 0.0) -> np.ndarray:
        """Return random offsets [N, T, 2] whose sizes are drawn for each point, up to the given ones."""
        course = gaussian_filter1d(rng.normal(size=truth.shape), slow_frames, axis=1)
        course *= (2 * slow_frames * np.sqrt(np.pi)) ** 0.5  # unit variance again
        parts = ((course, slow), (rng.normal(size=truth.shape), fast), (rng.normal(size=(n, 1, 2)), constant))
        return np.asarray(sum(part * rng.uniform(0, size, (n, 1, 1)) for part, size in parts))

    share = rng.uniform(0.2, 1.0, (n, 1, 1))
    placed = (
        still,
        still + (truth - still) * share + off(3.0, 1.5, 0.3),
        truth + off(2.0, 2.0, 0.4, 1.5),
        truth + off(4.0, 0.7, 0.15),
    )
    return [torch.from_numpy(coords.astype(np.float32)) for coords in placed]


def _predicted(model: EchoTrackerNet, clip: ClipFeatures, batch: Tensors, rng: np.random.Generator) -> Iterable[Tensor]:
    """Where the network's own refinements begin; for half of the clips after a pass at half size, as when tracking."""
    video, queries, frame, start = batch.frames[:, None], batch.queries, batch.query_frame, None
    if rng.random() < 0.5 and min(video.shape[-2:]) >= 128:  # half of it is what the network needs at least
        start = half_size_start(model, video, queries, frame).transpose(0, 1)
    found = model.follow(clip, model.shared_terms(clip), queries, frame, 3, start=start)
    return list(found.transpose(1, 2) / FINE_STRIDE)


@torch.no_grad()
def _cut(model: EchoTrackerNet, batch: Tensors, where: Where, rng: np.random.Generator) -> CorrelationWindows:
    """CorrelationWindows of one clip, as the refinement cuts them."""
    clip = model.encode(batch.frames[:, None], group=1)
    truth = batch.tracks / FINE_STRIDE
    n, t = truth.shape[:2]
    template = sample_features(clip.fine[0], torch.full((n,), batch.query_frame), truth[:, batch.query_frame])
    frames = torch.arange(t)
    found = []
    for coords in where(model, clip, batch, rng):
        moving = sample_features(clip.fine[0], frames.expand(n, t), coords)
        earlier = [moving[:, (frames - back).clamp(min=0)] for back in EARLIER]
        targets = torch.stack([template[:, None].expand_as(moving), *earlier], dim=2)
        found.append(
            CorrelationWindows(pyramid_correlation(clip.fine, targets, coords).half(), coords, truth, batch.visible)
        )
    return _joined(found)


def _joined(parts: Sequence[CorrelationWindows]) -> CorrelationWindows:
    return CorrelationWindows(
        *(torch.cat([getattr(p, name) for p in parts]) for name in CorrelationWindows.__dataclass_fields__)
    )


def _varied(windows: CorrelationWindows, rng: np.random.Generator) -> tuple[Tensor, CorrelationWindows]:
    """Return correlations [M, T, 588] and trajectories, turned or mirrored, with other gain and offset."""
    side = 2 * RADIUS + 1
    n, t = windows.coords.shape[:2]
    maps = windows.correlation.float().view(n, t, (1 + len(EARLIER)) * LEVELS, side, side)  # slow x, fast y
    coords, truth = windows.coords, windows.truth
    for axis, mirror in enumerate((torch.tensor([-1.0, 1.0]), torch.tensor([1.0, -1.0]))):
        if rng.random() < 0.5:
            maps, coords, truth = maps.flip(-2 + axis), coords * mirror, truth * mirror
    if rng.random() < 0.5:
        maps, coords, truth = maps.transpose(-1, -2), coords.flip(-1), truth.flip(-1)
    maps = maps * torch.exp(GAIN * torch.randn(n, 1, 1, 1, 1)) + OFFSET * torch.randn(n, 1, 1, 1, 1)
    return maps.reshape(n, t, -1), CorrelationWindows(windows.correlation, coords, truth, windows.visible)


def _wrong(model: EchoTrackerNet, correlation: Tensor, windows: CorrelationWindows, branches: bool) -> Tensor:
    """Return what is wrong after one correction [M, T, 2], fine map units; without branches one hidden layer."""
    coords, block = windows.coords, model.delta_block_temporal
    still = torch.zeros(coords.shape[1], block.split[1])
    nothing = ClipFeatures(correlation, correlation, [], still)  # of the clip only its frame flow is asked for
    _spatial, term, weight = model.shared_terms(nothing)
    own = [motion_embedding(coords), torch.zeros_like(coords)]
    inputs = torch.cat([correlation, *own], dim=-1).transpose(1, 2)
    if branches:
        return coords + block(inputs, weight, term) - windows.truth
    first = torch.relu(F.conv1d(inputs, weight, padding=1) + term)
    beside = (WIDTHS[-1] - WIDTHS[0]) // 2  # where the identity path leaves the first channels
    return coords + block.dense(F.pad(first, (0, 0, beside, beside)).transpose(1, 2)) - windows.truth


def _loss(wrong: Tensor, visible: Tensor, robust: bool = False) -> Tensor:
    """Distance, and the error of motion from frame to frame; wrong is [M, T, 2], fine map units."""
    limit = SMOOTH_PX / FINE_STRIDE
    distance = F.smooth_l1_loss(wrong, torch.zeros_like(wrong), beta=limit, reduction="none").sum(-1)
    if robust:
        plain, logarithmic = ROBUST_SHARES
        distance = plain * distance + logarithmic * torch.log1p((wrong * (FINE_STRIDE / ROBUST_PX)).square().sum(-1))
    both = visible[:, 1:] & visible[:, :-1]
    motion = wrong.diff(dim=1).abs().sum(-1)
    return distance[visible].mean() + VELOCITY * motion[both].mean()


def _fit(
    model: EchoTrackerNet, windows: CorrelationWindows, phase: Phase, rng: np.random.Generator, progress: Progress
) -> None:
    """Fit by AdamW with a linear schedule; the frame flow's and the start position's weights stay as they are."""
    block = model.delta_block_temporal
    weight = block.first_block_conv.conv.weight
    layers = (block.first_block_conv, block.dense, model.linear)
    parameters = [parameter for layer in layers for parameter in layer.parameters()]
    if phase.branches:
        parameters += list(block.basicblock_list.parameters())
    elif not block.dense.weight.any():  # with silent layers on both sides nothing would be learnt
        torch.nn.init.normal_(block.dense.weight, std=0.05)
    optimiser = torch.optim.AdamW(parameters, lr=phase.rate, weight_decay=1e-2)
    unseen = slice(block.split[0], block.split[0] + block.split[1])
    for step in range(phase.steps):
        progress(phase.name, step / phase.steps)
        for group in optimiser.param_groups:
            group["lr"] = phase.rate * min((step + 1) / 100, 1.0) * (1 - step / phase.steps)
        count = int(rng.integers(SHORTEST, FRAMES + 1))
        start = int(rng.integers(FRAMES - count + 1))
        chosen = torch.from_numpy(rng.integers(len(windows.coords), size=phase.batch))
        correlation, drawn = _varied(windows.part(chosen, slice(start, start + count)), rng)
        optimiser.zero_grad(set_to_none=True)
        loss = _loss(_wrong(model, correlation, drawn, phase.branches), drawn.visible, phase.robust)
        if not torch.isfinite(loss):
            continue  # nothing visible
        loss.backward()
        if weight.grad is not None:
            weight.grad[:, unseen] = 0
            weight.grad[:, -2:] = 0
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()


@torch.no_grad()
def _error_left(model: EchoTrackerNet, windows: CorrelationWindows) -> float:
    """Mean distance px after one correction."""
    chosen = torch.arange(0, len(windows.coords), 4)
    some = windows.part(chosen, slice(None))
    wrong = _wrong(model, some.correlation.float(), some, branches=True)
    return float(torch.linalg.norm(wrong, dim=-1)[some.visible].mean()) * FINE_STRIDE
