"""Correlation of a point's feature with the feature maps, without ever building a correlation map.

Sampling is linear, so instead of correlating with a whole map and sampling the result, the 64-channel features
around the point are gathered and multiplied with the point's feature. Maps are kept channels-last, [S, h, w, 64].
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

RADIUS = 3
LEVELS = 4
WINDOW = (2 * RADIUS + 1) ** 2  # values per level
COARSE_SIZE = 14  # the first stage sees each whole map at this size


def pyramid(maps: Tensor) -> list[Tensor]:
    """Maps [S, h, w, C] -> `LEVELS` maps, each the 2x2 average of the one before."""
    levels = [maps]
    for _ in range(LEVELS - 1):
        levels.append(F.avg_pool2d(levels[-1].movedim(-1, 1), 2).movedim(1, -1).contiguous())
    return levels


def overview(maps: Tensor) -> Tensor:
    """Maps [S, h, w, C] -> [S, 196, C]: all pyramid levels resized to 14 x 14 and averaged, row by row."""
    size = (COARSE_SIZE, COARSE_SIZE)
    small = [F.interpolate(m.movedim(-1, 1), size, mode="bilinear", align_corners=True) for m in pyramid(maps)]
    return torch.stack(small).mean(dim=0).flatten(2).transpose(1, 2)


def sample_features(maps: Tensor, frames: Tensor, positions: Tensor) -> Tensor:
    """Bilinear samples [..., C] of maps [S, h, w, C] at positions [..., 2] (x, y) of the given frames [...].

    Outside, the border's values hold: neighbor indices are clamped, weights are not.
    """
    _, rows, cols, _ = maps.shape
    corner = positions.detach().floor()
    wx, wy = (positions - corner).unsqueeze(-1).to(maps.dtype).unbind(-2)
    x0, y0 = corner.long().unbind(-1)
    x1, y1 = (x0 + 1).clamp(0, cols - 1), (y0 + 1).clamp(0, rows - 1)
    x0, y0 = x0.clamp(0, cols - 1), y0.clamp(0, rows - 1)
    top = maps[frames, y0, x0] * (1 - wx) + maps[frames, y0, x1] * wx
    bottom = maps[frames, y1, x0] * (1 - wx) + maps[frames, y1, x1] * wx
    return top * (1 - wy) + bottom * wy


def _axis(centre: Tensor, length: int) -> tuple[Tensor, Tensor, Tensor]:
    """Window along one axis: clamped indices [..., 8], 1 where they are inside [..., 8], fraction [...]."""
    corner = centre.floor()
    fraction = centre - corner
    # Far-away (even infinite) centers are brought near first: everything out there is zero anyway.
    first = corner.clamp(-2.0 * RADIUS - 2, length + 2.0 * RADIUS).long() - RADIUS
    index = first[..., None] + torch.arange(2 * RADIUS + 2, device=centre.device)
    return index.clamp(0, length - 1), (index >= 0) & (index < length), fraction


def _blend(values: Tensor, fraction: Tensor, dim: int) -> Tensor:
    """Linear interpolation between neighbors along `dim`: 8 values -> 7."""
    n = values.shape[dim] - 1
    return torch.lerp(values.narrow(dim, 0, n), values.narrow(dim, 1, n), fraction)


def window_correlation(level: Tensor, targets: Tensor, centres: Tensor) -> Tensor:
    """Correlation [N, S, K, 49] of K targets per point and frame with the 7 x 7 window around each center.

    Args:
        level: [S, h, w, C].
        targets: [N, S, K, C].
        centres: [N, S, 2] (x, y) in this level's map units.

    The slow index of the window runs over the x offset, the fast one over the y offset (the checkpoint depends on
    it). Outside the map the correlation is zero.
    """
    n_frames, rows, cols, channels = level.shape
    ix, inside_x, fx = _axis(centres[..., 0].detach(), cols)
    iy, inside_y, fy = _axis(centres[..., 1].detach(), rows)
    frame = torch.arange(n_frames, device=level.device)[:, None, None]
    index = (frame * rows + iy[..., None, :]) * cols + ix[..., :, None]  # [N, S, 8 (x), 8 (y)]
    patches = level.reshape(-1, channels).index_select(0, index.flatten())
    side = 2 * RADIUS + 2
    patches = patches.view(-1, side * side, channels)
    dots = torch.bmm(patches, targets.flatten(0, 1).transpose(1, 2).to(patches.dtype))
    dots = dots.view(*centres.shape[:2], side, side, -1).to(centres.dtype)
    inside = (inside_x[..., :, None] & inside_y[..., None, :]).to(dots.dtype)
    dots = dots * (inside / channels**0.5)[..., None]
    dots = _blend(dots, fx[..., None, None, None], 2)
    dots = _blend(dots, fy[..., None, None, None], 3)
    return dots.flatten(2, 3).transpose(2, 3)


def pyramid_correlation(levels: list[Tensor], targets: Tensor, coords: Tensor) -> Tensor:
    """Correlations [N, S, K * 196] of K targets [N, S, K, C] around coords [N, S, 2] (units of level 0)."""
    windows = [window_correlation(level, targets, coords / 2**i) for i, level in enumerate(levels)]
    return torch.cat(windows, dim=-1).flatten(2)
