"""The matching features of WallNet: a small convolutional network, the same for every frame."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDES = (2, 4, 8)  # px of the clip per cell of each level
CHANNELS = (24, 48, 48)  # of the features on each level


def network_input(frames: Tensor) -> Tensor:
    """Return three views [T, 3, H, W] of gray frames [T, H, W] in 0..255.

    Gray, gray normalized by its neighborhood (gain and attenuation drop out), and gray minus the clip's mean
    (what does not move, such as haze near the probe, drops out).
    """
    grey = frames[:, None] / 127.5 - 1
    mean, square = _neighbourhood(grey), _neighbourhood(grey * grey)
    deviation = (square - mean * mean).clamp(min=0).sqrt()
    moving = grey - grey.mean(0, keepdim=True)
    return torch.cat([grey, (grey - mean) / (deviation + 0.05), 2 * moving], 1)


def _neighbourhood(x: Tensor) -> Tensor:
    """Mean over about 20 px, by way of a map of a quarter of the size."""
    small = F.avg_pool2d(x, 4, ceil_mode=True, count_include_pad=False)
    small = F.avg_pool2d(small, 5, stride=1, padding=2, count_include_pad=False)
    return F.interpolate(small, size=x.shape[-2:], mode="bilinear", align_corners=False)


def _norm(channels: int) -> nn.Module:
    return nn.GroupNorm(channels // 8, channels)


class Residual(nn.Module):
    """Two 3x3 convolutions with a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm_1 = _norm(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm_2 = _norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """[T, C, h, w] -> [T, C, h, w]."""
        y = F.relu(self.norm_1(self.first(x)), inplace=True)
        return F.relu(x + self.norm_2(self.second(y)), inplace=True)


class Encoder(nn.Module):
    """Frames -> features of unit length at strides 2, 4 and 8; each level also sees what the coarser ones saw."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 24, 5, stride=2, padding=2, bias=False), _norm(24), nn.ReLU(inplace=True)
        )
        self.fine = nn.Sequential(
            nn.Conv2d(24, 48, 3, stride=2, padding=1, bias=False), _norm(48), nn.ReLU(inplace=True), Residual(48)
        )
        self.coarse = nn.Sequential(
            nn.Conv2d(48, 64, 3, stride=2, padding=1, bias=False),
            _norm(64),
            nn.ReLU(inplace=True),
            Residual(64),
            Residual(64),
        )
        self.lateral = nn.Conv2d(64, 48, 1)
        self.lateral_finest = nn.Conv2d(48, 24, 1)
        self.head_finest = nn.Conv2d(24, CHANNELS[0], 3, padding=1)
        self.head_fine = nn.Conv2d(48, CHANNELS[1], 3, padding=1)
        self.head_coarse = nn.Conv2d(64, CHANNELS[2], 1)

    def forward(self, frames: Tensor) -> list[Tensor]:
        """[T, 3, H, W] -> three maps [T, CHANNELS, h, w], the features of each cell of unit length."""
        finest = self.stem(frames)
        fine = self.fine(finest)
        coarse = self.coarse(fine)
        both = F.relu(fine + _as_large(self.lateral(coarse), fine))
        all_three = F.relu(finest + _as_large(self.lateral_finest(both), finest))
        maps = (self.head_finest(all_three), self.head_fine(both), self.head_coarse(coarse))
        return [F.normalize(features, dim=1) for features in maps]


def _as_large(x: Tensor, other: Tensor) -> Tensor:
    return F.interpolate(x, size=other.shape[-2:], mode="bilinear", align_corners=False)


def sample(maps: Tensor, coordinates: Tensor) -> Tensor:
    """Bilinear values of maps [B, C, h, w] at coordinates [B, K, 2] (x, y) in cells -> [B, K, C]; zero outside."""
    height, width = maps.shape[-2:]
    scale = coordinates.new_tensor([2 / max(width - 1, 1), 2 / max(height - 1, 1)])
    grid = (coordinates * scale - 1)[:, :, None]
    return F.grid_sample(maps, grid, align_corners=True)[..., 0].transpose(1, 2)
