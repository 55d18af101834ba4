"""Displacements between frames, measured along the present trajectories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from .frames import Pyramid
from .matching import Match, match
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
    radius_px: float,
    limit_px: float,
    report: Callable[[], None],
) -> Measurement:
    """Return the displacements between the frames of `group`, starting from `positions` [T, N, 2]."""
    import torch

    images = pyramid.levels[0]
    track = torch.as_tensor(positions, dtype=torch.float32, device=images.device)
    found: list[tuple[np.ndarray, np.ndarray]] = []
    size = max(1, GROUP_WINDOWS // positions.shape[1])
    for start in range(0, len(group.first), size):
        report()
        a, b = group.first[start : start + size], group.second[start : start + size]
        guess = track[b] - track[a]
        if group.revisit:
            guess = _better_start(pyramid, a, b, track[a], guess, radius_px)
        result = match(images[a], images[b, :1], track[a], guess, radius_px, 4, limit_px)
        found.append((result.displacement.cpu().numpy().astype(np.float64), precision_of(result, settings)))
    displacement, precision = (np.concatenate(part) for part in zip(*found))
    return Measurement(group.first, group.second, displacement, precision)


def _better_start(pyramid: Pyramid, a: np.ndarray, b: np.ndarray, points: Any, guess: Any, radius_px: float) -> Any:
    """Return [B, N, 2]: the displacement found on the next level from `guess` or from none, what correlates better."""
    import torch

    level = min(1, len(pyramid.levels) - 1)
    images, factor = pyramid.levels[level], 0.5**level
    tried = [
        match(images[a], images[b, :1], points * factor, start * factor, radius_px, 4, 3.0)
        for start in (guess, torch.zeros_like(guess))
    ]
    first = (tried[0].correlation >= tried[1].correlation)[..., None]
    return torch.where(first, tried[0].displacement, tried[1].displacement) / factor


def precision_of(found: Match, settings: Settings) -> np.ndarray:
    """Return the inverse covariance [B, N, 2, 2] of matched displacements.

    As in the lower bound on the error of delays between partly correlated speckle (Walker and Trahey, IEEE UFFC 42
    (1995)): the squared gradients summed over the window's independent cells, times c^2 / (1 - c^2).
    """
    c = found.correlation.clamp(0.05, 0.98)
    signal = settings.cells * c**2 / (1 - c**2)
    return np.asarray((found.information * signal[..., None, None]).cpu().numpy(), dtype=np.float64)


def closure(frames: np.ndarray, query_frame: int, n_points: int, sigma_px: float) -> Measurement:
    """Return the expectation that points are on `frames` [P] where they were on the query frame."""
    precision = np.broadcast_to(np.eye(2) / sigma_px**2, (len(frames), n_points, 2, 2))
    return Measurement(np.full(len(frames), query_frame), frames, np.zeros((len(frames), n_points, 2)), precision)
