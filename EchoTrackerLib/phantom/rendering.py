"""All frames of a clip: what moves how, put before the scanner."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..progress import Progress
from .anatomy import Anatomy
from .cycle import opening
from .display import burn_in, compress, process
from .imaging import ImageGrid, Scanner
from .motion import Motion
from .parameters import PhantomParameters
from .tissue import GRID_MM, LOW, Leaflet, Scatterers, build_echo_map, draw_blood, draw_leaflets, draw_tissue

_BLOOD_RATE = 100.0  # mm/s of out-of-plane flow: blood loses its speckle within a few frames


def render(
    p: PhantomParameters, anatomy: Anatomy, motion: Motion, grid: ImageGrid, times: np.ndarray, progress: Progress
) -> np.ndarray:
    """Image all frames, uint8 [T, rows, cols]; `times` [T] in s, 0 at end-diastole."""
    image, blood_mask = build_echo_map(p, anatomy)
    tissue = _Tissue(p, motion, draw_tissue(p, anatomy, image))
    blood = _Blood(p, motion, draw_blood(p, anatomy), blood_mask, times)
    leaflets = _Leaflets(p, motion, draw_leaflets(p, anatomy), times)
    count = len(anatomy.mid)
    middle = count // 2 if anatomy.closed else anatomy.apex
    scanner = Scanner(p, grid, anatomy.mid[[count // 5, middle, 4 * count // 5]])
    rng = np.random.default_rng([p.seed, 10])
    turn = 0.5 * gaussian_filter1d(np.cumsum(rng.normal(0, 0.05, len(times))), 3.0)
    grey = np.empty((len(times), p.rows, p.cols), np.float32)
    for t in range(len(times)):
        parts = [source.on_frame(t) for source in (tissue, blood, leaflets)]
        points, amplitude, phase = (np.concatenate([part[k] for part in parts]) for k in range(3))
        grey[t] = scanner.grey(scanner.deposit(points, amplitude, phase), float(turn[t]))
        progress("Phantom", (t + 1) / len(times))
    frames = np.round(process(p, grey)).astype(np.uint8)
    burn_in(p, frames, times - times[0])
    return compress(p, frames)


_OnFrame = tuple[np.ndarray, np.ndarray, np.ndarray]  # points [N, 2] mm, complex amplitude [N], phase [N]


class _Tissue:
    """Muscle, membranes and surroundings: exactly on the motion's map, fading into the fixed chest wall."""

    def __init__(self, p: PhantomParameters, motion: Motion, scatterers: Scatterers) -> None:
        self.p, self.motion, self.scatterers = p, motion, scatterers
        self.moving = motion.moving(scatterers.material)

    def on_frame(self, frame: int) -> _OnFrame:
        motion, own = self.motion, self.scatterers
        points = motion.rigid(own.material + self.moving.displacement(frame), frame)
        away = np.float32(self.p.out_of_plane_mm * motion.activity[frame])
        phase = own.rate * (away * own.base_share + np.float32(motion.out_of_plane[frame]))
        depth = np.sqrt(points[:, 0] ** 2 + points[:, 1] ** 2)
        fade = np.clip((depth - np.float32(self.p.near_field_mm - 3.0)) / 6.0, 0.0, 1.0)
        return points, own.amplitude * fade, phase


class _Blood:
    """Blood: carried with the chambers, drifting inside them, weighted by the chambers' mask where it has come."""

    def __init__(
        self, p: PhantomParameters, motion: Motion, scatterers: Scatterers, mask: np.ndarray, times: np.ndarray
    ) -> None:
        rng = np.random.default_rng([p.seed, 11])
        step = gaussian_filter1d(rng.normal(0, 60.0 / p.fps, (len(times), 2)), 3.0, axis=0)
        self.walk = np.cumsum(step, axis=0).astype(np.float32)
        self.walk -= self.walk[len(times) // 2]
        self.motion, self.mask, self.times = motion, mask, times
        near = self._inside(scatterers.material, mask) > 0.0
        reach = float(np.abs(self.walk).max()) + 2.0
        for shift in ((-reach, 0), (reach, 0), (0, -reach), (0, reach)):
            near |= self._inside(scatterers.material + np.array(shift, np.float32), mask) > 0.0
        self.scatterers = scatterers.select(near)
        self.moving = motion.moving(self.scatterers.material)

    @staticmethod
    def _inside(material: np.ndarray, mask: np.ndarray) -> np.ndarray:
        at = np.round((material - LOW) / GRID_MM).astype(np.int32)
        return mask[at[:, 1].clip(0, mask.shape[0] - 1), at[:, 0].clip(0, mask.shape[1] - 1)]

    def on_frame(self, frame: int) -> _OnFrame:
        own, walk = self.scatterers, self.walk[frame]
        weight = self._inside(own.material + walk, self.mask)
        # the chamber's displacement at the scatterer's first place: blood needs no exact track
        points = self.motion.rigid(own.material + walk + self.moving.displacement(frame), frame)
        phase = own.rate * np.float32(_BLOOD_RATE * self.times[frame])
        return points, own.amplitude * weight, phase


class _Leaflets:
    """Valve leaflets: turning around hinges that move with the tissue."""

    def __init__(self, p: PhantomParameters, motion: Motion, leaflets: tuple[Leaflet, ...], times: np.ndarray) -> None:
        self.p, self.motion, self.leaflets = p, motion, leaflets
        self.opening = dict(zip(("inflow", "outflow"), opening(p, times)))

    def on_frame(self, frame: int) -> _OnFrame:
        points, amplitude, phase = [np.zeros((0, 2))], [np.zeros(0, np.complex64)], [np.zeros(0)]
        for leaflet in self.leaflets:
            opened = float(self.opening[leaflet.valve][frame])
            away = 3.0 * opened + self.p.out_of_plane_mm * self.motion.activity[frame]
            points.append(leaflet.moved(opened))
            amplitude.append(leaflet.scatterers.amplitude)
            phase.append(leaflet.scatterers.rate * away)
        material = np.concatenate(points)
        moved = self.motion.forward_on(material, frame)
        return moved, np.concatenate(amplitude), np.concatenate(phase)
