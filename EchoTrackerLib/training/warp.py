"""Real texture, exact truth: a frame moved by a known smooth deformation, losing its speckle on the way.

Every output frame samples the texture through a backward map psi_t(x) = x + v_t(x); v_t is a cubic B-spline on a coarse
lattice with a Jacobian well away from folding, so the material under a pixel is known exactly and positions follow from
psi_t(position) = material, solved by fixed-point iteration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np
from scipy.ndimage import (
    binary_closing,
    binary_fill_holes,
    binary_opening,
    distance_transform_edt,
    gaussian_filter,
    label,
    map_coordinates,
    spline_filter,
)

from ..errors import BadInput

_STEEPEST = 0.45  # largest norm of the displacement's derivative


@dataclass(frozen=True)
class WarpedClip:
    """A warped clip and its truth.

    Attributes:
        frames: uint8 [T, rows, cols].
        lattice: float64 [T, G, G, 2] spline coefficients of the backward displacement, px.
        scale: pixels per lattice interval (x, y).
    """

    frames: np.ndarray
    lattice: np.ndarray
    scale: tuple[float, float]

    def track(self, points: np.ndarray, frame: int = 0) -> np.ndarray:
        """Positions float64 [N, T, 2] px of the texture at `points` [N, 2] on `frame`; exact to 0.001 px."""
        points = np.asarray(points, np.float64).reshape(-1, 2)
        material = points + self._displacement(points, frame)
        tracks = np.empty((len(points), len(self.lattice), 2))
        for t in range(len(self.lattice)):
            tracks[:, t] = self._position(material, t)
        return tracks

    def _position(self, material: np.ndarray, frame: int) -> np.ndarray:
        position = material.copy()
        for _ in range(60):
            moved = material - self._displacement(position, frame)
            change = np.abs(moved - position).max(initial=0.0)
            position = moved
            if change < 2e-4:
                break
        return position

    def _displacement(self, points: np.ndarray, frame: int) -> np.ndarray:
        nodes = self.lattice.shape[1]
        bx = _basis(points[:, 0] / self.scale[0], nodes)
        by = _basis(points[:, 1] / self.scale[1], nodes)
        return np.einsum("ni,nj,ijk->nk", by, bx, self.lattice[frame])


def _basis(at: np.ndarray, nodes: int) -> np.ndarray:
    """Cubic B-spline weights [N, nodes] at lattice coordinates [N]; the lattice starts at -1."""
    distance = np.abs(at[:, None] + 1.0 - np.arange(nodes)[None])
    inner = 2.0 / 3.0 - distance**2 + 0.5 * distance**3
    outer = np.clip(2.0 - distance, 0.0, None) ** 3 / 6.0
    return np.where(distance < 1.0, inner, outer)


def _course(rng: np.random.Generator, n_frames: int, kinds: int) -> np.ndarray:
    """Time courses [kinds, T] of about unit amplitude, zero at a random frame: beats with harmonics, and drift."""
    t = np.arange(n_frames) / max(n_frames, 2)
    beats = rng.uniform(0.4, 2.2)
    course = rng.uniform(-0.5, 0.5, (kinds, 1)) * t[None]
    for harmonic in (1, 2, 3):
        phase = rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.5, (kinds, 1))
        course = course + rng.normal(0.6, 0.3, (kinds, 1)) / harmonic**1.5 * np.sin(
            2 * np.pi * harmonic * beats * t + phase
        )
    return course - course[:, rng.integers(n_frames)][:, None]


def _draw_lattice(
    rng: np.random.Generator, n_frames: int, shape: tuple[int, int], amplitude: float, cells: int
) -> tuple[np.ndarray, tuple[float, float]]:
    """Spline coefficients [T, G, G, 2]: translation, affine part and local waves, far from folding."""
    rows, cols = shape
    nodes = cells + 3
    y, x = np.meshgrid(np.linspace(-1, 1, nodes), np.linspace(-1, 1, nodes), indexing="ij")
    fields = [np.broadcast_to(rng.normal(0, 0.35, 2), (nodes, nodes, 2))]
    fields += [np.stack([x, y], -1) @ rng.normal(0, 0.35, (2, 2)) for _ in range(2)]
    for smooth in (2.0, 1.4, 0.9):
        local = gaussian_filter(rng.standard_normal((nodes, nodes, 2)), (smooth, smooth, 0), mode="nearest")
        fields.append(local / max(float(local.std()), 1e-9) * rng.uniform(0.1, 0.6))
    lattice = np.einsum("kt,kijc->tijc", _course(rng, n_frames, len(fields)), np.stack(fields))
    lattice *= amplitude / max(float(np.sqrt((lattice**2).sum(-1).mean(axis=(1, 2))).max()), 1e-9)
    scale = ((cols - 1) / cells, (rows - 1) / cells)
    # derivatives of a cubic B-spline are bounded by the differences of neighboring coefficients
    steep = max(
        np.linalg.norm(np.diff(lattice, axis=2), axis=-1).max() / scale[0],
        np.linalg.norm(np.diff(lattice, axis=1), axis=-1).max() / scale[1],
    )
    if steep > _STEEPEST:
        middle = lattice.mean(axis=(1, 2), keepdims=True)
        lattice = middle + (lattice - middle) * (_STEEPEST / steep)
    return lattice, scale


def warp_clip(
    image: np.ndarray,
    n_frames: int,
    rng: np.random.Generator,
    amplitude: float = 8.0,
    size: Optional[tuple[int, int]] = None,
    decorrelation: float = 0.6,
    haze: float = 0.0,
    noise: float = 4.0,
    cells: int = 5,
) -> WarpedClip:
    """Move a frame by a random smooth deformation; the scanner's sector stays where it is.

    Args:
        image: uint8 [rows, cols], or [T, rows, cols] of which a random frame is taken (the others show the sector).
        n_frames: length of the clip.
        rng: all randomness.
        amplitude: largest RMS displacement over the frame, px.
        size: (rows, cols) of a random crop; None keeps the frame's size.
        decorrelation: 0..1, largest share of the fine texture that new speckle has replaced.
        haze: 0..1, strength of fixed haze over a random part of the image.
        noise: SD of fine noise that changes from frame to frame, gray levels at mid-grey.
        cells: lattice intervals; more give more local motion.

    Raises:
        BadInput: for an image of another type or smaller than `size`.
    """
    texture, sector, (top, left), (rows, cols) = _crop(image, size, rng, round(2.5 * amplitude) + 8)
    shown = sector[top : top + rows, left : left + cols]
    lattice, scale = _draw_lattice(rng, n_frames, (rows, cols), amplitude, cells)
    by, bx = _basis(np.arange(rows) / scale[1], cells + 3), _basis(np.arange(cols) / scale[0], cells + 3)
    flow = np.einsum("ri,tijk,cj->tkrc", by, lattice, bx, optimize=True).astype(np.float32)
    y, x = np.meshgrid(
        np.arange(top, top + rows, dtype=np.float32), np.arange(left, left + cols, dtype=np.float32), indexing="ij"
    )
    coarse = gaussian_filter(texture, 2.5)
    fine = texture - coarse
    strength = np.sqrt(gaussian_filter(fine**2, 3.0))
    fine = spline_filter(fine, 3).astype(np.float32)
    others = [_speckle(rng, texture.shape) for _ in range(2)]
    lost = _course(rng, n_frames, 1)[0]
    lost = np.clip(np.abs(lost) / max(float(np.abs(lost).max()), 1e-9), 0, 1) * decorrelation * rng.uniform(0.3, 1.0)
    turn = 0.5 * np.pi * lost
    veil = haze * 60.0 * _veil(rng, (rows, cols)) * (1.0 + 0.5 * _speckle(rng, (rows, cols)))
    grains = [_speckle(rng, (rows, cols)) for _ in range(4)]
    frames = np.empty((n_frames, rows, cols), np.uint8)
    for t in range(n_frames):
        at = np.stack([y + flow[t, 1], x + flow[t, 0]])
        base = map_coordinates(coarse, at, order=1, mode="nearest")
        moved = map_coordinates(fine, at, order=3, mode="nearest", prefilter=False)
        if turn[t] > 0.02:
            other = strength * (others[0] * np.cos(3 * turn[t]) + others[1] * np.sin(3 * turn[t]))
            fresh = map_coordinates(other, at, order=1, mode="nearest")
            moved = np.cos(turn[t]) * moved + np.sin(turn[t]) * fresh
        grey = base + moved + veil
        grain = np.roll(grains[rng.integers(4)], rng.integers(0, min(rows, cols), 2), axis=(0, 1))
        grain = grain * (noise * np.sqrt(np.clip(base, 0, 255) / 128.0))
        frames[t] = np.where(shown, np.clip(grey + grain, 0.0, 255.0), 0.0)
    return WarpedClip(frames, lattice, scale)


def sector_mask(frames: np.ndarray) -> np.ndarray:
    """Where a scanner draws its image, bool [rows, cols]: the largest area not black in uint8 [T, rows, cols]."""
    border = 8  # the sector may go on beyond the image
    lit = np.pad(np.max(frames, axis=0) > 4, border, mode="edge")
    lit = binary_opening(binary_fill_holes(binary_closing(lit, iterations=3)), iterations=2)
    areas, count = label(lit[border:-border, border:-border])
    if count == 0:
        return np.ones(frames.shape[1:], bool)
    return np.asarray(areas == 1 + np.argmax(np.bincount(areas.ravel())[1:]))


def _filled(image: np.ndarray, sector: np.ndarray) -> np.ndarray:
    """The image with its texture mirrored across the sector's border, so that motion finds texture there."""
    if sector.all():
        return image
    nearest = distance_transform_edt(~sector, return_distances=False, return_indices=True)
    here = np.indices(image.shape)
    limits = np.array(image.shape)[:, None, None] - 1
    mirrored = np.clip(2 * nearest - here, 0, limits)
    value = image[mirrored[0], mirrored[1]]
    inside = sector[mirrored[0], mirrored[1]]
    return np.where(sector, image, np.where(inside, value, image[nearest[0], nearest[1]]))


def _crop(
    image: np.ndarray, size: Optional[tuple[int, int]], rng: np.random.Generator, margin: int
) -> tuple[np.ndarray, np.ndarray, tuple[int, int], tuple[int, int]]:
    """The texture around a random crop, the sector in it, the crop's place in it, and its size."""
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise BadInput(f"A frame to warp must be uint8 [rows, cols], not {image.dtype} {list(image.shape)}.")
    clip = image if image.ndim == 3 else image[None]
    frame = clip[rng.integers(len(clip))]
    rows, cols = size or frame.shape
    if frame.shape[0] < rows or frame.shape[1] < cols:
        raise BadInput(f"A frame of {list(frame.shape)} is too small for a crop of {[rows, cols]}.")
    top, left = int(rng.integers(frame.shape[0] - rows + 1)), int(rng.integers(frame.shape[1] - cols + 1))
    above, before = min(top, margin), min(left, margin)
    part = (slice(top - above, top + rows + margin), slice(left - before, left + cols + margin))
    sector = sector_mask(clip)[part]
    if not sector.any():
        sector = np.ones_like(sector)
    return _filled(frame[part], sector).astype(np.float32), sector, (above, before), (rows, cols)


def _speckle(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Log-compressed speckle of SD 1, longer across than along depth."""
    size = (rng.uniform(0.6, 1.1), rng.uniform(1.0, 2.2))
    real, imaginary = (gaussian_filter(rng.standard_normal(shape).astype(np.float32), size) for _ in range(2))
    level = np.log(real**2 + imaginary**2 + 1e-4 * float((real**2).mean()))
    return (level - level.mean()) / level.std()


def _veil(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A soft blob 0..1."""
    rows, cols = np.meshgrid(np.linspace(0, 1, shape[0]), np.linspace(0, 1, shape[1]), indexing="ij")
    cy, cx, wide = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.15, 0.5)
    return np.exp(-0.5 * ((rows - cy) ** 2 + (cols - cx) ** 2) / wide**2).astype(np.float32)
