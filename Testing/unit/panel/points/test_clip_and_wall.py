"""Points belong to their clip, wall handles take the mouse, clicks count on the image only, gray buttons say why."""

from __future__ import annotations

import numpy as np
from panel_host import make_cine

CLICKS = ((45, 100), (80, 20), (115, 100))


def wall(bench):
    bench.ui.wallButton.click()
    for x, y in CLICKS:
        bench.click_px(x, y)
    bench.host.settle()
    return bench.parameters.wallCurve


def control_points(curve):
    return np.array([curve.GetNthControlPointPositionWorld(i) for i in range(curve.GetNumberOfControlPoints())])


def test_a_drag_on_a_diamond_drags_the_diamond(bench):
    """The round points to track lie over it; what was dragged there was lost with the next edit of the curve."""
    import slicer

    bench.load()
    curve = wall(bench)
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    bench.host.settle(0.2)
    assert bench.parameters.points.GetLocked()  # whichever of the two Slicer draws on top
    before, points = control_points(curve), bench.panel.points.read().positions
    start = bench.host.viewPosition("Red", before[0])
    bench.host.drag(view, start, (start[0] - 20, start[1] - 8))
    bench.host.settle(0.2)
    moved = np.linalg.norm(control_points(curve) - before, axis=1)
    assert moved[0] > 2
    assert moved[1:].max() < 1e-3
    assert not np.allclose(bench.panel.points.read().positions[0], points[0], atol=1)  # and the points follow
    bench.ui.undoButton.click()
    assert np.allclose(control_points(bench.parameters.wallCurve), before, atol=1e-6)
    bench.ui.undoButton.click()  # gives the template back
    bench.ui.undoButton.click()  # takes the curve away: now the points are dragged themselves
    assert bench.parameters.wallCurve is None
    assert not bench.parameters.points.GetLocked()


def test_clicks_beside_or_across_the_image_make_no_wall(bench):
    bench.load(make_cine(size=(60, 120)))
    bench.ui.wallButton.click()
    bench.click_px(20, 100)
    bench.click_px(-20, 60)
    assert "beside the image" in bench.ui.pointsMessageLabel.text
    assert "apex" in bench.ui.pointsMessageLabel.text
    node = bench.panel.points._placing.node
    x, y, z = node.GetNthControlPointPositionWorld(0)
    node.AddControlPointWorld([x, y, z + 25])  # as a click in a view across the clip does
    assert node.GetNumberOfDefinedControlPoints() == 1
    bench.click_px(30, 20)
    bench.click_px(45, 100)
    bench.host.settle()
    assert len(bench.panel.points.read().labels) == 31


def test_a_known_length_is_not_drawn_beside_the_image(bench):
    bench.load(make_cine(size=(60, 120)))
    bench.ui.drawLineButton.click()
    bench.click_px(20, 20)
    bench.click_px(-20, 60)
    assert not bench.ui.calibrateButton.enabled
    bench.click_px(20, 80)
    bench.host.settle()
    assert bench.ui.calibrateButton.enabled
    bench.panel.clip.stop()


def test_each_clip_has_its_own_points_and_wall(bench):
    first = bench.load(make_cine(name="one"))
    curve = wall(bench)
    points = bench.parameters.points
    second = bench.load(make_cine(name="two"))
    assert bench.parameters.points is None
    assert bench.parameters.wallCurve is None
    assert "No points yet" in bench.ui.pointsMessageLabel.text
    bench.put(5)
    own = bench.parameters.points
    bench.parameters.browser = first
    bench.host.settle()
    assert bench.parameters.points is points
    assert bench.parameters.wallCurve is curve
    bench.parameters.browser = second
    bench.host.settle()
    assert bench.parameters.points is own
    assert bench.parameters.wallCurve is None


def test_gray_buttons_say_why(bench):
    own = bench.ui.wallButton.toolTip
    assert "Select or load a clip" in own
    bench.load()
    own = bench.ui.wallButton.toolTip
    assert "left annulus" in own
    bench.parameters.view = "SAX"
    bench.host.settle()
    assert not bench.ui.wallButton.enabled
    assert "short-axis" in bench.ui.wallButton.toolTip
    bench.parameters.view = "A4C"
    bench.host.settle()
    assert bench.ui.wallButton.toolTip == own
    assert bench.ui.undoButton.toolTip == "Nothing to undo."
