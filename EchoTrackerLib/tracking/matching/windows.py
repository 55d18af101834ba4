"""Round windows round points: what is seen in them, normalized, with its derivatives; each is read once.

A window's samples are read from the nearest pixel and moved to their place by the derivatives there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from .arrays import like, namespace, rows, single, whole
from .pyramid import PADDING_PX, Level

STEP_PX = 2  # between a window's samples; the images are smooth enough


def gaussian_window(radius_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets float32 [K, 2] px and weights float32 [K] (sum 1) of a round Gaussian window cut at a radius."""
    half = int(radius_px // STEP_PX)
    steps = np.arange(-half, half + 1) * STEP_PX
    x, y = np.meshgrid(steps, steps)
    inside = x**2 + y**2 <= radius_px**2 + 1e-6
    offsets = np.stack([x[inside], y[inside]], axis=-1)
    weights = np.exp(-0.5 * (offsets**2).sum(-1) / (0.5 * radius_px) ** 2)
    return offsets.astype(np.float32), (weights / weights.sum()).astype(np.float32)


def sample(level: Level, frames: Any, centres: Any, offsets: np.ndarray, shapes: Optional[Any] = None) -> Any:
    """Return gray and its derivatives along x and y in windows of a level, float32 [3, M, K].

    In a level that is masked [4, M, K]: with 1 where there may be tissue.

    Args:
        level: the images; edge values go on.
        frames: int [M].
        centres: [M, 2] px.
        offsets: [K, 2] px.
        shapes: [M, 2, 2]: takes `offsets` to the windows' own; None: as they are.
    """
    xp = namespace(level.images)
    _n_frames, n_rows, n_cols, channels = level.images.shape
    centres = single(centres)
    own = like(offsets, centres).T  # [2, K]
    own = single(shapes) @ own if shapes is not None else own[None]  # [M or 1, 2, K]
    x = (own[:, 0] + (centres[:, :1] + PADDING_PX)).clip(0, n_cols - 1)
    y = (own[:, 1] + (centres[:, 1:] + PADDING_PX)).clip(0, n_rows - 1)
    column, row = whole(x + 0.5), whole(y + 0.5)
    seen = rows(level.images.reshape(-1, channels), (frames[:, None] * n_rows + row) * n_cols + column)
    x -= column
    y -= row
    grey = seen[..., 0] + x * seen[..., 1] + y * seen[..., 2]
    return xp.stack([grey, *(seen[..., k] for k in range(1, 4 if level.masked else 3))], 0)


@dataclass(frozen=True)
class Windows:
    """Windows of any leading shape, normalized.

    Attributes:
        seen: float32 [..., 3, K]: gray of mean 0 and variance 1, and its derivatives along x and y per px before the
            windows were given their shapes, all times the root of the samples' weights: the product of two windows
            is their correlation.
        squares: float32 [..., 3]: the derivatives' products xx, xy, yy.
        share: float32 [...]: of the window, that may be tissue.
    """

    seen: Any
    squares: Any
    share: Any

    def __getitem__(self, index: Any) -> Windows:
        return Windows(self.seen[index], self.squares[index], self.share[index])

    def reshaped(self, *shape: int) -> Windows:
        """Return the windows with the leading `shape`."""
        return Windows(
            self.seen.reshape(*shape, *self.seen.shape[-2:]), self.squares.reshape(*shape, 3), self.share.reshape(shape)
        )


def normalised(samples: Any, weights: np.ndarray, shapes: Optional[Any] = None) -> Windows:
    """Return the windows [M] of samples [3 or 4, M, K] that have these weights [K] and `shapes` [M, 2, 2]."""
    xp = namespace(samples)
    weights = like(weights, samples)
    if len(samples) > 3:
        weights = weights * samples[3]
        share = weights.sum(-1)
        weights = weights / (share + 1e-6)[:, None]
        mean = (samples[:3] * weights).sum(-1)
    else:
        share, mean = xp.ones_like(samples[0, :, 0]), samples @ weights
    seen = samples[:3] - mean[..., None]
    spread = (seen[0] ** 2 * weights).sum(-1) + 1
    seen *= weights**0.5 / spread[:, None] ** 0.5
    grey, dx, dy = seen[0], seen[1], seen[2]
    if shapes is not None:
        (xx, xy), (yx, yy) = (single(shapes)[:, i, :].T[..., None] for i in (0, 1))
        dx, dy = dx * xx + dy * yx, dx * xy + dy * yy
    seen = xp.stack([grey, dx, dy], 1)  # [M, 3, K]
    products = seen @ seen.swapaxes(-1, -2)
    # Gain is free: what of the derivatives is along the window itself changes its variance only.
    along = products[:, 0, 1:]
    seen[:, 1:] -= along[..., None] * seen[:, :1]
    size = products[:, 0, :1]
    squares = xp.stack(
        [products[:, i, j] - along[:, i - 1] * along[:, j - 1] * (2 - size[:, 0]) for i, j in ((1, 1), (1, 2), (2, 2))],
        -1,
    )
    return Windows(seen, squares, share)
