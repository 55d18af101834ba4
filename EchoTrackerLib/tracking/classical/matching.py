"""Sub-pixel matching of many small windows at once (Lucas-Kanade with gain and offset removed).

Sources: Lucas and Kanade, IJCAI 1981; Baker and Matthews, IJCV 56 (2004), inverse compositional form; pyramids after
Bouguet, Intel 2000. Zero-mean, unit-variance windows make the residual that of normalised cross-correlation.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Optional

import numpy as np

from .frames import Level
from .windows import DeformedWindows, Windows, gaussian_window

GROUP_WINDOWS = 256  # matched at once: what a processor's cache holds
MAX_THREADS = 4  # more would wait for each other


@dataclass(frozen=True)
class Match:
    """Displacements of M windows from one frame to another.

    Attributes:
        displacement: float64 [M, 2] px of this level.
        information: [M, 2, 2]: inverse covariance of the displacement up to one factor for the clip.
        correlation: [M]: normalised cross-correlation of the windows after matching, -1..1.
    """

    displacement: np.ndarray
    information: np.ndarray
    correlation: np.ndarray


def match(
    level: Level,
    first: np.ndarray,
    second: np.ndarray,
    points: np.ndarray,
    guess: np.ndarray,
    radius_px: float,
    iterations: int = 6,
    limit_px: float = 2.0,
    shapes: Optional[np.ndarray] = None,
) -> Match:
    """Return where the windows round `points` [M, 2] of frames `first` [M] lie in frames `second` [M].

    Args:
        level: the images.
        first: frames.
        second: frames.
        points: px of this level.
        guess: [M, 2]: displacement to start from.
        radius_px: of the window, at most half of `PADDING_PX`.
        iterations: Gauss-Newton steps.
        limit_px: the displacement stays within this distance of the guess.
        shapes: [M, 2, 2]: takes offsets in the second frame to those in the first; None where tissue is rigid.
    """
    window = gaussian_window(radius_px)
    starts = range(0, len(points), GROUP_WINDOWS)
    groups = [slice(start, start + GROUP_WINDOWS) for start in starts]

    def run(g: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        own = None if shapes is None else shapes[g]
        return _match(level, first[g], second[g], points[g], guess[g], window, iterations, limit_px, own)

    if len(groups) == 1:
        return Match(*run(groups[0]))
    with ThreadPoolExecutor(_threads()) as pool:  # numpy lets other threads run; each group's result is its own
        found = list(pool.map(run, groups))
    return Match(*(np.concatenate(part) for part in zip(*found)))


def _threads() -> int:
    """Return how many groups are matched side by side; OMP_NUM_THREADS limits them as it does numpy's own threads."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    available = int(wanted) if wanted.isdigit() else os.cpu_count() or 1
    return max(1, min(available, MAX_THREADS))


def _match(
    level: Level,
    first: np.ndarray,
    second: np.ndarray,
    points: np.ndarray,
    guess: np.ndarray,
    window: tuple[np.ndarray, np.ndarray],
    iterations: int,
    limit_px: float,
    shapes: Optional[np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the fields of `Match` for one group of windows. Samples [K, M]: windows side by side."""
    offsets, weights = window
    template, slopes = _template(level, first, points, offsets, shapes)
    template, spread = _normalised(template, weights)
    gx, gy = (_centred(slope, weights) / spread for slope in slopes)
    weighted_x, weighted_y = gx * weights[:, None], gy * weights[:, None]
    xx, yy, xy = ((a * b).sum(axis=0) for a, b in ((weighted_x, gx), (weighted_y, gy), (weighted_x, gy)))
    damping = 0.01 * (xx + yy) + np.float32(1e-4)  # flat windows must not run away
    determinant = (xx + damping) * (yy + damping) - xy**2
    displacement = guess
    for _unused in range(iterations):
        error = _normalised(Windows(level, second, points + displacement, offsets).of(level.grey), weights)[0]
        error -= template
        x, y = (weighted_x * error).sum(axis=0), (weighted_y * error).sum(axis=0)
        step = np.stack([(yy + damping) * x - xy * y, (xx + damping) * y - xy * x]) / determinant
        displacement = guess + np.clip(displacement - step.T - guess, -limit_px, limit_px)
    seen = _normalised(Windows(level, second, points + displacement, offsets).of(level.grey), weights)[0]
    information = np.stack([xx, xy, xy, yy], axis=-1).reshape(-1, 2, 2)
    return displacement, information, weights @ (seen * template)


def _template(
    level: Level, frames: np.ndarray, points: np.ndarray, offsets: np.ndarray, shapes: Optional[np.ndarray]
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return samples [K, M] of grey and of its derivatives along the second frame's x and y."""
    if shapes is None:
        rigid = Windows(level, frames, points, offsets)
        return rigid.of(level.grey), (rigid.of(level.along_x), rigid.of(level.along_y))
    seen = DeformedWindows(level, frames, points, offsets, shapes)
    x, y = seen.of(level.along_x), seen.of(level.along_y)
    (xx, xy), (yx, yy) = shapes.transpose(1, 2, 0).astype(np.float32)
    return seen.of(level.grey), (xx * x + yx * y, xy * x + yy * y)


def _centred(samples: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return samples [K, M] with zero mean in each window."""
    return np.asarray(samples - weights @ samples)


def _normalised(samples: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return samples [K, M] with zero mean and unit variance in each window, and their standard deviations [M]."""
    centred = _centred(samples, weights)
    spread = np.sqrt(weights @ centred**2 + np.float32(1))
    centred /= spread
    return centred, spread
