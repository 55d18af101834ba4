"""Speckle statistics of a clip, the same for real and synthetic ones: what a tracker meets in the wall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import gaussian_filter

LAGS = (1, 2, 4, 8)
_HALF = 8  # patches of 17 x 17 px on the 256 grid
_SEARCH = 7


@dataclass(frozen=True)
class SpeckleStatistics:
    """Figures over the patches around wall points.

    Attributes:
        histogram: [32] share of pixels by gray level (bins of 8).
        grey_mean, grey_sd: gray levels in the patches.
        fine_sd: SD of the texture without its local mean (Gaussian, 4 px).
        axial, lateral: [9] autocorrelation of that texture at lags of 0..8 px down and across.
        axial_px, lateral_px: lag at which it falls to a half.
        decorrelation: [4] best normalized cross-correlation within 7 px of a patch after `LAGS` frames, median.
    """

    histogram: np.ndarray
    grey_mean: float
    grey_sd: float
    fine_sd: float
    axial: np.ndarray
    lateral: np.ndarray
    axial_px: float
    lateral_px: float
    decorrelation: np.ndarray


def speckle_statistics(frames: np.ndarray, points: np.ndarray, frame: int = 0) -> SpeckleStatistics:
    """Measure patches around wall points.

    Args:
        frames: uint8 [T, 256, 256].
        points: [N, 2] px on `frame`.
        frame: where the points lie; later frames are searched for them.
    """
    patches = np.stack([_patch(frames[frame].astype(np.float32), p, _HALF) for p in points])
    fine_image = frames[frame] - gaussian_filter(frames[frame].astype(np.float32), 4.0)
    fine = np.stack([_patch(fine_image, p, _HALF) for p in points])
    axial, lateral = _autocorrelation(fine, 1), _autocorrelation(fine, 2)
    later = [min(frame + lag, len(frames) - 1) for lag in LAGS]
    matches = [np.median([_best_match(frames[frame], frames[t], p) for p in points]) for t in later]
    return SpeckleStatistics(
        histogram=np.histogram(patches, bins=32, range=(0, 256))[0] / patches.size,
        grey_mean=float(patches.mean()),
        grey_sd=float(patches.std()),
        fine_sd=float(fine.std()),
        axial=axial,
        lateral=lateral,
        axial_px=_half_lag(axial),
        lateral_px=_half_lag(lateral),
        decorrelation=np.asarray(matches),
    )


def _patch(image: np.ndarray, point: np.ndarray, half: int) -> np.ndarray:
    x, y = (round(float(v)) for v in point)
    x = min(max(x, half), image.shape[1] - 1 - half)
    y = min(max(y, half), image.shape[0] - 1 - half)
    return image[y - half : y + half + 1, x - half : x + half + 1]


def _autocorrelation(patches: np.ndarray, axis: int) -> np.ndarray:
    values = []
    for lag in range(9):
        first = patches[:, : patches.shape[1] - lag] if axis == 1 else patches[:, :, : patches.shape[2] - lag]
        second = patches[:, lag:] if axis == 1 else patches[:, :, lag:]
        values.append(float((first * second).mean() / (patches**2).mean()))
    return np.asarray(values)


def _half_lag(curve: np.ndarray) -> float:
    below = int(np.argmax(curve < 0.5)) if (curve < 0.5).any() else len(curve) - 1
    above, under = curve[below - 1], curve[below]
    return float(below - 1 + (above - 0.5) / max(above - under, 1e-9))


def _best_match(first: np.ndarray, second: np.ndarray, point: np.ndarray) -> float:
    """Largest normalized cross-correlation of a patch in the other frame."""
    template = _patch(first.astype(np.float32), point, _HALF)
    area = _patch(second.astype(np.float32), point, _HALF + _SEARCH)
    windows = sliding_window_view(area, template.shape)
    windows = windows - windows.mean(axis=(2, 3), keepdims=True)
    template = template - template.mean()
    norm = np.sqrt((windows**2).sum(axis=(2, 3)) * (template**2).sum())
    return float(((windows * template).sum(axis=(2, 3)) / np.maximum(norm, 1e-6)).max())
