"""What must not change strain, and what is said about poor recordings."""

from __future__ import annotations

import known_walls as w
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from known_walls import SIX, near, segments

from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.strain.values import (
    annular_displacement,
    mechanical_dispersion_floor_s,
    mechanical_dispersion_s,
)


@settings(max_examples=10, deadline=None)
@given(
    angle=st.floats(0, 6.28), flip=st.booleans(), n=st.integers(31, 90), fps=st.floats(45, 120), row=st.floats(0.2, 0.8)
)
def test_invariances(angle, flip, n, fps, row):
    """Turned, mirrored, resampled in time and along the wall, with other pixels: the same strain."""
    times = np.arange(int(0.9 * fps + 1e-6) + 1) / fps
    mm = w.wall(SIX, times, n=n, spacing=(1, 1)).astype(float)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (mm - mm.mean((0, 1))) @ turn.T * [-1 if flip else 1, 1] / [0.3, row]
    strain = measure_strain(w.tracks(moved, times, spacing_mm=(row, 0.3)), ed=0, avc_s=0.324, apex=None)
    at = w.beat(times[strain.es] / w.CYCLE_S)
    places = (np.arange(n - 1) + 0.5) / (n - 1)
    near(strain.gls_percent, 100 * SIX(places[:, None], times[None, [strain.es]]).mean(), 0.1)
    near(segments(strain), np.array([-5.0, -10, -15, -20, -25, -30]) * at, 5 * 3 / n + 0.15)


def test_the_order_of_the_points_does_not_matter_but_for_the_names():
    forth, back = (measure_strain(w.tracks(w.wall(SIX)[::step])) for step in (1, -1))
    near(forth.gls_percent, back.gls_percent, 1e-4)
    near(segments(forth), segments(back)[::-1], 1e-3)


def test_warnings_of_a_poor_recording_and_of_unknown_pixels():
    times = np.arange(19) / 20
    drifting = w.wall(lambda s, t: -0.2 * w.beat(t / 0.9) - 0.04 * t / 0.9, times)
    confidence = np.full((61, 19), 0.2, np.float32)
    said = measure_strain(w.tracks(drifting, times, confidence=confidence)).warnings
    assert len(said) == 3
    for word in ("frame rate", "drift", "confidence"):
        assert sum(word in text for text in said) == 1
    assert any(
        "spacing is unknown" in text for text in measure_strain(w.tracks(drifting, times, spacing_mm=None)).warnings
    )
    inside = measure_strain(w.tracks(w.wall(SIX), size=(400, 150)))
    assert any("leave the image" in text for text in inside.warnings)


def test_noise_alone_makes_no_dispersion_without_a_word():
    times = np.arange(55) / 60
    noise = np.random.default_rng(0).normal(0, 0.6, (61, 55, 2))
    strain = measure_strain(w.tracks(w.wall(w.uniform(0.2), times) + noise, times), view="A4C")
    dispersion, floor = mechanical_dispersion_s(strain), mechanical_dispersion_floor_s(strain)
    assert 0.5 * dispersion < floor < 3 * dispersion
    assert any("dispersion" in text for text in strain.warnings)


def test_displacement_of_the_annulus():
    shape = np.stack([80 * np.cos(a := np.linspace(np.pi, 2 * np.pi, 37)), 180 * np.sin(a)], 1)
    apex = np.array([200.0, 120.0])  # the heart shrinks towards its apex: the base comes up by 20 % of 180 px
    line = np.array([200.0, 300.0]) + shape
    positions = apex + (line - apex)[:, None] * (1 - 0.2 * w.beat(w.TIMES / w.CYCLE_S))[None, :, None]
    moved = annular_displacement(measure_strain(w.tracks(positions)))
    near([moved["left"], moved["right"]], [14.4, 14.4])
