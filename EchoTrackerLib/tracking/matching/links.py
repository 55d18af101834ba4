"""Which points move together, and how closely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Links:
    """Linear combinations of displacements over points that should vanish.

    Attributes:
        points: int [E, K], the points of each combination.
        factors: float [E, K].
        sigma_px: float [E], the expected size.
        robust: whether large ones lose their weight (points may be on different tissue).
    """

    points: np.ndarray
    factors: np.ndarray
    sigma_px: np.ndarray
    robust: bool


def wall_links(points: np.ndarray, strain: float, bend: float) -> list[Links]:
    """Return the couplings of points [N, 2] in order along the wall: little strain, and strain that changes slowly.

    Args:
        points: px.
        strain: expected difference of displacement of neighbors per px of distance.
        bend: expected change of strain over one px, growing with its root.
    """
    n = len(points)
    step = np.maximum(np.linalg.norm(np.diff(points, axis=0), axis=1), 0.5)
    links = [
        Links(
            np.stack([np.arange(n - 1), np.arange(1, n)], axis=1),
            np.tile([-1.0, 1.0], (n - 1, 1)),
            strain * np.sqrt(step * 10.0),
            False,
        )
    ]
    if n >= 3:
        before, after = step[:-1], step[1:]
        mean = (before + after) / 2
        factors = np.stack([1 / before, -1 / before - 1 / after, 1 / after], axis=1)
        points3 = np.stack([np.arange(n - 2), np.arange(1, n - 1), np.arange(2, n)], axis=1)
        links.append(Links(points3, factors, bend * np.sqrt(mean), False))
    return links


def neighbour_links(
    points: np.ndarray, strain: float, _bend: float = 0.0, count: int = 6, reach_px: float = 60.0
) -> list[Links]:
    """Return the couplings of free points [N, 2] with their nearest neighbors."""
    from scipy.spatial import cKDTree

    if len(points) < 2:
        return []
    count = min(count, len(points) - 1)
    distance, index = cKDTree(points).query(points, k=count + 1)
    edges = {
        (min(i, int(j)), max(i, int(j)))
        for i in range(len(points))
        for j, d in zip(index[i, 1:], distance[i, 1:])
        if int(j) != i and d <= reach_px
    }
    if not edges:
        return []
    pairs = np.array(sorted(edges))
    length = np.maximum(np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1), 1.0)
    return [Links(pairs, np.tile([-1.0, 1.0], (len(pairs), 1)), strain * np.sqrt(length * 10.0), True)]
