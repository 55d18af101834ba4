"""Which points move together, and how closely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

ENOUGH_POINTS = 8  # below which an affine motion would leave little to couple


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


@dataclass(frozen=True)
class Coupling:
    """What is expected of points together.

    Attributes:
        links: of the points.
        free: float [N, M], orthonormal columns, or None: what motions of all points do to one coordinate that cost
            nothing. The links hold for what departs from those.
    """

    links: Sequence[Links] = ()
    free: Optional[np.ndarray] = None


def wall_coupling(points: np.ndarray, strain: float, bend: float) -> Coupling:
    """Return how points [N, 2] in order along the wall move together: little strain, that changes slowly.

    Affine motions of the whole wall are free: what is expected of its parts must hold back neither a ventricle that
    shortens as a whole nor the turning of its apex.

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
    return Coupling(links, affine_motions(points))


def affine_motions(points: np.ndarray) -> Optional[np.ndarray]:
    """Return what affine motions of points [N, 2] do to one coordinate, as `Coupling.free`; of few points None."""
    if len(points) < ENOUGH_POINTS:
        return None
    motions = np.c_[np.ones(len(points)), points - points.mean(axis=0)]
    basis, sizes, _other = np.linalg.svd(motions, full_matrices=False)
    return np.asarray(basis[:, sizes > 1e-6 * sizes[0]])


def neighbour_coupling(points: np.ndarray, strain: float, count: int = 6, reach_px: float = 60.0) -> Coupling:
    """Return how free points [N, 2] move with their nearest neighbors, beside an affine motion of all of them."""
    from scipy.spatial import cKDTree

    if len(points) < 2:
        return Coupling()
    count = min(count, len(points) - 1)
    distance, index = cKDTree(points).query(points, k=count + 1)
    edges = {
        (min(i, int(j)), max(i, int(j)))
        for i in range(len(points))
        for j, d in zip(index[i, 1:], distance[i, 1:])
        if int(j) != i and d <= reach_px
    }
    if not edges:
        return Coupling()
    pairs = np.array(sorted(edges))
    length = np.maximum(np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1), 1.0)
    links = Links(pairs, np.tile([-1.0, 1.0], (len(pairs), 1)), strain * np.sqrt(length * 10.0), True)
    return Coupling([links], affine_motions(points))
