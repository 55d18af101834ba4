"""Shapes at end-diastole, in mm: the wall's contour, the chambers around it, valves and surroundings.

Image coordinates: x to the right, y down (depth), the probe at (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..cine.geometry import resample_line
from .parameters import PhantomParameters
from .surroundings import Surroundings

N_WALL = 121  # samples along the wall


@dataclass(frozen=True)
class Anatomy:
    """End-diastolic geometry in mm.

    Attributes:
        mid: [S, 2] mid-wall from left base over the apex to the right base (SAX: closed, first point not repeated).
        normal: [S, 2] unit, from the cavity outwards.
        thickness: [S].
        apex: index of the apex in `mid` (SAX: 0).
        axis_point, axis: a point on and the unit direction of the long axis (towards the base).
        chambers: polygons of blood by name.
        walls: polygons of myocardium of other chambers.
        bright: polylines with a width in mm of bright structures (pericardium, septa).
        leaflets: polylines [K, 2] hinge -> tip with their opening rotation in degrees and their valve.
        free_wall: [K, 2] contour of the neighboring ventricle's free wall, or empty.
        roof: [K, 2] points of the atria's far wall, which hardly move.
        papillary: [K, 3] x, y, radius of muscles in the cavity.
    """

    mid: np.ndarray
    normal: np.ndarray
    thickness: np.ndarray
    apex: int
    axis_point: np.ndarray
    axis: np.ndarray
    chambers: dict[str, np.ndarray]
    walls: tuple[np.ndarray, ...]
    bright: tuple[tuple[np.ndarray, float], ...]
    leaflets: tuple[tuple[np.ndarray, float, str], ...]
    free_wall: np.ndarray
    roof: np.ndarray
    papillary: np.ndarray

    @property
    def along(self) -> np.ndarray:
        """Place of each mid-wall sample, 0..1 by end-diastolic arc length, [S]."""
        count = len(self.mid)
        return np.arange(count) / count if self.closed else np.linspace(0.0, 1.0, count)

    @property
    def closed(self) -> bool:
        """Whether the wall is a ring (short axis)."""
        return bool(np.linalg.norm(self.mid[0] - self.mid[-1]) < 5.0)

    def layer(self, across: float) -> np.ndarray:
        """Contour at a depth across the wall, -0.5 endocardium to 0.5 epicardium, [S, 2]."""
        return self.mid + across * self.thickness[:, None] * self.normal

    @property
    def cavity(self) -> np.ndarray:
        """Polygon of the ventricle's blood."""
        return self.layer(-0.5)

    @property
    def wall(self) -> np.ndarray:
        """Polygon of the wall (SAX: the whole disk; the cavity is drawn over it)."""
        outer = self.layer(0.5)
        return outer if self.closed else np.concatenate([outer, self.cavity[::-1]])


def _bumps(rng: np.random.Generator, along: np.ndarray, size: float, closed: bool) -> np.ndarray:
    """Smooth random curve of SD `size` over the wall's place."""
    waves = np.arange(1, 5)
    phase = 2 * np.pi * along[:, None] * waves * (1.0 if closed else 0.5)
    weights = rng.normal(size=(2, len(waves))) / waves
    return size * (np.sin(phase) @ weights[0] + np.cos(phase) @ weights[1])


def build_anatomy(parameters: PhantomParameters) -> Anatomy:
    """Return the end-diastolic geometry of the parameters' view."""
    rng = np.random.default_rng([parameters.seed, 1])
    if parameters.view == "SAX":
        return _short_axis(parameters, rng)
    return _apical(parameters, rng)


def _normals(mid: np.ndarray, closed: bool) -> np.ndarray:
    tangent = np.roll(mid, -1, 0) - np.roll(mid, 1, 0) if closed else np.gradient(mid, axis=0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    return normal / np.linalg.norm(normal, axis=1, keepdims=True)


def _apical(p: PhantomParameters, rng: np.random.Generator) -> Anatomy:
    """Open U: drawn in (u, z), u to the right and z from apex to base, then turned and moved to the image."""
    length, width, right = p.length_mm, p.half_width_mm, p.view == "RV"
    centre = 0.62 * length
    end = np.arccos(-(length - centre) / centre)
    angle = np.linspace(-end, end, 400)
    side = np.where(angle < 0, rng.uniform(0.85, 1.0), rng.uniform(0.95, 1.1))
    line = np.stack([width * np.sin(angle) * side, centre - centre * np.cos(angle)], axis=1)
    line = resample_line(line, N_WALL)
    along = np.linspace(0.0, 1.0, N_WALL)
    line += _normals(line, False) * _bumps(rng, along, p.shape_mm, False)[:, None]
    line = resample_line(line, N_WALL)
    apex = int(np.argmin(line[:, 1]))
    line -= [0.0, line[apex, 1]]
    thickness = p.wall_mm * (1.0 - 0.3 * np.exp(-0.5 * ((along - 0.5) / 0.12) ** 2))
    thickness = thickness * (1.0 + _bumps(rng, along, 0.05, False))
    if right:
        thickness = thickness * np.interp(along, [0.0, 0.42, 0.6, 1.0], [0.5, 0.5, 1.0, 1.0])
    normal = _normals(line, False)
    tilt = np.radians(p.tilt_deg)
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    origin = np.array([p.axis_offset_mm, p.apex_depth_mm])

    def place(points: np.ndarray) -> np.ndarray:
        return np.asarray(points) @ turn.T + origin

    around = Surroundings(p, rng, line, normal, thickness)
    return Anatomy(
        mid=place(line),
        normal=normal @ turn.T,
        thickness=thickness,
        apex=apex,
        axis_point=origin,
        axis=turn @ np.array([0.0, 1.0]),
        chambers={name: place(polygon) for name, polygon in around.chambers.items()},
        walls=tuple(place(polygon) for polygon in around.walls),
        bright=tuple((place(polyline), mm) for polyline, mm in around.bright),
        leaflets=tuple((place(polyline), degrees, valve) for polyline, degrees, valve in around.leaflets),
        free_wall=place(around.free_wall) if len(around.free_wall) else np.zeros((0, 2)),
        roof=place(around.roof),
        papillary=_papillary(p, rng, place(line - 0.5 * thickness[:, None] * normal), -normal @ turn.T),
    )


def _papillary(p: PhantomParameters, rng: np.random.Generator, endo: np.ndarray, inward: np.ndarray) -> np.ndarray:
    """Trabeculae at the apical two thirds and a papillary muscle or two, [K, 3] x, y, radius in mm."""
    count = len(endo)
    muscles = rng.integers(0, 3)
    at = np.r_[rng.uniform(0.2, 0.85, p.trabeculae), rng.choice([0.27, 0.72], muscles) + rng.normal(0, 0.03, muscles)]
    radius = np.r_[rng.uniform(1.0, 2.2, p.trabeculae), rng.uniform(2.5, 4.0, muscles)]
    depth = np.r_[rng.uniform(-0.5, 4.0, p.trabeculae), rng.uniform(3.0, 7.0, muscles)]
    index = np.clip((at * count).astype(int), 0, count - 1)
    return np.concatenate([endo[index] + depth[:, None] * inward[index], radius[:, None]], axis=1)


def _short_axis(p: PhantomParameters, rng: np.random.Generator) -> Anatomy:
    """Ring: the left ventricle, the right ventricle's crescent at its left, two papillary muscles."""
    radius = 0.95 * p.half_width_mm
    angle = np.linspace(0.0, 2 * np.pi, 360, endpoint=False) + np.pi / 2
    along = np.linspace(0.0, 1.0, 360, endpoint=False)
    centre = np.array([p.axis_offset_mm, p.apex_depth_mm + 12.0 + radius + 0.5 * p.wall_mm])
    size = radius + _bumps(rng, along, 0.7 * p.shape_mm, True)
    mid = centre + size[:, None] * np.stack([np.cos(angle), np.sin(angle) * rng.uniform(0.9, 1.05)], axis=1)
    mid = resample_line(mid, N_WALL, closed=True)
    along = np.arange(N_WALL) / N_WALL
    normal = _normals(mid, True)
    normal *= np.sign(np.sum(normal * (mid - centre)))
    thickness = p.wall_mm * (1.0 + _bumps(rng, along, 0.05, True))
    septum = (along > 0.1) & (along < 0.42)
    outer = (mid + 0.5 * thickness[:, None] * normal)[septum]
    wide = rng.uniform(16.0, 28.0) * np.sin(np.linspace(0, np.pi, len(outer)))[:, None]
    far = outer + wide * normal[septum]
    ring = mid + (0.5 * thickness[:, None] + 3.0) * normal
    free = (along > 0.45) & (along < 0.98)
    turn = rng.uniform(-0.3, 0.3)
    muscles = np.array([[0.55, 0.75 + turn], [0.55, 2.2 + turn]])
    papillary = [
        [*(centre + share * (radius - 0.5 * p.wall_mm) * np.array([np.cos(a), np.sin(a)])), rng.uniform(4.0, 6.0)]
        for share, a in muscles
    ]
    return Anatomy(
        mid=mid,
        normal=normal,
        thickness=thickness,
        apex=0,
        axis_point=centre,
        axis=np.array([0.0, 1.0]),
        chambers={"neighbour": np.concatenate([outer + 0.6 * normal[septum], far[::-1]])},
        walls=(np.concatenate([far, (far + 4.0 * normal[septum])[::-1]]),),
        bright=((ring[free], float(rng.uniform(2.5, 6.0))), (far + 5.0 * normal[septum], 2.5)),
        leaflets=(),
        free_wall=far[::4],
        roof=np.zeros((0, 2)),
        papillary=np.asarray(papillary),
    )
