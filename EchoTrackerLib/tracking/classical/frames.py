"""The frames as the classical tracker sees them: cropped to the points, at one scale, as a pyramid with derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...cine.cine import Cine

LONG_SIDE_PX = 320  # of the whole image at the finest level: windows below are in px of this scale
MARGIN = 0.15  # of the long side, kept round the points


@dataclass(frozen=True)
class Pyramid:
    """Levels of a clip, finest first: tensors [T, 3, H, W] (grey 0..255, d/dx, d/dy per px of the level)."""

    levels: list[Any]
    scale: float  # px of the finest level per px of the clip
    origin: np.ndarray  # clip px of the finest level's pixel (0, 0)

    def from_clip(self, points: np.ndarray) -> np.ndarray:
        """Return points [..., 2] of the clip in px of the finest level."""
        return (points - self.origin) * self.scale

    def to_clip(self, points: np.ndarray) -> np.ndarray:
        """Return points [..., 2] of the finest level in px of the clip."""
        return points / self.scale + self.origin


def working_scale(size: tuple[int, int]) -> float:
    """Return px of the finest level per px of a clip of `size` (width, height)."""
    return min(LONG_SIDE_PX / max(size), 2.0)


def build_pyramid(cine: Cine, points: np.ndarray, n_levels: int = 3, device: str = "cpu") -> Pyramid:
    """Return the pyramid of the part of `cine` round `points` [N, 2] clip px."""
    import torch
    import torch.nn.functional as functional

    width, height = cine.size
    scale = working_scale(cine.size)
    margin = MARGIN * max(width, height)
    low = np.floor(np.maximum(points.min(axis=0) - margin, 0)).astype(int)
    high = np.ceil(np.minimum(points.max(axis=0) + margin + 1, [width, height])).astype(int)
    crop = np.ascontiguousarray(cine.frames[:, low[1] : high[1], low[0] : high[0]])
    size = [max(8, round(float(n) * scale)) for n in crop.shape[1:]]
    grid = _grid(size, scale, crop.shape[1:], device)
    fine = torch.empty(len(crop), 1, *size, device=device)
    for t in range(len(crop)):
        frame = torch.as_tensor(crop[t], device=device).float()[None, None]
        fine[t] = functional.grid_sample(
            blur(frame, 0.35 / scale), grid, mode="bilinear", padding_mode="border", align_corners=True
        )[0]
    levels = []
    grey = blur(fine, 1.0)
    for level in range(n_levels):
        if level:
            grey = blur(grey, 1.0)[..., ::2, ::2].contiguous()
        levels.append(torch.cat([grey, *_derivatives(grey)], dim=1))
        if min(grey.shape[-2:]) < 24:
            break
    return Pyramid(levels, scale, low.astype(np.float64))


def blur(images: Any, sigma_px: float) -> Any:
    """Return images [B, 1, H, W] smoothed by a Gaussian; edges extend."""
    import torch
    import torch.nn.functional as functional

    radius = max(1, int(np.ceil(2.5 * sigma_px)))
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, device=images.device) / max(sigma_px, 1e-3)) ** 2)
    taps = taps / taps.sum()
    images = functional.conv2d(
        functional.pad(images, (radius, radius, 0, 0), mode="replicate"), taps.view(1, 1, 1, -1).to(images.dtype)
    )
    return functional.conv2d(
        functional.pad(images, (0, 0, radius, radius), mode="replicate"), taps.view(1, 1, -1, 1).to(images.dtype)
    )


def _grid(size: list[int], scale: float, crop_shape: tuple[int, ...], device: str) -> Any:
    """Return the sampling grid [1, h, w, 2] that puts pixel (0, 0) on (0, 0) and steps by 1 / scale."""
    import torch

    y = torch.arange(size[0], device=device) / scale * 2 / max(crop_shape[0] - 1, 1) - 1
    x = torch.arange(size[1], device=device) / scale * 2 / max(crop_shape[1] - 1, 1) - 1
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)[None].float()


def _derivatives(images: Any) -> tuple[Any, Any]:
    """Return central differences along x and y of images [B, 1, H, W]."""
    import torch.nn.functional as functional

    wide = functional.pad(images, (1, 1, 1, 1), mode="replicate")
    return (wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]) / 2, (wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]) / 2
