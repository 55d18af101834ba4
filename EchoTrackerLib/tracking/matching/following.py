"""Windows followed from one frame to another, coarse to fine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import numpy as np

from .arrays import as_precise
from .lucas_kanade import Match, match
from .pyramid import Level, Pyramid
from .windows import Windows, gaussian_window, normalised, sample

ITERATIONS = 3  # on each level
LIMIT_PX = 2.0  # how far a match may lie from where it was looked for, px of each level


def displaced(
    pyramid: Pyramid,
    still: Optional[Sequence[Level]],
    first: Any,
    second: Any,
    points: Any,
    guess: Any,
    radius_px: float,
) -> tuple[Any, Match]:
    """Return where the windows round `points` of frames `first` lie in frames `second`.

    Args:
        pyramid: the frames.
        still: what stays, to be taken away on each level; None: nothing.
        first, second: frames int [M].
        points: [M, 2] px of the finest level.
        guess: [M, 2]: displacements to start from.
        radius_px: of the windows on each level.

    Returns:
        displacements [M, 2] px of the finest level, and the last step on it.
    """
    displacement, window = guess, gaussian_window(radius_px)
    for k in range(len(pyramid.levels) - 1, -1, -1):
        level, mean, factor = pyramid.levels[k], None if still is None else still[k], 0.5**k
        template = read_windows(level, mean, first, points * factor, window)
        begin = displacement
        for _unused in range(ITERATIONS):
            there = (points + displacement) * factor
            found = match(template, read_windows(level, mean, second, there, window), LIMIT_PX)
            change = displacement + as_precise(found.step, points) / factor - begin
            displacement = begin + change.clip(-LIMIT_PX / factor, LIMIT_PX / factor)
    return displacement, found


def read_windows(
    level: Level,
    still: Optional[Level],
    frames: Any,
    centres: Any,
    window: tuple[np.ndarray, np.ndarray],
    shapes: Optional[Any] = None,
) -> Windows:
    """Return windows [M] (offsets and weights as of `gaussian_window`) round `centres` [M, 2] px on `frames` [M].

    What stays is taken away, if that is given; `shapes` [M, 2, 2] are the windows' own.
    """
    offsets, weights = window
    seen = sample(level, frames, centres, offsets, shapes)
    if still is not None:
        seen -= sample(still, 0 * frames, centres, offsets, shapes)
    return normalised(seen, weights, shapes)
