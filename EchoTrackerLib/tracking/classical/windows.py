"""Round windows and how their samples are read from a level's images."""

from __future__ import annotations

import numpy as np

from .frames import PADDING_PX, Level

STEP_PX = 2  # between a window's samples; the images are smooth enough


def gaussian_window(radius_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets int [K, 2] px and weights float32 [K] (sum 1) of a round Gaussian window cut at `radius_px`."""
    half = int(radius_px // STEP_PX)
    steps = np.arange(-half, half + 1) * STEP_PX
    x, y = np.meshgrid(steps, steps)
    inside = x**2 + y**2 <= radius_px**2 + 1e-6
    offsets = np.stack([x[inside], y[inside]], axis=-1)
    weights = np.exp(-0.5 * (offsets**2).sum(-1) / (0.5 * radius_px) ** 2)
    return offsets, (weights / weights.sum()).astype(np.float32)


class Windows:
    """Where windows lie in a level: samples of all its images are read there (bilinear; edge values go on)."""

    def __init__(self, level: Level, frames: np.ndarray, centres: np.ndarray, offsets: np.ndarray) -> None:
        """Place windows of `offsets` [K, 2] round `centres` [M, 2] px on `frames` [M]."""
        _n_frames, rows, cols = level.grey.shape
        # Beyond half of the padding a window sees nothing but edge values, wherever it lies.
        reach = np.abs(offsets).max()
        size = np.array([cols, rows])
        inside = np.clip(centres + PADDING_PX, reach, size - reach - 2)
        corner = inside.astype(int)
        x, y = (inside - corner).T.astype(np.float32)
        self._share = (x, y)
        self._cols = cols
        self._index = (frames * rows + corner[:, 1]) * cols + corner[:, 0] + (offsets @ [1, cols])[:, None]

    def of(self, images: np.ndarray) -> np.ndarray:
        """Return the samples float32 [K, M] of one of the level's images [T, rows, cols]."""
        return _bilinear(images, self._index, self._cols, self._share)


class DeformedWindows:
    """Windows as `Windows`, each of a shape of its own."""

    def __init__(
        self, level: Level, frames: np.ndarray, centres: np.ndarray, offsets: np.ndarray, shapes: np.ndarray
    ) -> None:
        """Place windows of offsets `shapes` [M, 2, 2] times `offsets` [K, 2]."""
        _n_frames, rows, cols = level.grey.shape
        x, y = (centres.T[:, None] + np.einsum("mij,kj->ikm", shapes, offsets) + PADDING_PX).astype(np.float32)
        x, y = np.clip(x, 0, cols - 2.01), np.clip(y, 0, rows - 2.01)
        column, row = x.astype(int), y.astype(int)
        self._share = (x - column, y - row)
        self._cols = cols
        self._index = (frames * rows + row) * cols + column

    def of(self, images: np.ndarray) -> np.ndarray:
        """Return the samples float32 [K, M] of one of the level's images [T, rows, cols]."""
        return _bilinear(images, self._index, self._cols, self._share)


def _bilinear(images: np.ndarray, index: np.ndarray, cols: int, share: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the samples float32 [K, M] `share` (x, y) of a pixel beyond flat `index` [K, M]."""
    pixels, (x, y) = images.reshape(-1), share
    upper = _between(pixels.take(index), pixels[1:].take(index), x)
    pixels = pixels[cols:]
    return _between(upper, _between(pixels.take(index), pixels[1:].take(index), x), y)


def _between(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return a + (b - a) * share in the place of b."""
    b -= a
    b *= share
    b += a
    return b
