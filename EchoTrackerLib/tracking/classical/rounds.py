"""Rounds of measuring along the trajectories and of solving for all of them together, coarse to fine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Callable, Optional

import numpy as np

from ..matching.arrays import like, to_numpy
from ..matching.links import Coupling, neighbour_coupling, wall_coupling
from ..matching.measurement import Measurement, closure
from ..matching.pairs import PairGroup, Round, measure
from ..matching.pyramid import Pyramid
from ..matching.solve import expected_acceleration, solve
from ..matching.still import Still
from .clutter import Clutter
from .deformation import wall_deformation
from .pairs import choose_pairs, closed_frames, similarity
from .settings import Settings

# (positions [T, N, 2] px of the finest level, pairs of frames) -> their displacements, measured in other ways.
MoreMeasurements = Callable[[np.ndarray, PairGroup], Sequence[Measurement]]

MOST = 95  # percentile of how far positions move that counts: single ones may go on for long


def refined(
    pyramid: Pyramid,
    clutter: Optional[Clutter],
    positions: Any,
    query_frame: int,
    wall: bool,
    settings: Settings,
    report: Callable[[float], None],
    also: Optional[MoreMeasurements] = None,
) -> Any:
    """Return the positions [T, N, 2], px of the finest level, that agree best with what is seen along them.

    Rounds begin with the wide windows of the coarser levels, which go on being heard beside the finest level's.

    Args:
        pyramid: the frames.
        clutter: what doesn't move; None: nothing.
        positions: [T, N, 2] px to start from.
        query_frame: on which positions stay.
        wall: whether the points are in order along the wall.
        settings: of windows and rounds.
        report: gets the fraction done; may raise to cancel.
        also: adds measurements of another kind.
    """
    coupling = expected_together(to_numpy(positions[query_frame]), wall, settings)
    alike = similarity(to_numpy(pyramid.levels[-1].frames))
    groups = choose_pairs(alike, query_frame, settings)
    closed = closure(closed_frames(alike, query_frame), query_frame, positions, settings.closure_px)
    wide: list[Measurement] = []
    seen_wide: Optional[np.ndarray] = None
    passed = -1
    for k, level in enumerate(settings.levels):
        if level == passed:
            continue
        step = partial(_report_round, report, k, len(settings.levels))
        # What moved from frame to frame is too rough for differences between neighbors.
        here = to_numpy(positions)
        deformation = like(wall_deformation(here, query_frame), positions) if wall and k > 0 else None
        how = Round(min(level, len(pyramid.levels) - 1), settings.radius_px, settings.limit_px, deformation)
        still = None if clutter is None else clutter.beside(positions)
        measured = measure(pyramid, still, positions, groups, how, step)
        if level == 0:
            if seen_wide is None or _moved(seen_wide, here) > settings.again_px:
                seen_wide, wide = here, _measured_wide(pyramid, still, positions, groups, how, step)
            measured.extend(wide)
        if len(closed.first):
            measured.append(closed)
        if also is not None:
            measured.extend(m for group in groups for m in also(positions, group))
        acceleration = max(settings.acceleration_px, expected_acceleration(here))
        positions = pyramid.kept_near(
            solve(positions, [query_frame], measured, coupling, acceleration, settings.cauchy)
        )
        if _moved(here, to_numpy(positions)) < settings.enough_px * 2**level:
            passed = level
    report(1.0)
    return positions


def _measured_wide(
    pyramid: Pyramid,
    still: Optional[Still],
    positions: Any,
    groups: Sequence[PairGroup],
    how: Round,
    report: Callable[[float], None],
) -> list[Measurement]:
    """Return what the wider windows of the coarser levels measure, half as often: they share much of what they see.

    `report` is told again and again that the round's share is done, so that it can cancel.
    """
    half = [group.every_second() for group in groups]
    found = []
    for level in range(1, len(pyramid.levels)):
        found.extend(measure(pyramid, still, positions, half, replace(how, level=level), lambda _done: report(1.0)))
    return found


def _moved(before: np.ndarray, after: np.ndarray) -> float:
    """Return how far most of the positions [T, N, 2] moved at most along x or y, px."""
    return float(np.percentile(np.abs(after - before).max(axis=-1), MOST))


def expected_together(points: np.ndarray, wall: bool, settings: Settings, share: float = 1.0) -> Coupling:
    """Return the coupling of points [N, 2], with `share` of the differences expected over the whole beat."""
    if wall:
        return wall_coupling(points, share * settings.strain, share * settings.bend)
    return neighbour_coupling(points, share * settings.free_strain)


def _report_round(report: Callable[[float], None], number: int, count: int, done: float) -> None:
    report((number + done) / count)
