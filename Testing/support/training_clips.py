"""Small clips with known motion for the tests of training."""

from __future__ import annotations

import numpy as np

from EchoTrackerLib.training.samples import TrainingClip


def blobs(n_frames=12, size=96, points=10, seed=0):
    """Bright blobs that move on a line; the truth is their centers."""
    rng = np.random.default_rng(seed)
    start, speed = rng.uniform(25, size - 26, (points, 2)), rng.uniform(-0.8, 0.8, (points, 2))
    tracks = start[:, None] + speed[:, None] * np.arange(n_frames)[None, :, None]
    y, x = np.mgrid[0:size, 0:size]
    frames = np.zeros((n_frames, size, size), np.float32)
    for t in range(n_frames):
        for px, py in tracks[:, t]:
            frames[t] = np.maximum(frames[t], 250 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 8))
    return TrainingClip(frames.astype(np.uint8), tracks.astype(np.float32), np.ones((points, n_frames), bool))


class Fixed:
    def __init__(self, sample):
        self.sample = sample

    def draw(self, rng):
        return self.sample
