"""From a clip to what one forward pass needs: a stretch of frames, some points, a query frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from .augmentation import change_look, choose_frames, random_crop, reverse_time, take_frames
from .configuration import TrainingConfig
from .samples import Source, TrainingClip


@dataclass(frozen=True)
class Batch:
    """One clip ready for a network.

    Attributes:
        frames: float32 [T, size, size], 0..255.
        tracks: float32 [N, T, 2] px.
        visible: bool [N, T].
        query_frame: on which all tracks are visible.
    """

    frames: np.ndarray
    tracks: np.ndarray
    visible: np.ndarray
    query_frame: int


def draw_batch(source: Source, config: TrainingConfig, step: int, part: int) -> Batch:
    """Return the clip number `part` of a step; it depends on the seed, the step and the part only."""
    for attempt in range(100):
        rng = np.random.default_rng([config.seed, step, part, attempt])
        batch = _prepare(source.draw(rng), config, rng)
        if batch is not None:
            return batch
    raise ValueError("100 clips in a row had no usable point; is `visible` right?")


def _prepare(sample: TrainingClip, config: TrainingConfig, rng: np.random.Generator) -> Optional[Batch]:
    count = config.frames if config.shortest is None else int(rng.integers(config.shortest, config.frames + 1))
    if config.augment:
        if config.scattered and rng.random() < config.scattered:
            chosen = rng.permutation(len(sample.frames))[:count]
            sample = take_frames(sample, np.sort(chosen))
        sample = reverse_time(choose_frames(sample, count, rng), rng)
        sample = change_look(random_crop(sample, config.size, rng), rng)
    else:
        first = int(rng.integers(max(len(sample.frames) - count, 0) + 1))
        sample = _resized(take_frames(sample, np.arange(first, min(first + count, len(sample.frames)))), config.size)
    return _choose_points(sample, config, rng)


def _resized(sample: TrainingClip, size: int) -> TrainingClip:
    """The whole frame at size x size, as the network sees a clip when it is used."""
    import torch
    import torch.nn.functional as F

    rows, cols = sample.frames.shape[1:]
    frames = torch.as_tensor(np.asarray(sample.frames, np.float32))[:, None]
    frames = F.interpolate(frames, size=(size, size), mode="bilinear", align_corners=False)[:, 0]
    scale = np.array([(size - 1) / max(cols - 1, 1), (size - 1) / max(rows - 1, 1)], np.float32)
    return TrainingClip(frames.numpy(), sample.tracks * scale, sample.visible, sample.lines)


def _choose_points(sample: TrainingClip, config: TrainingConfig, rng: np.random.Generator) -> Optional[Batch]:
    """Points seen on the query frame and on half of all: whole lines for `config.lines` of the clips, else any."""
    total = len(sample.frames)
    query_frame = {
        "first": 0,
        "late": min(round(rng.uniform(0.72, 0.75) * total), total - 1),
        "random": int(rng.integers(total)),
    }[config.query]
    usable = sample.visible[:, query_frame] & (sample.visible.mean(1) >= 0.5)
    many, each = sample.lines
    line = np.full(len(usable), -1)
    line[: many * each] = np.repeat(np.arange(many), each)
    if many and rng.random() < config.lines:
        chosen = np.flatnonzero(usable & (line >= 0))
        while len(chosen) > config.points:  # whole lines, thinned if a single one is too long
            numbers = np.unique(line[chosen])
            if len(numbers) == 1:
                chosen = chosen[np.linspace(0, len(chosen) - 1, config.points).round().astype(int)]
                break
            chosen = chosen[line[chosen] != rng.choice(numbers)]
    else:
        chosen = rng.permutation(np.flatnonzero(usable))[: config.points]
    if len(chosen) < min(8, config.points):
        return None
    return Batch(sample.frames, sample.tracks[chosen], sample.visible[chosen], query_frame)
