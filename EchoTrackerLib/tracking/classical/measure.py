"""Displacements between frames, measured along the present trajectories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from .frames import Pyramid
from .matching import match
from .pairs import PairGroup
from .settings import Settings

GROUP_WINDOWS = 4000  # windows matched at once: bounds the memory


@dataclass(frozen=True)
class Measurement:
    """Displacements of N points over P pairs of frames; px of the finest level.

    Attributes:
        first, second: frames [P].
        displacement: float64 [P, N, 2].
        precision: float64 [P, N, 2, 2], inverse covariance of the displacement.
    """

    first: np.ndarray
    second: np.ndarray
    displacement: np.ndarray
    precision: np.ndarray


def measure(
    pyramid: Pyramid,
    positions: np.ndarray,
    group: PairGroup,
    settings: Settings,
    iterations: int,
    limit_px: float,
    report: Callable[[], None],
) -> Measurement:
    """Return the displacements between the frames of `group`, starting from `positions` [T, N, 2].

    The variance of a displacement is that of two windows with correlation c whose difference is noise:
    2 (1 - c) over the summed squared gradients of the window's independent cells.
    """
    import torch

    level = min(1, len(pyramid.levels) - 1) if group.coarse else 0
    radius = settings.long_radius_px if group.coarse else settings.radius_px
    images, factor = pyramid.levels[level], 0.5**level
    track = torch.as_tensor(positions * factor, dtype=torch.float32, device=images.device)
    found: list[tuple[Any, ...]] = []
    size = max(1, GROUP_WINDOWS // positions.shape[1])
    for start in range(0, len(group.first), size):
        report()
        a, b = group.first[start : start + size], group.second[start : start + size]
        result = match(images[a], images[b, :1], track[a], track[b] - track[a], radius, iterations, limit_px * factor)
        found.append((result.displacement, result.information, result.correlation))
    displacement, information, correlation = (torch.cat(part).cpu().numpy().astype(np.float64) for part in zip(*found))
    variance = 2 * (1 - np.clip(correlation, 0, 0.98))
    precision = information * (settings.cells / variance)[..., None, None] * factor**2
    return Measurement(group.first, group.second, displacement / factor, precision)
