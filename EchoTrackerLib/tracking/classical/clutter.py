"""Speckle that stays where it is while the heart moves: haze and reverberation, which would hold the tracks back.

Matches against such speckle are certain and wrong: they find no motion. So it is measured how far the fine texture of
each place is the same throughout the clip; matches there count for less, and instead matches count in frames from
which the mean over time, that is what doesn't move, was taken away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ..matching.arrays import like, to_numpy
from ..matching.pairs import View
from ..matching.pyramid import Level, Pyramid

FINE_PX = 4.0  # SD of the blur below which texture is fine
REACH_PX = 7.5  # SD of the neighborhood over which it is judged
TRUST_POWER = 3  # how fast trust falls with the share that stays
PREVAILING = 0.3  # trust below which the tracks begin with what moves as well
ENOUGH_FRAMES = 24  # a mean over more tells hardly more
FEW_FRAMES = 8  # a mean over fewer says nothing about what doesn't move


@dataclass(frozen=True)
class Clutter:
    """What doesn't move.

    Attributes:
        still: float32 [rows, cols] of the finest level, 0..1: the share of the fine texture's power that stays.
        still_levels: of the pyramid, the mean over time: one frame each.
    """

    still: np.ndarray
    still_levels: list[Level]

    def trust(self, positions: Any) -> Any:
        """Return how much matches at positions [..., 2] px count in the frames as they are, 0..1 [...]."""
        from scipy.ndimage import map_coordinates

        at = np.moveaxis(to_numpy(positions)[..., ::-1], -1, 0)
        still = map_coordinates(self.still, at, order=1, mode="nearest")
        return like((1 - np.clip(still.astype(np.float64), 0, 0.99)) ** TRUST_POWER, positions)

    def views(self, positions: Any) -> list[View]:
        """Return the frames as they are and without what stays, each trusted as the places [T, N, 2] deserve."""
        trust = self.trust(positions)
        return [View(None, trust), View(self.still_levels, 1 - trust)]

    def prevails(self, points: Any) -> bool:
        """Return whether at most of the points [N, 2] px there is more to trust in what moves than in all there is."""
        return bool(np.median(to_numpy(self.trust(points))) < PREVAILING)


def find_clutter(pyramid: Pyramid) -> Optional[Clutter]:
    """Return what doesn't move in a clip; None where the clip is too short to tell."""
    from scipy.ndimage import gaussian_filter

    grey = pyramid.levels[0].frames
    if len(grey) < FEW_FRAMES:
        return None
    grey = to_numpy(grey[:: max(1, len(grey) // ENOUGH_FRAMES)])
    mean, power = np.zeros(grey.shape[1:]), np.zeros(grey.shape[1:])
    for frame in grey:
        fine = frame - gaussian_filter(frame, FINE_PX)
        fine = fine / np.sqrt(gaussian_filter(fine**2, FINE_PX) + 4.0)
        mean += fine / len(grey)
        power += fine**2 / len(grey)
    coherent = gaussian_filter(mean**2, REACH_PX) / (gaussian_filter(power, REACH_PX) + 1e-3)
    by_chance = 1 / len(grey)
    still = np.clip((coherent - by_chance) / (1 - by_chance), 0, 1).astype(np.float32)
    return Clutter(still, [level.mean() for level in pyramid.levels])
