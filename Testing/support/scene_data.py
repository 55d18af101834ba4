"""Small clips, tracks and strain for the tests of the scene."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.cine.pixels import luma
from EchoTrackerLib.strain.strain import Strain
from EchoTrackerLib.tracks.tracks import Tracks

pytest.importorskip("slicer", reason="slicer-core is not installed (it needs Python 3.10 or later)")


SIZE = (64, 48)  # width, height: not square, so that x and y cannot be swapped unseen
SPACING = (0.31, 0.27)


def make_cine(n_frames=12, times_s=None, spacing=SPACING, colour=False, seed=0, **more) -> Cine:
    rng = np.random.default_rng(seed)
    shape = (n_frames, SIZE[1], SIZE[0])
    times = np.arange(n_frames) / 50.0 if times_s is None else times_s
    rgb = rng.integers(0, 256, (*shape, 3), dtype=np.uint8) if colour else None
    grey = luma(rgb) if rgb is not None else rng.integers(0, 256, shape, dtype=np.uint8)
    return Cine(grey, times, spacing, name=more.pop("name", "clip"), colour=rgb, **more)


def make_tracks(cine: Cine, n_points=5, seed=0, **more) -> Tracks:
    rng = np.random.default_rng(seed)
    shape = (n_points, cine.n_frames)
    visible = rng.random(shape) > 0.2
    visible[:, 0] = True
    return Tracks(
        positions=(rng.random((*shape, 2)) * (SIZE[0] - 1, SIZE[1] - 1)).astype(np.float32),
        visible=visible,
        labels=more.pop("labels", tuple(f"p{i}" for i in range(n_points))),
        times_s=cine.times_s,
        spacing_mm=cine.spacing_mm,
        query_frame=3,
        tracker="classical",
        weights_sha256="ab" * 32,
        confidence=rng.random(shape).astype(np.float32),
        quality={"closure": rng.random(shape).astype(np.float32)},
        options={"device": "cpu", "levels": 4},
    )


def make_wall(cine: Cine, n_points=40, shortening=0.2) -> Tracks:
    """A wall of 40 points that shortens by 20 % and comes back."""
    phase = cine.times_s / cine.times_s[-1]
    scale = 1 - shortening * np.sin(np.pi * phase) ** 2
    angle = np.linspace(-1.3, 1.3, n_points)[:, None]
    positions = np.stack([32 + 18 * np.sin(angle) * scale, 40 - 30 * np.cos(angle) * scale], axis=-1)
    shape = positions.shape[:2]
    return Tracks(
        positions.astype(np.float32),
        np.ones(shape, dtype=bool),
        tuple(f"W{i + 1:02d}" for i in range(n_points)),
        cine.times_s,
        cine.spacing_mm,
        tracker="truth",
        confidence=np.linspace(0.5, 1, shape[0] * shape[1], dtype=np.float32).reshape(shape),
    )


def same_tracks(a: Tracks, b: Tracks) -> None:
    """Assert that two tracks are equal bit by bit."""
    for name in ("positions", "visible", "times_s", "confidence"):
        first, second = getattr(a, name), getattr(b, name)
        assert first.dtype == second.dtype, name
        np.testing.assert_array_equal(first, second, err_msg=name)
    assert set(a.quality) == set(b.quality)
    for name in a.quality:
        np.testing.assert_array_equal(a.quality[name], b.quality[name])
    for name in ("labels", "spacing_mm", "query_frame", "tracker", "weights_sha256", "options"):
        assert getattr(a, name) == getattr(b, name), name
    np.testing.assert_array_equal(a.r_times_s, b.r_times_s)


def same_cine(a: Cine, b: Cine) -> None:
    """Assert that two clips are equal bit by bit, with all that is known about them."""
    np.testing.assert_array_equal(a.frames, b.frames)
    np.testing.assert_array_equal(a.times_s, b.times_s)
    assert (a.colour is None) == (b.colour is None)
    if a.colour is not None:
        np.testing.assert_array_equal(a.colour, b.colour)
    if a.ijk_to_ras is None:
        assert b.ijk_to_ras is None
    else:
        np.testing.assert_allclose(a.ijk_to_ras, b.ijk_to_ras, atol=1e-9)
    for name in (
        "spacing_mm",
        "name",
        "source",
        "spacing_source",
        "time_source",
        "regions",
        "warnings",
        "heart_rate_bpm",
    ):
        assert getattr(a, name) == getattr(b, name), name
    np.testing.assert_array_equal(a.r_times_s, b.r_times_s)


def points_of(model, name):
    from vtkmodules.util.numpy_support import vtk_to_numpy

    return vtk_to_numpy(model.GetPolyData().GetPointData().GetArray(name))


def same_strain(a: Strain, b: Strain) -> None:
    for field in fields(a):
        first, second = getattr(a, field.name), getattr(b, field.name)
        if field.name == "times_s":
            np.testing.assert_array_equal(first, second)
        elif field.name != "beats":
            assert first == second or (first != first and second != second), field.name
    assert len(a.beats) == len(b.beats)
    for beat, other in zip(a.beats, b.beats):
        assert (beat.used, beat.void_because) == (other.used, other.void_because)
        assert repr(beat.phases) == repr(other.phases)  # doubts may be NaN
        assert beat.motion.keys() == other.motion.keys()
        for name, curve in beat.motion.items():
            np.testing.assert_array_equal(curve, other.motion[name])
        for one, two in zip((beat.curve, *beat.segments), (other.curve, *other.segments)):
            assert (one.name, one.n_points, one.void_because) == (two.name, two.n_points, two.void_because)
            for name in ("percent", "uncompensated_percent", "length", "drift_percent"):
                np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
