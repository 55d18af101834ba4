"""Shapes at end-diastole, in mm: the wall's contour, the chambers around it, valves and surroundings.

Image coordinates: x to the right, y down (depth), the probe at (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..cine.geometry import resample_line
from .parameters import PhantomParameters

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


def _ellipse(centre: tuple[float, float], half: tuple[float, float], count: int = 48) -> np.ndarray:
    angle = np.linspace(0.0, 2 * np.pi, count, endpoint=False)
    return np.stack([centre[0] + half[0] * np.cos(angle), centre[1] + half[1] * np.sin(angle)], axis=1)


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

    around = _Surroundings(p, rng, line, normal, thickness)
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


class _Surroundings:
    """Chambers, valves and membranes around an apical view, in (u, z)."""

    def __init__(
        self,
        p: PhantomParameters,
        rng: np.random.Generator,
        line: np.ndarray,
        normal: np.ndarray,
        thickness: np.ndarray,
    ) -> None:
        self.endo = line - 0.5 * thickness[:, None] * normal
        self.epi = line + 0.5 * thickness[:, None] * normal
        self.length = p.length_mm
        self.p, self.rng = p, rng
        self.chambers: dict[str, np.ndarray] = {}
        self.walls: list[np.ndarray] = []
        self.bright: list[tuple[np.ndarray, float]] = []
        self.leaflets: list[tuple[np.ndarray, float, str]] = []
        self.free_wall = np.zeros((0, 2))
        left, right = self.endo[0], self.endo[-1]
        middle = 0.5 * (left + right)
        size = 0.5 * float(np.linalg.norm(right - left))
        depth = rng.uniform(0.2, 0.3) * self.length
        self._atrium("atrium", (middle[0], middle[1] + depth), (1.15 * size, depth))
        self.roof = np.array([middle[0] + np.linspace(-1.2, 1.2, 5) * size, np.full(5, middle[1] + 2.1 * depth)]).T
        if p.view == "APLAX":
            self._outflow(left, right, size)
        else:
            self._valve(left, right, 0.62, 0.45, "inflow")
        if p.view in ("A4C", "RV"):
            self._neighbour(-1 if p.view == "A4C" else 1)
        self._pericardium()

    def _atrium(self, name: str, centre: tuple[float, float], half: tuple[float, float]) -> None:
        polygon = _ellipse(centre, half)
        self.chambers[name] = polygon
        self.bright.append((np.concatenate([polygon, polygon[:1]]), 2.5))

    def _valve(self, left: np.ndarray, right: np.ndarray, first: float, second: float, valve: str) -> None:
        """Two leaflets that meet below the line of the annulus; they open towards the ventricle."""
        across = right - left
        meet = left + 0.58 * across + np.array([0.0, -0.06 * np.linalg.norm(across)])
        for hinge, share, degrees in ((left, first, -65.0), (right, second, 60.0)):
            tip = hinge + (meet - hinge) * (share / max(share, 0.58) if hinge is left else 1.0)
            dome = np.linspace(0, 1, 9)[:, None]
            bow = np.array([0.0, 0.08 * np.linalg.norm(tip - hinge)]) * np.sin(np.pi * dome)
            self.leaflets.append((hinge + dome * (tip - hinge) + bow, degrees, valve))

    def _outflow(self, left: np.ndarray, right: np.ndarray, size: float) -> None:
        """Aortic root on the right of the mitral valve, right ventricular outflow beyond the anteroseptum."""
        across = right - left
        continuity = left + 0.58 * across + np.array([0.0, 4.0])
        self._valve(left, continuity, 0.62, 0.45, "inflow")
        down = np.array([0.35, 1.0]) / np.hypot(0.35, 1.0)
        reach = 0.55 * self.length
        root = np.array([continuity, right, right + reach * down, continuity + reach * down])
        self.chambers["aorta"] = root
        for start in (continuity, right):
            self.bright.append((np.array([start, start + reach * down]), 2.5))
        centre = 0.5 * (continuity + right) + 7.0 * down
        for hinge, degrees in ((continuity + 4 * down, 55.0), (right + 4 * down, -55.0)):
            self.leaflets.append((hinge + np.linspace(0, 1, 6)[:, None] * (centre - hinge), degrees, "outflow"))
        outer = self.epi[-48:]
        gap = np.interp(np.arange(48), [0, 16, 47], [1.0, 10.0, 16.0])[:, None]
        far = outer + np.array([1.0, 0.05]) * gap
        self.chambers["outflow"] = np.concatenate([outer + np.array([0.8, 0.0]), far[::-1]])
        self.bright.append((far, 3.0))

    def _neighbour(self, side: int) -> None:
        """The other ventricle beside the septum (left of the LV, right of the RV) with its atrium and valve."""
        epi = self.epi if side < 0 else self.epi[::-1]
        septum = epi[: int(0.42 * len(epi))]
        wide = self.rng.uniform(24.0, 42.0) * (1.0 if side < 0 else 1.3)
        base, top = septum[0] + side * np.array([0.9 * wide, 0.0]), septum[-1]
        control = np.array(
            [
                base,
                base + np.array([side * 0.15 * wide, -0.3 * self.length]),
                top + np.array([side * 0.55 * wide, 0.16 * self.length]),
                top,
            ]
        )
        t = np.linspace(0, 1, 40)[:, None]
        curve = (
            (1 - t) ** 3 * control[0]
            + 3 * (1 - t) ** 2 * t * control[1]
            + 3 * (1 - t) * t**2 * control[2]
            + t**3 * control[3]
        )
        inner = septum + side * np.array([0.6, 0.0])
        self.chambers["neighbour"] = np.concatenate([inner, curve[::-1]])
        muscle = self.rng.uniform(3.5, 6.0) * (1.0 if side < 0 else 2.0)
        outward = np.stack([np.gradient(curve[:, 1]), -np.gradient(curve[:, 0])], axis=1)
        outward *= -side * -1.0 / np.linalg.norm(outward, axis=1, keepdims=True)
        outward *= np.sign((outward[:, 0] * side).sum())
        self.walls.append(np.concatenate([curve, (curve + muscle * outward)[::-1]]))
        self.bright.append((curve + (muscle + 1.5) * outward, 3.0))
        self.free_wall = curve[::3]
        depth = self.rng.uniform(0.2, 0.26) * self.length
        middle = 0.5 * (septum[0] + base)
        self._atrium("neighbor atrium", (middle[0] + side * 2.0, middle[1] + depth), (0.5 * wide, depth))
        hinges = (base, septum[0]) if side < 0 else (septum[0], base)
        self._valve(hinges[0], hinges[1], 0.62, 0.45, "inflow")
        self.roof = np.concatenate([self.roof, [[middle[0], middle[1] + 2.1 * depth]]])

    def _pericardium(self) -> None:
        """Bright membrane outside the free wall (A2C, APLAX: both or the left wall), continued below the annulus."""
        third = len(self.epi) // 3
        sides = {"A4C": (1,), "RV": (-1,), "A2C": (-1, 1), "APLAX": (-1,)}[self.p.view]
        for side in sides:
            wall = self.epi[::-1] if side > 0 else self.epi
            wall = wall[: third + 8]
            gap = self.rng.uniform(2.0, 4.0)
            line = wall + np.array([side * gap, 0.0])
            below = line[0] + np.array([[-side * 6.0, 0.45 * self.length], [side * 1.0, 0.2 * self.length]])
            self.bright.append((np.concatenate([below, line]), float(self.rng.uniform(4.0, 10.0))))


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
