"""Quality measures on tracks whose faults are made on purpose; confidence with real trackers' interface."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from wall_examples import beat

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import Cancelled
from EchoTrackerLib.tracking.confidence import with_confidence
from EchoTrackerLib.tracks import quality
from EchoTrackerLib.tracks.tracks import Tracks

SIZE = (512, 256)  # one px of x is half a px of the grid


def moving(n=4, t=46, amplitude=20.0):
    """Points [n, t, 2] that go up and come back once in 0.9 s."""
    rng = np.random.default_rng(3)
    positions = np.repeat(rng.uniform(60, 190, (n, 1, 2)), t, axis=1)
    positions[..., 1] -= amplitude * beat(np.arange(t) / 45)
    return positions


def test_forward_backward_measures_the_forward_error():
    """The forward pass slips by 6 px in x at frame 20; the pass back follows what it slipped onto."""
    true = moving()
    forward = true.copy()
    forward[1, 20:, 0] += 6
    backward = true.copy()
    backward[1, :, 0] += 6
    error = quality.forward_backward(forward, backward, 0, SIZE)
    np.testing.assert_allclose(error[1, :20], 0, atol=1e-9)
    np.testing.assert_allclose(error[1, 20:], 3, atol=1e-9)
    np.testing.assert_allclose(error[[0, 2, 3]], 0, atol=1e-9)


def test_cycle_and_closure():
    positions = moving(t=60)
    times = np.arange(60) / 50
    assert quality.find_cycle(positions, times, 0) == pytest.approx(45, abs=1)
    positions[2, 30:, 1] += 8
    distance = quality.closure(positions, 0, 45, SIZE)
    assert distance.shape == (4, 60)
    np.testing.assert_allclose(distance[2], 8, atol=0.5)
    assert distance[[0, 1, 3]].max() < 0.5
    assert quality.find_cycle(moving()[:, :20], times[:20], 0) is None
    assert quality.find_cycle(np.ones((2, 60, 2)), times, 0) is None


def test_jitter_sees_spikes_not_motion():
    positions = moving()
    positions[1, 25, 1] += 5
    values = quality.jitter(positions, SIZE)
    assert values[1, 25] > 1.5 and values[[0, 2, 3]].max() < 0.5
    np.testing.assert_array_equal(quality.jitter(positions[:, :4], SIZE), 0)
    positions[0, 10] = np.nan
    values = quality.jitter(positions, SIZE)
    assert np.isnan(values[0, 10]) and np.isfinite(values[1:]).all()


@pytest.mark.parametrize("t", [5, 6, 9, 46])
def test_jitter_is_the_distance_from_a_savitzky_golay_curve(t):
    from scipy.signal import savgol_filter

    positions = np.random.default_rng(t).normal(0, 50, (7, t, 2)).astype(np.float32)
    grid = positions * (256 / np.array(SIZE))
    distance = np.linalg.norm(grid - savgol_filter(grid, 5, 2, axis=1), axis=2)
    np.testing.assert_allclose(quality.jitter(positions, SIZE), distance, rtol=1e-10, atol=1e-10)


def speckle(shape, seed=0):
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 2)
    return np.clip(128 + 60 * noise / noise.std(), 0, 255).astype(np.uint8)


def test_appearance():
    image = speckle((80, 100))
    frames = np.stack([image, np.roll(image, (3, 5), (0, 1)), speckle((80, 100), 1), np.full_like(image, 7)])
    positions = np.array([[[40.0, 30], [45, 33], [40, 30], [40, 30]]])
    values = quality.appearance(frames, positions, 0)[0]
    assert values[0] == pytest.approx(1) and values[1] == pytest.approx(1, abs=1e-6)
    assert abs(values[2]) < 0.5 and values[3] == 0
    positions[0, 1] = np.nan
    assert np.isnan(quality.appearance(frames, positions, 0)[0, 1])


def test_confidence_falls_with_every_fault():
    good = {"forward_backward": 0.2, "closure": 0.3, "jitter": 0.05, "appearance": 0.9}
    bad = {"forward_backward": 12.0, "closure": 15.0, "jitter": 3.0, "appearance": -0.2}

    def probability(values):
        return float(quality.confidence({k: np.full((1, 2), v) for k, v in values.items()}, 0)[0, 1])

    best = probability(good)
    assert 0 < probability(bad) < best < 1
    for name, value in bad.items():
        assert probability({**good, name: value}) < best
        assert 0 < probability({**good, name: np.nan}) < 1
    both = quality.confidence({"jitter": np.zeros((3, 5))}, 2)
    assert both.dtype == np.float32 and (both[:, 2] == 1).all() and (both[:, 1] < 1).all()


class Follower:
    """A tracker for a clip whose whole image moves by known whole pixels; it loses point 1 when time runs forwards."""

    info = None

    def __init__(self, shift, slip_px):
        self.shift, self.slip_px, self.calls = shift, slip_px, []

    def track(self, cine, queries, query_frame=0, progress=None, cancelled=lambda: False):
        if cancelled():
            raise Cancelled("stop")
        marks = cine.frames[:, 0, 0].astype(int)  # each frame carries its number
        self.calls.append((len(marks), query_frame, bool(marks[0] < marks[-1])))
        moved = self.shift[marks] - self.shift[marks[query_frame]]
        positions = np.asarray(queries)[:, None, :] + moved[None]
        if marks[0] < marks[-1] and marks[0] == 0 and len(queries) > 1:
            positions[1, 10:, 0] += self.slip_px
        progress("x", 1.0)
        labels = ("a", "b")[: len(positions)]
        visible = np.ones(positions.shape[:2], bool)
        return Tracks(positions.astype(np.float32), visible, labels, cine.times_s, None, query_frame)


def clip():
    t = 30
    shift = np.stack([np.zeros(t), np.round(12 * np.sin(np.arange(t) / 29 * np.pi))], axis=1)
    base = speckle((90, 90))
    frames = np.stack([np.roll(base, (int(dy), 0), (0, 1)) for _, dy in shift])
    frames[:, 0, 0] = np.arange(t)
    return Cine(frames, np.arange(t) / 40, name="clip"), shift


def test_with_confidence_from_the_first_frame():
    cine, shift = clip()
    tracker = Follower(shift, 9.0)
    tracks = tracker.track(cine, np.array([[40.0, 40], [60, 50]]), 0, lambda *_: None)
    stages = []
    result = with_confidence(tracker, cine, tracks, lambda stage, share: stages.append(share))
    assert result.options["confidence"] == "uncalibrated" and "not calibrated for" in result.warnings[0]
    assert tracker.calls[1:] == [(30, 0, False)]  # one pass back over all frames
    assert set(result.quality) == {"forward_backward", "closure", "jitter", "appearance"}
    assert result.quality["forward_backward"].dtype == np.float32
    assert result.quality["appearance"][0].min() > 0.99
    assert result.confidence[0, 20] > result.confidence[1, 20] and result.size == (90, 90)
    assert stages == sorted(stages) and stages[-1] == 1.0
    np.testing.assert_array_equal(result.positions, tracks.positions)


def test_with_confidence_from_a_middle_frame_and_lost_points():
    cine, shift = clip()
    tracker = Follower(shift, 0.0)
    tracks = tracker.track(cine, np.array([[40.0, 40], [60, 50]]), 12, lambda *_: None)
    tracker.calls.clear()
    positions = tracks.positions.copy()
    positions[1, 20:] = np.nan
    result = with_confidence(tracker, cine, replace(tracks, positions=positions))
    assert tracker.calls == [(18, 0, False), (13, 0, True)]
    np.testing.assert_allclose(result.quality["forward_backward"][0], 0, atol=1e-5)
    assert np.isnan(result.quality["forward_backward"][1, 25])
    assert result.confidence.dtype == np.float32 and (result.confidence[1, 20:] == 0).all()
    assert (result.confidence[0] > 0.5).all() and (result.confidence[:, 12] == 1).all()


def test_cancelling():
    cine, shift = clip()
    tracker = Follower(shift, 0.0)
    tracks = tracker.track(cine, np.array([[40.0, 40], [60, 50]]), 0, lambda *_: None)
    with pytest.raises(Cancelled):
        with_confidence(tracker, cine, tracks, cancelled=lambda: True)
