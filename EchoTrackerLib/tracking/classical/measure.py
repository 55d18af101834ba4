"""Displacements between frames, measured along the present trajectories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable, Optional

import numpy as np

from ..matching.arrays import as_precise, like, namespace
from ..matching.lucas_kanade import Match, match
from ..matching.measurement import Measurement, precision_of
from ..matching.pyramid import Level, Pyramid
from ..matching.windows import Windows, gaussian_window, normalised, sample
from .clutter import Clutter
from .pairs import PairGroup

GROUP_WINDOWS = 3000  # windows read at once: what a processor's cache holds; often enough to cancel


@dataclass(frozen=True)
class Round:
    """How windows are matched in one round.

    Attributes:
        level: of the pyramid.
        radius_px: of the windows, px of that level.
        limit_px: how far a match may lie from the trajectory, px of that level.
        deformation: [T, N, 2, 2], which gives the windows their shape; None: rigid.
        revisit: whether frames of equal phase are compared at equal places as well as along the trajectories.
    """

    level: int
    radius_px: float
    limit_px: float
    deformation: Optional[Any]
    revisit: bool


def measure(
    pyramid: Pyramid,
    clutter: Optional[Clutter],
    positions: Any,
    groups: Sequence[PairGroup],
    how: Round,
    report: Callable[[float], None],
) -> list[Measurement]:
    """Return the displacements between the frames of each group, close to those of `positions` [T, N, 2].

    With clutter, twice as many: in what is seen and in what moves, each trusted as much as the place deserves.
    """
    xp = namespace(positions)
    size = max(1, GROUP_WINDOWS // positions.shape[0])
    parts = []
    for start in range(0, positions.shape[1], size):
        report(start / positions.shape[1])
        part = slice(start, start + size)
        deformation = None if how.deformation is None else how.deformation[:, part]
        parts.append(_measure(pyramid, clutter, positions[:, part], groups, how, deformation))
    return [
        Measurement(
            group[0].first,
            group[0].second,
            xp.concatenate([m.displacement for m in group], 1),
            xp.concatenate([m.precision for m in group], 1),
        )
        for group in zip(*parts)
    ]


def _measure(
    pyramid: Pyramid,
    clutter: Optional[Clutter],
    positions: Any,
    groups: Sequence[PairGroup],
    how: Round,
    deformation: Optional[Any],
) -> list[Measurement]:
    """Return what `measure` returns, for few points."""
    level, still = pyramid.levels[how.level], None if clutter is None else clutter.still_levels[how.level]
    factor = 0.5**how.level
    views = _windows(level, still, np.arange(len(positions)), positions * factor, how, deformation)
    trust = None if clutter is None else clutter.trust(positions)
    found = []
    for group in groups:
        a, b = _run(group.first), _run(group.second)
        shapes = None if deformation is None else deformation[b]
        now = positions[b] - positions[a]
        again = None
        if group.revisit and how.revisit:
            own = None if deformation is None else deformation[group.second]
            again = _windows(level, still, group.second, positions[group.first] * factor, how, own)
        for number, view in enumerate(views):
            result = match(view[a], view[b], how.limit_px, shapes)
            step = now + as_precise(result.step, now) / factor
            if again is not None:
                other = match(view[a], again[number], how.limit_px, shapes)
                step, result = _better(step, result, as_precise(other.step, now) / factor, other)
            precision = precision_of(result, now) * factor**2
            seen = pyramid.sees(positions[a]) & pyramid.sees(positions[a] + step)
            precision = precision * seen[..., None, None]
            if trust is not None:
                precision = precision * (trust[a] if number == 0 else 1 - trust[a])[..., None, None]
            found.append(Measurement(group.first, group.second, step, precision))
    return found


def _windows(
    level: Level, still: Optional[Level], frames: np.ndarray, centres: Any, how: Round, shapes: Optional[Any]
) -> list[Windows]:
    """Return windows [P, N] at centres [P, N, 2] px of `frames` [P]; without what stays as well, if there is some."""
    offsets, weights = gaussian_window(how.radius_px)
    n_frames, n_points = centres.shape[:2]
    flat, of = centres.reshape(-1, 2), like(np.repeat(frames, n_points), centres)
    own = None if shapes is None else shapes.reshape(-1, 2, 2)
    seen = sample(level, of, flat, offsets, own)
    views = [normalised(seen, weights, own)]
    if still is not None:
        views.append(normalised(seen - sample(still, 0 * of, flat, offsets, own), weights, own))
    return [view.reshaped(n_frames, n_points) for view in views]


def _better(step: Any, result: Match, other_step: Any, other: Match) -> tuple[Any, Match]:
    """Return the one of two matches, for each window, that correlates better."""
    xp = namespace(step)
    better = other.correlation > result.correlation
    return xp.where(better[..., None], other_step, step), Match(
        xp.where(better[..., None], other.step, result.step),
        xp.where(better[..., None, None], other.information, result.information),
        xp.where(better, other.correlation, result.correlation),
    )


def _run(index: np.ndarray) -> Any:
    """Return a slice where the frames follow each other: it needs no copy."""
    if len(index) > 1 and (np.diff(index) == 1).all():
        return slice(int(index[0]), int(index[-1]) + 1)
    if len(index) and (index == index[0]).all():
        return slice(int(index[0]), int(index[0]) + 1)
    return index
