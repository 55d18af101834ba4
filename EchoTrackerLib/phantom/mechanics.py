"""Wall mechanics: where the control points of the motion go, and how the whole heart moves.

The wall slides along its contour by the integral of the local strain, thickens because it is incompressible, and its
inner layer shears against the outer one.
"""

from __future__ import annotations

import numpy as np

from .anatomy import Anatomy
from .cycle import activity, segment_activity
from .parameters import PhantomParameters

_LAYERS = (-0.5, 0.0, 0.5)


def wander(times_s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Slow smooth random curve [T] of about unit amplitude, zero at the first time."""
    phase, rate = rng.uniform(0, 2 * np.pi, 3), rng.uniform(0.15, 0.9, 3)
    curve = np.sin(2 * np.pi * rate * times_s[:, None] + phase).mean(axis=1)
    return 1.4 * (curve - curve[0])


def rigid_motion(p: PhantomParameters, times_s: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rotation [T] rad and translation [T, 2] mm by swinging in the chest, probe drift and breathing."""
    beat = activity(p, times_s)
    direction = rng.uniform(0, 2 * np.pi)
    lag = activity(p, times_s - 0.05)
    swing = p.swing_mm * np.stack([np.cos(direction) * beat, 0.5 * np.sin(direction) * lag], axis=1)
    drift = p.drift_mm * np.stack([wander(times_s, rng), 0.6 * wander(times_s, rng)], axis=1)
    start = rng.uniform(0, 2 * np.pi)
    breath = np.sin(2 * np.pi * times_s / p.breathing_period_s + start) - np.sin(
        2 * np.pi * times_s[0] / p.breathing_period_s + start
    )
    breathing = p.breathing_mm * breath[:, None] * np.array([0.5, 0.9])
    turn = np.radians(p.rotation_deg) * (0.6 * rng.choice([-1, 1]) * beat + 0.5 * wander(times_s, rng))
    return turn, swing + drift + breathing


def control_displacements(p: PhantomParameters, anatomy: Anatomy, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
