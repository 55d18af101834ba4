"""How trustworthy tracks look, without knowing the truth.

Four measures are kept separately, each float [N, T], and joined to one confidence. Distances are in px of a 256 x 256
grid (each axis scaled by itself), so that they mean the same on every clip:

- `forward_backward`: how far tracking back from the far end of the clip disagrees (0: agrees).
- `closure`: how far from its place a point is when the heart is in the same phase again (0: closes).
- `jitter`: distance from a smooth curve through the neighboring frames (0: smooth).
- `appearance`: normalized cross-correlation of the image around the point with that on the query frame (1: the same).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

import numpy as np

GRID = 256
_JITTER_FRAMES = 5
_PATCH_RADIUS_PX = 7
_SHORTEST_CYCLE_S = 0.4
_CLOSED_SHARE = 0.35  # of the largest displacement; a configuration nearer than that is the same phase again


@dataclass(frozen=True)
class ConfidenceModel:
    """Logistic model of the probability that a position is less than so many px off on the 256 x 256 grid (`MODELS`).

    The log odds are `constant` plus each measure's transformed value times its weight; distances d enter as
    log(1 + d), appearance as it is. A measure that could not be computed enters with its `typical` value.
    """

    constant: float
    weights: Mapping[str, float] = field(default_factory=dict)
    typical: Mapping[str, float] = field(default_factory=dict)


# Fitted by Testing/benchmarks/calibrate_confidence.py with the tracker 'classical' on 32 phantom clips
# (44016 positions), by threshold in grid px.
MODELS = {
    2.0: ConfidenceModel(
        constant=2.588,
        weights={"forward_backward": -2.486, "closure": -0.1, "jitter": -0.1, "appearance": 1.39},
        typical={"forward_backward": 0.333, "closure": 1.392, "jitter": 0.01, "appearance": 0.773},
    ),
    4.0: ConfidenceModel(
        constant=4.157,
        weights={"forward_backward": -2.257, "closure": -0.1, "jitter": -0.1, "appearance": 1.759},
        typical={"forward_backward": 0.333, "closure": 1.392, "jitter": 0.01, "appearance": 0.773},
    ),
    8.0: ConfidenceModel(
        constant=5.253,
        weights={"forward_backward": -1.848, "closure": -0.1, "jitter": -0.1, "appearance": 2.136},
        typical={"forward_backward": 0.333, "closure": 1.392, "jitter": 0.01, "appearance": 0.773},
    ),
}
CALIBRATED_TRACKER = "classical"  # for the tracks of every other one the probability is no more than a score
# "The" confidence of tracks, in panel and files.
MODEL = MODELS[4.0]


def forward_backward(forward: np.ndarray, backward: np.ndarray, query_frame: int, size: tuple[int, int]) -> np.ndarray:
    """Return an estimate [N, T] of each position's error from one pass back, in grid px.

    The pass back starts where the forward pass ended, so at frame t the two differ by what was lost between t and that
    end; what was lost between the query and t is the difference at the query minus the difference at t. It is 0 on
    the query frame, where the position is given, and the usual round-trip distance at the far end.

    Args:
        forward: float [N, T, 2] px, from the query frame to an end of the clip.
        backward: float [N, T, 2] px of the same frames, from that end back to the query frame.
        query_frame: 0-based.
        size: (width, height) px.
    """
    difference = (backward - forward).astype(np.float64) * (GRID / np.asarray(size, dtype=np.float64))
    return np.asarray(np.linalg.norm(difference[:, query_frame, None] - difference, axis=2))


def find_cycle(positions: np.ndarray, times_s: np.ndarray, query_frame: int) -> Optional[int]:
    """Return how many frames a cardiac cycle lasts, judged by when the points come back, or None.

    The points' mean distance from their places on the query frame rises and falls again; the cycle ends at the
    smallest distance at least 0.4 s away, if that is small against the largest.
    """
    distance = np.linalg.norm(positions - positions[:, query_frame, None], axis=2)
    mean = np.nanmean(np.where(np.isfinite(distance), distance, np.nan), axis=0)
    away = np.abs(times_s - times_s[query_frame]) >= _SHORTEST_CYCLE_S
    if not away.any() or not np.isfinite(mean[away]).any() or not np.nanmax(mean) > 0:
        return None
    candidates = np.where(away & np.isfinite(mean), mean, np.inf)
    closing = int(np.argmin(candidates))
    between = mean[min(closing, query_frame) : max(closing, query_frame) + 1]
    if candidates[closing] > _CLOSED_SHARE * np.nanmax(between):
        return None
    return abs(closing - query_frame)


def closure(positions: np.ndarray, query_frame: int, period: int, size: tuple[int, int]) -> np.ndarray:
    """Return how far each point is from itself one cycle earlier or later [N, T], grid px.

    Of the two frames one period away, the one nearer to the query frame is compared; frames without one get the
    distance of the nearest frame that has one, so that a point that does not close is marked throughout.
    """
    scaled = positions.astype(np.float64) * (GRID / np.asarray(size, dtype=np.float64))
    n_frames = positions.shape[1]
    frames = np.arange(n_frames)
    partner = np.where(frames >= query_frame, frames - period, frames + period)
    usable = np.flatnonzero((partner >= 0) & (partner < n_frames))
    if not usable.size:
        return np.full(positions.shape[:2], np.nan)
    distance = np.linalg.norm(scaled[:, usable] - scaled[:, partner[usable]], axis=2)
    nearest = np.abs(frames[:, None] - usable).argmin(axis=1)
    return np.asarray(distance[:, nearest])


def jitter(positions: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the distance [N, T] from the parabola through five neighboring frames, grid px; 0 in shorter clips.

    The first and the last two frames are compared with the parabola through the five frames nearest to them, as in
    `scipy.signal.savgol_filter`, whose import alone takes longer than most tracking jobs.
    """
    n_frames = positions.shape[1]
    if n_frames < _JITTER_FRAMES:
        return np.zeros(positions.shape[:2])
    scaled = positions.astype(np.float64) * (GRID / np.asarray(size, dtype=np.float64))
    known = np.isfinite(scaled)
    filled = np.where(known, scaled, 0)
    parabola = np.vander(np.arange(_JITTER_FRAMES) - _JITTER_FRAMES // 2, 3)
    projection = parabola @ np.linalg.pinv(parabola)  # five values -> the fitted parabola at the five
    frames = np.arange(n_frames)
    first = np.clip(frames - _JITTER_FRAMES // 2, 0, n_frames - _JITTER_FRAMES)
    weights = projection[frames - first]
    smooth = sum(weights[:, k, None] * filled[:, first + k] for k in range(_JITTER_FRAMES))
    distance = np.linalg.norm(scaled - smooth, axis=2)
    return np.asarray(np.where(known.all(axis=2), distance, np.nan))


def appearance(frames: np.ndarray, positions: np.ndarray, query_frame: int) -> np.ndarray:
    """Return the normalized cross-correlation [N, T] with the query frame, -1..1, of squares of 15 x 15 px.

    Squares without any contrast, as outside the sector, give 0. Positions that are not known give NaN.

    Args:
        frames: uint8 [T, rows, cols].
        positions: float [N, T, 2] (x, y) px.
        query_frame: 0-based.
    """
    reference = _patches(frames[query_frame], positions[:, query_frame])
    values = np.empty(positions.shape[:2])
    for t in range(positions.shape[1]):
        values[:, t] = np.sum(reference * _patches(frames[t], positions[:, t]), axis=1)
    return np.where(np.isfinite(positions).all(axis=2), np.clip(values, -1, 1), np.nan)


def confidence(quality: Mapping[str, np.ndarray], query_frame: int, model: ConfidenceModel = MODEL) -> np.ndarray:
    """Return the probability float32 [N, T] that a position is less than 4 px off on the 256 x 256 grid.

    With a model of `MODELS` for another threshold, that one. The query frame has 1: its positions are given, not
    tracked.

    Args:
        quality: the measures by name; at least one, each [N, T], NaN where it could not be computed.
        query_frame: 0-based.
        model: the coefficients.
    """
    shape = np.shape(next(iter(quality.values())))
    log_odds = np.full(shape, model.constant)
    for name, weight in model.weights.items():
        values = np.asarray(quality[name], dtype=np.float64) if name in quality else np.full(shape, np.nan)
        values = np.where(np.isfinite(values), values, model.typical[name])
        log_odds += weight * (values if name == "appearance" else np.log1p(np.maximum(values, 0)))
    probability = 1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))
    probability[:, query_frame] = 1.0
    return probability.astype(np.float32)


def _patches(frame: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the squares around points [N, 2], bilinear, mean 0 and norm 1, as [N, 225]; flat squares are 0."""
    from scipy.ndimage import map_coordinates

    offset = np.arange(-_PATCH_RADIUS_PX, _PATCH_RADIUS_PX + 1)
    dy, dx = (grid.reshape(-1) for grid in np.meshgrid(offset, offset, indexing="ij"))
    safe = np.where(np.isfinite(points), points, 0).astype(np.float64)
    coordinates = np.stack([safe[:, 1:] + dy, safe[:, :1] + dx])
    patches = map_coordinates(frame, coordinates, output=np.float64, order=1, mode="nearest")
    patches -= patches.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(patches, axis=1, keepdims=True)
    return np.asarray(np.where(norm > 1e-6, patches / np.where(norm > 1e-6, norm, 1), 0))
