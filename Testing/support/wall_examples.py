"""Walls with known strain, for the tests of the strain room."""

from __future__ import annotations

import numpy as np

from EchoTrackerLib.tracks.tracks import Tracks

CENTRE = np.array([200.0, 300.0])


def half_ellipse(n=37) -> np.ndarray:
    """Points [n, 2] px from the left base over the apex to the right base, unevenly spaced."""
    angle = np.linspace(np.pi, 2 * np.pi, n)
    return CENTRE + np.stack([80 * np.cos(angle), 180 * np.sin(angle)], axis=1)


def beat(phase) -> np.ndarray:
    """Shortening 0..1 over the phase of the cycle: ES at 0.36, back to 0.9 at 0.6, atrial kick from 0.85 to 1."""
    phase = np.mod(phase, 1.0)
    systole = 0.5 * (1 - np.cos(np.pi * phase / 0.36))
    filling = 0.1 + 0.9 * 0.5 * (1 + np.cos(np.pi * (phase - 0.36) / 0.24))
    kick = 0.1 * 0.5 * (1 + np.cos(np.pi * (phase - 0.85) / 0.15))
    return np.select([phase <= 0.36, phase <= 0.6, phase <= 0.85], [systole, filling, 0.1], kick)


def scaled_wall(
    shortening=0.2, cycles=1.0, fps=50.0, cycle_s=0.9, drift=0.0, start=0.0, n=37, spacing=(0.4, 0.4)
) -> Tracks:
    """A half ellipse that shrinks as a whole: strain is -100 * shortening * beat + drift (percent a cycle) * cycles."""
    times = np.arange(round(cycles * cycle_s * fps) + 1) / fps
    phase = start + times / cycle_s
    scale = 1 - shortening * beat(phase) + drift / 100 * times / cycle_s
    return moved_wall(half_ellipse(n), scale, times, spacing)


def moved_wall(points, scale, times, spacing=(0.4, 0.4)) -> Tracks:
    """Points [N, 2] px scaled about the base's center by scale [T]."""
    positions = CENTRE + (points - CENTRE)[:, None] * scale[None, :, None]
    return Tracks(
        positions=positions.astype(np.float32),
        visible=np.ones(positions.shape[:2], bool),
        labels=tuple(f"W{i + 1:02d}" for i in range(len(points))),
        times_s=times,
        spacing_mm=spacing,
        tracker="truth",
    )


# Walls of three apical views whose six equal parts shorten by known shares.
STUDY_TIMES = np.arange(46) / 50


def study_wall(shares, times_s=STUDY_TIMES, cycle_s=0.9, n=61, **facts):
    """Tracks of an arch whose six equal parts shorten by these shares."""
    s = (np.arange(n - 1) + 0.5) / (n - 1)
    share = np.array(shares)[np.minimum((s * 6).astype(int), 5)]
    step = 180.0 / (n - 1) * (1 - share[:, None] * beat(times_s / cycle_s))
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


STUDY_SHARES = {
    "A4C": (0.10, 0.12, 0.14, 0.16, 0.18, 0.20),
    "A2C": (0.18,) * 6,
    "APLAX": (0.20, 0.20, 0.20, 0.16, 0.16, 0.16),
}
