"""Pixel <-> RAS: the one pair of functions for it."""

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
