"""Walls whose strain is known exactly, step by step: positions [N, T, 2] px and the tracks of them."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from EchoTrackerLib.phantom.parameters import PhantomParameters
from EchoTrackerLib.phantom.phantom import Phantom, generate
from EchoTrackerLib.tracks.decisions import REJECTED, Decision, Review
from EchoTrackerLib.tracks.tracks import Tracks

CYCLE_S = 0.9
TIMES = np.arange(46) / 50.0  # one cycle at 50 frames/s; end-systole at frame 16
Strain = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of (place along the wall 0..1, time): a fraction


def rise(x: Any) -> np.ndarray:
    """0 -> 1, flat at both ends."""
    return 0.5 * (1 - np.cos(np.pi * np.clip(x, 0, 1)))


def beat(phase: Any) -> np.ndarray:
    """Shortening 0..1 over one cycle: ES at 0.36, rapid filling to 0.1 at 0.6, diastasis, atrial kick from 0.85 on."""
    p = np.mod(phase, 1.0)
    return np.select(
        [p <= 0.36, p <= 0.6, p <= 0.85],
        [rise(p / 0.36), 0.1 + 0.9 * (1 - rise((p - 0.36) / 0.24)), 0.1],
        0.1 * (1 - rise((p - 0.85) / 0.15)),
    )


def uniform(share: float, start: float = 0.0, cycle_s: float = CYCLE_S) -> Strain:
    return lambda s, t: -share * beat(start + t / cycle_s)


def parts(*pieces: Any) -> Strain:
    """Equal parts along the wall: each a number (percent at ES) or a function of time that gives a fraction."""

    def strain(s: np.ndarray, t: np.ndarray) -> np.ndarray:
        values = [piece(t) if callable(piece) else piece / 100 * beat(t / CYCLE_S) for piece in pieces]
        k = np.minimum((s * len(pieces)).astype(int), len(pieces) - 1)
        return np.choose(k, values)

    return strain


def post_systolic(t: np.ndarray, es: float = 0.10, peak: float = 0.22, end: float = 0.48) -> np.ndarray:
    """A segment that has shortened by `es` at aortic valve closure (0.36 of the cycle) and by `peak` at `end`."""
    p = t / CYCLE_S
    late = np.where(p <= end, es + (peak - es) * rise((p - 0.36) / (end - 0.36)), peak * (1 - rise((p - end) / 0.32)))
    return -np.where(p <= 0.36, es * rise(p / 0.36), late)


def early_stretch(t: np.ndarray, stretch: float = 0.10, shortening: float = 0.12, until: float = 0.10) -> np.ndarray:
    """A segment that is stretched first and shortens after; ED is frame 0 all the same."""
    p = t / CYCLE_S
    falls = stretch - (stretch + shortening) * rise((p - until) / (0.36 - until))
    later = np.where(p <= 0.36, falls, -shortening * (1 - rise((p - 0.36) / 0.3)))
    return np.where(p < until, stretch * rise(p / until), later)


def irregular(lengths_s: Any = (1.1, 0.5, 0.8, 1.2), strains: Any = (0.18, 0.07, 0.13, 0.19), fps: float = 50.0) -> Any:
    """Times [T] and strain of beats of unequal length and strength (atrial fibrillation)."""
    starts = np.r_[0, np.cumsum(lengths_s)]
    t = np.arange(int(starts[-1] * fps + 1e-6) + 1) / fps
    f = np.zeros_like(t)
    for begin, a in zip(starts, strains):
        x = t - begin
        f = np.where(x >= 0, np.where(x <= 0.32, a * rise(x / 0.32), a * (1 - rise((x - 0.32) / 0.18))), f)
    return t, lambda s, _t: -f + 0 * s


def wall(strain: Strain, times_s: np.ndarray = TIMES, n: int = 61, spacing: Any = (0.4, 0.4), mm: float = 180.0) -> Any:
    """Positions [n, T, 2] px of an open wall whose every step has the length L0 * (1 + strain(s, t))."""
    s = (np.arange(n - 1) + 0.5) / (n - 1)
    angle = np.linspace(-np.pi / 2 - 0.5, np.pi / 2 + 0.5, n - 1)
    step = mm / (n - 1) * (1 + strain(s[:, None], times_s[None]) + 0 * s[:, None] + 0 * times_s)
    move = step[..., None] * np.stack([np.sin(angle), -np.cos(angle)], 1)[:, None]
    points = np.concatenate([np.zeros((1, len(times_s), 2)), np.cumsum(move, 0)]) + np.array([60.0, 140.0])
    return (points / np.array(spacing)[::-1]).astype(np.float32)


def tracks(positions: np.ndarray, times_s: np.ndarray = TIMES, **fields: Any) -> Tracks:
    """Tracks W01, W02... of positions, with any field of `Tracks`."""
    n = len(positions)
    given = {
        "visible": np.ones(positions.shape[:2], dtype=bool),
        "labels": tuple(f"W{i + 1:02d}" for i in range(n)),
        "spacing_mm": (0.4, 0.4),
        **fields,
    }
    return Tracks(np.asarray(positions, np.float32), times_s=np.asarray(times_s, float), **given)


def known_motion(parameters: PhantomParameters) -> Phantom:
    """The phantom with black frames."""
    return generate(parameters, frames=np.zeros((parameters.frame_count, parameters.rows, parameters.cols), np.uint8))


SIX = parts(-5, -10, -15, -20, -25, -30)


def near(value: Any, right: Any, by: float = 0.1) -> None:
    """Check that values are right to 0.1 point."""
    np.testing.assert_allclose(value, right, rtol=0, atol=by, equal_nan=False)


def segments(strain: Any) -> np.ndarray:
    """Return the values of the segments at end-systole."""
    return np.array(list(strain.segment_percent.values()))


def rejecting(*names: str) -> Review:
    """Return decisions that reject these segments."""
    return Review(segments={name: Decision(REJECTED) for name in names})


def ring(shrink: float = 0.2, turn_deg: float = 0.0, n: int = 48) -> np.ndarray:
    """Return positions of a short axis that shrinks and turns."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)[:, None] - np.radians(turn_deg) * beat(TIMES / CYCLE_S)
    radius = 40 * (1 - shrink * beat(TIMES / CYCLE_S))
    return np.stack([100 + radius * np.cos(angle), 100 + radius * np.sin(angle)], axis=-1)
