"""Windows where something stays while tissue moves: haze, reverberation, marks.

Matches against what stays are certain and wrong: they find no motion. So samples count for less in the frames as they
are the more of their texture stays, and the same windows are looked at once more beside it: without the mean over
time, that is without what doesn't move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from .arrays import like, namespace, single
from .pyramid import Level
from .windows import Windows, normalised, sample

AS_SEEN, BESIDE = 0, 1  # ways to look at windows: as they are, and without what stays
MOST = 0.97  # of a sample's texture that may count as staying, so that a window never vanishes
TRUST_POWER = 3  # how fast trust in the frames as they are falls with the share that stays


@dataclass(frozen=True)
class Still:
    """What stays.

    Attributes:
        levels: of the pyramid, one frame each: the mean over time with its derivatives, and in the last channel the
            share of the fine texture's power that is the same on all frames, 0..1.
        own: [N], 0..1 and less than 1: how much of that share is due to tissue at each point, which moves little;
            None: nothing.
    """

    levels: Sequence[Level]
    own: Optional[Any] = None

    def part(self, points: slice) -> Still:
        """Return what stays, for some of the points."""
        return self if self.own is None else Still(self.levels, self.own[points])


@dataclass(frozen=True)
class Look:
    """Windows as they are looked at in one way; arrays of one leading shape.

    Attributes:
        windows: normalized.
        trust: 0..1: how much their matches count; None: fully.
        stays: 0..1: by how much they would correlate if nothing that moves did; None: not at all.
    """

    windows: Windows
    trust: Optional[Any] = None
    stays: Optional[Any] = None

    def reshaped(self, *shape: int) -> Look:
        """Return the same with the leading `shape`."""
        if self.trust is None:
            return Look(self.windows.reshaped(*shape))
        stays = None if self.stays is None else self.stays.reshape(shape)
        return Look(self.windows.reshaped(*shape), self.trust.reshape(shape), stays)


def look(
    level: Level,
    still: Optional[Level],
    own: Optional[Any],
    frames: Any,
    centres: Any,
    window: tuple[np.ndarray, np.ndarray],
    shapes: Optional[Any] = None,
    ways: Sequence[int] = (AS_SEEN, BESIDE),
) -> list[Look]:
    """Return windows [M] in each of the ways; where nothing stays there is but one.

    Args:
        level: the images.
        still: of `Still.levels`, for this level; None: nothing stays.
        own: of `Still.own`, for each window [M].
        frames: int [M].
        centres: [M, 2] px.
        window: offsets and weights as of `gaussian_window`.
        shapes: [M, 2, 2] of the windows; None: as they are.
        ways: `AS_SEEN`, `BESIDE` or both.
    """
    offsets, weights = window
    seen = sample(level, frames, centres, offsets, shapes)
    if still is None:
        return [Look(normalised(seen, weights, shapes))]
    xp = namespace(seen)
    mean = sample(still, 0 * frames, centres, offsets, shapes)
    stays = mean[3]
    if own is not None:
        due = single(own)[:, None]
        stays = (stays - due) / (1 - due)
    stays = stays.clip(0, MOST)
    share = stays @ like(weights, seen)
    trust = (1 - share) ** TRUST_POWER
    looks = []
    if AS_SEEN in ways:
        counts = (1 - stays) * seen[3] if level.masked else 1 - stays
        as_seen = xp.concatenate([seen[:3], counts[None]], 0)
        looks.append(Look(normalised(as_seen, weights, shapes), trust, share))
    if BESIDE in ways:
        beside = xp.concatenate([seen[:3] - mean[:3], seen[3:]], 0)
        looks.append(Look(normalised(beside, weights, shapes), 1 - trust))
    return looks


def share_that_stays(still: Level, centres: Any, window: tuple[np.ndarray, np.ndarray]) -> Any:
    """Return the share [M] of the windows round `centres` [M, 2] px that stays."""
    offsets, weights = window
    stays = sample(still, like(np.zeros(len(centres), int), centres), centres, offsets)[3]
    return stays @ like(weights, stays)
