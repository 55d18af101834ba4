"""What the tests of the section "Review" share: a tracked wall with faults, and what is shown of it."""

from __future__ import annotations

from panel_host import table_column


def review_ui(bench):
    return bench.panel._review_section.ui


def column(bench, number):
    return table_column(review_ui(bench).reviewTable, number)


def select_row(bench, label):
    review_ui(bench).reviewTable.selectRow(column(bench, 0).index(label))
    bench.host.settle()


def ring(bench):
    nodes = bench.scene.GetNodesByName("EchoTracker selected point")
    nodes.UnRegister(None)
    return nodes.GetItemAsObject(0)
