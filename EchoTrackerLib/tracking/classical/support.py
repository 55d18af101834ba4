"""Which points are coupled, and helper points round those that the user set."""

from __future__ import annotations

import numpy as np

from .settings import Settings
from .solve import Links


def wall_links(points: np.ndarray, settings: Settings) -> list[Links]:
    """Return the couplings of points [N, 2] in order along the wall: little strain, and strain that changes slowly."""
    n = len(points)
    step = np.maximum(np.linalg.norm(np.diff(points, axis=0), axis=1), 0.5)
    links = [
        Links(
            np.stack([np.arange(n - 1), np.arange(1, n)], axis=1),
            np.tile([-1.0, 1.0], (n - 1, 1)),
            settings.strain * np.sqrt(step * 10.0),
            False,
        )
    ]
    if n >= 3:
        before, after = step[:-1], step[1:]
        mean = (before + after) / 2
        factors = np.stack([1 / before, -1 / before - 1 / after, 1 / after], axis=1)
        points3 = np.stack([np.arange(n - 2), np.arange(1, n - 1), np.arange(2, n)], axis=1)
        links.append(Links(points3, factors, settings.bend * np.sqrt(mean), False))
    return links


def neighbour_links(points: np.ndarray, settings: Settings, count: int = 6, reach_px: float = 60.0) -> list[Links]:
    """Return the couplings of free points [N, 2] with their nearest neighbours."""
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
    return [Links(pairs, np.tile([-1.0, 1.0], (len(pairs), 1)), settings.strain * np.sqrt(length * 10.0), True)]
