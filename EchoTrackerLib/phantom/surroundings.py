"""What lies around the wall in an apical view: chambers, valves, the neighboring ventricle, the pericardium."""

from __future__ import annotations

import numpy as np

from .parameters import PhantomParameters


class Surroundings:
    """Shapes at end-diastole in mm, in (u, z): u to the right, z from apex to base.

    Attributes:
        chambers, walls, bright, leaflets, free_wall, roof: see `anatomy.Anatomy`.
    """

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


def _ellipse(centre: tuple[float, float], half: tuple[float, float], count: int = 48) -> np.ndarray:
    angle = np.linspace(0.0, 2 * np.pi, count, endpoint=False)
    return np.stack([centre[0] + half[0] * np.cos(angle), centre[1] + half[1] * np.sin(angle)], axis=1)
