"""From moving scatterers to B-mode: beam-formed complex data in polar coordinates, envelope, logarithm, image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_matrix

from .parameters import PhantomParameters


@dataclass(frozen=True)
class ImageGrid:
    """Where the pixels lie: position (x, y) mm = origin + (column, row) * spacing."""

    origin: tuple[float, float]
    spacing: tuple[float, float]  # (x, y) mm
    rows: int
    cols: int

    def to_mm(self, positions: np.ndarray) -> np.ndarray:
        """Pixel positions (x, y) [..., 2] -> mm."""
        return np.asarray(positions, np.float64) * self.spacing + self.origin

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """Points in mm [..., 2] -> pixel positions."""
        return (np.asarray(points, np.float64) - self.origin) / self.spacing

    def centres(self) -> np.ndarray:
        """All pixel centers in mm, [rows * cols, 2]."""
        columns, rows = np.meshgrid(np.arange(self.cols), np.arange(self.rows))
        return self.to_mm(np.stack([columns.ravel(), rows.ravel()], axis=1))


def image_grid(p: PhantomParameters) -> ImageGrid:
    """The image just holds the sector's depth; its width is a multiple of the sector's, so pixels are rarely square."""
    width = 2.0 * p.depth_mm * np.sin(np.radians(0.5 * p.sector_deg)) * p.image_width
    row, col = 1.01 * (p.depth_mm - p.crop_top_mm) / p.rows, width / p.cols
    return ImageGrid((-0.5 * col * (p.cols - 1), p.crop_top_mm), (col, row), p.rows, p.cols)


class Scanner:
    """The imaging chain of one clip; holds precomputed grids, filters and static fields."""

    def __init__(self, parameters: PhantomParameters, grid: ImageGrid, dropout_centres: np.ndarray) -> None:
        p = self.parameters = parameters
        self.grid = grid
        self.rng = np.random.default_rng([p.seed, 7])
        self.dr = min(p.depth_mm / 400.0, 0.9 * p.pulse_mm)
        self.dt = np.radians(min(0.75 * p.beam_deg, 0.8))
        self.half = np.radians(0.5 * p.sector_deg)
        self.n_r = int(np.ceil((p.depth_mm + 2.0) / self.dr)) + 1
        self.n_t = int(np.ceil(2 * self.half / self.dt)) + 9
        self.t0 = -0.5 * (self.n_t - 1) * self.dt
        self.fft_r = fft.next_fast_len(self.n_r + int(4 * p.pulse_mm / self.dr))
        self.fft_t = fft.next_fast_len(self.n_t + 8)
        self.r = (np.arange(self.n_r) * self.dr).astype(np.float32)
        self.theta = (self.t0 + np.arange(self.n_t) * self.dt).astype(np.float32)
        self.wave_number = 4.0 * np.pi / p.wavelength_mm
        self.reference = np.sqrt(p.tissue_density * self.dr * self.dt)
        self.lateral = self._lateral_transfer()
        self.axial = self._axial_transfer()
        self.gain = self._gain(dropout_centres)
        self.noise = self._noise_level()
        self.static = [self._static_field() for _ in range(2)]
        self.convert = self._scan_conversion()

    def _lateral_transfer(self) -> np.ndarray:
        p = self.parameters
        sigma = np.radians(p.beam_deg) * np.sqrt(1.0 + ((self.r - p.focus_mm) / p.focus_range_mm) ** 2)
        sigma = np.minimum(sigma, np.radians(4.0))[:, None] / self.dt
        f = np.fft.fftfreq(self.fft_t)[None]
        main = np.exp(-2.0 * (np.pi * f * sigma) ** 2)
        lobes = p.side_lobe * np.exp(-2.0 * (np.pi * f * 7.0 * sigma) ** 2) * 7.0
        transfer = main + lobes
        return (transfer / np.sqrt((main**2).mean(1, keepdims=True))).astype(np.float32)

    def _axial_transfer(self) -> np.ndarray:
        f = np.fft.fftfreq(self.fft_r)[:, None]
        transfer = np.exp(-2.0 * (np.pi * f * self.parameters.pulse_mm / self.dr) ** 2)
        return (transfer / np.sqrt((transfer**2).mean())).astype(np.float32)

    def _gain(self, dropout_centres: np.ndarray) -> np.ndarray:
        """Amplitude factor of tissue [R, A]: residual attenuation, drop-out around wall regions, rib shadow."""
        p = self.parameters
        r, theta = self.r[:, None], self.theta[None]
        loss = p.attenuation_db_per_cm * (r - 70.0) / 10.0 + 0.0 * theta
        for (x, y), db in zip(dropout_centres, p.dropout_db):
            at, depth = np.arctan2(x, y), np.hypot(x, y)
            width = np.radians(9.0) + 10.0 / max(depth, 20.0)
            loss = loss + db * np.exp(-0.5 * ((theta - at) / width) ** 2 - 0.5 * ((r - depth) / 22.0) ** 2)
        if p.shadow_deg > 0:
            edge = p.shadow_side * (self.half - np.radians(p.shadow_deg))
            inside = 1.0 / (1.0 + np.exp((-p.shadow_side * (theta - edge) / np.radians(1.5)).clip(-30, 30)))
            loss = loss + p.shadow_db * inside
        edge_fade = 4.0 * np.clip((np.abs(theta) - 0.85 * self.half) / (0.15 * self.half), 0, 1) ** 2
        return (10.0 ** (-(loss + edge_fade) / 20.0)).astype(np.float32)

    def _noise_level(self) -> np.ndarray:
        p = self.parameters
        level = p.noise_db + p.noise_slope_db_per_cm * (self.r[:, None] - 90.0) / 10.0
        return (self.reference * 10.0 ** (level / 20.0) / np.sqrt(2.0)).astype(np.float32)

    def _static_field(self) -> np.ndarray:
        """Chest wall, reverberation haze and cavity clutter: fixed to the probe, [R, A] complex."""
        p, rng = self.parameters, np.random.default_rng([self.parameters.seed, 8])
        r, theta = self.r[:, None], self.theta[None]
        fade = 1.0 / (1.0 + np.exp(((r - p.near_field_mm) / 1.5).clip(-30, 30)))
        chest = fade * 10.0 ** (_map(rng, (self.n_r, self.n_t), (2.5 / self.dr, 12.0)) * 3.0 / 20.0)
        for _ in range(rng.integers(1, 4)):  # fascia and its echoes
            at = rng.uniform(0.4, 1.15) * p.near_field_mm
            tilt = rng.normal(0, 2.0)
            chest = chest + 1.8 * np.exp(-0.5 * ((r - at - tilt * theta) / 0.5) ** 2) * (
                np.abs(theta) < self.half * 0.9
            )
        haze = 10.0 ** ((p.haze_db - 8.7 * r / p.haze_range_mm) / 20.0)
        haze = haze * 10.0 ** (_map(rng, (self.n_r, self.n_t), (8.0 / self.dr, 15.0)) * 4.0 / 20.0)
        clutter = 10.0 ** ((p.clutter_db + 5.0 * _map(rng, (self.n_r, self.n_t), (12.0 / self.dr, 10.0))) / 20.0)
        strength = self.reference * (chest + haze + clutter)
        wave = self.rng.standard_normal((self.n_r, self.n_t)) + 1j * self.rng.standard_normal((self.n_r, self.n_t))
        return self.laterally_filtered((strength * wave / np.sqrt(2.0)).astype(np.complex64))

    def _scan_conversion(self) -> csr_matrix:
        """Sparse matrix [rows * cols, R * A] of bilinear interpolation; zero outside the sector."""
        points = self.grid.centres()
        radius, angle = np.hypot(points[:, 0], points[:, 1]), np.arctan2(points[:, 0], points[:, 1])
        inside = (radius <= self.parameters.depth_mm) & (np.abs(angle) <= self.half)
        index = np.flatnonzero(inside)
        u, v = radius[index] / self.dr, (angle[index] - self.t0) / self.dt
        i, j = np.floor(u).astype(int), np.floor(v).astype(int)
        a, b = u - i, v - j
        rows = np.tile(index, 4)
        columns = np.concatenate([(i + di) * self.n_t + j + dj for di in (0, 1) for dj in (0, 1)])
        values = np.concatenate([(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b]).astype(np.float32)
        return csr_matrix((values, (rows, columns)), shape=(len(points), self.n_r * self.n_t))

    def deposit(self, points: np.ndarray, amplitude: np.ndarray, phase: np.ndarray) -> np.ndarray:
        """Put scatterers on the polar grid as complex baseband samples, [R, A].

        Args:
            points: [N, 2] mm on this frame.
            amplitude: complex [N].
            phase: [N] radians of the out-of-plane motion.
        """
        points = points.astype(np.float32, copy=False)
        radius = np.sqrt(points[:, 0] ** 2 + points[:, 1] ** 2)
        angle = np.arctan2(points[:, 0], points[:, 1])
        u, v = radius * np.float32(1.0 / self.dr), (angle - np.float32(self.t0)) * np.float32(1.0 / self.dt)
        keep = np.flatnonzero((u >= 0) & (u < self.n_r - 1) & (v >= 0) & (v < self.n_t - 1) & (np.abs(amplitude) > 0))
        u, v, radius = u[keep], v[keep], radius[keep]
        # the phase in turns of less than one, so that float32 suffices
        cycles = phase[keep].astype(np.float32) - np.float32(2.0 * np.pi) * np.mod(
            radius * np.float32(self.wave_number / (2.0 * np.pi)), np.float32(1.0)
        )
        strength = amplitude[keep] / np.sqrt(np.maximum(radius, np.float32(6.0)))
        c, s = np.cos(cycles), np.sin(cycles)
        real, imaginary = strength.real * c - strength.imag * s, strength.real * s + strength.imag * c
        i, j = u.astype(np.int32), v.astype(np.int32)
        a, b = u - i, v - j
        flat = i * self.n_t + j
        index = np.concatenate([flat, flat + 1, flat + self.n_t, flat + self.n_t + 1])
        weight = np.concatenate([(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b])
        field = np.empty(self.n_r * self.n_t, np.complex64)
        field.real = np.bincount(index, np.tile(real, 4) * weight, field.size)
        field.imag = np.bincount(index, np.tile(imaginary, 4) * weight, field.size)
        return field.reshape(self.n_r, self.n_t)

    def laterally_filtered(self, field: np.ndarray) -> np.ndarray:
        """Convolve each row with the beam's width at its depth."""
        spectrum = fft.fft(field, self.fft_t, axis=1, workers=2)
        return fft.ifft(spectrum * self.lateral, axis=1, workers=2)[:, : self.n_t]

    def grey(self, field: np.ndarray, static_turn: float) -> np.ndarray:
        """Polar scatterer field -> display values float32 [rows, cols], 0..255.

        Args:
            field: of `deposit`, all scatterers of a frame.
            static_turn: slow phase in radians by which haze and clutter change.
        """
        p = self.parameters
        beam = self.laterally_filtered(field) * self.gain
        beam += np.float32(np.cos(static_turn)) * self.static[0] + np.float32(np.sin(static_turn)) * self.static[1]
        shape = (self.n_r, self.n_t)
        noise = self.rng.standard_normal(shape, np.float32) + 1j * self.rng.standard_normal(shape, np.float32)
        strength = np.sqrt(beam.real**2 + beam.imag**2)
        beam += (self.noise + np.float32(p.jitter) * strength) * noise
        beam *= np.float32(1.0 / np.sqrt(1.0 + 2.0 * p.jitter**2))
        spectrum = fft.fft(beam, self.fft_r, axis=0, workers=2) * self.axial
        wave = fft.ifft(spectrum, axis=0, workers=2)[: self.n_r]
        power = (wave.real**2 + wave.imag**2) * np.float32(1.0 / self.reference**2)
        if p.speckle_reduction > 0.05:
            size = p.pulse_mm / self.dr, np.radians(p.beam_deg) / self.dt
            power = gaussian_filter(power, np.multiply(size, p.speckle_reduction), truncate=3.0)
        level = 10.0 * np.log10(power + np.float32(1e-9))
        shown = np.clip((level + p.gain_db) / p.dynamic_range_db, 0.0, 1.0) ** p.gamma * 255.0
        return (self.convert @ shown.ravel()).reshape(self.grid.rows, self.grid.cols)


def _map(rng: np.random.Generator, shape: tuple[int, int], scale: tuple[float, float]) -> np.ndarray:
    """Smooth random map of SD 1, correlation lengths in samples."""
    noise = gaussian_filter(rng.standard_normal(shape).astype(np.float32), scale, mode="wrap")
    return noise / max(float(noise.std()), 1e-9)
