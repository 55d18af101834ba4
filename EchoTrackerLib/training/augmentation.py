"""Changes of a training clip after which motion has no preferred direction and images no preferred look.

All functions take a `TrainingClip` and a generator and return a new one; the truth moves with the pixels. The list is
that of MyoTracker's published training code and what "impartial motion" (Azad et al., ICCV-W 2025) asks for.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .samples import TrainingClip


def choose_frames(sample: TrainingClip, count: int, rng: np.random.Generator) -> TrainingClip:
    """A random stretch of `count` frames, perhaps every second or third one, perhaps with another start of the cycle.

    The cyclic shift is done only where the tracks close, that is where the last frame leads on to the first.
    """
    total = len(sample.frames)
    order = np.arange(total)
    seen = sample.visible[:, 0] & sample.visible[:, -1]
    if seen.any() and rng.random() < 0.5:
        gap = np.linalg.norm(sample.tracks[seen, 0] - sample.tracks[seen, -1], axis=-1)
        step = np.linalg.norm(np.diff(sample.tracks[seen], axis=1), axis=-1)
        if np.median(gap) <= 1.5 * np.median(step):
            order = np.roll(order, int(rng.integers(total)))
    skip = int(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1]))
    skip = max(1, min(skip, total // count))
    length = min(count, (total + skip - 1) // skip)
    first = int(rng.integers(total - (length - 1) * skip))
    return take_frames(sample, order[first : first + length * skip : skip])


def take_frames(sample: TrainingClip, order: np.ndarray) -> TrainingClip:
    """The frames with these indices, in this order."""
    return replace(
        sample, frames=sample.frames[order], tracks=sample.tracks[:, order], visible=sample.visible[:, order]
    )


def reverse_time(sample: TrainingClip, rng: np.random.Generator) -> TrainingClip:
    """Half of the clips run backwards."""
    return take_frames(sample, np.arange(len(sample.frames))[::-1]) if rng.random() < 0.5 else sample


def random_frame_of_reference(
    rng: np.random.Generator, scale: tuple[float, float] = (0.75, 1.35), anisotropy: float = 0.2
) -> np.ndarray:
    """A matrix [2, 2] from output to input pixels: flips, quarter turns, small rotations, anisotropic scale."""
    angle = rng.integers(4) * np.pi / 2 + rng.choice([0.0, rng.uniform(-0.5, 0.5)])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    size = np.exp(rng.uniform(np.log(scale[0]), np.log(scale[1])) * (rng.random() < 0.7))
    stretch = np.exp(rng.uniform(-anisotropy, anisotropy))
    flip = np.diag([rng.choice([-1.0, 1.0]), 1.0])
    return np.asarray(turn @ flip @ np.diag([stretch, 1 / stretch]) / size)


def change_frame_of_reference(sample: TrainingClip, matrix: np.ndarray, centre: np.ndarray, size: int) -> TrainingClip:
    """Cut a square of `size` px around `centre` (x, y), seen through `matrix` (output to input pixels)."""
    import torch
    import torch.nn.functional as F

    rows, cols = sample.frames.shape[1:]
    axis = np.arange(size) - (size - 1) / 2
    grid = np.stack(np.meshgrid(axis, axis, indexing="xy"), -1) @ matrix.T + centre
    grid = grid * (2 / np.array([cols - 1, rows - 1])) - 1
    frames = torch.as_tensor(np.ascontiguousarray(sample.frames), dtype=torch.float32)[None]
    at = torch.as_tensor(grid, dtype=torch.float32)[None]
    cut = F.grid_sample(frames, at, align_corners=True, padding_mode="zeros")[0].numpy()
    tracks = (sample.tracks - centre) @ np.linalg.inv(matrix).T + (size - 1) / 2
    inside = ((tracks >= 0) & (tracks <= size - 1)).all(-1)
    return replace(sample, frames=cut, tracks=tracks.astype(np.float32), visible=sample.visible & inside)


def random_crop(sample: TrainingClip, size: int, rng: np.random.Generator) -> TrainingClip:
    """A square of `size` px around a random visible point, turned, flipped, scaled."""
    frame = int(rng.integers(len(sample.frames)))
    seen = np.flatnonzero(sample.visible[:, frame])
    rows, cols = sample.frames.shape[1:]
    matrix = random_frame_of_reference(rng)
    reach = np.abs(matrix).sum(1) * (size - 1) / 2  # of the crop in the input, px
    limit = np.array([cols - 1, rows - 1])
    centre = limit * rng.random(2) if not len(seen) else sample.tracks[rng.choice(seen), frame]
    centre = centre + rng.normal(scale=size / 10, size=2)
    centre = np.where(2 * reach < limit, np.clip(centre, reach, limit - reach), limit / 2)
    return change_frame_of_reference(sample, matrix, centre, size)


def change_look(sample: TrainingClip, rng: np.random.Generator) -> TrainingClip:
    """Gain, gamma, flicker, blur, noise, haze, drop-out, erased and swapped blocks, black frames, compression."""
    frames: np.ndarray = np.asarray(sample.frames, np.float32)
    if rng.random() < 0.5:
        frames = 255 * (frames / 255) ** np.float32(np.exp(rng.normal(scale=0.3)))
    if rng.random() < 0.5:
        frames = frames * np.float32(rng.uniform(0.6, 1.2)) + np.float32(rng.uniform(-15, 5))
    if rng.random() < 0.25:
        shape = (len(frames), 1, 1)
        frames = frames * (1 + 0.06 * rng.standard_normal(shape)) + 3 * rng.standard_normal(shape)
    for change, chance in ((_blur, 0.2), (_haze, 0.3), (_dropout, 0.25), (_noise, 0.3), (_blocks, 0.3), (_black, 0.1)):
        if rng.random() < chance:
            frames = change(np.clip(frames, 0, 255).astype(np.float32), rng)
    frames = np.clip(frames, 0, 255).astype(np.float32)
    if rng.random() < 0.15:
        frames = _compressed(frames, rng)
    return replace(sample, frames=frames)


def _soft_field(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """A soft random field [rows, cols] of mean 0 and SD 1."""
    from scipy.ndimage import zoom

    small = rng.standard_normal((5, 5))
    field = zoom(small, (shape[0] / 5, shape[1] / 5), order=3, grid_mode=True, mode="nearest")[: shape[0], : shape[1]]
    return np.asarray(field / (field.std() + 1e-6), np.float32)


def _blur(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(frames, (0, rng.uniform(0.3, 1.2), rng.uniform(0.3, 1.2))))


def _noise(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return frames + np.float32(rng.uniform(1, 14)) * rng.standard_normal(frames.shape, np.float32)


def _haze(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A fixed veil with a grain of its own over everything."""
    from scipy.ndimage import gaussian_filter

    shape = frames.shape[1:]
    grain = gaussian_filter(rng.standard_normal(shape), rng.uniform(0.7, 2.0, 2))
    level = np.clip(0.3 + 0.35 * _soft_field(shape, rng), 0, 1) * rng.uniform(20, 110)
    veil = np.clip(level * (1 + 0.5 * grain / grain.std()), 0, 230).astype(np.float32)
    return frames + veil * (1 - frames / 255)


def _dropout(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dark bands that stay where they are, as ribs and lung cast them."""
    rows, cols = frames.shape[1:]
    y, x = np.mgrid[0:rows, 0:cols]
    angle = rng.uniform(0, np.pi)
    across = (x - rng.uniform(0, cols)) * np.cos(angle) + (y - rng.uniform(0, rows)) * np.sin(angle)
    band = 1 / (1 + np.exp((np.abs(across) - rng.uniform(4, 24)) / 3))
    return np.asarray(frames - band.astype(np.float32) * np.float32(rng.uniform(30, 140)))


def _blocks(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blocks of some frames are erased or come from elsewhere in the frame."""
    count, rows, cols = frames.shape
    for _ in range(int(rng.integers(1, 1 + count // 2))):
        t, h, w = int(rng.integers(count)), *(int(v) for v in rng.integers(8, 33, 2))
        h, w = min(h, rows), min(w, cols)
        y, x, v, u = (int(rng.integers(n)) for n in (rows - h + 1, cols - w + 1) * 2)
        block = frames[t, v : v + h, u : u + w].copy() if rng.random() < 0.5 else frames[t].mean()
        frames[t, y : y + h, x : x + w] = block
    return frames


def _black(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Up to a tenth of the frames, as a stretch, is black or frozen."""
    length = int(rng.integers(1, 2 + len(frames) // 10))
    first = int(rng.integers(len(frames) - length + 1))
    frames[first : first + length] = 0 if rng.random() < 0.5 else frames[max(first - 1, 0)]
    return frames


def _compressed(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """JPEG of a quality that clips are exported with."""
    import io

    from PIL import Image

    quality = int(rng.integers(25, 85))
    out = np.empty_like(frames)
    for t, frame in enumerate(frames.astype(np.uint8)):
        buffer = io.BytesIO()
        Image.fromarray(frame).save(buffer, "JPEG", quality=quality)
        out[t] = np.asarray(Image.open(buffer))
    return out
