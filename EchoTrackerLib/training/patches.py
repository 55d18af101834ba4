"""What a good encoder's features would be without learning: patches, normalized and compressed.

The dot product of two such features is nearly the normalized cross-correlation of the patches. An encoder that is
taught to give them, at every pixel, matches about as well as speckle tracking does before it has seen a track.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..tracking.echotracker.encoder import FEATURES
from ..tracking.echotracker.network import FINE_STRIDE

REACH = 8  # cells of the fine map to each side
SIGMA_PX = 8.0  # SD of the window
SMOOTH_PX = 1.0  # SD of the blur before
GRAIN_PX = 2.2  # typical size of speckle
SELF_CORRELATION = 12.0  # of a feature with itself, as the network reads it


def patch_features(frames: Tensor) -> Tensor:
    """Features [T, 64, H / 2, W / 2] of frames [T, 1, H, W], 0..255."""
    taps = torch.exp(-0.5 * (torch.arange(-3, 4, device=frames.device) / SMOOTH_PX) ** 2)
    taps = (taps / taps.sum()).to(frames)
    wide = F.pad(frames, (3, 3, 3, 3), mode="replicate")
    smooth = F.conv2d(F.conv2d(wide, taps.view(1, 1, 1, -1)), taps.view(1, 1, -1, 1))
    cells = F.pad(smooth[:, :, ::FINE_STRIDE, ::FINE_STRIDE], (REACH,) * 4, mode="replicate")
    kernels, window = (torch.from_numpy(part).to(frames) for part in _basis())
    mean = F.conv2d(cells, window)
    spread = (F.conv2d(cells**2, window) - mean**2).clamp(min=0).add(4.0).sqrt()
    return F.conv2d(cells, kernels) / spread * (SELF_CORRELATION * FEATURES**0.5) ** 0.5


def _basis() -> tuple[np.ndarray, np.ndarray]:
    """Kernels [64, 1, K, K], orthonormal under the window and without mean; the window [1, 1, K, K], of sum 1.

    The kernels are the strongest components of grain of the given size seen through the window.
    """
    axis = np.arange(-REACH, REACH + 1) * float(FINE_STRIDE)
    x, y = (v.ravel() for v in np.meshgrid(axis, axis))
    window = np.exp(-0.5 * (x**2 + y**2) / SIGMA_PX**2)
    window /= window.sum()
    root = np.sqrt(window)
    distance = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    covariance = root[:, None] * root * np.exp(-0.5 * distance / (2 * GRAIN_PX**2))
    without_mean = np.eye(len(root)) - np.outer(root, root)
    _values, vectors = np.linalg.eigh(without_mean @ covariance @ without_mean)
    kernels = (vectors[:, ::-1][:, :FEATURES] * root[:, None]).T
    side = len(axis)
    return (
        np.ascontiguousarray(kernels.reshape(FEATURES, 1, side, side), np.float32),
        window.reshape(1, 1, side, side).astype(np.float32),
    )
