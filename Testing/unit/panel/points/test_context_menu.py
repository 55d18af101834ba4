"""Slicer's context menu on points to track and on the diamonds of a wall: an edit, or put back with a word."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from context_menu import delete_node, delete_point, rename_point


@pytest.fixture
def wall(bench):
    """A wall in three clicks."""
    bench.load()
    bench.ui.wallButton.click()
    for x, y in ((45, 100), (80, 20), (115, 100)):
        bench.click_px(x, y)
    bench.host.settle(0.2)
    return bench


def places(node):
    """Names and places of a list's points, None where there is no list."""
    if node is None:
        return None
    count = node.GetNumberOfControlPoints()
    at = np.round([node.GetNthControlPointPosition(k) for k in range(count)], 3).tolist()
    return [(node.GetNthControlPointLabel(k), *at[k], node.GetNthControlPointPositionStatus(k)) for k in range(count)]


def state(bench):
    """Diamonds and points, and whether the points are locked."""
    points = bench.parameters.points
    return places(bench.parameters.wallCurve), places(points), points is not None and bool(points.GetLocked())


def undo(bench, keys="Alt+Z"):
    bench.host.press(keys)
    bench.host.settle(0.2)


def redo(bench):
    undo(bench, "Alt+Shift+Z")


def test_a_diamond_that_is_deleted_is_an_edit(wall):
    """The points kept the old shape, and Undo took back another edit."""
    before = state(wall)
    delete_point(wall.parameters.wallCurve, 2)
    wall.host.settle(0.2)
    after = state(wall)
    assert len(after[0]) == 8 and len(after[1]) == 31 and after[1] != before[1]
    undo(wall)
    assert state(wall) == before
    redo(wall)
    assert state(wall) == after


def test_a_curve_without_diamonds_is_none_and_comes_back(wall):
    """Its points stayed locked for good."""
    before = state(wall)
    for _diamond in range(9):
        delete_point(wall.parameters.wallCurve, 0)
        wall.host.settle(0.1)
    assert not wall.parameters.points.GetLocked()
    for _step in range(8):
        undo(wall)
    assert state(wall) == before


def test_a_curve_that_is_deleted_comes_back_with_undo(wall):
    before = state(wall)
    delete_node(wall.parameters.wallCurve)
    wall.host.settle(0.2)
    assert state(wall) == (None, before[1], False)
    undo(wall)
    assert state(wall) == before
    redo(wall)
    assert state(wall) == (None, before[1], False)


@pytest.mark.parametrize(
    "change",
    [
        lambda points: delete_point(points, 4),
        lambda points: rename_point(points, 4, "mine"),
        lambda points: points.UnsetNthControlPointPosition(4),
        lambda points: points.SetNthControlPointPosition(4, 1.0, 2.0, 0.0),
    ],
    ids=["deleted", "renamed", "cleared", "typed"],
)
def test_points_of_a_wall_are_put_back(wall, change):
    """It was lost at the next drag of a diamond."""
    before = state(wall)
    change(wall.parameters.points)
    wall.host.settle(0.2)
    assert state(wall) == before
    assert "follow its curve" in wall.ui.pointsMessageLabel.text
    undo(wall)
    assert state(wall) != before  # it is no step of its own


@pytest.mark.parametrize("clicks", [0, 1, 2])
def test_three_clicks_that_were_given_up_give_the_curve_back_with_undo(wall, clicks):
    before = state(wall)
    wall.ui.wallButton.click()
    for x, y in ((40, 105), (85, 25))[:clicks]:
        wall.click_px(x, y)
    wall.host.press("Esc")
    wall.host.settle(0.2)
    assert state(wall) == (None, before[1], False)
    undo(wall)
    assert state(wall) == before


def test_a_diamond_keeps_its_name(wall):
    """The apex is known by it."""
    from EchoTrackerLib.scene.points import apex_noted

    before, apex = state(wall), apex_noted(wall.parameters.points)
    assert apex is not None
    rename_point(wall.parameters.wallCurve, 4, "apex")
    wall.host.settle(0.2)
    assert state(wall) == before
    assert "keep their names" in wall.ui.pointsMessageLabel.text
    delete_point(wall.parameters.wallCurve, 0)
    wall.host.settle(0.2)
    rename_point(wall.parameters.wallCurve, 3, "apex")
    wall.host.settle(0.2)
    assert wall.parameters.wallCurve.GetNthControlPointLabel(3) == "W5"
    undo(wall)
    rename_point(wall.parameters.wallCurve, 4, "apex")
    wall.host.settle(0.2)
    assert state(wall) == before
    assert apex_noted(wall.parameters.points) is not None


@pytest.mark.parametrize("of_wall", [False, True])
def test_a_point_list_that_is_deleted_comes_back_with_undo(bench, request, of_wall):
    if of_wall:
        request.getfixturevalue("wall")
    else:
        bench.load()
        bench.put(5)
    from EchoTrackerLib.scene.points import apex_noted

    before, apex = state(bench), apex_noted(bench.parameters.points)
    bench.panel.session.edited = SimpleNamespace(undo=lambda: None, redo=lambda: None)  # something else was edited
    delete_node(bench.parameters.points)
    bench.host.settle(0.2)
    assert bench.parameters.points is None and bench.ui.undoButton.enabled
    undo(bench)
    assert state(bench) == before and apex_noted(bench.parameters.points) == apex
    bench.start()
    bench.runner.finish()


def test_points_of_another_clip_do_not_come_back_here(bench):
    from panel_host import make_cine

    bench.load(make_cine(name="one"))
    bench.put(5)
    delete_node(bench.parameters.points)
    bench.host.settle(0.2)
    bench.load(make_cine(name="two"))
    assert not bench.ui.undoButton.enabled


def test_free_points_are_deleted_renamed_and_come_back(bench):
    bench.load()
    bench.put(5)
    steps = [state(bench)]
    for change in (lambda points: delete_point(points, 1), lambda points: delete_point(points, 0)):
        change(bench.parameters.points)
        bench.host.settle(0.1)
        steps.append(state(bench))
    undo(bench)
    assert state(bench) == steps[1]
    undo(bench)
    assert state(bench) == steps[0]
    redo(bench)
    assert state(bench) == steps[1]
