"""What the tests of the section "Compare" share: two sets of tracks, and what it shows of them."""

from __future__ import annotations

import pytest
from panel_host import Bench, bench, made_tracks, make_cine, running_host, table_column  # noqa: F401

from EchoTrackerLib.scene import nodes
from EchoTrackerLib.scene.compare_marks import ROLE
from EchoTrackerLib.tracking.job import Outcome


@pytest.fixture
def two(bench):
    """Tracks of 18 points, kept as "first", and tracked again: "mid 05" by (8, 0) px off from frame 6 on."""
    panel = bench.panel
    bench.load(make_cine(frames=24))
    panel.compare._dialogs = panel.review._dialogs = bench.answers
    bench.put(18)
    bench.track()
    panel.compare.keep("first")
    bench.ui.trackButton.click()
    tracks = made_tracks(bench.runner.job)
    tracks.positions[4, 6:] += (8, 0)
    bench.runner._end(Outcome("done", tracks))
    bench.host.settle(0.2)
    yield bench
    panel.compare.stop()


def ui_of(bench):
    return bench.panel._compare_section.ui


def column(bench, number):
    return table_column(ui_of(bench).compareTable, number)


def show(bench, frame):
    """Show a frame and wait for its numbers."""
    bench.parameters.browser.SetSelectedItemNumber(frame)
    assert bench.host.waitFor(lambda: not bench.panel.compare._waiting, 10)


def row_of(bench, label):
    names = column(bench, 0)
    return {c: column(bench, c)[names.index(label)] for c in range(8)}


def arrangement(bench):
    return bench.panel.compare._stage._layout_node.GetViewArrangement()


def differences(bench):
    return [n for n in nodes.nodes_of(bench.scene, "vtkMRMLModelNode") if nodes.role_of(n) == ROLE]


def displays(bench):
    """What is visible where, of every display node of the scene, by name of its node."""
    found = {}
    for node in nodes.nodes_of(bench.scene, "vtkMRMLDisplayableNode"):
        display = node.GetDisplayNode()
        if display is not None and "Slice" not in node.GetName():  # the views' own models
            found[node.GetName()] = (display.GetVisibility(), display.GetViewNodeIDs())
    return found
