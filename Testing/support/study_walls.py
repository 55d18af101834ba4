"""Walls of three apical views whose segments shorten by known shares."""

from __future__ import annotations

import numpy as np

from EchoTrackerLib.tracks.tracks import Tracks

TIMES = np.arange(46) / 50


def rise(x):
    """0 to 1, flat at both ends."""
    return 0.5 * (1 - np.cos(np.pi * np.clip(x, 0, 1)))


def beat(t, cycle_s=0.9):
    """Shortening 0..1: end-systole at 0.36 of the cycle, early filling, diastasis, atrial kick from 0.85."""
    p = np.mod(t / cycle_s, 1)
    return rise(p / 0.36) - 0.9 * rise((p - 0.36) / 0.24) - 0.1 * rise((p - 0.85) / 0.15)


def wall(shares, times_s=TIMES, cycle_s=0.9, n=61, **facts):
    """Tracks of an arch whose six equal parts shorten by these shares."""
    s = (np.arange(n - 1) + 0.5) / (n - 1)
    share = np.array(shares)[np.minimum((s * 6).astype(int), 5)]
    step = 180.0 / (n - 1) * (1 - share[:, None] * beat(times_s, cycle_s))
    heading = np.linspace(np.pi / 2 + 0.3, -np.pi / 2 - 0.3, n - 1)  # up the left wall, over the apex, down the right
    move = step[..., None] * np.stack([np.cos(heading), -np.sin(heading)], 1)[:, None]
    points = np.concatenate([np.zeros((1, len(times_s), 2)), np.cumsum(move, 0)]) / 0.4 + np.array([300.0, 400.0])
    return Tracks(
        positions=points.astype(np.float32),
        visible=np.ones(points.shape[:2], dtype=bool),
        labels=tuple(f"mid {i:02d}" for i in range(n)),
        times_s=times_s,
        spacing_mm=(0.4, 0.4),
        size=(800, 600),
        **facts,
    )


SHARES = {
    "A4C": (0.10, 0.12, 0.14, 0.16, 0.18, 0.20),
    "A2C": (0.18,) * 6,
    "APLAX": (0.20, 0.20, 0.20, 0.16, 0.16, 0.16),
}
