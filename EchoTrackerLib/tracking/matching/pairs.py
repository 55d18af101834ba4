"""Pairs of frames compared along trajectories: displacements of many points between many frames at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Callable, Optional

import numpy as np

from .arrays import as_precise, like, namespace
from .lucas_kanade import Match, match
from .measurement import Measurement, precision_of
from .pyramid import Pyramid
from .still import Look, Still, look
from .windows import gaussian_window

GROUP_WINDOWS = 3000  # windows read at once: what a processor's cache holds; often enough to cancel
MAX_THREADS = 4  # more would wait for each other
DEVICE_WINDOWS = 60_000  # likewise on a GPU, which needs many


@dataclass(frozen=True)
class PairGroup:
    """Comparisons of one kind: frames `first` [P] with frames `second` [P]."""

    first: np.ndarray
    second: np.ndarray
    revisit: bool = False  # the tissue is likely to be where it was: start from no displacement as well

    def every_second(self) -> PairGroup:
        """Return half of the comparisons: those of neighbors in time say nearly the same."""
        return PairGroup(self.first[::2], self.second[::2], self.revisit)


@dataclass(frozen=True)
class Round:
    """How windows are matched in one round.

    Attributes:
        level: of the pyramid.
        radius_px: of the windows, px of that level.
        limit_px: how far a match may lie from the trajectory along x and y, px of that level.
        deformation: [T, N, 2, 2], which gives the windows their shape; None: rigid.
    """

    level: int
    radius_px: float
    limit_px: float
    deformation: Optional[Any] = None


def measure(
    pyramid: Pyramid,
    still: Optional[Still],
    positions: Any,
    groups: Sequence[PairGroup],
    how: Round,
    report: Callable[[float], None],
) -> list[Measurement]:
    """Return the displacements between the frames of each group, near those of `positions` [T, N, 2].

    Where something stays (`still`; None: nothing) each is measured twice: in the frames as they are and beside it.
    Each window is read once for all the pairs that it is part of. `report` gets the share done; may raise to cancel.
    """
    xp, n_points = namespace(positions), positions.shape[1]
    size = max(1, (GROUP_WINDOWS if xp is np else DEVICE_WINDOWS) // positions.shape[0])

    def measured(start: int) -> list[Measurement]:
        part = slice(start, start + size)
        own = None if how.deformation is None else how.deformation[:, part]
        of_part = None if still is None else still.part(part)
        return _measure(pyramid, of_part, positions[:, part], groups, how, own)

    parts, starts = [], range(0, n_points, size)
    # numpy lets other threads run; each part's result is its own.
    with ThreadPoolExecutor(_threads() if xp is np else 1) as pool:
        for start, found in zip(starts, pool.map(measured, starts)):
            parts.append(found)
            report(start / n_points)
    return [
        Measurement(
            same[0].first,
            same[0].second,
            xp.concatenate([m.displacement for m in same], 1),
            xp.concatenate([m.precision for m in same], 1),
        )
        for same in zip(*parts)
    ]


def _threads() -> int:
    """Return how many parts are measured side by side; OMP_NUM_THREADS limits them as it does numpy's own threads."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    available = int(wanted) if wanted.isdigit() else os.cpu_count() or 1
    return max(1, min(available, MAX_THREADS))


def _measure(
    pyramid: Pyramid,
    still: Optional[Still],
    positions: Any,
    groups: Sequence[PairGroup],
    how: Round,
    deformation: Optional[Any],
) -> list[Measurement]:
    """Return what `measure` returns, for few points."""
    xp, factor = namespace(positions), 0.5**how.level
    seen = _looks(pyramid, still, np.arange(len(positions)), positions, how, deformation)
    found = []
    for group in groups:
        a, b = _run(group.first), _run(group.second)
        shapes = None if deformation is None else deformation[b]
        revisit = group.revisit and how.level > 0
        if revisit:
            own = None if deformation is None else deformation[group.second]
            again = _looks(pyramid, still, group.second, positions[group.first], how, own)
        for number, look_at in enumerate(seen):
            windows = look_at.windows
            result = match(windows[a], windows[b], how.limit_px, shapes)
            displacement = positions[b] - positions[a] + as_precise(result.step, positions) / factor
            if revisit:
                other = match(windows[a], again[number].windows, how.limit_px, shapes)
                displacement, result = _better(displacement, result, as_precise(other.step, positions) / factor, other)
            stays = None if look_at.stays is None else xp.minimum(look_at.stays[a], look_at.stays[b])
            precision = precision_of(result, positions, stays) * factor**2
            inside = pyramid.sees(positions[a]) & pyramid.sees(positions[a] + displacement)
            precision = precision * inside[..., None, None]
            if look_at.trust is not None:
                precision = precision * as_precise(look_at.trust[a], positions)[..., None, None]
            found.append(Measurement(group.first, group.second, displacement, precision))
    return found


def _looks(
    pyramid: Pyramid, still: Optional[Still], frames: np.ndarray, centres: Any, how: Round, shapes: Optional[Any]
) -> list[Look]:
    """Return windows [P, N] round `centres` [P, N, 2], px of the finest level, on `frames` [P]."""
    n_frames, n_points = centres.shape[:2]
    mean, own = None, None
    if still is not None:
        mean = still.levels[how.level]
        own = None if still.own is None else namespace(still.own).stack([still.own] * n_frames, 0).reshape(-1)
    found = look(
        pyramid.levels[how.level],
        mean,
        own,
        like(np.repeat(frames, n_points), centres),
        centres.reshape(-1, 2) * 0.5**how.level,
        gaussian_window(how.radius_px),
        None if shapes is None else shapes.reshape(-1, 2, 2),
    )
    return [one.reshaped(n_frames, n_points) for one in found]


def _better(displacement: Any, result: Match, other_displacement: Any, other: Match) -> tuple[Any, Match]:
    """Return for each window the one of two matches that correlates better."""
    xp = namespace(displacement)
    better = other.correlation > result.correlation
    return xp.where(better[..., None], other_displacement, displacement), Match(
        xp.where(better[..., None], other.step, result.step),
        xp.where(better[..., None, None], other.information, result.information),
        xp.where(better, other.correlation, result.correlation),
    )


def _run(index: np.ndarray) -> Any:
    """Return a slice where frames follow each other or are all one: it needs no copy."""
    if len(index) > 1 and (np.diff(index) == 1).all():
        return slice(int(index[0]), int(index[-1]) + 1)
    if len(index) and (index == index[0]).all():
        return slice(int(index[0]), int(index[0]) + 1)
    return index
