"""The wall is found near its template, and the template stays where the image says nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import correlate, gaussian_filter

from EchoTrackerLib.cine.geometry import resample_line
from EchoTrackerLib.phantom.parameters import TRAINING, draw_parameters
from EchoTrackerLib.phantom.phantom import generate
from EchoTrackerLib.strain.outline import evidence
from EchoTrackerLib.strain.outline.course import course_given, usual_covariances
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
    wide = np.zeros((3, 2, 9, 9))
    wide[:, :, ::4, ::2] = kernel
    expected = [sum(correlate(x[c], wide[o, c], mode="constant") for c in range(2)) for o in range(3)]
    np.testing.assert_allclose(convolved(x, kernel, (4, 2)), expected, atol=1e-12)


def test_the_most_likely_wall_weighs_what_is_seen_against_what_is_usual() -> None:
    """The same mean and SD by precisions instead of covariances: both borders' evidence added to the prior's."""
    rng = np.random.default_rng(1)
    place = np.linspace(0, 1, 9)
    covariances = usual_covariances(place, np.array([0.05, 0.2, 0.012, 0.1, 0.02, 0.01, 0.1]))
    depth, variance = rng.normal(0, 0.05, (2, 9)), rng.uniform(1e-4, 1e-2, (2, 9))
    usual = np.full(9, 0.1)
    offset, thickness, sd = course_given(depth, variance, usual, covariances)
    borders = np.block([[np.eye(9), -np.eye(9) / 2], [np.eye(9), np.eye(9) / 2]])  # of offsets and thicknesses
    before = np.linalg.inv(np.block([[covariances[0], np.zeros((9, 9))], [np.zeros((9, 9)), covariances[1]]]))
    seen = borders.T / variance.ravel()
    after = np.linalg.inv(before + seen @ borders)
    expected = after @ (before @ np.r_[np.zeros(9), usual] + seen @ depth.ravel())
    np.testing.assert_allclose(np.r_[offset, thickness], expected, atol=1e-7)
    np.testing.assert_allclose(sd, np.sqrt(np.diag(after)[:9]), atol=1e-7)


def test_before_a_look_the_wall_is_surest_at_the_clicks() -> None:
    place = np.linspace(0, 1, 9)
    distance, thickness = usual_covariances(place, np.array([0.05, 0.2, 0.012, 0.1, 0.02, 0.01, 0.1]))
    sd = np.sqrt(np.diag(distance))
    np.testing.assert_allclose(sd[[0, 4, 8]], 0.012, rtol=0.01)
    np.testing.assert_allclose(sd[[2, 6]], np.hypot(0.05, 0.012), rtol=0.01)
    np.testing.assert_allclose(np.sqrt(np.diag(thickness)), np.hypot(0.02, 0.01), rtol=0.01)


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
        assert distances(clicks, resample_line(found.line, 1000)).max() < 0.5
    assert np.mean(after) < 0.6 * np.mean(before)


def test_pytorch_and_numpy_find_the_same_wall() -> None:
    """What is fitted is what is used."""
    torch = pytest.importorskip("torch")
    from wall_search_network import WallNetwork

    torch.manual_seed(3)
    rng = np.random.default_rng(3)
    strip = read_strip(np.zeros((1, 160, 200), np.uint8), curve_from_clicks(CLICKS, wall_template("A4C"), PLACES), 0)
    strip = replace(strip, seen=60 * gaussian_filter(rng.normal(size=strip.seen.shape), (0, 3, 8)))
    usual = np.linspace(0.08, 0.12, PLACES)
    network = WallNetwork(strip.depth, usual)
    with torch.no_grad():
        network.layers[-1].weight *= 20
        _scores, mean, left = network(torch.as_tensor(strip.seen[None], dtype=torch.float32))
    weights = {name: values.astype(np.float32) for name, values in network.weights().items()}
    depth, variance = evidence.border_evidence(strip, weights)
    covariances = usual_covariances(evidence.PLACE, weights["prior"])
    offset, thickness, sd = course_given(depth, variance, usual[:: evidence.EVERY], covariances)
    assert np.abs(offset).max() > 0.005
    np.testing.assert_allclose(mean[0].numpy(), [offset, thickness], atol=2e-4)
    np.testing.assert_allclose(left[0, 0].sqrt().numpy(), sd, atol=2e-4)
