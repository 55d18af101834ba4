"""Sub-pixel matching of windows that have been read once (Lucas-Kanade with gain and offset removed).

Sources: Lucas and Kanade, IJCAI 1981; Baker and Matthews, IJCV 56 (2004); the step takes the derivatives of both
windows, as in Benhimane and Malis, IROS 2004. Windows of mean zero and variance one make the residual that of
normalized cross-correlation, and all that a step needs is products of windows: each is read once for all its pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from .arrays import as_precise, namespace
from .windows import Windows


@dataclass(frozen=True)
class Match:
    """Where windows lie better; arrays of any leading shape.

    Attributes:
        step: [..., 2] px by which the second window should move on.
        information: [..., 2, 2]: inverse covariance of the displacement up to one factor for the clip.
        correlation: [...]: normalized cross-correlation expected after the step, -1..1.
    """

    step: Any
    information: Any
    correlation: Any


def match(first: Windows, second: Windows, limit_px: float, shapes: Optional[Any] = None) -> Match:
    """Return one Gauss-Newton step of the match of windows `first` with `second`.

    Args:
        first, second: of the same leading shape, or of shapes that fit together.
        limit_px: of the step along x and y.
        shapes: [..., 2, 2] of the second windows: takes px of the windows' common frame to those of the second.
    """
    xp = namespace(first.seen)
    cross = first.seen @ second.seen.swapaxes(-1, -2)  # [..., 3, 3]
    own = first.squares + second.squares
    seen = cross[..., 0, 0]
    x, y = (0.5 * (cross[..., 0, i] - cross[..., i, 0]) for i in (1, 2))
    xx, xy, yy = (0.5 * own[..., i] for i in (0, 1, 2))
    damping = 0.01 * (xx + yy) + 1e-4  # flat windows must not run away
    determinant = (xx + damping) * (yy + damping) - xy**2
    # Where speckle has changed, the correlation's peak is as much flatter as it is lower.
    gain = 1 / seen.clip(0.5, 1)
    dx = (gain * ((yy + damping) * x - xy * y) / determinant).clip(-limit_px, limit_px)
    dy = (gain * ((xx + damping) * y - xy * x) / determinant).clip(-limit_px, limit_px)
    correlation = seen + 0.5 * (x * dx + y * dy)
    step = xp.stack([dx, dy], -1)
    share = (first.share * second.share) ** 0.5
    xx, xy, yy = share * xx, share * xy, share * yy
    information = xp.stack([xp.stack([xx, xy], -1), xp.stack([xy, yy], -1)], -1)
    if shapes is not None:
        back = xp.linalg.inv(shapes)
        step = (shapes @ as_precise(step, shapes)[..., None])[..., 0]
        information = back.swapaxes(-1, -2) @ as_precise(information, shapes) @ back
    return Match(step, information, correlation)
