"""The apex of the three clicks goes with the wall: over points and tracks to strain, into scenes and files."""

from __future__ import annotations

import numpy as np
import pytest

from EchoTrackerLib.scene.points import apex_noted
from EchoTrackerLib.scene.strain import read_strain
from EchoTrackerLib.strain.segments import CLICKED
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.strain.wall_template import apex_along, curve_from_clicks, wall_template
from EchoTrackerLib.tracks.files import read_tracks, write_tracks

CLICKS = ((45, 100), (70, 24), (115, 100))  # the apex lies left of the point farthest from the annulus


@pytest.fixture
def wall(bench):
    bench.load()
    bench.parameters.pointsAlong, bench.parameters.layers = 21, 3
    bench.ui.wallButton.click()
    for x, y in CLICKS:
        bench.click_px(x, y)
    bench.host.settle()
    return bench.parameters.wallCurve


def drag(curve, handle: int, by) -> None:
    world = np.add(curve.GetNthControlPointPositionWorld(handle), by)
    curve.SetNthControlPointPositionWorld(handle, *world)
    curve.InvokeEvent(curve.PointEndInteractionEvent)


def expected() -> float:
    line = curve_from_clicks(np.array(CLICKS, float), wall_template("A4C"), 401)
    return apex_along(line, np.array(CLICKS[1], float), 21)


def test_the_click_is_the_apex_of_strain(bench, wall):
    bench.track()
    strain = read_strain(bench.scene, bench.parameters.browser)
    assert strain.apex_source == CLICKED
    assert strain.apex == pytest.approx(expected() / 20, abs=0.01)
    tracks = bench.result()
    mid = tracks.select(np.array([label.startswith("mid") for label in tracks.labels]))
    told = measure_strain(mid, view="A4C", apex="mid 09")
    assert told.apex_source == "given by the user"  # the user is above the click
    away = mid.select(np.arange(20))  # not the wall that was clicked
    assert CLICKED not in measure_strain(away, view="A4C").apex_source


def test_it_goes_with_the_diamond_and_is_taken_back(bench, wall):
    points = bench.parameters.points
    before = apex_noted(points)
    assert before["place"] == pytest.approx(expected(), abs=0.3) and before["of"] == 21
    drag(wall, 4, (6, 0, 0))
    assert abs(apex_noted(points)["place"] - before["place"]) > 0.2
    bench.ui.undoButton.click()
    assert apex_noted(points) == before
    wall.RemoveNthControlPoint(4)
    drag(wall, 2, (0, 0, 0))
    assert apex_noted(points) is None
    bench.ui.undoButton.click()
    bench.put()
    assert apex_noted(bench.parameters.points) is None


@pytest.mark.parametrize("name", ["tracks.npz", "tracks.json"])
def test_files_hold_it(bench, wall, tmp_path, name):
    bench.track()
    tracks = bench.result()
    mid = tracks.select(np.array([label.startswith("mid") for label in tracks.labels]))
    write_tracks(tmp_path / name, mid)
    again = read_tracks(tmp_path / name)
    assert again.clicked_apex is not None and again.clicked_apex == mid.clicked_apex
    assert measure_strain(again, view="A4C").apex == measure_strain(mid, view="A4C").apex
    reverse = mid.select(np.arange(21)[::-1])  # as if clicked from the image's right: turned round with its apex
    turned = measure_strain(reverse, view="A4C", turn=True)
    assert turned.apex_source == CLICKED and turned.apex == pytest.approx(1 - again.clicked_apex / 20, abs=0.02)


def test_a_script_makes_the_same_wall(bench):
    browser = bench.load()
    node = bench.widget.logic.placeWall(browser, CLICKS, pointsAlong=21)
    assert apex_noted(node)["place"] == pytest.approx(expected(), abs=0.1)
