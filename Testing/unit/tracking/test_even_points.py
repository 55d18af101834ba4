"""Points that the classical tracker sets along a wall by itself."""

import numpy as np
import pytest

from EchoTrackerLib.phantom.parameters import PhantomParameters
from EchoTrackerLib.phantom.phantom import generate
from EchoTrackerLib.phantom.sample import wall_points
from EchoTrackerLib.tracking.classical.even_points import FAR_PX, even_points
from EchoTrackerLib.tracking.classical.tracker import ClassicalTracker
from EchoTrackerLib.tracking.tracker import TrackerOptions


def arc(count, radius=80.0):
    angle = np.linspace(0, np.pi, count)
    return np.stack([100 - radius * np.cos(angle), 100 - radius * np.sin(angle)], axis=-1)


@pytest.mark.parametrize("count", [9, 40, 200])
def test_points_are_evenly_apart_however_many_were_asked_for(count):
    found = even_points(arc(count), 12.0).points
    step = np.linalg.norm(np.diff(found, axis=0), axis=1)
    assert step == pytest.approx(12.0, abs=1.0)
    assert np.linalg.norm(found - [100, 100], axis=1) == pytest.approx(80.0, abs=1.0)
    np.testing.assert_allclose(found[[0, -1]], arc(2), atol=1e-9)


def test_asked_points_move_with_those_between_which_they_lie():
    given = arc(57)
    along = even_points(given, 12.0)
    shift = np.array([3.0, -2.0])
    angle = np.arctan2(100 - along.points[:, 1], 100 - along.points[:, 0])
    own = np.arctan2(100 - given[:, 1], 100 - given[:, 0])
    moved = np.stack([along.points, along.points + shift, along.points + 4 * np.sin(angle)[:, None]])
    found = along.of_given(moved)
    np.testing.assert_allclose(found[0], given, atol=1e-9)
    np.testing.assert_allclose(found[1], given + shift, atol=1e-9)
    np.testing.assert_allclose(found[2], given + 4 * np.sin(own)[:, None], atol=0.05)


def test_nothing_is_set_where_the_wall_is_not_known():
    far = np.r_[arc(30), arc(30) + np.array([400, 0])]
    found = even_points(far, 12.0)
    gap = np.linalg.norm(np.diff(found.points, axis=0), axis=1)
    assert (gap > FAR_PX).sum() == 1
    moved = np.r_[found.points[: len(found.points) // 2], found.points[len(found.points) // 2 :] + 5.0]
    np.testing.assert_allclose(found.of_given(moved[None])[0], np.r_[far[:30], far[30:] + 5.0], atol=1e-9)


@pytest.mark.parametrize(
    "given", [[[5.0, 5]], [[5.0, 5], [9, 9]], [[0.0, 0], [900, 0], [0, 900]], [[5.0, 5], [5, 5], [8, 8]]]
)
def test_few_or_scattered_points_are_followed_themselves(given):
    given = np.array(given)
    along = even_points(given, 12.0)
    np.testing.assert_allclose(along.of_given(along.points[None] + [1.0, 2.0])[0], given + np.array([1.0, 2.0]))


def test_a_wall_moves_alike_however_many_of_its_points_are_asked_for():
    phantom = generate(PhantomParameters(n_frames=16, seed=11))
    tracker = ClassicalTracker(TrackerOptions(wall=True))
    many = wall_points(phantom, "mid", 121)
    few = many[::4]
    frame = phantom.ed_frame
    dense, sparse = (tracker.track(phantom.cine, points, frame).positions for points in (many, few))
    assert np.abs(dense[::4] - sparse).mean() < 0.02
