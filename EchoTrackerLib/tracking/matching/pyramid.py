"""The frames as the classical tracker sees them: cropped to the points, at one scale, as a pyramid with derivatives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

import numpy as np

from ...cine.cine import Cine
from .arrays import like, namespace
from .mask import tissue_mask

LONG_SIDE_PX = 320  # of the whole image at the finest level: windows below are in px of this scale
MARGIN = 0.15  # of the long side, kept round the points
PADDING_PX = 32  # by which a level goes on beyond its edges, so that windows across an edge need no special care
SURELY = 0.9  # of what a pixel is made of: tissue, for it to count as such
BEYOND_PX = 8.0  # how far points may leave the finest level


@dataclass(frozen=True)
class Level:
    """One scale of a clip.

    Attributes:
        images: float32 [T, rows + 2 PADDING_PX, cols + 2 PADDING_PX, 4]: gray 0..255, its derivatives along x and y
            per px of the level, and 1 where there may be tissue, else 0; side by side so that a sample is one read.
            Edge values go on into the padding.
        masked: whether there are places without tissue.
    """

    images: Any
    masked: bool = False

    @property
    def frames(self) -> Any:
        """Gray frames [T, rows, cols] without the padding."""
        return self.images[:, PADDING_PX:-PADDING_PX, PADDING_PX:-PADDING_PX, 0]

    def mean(self, last: np.ndarray) -> Level:
        """Return the mean over time as a level of one frame, with `last` [rows, cols] as its last channel."""
        images = self.images.mean(0)[None]
        images[..., 3] = like(np.pad(last, PADDING_PX, mode="edge").astype(np.float32), images)
        return Level(images, True)


@dataclass(frozen=True)
class Pyramid:
    """Levels of a clip, finest first; each has half the size of the one before."""

    levels: list[Level]
    scale: float  # px of the finest level per px of the clip
    origin: np.ndarray  # clip px of the finest level's pixel (0, 0)

    @property
    def size(self) -> np.ndarray:
        """Width and height of the finest level, px."""
        _n_frames, n_rows, n_cols = self.levels[0].frames.shape
        return np.array([n_cols, n_rows], dtype=np.float64)

    def on(self, device: Any) -> Pyramid:
        """Return the pyramid as tensors on a torch device."""
        import torch

        levels = [Level(torch.as_tensor(level.images).to(device), level.masked) for level in self.levels]
        return replace(self, levels=levels)

    def sees(self, positions: Any) -> Any:
        """Return whether positions [..., 2] lie in the finest level."""
        return ((positions >= 0) & (positions <= like(self.size - 1, positions))).all(-1)

    def kept_near(self, positions: Any) -> Any:
        """Return positions [..., 2], at most `BEYOND_PX` outside: nothing seen leads them further."""
        low, high = (like(edge, positions) for edge in (np.full(2, -BEYOND_PX), self.size - 1 + BEYOND_PX))
        return namespace(positions).clip(positions, low, high)

    def kept_inside(self, positions: np.ndarray) -> np.ndarray:
        """Return positions [..., 2], moved to the edge if they lie outside."""
        return np.clip(positions, 0, self.size - 1)

    def from_clip(self, points: np.ndarray) -> np.ndarray:
        """Return points [..., 2] of the clip in px of the finest level."""
        return (points - self.origin) * self.scale

    def to_clip(self, points: np.ndarray) -> np.ndarray:
        """Return points [..., 2] of the finest level in px of the clip."""
        return points / self.scale + self.origin


def working_scale(size: tuple[int, int]) -> float:
    """Return px of the finest level per px of a clip of `size` (width, height)."""
    return min(LONG_SIDE_PX / max(size), 2.0)


def build_pyramid(cine: Cine, points: Optional[np.ndarray] = None, n_levels: int = 3) -> Pyramid:
    """Return the pyramid of the part of `cine` round `points` [N, 2] clip px, or of all of it."""
    width, height = cine.size
    points = np.array([[0, 0], [width, height]]) if points is None else points
    scale = working_scale(cine.size)
    margin = MARGIN * max(width, height)
    low = np.floor(np.maximum(points.min(axis=0) - margin, 0)).astype(int)
    high = np.ceil(np.minimum(points.max(axis=0) + margin + 1, [width, height])).astype(int)
    crop = cine.frames[:, low[1] : high[1], low[0] : high[0]]
    grey = _halved(crop, scale, n_levels)
    tissue = _halved(tissue_mask(crop)[None], scale, n_levels)
    levels = [make_level(images, mask[0] > SURELY) for images, mask in zip(grey, tissue)]
    return Pyramid(levels, scale, low.astype(np.float64))


def joined(parts: Sequence[Pyramid], cine: Cine) -> Pyramid:
    """Return the pyramid of all of `cine` from those of each of its frames by itself, in order."""
    levels = []
    tissue = _halved(tissue_mask(cine.frames)[None], parts[0].scale, len(parts[0].levels))
    for k, mask in enumerate(tissue):
        images = np.concatenate([part.levels[k].images for part in parts])
        images[..., 3] = np.pad(mask[0] > SURELY, PADDING_PX, mode="edge")
        levels.append(Level(images, bool((mask <= SURELY).any())))
    return replace(parts[0], levels=levels)


def _halved(frames: np.ndarray, scale: float, n_levels: int) -> list[np.ndarray]:
    """Return frames [T, rows, cols] at `scale`, then at half the size of the one before each.

    Blurred once so that the coarser grid doesn't alias, and once so that derivatives are smooth.
    """
    rows, cols = (
        _resampling(size, size, 1.0, 1.0) @ _resampling(size, n, 1 / scale, 0.35 / scale)
        for n, size in ((n, max(8, round(n * scale))) for n in frames.shape[1:])
    )
    return halved(_resampled(frames, rows, cols), n_levels)


def halved(frames: np.ndarray, n_levels: int) -> list[np.ndarray]:
    """Return float32 `frames` [T, rows, cols], then at half the size of the one before each, while there is enough."""
    levels = [frames]
    while len(levels) < n_levels and min(levels[-1].shape[1:]) >= 24:
        rows, cols = (_resampling((n + 1) // 2, n, 2.0, 1.0) for n in levels[-1].shape[1:])
        levels.append(_resampled(levels[-1], rows, cols))
    return levels


def _resampling(n_out: int, n_in: int, step: float, sigma: float) -> np.ndarray:
    """Return the matrix [n_out, n_in] that blurs a line by a Gaussian and samples it every `step` px from px 0.

    Bilinear between pixels; edge values go on.
    """
    radius = max(1, int(np.ceil(2.5 * sigma)))
    offsets = np.arange(-radius, radius + 1)
    taps = np.exp(-0.5 * (offsets / max(sigma, 1e-3)) ** 2)
    at = np.minimum(np.arange(n_out) * step, n_in - 1)
    below = np.floor(at).astype(int)
    above, share = np.minimum(below + 1, n_in - 1), at - below
    matrix, out = np.zeros((n_out, n_in)), np.arange(n_out)
    for offset, tap in zip(offsets, taps / taps.sum()):
        matrix[out, np.clip(below + offset, 0, n_in - 1)] += tap * (1 - share)
        matrix[out, np.clip(above + offset, 0, n_in - 1)] += tap * share
    return matrix


def _resampled(frames: Iterable[np.ndarray], rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Return float32 [T, len(rows), len(cols)]: both matrices applied to each frame."""
    from scipy.sparse import csr_matrix

    down, across = (csr_matrix(m, dtype=np.float32) for m in (rows, cols))
    return np.stack([(across @ (down @ frame.astype(np.float32)).T).T for frame in frames])


def make_level(grey: np.ndarray, tissue: Optional[np.ndarray] = None) -> Level:
    """Return the level of frames [T, rows, cols] with central differences; `tissue` bool [rows, cols], else all."""
    n_frames, n_rows, n_cols = grey.shape
    images = np.zeros((n_frames, n_rows + 2 * PADDING_PX, n_cols + 2 * PADDING_PX, 4), np.float32)
    inside = images[:, PADDING_PX:-PADDING_PX, PADDING_PX:-PADDING_PX]
    inside[..., 0] = grey
    inside[..., 3] = 1 if tissue is None else tissue
    inside[:, :, 1:-1, 1] = (grey[:, :, 2:] - grey[:, :, :-2]) / 2
    inside[:, 1:-1, :, 2] = (grey[:, 2:] - grey[:, :-2]) / 2
    for edge, neighbour, sign in ((0, 1, 1), (-1, -2, -1)):  # beyond the edge its value goes on
        inside[:, :, edge, 1] = sign * (grey[:, :, neighbour] - grey[:, :, edge]) / 2
        inside[:, edge, :, 2] = sign * (grey[:, neighbour] - grey[:, edge]) / 2
    images[:, :PADDING_PX] = images[:, PADDING_PX : PADDING_PX + 1]
    images[:, -PADDING_PX:] = images[:, -PADDING_PX - 1 : -PADDING_PX]
    images[:, :, :PADDING_PX] = images[:, :, PADDING_PX : PADDING_PX + 1]
    images[:, :, -PADDING_PX:] = images[:, :, -PADDING_PX - 1 : -PADDING_PX]
    return Level(images, tissue is not None and not tissue.all())
