"""Speckle that stays where it is while the heart moves: haze and reverberation, which would hold the tracks back.

It is measured how far the fine texture of each place is the same throughout the clip. Part of that may be tissue that
hardly moves. The two are told apart as two layers, of which one stays and the other moves as tracked: at a fixed
place there is all of the first and, of the second, what its motion leaves alike; along the tracks the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ..matching.arrays import like, to_numpy
from ..matching.links import affine_motions
from ..matching.pyramid import Level, Pyramid, halved, make_level
from ..matching.still import TRUST_POWER, Still, share_that_stays
from ..matching.windows import gaussian_window, normalised, sample

FINE_PX = 4.0  # SD of the blur below which texture is fine
REACH_PX = 2.5  # SD of the neighborhood over which it is judged what stays
PREVAILING = 0.3  # trust in the frames as they are, below which the tracks begin with what moves as well
ENOUGH_FRAMES = 24  # a mean over more tells hardly more
FEW_FRAMES = 8  # a mean over fewer says nothing about what doesn't move
FAR_PX = 24  # displacement beyond which texture is not alike
ALONG_PX = 8.0  # radius of the windows that are compared along the tracks
IMPRECISE = 1.3  # tracks that are not exact see less of the same texture than there is, by about this factor
MOST_OWN = 0.97  # of the share that stays, which tissue can account for
CONTRAST = 20.0  # gray: the SD to which fine texture is brought


@dataclass(frozen=True)
class Clutter:
    """What doesn't move.

    Attributes:
        still: over the whole clip.
        fine: fine texture of some of the frames, finest level, its contrast everywhere the same.
        frames: which frames those are.
        alike: [2 h + 1, 2 h + 1], h at most `FAR_PX`: how alike fine texture is to itself when moved by up to h px.
    """

    still: Still
    fine: Level
    frames: np.ndarray
    alike: np.ndarray

    def beside(self, positions: Any) -> Still:
        """Return what stays, less what is due to tissue that moves along `positions` [T, N, 2] px."""
        moved = to_numpy(positions)[self.frames]
        own = IMPRECISE * self._left_alike(moved) * self._followed(moved)
        return Still(self.still.levels, like(np.clip(own, 0, MOST_OWN), positions))

    def prevails(self, points: Any, radius_px: float) -> bool:
        """Return whether at most of the points [N, 2] px there is more to trust in what moves than in all there is."""
        share = to_numpy(share_that_stays(self.still.levels[0], points, gaussian_window(radius_px)))
        return bool(np.median((1 - share) ** TRUST_POWER) < PREVAILING)

    def _left_alike(self, moved: np.ndarray) -> np.ndarray:
        """Return how alike [N] texture at a fixed place is between frames when tissue moves along `moved` [T, N, 2].

        Tracks that are held back would say that it doesn't move; an affine motion of all of them says so less.
        """
        from scipy.ndimage import map_coordinates

        mean = moved.mean(axis=0)
        offset, affine = moved - mean, affine_motions(mean)
        if affine is not None:
            offset = affine @ (affine.T @ offset)
        first, second = np.triu_indices(len(moved), 1)
        half = len(self.alike) // 2
        at = np.clip(offset[second] - offset[first], -half, half)[..., ::-1] + half
        return np.asarray(map_coordinates(self.alike, np.moveaxis(at, -1, 0), order=1).mean(axis=0))

    def _followed(self, moved: np.ndarray) -> np.ndarray:
        """Return the share [N] of the texture's power that is the same along the tracks `moved` [T, N, 2]."""
        n_frames, n_points, _two = moved.shape
        offsets, weights = gaussian_window(ALONG_PX)
        samples = sample(self.fine, np.repeat(np.arange(n_frames), n_points), moved.reshape(-1, 2), offsets)
        windows = normalised(samples, weights).seen[:, 0].reshape(n_frames, n_points, -1)
        return np.clip(_beyond_chance((windows.mean(axis=0) ** 2).sum(axis=-1), n_frames), 0, 1)


def find_clutter(pyramid: Pyramid) -> Optional[Clutter]:
    """Return what doesn't move in a clip; None where the clip is too short to tell."""
    from scipy.ndimage import gaussian_filter

    count = len(pyramid.levels[0].images)
    if count < FEW_FRAMES:
        return None
    frames = np.arange(0, count, max(1, count // ENOUGH_FRAMES))
    fine = np.stack([_fine_texture(frame) for frame in to_numpy(pyramid.levels[0].frames[frames])])
    power = gaussian_filter((fine**2).mean(axis=0), REACH_PX)
    same = gaussian_filter(fine.mean(axis=0) ** 2, REACH_PX) / (power + 1e-3)
    share = np.clip(_beyond_chance(same, len(fine)), 0, 1).astype(np.float32)
    shares = halved(share[None], len(pyramid.levels))
    still = Still([level.mean(part[0]) for level, part in zip(pyramid.levels, shares)])
    return Clutter(still, make_level((CONTRAST * fine).astype(np.float32)), frames, _likeness_to_itself(fine))


def _fine_texture(frame: np.ndarray) -> np.ndarray:
    """Return the fine texture of a frame [rows, cols], its contrast everywhere the same."""
    from scipy.ndimage import gaussian_filter

    fine = frame - gaussian_filter(frame, FINE_PX)
    return np.asarray(fine / np.sqrt(gaussian_filter(fine**2, FINE_PX) + 4.0))


def _beyond_chance(share: np.ndarray, n_frames: int) -> np.ndarray:
    """Return shares of power in a mean over frames, less what noise leaves there."""
    return np.asarray((share - 1 / n_frames) / (1 - 1 / n_frames))


def _likeness_to_itself(fine: np.ndarray) -> np.ndarray:
    """Return the autocorrelation of textures [T, rows, cols] up to `FAR_PX`, 1 at its center [h, h], 0 far away."""
    spectrum = sum(np.abs(np.fft.fft2(frame)) ** 2 for frame in fine)
    whole = np.fft.fftshift(np.fft.ifft2(spectrum).real)
    row, column = (size // 2 for size in whole.shape)
    half = min(row, column, FAR_PX) - 1
    near = whole[row - half : row + half + 1, column - half : column + half + 1] / whole[row, column]
    far = max(0.0, float(np.median(near[[0, -1]])))
    return np.asarray(np.clip((near - far) / (1 - far), 0, 1))
