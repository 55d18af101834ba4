import numpy as np

from EchoTrackerLib.tracking.classical.pairs import closed_frames, revisited_frames


def alike_of(phase: np.ndarray) -> np.ndarray:
    """Similarity of frames that depends on how far apart the hearts' states [T] are."""
    return 1 - np.abs(phase[:, None] - phase[None])


def state(t: np.ndarray) -> np.ndarray:
    return np.sin(np.pi * t) ** 2


def test_a_clip_of_one_beat_closes_on_its_last_frame():
    alike = alike_of(state(np.linspace(0, 1, 60)))
    assert closed_frames(alike, 0).tolist() == [59]
    assert closed_frames(alike, 59).tolist() == [0]


def test_a_clip_of_half_a_beat_does_not_close():
    assert closed_frames(alike_of(state(np.linspace(0, 0.5, 60))), 0).tolist() == []


def test_three_beats_close_three_times():
    closed = closed_frames(alike_of(state(np.linspace(0, 3, 121))), 0)
    assert closed.tolist() == [40, 80, 120][-len(closed) :] and len(closed) >= 2


def test_short_clips_have_nothing_to_close_or_revisit():
    assert closed_frames(np.ones((2, 2)), 0).size == 0
    assert revisited_frames(np.ones((3, 3)), 32)[0].size == 0


def test_revisited_frames_are_far_apart_and_alike():
    alike = alike_of(state(np.linspace(0, 1, 80)))
    first, second = revisited_frames(alike, 20)
    assert len(first) > 5 and (second - first >= 20).all()
    assert alike[first, second].mean() > alike.mean()
