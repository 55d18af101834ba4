"""The convolutional encoder: gray frames to feature maps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTHS = (32, 48, 64, 64)  # channels of the four layers
FEATURES = 64


def normalise_maps(x: Tensor) -> Tensor:
    """Instance normalization without affine parameters, eps 1e-5, of [B, C, H, W].

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
            self.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
        self.conv2 = nn.Conv2d(sum(WIDTHS), 2 * FEATURES, 3, padding=1)
        self.conv3 = nn.Conv2d(2 * FEATURES, FEATURES, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                # Maps are channels-last throughout; weights that are too need no reordering.
                module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last)
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, frames: Tensor) -> Tensor:
        """Return the features of normalized frames."""
        size = (frames.shape[-2] // self.stride, frames.shape[-1] // self.stride)
        x = torch.relu_(normalise_maps(self.conv1(frames.contiguous(memory_format=torch.channels_last))))
        maps = []
        for i in range(len(WIDTHS)):
            x = self.get_submodule(f"layer{i + 1}")(x)
            maps.append(x)
        x = torch.relu_(normalise_maps(convolve_resized(maps, self.conv2, size)))
        return self.conv3(x)


def convolve_resized(maps: list[Tensor], conv: nn.Conv2d, size: tuple[int, int]) -> Tensor:
    """`conv` (3x3) of the maps resized to `size` (bilinear, align_corners True) and concatenated.

    Resizing and convolution are both linear. For a map much smaller than `size` the convolution along the columns is
    done before the rows are resized, and what remains is one product with a matrix that resizes and shifts the rows:
    an eighth of the multiplications for the smallest map of the fine encoder, and the same numbers.
    """
    weights = conv.weight.split([x.shape[1] for x in maps], dim=1)
    is_small = [16 * x.shape[-2] * x.shape[-1] <= size[0] * size[1] for x in maps]
    large = [_resize(x, size) for x, small in zip(maps, is_small) if not small]
    weight = torch.cat([w for w, small in zip(weights, is_small) if not small], dim=1)
    total = F.conv2d(torch.cat(large, dim=1), weight, conv.bias, padding=1)
    if not any(is_small):
        return total
    rows, matrices = [], []
    for x, kernel, small in zip(maps, weights, is_small):
        if small:
            wide = _resize(x, (x.shape[-2], size[1]))
            matrix = _row_matrix(x.shape[-2], size[0], x)
            for k, part in enumerate(kernel.unbind(2)):
                along = F.conv2d(wide, part.unsqueeze(2), padding=(0, 1))
                rows.append(along.permute(0, 2, 3, 1).flatten(2))
                matrices.append(_shifted(matrix, k - 1))
    flat = total.permute(0, 2, 3, 1).flatten(2)
    shift = torch.cat(matrices, dim=1).to(rows[0].dtype).expand(len(flat), -1, -1)
    flat = flat.baddbmm_(shift, torch.cat(rows, dim=1))
    return flat.view(len(flat), *size, -1).permute(0, 3, 1, 2)


def _resize(x: Tensor, size: tuple[int, int]) -> Tensor:
    if x.shape[-2:] == size:
        return x
    return F.interpolate(x, size, mode="bilinear", align_corners=True)


def _row_matrix(rows: int, wanted: int, like: Tensor) -> Tensor:
    """Matrix [wanted, rows] of bilinear resizing with align_corners True."""
    unit = torch.eye(rows, dtype=like.dtype, device=like.device)[None]
    return F.interpolate(unit, wanted, mode="linear", align_corners=True)[0].T


def _shifted(matrix: Tensor, by: int) -> Tensor:
    """Row y of the result is row y + by of `matrix`, zero where there is none (the convolution's padding)."""
    if by == 0:
        return matrix
    zero = torch.zeros_like(matrix[:1])
    return torch.cat([matrix[1:], zero]) if by > 0 else torch.cat([zero, matrix[:-1]])
