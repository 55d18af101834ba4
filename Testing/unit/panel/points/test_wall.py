"""The wall in three clicks: its curve, what follows it, undo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from EchoTrackerLib.panel.points import wall_curve
from EchoTrackerLib.strain.layers import layer_names, middle_layer
from EchoTrackerLib.strain.outline.search import FoundWall
from EchoTrackerLib.strain.wall_template import curve_from_clicks, wall_points, wall_template


def test_three_clicks_make_a_wall(bench):
    bench.load()
    bench.parameters.pointsAlong = 21
    bench.ui.wallButton.click()
    assert "left annulus" in bench.ui.pointsMessageLabel.text
    for x, y in ((45, 100), (80, 20), (115, 100)):
        bench.click_px(x, y)
    bench.host.settle()
    found = bench.panel.points.read()
    assert len(found.labels) == 21
    assert np.allclose(found.positions[0], [45, 100], atol=1.5)
    assert np.allclose(found.positions[10], [80, 20], atol=2.5)
    assert np.allclose(found.positions[-1], [115, 100], atol=1.5)
    assert not bench.ui.wallButton.checked
    bench.parameters.layers = 3
    bench.host.settle()
    assert len(bench.panel.points.read().labels) == 63


def test_editing_the_curve_moves_the_points(bench):
    bench.load()
    bench.ui.wallButton.click()
    for x, y in ((45, 100), (80, 20), (115, 100)):
        bench.click_px(x, y)
    before = bench.panel.points.read().positions
    curve = bench.parameters.wallCurve
    world = np.add(curve.GetNthControlPointPositionWorld(0), (0, 5, 0))
    curve.SetNthControlPointPositionWorld(0, *world)
    curve.InvokeEvent(curve.PointEndInteractionEvent)
    assert bench.panel.points.read().positions[0, 1] < before[0, 1] - 5
    bench.ui.undoButton.click()
    assert np.allclose(bench.panel.points.read().positions, before, atol=1e-3)


def test_the_wall_is_found_and_undo_gives_the_template_back(bench, monkeypatch):
    clicks, weak = np.array([(45, 100), (80, 20), (115, 100)], dtype=float), np.zeros(61, bool)
    weak[40:50] = True

    def find(frames, found_clicks, view, frame):
        np.testing.assert_allclose(found_clicks, clicks, atol=0.6)
        template = replace(wall_template(view), along=np.linspace(0, 1, 61), thickness=np.full(61, 0.15))
        return FoundWall(
            curve_from_clicks(clicks, wall_template(view), 61) + np.array([3, 0]), template.thickness, weak, template
        )

    monkeypatch.setattr(wall_curve, "find_wall", find)
    bench.load()
    bench.parameters.layers = 3
    bench.ui.wallButton.click()
    for place in clicks:
        bench.click_px(*place)
    bench.host.settle()
    curve = bench.parameters.wallCurve
    found, count = bench.panel.points.read().positions, bench.parameters.pointsAlong
    assert "W7" in bench.ui.pointsMessageLabel.text and "Undo" in bench.ui.pointsMessageLabel.text
    assert [bool(curve.GetNthControlPointSelected(i)) for i in (5, 6, 7)] == [True, False, True]
    bench.ui.undoButton.click()
    bench.host.settle()
    template = bench.panel.points.read().positions
    middle = slice(count, 2 * count)
    assert abs((found - template)[middle].mean(axis=0) - (3, 0)).max() < 0.3
    assert all(bench.parameters.wallCurve.GetNthControlPointSelected(i) for i in range(9))
    across = [np.linalg.norm(p[2 * count :] - p[:count], axis=1).mean() for p in (found, template)]
    assert across[0] > 1.3 * across[1]  # the layers lie where the found wall's borders are
    bench.ui.redoButton.click()
    bench.host.settle()
    np.testing.assert_allclose(bench.panel.points.read().positions, found, atol=1e-3)


def test_undo_of_a_dragged_diamond_keeps_the_curve(bench):
    bench.load()
    bench.ui.wallButton.click()
    for x, y in ((45, 100), (80, 20), (115, 100)):
        bench.click_px(x, y)
    bench.host.settle()

    def handles():
        curve = bench.parameters.wallCurve
        return np.array([curve.GetNthControlPointPositionWorld(i) for i in range(curve.GetNumberOfControlPoints())])

    states = [(handles(), bench.panel.points.read().positions)]
    for step in (5, 9):
        curve = bench.parameters.wallCurve
        curve.SetNthControlPointPositionWorld(0, *np.add(curve.GetNthControlPointPositionWorld(0), (0, step, 0)))
        curve.InvokeEvent(curve.PointEndInteractionEvent)
        states.append((handles(), bench.panel.points.read().positions))
    moves = [("undoButton", 1), ("undoButton", 0), ("redoButton", 1), ("redoButton", 2), ("undoButton", 1)]
    for button, expected in moves:
        getattr(bench.ui, button).click()
        bench.host.settle()
        np.testing.assert_allclose(handles(), states[expected][0], atol=1e-6)
        np.testing.assert_allclose(bench.panel.points.read().positions, states[expected][1], atol=1e-3)
    for _step in range(3):  # the found wall, the template
        bench.ui.undoButton.click()
    assert bench.parameters.wallCurve is None and bench.panel.points.count() == 0
    for _step in range(2):
        bench.ui.redoButton.click()
    bench.host.settle()
    np.testing.assert_allclose(handles(), states[0][0], atol=1e-6)
    bench.parameters.layers = 3  # and the points follow it again
    bench.host.settle()
    assert len(bench.panel.points.read().positions) == 3 * len(states[0][1])


def test_a_wall_dragged_off_the_image_is_refused_and_can_be_dragged_back(bench, capfd):
    bench.load()
    bench.ui.wallButton.click()
    for x, y in ((45, 100), (80, 20), (115, 100)):
        bench.click_px(x, y)
    before, curve = bench.panel.points.read().positions, bench.parameters.wallCurve
    inside = np.array(curve.GetNthControlPointPositionWorld(0))
    for place, message in ((inside - (0, 60, 0), "beside the image"), (inside, "31 points on frame 1")):
        curve.SetNthControlPointPositionWorld(0, *place)
        curve.InvokeEvent(curve.PointEndInteractionEvent)
        assert message in bench.ui.pointsMessageLabel.text
        assert np.allclose(bench.panel.points.read().positions, before, atol=0.01)
    assert "Traceback" not in capfd.readouterr().err


def test_three_clicks_never_replace_points_set_otherwise(bench):
    bench.load()
    bench.put()
    before, first = bench.panel.points.read().positions, bench.parameters.points
    bench.ui.wallButton.click()
    for x, y in ((45, 100), (80, 20), (115, 100)):
        bench.click_px(x, y)
    assert bench.parameters.points is not first
    assert not first.GetDisplayNode().GetVisibility()
    bench.parameters.points = first
    assert np.allclose(bench.panel.points.read().positions, before)


def test_curve_goes_through_the_clicks():
    clicks = np.array([[20.0, 90.0], [55.0, 10.0], [80.0, 95.0]])
    curve = curve_from_clicks(clicks, wall_template("A4C"))
    assert np.allclose(curve[[0, len(curve) // 2, -1]], clicks)


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("count", [5, 100])
def test_layers_are_ordered_from_the_cavity_outwards(layers, count):
    clicks = np.array([[20.0, 90.0], [50.0, 10.0], [80.0, 90.0]])
    template = wall_template("A4C")
    labels, points = wall_points(curve_from_clicks(clicks, template), layers, count, template)
    assert len(set(labels)) == layers * count == len(points)
    widths = [np.ptp(points[i * count : (i + 1) * count, 0]) for i in range(layers)]
    assert widths == sorted(widths)
    assert middle_layer(labels)[0] == layer_names(layers)[layers // 2 if layers != 2 else 0]


@pytest.mark.parametrize("end", ["Esc", "button", "another clip", "module left"])
def test_three_clicks_that_were_given_up_leave_the_points_that_were_there(bench, end):
    """Another list was chosen, an empty one, and they seemed lost."""
    from panel_host import make_cine

    from EchoTrackerLib.scene.mrml.nodes import nodes_of

    first = bench.load()
    bench.put(5)
    points = bench.parameters.points
    bench.ui.wallButton.click()
    bench.click_px(45, 100)
    if end == "Esc":
        bench.host.press("Esc")
    elif end == "button":
        bench.ui.wallButton.click()
    elif end == "another clip":
        bench.load(make_cine(name="another"))
        bench.parameters.browser = first
    else:
        bench.host.leaveModule()
        bench.widget.enter()
    bench.host.settle(0.2)
    assert bench.parameters.points is points
    assert points.GetNumberOfControlPoints() == 5 and not points.GetLocked()
    assert [node for node in nodes_of(bench.scene, "vtkMRMLMarkupsFiducialNode") if node is not points] == []
