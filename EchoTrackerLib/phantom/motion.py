"""Motion of tissue: wall mechanics at control points, carried into the plane by a smooth, invertible map.

Control points on three layers of the wall (and on the neighbouring chamber, the atria's roof, the surroundings) get
displacements from wall mechanics: sliding along the wall by the integral of the local strain, thickening by
incompressibility, shear between layers. Between them the displacement is the kriging interpolant with a Matérn-5/2
kernel (twice differentiable, decaying away from the heart). The same analytic map moves every scatterer and every
reference point, so tracks are exact by construction; the inverse is found by Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .anatomy import Anatomy
from .cycle import activity, segment_activity
from .parameters import PhantomParameters

LENGTH_MM = 26.0  # of the kernel
_LAYERS = (-0.5, 0.0, 0.5)
_CHUNK = 4000


def kernel(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Matérn-5/2 kernel [N, C] between points [N, 2] and centres [C, 2] in mm."""
    apart = points[:, None, 0] - centres[None, :, 0], points[:, None, 1] - centres[None, :, 1]
    a = np.sqrt(5.0 / LENGTH_MM**2 * (apart[0] ** 2 + apart[1] ** 2)).astype(points.dtype)
    return (1.0 + a + a * a / 3.0) * np.exp(-a)


def kernel_slope(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Gradient [N, C, 2] of the kernel with respect to the points, 1/mm."""
    apart = points[:, None] - centres[None]
    a = np.sqrt(5.0) / LENGTH_MM * np.sqrt((apart**2).sum(-1))
    return ((-5.0 / (3.0 * LENGTH_MM**2)) * (1.0 + a) * np.exp(-a))[..., None] * apart


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

    def basis(self, material: np.ndarray) -> np.ndarray:
        """Kernel values float32 [N, C] of many points, for `forward_many`."""
        centres, material = self.centres.astype(np.float32), np.asarray(material, np.float32)
        result = np.empty((len(material), len(centres)), np.float32)
        for start in range(0, len(material), _CHUNK):
            result[start : start + _CHUNK] = kernel(material[start : start + _CHUNK], centres)
        return result

    def forward_many(self, material: np.ndarray, basis: np.ndarray, frame: int) -> np.ndarray:
        """Positions float32 [N, 2] of material points on a frame, from their precomputed `basis`."""
        moved = material + basis @ self.weights[frame].astype(np.float32)
        return self.rigid(moved, frame)

    def forward(self, material: np.ndarray) -> np.ndarray:
        """Positions [N, T, 2] of material points [N, 2] in all frames."""
        moved = material[:, None] + np.einsum("nc,tcd->ntd", kernel(material, self.centres), self.weights)
        return np.stack([self.rigid(moved[:, t], t) for t in range(self.n_frames)], axis=1)

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
    material, displacement = _control_displacements(parameters, anatomy, times_s)
    gram = kernel(material, material) + 5e-4 * np.eye(len(material))
    flat = displacement.transpose(1, 0, 2).reshape(len(material), -1)
    weights = np.linalg.solve(gram, flat).reshape(len(material), len(times_s), 2).transpose(1, 0, 2)
    rng = np.random.default_rng([parameters.seed, 2])
    turn, shift = _rigid_motion(parameters, times_s, rng)
    drift = parameters.out_of_plane_drift_mm * _wander(times_s, rng)
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


def _wander(times_s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Slow smooth random curve [T] of about unit amplitude, zero at the first time."""
    phase, rate = rng.uniform(0, 2 * np.pi, 3), rng.uniform(0.15, 0.9, 3)
    curve = np.sin(2 * np.pi * rate * times_s[:, None] + phase).mean(axis=1)
    return 1.4 * (curve - curve[0])


def _rigid_motion(p: PhantomParameters, times_s: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rotation [T] rad and translation [T, 2] mm by swinging in the chest, probe drift and breathing."""
    beat = activity(p, times_s)
    direction = rng.uniform(0, 2 * np.pi)
    lag = activity(p, times_s - 0.05)
    swing = p.swing_mm * np.stack([np.cos(direction) * beat, 0.5 * np.sin(direction) * lag], axis=1)
    drift = p.drift_mm * np.stack([_wander(times_s, rng), 0.6 * _wander(times_s, rng)], axis=1)
    start = rng.uniform(0, 2 * np.pi)
    breath = np.sin(2 * np.pi * times_s / p.breathing_period_s + start) - np.sin(
        2 * np.pi * times_s[0] / p.breathing_period_s + start
    )
    breathing = p.breathing_mm * breath[:, None] * np.array([0.5, 0.9])
    turn = np.radians(p.rotation_deg) * (0.6 * rng.choice([-1, 1]) * beat + 0.5 * _wander(times_s, rng))
    return turn, swing + drift + breathing


def _control_displacements(
    p: PhantomParameters, anatomy: Anatomy, times_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Control points [C, 2] and their displacements [T, C, 2], without rigid motion."""
    wall = _ring_wall(p, anatomy, times_s) if anatomy.closed else _open_wall(p, anatomy, times_s)
    every = np.unique(np.r_[np.arange(0, len(anatomy.mid), 5), len(anatomy.mid) - 1])
    if anatomy.closed:
        every = every[:-1]
    points = [anatomy.layer(n)[every] for n in _LAYERS]
    moves = [wall[:, k, every] for k in range(len(_LAYERS))]
    beat = activity(p, times_s)[:, None, None]
    if len(anatomy.free_wall):
        base_share = np.clip((anatomy.free_wall - anatomy.axis_point) @ anatomy.axis / p.length_mm, 0, 1.2)
        inward = anatomy.mid.mean(0) - anatomy.free_wall
        inward /= np.linalg.norm(inward, axis=1, keepdims=True)
        longitudinal = 0.0 if anatomy.closed else 95.0 * p.longitudinal
        per_point = -longitudinal * base_share[:, None] * anatomy.axis + 4.0 * base_share.clip(0, 1)[:, None] * inward
        points.append(anatomy.free_wall)
        moves.append(p.neighbour_motion * beat * per_point[None])
    if len(anatomy.roof):
        points.append(anatomy.roof)
        moves.append(
            -0.12 * p.neighbour_motion * p.longitudinal * p.length_mm * beat * anatomy.axis
            + np.zeros((1, len(anatomy.roof), 1))
        )
    outside = anatomy.layer(0.5)[every[::2]] + 18.0 * anatomy.normal[every[::2]]
    others = np.concatenate(points)
    clear = np.linalg.norm(outside[:, None] - others[None], axis=-1).min(axis=1) > 15.0
    points.append(outside[clear])
    moves.append(0.35 * wall[:, 2, every[::2][clear]])
    chest = np.array([[x, 4.0] for x in (-30.0, -15.0, 0.0, 15.0, 30.0)])
    points.append(chest)
    moves.append(np.zeros((len(times_s), len(chest), 2)))
    material = np.concatenate(points)
    keep = _spread_out(material, np.where(np.arange(len(material)) < 3 * len(every), 2.0, 9.0))
    return material[keep], np.concatenate(moves, axis=1)[:, keep]


def _spread_out(points: np.ndarray, apart_mm: np.ndarray) -> np.ndarray:
    """Indices of points, dropping each one nearer than its own distance [N] to an earlier one."""
    kept: list[int] = []
    for i, point in enumerate(points):
        if not kept or np.linalg.norm(points[kept] - point, axis=1).min() >= apart_mm[i]:
            kept.append(i)
    return np.asarray(kept)


def _thickening(longitudinal: np.ndarray, circumferential: np.ndarray) -> np.ndarray:
    """Stretch across an incompressible wall."""
    return np.clip(1.0 / (longitudinal * circumferential), 0.6, 1.9)


def _open_wall(p: PhantomParameters, anatomy: Anatomy, times_s: np.ndarray) -> np.ndarray:
    """Displacements [T, 3, S, 2] of the three layers of an apical wall."""
    along, apex = anatomy.along, anatomy.apex
    act = segment_activity(p, times_s, along)
    strain = -p.longitudinal * act
    arc = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(anatomy.mid, axis=0), axis=1))]
    step = np.diff(arc)
    slide = np.concatenate([np.zeros((len(act), 1)), np.cumsum(0.5 * (strain[:, 1:] + strain[:, :-1]) * step, 1)], 1)
    slide -= slide[:, apex : apex + 1]
    fade = np.clip(np.abs(along - along[apex]) / 0.25, 0, 1) ** 2  # nothing at the apex
    radius = np.abs((anatomy.mid - anatomy.axis_point) @ np.array([anatomy.axis[1], -anatomy.axis[0]]))
    radius = np.maximum(radius, 0.5 * p.half_width_mm)
    normal_share = (0.25 + 0.75 * fade)[None]
    epi = p.epicardial_inward_mm * act * normal_share
    thick = anatomy.thickness[None]
    gain = np.ones_like(act)
    for _ in range(6):
        mid_inward = epi + 0.5 * thick * (gain - 1.0)
        gain = 1.0 + (0.5 + 0.5 * fade) * (_thickening(1.0 + strain, 1.0 - mid_inward / radius) - 1.0)
    lift = p.apex_motion_mm * np.outer(activity(p, times_s), np.ones(len(along)))
    layers = []
    for across in _LAYERS:
        place = arc + slide - (p.shear * across * thick * np.sign(along - along[apex]) * fade) * act
        base = np.stack([_extrapolate(place, arc, anatomy.mid[:, k]) for k in (0, 1)], -1)
        normal = np.stack([_extrapolate(place, arc, anatomy.normal[:, k]) for k in (0, 1)], -1)
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        offset = 0.5 * thick - epi - (0.5 - across) * thick * gain
        layers.append(base + offset[..., None] * normal - anatomy.layer(across) + lift[..., None] * anatomy.axis)
    return np.stack(layers, axis=1)


def _extrapolate(at: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Linear interpolation of y(x) [S] at any shape, continued straight beyond the ends."""
    inside = np.interp(at, x, y)
    low, high = np.minimum(at - x[0], 0.0), np.maximum(at - x[-1], 0.0)
    return inside + low * (y[1] - y[0]) / (x[1] - x[0]) + high * (y[-1] - y[-2]) / (x[-1] - x[-2])


def _ring_wall(p: PhantomParameters, anatomy: Anatomy, times_s: np.ndarray) -> np.ndarray:
    """Displacements [T, 3, S, 2] of the three layers of a short-axis ring."""
    along = anatomy.along
    act = segment_activity(p, times_s, along)
    centre = anatomy.mid.mean(axis=0)
    out = anatomy.mid - centre
    radius = np.linalg.norm(out, axis=1)[None]
    thick = anatomy.thickness[None]
    epi = 1.2 * p.epicardial_inward_mm * act
    gain = np.ones_like(act)
    for _ in range(6):
        mid_inward = epi + 0.5 * thick * (gain - 1.0)
        gain = _thickening(1.0 - p.longitudinal * act, 1.0 - mid_inward / radius)
    inner_share = (epi + thick * (gain - 1.0)) / (radius - 0.5 * thick)
    most = min(1.0, 0.5 / max(float(inner_share.max()), 1e-9))  # the cavity never closes
    epi, gain = most * epi, 1.0 + most * (gain - 1.0)
    layers = []
    for across in _LAYERS:
        angle = np.radians(p.twist_deg * (1.0 - 0.6 * across)) * activity(p, times_s)
        offset = 0.5 * thick - epi - (0.5 - across) * thick * gain
        place = out[None] + offset[..., None] * anatomy.normal[None]
        c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
        turned = np.stack([c * place[..., 0] - s * place[..., 1], s * place[..., 0] + c * place[..., 1]], -1)
        layers.append(turned + centre - anatomy.layer(across))
    return np.stack(layers, axis=1)
