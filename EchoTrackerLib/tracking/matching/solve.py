"""Trajectories that agree best with all measured displacements, smooth in time and between neighbors.

Robust least squares (iteratively reweighted, Cauchy), solved by preconditioned conjugate gradients without forming
the matrix. The idea of joining displacements over many gaps: Crivelli et al., IEEE TIP 24 (2015); Neoral et al.,
WACV 2024 (MFT); of penalizing acceleration and neighbours' differences: any deformable registration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .arrays import like, namespace, sparse_like, to_numpy
from .links import Coupling
from .measurement import Measurement

PEAK_TO_TYPICAL = 6.0  # acceleration: the onset of systole and of filling against the whole clip
TOLERANCE = 1e-3  # of the residual, at which the conjugate gradients stop
MANY_POINTS = 600  # beyond these, points are taken one by one in the preconditioner


def solve(
    positions: Any,
    fixed: Sequence[int],
    measurements: Sequence[Measurement],
    coupling: Coupling,
    acceleration_px: float,
    cauchy: float,
    reweightings: int = 3,
    iterations: int = 60,
) -> Any:
    """Return new positions [T, N, 2] px; those of the fixed frames stay.

    Args:
        positions: [T, N, 2] px, where the search starts.
        fixed: frames whose positions are given, at least one; couplings hold for displacements from the first.
        measurements: displacements between frames.
        coupling: of the points.
        acceleration_px: expected second difference in time.
        cauchy: residuals beyond this many standard deviations lose their weight.
        reweightings: rounds of robust weighting.
        iterations: most conjugate gradient steps a round.
    """
    xp = namespace(positions)
    rest = positions[fixed[0]]
    moved = xp.stack([(positions - rest)[..., 0], (positions - rest)[..., 1]], 1)  # [T, 2, N]
    data, coupled = _Data(measurements, moved), _Coupled(coupling, moved)
    certain = data.precision / _scales(measurements, data.misfit(moved, data.precision))[:, None]
    free = np.setdiff1d(np.arange(len(positions)), fixed)
    for _unused in range(reweightings):
        weights = certain * _cauchy(data.misfit(moved, certain), cauchy)
        link_weights = coupled.weights(moved, cauchy)
        moved = _conjugate_gradients(moved, free, data, weights, coupled, link_weights, acceleration_px**-2, iterations)
    return rest + xp.stack([moved[:, 0], moved[:, 1]], -1)


def expected_acceleration(positions: np.ndarray, lag: int = 3) -> float:
    """Return the second difference in time (px per frame squared) to allow for in positions [T, N, 2].

    `PEAK_TO_TYPICAL` times its root mean square, taken over `lag` frames and over groups of seven consecutive points,
    so that noise counts little.
    """
    n_frames, n_points, _two = positions.shape
    lag = min(lag, (n_frames - 1) // 2)
    if lag < 1:
        return 1.0
    groups = np.array_split(np.arange(n_points), max(1, n_points // 7))
    mean = np.stack([positions[:, g].mean(axis=1) for g in groups], axis=1)
    second = (mean[2 * lag :] - 2 * mean[lag:-lag] + mean[: -2 * lag]) / lag**2
    return PEAK_TO_TYPICAL * float(np.sqrt((second**2).mean()))


class _Data:
    """All measurements one below the other, P pairs of frames of N points; x and y apart.

    Attributes:
        pairs: sparse [P, T], takes positions over time to the displacements of the pairs.
        displacement: [P, 2, N].
        precision: [3, P, N], the entries xx, xy, yy.
    """

    def __init__(self, measurements: Sequence[Measurement], moved: Any) -> None:
        from scipy.sparse import csr_matrix

        xp = namespace(moved)
        first, second = (np.concatenate([getattr(m, side) for m in measurements]) for side in ("first", "second"))
        rows, ones, shape = np.arange(len(first)), np.ones(len(first)), (len(first), len(moved))
        self.pairs = csr_matrix((np.r_[ones, -ones], (np.r_[rows, rows], np.r_[second, first])), shape=shape)
        self.difference = sparse_like(self.pairs, moved)
        self.gathered = self.difference.T
        self.displacement = xp.concatenate([m.displacement.swapaxes(1, 2) for m in measurements], 0)
        entries = ((0, 0), (0, 1), (1, 1))
        self.precision = xp.stack(
            [xp.concatenate([m.precision[..., i, j] for m in measurements], 0) for i, j in entries], 0
        )

    def displaced(self, moved: Any) -> Any:
        """Return the displacements [P, 2, N] between the frames of the pairs of `moved` [T, 2, N]."""
        return (self.difference @ moved.reshape(len(moved), -1)).reshape(self.displacement.shape)

    def misfit(self, moved: Any, precision: Any) -> Any:
        """Return squared normalized residuals [P, N]."""
        residual = self.displaced(moved) - self.displacement
        return (residual * _weighted(precision, residual)).sum(1)

    def pull(self, weights: Any, displaced: Any) -> Any:
        """Return how displacements [P, 2, N] of these weights [3, P, N] pull at the positions [T, 2, N]."""
        pull = _weighted(weights, displaced)
        return (self.gathered @ pull.reshape(len(pull), -1)).reshape(-1, *pull.shape[1:])

    def over_time(self, weights: Any) -> np.ndarray:
        """Return the matrix [T, T] of these weights, mean over the points and over x and y."""
        mean = to_numpy((weights[0] + weights[2]).mean(-1)) / 2
        return (self.pairs.T @ self.pairs.multiply(mean[:, None])).toarray()


class _Coupled:
    """All links one below the other: E combinations of N points."""

    def __init__(self, coupling: Coupling, moved: Any) -> None:
        from scipy.sparse import csr_matrix

        n_points, links = moved.shape[-1], coupling.links
        sizes = [link.points.shape[1] for link in links for _unused in link.points]
        columns, values = (
            np.concatenate([getattr(link, name).ravel() for link in links] or [np.zeros(0, int)])
            for name in ("points", "factors")
        )
        rows = np.repeat(np.arange(len(sizes)), sizes)
        self.links = csr_matrix((values, (rows, columns)), shape=(len(sizes), n_points), dtype=np.float64)
        self.combine = sparse_like(self.links, moved)
        self.gathered = self.combine.T
        self.free = None if coupling.free is None else like(coupling.free, moved)
        self.precision = like(np.concatenate([link.sigma_px**-2.0 for link in links] or [np.zeros(0)]), moved)
        robust = np.repeat([link.robust for link in links], [len(link.points) for link in links]).astype(bool)
        self.robust = like(robust, moved)

    def weights(self, moved: Any, cauchy: float) -> Any:
        """Return weights [E, T] for positions [T, 2, N]."""
        xp = namespace(moved)
        size = self._combined(moved).reshape(-1, len(moved), 2)
        certain = self.precision[:, None]
        shrunk = certain * _cauchy((size**2).sum(-1) * certain, cauchy)
        return xp.where(self.robust[:, None], shrunk, certain)

    def pull(self, weights: Any, moved: Any) -> Any:
        """Return how the combinations of weights [E, T * 2] pull at the positions [T, 2, N]."""
        pull = self._bound(self.gathered @ (weights * self._combined(moved)))
        return pull.T.reshape(moved.shape)

    def over_points(self, weights: Any) -> np.ndarray:
        """Return the matrix [N, N] of these weights [E, T], mean over time."""
        matrix = (self.links.T @ self.links.multiply(to_numpy(weights.mean(-1))[:, None])).toarray()
        if self.free is None:
            return matrix
        free = to_numpy(self.free)
        matrix -= matrix @ free @ free.T
        return matrix - free @ (free.T @ matrix)

    def _combined(self, moved: Any) -> Any:
        """Return the combinations [E, T * 2] of positions [T, 2, N]."""
        return self.combine @ self._bound(_by_point(moved))

    def _bound(self, by_point: Any) -> Any:
        """Return values [N, T * 2] without what is free."""
        return by_point if self.free is None else by_point - self.free @ (self.free.T @ by_point)


def _by_point(moved: Any) -> Any:
    return moved.reshape(-1, moved.shape[-1]).T


def _weighted(weights: Any, vectors: Any) -> Any:
    """Return symmetric matrices, entries xx, xy, yy [3, P, N], times vectors [P, 2, N]."""
    xp = namespace(vectors)
    (xx, xy, yy), x, y = weights, vectors[:, 0], vectors[:, 1]
    return xp.stack([xx * x + xy * y, xy * x + yy * y], 1)


def _scales(measurements: Sequence[Measurement], misfit: Any) -> Any:
    """Return [P]: by which factor each kind of measurement is less certain than it claims (at least 1)."""
    ends = np.cumsum([0, *(len(m.first) for m in measurements)])
    factors = [max(1.0, float(np.median(to_numpy(misfit[a:b]))) / 1.39) for a, b in zip(ends, ends[1:])]
    return like(np.repeat(factors, np.diff(ends)), misfit)


def _cauchy(squared: Any, cauchy: float) -> Any:
    return 1 / (1 + squared / cauchy**2)


def _preconditioner(free: np.ndarray, over_time: np.ndarray, over_points: np.ndarray, model: Any) -> Any:
    """Return a function that solves for [free, 2, N] as if all points had the same matrix over time.

    Then the matrix is over_time (x) 1 + 1 (x) over_points, which both matrices' eigenvectors diagonalise.
    """
    late, in_time = np.linalg.eigh(over_time[np.ix_(free, free)])
    if len(over_points) > MANY_POINTS:
        near, in_space = np.diagonal(over_points), np.eye(1)
    else:
        near, in_space = np.linalg.eigh(over_points)
    inverse = like(1 / (late[:, None, None] + near + 1e-9), model)
    in_time, in_space = like(in_time, model), like(in_space, model)
    plain = len(over_points) > MANY_POINTS

    def apply(residual: Any) -> Any:
        z = (in_time.T @ residual.reshape(len(residual), -1)).reshape(residual.shape)
        z = z * inverse if plain else (z @ in_space * inverse) @ in_space.T
        return (in_time @ z.reshape(len(z), -1)).reshape(residual.shape)

    return apply


def _conjugate_gradients(
    start: Any,
    free: np.ndarray,
    data: _Data,
    weights: Any,
    coupled: _Coupled,
    link_weights: Any,
    smoothness: float,
    iterations: int,
) -> Any:
    """Minimize the weighted squares from `start` [T, 2, N]; the displacements of frames that are not free stay."""
    xp = namespace(start)
    along = xp.stack([link_weights, link_weights], -1).reshape(len(link_weights), 2 * len(start))  # [E, T * 2]
    bending = np.diff(np.eye(len(start)), n=2, axis=0)
    solve_roughly = _preconditioner(
        free,
        data.over_time(weights) + smoothness * bending.T @ bending,
        coupled.over_points(link_weights),
        start,
    )
    free = like(free, start)

    def apply(moved: Any, displaced: Any) -> Any:
        """Return the matrix times `moved`, given the displacements of the pairs (minus the measured: the gradient)."""
        out = data.pull(weights, displaced)
        bend = smoothness * (moved[2:] - 2 * moved[1:-1] + moved[:-2])
        out[2:] += bend
        out[1:-1] -= 2 * bend
        out[:-2] += bend
        out += coupled.pull(along, moved)
        return out[free]

    def spread_out(values: Any) -> Any:
        out = 0 * start
        out[free] = values
        return out

    x = 1 * start
    residual = -apply(x, data.displaced(x) - data.displacement)
    direction = z = solve_roughly(residual)
    rho = float((residual * z).sum())
    enough = max(TOLERANCE**2 * rho, 1e-9)
    for _unused in range(iterations):
        if rho <= enough:
            break
        wide = spread_out(direction)
        image = apply(wide, data.displaced(wide))
        alpha = rho / float((direction * image).sum())
        x += alpha * wide
        residual = residual - alpha * image
        z = solve_roughly(residual)
        previous, rho = rho, float((residual * z).sum())
        direction = z + rho / previous * direction
    return x
