"""Geometry in the image plane: pixel <-> RAS, the point nearest to a place, points along a line."""

from __future__ import annotations

from typing import Optional

import numpy as np


def default_ijk_to_ras(spacing_mm: Optional[tuple[float, float]]) -> np.ndarray:
    """Return the 4 x 4 matrix that shows row 0, column 0 at the top left of Slicer's Axial view.

    Args:
        spacing_mm: (row, col) mm; None places one pixel at one RAS unit, for display only.
    """
    row, col = spacing_mm if spacing_mm is not None else (1.0, 1.0)
    return np.diag([-col, -row, 1.0, 1.0])


def pixels_to_ras(positions: np.ndarray, ijk_to_ras: np.ndarray) -> np.ndarray:
    """Map positions (x, y) px [..., 2] to RAS mm [..., 3] on slice k = 0."""
    xy = np.asarray(positions, dtype=np.float64)
    return xy @ ijk_to_ras[:3, :2].T + ijk_to_ras[:3, 3]


def ras_to_pixels(ras: np.ndarray, ijk_to_ras: np.ndarray) -> np.ndarray:
    """Map RAS mm [..., 3] to positions (x, y) px [..., 2], projected along the slice axis."""
    inverse = np.linalg.inv(ijk_to_ras)
    return np.asarray(ras, dtype=np.float64) @ inverse[:2, :3].T + inverse[:2, 3]


def nearest_point(positions: np.ndarray, place: np.ndarray, within: float = np.inf) -> Optional[int]:
    """Return the number of the position of [N, D] nearest to a place [D]; None when none lies `within` that distance.

    Positions that are NaN are nowhere.
    """
    distance = np.linalg.norm(np.asarray(positions, dtype=np.float64) - place, axis=-1)
    distance[np.isnan(distance)] = np.inf
    if not distance.size or not distance.min() <= within or not np.isfinite(distance.min()):
        return None
    return int(distance.argmin())


def resample_line(line: np.ndarray, count: int, closed: bool = False) -> np.ndarray:
    """Return `count` points [count, D] at equal distances along a line [K, D] (closed: without the repeated end)."""
    line = np.asarray(line, dtype=np.float64)
    if closed:
        line = np.concatenate([line, line[:1]])
    along = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    at = np.linspace(0.0, along[-1], count + 1)[:-1] if closed else np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(at, along, line[:, k]) for k in range(line.shape[1])], axis=-1)
