"""What the tests of the section "Compare" share: two sets of tracks, and what it shows of them."""

from __future__ import annotations

from panel_host import table_column

from EchoTrackerLib.scene.compare.marks import ROLE
from EchoTrackerLib.scene.mrml import nodes


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
    return bench.panel.compare._layout._layout_node.GetViewArrangement()


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
