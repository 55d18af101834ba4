"""The shape that tissue gives to the classical tracker's windows."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from EchoTrackerLib.tracking.classical.deformation import wall_deformation
from EchoTrackerLib.tracking.matching.lucas_kanade import match
from EchoTrackerLib.tracking.matching.pyramid import make_level
from EchoTrackerLib.tracking.matching.still import look
from EchoTrackerLib.tracking.matching.windows import Windows, gaussian_window


def test_deformation_of_a_wall_that_turns_and_shortens():
    along = np.linspace(0, 300, 61)
    rest = np.stack([50 + along, np.full_like(along, 80.0)], axis=-1)
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    moved = rest * [0.8, 1.0] @ turn.T + [3, -5]
    found = wall_deformation(np.stack([rest, moved]), 0)
    np.testing.assert_allclose(found[0], np.broadcast_to(np.eye(2), (61, 2, 2)), atol=1e-12)
    # Shortened along the wall, thickened across it; drawn a little towards rigid tissue.
    np.testing.assert_allclose(found[1, 30], turn @ np.diag([0.8, 1.25]), atol=0.04)
    np.testing.assert_allclose(np.linalg.det(found), 1.0)


def test_deformation_of_few_points_is_none():
    for rest in (np.zeros((1, 2)), np.array([[0.0, 0.0], [200.0, 0.0]])):
        moved = np.stack([rest, 0.5 * rest + 3])
        np.testing.assert_allclose(
            wall_deformation(moved, 0), np.broadcast_to(np.eye(2), (2, len(rest), 2, 2)), atol=1e-6
        )


def test_windows_of_the_tissues_shape_match_where_rigid_ones_fail():
    """Texture stretched by a fifth and turned: the true displacement is found more precisely."""
    rng = np.random.default_rng(3)
    texture = ndimage.gaussian_filter(rng.normal(size=(300, 300)), 1.5)
    texture = 120 + 40 * texture / texture.std()
    turn = np.array([[np.cos(0.15), -np.sin(0.15)], [np.sin(0.15), np.cos(0.15)]])
    gradient = turn @ np.diag([0.8, 1.25])  # (x, y), from the first frame to the second
    centre = np.array([100.0, 100.0])
    y, x = np.mgrid[:200, :200]
    offsets = np.stack([x, y], axis=-1) - centre
    frames = [
        ndimage.map_coordinates(texture, [at[..., 1] + 150, at[..., 0] + 150], order=1)
        for at in (offsets, offsets @ np.linalg.inv(gradient).T)
    ]
    level = make_level(np.stack(frames).astype(np.float32))
    points = centre + np.stack(np.meshgrid([-20, 0, 20], [-20, 0, 20]), axis=-1).reshape(-1, 2)
    moved = centre + (points - centre) @ gradient.T
    shapes, still = np.broadcast_to(gradient, (9, 2, 2)), np.broadcast_to(np.eye(2), (9, 2, 2))
    window = gaussian_window(14.0)

    def windows(frame: int, at: np.ndarray, own: np.ndarray) -> Windows:
        return look(level, None, None, np.full(9, frame), at, window, own)[0].windows

    template = windows(0, points, still)

    def found(own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        at = moved + 0.7
        for _step in range(4):
            last = match(template, windows(1, at, own), 2.0, own)
            at = at + last.step
        return at, last.correlation

    (rigid, rigid_likeness), (formed, formed_likeness) = found(still), found(shapes)
    wrong, right = (np.linalg.norm(at - moved, axis=1) for at in (rigid, formed))
    assert right.max() < 0.1
    assert np.median(wrong) > 3 * np.median(right)
    assert formed_likeness.min() > 0.98 > rigid_likeness.max()
