"""Track single points again between hand-placed positions, fast enough to be waited for; numpy only.

Lucas and Kanade's matching (IJCAI 1981; inverse compositional form of Baker and Matthews, IJCV 56 (2004)) from frame
to frame on a pyramid, forwards and backwards from each keyframe, blended so that every keyframe is met. Then, as in the
classical tracker, frames further apart are compared along that path, and one robust least-squares solution with the
keyframes fixed takes the drift out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..annotation.edits import blend
from ..cine.cine import Cine
from ..errors import BadInput
from ..i18n import tr as _
from .classical.frames import working_scale

_LEVELS = 3
_RADIUS_PX = 12  # of the window at the working scale
_ITERATIONS = 6
_GAPS = (1, 2, 4, 8)  # frames between the two frames of a comparison
_ROUNDS = 1
_CELLS = 8.0  # independent speckles in a window, as in the classical tracker
_ACCELERATION_PX = 0.3  # expected change of velocity from frame to frame, at the working scale
_CAUCHY = 2.0  # residuals beyond this many standard deviations lose their weight
_AGREEMENT_PX = 4.0  # at the working scale: where both directions differ by this much, confidence falls to 0.6


@dataclass(frozen=True)
class ClipFeatures:
    """A clip prepared once: pyramid levels [T, rows, cols] float32, finest first, and their scale to the clip."""

    levels: tuple[np.ndarray, ...]
    scale: float


def clip_features(cine: Cine) -> ClipFeatures:
    """Return the smoothed pyramid of a clip; keep it as long as points of the clip are edited."""
    from scipy.ndimage import affine_transform, gaussian_filter

    scale = working_scale(cine.size)
    rows, cols = (max(8, round(n * scale)) for n in cine.frames.shape[1:])
    fine = np.empty((cine.n_frames, rows, cols), dtype=np.float32)
    for frame, image in enumerate(cine.frames):
        smooth = gaussian_filter(image.astype(np.float32), 0.35 / scale)
        fine[frame] = affine_transform(
            smooth, [1 / scale, 1 / scale], output_shape=(rows, cols), order=1, mode="nearest"
        )
    levels = [gaussian_filter(fine, (0, 1.0, 1.0))]
    while len(levels) < _LEVELS and min(levels[-1].shape[1:]) >= 48:
        levels.append(np.ascontiguousarray(gaussian_filter(levels[-1], (0, 1.0, 1.0))[:, ::2, ::2]))
    return ClipFeatures(tuple(levels), scale)


def retrack(features: ClipFeatures, keyframes: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Track one point through the clip so that it passes exactly through its keyframes.

    Args:
        features: of the clip.
        keyframes: rising frames [K], K >= 1.
        positions: (x, y) px [K, 2] there.

    Returns:
        path float64 [T, 2] px, and confidence [T] in 0..1 from the agreement of both directions: 1 on keyframes, NaN
        before the first and after the last, where there is one direction only.

    Raises:
        BadInput: no keyframe.
    """
    if len(keyframes) == 0:
        raise BadInput(_("Place the point by hand on at least one frame."))
    last = len(features.levels[0]) - 1
    starts = np.asarray(positions, dtype=np.float64) * features.scale
    forward = np.full((last + 1, 2), np.nan)
    backward = np.full((last + 1, 2), np.nan)
    ends = [*keyframes[1:].tolist(), last + 1]
    before = [-1, *keyframes[:-1].tolist()]
    for key, start, end, previous in zip(keyframes.tolist(), starts, ends, before):
        forward[key:end] = _follow(features, start, range(key, end))
        backward[previous + 1 : key + 1] = _follow(features, start, range(key, previous, -1))[::-1]
    path, apart = blend(keyframes, forward, backward)
    confidence = np.exp(-0.5 * (apart / _AGREEMENT_PX) ** 2)
    confidence[keyframes] = 1.0
    for _unused in range(_ROUNDS):
        path = _refined(features, path, keyframes)
    path = path / features.scale
    path[keyframes] = positions
    return path, confidence


def _follow(features: ClipFeatures, start: np.ndarray, frames: range) -> np.ndarray:
    """Return the path [len(frames), 2] of a point from frame to frame, in px of the finest level."""
    path = np.empty((len(frames), 2))
    path[0] = start
    velocity = np.zeros(2)
    size = np.array(features.levels[0].shape[:0:-1]) - 1.0
    for k in range(1, len(frames)):
        pair = (np.array([frames[k - 1]]), np.array([frames[k]]))
        displacement = 0.7 * velocity
        for level in range(len(features.levels) - 1, -1, -1):
            factor = 0.5**level
            start_here, guess = path[k - 1][None] * factor, displacement[None] * factor
            displacement = _match(features.levels[level], *pair, start_here, guess)[0][0] / factor
        path[k] = np.clip(path[k - 1] + displacement, 0.0, size)
        velocity = path[k] - path[k - 1]
    return path


def _match(
    images: np.ndarray, first: np.ndarray, second: np.ndarray, points: np.ndarray, guess: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return displacements [P, 2] of windows around `points` [P, 2] between the frames `first` and `second` [P].

    Also their information [P, 2, 2] and their correlation [P]; px of these images.
    """
    windows = _windows(images, first, points)
    template = windows[:, 1:-1, 1:-1].reshape(len(points), -1)
    dx = (windows[:, 1:-1, 2:] - windows[:, 1:-1, :-2]).reshape(template.shape) / 2
    dy = (windows[:, 2:, 1:-1] - windows[:, :-2, 1:-1]).reshape(template.shape) / 2
    centred, spread = _normalised(template)
    slopes = np.stack([dx, dy], axis=1) / spread[:, None]
    jacobian = slopes * _WEIGHTS
    information = jacobian @ slopes.transpose(0, 2, 1)
    damping = 0.01 * np.trace(information, axis1=1, axis2=2) + 1e-4  # flat windows must not run away
    inverse = np.linalg.inv(information + damping[:, None, None] * np.eye(2, dtype=np.float32))
    displacement = guess
    for _unused in range(_ITERATIONS):
        error = centred - _normalised(_inner(images, second, points + displacement))[0]
        change = (inverse @ (jacobian @ error[..., None]))[..., 0]
        displacement = guess + np.clip(displacement + change - guess, -3.0, 3.0)
        if np.abs(change).max() < 0.02:
            break
    seen = _normalised(_inner(images, second, points + displacement))[0]
    return displacement, information, (seen * centred) @ _WEIGHTS


def _refined(features: ClipFeatures, path: np.ndarray, keyframes: np.ndarray) -> np.ndarray:
    """Return the path [T, 2] that agrees best with comparisons along it and moves smoothly; keyframes stay."""
    count, images = len(path), features.levels[0]
    # Pairs with a keyframe in between tell nothing: that frame is fixed.
    pairs = [(a, a + gap) for gap in _GAPS for a in range(count - gap)]
    pairs = [(a, b) for a, b in pairs if np.searchsorted(keyframes, a, "right") >= np.searchsorted(keyframes, b)]
    pairs += [(k, t) for k in keyframes.tolist() for t in range(max(k - 16, 0), min(k + 17, count)) if abs(t - k) > 8]
    if not pairs:
        return path
    first, second = np.array(pairs).T
    moved, found, correlation = _match(images, first, second, path[first], path[second] - path[first])
    correlation = np.clip(correlation, 0.05, 0.98)
    # Walker and Trahey, IEEE UFFC 42 (1995), as in the classical tracker; the weaker direction of the window counts.
    information = np.maximum(np.linalg.eigvalsh(found)[:, 0], 0.0)
    precision = _CELLS * information * correlation**2 / (1 - correlation**2)
    rows = np.arange(len(pairs))
    differences = np.zeros((len(pairs), count))
    differences[rows, second] += 1
    differences[rows, first] -= 1
    smooth = np.diff(np.eye(count), n=2, axis=0) / _ACCELERATION_PX
    free = np.setdiff1d(np.arange(count), keyframes)
    solution = path.copy()
    for _unused in range(4):
        residual = np.linalg.norm(differences @ solution - moved, axis=-1) * np.sqrt(precision)
        weight = precision / (1 + (residual / _CAUCHY) ** 2)
        normal = differences.T @ (differences * weight[:, None]) + smooth.T @ smooth
        right = differences.T @ (moved * weight[:, None]) - normal[:, keyframes] @ solution[keyframes]
        solution[free] = np.linalg.solve(normal[np.ix_(free, free)] + 1e-9 * np.eye(len(free)), right[free])
    size = np.array(images.shape[:0:-1]) - 1.0
    return np.asarray(np.clip(solution, 0.0, size))


def _normalised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return windows [P, M] with zero mean and unit variance, and their standard deviation [P, 1]."""
    centred = values - (values @ _WEIGHTS)[:, None]
    spread = np.sqrt(centred**2 @ _WEIGHTS + 1.0)[:, None]
    return centred / spread, spread


def _inner(images: np.ndarray, frames: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return windows [P, M] without their border."""
    return _windows(images, frames, centres)[:, 1:-1, 1:-1].reshape(len(centres), -1)


def _windows(images: np.ndarray, frames: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return windows [P, side, side] around (x, y) [P, 2], bilinear; the images go on at their edges."""
    radius = _RADIUS_PX + 1
    base = np.floor(centres).astype(int)
    share = (centres - base).astype(np.float32)[:, :, None, None]
    offsets = np.arange(-radius, radius + 2)
    rows = np.clip(base[:, 1:] + offsets, 0, images.shape[1] - 1)
    cols = np.clip(base[:, :1] + offsets, 0, images.shape[2] - 1)
    patch = images[frames[:, None, None], rows[:, :, None], cols[:, None, :]]
    across = patch[:, :, :-1] + (patch[:, :, 1:] - patch[:, :, :-1]) * share[:, 0]
    return np.asarray(across[:, :-1] + (across[:, 1:] - across[:, :-1]) * share[:, 1])


def _gaussian() -> np.ndarray:
    axis = np.arange(-_RADIUS_PX, _RADIUS_PX + 1) / (0.6 * _RADIUS_PX)
    weights = np.exp(-0.5 * (axis[:, None] ** 2 + axis**2)).ravel()
    return np.asarray(weights / weights.sum(), dtype=np.float32)


_WEIGHTS = _gaussian()
