"""How each network is run on a batch, and what it pays for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..tracking.echotracker.correlation import RADIUS, sample_features, window_correlation
from ..tracking.echotracker.encoder import FEATURES
from ..tracking.echotracker.network import COARSE_STRIDE, FINE_STRIDE, EchoTrackerNet
from ..tracking.wallnet.encoder import STRIDES
from ..tracking.wallnet.network import WallNet
from .batch import Batch
from .configuration import TrainingConfig
from .loss import displacement_loss, expected_offset, matching_loss, offset_loss, sequence_loss
from .patches import patch_features


def _silence(layer: nn.Module) -> None:
    """Set a layer to zero."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


@dataclass(frozen=True)
class Tensors:
    """A batch as tensors: frames [T, H, W], tracks [N, T, 2], visible [N, T]."""

    frames: Tensor
    tracks: Tensor
    visible: Tensor
    query_frame: int

    @property
    def queries(self) -> Tensor:
        """Positions [N, 2] px on the query frame."""
        return self.tracks[:, self.query_frame]


def to_tensors(batch: Batch, device: torch.device) -> Tensors:
    """Move a batch to a device."""
    frames, tracks, visible = (
        torch.from_numpy(np.ascontiguousarray(array)).to(device)
        for array in (batch.frames, batch.tracks, batch.visible)
    )
    return Tensors(frames, tracks, visible, batch.query_frame)


class Objective(Protocol):
    """A network and its loss."""

    config: TrainingConfig

    @property
    def model(self) -> nn.Module:
        """The network."""
        ...

    def loss(self, batch: Tensors, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return the loss and the resulting positions [N, T, 2] px (or an empty tensor)."""
        ...


class EchoTrackerObjective:
    """EchoTracker with the paper's loss over its five predictions."""

    def __init__(self, config: TrainingConfig) -> None:
        self.config, self.model = config, EchoTrackerNet()
        for block in (self.model.delta_block_spatial, self.model.delta_block_temporal):
            branches: Any = block.basicblock_list
            for branch in branches:  # each residual branch starts by changing nothing
                _silence(branch.conv2.conv)
            _silence(block.dense)  # and the first predictions are points that stay
            if config.local:
                weight = block.first_block_conv.conv.weight
                mask = torch.ones_like(weight)
                correlation, flow, _own = block.split
                mask[:, correlation : correlation + flow] = 0
                mask[:, -2:] = 0  # start position
                weight.data *= mask
                weight.register_hook(partial(torch.mul, mask))

    def loss(self, batch: Tensors, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """See `Objective.loss`."""
        pinned = None if self.config.query == "first" else batch.query_frame
        predictions = self.model(batch.frames[:, None], batch.queries, pinned, self.config.iterations)
        tracks = [prediction.transpose(0, 1) for prediction in predictions]
        loss = sequence_loss(tracks, batch.tracks, batch.visible, self.config.gamma, self.config.velocity)
        return loss, tracks[-1].detach()


class EncoderObjective(EchoTrackerObjective):
    """EchoTracker's two encoders alone: where in every other frame is what was on the query frame?

    The cross-entropy over whole correlation maps, read at the scale at which the network reads them, makes features
    distinct; the error of the place that a window about the truth points to, between any two frames, makes them
    precise. It teaches an encoder from all frames at once what the loss of the tracks teaches it only through the
    time networks.
    """

    COARSE_WEIGHT = 0.5
    POOLED_WEIGHTS = (1.0, 0.5, 0.25)  # of the fine map and its 2x2 averages
    PRECISE_WEIGHTS = (1.0, 0.5)  # likewise
    JITTER = 2.0  # cells by which windows lie beside the truth at most

    def loss(self, batch: Tensors, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """See `Objective.loss`; no positions."""
        frames = 2 * batch.frames[:, None] / 255 - 1
        pooled = fine = self.model.fnet_fine(frames)
        total = frames.new_zeros(())
        if any(parameter.requires_grad for parameter in self.model.fnet.parameters()):
            coarse = self.model.fnet(frames)
            total = self.COARSE_WEIGHT * self._level(coarse, coarse, batch, COARSE_STRIDE, COARSE_STRIDE)
        for level, weight in enumerate(self.POOLED_WEIGHTS):
            total = total + weight * self._level(fine, pooled, batch, FINE_STRIDE, FINE_STRIDE * 2**level)
            if self.config.precision_weight and level < len(self.PRECISE_WEIGHTS):
                wrong = self._wrong_offset(fine, pooled, 2**level, batch, rng)
                total = total + self.config.precision_weight * self.PRECISE_WEIGHTS[level] * wrong
            pooled = F.avg_pool2d(pooled, 2)
        return total, batch.frames.new_zeros(0)

    def _wrong_offset(self, own: Tensor, maps: Tensor, factor: int, batch: Tensors, rng: np.random.Generator) -> Tensor:
        """Error, in cells of `own`, of templates from all frames in windows of all other frames of `maps`."""
        truth = batch.tracks / FINE_STRIDE
        n, t = truth.shape[:2]
        frames = torch.arange(t, device=truth.device)
        templates = sample_features(own.movedim(1, -1), frames.expand(n, t), truth)
        aside = torch.from_numpy(rng.uniform(-self.JITTER, self.JITTER, truth.shape).astype(np.float32)).to(truth)
        centres = truth / factor + aside
        targets = templates[:, None].expand(n, t, t, -1)
        windows = window_correlation(maps.movedim(1, -1).contiguous(), targets, centres)
        found = expected_offset(windows.float(), RADIUS) + aside[:, :, None]  # where the truth is, this is 0
        valid = batch.visible[:, :, None] & batch.visible[:, None] & (frames[:, None] != frames)
        return offset_loss(found * factor, valid)

    @staticmethod
    def _level(own: Tensor, maps: Tensor, batch: Tensors, own_stride: int, stride: int) -> Tensor:
        """Cross-entropy for templates from `own` in `maps`; both [T, C, h, w]."""
        q = batch.query_frame
        frame = torch.full((len(batch.tracks),), q, device=batch.tracks.device)
        template = sample_features(own.movedim(1, -1), frame, batch.queries / own_stride)
        logits = torch.einsum("nc,tchw->nthw", template, maps) / FEATURES**0.5
        valid = batch.visible.clone()
        valid[:, q] = False
        return matching_loss(logits.flatten(0, 1).float(), (batch.tracks / stride).flatten(0, 1), valid.flatten())


class PatchObjective(EchoTrackerObjective):
    """EchoTracker's fine encoder alone: at every pixel, the normalized and compressed patch (see `patches`)."""

    def loss(self, batch: Tensors, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """See `Objective.loss`; no positions."""
        frames = batch.frames[:, None]
        found, wanted = self.model.fnet_fine(2 * frames / 255 - 1), patch_features(frames)
        return F.mse_loss(found, wanted), batch.frames.new_zeros(0)


class MatchingObjective:
    """WallNet: where in every other frame is what was on the query frame?

    The cross-entropy over the whole frame makes features distinct; the likelihood of the true displacement under the
    expected one and its covariance makes them precise and their uncertainty honest.
    """

    LEVEL_WEIGHTS = (0.7, 1.0, 0.7)
    JITTER_PX = (2.5, 5.0, 10.0)  # how far off the windows lie

    def __init__(self, config: TrainingConfig) -> None:
        self.config = config
        self.model = WallNet()
        self.model.encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, batch: Tensors, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """See `Objective.loss`; the positions are those of the finest level."""
        model, q = self.model, batch.query_frame
        maps = model.features(batch.frames)
        own = model.appearance([level[q : q + 1] for level in maps], batch.queries[:, None])
        valid = batch.visible.clone()
        valid[:, q] = False
        total, found = batch.frames.new_zeros(()), batch.tracks
        for level, weight in enumerate(self.LEVEL_WEIGHTS):
            correlations = model.correlations(own[level], maps[level], level)
            target = (batch.tracks / STRIDES[level]).transpose(0, 1).flatten(0, 1)
            seen = valid.transpose(0, 1).flatten()
            total = total + weight * matching_loss(correlations.flatten(0, 1), target, seen)
            off = torch.from_numpy(rng.standard_normal(batch.tracks.shape).astype(np.float32)).to(batch.tracks)
            centres = batch.tracks + off * self.JITTER_PX[level] / 2
            mean, covariance = model.displacement(model.window(correlations, centres, level), level)
            wrong = displacement_loss(centres + mean - batch.tracks, covariance)
            total = total + self.config.precision_weight * (wrong * valid).sum() / valid.sum().clamp(min=1)
            if level == 0:
                found = (centres + mean).detach()
        return total, found


def create_objective(config: TrainingConfig) -> Objective:
    """Return the objective that a configuration names."""
    if config.model == "wallnet":
        return MatchingObjective(config)
    kinds = {"patches": PatchObjective, "matching": EncoderObjective, "tracks": EchoTrackerObjective}
    return kinds[config.objective](config)
