"""The wall is found near its template, and the template stays where the image says nothing."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.ndimage import correlate

from EchoTrackerLib.phantom.parameters import TRAINING, draw_parameters
from EchoTrackerLib.phantom.phantom import generate
from EchoTrackerLib.strain.outline.chain import marginals
from EchoTrackerLib.strain.outline.evidence import convolved
from EchoTrackerLib.strain.outline.search import find_wall
from EchoTrackerLib.strain.outline.strip import PLACES, outward_normals, read_strip
from EchoTrackerLib.strain.wall_template import curve_from_clicks, wall_points, wall_template

CLICKS = np.array([(45.0, 100.0), (80.0, 20.0), (115.0, 100.0)])


def distances(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - line[None], axis=-1).min(axis=1)


def test_layers_of_the_network_are_correlations() -> None:
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(2, 7, 9)), rng.normal(size=(3, 2, 3, 5))
    wide = np.zeros((3, 2, 5, 9))
    wide[:, :, ::2, ::2] = kernel
    expected = [sum(correlate(x[c], wide[o, c], mode="constant") for c in range(2)) for o in range(3)]
    np.testing.assert_allclose(convolved(x, kernel, 2), expected, atol=1e-12)


def test_the_chain_is_exact() -> None:
    rng = np.random.default_rng(1)
    score = rng.normal(size=(3, 3, 2))
    steps = (np.array([-1.0, 0.0, -1.0]), np.array([-0.5, 0.0, -0.5]))
    found = marginals(score, steps)
    assert found.sum(axis=(1, 2)) == pytest.approx(1)
    chance = np.zeros_like(score)
    for path in product(product(range(3), range(2)), repeat=3):
        total = sum(score[s][state] for s, state in enumerate(path))
        for (o, w), (p, v) in zip(path, path[1:]):
            total += -np.inf if abs(p - o) > 1 else steps[0][1 + o - p] + steps[1][1 + w - v]
        for s, state in enumerate(path):
            chance[s][state] += np.exp(total)
    np.testing.assert_allclose(found, chance / chance.sum(axis=(1, 2), keepdims=True), rtol=1e-6)


def test_a_strip_lies_straight_along_the_line() -> None:
    """A bright band 5 % of the axis outside the line is seen there, all along."""
    line = curve_from_clicks(CLICKS, wall_template("A4C"), PLACES)
    unit = 80.0
    band = line + 0.05 * unit * outward_normals(line)
    y, x = np.mgrid[0:128, 0:160]
    away = np.linalg.norm(np.stack([x, y], -1)[:, :, None] - band, axis=-1).min(-1)
    frames = np.repeat((200 * np.exp(-0.5 * (away / 2) ** 2)).astype(np.uint8)[None], 5, axis=0)
    strip = read_strip(frames, line, 2)
    assert strip.unit_px == pytest.approx(unit, rel=0.02)
    found = strip.depth[strip.seen[0].argmax(axis=1)]
    np.testing.assert_allclose(found[3:-3], 0.05, atol=0.015)


@pytest.mark.parametrize("frames", [np.zeros((4, 160, 200), np.uint8), np.full((1, 160, 200), 90, np.uint8)])
def test_where_nothing_is_seen_the_template_stays(frames: np.ndarray) -> None:
    clicks = CLICKS + np.array([20.0, 30.0])
    found = find_wall(frames, clicks, "A4C", 0)
    assert found.weak.all()
    points = wall_points(found.line, 3, 31, found.template)[1]
    template = wall_points(curve_from_clicks(clicks, wall_template("A4C"), 61), 3, 31, wall_template("A4C"))[1]
    np.testing.assert_allclose(points, template, atol=0.5)


def test_the_wall_of_a_synthetic_clip_is_found() -> None:
    """Nearer than the template, on clips that the network has not seen."""
    before, after = [], []
    for seed, view in ((901, "A4C"), (902, "A2C"), (903, "APLAX")):
        facts = {"rows": 160, "cols": 160, "n_frames": 6, "fps": 20.0, "shadow_deg": 0.0}
        phantom = generate(draw_parameters(seed, TRAINING, view, **facts))
        middle = phantom.grid.to_pixels(phantom.motion.forward(phantom.anatomy.mid))[:, 0]
        clicks = middle[[0, phantom.anatomy.apex, -1]]
        found = find_wall(phantom.cine.frames, clicks, view, 0)
        before.append(np.median(distances(curve_from_clicks(clicks, wall_template(view), PLACES), middle)))
        after.append(np.median(distances(found.line, middle)))
    assert np.mean(after) < 0.75 * np.mean(before)
