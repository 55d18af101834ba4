"""Sub-pixel matching of many small windows at once (Lucas-Kanade with gain and offset removed).

Sources: Lucas and Kanade, IJCAI 1981; Baker and Matthews, IJCV 56 (2004), inverse compositional form; pyramids after
Bouguet, Intel 2000. Zero-mean, unit-variance windows make the residual that of normalised cross-correlation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Match:
    """Displacements of windows from frames a to frames b.

    Attributes:
        displacement: tensor [B, N, 2] px of this level.
        information: tensor [B, N, 2, 2]: inverse covariance of the displacement up to one factor for the clip.
        correlation: tensor [B, N]: normalised cross-correlation of the windows after matching, -1..1.
    """

    displacement: Any
    information: Any
    correlation: Any


STEP_PX = 2.0  # between a window's samples; the images are smooth enough


def gaussian_window(radius_px: float, device: Any) -> tuple[Any, Any]:
    """Return offsets [K, 2] px and weights [K] (sum 1) of a round Gaussian window cut at `radius_px`."""
    import torch

    half = np.floor(radius_px / STEP_PX)
    steps = np.arange(-half, half + 1) * STEP_PX
    x, y = np.meshgrid(steps, steps)
    inside = x**2 + y**2 <= radius_px**2 + 1e-6
    offsets = np.stack([x[inside], y[inside]], axis=-1)
    weights = np.exp(-0.5 * (offsets**2).sum(-1) / (0.5 * radius_px) ** 2)
    return (
        torch.as_tensor(offsets, dtype=torch.float32, device=device),
        torch.as_tensor(weights / weights.sum(), dtype=torch.float32, device=device),
    )


def sample(images: Any, points: Any) -> Any:
    """Return bilinear values [B, C, ...] of images [B, C, H, W] at points [B, ..., 2] (x, y) px; edges extend."""
    import torch.nn.functional as functional

    height, width = images.shape[-2:]
    scale = points.new_tensor([2 / max(width - 1, 1), 2 / max(height - 1, 1)])
    grid = (points * scale - 1).reshape(len(points), 1, -1, 2)
    values = functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=True)
    return values.reshape(*values.shape[:2], *points.shape[1:-1])


def match(
    images_a: Any, images_b: Any, points: Any, guess: Any, radius_px: float, iterations: int = 6, limit_px: float = 2.0
) -> Match:
    """Return where the windows round `points` [B, N, 2] of frames a lie in frames b.

    Args:
        images_a: tensor [B, 3, H, W]: grey, and its derivatives along x and y.
        images_b: tensor [B, >=1, H, W].
        points: px of this level.
        guess: tensor [B, N, 2]: displacement to start from.
        radius_px: of the window.
        iterations: Gauss-Newton steps.
        limit_px: the displacement stays within this distance of the guess.
    """
    import torch

    offsets, weights = gaussian_window(radius_px, points.device)
    template = sample(images_a, points[:, :, None] + offsets)
    centred, spread = _normalise(template[:, 0], weights)
    gradient = (template[:, 1:] - (template[:, 1:] @ weights)[..., None]) / spread[:, None]  # [B, 2, N, K]
    weighted = gradient * weights
    xx, yy = (weighted[:, 0] * gradient[:, 0]).sum(-1), (weighted[:, 1] * gradient[:, 1]).sum(-1)
    xy = (weighted[:, 0] * gradient[:, 1]).sum(-1)
    damping = 0.01 * (xx + yy) + 1e-4  # flat windows must not run away
    determinant = (xx + damping) * (yy + damping) - xy**2
    displacement = guess.clone()
    for _unused in range(iterations):
        seen = sample(images_b[:, :1], (points + displacement)[:, :, None] + offsets)[:, 0]
        error = _normalise(seen, weights)[0] - centred
        x, y = (weighted[:, 0] * error).sum(-1), (weighted[:, 1] * error).sum(-1)
        step = torch.stack([(yy + damping) * x - xy * y, (xx + damping) * y - xy * x], dim=-1)
        step = step / determinant[..., None]
        displacement = guess + (displacement - step - guess).clamp(-limit_px, limit_px)
    seen = sample(images_b[:, :1], (points + displacement)[:, :, None] + offsets)[:, 0]
    correlation = (_normalise(seen, weights)[0] * centred) @ weights
    information = torch.stack([torch.stack([xx, xy], -1), torch.stack([xy, yy], -1)], -2)
    return Match(displacement, information, correlation)


def _normalise(windows: Any, weights: Any) -> tuple[Any, Any]:
    """Return windows [B, N, K] with zero mean and unit variance, and their standard deviation [B, N, 1]."""
    centred = windows - (windows @ weights)[..., None]
    spread = (centred**2 @ weights).add(1.0).sqrt()[..., None]
    return centred / spread, spread
