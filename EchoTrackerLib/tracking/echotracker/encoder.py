"""The convolutional encoder: grey frames to feature maps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTHS = (32, 48, 64, 64)  # channels of the four layers
FEATURES = 64


def normalise_maps(x: Tensor) -> Tensor:
    """Instance normalisation without affine parameters, eps 1e-5, of [B, C, H, W].

    The running-statistics-free batch norm of a single image is the same thing, and unlike `instance_norm` its CPU
    kernel reads and writes channels-last maps as they lie.
    """
    if len(x) == 1:
        return F.batch_norm(x, None, None, training=True, eps=1e-5)
    return F.instance_norm(x, eps=1e-5)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, each with instance norm and ReLU, and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        if stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride))
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, outputs, H/stride, W/stride]."""
        y = torch.relu_(normalise_maps(self.conv1(x)))
        y = torch.relu_(normalise_maps(self.conv2(y)))
        shortcut = normalise_maps(self.downsample(x)) if self.stride > 1 else x
        return torch.relu_(y + shortcut)


class FeatureEncoder(nn.Module):
    """Frames [B, 1, H, W] in -1..1 -> features [B, 64, H // stride, W // stride].

    Frames do not see each other here, so they can be encoded in groups of any size.
    """

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv1 = nn.Conv2d(1, WIDTHS[0], 7, 2, padding=3)
        inputs = (WIDTHS[0], *WIDTHS[:3])
        for i, (before, after) in enumerate(zip(inputs, WIDTHS)):
            blocks = (ResidualBlock(before, after, 1 if i == 0 else 2), ResidualBlock(after, after, 1))
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.conv2 = nn.Conv2d(sum(WIDTHS), 2 * FEATURES, 3, padding=1)
        self.conv3 = nn.Conv2d(2 * FEATURES, FEATURES, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, frames: Tensor) -> Tensor:
        """Return the features of normalised frames."""
        size = (frames.shape[-2] // self.stride, frames.shape[-1] // self.stride)
        x = torch.relu_(normalise_maps(self.conv1(frames)))
        maps = []
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            maps.append(F.interpolate(x, size, mode="bilinear", align_corners=True))
        x = torch.relu_(normalise_maps(self.conv2(torch.cat(maps, dim=1))))
        return self.conv3(x)
