"""Trajectories that agree best with all measured displacements, smooth in time and between neighbours.

Robust least squares (iteratively reweighted, Cauchy), solved by preconditioned conjugate gradients without forming
the matrix. The idea of joining displacements over many gaps: Crivelli et al., IEEE TIP 24 (2015); Neoral et al.,
WACV 2024 (MFT); of penalising acceleration and neighbours' differences: any deformable registration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    moved = positions - rest
    scales = [_scale(m, moved) for m in measurements]
    for _unused in range(reweightings):
        weights = [
            m.precision / scale * _cauchy(_mahalanobis(m, moved) / scale, cauchy)[..., None, None]
            for m, scale in zip(measurements, scales)
        ]
        link_weights = [_link_weights(link, moved, cauchy) for link in links]
        moved = _conjugate_gradients(
            moved, query_frame, measurements, weights, links, link_weights, acceleration_px**-2, iterations
        )
    return rest + moved


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


def _residual(m: Measurement, moved: np.ndarray) -> np.ndarray:
    return np.asarray(moved[m.second] - moved[m.first] - m.displacement)


def _mahalanobis(m: Measurement, moved: np.ndarray) -> np.ndarray:
    """Return squared normalised residuals [P, N]."""
    r = _residual(m, moved)
    return np.asarray(np.einsum("pni,pnij,pnj->pn", r, m.precision, r))


def _scale(m: Measurement, moved: np.ndarray) -> float:
    """Return the factor by which this kind of measurement is less certain than it claims (at least 1)."""
    return float(max(1.0, np.median(_mahalanobis(m, moved)) / 1.39))


def _cauchy(squared: np.ndarray, cauchy: float) -> np.ndarray:
    return np.asarray(1 / (1 + squared / cauchy**2))


def _link_weights(link: Links, moved: np.ndarray, cauchy: float) -> np.ndarray:
    """Return weights [E, T]."""
    weights = np.repeat(link.sigma_px[:, None] ** -2.0, len(moved), axis=1)
    if link.robust:
        size = np.einsum("ek,teki->tei", link.factors, moved[:, link.points])
        squared = (size**2).sum(-1).T / link.sigma_px[:, None] ** 2
        weights *= _cauchy(squared, cauchy)
    return weights


def _conjugate_gradients(
    start: np.ndarray,
    query_frame: int,
    measurements: Sequence[Measurement],
    weights: Sequence[np.ndarray],
    links: Sequence[Links],
    link_weights: Sequence[np.ndarray],
    smoothness: float,
    iterations: int,
) -> np.ndarray:
    """Minimise the weighted squares from `start` [T, N, 2]; the query frame's displacement stays zero."""
    n_frames, n_points, _two = start.shape
    in_time = [_incidence(m, n_frames) for m in measurements]
    in_space = [_combinations(link, n_points) for link in links]
    along = [np.repeat(w, 2, axis=1) for w in link_weights]  # [E, T * 2]

    def apply(moved: np.ndarray, with_data: bool) -> np.ndarray:
        """Return the gradient of half the sum of squares (without the data: the matrix times `moved`)."""
        out = np.zeros_like(moved)
        for matrix, w, m in zip(in_time, weights, measurements):
            r = (matrix @ moved.reshape(n_frames, -1)).reshape(-1, n_points, 2)
            if with_data:
                r = r - m.displacement
            pull = w[..., 0] * r[..., :1] + w[..., 1] * r[..., 1:]
            out += (matrix.T @ pull.reshape(len(pull), -1)).reshape(moved.shape)
        bend = smoothness * (moved[2:] - 2 * moved[1:-1] + moved[:-2])
        out[2:] += bend
        out[1:-1] -= 2 * bend
        out[:-2] += bend
        by_point = np.ascontiguousarray(moved.transpose(1, 0, 2)).reshape(n_points, -1)
        for matrix, w in zip(in_space, along):
            pull = matrix.T @ (w * (matrix @ by_point))
            out += pull.reshape(n_points, n_frames, 2).transpose(1, 0, 2)
        out[query_frame] = 0
        return out

    diagonal = np.full(start.shape, 6 * smoothness + 1e-9)
    for matrix, w in zip(in_time, weights):
        both = np.stack([w[..., 0, 0], w[..., 1, 1]], axis=-1).reshape(len(w), -1)
        diagonal += (abs(matrix.T) @ both).reshape(start.shape)
    for matrix, w in zip(in_space, link_weights):
        diagonal += ((matrix.multiply(matrix)).T @ w).T[..., None]
    x = start.copy()
    x[query_frame] = 0
    residual = -apply(x, True)
    direction = z = residual / diagonal
    rho = float((residual * z).sum())
    for _unused in range(iterations):
        if rho < 1e-9:
            break
        image = apply(direction, False)
        alpha = rho / float((direction * image).sum())
        x += alpha * direction
        residual -= alpha * image
        z = residual / diagonal
        previous, rho = rho, float((residual * z).sum())
        direction = z + rho / previous * direction
    return x


def _incidence(m: Measurement, n_frames: int) -> Any:
    """Return the sparse matrix [P, T] that takes positions over time to the displacements of the pairs."""
    from scipy.sparse import csr_matrix

    rows = np.arange(len(m.first))
    values = np.ones(len(rows))
    return csr_matrix(
        (np.r_[values, -values], (np.r_[rows, rows], np.r_[m.second, m.first])), shape=(len(rows), n_frames)
    )


def _combinations(link: Links, n_points: int) -> Any:
    """Return the sparse matrix [E, N] of the link's factors."""
    from scipy.sparse import csr_matrix

    rows = np.repeat(np.arange(len(link.points)), link.points.shape[1])
    return csr_matrix((link.factors.ravel(), (rows, link.points.ravel())), shape=(len(link.points), n_points))
