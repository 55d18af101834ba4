"""Trajectories that agree best with all measured displacements, smooth in time and between neighbours.

Robust least squares (iteratively reweighted, Cauchy), solved by preconditioned conjugate gradients without forming
the matrix. The idea of joining displacements over many gaps: Crivelli et al., IEEE TIP 24 (2015); Neoral et al.,
WACV 2024 (MFT); of penalising acceleration and neighbours' differences: any deformable registration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .measure import Measurement

PEAK_TO_TYPICAL = 3.0  # acceleration: the onset of systole and of filling against the whole clip


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


def solve(
    positions: np.ndarray,
    query_frame: int,
    measurements: Sequence[Measurement],
    links: Sequence[Links],
    acceleration_px: float,
    cauchy: float,
    reweightings: int = 3,
    iterations: int = 60,
) -> np.ndarray:
    """Return new positions [T, N, 2] px; those of the query frame stay.

    Args:
        positions: [T, N, 2] px, where the search starts.
        query_frame: frame whose positions are given.
        measurements: displacements between frames.
        links: couplings of points.
        acceleration_px: expected second difference in time.
        cauchy: residuals beyond this many standard deviations lose their weight.
        reweightings: rounds of robust weighting.
        iterations: conjugate gradient steps a round.
    """
    rest = positions[query_frame]
    moved = np.ascontiguousarray((positions - rest).transpose(0, 2, 1))  # [T, 2, N]
    data, coupling = _Data(measurements, len(moved)), _Coupling(links, len(rest))
    certain = data.precision / _scales(measurements, data.misfit(moved, data.precision))[:, None]
    for _unused in range(reweightings):
        weights = certain * _cauchy(data.misfit(moved, certain), cauchy)
        link_weights = coupling.weights(moved, cauchy)
        moved = _conjugate_gradients(
            moved, query_frame, data, weights, coupling, link_weights, acceleration_px**-2, iterations
        )
    return np.asarray(rest + moved.transpose(0, 2, 1))


def expected_acceleration(positions: np.ndarray, lag: int = 3) -> float:
    """Return the second difference in time (px per frame squared) to allow for in positions [T, N, 2].

    Three times its root mean square, taken over `lag` frames and over groups of seven consecutive points, so that
    noise counts little.
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
        difference: sparse [P, T], takes positions over time to the displacements of the pairs.
        displacement: [P, 2, N].
        precision: [3, P, N], the entries xx, xy, yy.
    """

    def __init__(self, measurements: Sequence[Measurement], n_frames: int) -> None:
        from scipy.sparse import csr_matrix

        first, second = (np.concatenate([getattr(m, side) for m in measurements]) for side in ("first", "second"))
        rows, ones = np.arange(len(first)), np.ones(len(first))
        self.difference = csr_matrix(
            (np.r_[ones, -ones], (np.r_[rows, rows], np.r_[second, first])), shape=(len(rows), n_frames)
        )
        self.gathered = self.difference.T
        self.displacement = np.concatenate([m.displacement.transpose(0, 2, 1) for m in measurements])
        entries = ((0, 0), (0, 1), (1, 1))
        self.precision = np.stack([np.concatenate([m.precision[..., i, j] for m in measurements]) for i, j in entries])

    def displaced(self, moved: np.ndarray) -> np.ndarray:
        """Return the displacements [P, 2, N] between the frames of the pairs of `moved` [T, 2, N]."""
        return np.asarray(self.difference @ moved.reshape(len(moved), -1)).reshape(self.displacement.shape)

    def misfit(self, moved: np.ndarray, precision: np.ndarray) -> np.ndarray:
        """Return squared normalised residuals [P, N]."""
        residual = self.displaced(moved) - self.displacement
        return np.asarray((residual * _weighted(precision, residual)).sum(axis=1))

    def pull(self, weights: np.ndarray, displaced: np.ndarray) -> np.ndarray:
        """Return how displacements [P, 2, N] of these weights [3, P, N] pull at the positions [T, 2, N]."""
        pull = _weighted(weights, displaced)
        return np.asarray(self.gathered @ pull.reshape(len(pull), -1)).reshape(-1, *pull.shape[1:])

    def diagonal(self, weights: np.ndarray) -> np.ndarray:
        """Return the diagonal [T, 2, N] of the matrix of these weights [3, P, N]."""
        both = weights[::2].transpose(1, 0, 2)
        return np.asarray(abs(self.gathered) @ both.reshape(len(both), -1)).reshape(-1, *both.shape[1:])


class _Coupling:
    """All links one below the other: E combinations of N points."""

    def __init__(self, links: Sequence[Links], n_points: int) -> None:
        from scipy.sparse import csr_matrix

        sizes = [link.points.shape[1] for link in links for _unused in link.points]
        columns, values = (
            np.concatenate([getattr(link, name).ravel() for link in links] or [np.zeros(0, int)])
            for name in ("points", "factors")
        )
        rows = np.repeat(np.arange(len(sizes)), sizes)
        self.combine = csr_matrix((values, (rows, columns)), shape=(len(sizes), n_points), dtype=np.float64)
        self.gathered = self.combine.T
        self.precision = np.concatenate([link.sigma_px**-2.0 for link in links] or [np.zeros(0)])
        self.robust = np.repeat([link.robust for link in links], [len(link.points) for link in links]).astype(bool)

    def weights(self, moved: np.ndarray, cauchy: float) -> np.ndarray:
        """Return weights [E, T] for positions [T, 2, N]."""
        weights = np.repeat(self.precision[:, None], len(moved), axis=1)
        size = (self.combine @ _by_point(moved)).reshape(-1, *moved.shape[:2])
        squared = (size[self.robust] ** 2).sum(-1) * weights[self.robust]
        weights[self.robust] *= _cauchy(squared, cauchy)
        return weights

    def pull(self, weights: np.ndarray, moved: np.ndarray) -> np.ndarray:
        """Return how the combinations of weights [E, T * 2] pull at the positions [T, 2, N]."""
        pull = self.gathered @ (weights * (self.combine @ _by_point(moved)))
        return np.asarray(pull.T.reshape(moved.shape))

    def diagonal(self, weights: np.ndarray) -> np.ndarray:
        """Return the diagonal [T, 1, N] of the matrix of weights [E, T]."""
        return np.asarray(self.gathered.multiply(self.gathered) @ weights).T[:, None]


def _by_point(moved: np.ndarray) -> np.ndarray:
    return moved.reshape(-1, moved.shape[-1]).T


def _weighted(weights: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return symmetric matrices, entries xx, xy, yy [3, P, N], times vectors [P, 2, N]."""
    (xx, xy, yy), x, y = weights, vectors[:, 0], vectors[:, 1]
    return np.stack([xx * x + xy * y, xy * x + yy * y], axis=1)


def _scales(measurements: Sequence[Measurement], misfit: np.ndarray) -> np.ndarray:
    """Return [P]: by which factor each kind of measurement is less certain than it claims (at least 1)."""
    ends = np.cumsum([len(m.first) for m in measurements])
    factors = [max(1.0, float(np.median(part)) / 1.39) for part in np.split(misfit, ends[:-1])]
    return np.repeat(factors, [len(m.first) for m in measurements])


def _cauchy(squared: np.ndarray, cauchy: float) -> np.ndarray:
    return np.asarray(1 / (1 + squared / cauchy**2))


def _conjugate_gradients(
    start: np.ndarray,
    query_frame: int,
    data: _Data,
    weights: np.ndarray,
    coupling: _Coupling,
    link_weights: np.ndarray,
    smoothness: float,
    iterations: int,
) -> np.ndarray:
    """Minimise the weighted squares from `start` [T, 2, N]; the query frame's displacement stays zero."""
    along = np.repeat(link_weights, 2, axis=1)  # [E, T * 2]

    def apply(moved: np.ndarray, displaced: np.ndarray) -> np.ndarray:
        """Return the matrix times `moved`, given the displacements of the pairs (minus the measured: the gradient)."""
        out = data.pull(weights, displaced)
        bend = smoothness * (moved[2:] - 2 * moved[1:-1] + moved[:-2])
        out[2:] += bend
        out[1:-1] -= 2 * bend
        out[:-2] += bend
        out += coupling.pull(along, moved)
        out[query_frame] = 0
        return out

    diagonal = 6 * smoothness + 1e-9 + data.diagonal(weights) + coupling.diagonal(link_weights)
    x = start.copy()
    x[query_frame] = 0
    residual = -apply(x, data.displaced(x) - data.displacement)
    direction = z = residual / diagonal
    rho = float((residual * z).sum())
    for _unused in range(iterations):
        if rho < 1e-9:
            break
        image = apply(direction, data.displaced(direction))
        alpha = rho / float((direction * image).sum())
        x += alpha * direction
        residual -= alpha * image
        z = residual / diagonal
        previous, rho = rho, float((residual * z).sum())
        direction = z + rho / previous * direction
    return x
