"""What reflects: a map of echo strength at end-diastole, and random scatterers drawn from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates

from .anatomy import Anatomy
from .parameters import PhantomParameters

GRID_MM = 0.5
LOW = np.array([-150.0, -10.0])
HIGH = np.array([150.0, 250.0])
_NOTHING = -60.0


@dataclass(frozen=True)
class Scatterers:
    """Point reflectors in material coordinates.

    Attributes:
        material: float32 [N, 2] mm.
        amplitude: complex64 [N].
        rate: float32 [N] rad/mm, phase change by out-of-plane motion (normal with SD 1 / elevation length).
        base_share: float32 [N] 0 at the apex, 1 at the base: share of the cyclic out-of-plane motion.
    """

    material: np.ndarray
    amplitude: np.ndarray
    rate: np.ndarray
    base_share: np.ndarray

    def __len__(self) -> int:
        return len(self.material)

    def select(self, keep: np.ndarray) -> Scatterers:
        """Return the scatterers of a bool mask or indices."""
        return Scatterers(self.material[keep], self.amplitude[keep], self.rate[keep], self.base_share[keep])


@dataclass(frozen=True)
class Leaflet:
    """A valve leaflet's scatterers, turning around its hinge."""

    scatterers: Scatterers
    hinge: np.ndarray
    share: np.ndarray  # [N] 0 at the hinge, 1 at the tip
    opening_rad: float
    valve: str

    def moved(self, opening: float) -> np.ndarray:
        """Material positions [N, 2] mm when the valve is open by 0..1."""
        angle = self.opening_rad * opening * (0.6 + 0.4 * self.share)
        c, s = np.cos(angle), np.sin(angle)
        apart = self.scatterers.material - self.hinge
        return self.hinge + np.stack([c * apart[:, 0] - s * apart[:, 1], s * apart[:, 0] + c * apart[:, 1]], axis=1)


class EchoMap:
    """Echo strength in dB over the end-diastolic plane, painted layer by layer."""

    def __init__(self, level_db: float) -> None:
        self.shape = tuple(int(v) for v in np.ceil((HIGH - LOW) / GRID_MM).astype(int)[::-1])
        self.db = np.full(self.shape, level_db, np.float32)

    def mask(self, polygon: np.ndarray, soft_mm: float = 0.6) -> np.ndarray:
        """Soft mask 0..1 of a polygon in mm."""
        return self._drawn(lambda draw, xy: draw.polygon(xy, fill=1.0), polygon, soft_mm)

    def line_mask(self, line: np.ndarray, width_mm: float) -> np.ndarray:
        """Soft mask 0..1 of a polyline in mm."""
        pixels = max(1, round(width_mm / GRID_MM))
        return self._drawn(
            lambda draw, xy: draw.line(xy, fill=1.0, width=pixels, joint="curve"), line, 0.3 * width_mm + 0.3
        )

    def _drawn(
        self, action: Callable[[Any, list[tuple[float, float]]], None], points: np.ndarray, soft_mm: float
    ) -> np.ndarray:
        """Draw and blur inside the box that the drawing can reach."""
        from PIL import Image, ImageDraw

        margin = 4.0 * soft_mm + 6.0
        low = np.clip(np.floor((points.min(0) - margin - LOW) / GRID_MM), 0, self.shape[::-1]).astype(int)
        high = np.clip(np.ceil((points.max(0) + margin - LOW) / GRID_MM), low + 1, self.shape[::-1]).astype(int)
        image = Image.new("F", (int(high[0] - low[0]), int(high[1] - low[1])))
        action(ImageDraw.Draw(image), [tuple(v) for v in ((points - LOW) / GRID_MM - low).tolist()])
        mask = np.zeros(self.shape, np.float32)
        box = mask[low[1] : high[1], low[0] : high[0]]
        box[:] = gaussian_filter(np.asarray(image, np.float32), soft_mm / GRID_MM)[: box.shape[0], : box.shape[1]]
        return mask

    def paint(self, mask: np.ndarray, level_db: object) -> None:
        """Blend towards a level (number or map) where the mask is 1."""
        self.db += mask * (np.asarray(level_db, np.float32) - self.db)

    def sample(self, points: np.ndarray) -> np.ndarray:
        """Level in dB at points [N, 2] mm."""
        at = (points - LOW) / GRID_MM
        return map_coordinates(self.db, [at[:, 1], at[:, 0]], order=1, mode="nearest")


def _smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], scale_mm: float) -> np.ndarray:
    """Random map of SD 1 and a correlation length in mm (drawn coarse, enlarged)."""
    step = max(1, int(scale_mm / GRID_MM / 2))
    coarse = gaussian_filter(rng.standard_normal([n // step + 4 for n in shape]), scale_mm / GRID_MM / step)
    coarse /= coarse.std()
    rows, cols = (np.arange(n) / step for n in shape)
    return map_coordinates(coarse, np.meshgrid(rows, cols, indexing="ij"), order=1).astype(np.float32)


def build_echo_map(parameters: PhantomParameters, anatomy: Anatomy) -> tuple[EchoMap, np.ndarray]:
    """Return the tissue's echo strength and the soft mask of all blood."""
    p, rng = parameters, np.random.default_rng([parameters.seed, 3])
    image = EchoMap(p.background_db)
    image.db += 6.0 * _smooth_noise(rng, image.shape, 16.0) + 3.0 * _smooth_noise(rng, image.shape, 5.0)
    heart = image.mask(anatomy.layer(0.5), 2.0)
    for polygon in (*anatomy.chambers.values(), *anatomy.walls):
        heart = np.maximum(heart, image.mask(polygon, 2.0))
    reach = rng.uniform(8.0, 16.0)
    image.db -= p.lung_db * (1.0 - np.clip(2.2 * _blurred(heart, reach), 0, 1))
    corner = anatomy.axis_point + rng.uniform([-75.0, 25.0], [-45.0, 70.0])
    liver = np.array([corner, [corner[0] + 25.0, HIGH[1]], [LOW[0], HIGH[1]], [LOW[0], corner[1] - 25.0]])
    image.paint(image.mask(liver, 4.0) * (1.0 - heart), p.liver_db)
    patches = p.patchiness_db * (
        0.75 * _smooth_noise(rng, image.shape, 10.0) + 0.65 * _smooth_noise(rng, image.shape, 2.5)
    )
    blood = np.zeros(image.shape, np.float32)
    for line, width in anatomy.bright:
        image.paint(image.line_mask(line, width).clip(0, 1), p.pericardium_db + patches)
    for polygon in anatomy.chambers.values():
        mask = image.mask(polygon)
        image.paint(mask, _NOTHING)
        blood = np.maximum(blood, mask)
    for polygon in anatomy.walls:
        image.paint(image.mask(polygon), -2.0 + patches)
    image.paint(image.mask(anatomy.wall), _wall_level(p, anatomy, image) + patches)
    cavity = image.mask(anatomy.cavity)
    image.paint(cavity, _NOTHING)
    blood = np.maximum(blood * (1.0 - image.mask(anatomy.wall)), cavity)
    _paint_details(p, anatomy, image, patches, rng)
    return image, blood


def _blurred(mask: np.ndarray, size_mm: float) -> np.ndarray:
    """Wide blur of a map, on a fourfold coarser grid."""
    small = gaussian_filter(mask[::4, ::4], size_mm / GRID_MM / 4)
    rows, cols = (np.arange(n) / 4 for n in mask.shape)
    return map_coordinates(small, np.meshgrid(rows, cols, indexing="ij"), order=1, mode="nearest")


def _wall_level(p: PhantomParameters, anatomy: Anatomy, image: EchoMap) -> np.ndarray:
    """Level of the wall: weaker where it runs along the beam, a little stronger at its borders."""
    beam = anatomy.mid / np.linalg.norm(anatomy.mid, axis=1, keepdims=True)
    across = np.abs((beam * anatomy.normal).sum(1))
    level = p.anisotropy_db * (gaussian_filter1d(across, 3.0) - 0.45)
    level = level.clip(-0.6 * p.anisotropy_db, 0.35 * p.anisotropy_db)
    total, weight = np.zeros(image.shape, np.float32), np.full(image.shape, 1e-3, np.float32)
    inner, outer = anatomy.layer(-0.7), anatomy.layer(0.7)
    step = 6
    for start in range(0, len(level) - 1, step):
        part = slice(start, start + step + 1)
        mask = image.mask(np.concatenate([inner[part], outer[part][::-1]]), 2.0)
        total += mask * level[part].mean()
        weight += mask
    return total / weight


def _paint_details(
    p: PhantomParameters, anatomy: Anatomy, image: EchoMap, patches: np.ndarray, rng: np.random.Generator
) -> None:
    """Endocardial border (broken), papillary muscles and trabeculae."""
    endo = anatomy.layer(-0.45)
    if anatomy.closed:
        endo = np.concatenate([endo, endo[:1]])
    broken = np.clip(0.5 + 1.2 * _smooth_noise(rng, image.shape, 5.0), 0, 1)
    image.paint(0.7 * broken * image.line_mask(endo, 1.5).clip(0, 1), p.border_db + patches)
    for x, y, radius in anatomy.papillary:
        angle = np.linspace(0, 2 * np.pi, 16)
        wobble = radius * (1.0 + 0.2 * rng.normal(size=16))
        blob = np.stack([x + wobble * np.cos(angle), y + 1.4 * wobble * np.sin(angle)], axis=1)
        image.paint(0.9 * image.mask(blob), rng.normal(-1.0, 4.0) + patches)


def draw_tissue(p: PhantomParameters, anatomy: Anatomy, image: EchoMap) -> Scatterers:
    """Uniform random scatterers over the sector (with a margin for motion), as strong as the map says."""
    rng = np.random.default_rng([p.seed, 4])
    points = _uniform(p, rng, p.tissue_density)
    rough = np.stack([_smooth_noise(rng, image.shape, 2.5) for _ in range(2)])
    at = np.round((points - LOW) / GRID_MM).astype(int).T
    inside = np.clip(at, 0, np.array(image.shape[::-1])[:, None] - 1)
    level = image.sample(points + p.border_roughness_mm * rough[:, inside[1], inside[0]].T)
    keep = level > -40.0
    return _scatterers(p, anatomy, rng, points[keep], level[keep])


def draw_blood(p: PhantomParameters, anatomy: Anatomy) -> Scatterers:
    """Uniform scatterers that are weighted by the blood mask wherever the flow has carried them."""
    rng = np.random.default_rng([p.seed, 5])
    points = _uniform(p, rng, 0.5 * p.tissue_density)
    drawn = _scatterers(p, anatomy, rng, points, np.full(len(points), p.blood_db + 3.0))
    return Scatterers(drawn.material, drawn.amplitude, 6.0 * drawn.rate, drawn.base_share)


def draw_leaflets(p: PhantomParameters, anatomy: Anatomy) -> tuple[Leaflet, ...]:
    """Scatterers along each leaflet, about 1.5 mm thick."""
    rng = np.random.default_rng([p.seed, 6])
    leaflets = []
    for line, degrees, valve in anatomy.leaflets:
        length = float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())
        count = int(length * 1.5 * 2.5 * p.tissue_density)
        share = rng.random(count)
        at = share * (len(line) - 1)
        points = np.stack([np.interp(at, np.arange(len(line)), line[:, k]) for k in (0, 1)], 1)
        points += rng.normal(0, 0.5, points.shape)
        scatterers = _scatterers(p, anatomy, rng, points, np.full(count, p.leaflet_db - 6.0))
        leaflets.append(Leaflet(scatterers, line[0], share, float(np.radians(degrees)), valve))
    return tuple(leaflets)


def _uniform(p: PhantomParameters, rng: np.random.Generator, density: float) -> np.ndarray:
    """Random points [N, 2] in the sector, widened by 12 mm, with `density` per mm^2."""
    half = np.radians(0.5 * p.sector_deg)
    reach = p.depth_mm + 12.0
    width = reach * np.sin(half) + 12.0
    points = rng.uniform([-width, 0.0], [width, reach], (int(2 * width * reach * density), 2))
    inside = (np.abs(points[:, 0]) < np.tan(half) * points[:, 1] + 12.0) & (np.hypot(*points.T) < reach)
    return points[inside]


def _scatterers(
    p: PhantomParameters, anatomy: Anatomy, rng: np.random.Generator, points: np.ndarray, level_db: np.ndarray
) -> Scatterers:
    count = len(points)
    strength = 10.0 ** (level_db / 20.0) * np.exp(rng.normal(0.0, p.bright_tail, count) - p.bright_tail**2)
    wave = (rng.standard_normal(count) + 1j * rng.standard_normal(count)) / np.sqrt(2.0)
    share = np.zeros(count) if anatomy.closed else (points - anatomy.axis_point) @ anatomy.axis / p.length_mm
    return Scatterers(
        points.astype(np.float32),
        (strength * wave).astype(np.complex64),
        (rng.standard_normal(count) * np.sqrt(2.0 * np.log(2.0)) / p.elevation_mm).astype(np.float32),
        (np.ones(count) if anatomy.closed else 0.25 + 0.75 * share.clip(0, 1.2)).astype(np.float32),
    )
