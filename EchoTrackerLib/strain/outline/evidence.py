"""Where in a strip the inner and the outer border of the wall seem to lie: small convolutional networks, in numpy.

Trained on synthetic clips (`Testing/benchmarks/fit_wall_search.py`); their weights are a resource of 50 kB.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ...npz import read_npz
from ...resources import resource_path
from .strip import PLACES, Strip

EVERY = 2  # of the strip's places, which overlap, the network is shown one
PLACE = np.linspace(0.0, 1.0, PLACES)[::EVERY]  # along the line
MOST = 3.0  # of a channel's spread that the network is shown
DILATIONS = ((1, 1), (2, 2), (4, 4), (8, 2), (1, 1))  # of its layers, along the line and across it
LEAST_VARIANCE = 1e-5  # of a border's depth, shares of the axis squared
DOUBT_RANGE = (-6.0, 8.0)  # of its log
WEIGHTS = "Wall/EchoTrackerWallSearch.npz"


@cache
def trained_networks() -> tuple[dict[str, np.ndarray], ...]:
    """Return for each network its kernels float32 [out, in, rows, cols] and biases [out], `floor` and `prior` [7]."""
    stored = read_npz(resource_path(WEIGHTS))
    count = len(stored["floor"])
    return tuple({name: values[k].astype(np.float32) for name, values in stored.items()} for k in range(count))


def border_evidence(strip: Strip, network: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return depth and variance, each float64 [2, `PLACE`], of the inner and the outer border by what is seen there.

    Along each normal the network's first two outputs tell how much each depth looks like either border: mean and
    variance of these chances are taken, the latter scaled by the other two outputs (how much to doubt what is seen).
    """
    x = np.clip(strip.seen[:, ::EVERY], -MOST, MOST).astype(np.float32)
    for number, dilation in enumerate(DILATIONS):
        x = convolved(x, network[f"kernel{number}"], dilation) + network[f"bias{number}"][:, None, None]
        if number < len(DILATIONS) - 1:
            x = np.tanh(x)
    x = x.astype(np.float64)
    chance = np.exp(x[:2] - x[:2].max(axis=-1, keepdims=True))
    chance /= chance.sum(axis=-1, keepdims=True)
    depth = chance @ strip.depth
    spread = (chance * (strip.depth - depth[..., None]) ** 2).sum(axis=-1)
    doubt = np.exp(np.clip((chance * x[2:]).sum(axis=-1), *DOUBT_RANGE))
    return depth, LEAST_VARIANCE + (spread + float(network["floor"])) * doubt


def convolved(x: np.ndarray, kernel: np.ndarray, dilation: tuple[int, int]) -> np.ndarray:
    """Return x [C, S, D] correlated with a kernel [O, C, rows, cols]; beyond the edges is 0."""
    _out, _in, rows, cols = kernel.shape
    up, left = dilation[0] * (rows // 2), dilation[1] * (cols // 2)
    wide = np.pad(x, ((0, 0), (up, up), (left, left)))
    n_rows, n_cols = x.shape[1:]
    total = np.zeros((len(kernel), n_rows, n_cols), np.result_type(x, kernel))
    for i in range(rows):
        for j in range(cols):
            top, side = dilation[0] * i, dilation[1] * j
            total += np.tensordot(kernel[:, :, i, j], wide[:, top : top + n_rows, side : side + n_cols], 1)
    return total
