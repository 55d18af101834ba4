"""Agreement of two annotation sets against figures known beforehand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.strain.annotation_agreement import compare_annotations, draw_heat_strip
from EchoTrackerLib.tracks.annotation import State, from_tracks
from EchoTrackerLib.tracks.tracks import Tracks


def make(shift=(0.0, 0.0), noise=0.0, seed=0, spacing=(0.5, 0.25)):
    rng = np.random.default_rng(seed)
    t = np.arange(40)
    motion = np.stack([8 * np.sin(t / 6), 5 * np.cos(t / 6)], axis=-1)
    start = np.array([[20.0, 90.0], [60.0, 15.0], [110.0, 95.0]])
    positions = start[:, None] + motion + shift + noise * rng.normal(size=(3, 40, 2))
    tracks = Tracks(positions.astype(np.float32), np.ones((3, 40), bool), ("l", "a", "r"), t / 50, spacing)
    return replace(from_tracks(tracks), segments=("basal", "apical", "basal"))


def test_constant_shift_is_bias():
    found = compare_annotations(make(shift=(3.0, 4.0)), make())
    assert found.overall.n == 120
    assert found.overall.mean_px == pytest.approx(5, abs=1e-4)
    assert found.overall.sd_px == pytest.approx(0, abs=1e-4)
    assert found.overall.mean_mm == pytest.approx(np.hypot(3 * 0.25, 4 * 0.5), abs=1e-4)
    assert found.x.bias == pytest.approx(0.75, abs=1e-4)
    assert found.y.bias == pytest.approx(2.0, abs=1e-4)
    assert found.y.icc_consistency == pytest.approx(1, abs=1e-6)
    assert found.y.icc_absolute < 0.8


def test_random_error_sets_limits_and_icc_of_motion():
    found = compare_annotations(make(noise=1.0, seed=1), make(noise=1.0, seed=2))
    assert found.x.sd == pytest.approx(np.sqrt(2) * 0.25, rel=0.15)
    assert found.x.upper_limit - found.x.lower_limit == pytest.approx(2 * 1.96 * found.x.sd)
    expected = 32 / (32 + 1)  # variance of the motion 8^2 / 2 against that of the error
    assert found.x.icc_absolute == pytest.approx(expected, abs=0.02)


def test_only_cells_that_both_sets_annotate_count_by_name():
    first, second = make(shift=(3.0, 4.0)), make()
    states = second.states.copy()
    states[0, 5:] = State.OCCLUDED
    second = replace(second, states=states, labels=("l", "x", "r"))
    found = compare_annotations(first, second)
    assert found.labels == ("l", "r")
    assert found.by_point["l"].n == 5
    assert found.by_segment["basal"].n == 45
    assert set(found.by_segment) == {"basal"}
    assert np.isnan(found.distance_px[0, 5:]).all()


def test_worst_frames_first():
    second = make()
    positions = second.positions.copy()
    positions[1, 7, 0] += 30
    positions[2, 9, 1] -= 40
    found = compare_annotations(make(), replace(second, positions=positions))
    assert [(label, t) for label, t, _d in found.worst_frames(2)] == [("r", 9), ("a", 7)]
    assert found.by_frame[7] == pytest.approx(10, abs=1e-4)


def test_unknown_spacing_and_refusals(tmp_path):
    found = compare_annotations(make(shift=(1, 0), spacing=None), make(spacing=None))
    assert found.distance_mm is None
    assert np.isnan(found.overall.mean_mm)
    assert found.x.bias == pytest.approx(1, abs=1e-4)
    draw_heat_strip(found, tmp_path / "strip.png")
    assert (tmp_path / "strip.png").stat().st_size > 5000
    with pytest.raises(BadInput, match="no point name"):
        compare_annotations(make(), replace(make(), labels=("u", "v", "w")))
    with pytest.raises(BadInput, match="two positions"):
        compare_annotations(make(), replace(make(), states=np.zeros((3, 40), np.uint8)))
