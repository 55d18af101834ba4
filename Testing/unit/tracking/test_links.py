"""What points are expected to do together must not hold back what the heart does as a whole."""

import numpy as np
import pytest

from EchoTrackerLib.tracking.matching.links import neighbour_coupling, wall_coupling
from EchoTrackerLib.tracking.matching.measurement import Measurement
from EchoTrackerLib.tracking.matching.solve import solve

N_POINTS = 24
SHORTENED = np.array([[0.9, 0.05], [-0.03, 0.82]])


def arch() -> np.ndarray:
    angle = np.linspace(0.1, np.pi - 0.1, N_POINTS)
    return np.stack([100 - 40 * np.cos(angle), 150 - 90 * np.sin(angle)], axis=-1)


def weakly_measured(points: np.ndarray, moved: np.ndarray) -> Measurement:
    """The displacement of every third point, of which hardly anything is certain."""
    precision = np.zeros((1, len(points), 2, 2))
    precision[0, ::3] = np.eye(2) / 40.0
    return Measurement(np.array([0]), np.array([1]), (moved - points)[None], precision)


@pytest.mark.parametrize(
    "coupling", [wall_coupling(arch(), 0.3, 0.015), neighbour_coupling(arch(), 0.3)], ids=["wall", "free points"]
)
def test_a_wall_that_shortens_as_a_whole_is_not_held_back(coupling):
    points = arch()
    truth = (points - points.mean(axis=0)) @ SHORTENED.T + points.mean(axis=0) + [3.0, -5.0]
    begin = np.stack([points, points])
    found = solve(begin, [0], [weakly_measured(points, truth)], coupling, 1e3, 2.0)
    assert np.abs(found[1] - truth).max() < 0.05


def test_a_point_that_leaves_the_others_is_brought_back():
    points = arch()
    moved = points + np.array([4.0, 0.0])
    moved[12] += [0.0, 9.0]
    measured = weakly_measured(points, moved)
    found = solve(np.stack([points, points]), [0], [measured], wall_coupling(points, 0.3, 0.015), 1e3, 2.0)
    assert np.abs(found[1, 12] - points[12] - [4.0, 0.0]).max() < 3.0


def test_few_points_are_coupled_by_their_distances_alone():
    assert wall_coupling(arch()[:4], 0.3, 0.015).free is None
    assert neighbour_coupling(arch()[:1], 0.3).links == ()


def test_points_on_a_straight_line_leave_no_singular_motion():
    line = np.stack([np.arange(10.0) * 5, np.full(10, 7.0)], axis=-1)
    free = wall_coupling(line, 0.3, 0.015).free
    assert free is not None and free.shape == (10, 2)
    np.testing.assert_allclose(free.T @ free, np.eye(2), atol=1e-9)
