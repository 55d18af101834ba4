"""Rounds of measuring and solving: which windows are looked at, and when it is enough."""

from typing import Callable

import numpy as np
import pytest

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import Cancelled
from EchoTrackerLib.tracking.classical import rounds
from EchoTrackerLib.tracking.classical.settings import Settings
from EchoTrackerLib.tracking.classical.tracker import follow
from EchoTrackerLib.tracking.matching.pyramid import build_pyramid

POINTS = np.stack(np.meshgrid(np.linspace(50, 110, 4), np.linspace(50, 110, 3)), axis=-1).reshape(-1, 2)


@pytest.fixture
def looked_at(monkeypatch):
    """Level and number of comparisons of every time that windows are matched."""
    seen = []

    def measure(pyramid, still, positions, groups, how, report):
        seen.append((how.level, sum(len(group.first) for group in groups)))
        return real(pyramid, still, positions, groups, how, report)

    real = rounds.measure
    monkeypatch.setattr(rounds, "measure", measure)
    return seen


SHIFTS = np.rint(6 * np.sin(np.pi * np.arange(12) / 11)).astype(int)


def clip(shifts: np.ndarray) -> Cine:
    texture = np.random.default_rng(2).integers(0, 255, (160, 160)).astype(np.float64)
    texture = sum(np.roll(texture, (i, j), (0, 1)) for i in range(-2, 3) for j in range(-2, 3)) / 25
    texture = (255 * (texture - texture.min()) / np.ptp(texture)).astype(np.uint8)
    frames = np.stack([np.roll(texture, (0, shift), (0, 1)) for shift in shifts])
    return Cine(frames, np.arange(12) / 50)


def followed(cine: Cine, report: Callable[[float], None] = lambda done: None) -> np.ndarray:
    pyramid = build_pyramid(cine, POINTS)
    found = follow(pyramid, pyramid.from_clip(POINTS), 0, False, Settings(), report)
    return pyramid.to_clip(found)


def test_rounds_end_on_each_level_when_nothing_moves_and_wide_windows_are_seen_beside_fine_ones(looked_at):
    found = followed(clip(0 * SHIFTS))
    assert np.abs(found - POINTS).max() < 0.02
    assert [level for level, _count in looked_at] == [1, 0, 1, 2]


def test_wide_windows_are_compared_half_as_often(looked_at):
    followed(clip(0 * SHIFTS))
    (_coarse, _all), (_fine, count), (_level1, half), (_level2, same) = looked_at
    assert half == same and count / 2 <= half <= count / 2 + 4


def test_rounds_go_on_while_positions_move(looked_at):
    found = followed(clip(SHIFTS))
    np.testing.assert_allclose(found[..., 0] - POINTS[:, 0], np.repeat(SHIFTS[:, None], len(POINTS), 1), atol=0.5)
    assert len(looked_at) > 4


def test_wide_windows_can_be_cancelled_and_progress_never_falls(looked_at):
    told = []

    def report(done: float) -> None:
        told.append(done)
        if [level for level, _count in looked_at][-2:] == [0, 1]:
            raise Cancelled

    with pytest.raises(Cancelled):
        followed(clip(0 * SHIFTS), report)
    assert told == sorted(told) and [level for level, _count in looked_at] == [1, 0, 1]
