"""What a clip shows round a line: brightness over the whole beat, laid straight along the line and across it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...cine.geometry import resample_line

PLACES = 61  # along the line
STEP = 0.01  # across it, share of the distance from annulus to apex
REACH = 0.32  # on either side, likewise
BLUR = 0.008  # likewise: what is finer is speckle
ALONG_PLACES = 1.5  # SD of the smoothing along the line
FINEST_BLUR_PX = 1.2  # in what is left of a large image
MOST_FRAMES = 48  # read of a long clip
ALIKE = 0.2  # share of the frames that count as like the one on which the line lies
FEWEST_ALIKE = 3
BEYOND = 6.0  # gray that nothing beyond the sector exceeds
CHANNELS = ("alike", "mean", "spread", "change", "dark", "bright", "beyond")


@dataclass(frozen=True)
class Strip:
    """A clip's appearance round a line.

    Attributes:
        line: float [S, 2] px at equal distances.
        normal: float [S, 2], outwards.
        unit_px: px that 1 stands for across the line.
        depth: float [D], places across the line, inside negative.
        seen: float [C, S, D] in units of each channel's own spread (`CHANNELS`).
        contrast: float [S], gray levels between what is dark and what is bright across the line.
    """

    line: np.ndarray
    normal: np.ndarray
    unit_px: float
    depth: np.ndarray
    seen: np.ndarray
    contrast: np.ndarray


def axis_length(line: np.ndarray) -> float:
    """Return the distance from the middle of a line's ends to its middle point, same unit."""
    return float(np.linalg.norm(line[len(line) // 2] - (line[0] + line[-1]) / 2))


def outward_normals(line: np.ndarray) -> np.ndarray:
    """Return unit vectors [S, 2] across an open line [S, 2] that bends round its inside, pointing away from that."""
    tangent = np.gradient(line, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=-1)
    return -normal if np.sum(normal * (line - line.mean(axis=0))) < 0 else normal


def read_strip(frames: np.ndarray, line: np.ndarray, frame: int) -> Strip:
    """Return what frames uint8 [T, rows, cols] show round a `line` [M, 2] px that lies on one `frame`.

    Brightness on the frames most like that one, its mean, spread, change from frame to frame, darkest and brightest
    tenth over the clip, and the share beyond the sector: where tissue always is, where borders pass, where blood is.
    """
    from scipy.ndimage import gaussian_filter1d

    line = resample_line(line, PLACES)
    normal, unit = outward_normals(line), axis_length(line)
    half = round(REACH / STEP)
    depth = STEP * np.arange(-half, half + 1)
    places = line[:, None] + depth[:, None] * unit * normal[:, None]  # [S, D, 2]
    n_frames = len(frames)
    chosen = np.unique(np.linspace(0, n_frames - 1, min(n_frames, MOST_FRAMES)).round().astype(int))
    chosen = np.unique(np.r_[chosen, frame])
    seen = _sampled(frames, chosen, places, BLUR * unit)  # [T', S, D]
    following = np.minimum(chosen + 1, n_frames - 1)
    change = np.abs(_sampled(frames, following, places, BLUR * unit) - seen) if n_frames > 1 else 0 * seen
    seen = gaussian_filter1d(seen, ALONG_PLACES, axis=1)
    dark, bright = np.quantile(seen, (0.1, 0.9), axis=0)
    channels = [
        seen[_alike(seen, int(np.flatnonzero(chosen == frame)[0]))].mean(axis=0),
        seen.mean(axis=0),
        seen.std(axis=0),
        gaussian_filter1d(change.mean(axis=0), ALONG_PLACES, axis=0),
        dark,
        bright,
    ]
    beyond = (seen.max(axis=0) <= BEYOND).astype(float)
    low, high = np.quantile(channels[0], (0.1, 0.9), axis=1)
    return Strip(line, normal, unit, depth, np.stack([*map(_standard, channels), beyond]), high - low)


def _sampled(frames: np.ndarray, chosen: np.ndarray, places: np.ndarray, blur_px: float) -> np.ndarray:
    """Return blurred gray [len(chosen), S, D] at places [S, D, 2] px; 0 outside the image."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    size = np.array(frames.shape[:0:-1])
    margin = 3 * blur_px + 2
    low = np.clip(np.floor(places.min(axis=(0, 1)) - margin), 0, size - 1).astype(int)
    high = np.clip(np.ceil(places.max(axis=(0, 1)) + margin + 1), low + 1, size).astype(int)
    at = np.moveaxis((places - low)[..., ::-1], -1, 0)
    stride = max(1, int(blur_px / FINEST_BLUR_PX))
    crop, at, blur_px = frames[:, low[1] : high[1] : stride, low[0] : high[0] : stride], at / stride, blur_px / stride
    found = [
        map_coordinates(gaussian_filter(crop[t].astype(np.float32), blur_px), at, order=1, mode="constant")
        for t in chosen
    ]
    return np.stack(found).astype(np.float64)


def _alike(seen: np.ndarray, number: int) -> np.ndarray:
    """Return the numbers of the frames whose strips [T, S, D] correlate best with one of them, that one included."""
    flat = seen.reshape(len(seen), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    count = min(len(seen), max(FEWEST_ALIKE, round(ALIKE * len(seen))))
    return np.argsort(-(flat @ flat[number]), kind="stable")[:count]


def _standard(channel: np.ndarray) -> np.ndarray:
    """Return values with median 0 and interquartile range 1."""
    low, middle, high = np.quantile(channel, (0.25, 0.5, 0.75))
    return np.asarray((channel - middle) / max(high - low, 1e-3))
