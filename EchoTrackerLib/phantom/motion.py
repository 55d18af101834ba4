"""Motion of tissue: wall mechanics at control points, carried into the plane by a smooth, invertible map.

Control points on three layers of the wall (and on the neighboring chamber, the atria's roof, the surroundings) get
displacements from wall mechanics: sliding along the wall by the integral of the local strain, thickening by
incompressibility, shear between layers. Between them the displacement is the kriging interpolant with a Matérn-5/2
kernel (twice differentiable, decaying away from the heart). The same analytic map moves every scatterer and every
reference point, so tracks are exact by construction; the inverse is found by Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .anatomy import Anatomy
from .cycle import activity
from .mechanics import control_displacements, rigid_motion, wander
from .parameters import PhantomParameters

LENGTH_MM = 26.0  # of the kernel
_CHUNK = 4000


def kernel(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Matérn-5/2 kernel [N, C] between points [N, 2] and centers [C, 2] in mm."""
    apart = points[:, None, 0] - centres[None, :, 0], points[:, None, 1] - centres[None, :, 1]
    a = np.sqrt(5.0 / LENGTH_MM**2 * (apart[0] ** 2 + apart[1] ** 2)).astype(points.dtype)
    return (1.0 + a + a * a / 3.0) * np.exp(-a)


def kernel_slope(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Gradient [N, C, 2] of the kernel with respect to the points, 1/mm."""
    apart = points[:, None] - centres[None]
    a = np.sqrt(5.0) / LENGTH_MM * np.sqrt((apart**2).sum(-1))
    return ((-5.0 / (3.0 * LENGTH_MM**2)) * (1.0 + a) * np.exp(-a))[..., None] * apart


@dataclass(frozen=True)
class MovingPoints:
    """Many material points with the fields by which they move.

    Attributes:
        material: float32 [N, 2] mm.
        fields: float32 [M, N, 2] displacement of each mode.
        courses: float32 [T, M] mode over time.
    """

    material: np.ndarray
    fields: np.ndarray
    courses: np.ndarray

    def displacement(self, frame: int) -> np.ndarray:
        """Displacement float32 [N, 2] in mm on a frame, before the rigid motion."""
        flat = self.courses[frame] @ self.fields.reshape(len(self.fields), -1)
        return flat.reshape(-1, 2)


@dataclass(frozen=True)
class Motion:
    """The map from end-diastolic (material) to current positions, both in mm.

    Attributes:
        centres: [C, 2] control points, material.
        weights: [T, C, 2] kernel weights.
        turn: [T] rotation of the whole heart, radians; shift: [T, 2] its translation; pivot: [2].
        activity: [T] global activity; out_of_plane: [T] drift in mm.
    """

    centres: np.ndarray
    weights: np.ndarray
    turn: np.ndarray
    shift: np.ndarray
    pivot: np.ndarray
    activity: np.ndarray
    out_of_plane: np.ndarray

    @property
    def n_frames(self) -> int:
        """Number of frames T."""
        return len(self.turn)

    def rotation(self, frame: int) -> np.ndarray:
        """Rotation matrix [2, 2] of a frame."""
        c, s = np.cos(self.turn[frame]), np.sin(self.turn[frame])
        return np.array([[c, -s], [s, c]])

    def moving(self, material: np.ndarray) -> MovingPoints:
        """Prepare many points [N, 2] for fast positions frame by frame.

        The weights' few principal courses over time (singular values down to 1e-6 of the first) are applied to the
        kernel once, instead of the kernel to the weights on every frame.
        """
        flat = self.weights.reshape(self.n_frames, -1)
        courses, sizes, fields = np.linalg.svd(flat, full_matrices=False)
        count = max(1, int((sizes > 1e-6 * max(float(sizes[0]), 1e-12)).sum()))
        modes = fields[:count].reshape(count, -1, 2).transpose(1, 0, 2).reshape(len(self.centres), -1)
        material = np.asarray(material, np.float32)
        moved = np.empty((len(material), 2 * count), np.float32)
        for start in range(0, len(material), _CHUNK):
            part = kernel(material[start : start + _CHUNK], self.centres.astype(np.float32))
            moved[start : start + _CHUNK] = part @ modes.astype(np.float32)
        return MovingPoints(
            material,
            np.ascontiguousarray(moved.reshape(len(material), count, 2).transpose(1, 0, 2)),
            (courses[:, :count] * sizes[:count]).astype(np.float32),
        )

    def forward(self, material: np.ndarray) -> np.ndarray:
        """Positions [N, T, 2] of material points [N, 2] in all frames."""
        moved = material[:, None] + np.einsum("nc,tcd->ntd", kernel(material, self.centres), self.weights)
        return np.stack([self.rigid(moved[:, t], t) for t in range(self.n_frames)], axis=1)

    def forward_on(self, material: np.ndarray, frame: int) -> np.ndarray:
        """Positions [N, 2] of material points [N, 2] on one frame."""
        return self.rigid(material + kernel(material, self.centres) @ self.weights[frame], frame)

    def rigid(self, points: np.ndarray, frame: int) -> np.ndarray:
        """Turn and shift of the whole heart on a frame, of points [N, 2]."""
        rotation = self.rotation(frame).astype(points.dtype)
        offset = (self.pivot + self.shift[frame] - self.rotation(frame) @ self.pivot).astype(points.dtype)
        return points @ rotation.T + offset

    def jacobian(self, material: np.ndarray, frame: int) -> np.ndarray:
        """Derivative [N, 2, 2] of the non-rigid part at material points."""
        gradient = np.einsum("ncj,ci->nij", kernel_slope(material, self.centres), self.weights[frame], optimize=True)
        return np.eye(2)[None] + gradient

    def inverse(self, points: np.ndarray, frame: int, tolerance_mm: float = 1e-6) -> np.ndarray:
        """Material points [N, 2] that are at `points` [N, 2] mm on a frame (Newton's method, damped)."""
        rotation = self.rotation(frame)
        target = (np.asarray(points, np.float64) - self.pivot - self.shift[frame]) @ rotation + self.pivot
        material = target.copy()
        for _ in range(40):
            residual = material + kernel(material, self.centres) @ self.weights[frame] - target
            if not len(residual) or np.abs(residual).max() < tolerance_mm:
                break
            step = np.linalg.solve(self.jacobian(material, frame), residual[..., None])[..., 0]
            size = np.linalg.norm(step, axis=1, keepdims=True)
            material -= step * np.minimum(1.0, 8.0 / np.maximum(size, 1e-12))
        return material


def build_motion(parameters: PhantomParameters, anatomy: Anatomy, times_s: np.ndarray) -> Motion:
    """Return the motion of a parameter set at times [T] s (0 at end-diastole).

    Displacements are reduced in steps of a tenth where the map would fold (smallest Jacobian determinant below 0.08).
    """
    material, displacement = control_displacements(parameters, anatomy, times_s)
    gram = kernel(material, material) + 5e-4 * np.eye(len(material))
    flat = displacement.transpose(1, 0, 2).reshape(len(material), -1)
    weights = np.linalg.solve(gram, flat).reshape(len(material), len(times_s), 2).transpose(1, 0, 2)
    rng = np.random.default_rng([parameters.seed, 2])
    turn, shift = rigid_motion(parameters, times_s, rng)
    drift = parameters.out_of_plane_drift_mm * wander(times_s, rng)
    motion = Motion(material, weights, turn, shift, anatomy.mid.mean(axis=0), activity(parameters, times_s), drift)
    for _ in range(20):
        if _smallest_determinant(motion, anatomy) > 0.08:
            break
        motion = Motion(material, 0.9 * motion.weights, turn, shift, motion.pivot, motion.activity, motion.out_of_plane)
    return motion


def _smallest_determinant(motion: Motion, anatomy: Anatomy) -> float:
    """Smallest Jacobian determinant over the heart and all frames (the map folds below zero)."""
    low, high = motion.centres.min(0), motion.centres.max(0)
    grid = np.stack(np.meshgrid(*[np.linspace(a, b, 24) for a, b in zip(low, high)]), -1).reshape(-1, 2)
    grid = np.concatenate([grid, anatomy.layer(-0.5)[::3], anatomy.layer(0.5)[::3], anatomy.layer(-1.0)[::3]])
    slope = kernel_slope(grid, motion.centres).transpose(0, 2, 1).reshape(-1, len(motion.centres))
    weights = motion.weights.transpose(1, 0, 2).reshape(len(motion.centres), -1)
    gradient = (slope @ weights).reshape(len(grid), 2, motion.n_frames, 2)
    (xx, yx), (xy, yy) = gradient[:, 0].transpose(2, 0, 1), gradient[:, 1].transpose(2, 0, 1)
    return float(((1.0 + xx) * (1.0 + yy) - xy * yx).min())
