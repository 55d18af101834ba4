"""The deviation of a solved position is that of least squares."""

from __future__ import annotations

import numpy as np

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.tracking.matching.certainty import position_sd
from EchoTrackerLib.tracking.matching.measurement import Measurement
from EchoTrackerLib.tracking.registry import create_tracker


def test_it_is_the_inverse_of_the_normal_matrix() -> None:
    """Two points, seven frames; residuals are zero, so that no weight is lost."""
    rng = np.random.default_rng(0)
    positions = np.cumsum(rng.normal(size=(7, 2, 2)), axis=0)
    measured, rows = [], []
    for gap in (1, 3):
        first = np.arange(7 - gap)
        precision = rng.uniform(1, 9, (len(first), 2))
        shape = precision[..., None, None] * np.eye(2)
        measured.append(Measurement(first, first + gap, positions[gap:] - positions[:-gap], shape))
        rows += [(a, a + gap, precision[a]) for a in first]
    sd = position_sd(positions, 2, measured, 0.5, 2.0)
    for point in range(2):
        bend = np.diff(np.eye(7), n=2, axis=0) / 0.5
        matrix = bend.T @ bend
        for a, b, precision in rows:
            row = np.eye(7)[b] - np.eye(7)[a]
            matrix += precision[point] * np.outer(row, row)
        free = np.delete(np.arange(7), 2)
        expected = np.sqrt(np.diagonal(np.linalg.inv(matrix[np.ix_(free, free)])))
        np.testing.assert_allclose(sd[free, point], expected, rtol=1e-4)
    assert (sd[2] == 0).all()


def test_points_without_texture_are_less_certain() -> None:
    rng = np.random.default_rng(1)
    base = rng.integers(0, 255, (120, 160)).astype(np.uint8)
    base[:, 90:] = 100
    frames = np.stack([np.roll(base, t, axis=0) for t in range(8)])
    tracks = create_tracker("classical").track(Cine(frames, np.arange(8) / 50), np.array([[40.0, 60], [135.0, 60]]), 3)
    doubt = tracks.quality["uncertainty"]
    assert doubt.shape == (2, 8) and (doubt[:, 3] == 0).all()
    others = np.arange(8) != 3
    assert (doubt[1, others] > 3 * doubt[0, others]).all()
