"""Where in a strip the inner and the outer border of the wall seem to lie: a small convolutional network, in numpy.

Trained on synthetic clips (`Testing/benchmarks/fit_wall_search.py`); its weights are a resource of a few kB.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ...npz import read_npz
from ...resources import resource_path
from .strip import Strip

OFFSETS = np.round(np.arange(-0.14, 0.1401, 0.01), 3)  # of the mid-wall from the line, share of the axis
THICKNESSES = np.round(np.arange(0.06, 0.1801, 0.015), 3)  # of the wall, likewise
MOST = 3.0  # of a channel's spread that the network is shown
DILATIONS = (1, 2, 2, 1)  # of its layers
WEIGHTS = "Wall/EchoTrackerWallSearch.npz"


@cache
def trained_layers() -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Return the kernels float32 [out, in, rows, cols] and biases [out] of the network's layers."""
    stored = read_npz(resource_path(WEIGHTS))
    names = (f"{kind}{number}" for number in range(len(DILATIONS)) for kind in ("kernel", "bias"))
    values = [stored[name].astype(np.float32) for name in names]
    return tuple(zip(values[::2], values[1::2]))


def border_scores(strip: Strip) -> np.ndarray:
    """Return scores float64 [2, S, D]: how much each place of the strip looks like the inner and the outer border."""
    x = np.clip(strip.seen, -MOST, MOST).astype(np.float32)
    layers = trained_layers()
    for number, ((kernel, bias), dilation) in enumerate(zip(layers, DILATIONS)):
        x = convolved(x, kernel, dilation) + bias[:, None, None]
        if number < len(layers) - 1:
            x = np.tanh(x)
    return x.astype(np.float64)


def convolved(x: np.ndarray, kernel: np.ndarray, dilation: int) -> np.ndarray:
    """Return x [C, S, D] correlated with a kernel [O, C, rows, cols]; beyond the edges is 0."""
    _out, _in, rows, cols = kernel.shape
    up, left = dilation * (rows // 2), dilation * (cols // 2)
    wide = np.pad(x, ((0, 0), (up, up), (left, left)))
    n_rows, n_cols = x.shape[1:]
    total = np.zeros((len(kernel), n_rows, n_cols), np.result_type(x, kernel))
    for i in range(rows):
        for j in range(cols):
            top, side = dilation * i, dilation * j
            total += np.tensordot(kernel[:, :, i, j], wide[:, top : top + n_rows, side : side + n_cols], 1)
    return total


def wall_scores(strip: Strip) -> np.ndarray:
    """Return how much each offset and thickness looks like the wall at each place: scores [S, O, W]."""
    inner, outer = border_scores(strip)
    offset, thickness = np.meshgrid(OFFSETS, THICKNESSES, indexing="ij")
    return _read(inner, strip, offset - thickness / 2) + _read(outer, strip, offset + thickness / 2)


def _read(scores: np.ndarray, strip: Strip, depth: np.ndarray) -> np.ndarray:
    """Return scores [S, D] at depths [O, W] as [S, O, W], linear between the strip's places."""
    at = np.clip((depth - strip.depth[0]) / (strip.depth[1] - strip.depth[0]), 0, len(strip.depth) - 1.000001)
    below = at.astype(int)
    share = at - below
    return np.asarray(scores[:, below] * (1 - share) + scores[:, below + 1] * share)
