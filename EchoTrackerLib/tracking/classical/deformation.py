"""How the wall round each point is turned and stretched, as its neighbors along the wall show it.

Between the ends of a contraction a window's far side moves by several speckles more than its center. Windows that are
given the shape expected of them stay alike over more of the beat. Along the wall the stretch is seen; across it, it is
what keeps the area, for the myocardium hardly changes its volume.
"""

from __future__ import annotations

import numpy as np

REACH_PX = 15.0  # SD of the neighborhood along the wall
LEAST = 100.0  # px^2 of neighborhood below which a point's surroundings count as rigid
STRETCH = (0.7, 1.4)  # more is a lost track, not tissue


def wall_deformation(positions: np.ndarray, query_frame: int) -> np.ndarray:
    """Return the deformation gradient float64 [T, N, 2, 2] from the query frame to each frame at each point.

    Args:
        positions: [T, N, 2] px of points in order along the wall.
        query_frame: frame on which nothing is deformed.
    """
    moving = positions[..., 0] + 1j * positions[..., 1]
    rest = moving[query_frame]
    along = np.r_[0.0, np.cumsum(np.abs(np.diff(rest)))]
    apart = along - along[:, None]
    slope = np.exp(-0.5 * (apart / REACH_PX) ** 2) * apart
    slope -= np.diag(slope.sum(axis=1))  # a sum over neighbors of distance times difference
    at_rest = slope @ rest
    size = np.abs(at_rest)
    direction = at_rest / np.maximum(size, 1e-6)
    change = (moving @ slope.T * direction.conj() + LEAST) / (size + LEAST)
    stretch = np.clip(np.abs(change), *STRETCH)
    turn = change / np.maximum(np.abs(change), 1e-6)
    tangent = np.stack([direction.real, direction.imag], axis=-1)
    normal = np.stack([-direction.imag, direction.real], axis=-1)
    shape = np.eye(2) + (stretch - 1)[..., None, None] * (tangent[:, :, None] * tangent[:, None])
    shape += (1 / stretch - 1)[..., None, None] * (normal[:, :, None] * normal[:, None])
    rotation = np.stack([turn.real, -turn.imag, turn.imag, turn.real], axis=-1).reshape(*turn.shape, 2, 2)
    return np.asarray(rotation @ shape)
