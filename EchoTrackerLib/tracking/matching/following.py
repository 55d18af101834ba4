"""Windows followed from one frame to another, coarse to fine."""

from __future__ import annotations

from typing import Any, Optional

from .arrays import as_precise
from .lucas_kanade import match
from .measurement import precision_of
from .pyramid import Pyramid
from .still import AS_SEEN, Look, Still, look
from .windows import gaussian_window

ITERATIONS = 3  # on each level
LIMIT_PX = 2.0  # how far a match may lie from where it was looked for, px of each level


def displaced(
    pyramid: Pyramid,
    still: Optional[Still],
    first: Any,
    second: Any,
    points: Any,
    guess: Any,
    radius_px: float,
    way: int = AS_SEEN,
) -> tuple[Any, Any]:
    """Return where the windows round `points` of frames `first` lie in frames `second`.

    Args:
        pyramid: the frames.
        still: what stays; None: nothing.
        first, second: frames int [M].
        points: [M, 2] px of the finest level.
        guess: [M, 2]: displacements to start from.
        radius_px: of the windows on each level.
        way: to look at them.

    Returns:
        displacements [M, 2] px of the finest level, and their precision [M, 2, 2].
    """
    displacement, window = guess, gaussian_window(radius_px)

    def seen(k: int, frames: Any, centres: Any) -> Look:
        mean, own = (None, None) if still is None else (still.levels[k], still.own)
        return look(pyramid.levels[k], mean, own, frames, centres, window, ways=(way,))[0]

    for k in range(len(pyramid.levels) - 1, -1, -1):
        factor = 0.5**k
        template = seen(k, first, points * factor)
        begin = displacement
        for _unused in range(ITERATIONS):
            found = match(template.windows, seen(k, second, (points + displacement) * factor).windows, LIMIT_PX)
            change = displacement + as_precise(found.step, points) / factor - begin
            displacement = begin + change.clip(-LIMIT_PX / factor, LIMIT_PX / factor)
    precision = precision_of(found, points, template.stays)
    if template.trust is not None:
        precision = precision * as_precise(template.trust, points)[..., None, None]
    return displacement, precision
