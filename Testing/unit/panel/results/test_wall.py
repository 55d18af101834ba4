"""The segments of the wall on the image: wherever a result is shown, in the colors of its curves, as long as wanted."""

from __future__ import annotations

import numpy as np
import pytest
from panel_host import make_cine

from EchoTrackerLib.scene.mrml import layout, nodes
from EchoTrackerLib.scene.strain import SERIES_ROLE, read_strain
from EchoTrackerLib.scene.study.wall import ROLE


@pytest.fixture
def measured(bench):
    bench.load(make_cine(frames=21))
    bench.put(24)
    bench.track()
    bench.host.settle(0.2)
    return bench


def walls(bench):
    return [node for node in nodes.nodes_of(bench.scene, "vtkMRMLModelNode") if nodes.role_of(node) == ROLE]


def test_the_wall_is_drawn_with_chart_and_table_and_with_the_bullseye(measured):
    for arrangement in (layout.CLIP_AND_CHART, layout.STUDY, layout.ONE_VIEW):
        measured.panel.clip._layout_node.SetViewArrangement(arrangement)
        measured.host.settle(0.1)
        assert len(walls(measured)) == 1
        assert walls(measured)[0].GetDisplayNode().GetVisibility2D()


def test_its_colors_are_those_of_the_curves(measured):
    (wall,) = walls(measured)
    strain = read_strain(measured.scene, measured.parameters.browser)
    colors = wall.GetDisplayNode().GetColorNode()
    curves = {
        series.GetName(): series.GetColor()
        for series in nodes.nodes_of(measured.scene, "vtkMRMLPlotSeriesNode")
        if nodes.role_of(series) == SERIES_ROLE
    }
    for number, piece in enumerate(strain.segments):
        color = [0.0] * 4
        colors.GetColor(number, color)
        assert np.allclose(color[:3], curves[piece.name], atol=1e-3)


def test_it_follows_the_frames_and_the_measurement(measured):
    (wall,) = walls(measured)
    bounds = wall.GetPolyData().GetPoints().GetBounds()
    measured.parameters.browser.SetSelectedItemNumber(10)
    measured.host.settle()
    assert wall.GetPolyData().GetPoints().GetBounds() != bounds
    measured.ui.edHereButton.click()
    measured.host.settle()
    assert len(walls(measured)) == 1


def test_it_is_hidden_when_it_is_not_wanted(measured):
    measured.ui.showSegmentsCheckBox.click()
    assert not walls(measured)
    measured.ui.showSegmentsCheckBox.click()
    assert len(walls(measured)) == 1
    measured.load(make_cine(frames=5))  # a clip without results
    assert not walls(measured)


def test_a_closed_contour_is_drawn_all_round():
    from wall_examples import scaled_wall

    from EchoTrackerLib.scene.study.wall import wall_strokes
    from EchoTrackerLib.strain.strain import measure_strain

    tracks = scaled_wall(0.2)
    ends = tracks.positions[[-1, 0], 0].astype(float)
    for view, drawn in (("SAX", True), ("A4C", False)):
        strain = measure_strain(tracks, view=view, closed=view == "SAX")
        vertices = wall_strokes(strain, tracks, 0, np.array([640, 640]))[0].reshape(-1, 2, 2)
        assert any(np.allclose(piece, ends) for piece in vertices) == drawn
