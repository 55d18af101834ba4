"""Track single points again between hand-placed positions, fast enough to be waited for; numpy only.

The point's window is followed from frame to frame, forwards and backwards from each keyframe, and both are blended so
that every keyframe is met. Then, as in the classical tracker, frames further apart are compared along that path, and
one robust least-squares solution with the keyframes fixed takes the drift out.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from ..annotation.edits import blend
from ..cine.cine import Cine
from ..errors import BadInput
from ..i18n import tr as _
from .matching.following import displaced
from .matching.links import Coupling
from .matching.pairs import PairGroup, Round, measure
from .matching.pyramid import Pyramid, build_pyramid
from .matching.solve import solve

_RADIUS_PX = 14.0  # of the window at the working scale
_GAPS = (1, 2, 4, 8)  # frames between the two frames of a comparison
_REACH = 16  # frames round a keyframe that are compared with it
_ROUNDS = 2
_ACCELERATION_PX = 0.3  # expected change of velocity from frame to frame, at the working scale
_CAUCHY = 2.0  # residuals beyond this many standard deviations lose their weight
_AGREEMENT_PX = 4.0  # at the working scale: where both directions differ by this much, confidence falls to 0.6


def clip_features(cine: Cine) -> Pyramid:
    """Return the pyramid of a whole clip; keep it as long as points of the clip are edited."""
    return build_pyramid(cine)


def retrack(features: Pyramid, keyframes: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
    steps = retrack_steps(features, keyframes, positions)
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            return ended.value[0], ended.value[1]


def retrack_steps(
    features: Pyramid, keyframes: np.ndarray, positions: np.ndarray
) -> Generator[None, None, tuple[np.ndarray, np.ndarray]]:
    """Do what `retrack` does in short steps, a frame that is followed each: who takes them can do other things between.

    Raises:
        BadInput: as there.
    """
    if len(keyframes) == 0:
        raise BadInput(_("Place the point by hand on at least one frame."))
    starts = features.from_clip(np.asarray(positions, dtype=np.float64))
    forward, backward = yield from _followed(features, keyframes, starts)
    path, apart = blend(keyframes, forward, backward)
    confidence = np.exp(-0.5 * (apart / _AGREEMENT_PX) ** 2)
    confidence[keyframes] = 1.0
    for _unused in range(_ROUNDS):
        path = yield from _refined(features, path, keyframes)
    path = features.to_clip(path)
    path[keyframes] = positions
    return path, confidence


def _followed(
    features: Pyramid, keyframes: np.ndarray, starts: np.ndarray
) -> Generator[None, None, tuple[np.ndarray, np.ndarray]]:
    """Return the paths [T, 2] from each keyframe on to the next and back to the one before; NaN where there is none."""
    n_frames, count = len(features.levels[0].images), len(keyframes)
    ends = np.r_[keyframes[1:], n_frames, -1, keyframes[:-1]]  # the first frame not reached
    step = np.repeat([1, -1], count)
    frame, at = np.tile(keyframes, 2), np.tile(starts, (2, 1))
    velocity = np.zeros_like(at)
    paths = np.full((2, n_frames, 2), np.nan)
    way = (1 - step) // 2
    paths[way, frame] = at
    going = np.flatnonzero(frame + step != ends)
    while len(going):
        now, then = frame[going], frame[going] + step[going]
        moved, _precision = displaced(features, None, now, then, at[going], 0.7 * velocity[going], _RADIUS_PX)
        there = features.kept_inside(at[going] + moved)
        velocity[going] = there - at[going]
        at[going], frame[going] = there, then
        paths[way[going], then] = there
        going = going[then + step[going] != ends[going]]
        yield
    return paths[0], paths[1]


def _refined(features: Pyramid, path: np.ndarray, keyframes: np.ndarray) -> Generator[None, None, np.ndarray]:
    """Return the path [T, 2] that agrees best with comparisons along it and moves smoothly; keyframes stay."""
    count = len(path)
    # Pairs with a keyframe in between tell nothing: that frame is fixed.
    pairs = [(a, a + gap) for gap in _GAPS for a in range(count - gap)]
    pairs = [(a, b) for a, b in pairs if np.searchsorted(keyframes, a, "right") >= np.searchsorted(keyframes, b)]
    near = max(_GAPS)
    pairs += [
        (k, t)
        for k in keyframes.tolist()
        for t in range(max(k - _REACH, 0), min(k + _REACH + 1, count))
        if abs(t - k) > near
    ]
    if not pairs:
        return path
    group = PairGroup(*np.array(pairs).T)
    measured = measure(features, None, path[:, None], [group], Round(0, _RADIUS_PX, 2.0), lambda done: None)
    yield
    found = solve(path[:, None], keyframes.tolist(), measured, Coupling(), _ACCELERATION_PX, _CAUCHY)
    yield
    return features.kept_inside(found[:, 0])
