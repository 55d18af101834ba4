"""What a scanner and a file do to the image: persistence, filters, burned-in graphics, compression."""

from __future__ import annotations

import io

import numpy as np
from scipy.ndimage import gaussian_filter

from .cycle import activity
from .parameters import PhantomParameters


def process(p: PhantomParameters, grey: np.ndarray) -> np.ndarray:
    """Apply persistence, smoothing and edge enhancement to float32 frames [T, rows, cols]; returns float32 0..255."""
    shown = np.empty_like(grey)
    outside = grey.max(axis=0) <= 0
    last = len(grey) - 1
    for index, frame in enumerate(grey):
        beside = grey[max(index - 1, 0)] + grey[min(index + 1, last)]
        image = (1.0 - p.persistence) * frame + 0.5 * p.persistence * beside
        if p.smoothing_px > 0.05:
            image = gaussian_filter(image, p.smoothing_px)
        if p.edge_enhancement > 0:
            image = image + p.edge_enhancement * (image - gaussian_filter(image, 1.6))
        shown[index] = np.where(outside, 0.0, image)
    return np.clip(shown, 0.0, 255.0)


def burn_in(p: PhantomParameters, frames: np.ndarray, times_s: np.ndarray) -> None:
    """Draw text, depth marks and an ECG trace with its cursor onto uint8 frames, in place."""
    if not (p.text or p.ecg):
        return
    from PIL import Image, ImageDraw

    rng = np.random.default_rng([p.seed, 9])
    rows, cols = frames.shape[1:]
    label = f"{p.view} {rng.integers(10, 99)}Hz {p.depth_mm / 10:.1f}cm"
    corner = (3, 3) if rng.random() < 0.5 else (max(3, cols - 80), 3)
    trace = _ecg(p, cols)
    bottom, height = rows * float(rng.uniform(0.9, 0.97)), 0.06 * rows
    for index in range(len(frames)):
        image = Image.fromarray(frames[index])
        draw = ImageDraw.Draw(image)
        if p.text:
            draw.text(corner, label, fill=200)
            draw.text((3, rows // 2), f"{p.heart_rate:.0f} bpm", fill=170)
            for mark in range(1, 16):
                y = rows * mark * 10.0 / p.depth_mm
                draw.line([(cols - 4, y), (cols - 1, y)], fill=190)
        if p.ecg:
            draw.line([(x, bottom - height * v) for x, v in enumerate(trace)], fill=180)
            x = cols * index / max(len(frames) - 1, 1)
            draw.line([(x, bottom - 1.3 * height), (x, bottom + 3)], fill=255)
        frames[index] = np.asarray(image)


def _ecg(p: PhantomParameters, samples: int) -> np.ndarray:
    """A stylised ECG over the clip's duration, [samples] about 0..1."""
    times = (np.arange(samples) / samples) * p.frame_count / p.fps + p.start_phase * p.cycle_s
    t = np.mod(times, p.cycle_s)
    r_wave = np.exp(-0.5 * ((t - 0.02) / 0.012) ** 2) - 0.25 * np.exp(-0.5 * ((t - 0.05) / 0.012) ** 2)
    t_wave = 0.2 * np.exp(-0.5 * ((activity(p, times) - 0.95) / 0.12) ** 2)
    return r_wave + t_wave + 0.12 * np.exp(-0.5 * ((t - p.cycle_s + 0.12) / 0.025) ** 2)


def compress(p: PhantomParameters, frames: np.ndarray) -> np.ndarray:
    """Codec artifacts on uint8 frames: unchanged 8 x 8 blocks repeat (video), then JPEG frame by frame."""
    if p.codec_skip > 0:
        frames = _repeat_blocks(frames, p.codec_skip)
    if p.jpeg_quality >= 100:
        return frames
    from PIL import Image

    result = np.empty_like(frames)
    for index, frame in enumerate(frames):
        buffer = io.BytesIO()
        Image.fromarray(frame).save(buffer, "JPEG", quality=p.jpeg_quality)
        result[index] = np.asarray(Image.open(buffer))
    return result


def _repeat_blocks(frames: np.ndarray, threshold: float) -> np.ndarray:
    result = frames.copy()
    rows, cols = (n // 8 * 8 for n in frames.shape[1:])
    for index in range(1, len(frames)):
        new, old = result[index, :rows, :cols], result[index - 1, :rows, :cols]
        change = np.abs(new.astype(np.int16) - old).reshape(rows // 8, 8, cols // 8, 8).mean(axis=(1, 3))
        same = np.kron(change < threshold, np.ones((8, 8), bool))
        new[same] = old[same]
    return result
