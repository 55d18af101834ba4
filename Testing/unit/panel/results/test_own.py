"""Several clips in one scene: each has its own view, chart and tracks on screen."""

from __future__ import annotations

import pytest
from panel_host import make_cine

from EchoTrackerLib.scene.results import find_results
from EchoTrackerLib.scene.strain import read_strain


@pytest.fixture
def two(bench):
    """Two tracked clips, named after their views; the second is chosen."""
    browsers = []
    for name in ("heart A4C", "heart A2C"):
        bench.load(make_cine(frames=21, name=name))
        bench.put(24)
        bench.track()
        browsers.append(bench.parameters.browser)
    bench.host.settle(0.2)
    return browsers


def visible(bench, browser):
    found = find_results(bench.scene, browser)
    return [bool(node.GetDisplayNode().GetVisibility()) for node in (found.trajectories, found.tracks.proxy)]


def choose(bench, browser):
    bench.parameters.browser = browser
    bench.host.settle(0.1)


def test_the_view_is_the_clips_own(bench, two):
    assert [read_strain(bench.scene, browser).view for browser in two] == ["A4C", "A2C"]
    choose(bench, two[0])
    assert bench.parameters.view == "A4C"
    bench.ui.edHereButton.click()  # measures again
    assert "basal inferoseptal" in [piece.name for piece in read_strain(bench.scene, two[0]).segments]
    bench.parameters.view = "APLAX"
    choose(bench, two[1])
    assert bench.parameters.view == "A2C"
    choose(bench, two[0])
    assert bench.parameters.view == "APLAX"


def test_tracks_of_other_clips_do_not_lie_over_the_chosen_one(bench, two):
    assert visible(bench, two[1]) == [True, True] and visible(bench, two[0]) == [False, False]
    choose(bench, two[0])
    assert visible(bench, two[0]) == [True, True] and visible(bench, two[1]) == [False, False]


def test_the_chart_is_that_of_the_chosen_clip(bench, two):
    import slicer

    for browser in two:
        choose(bench, browser)
        node = slicer.app.layoutManager().plotWidget(0).mrmlPlotViewNode()
        assert node.GetPlotChartNodeID() == find_results(bench.scene, browser).strain.chart.GetID()
    bench.load(make_cine(frames=5, name="new"))
    assert not slicer.app.layoutManager().plotWidget(0).mrmlPlotViewNode().GetPlotChartNodeID()
