"""Layouts of EchoTracker: the clip with chart and table, two clips side by side, the clip with bull's-eye and chart."""

from __future__ import annotations

from typing import Any, Optional

# Slicer asks modules for ids of 100 and more that nobody else uses.
CLIP_AND_CHART = 7391
SIDE_BY_SIDE = 7392
STUDY = 7393
ONE_VIEW = 6  # Slicer's own layout of the red view alone
COMPARISON_VIEW = "EchoTrackerComparison"
BULLSEYE_VIEW = "EchoTrackerBullseye"
_OURS = (CLIP_AND_CHART, SIDE_BY_SIDE, STUDY)
_BEFORE = "EchoTracker.LayoutBefore"
_ONE_VIEW = "EchoTracker.OneView"  # that we have chosen this layout, not the user

_SLICE = (
    '<view class="vtkMRMLSliceNode" singletontag="{tag}">'
    '<property name="orientation" action="default">Axial</property>'
    '<property name="viewlabel" action="default">{label}</property>'
    '<property name="viewcolor" action="default">{colour}</property></view>'
)
CLIP_VIEW = "Red"  # the slice view in which every layout of ours shows the clip
_PLOT = (
    '<view class="vtkMRMLPlotViewNode" singletontag="PlotView1">'
    '<property name="viewlabel" action="default">P</property></view>'
)
_TABLE = (
    '<view class="vtkMRMLTableViewNode" singletontag="TableView1">'
    '<property name="viewlabel" action="default">T</property></view>'
)
_RED = _SLICE.format(tag=CLIP_VIEW, label="R", colour="#F34A33")

_DESCRIPTIONS = {
    CLIP_AND_CHART: (
        f'<layout type="horizontal" split="true"><item splitSize="600">{_RED}</item>'
        f'<item splitSize="500"><layout type="vertical" split="true">'
        f'<item splitSize="550">{_PLOT}</item><item splitSize="250">{_TABLE}</item></layout></item></layout>'
    ),
    SIDE_BY_SIDE: (
        f'<layout type="vertical" split="true"><item splitSize="600"><layout type="horizontal" split="true">'
        f"<item>{_RED}</item><item>{_SLICE.format(tag=COMPARISON_VIEW, label='C', colour='#4A7FB0')}</item></layout>"
        f'</item><item splitSize="300">{_PLOT}</item></layout>'
    ),
    STUDY: (
        f'<layout type="horizontal" split="true"><item splitSize="550">{_RED}</item>'
        f'<item splitSize="550"><layout type="vertical" split="true">'
        f'<item splitSize="450">{_SLICE.format(tag=BULLSEYE_VIEW, label="B", colour="#8A6BB0")}</item>'
        f'<item splitSize="350">{_PLOT}</item></layout></item></layout>'
    ),
}


def register_layouts(layout_node: Any) -> None:
    """Teach the layout node EchoTracker's layouts; once, before scenes are loaded."""
    for layout, description in _DESCRIPTIONS.items():
        if not layout_node.IsLayoutDescription(layout):
            layout_node.AddLayoutDescription(layout, description)


def show_layout(layout_node: Any, layout: int = CLIP_AND_CHART) -> int:
    """Show one of EchoTracker's layouts; return the layout before, for `restore_layout`.

    The layout before is the user's: when one of ours is shown already, the one before that.
    """
    register_layouts(layout_node)
    before = int(layout_node.GetViewArrangement())
    if shown_layout(layout_node) is not None:
        before = int(layout_node.GetAttribute(_BEFORE) or before)
    else:
        layout_node.SetAttribute(_BEFORE, str(before))
    layout_node.SetAttribute(_ONE_VIEW, "true" if layout == ONE_VIEW != before else None)
    layout_node.SetViewArrangement(layout)
    return before


def shown_layout(layout_node: Any) -> Optional[int]:
    """Return the layout that is shown when it is ours, chosen by `show_layout`; None for one of the user's."""
    now = int(layout_node.GetViewArrangement())
    ours = now in _OURS or (now == ONE_VIEW and layout_node.GetAttribute(_ONE_VIEW) is not None)
    return now if ours else None


def leave(layout_node: Any) -> Optional[int]:
    """Go back to the user's layout; return ours that was shown, None where it was the user's."""
    was = shown_layout(layout_node)
    before = int(layout_node.GetAttribute(_BEFORE) or 0)
    if was is not None and before:
        layout_node.SetViewArrangement(before)
    layout_node.SetAttribute(_ONE_VIEW, None)
    return was


def restore_layout(layout_node: Any, before: int) -> None:
    """Go back to the layout before; a layout that the user chose in the meantime stays."""
    if shown_layout(layout_node) is not None and before not in _OURS:
        layout_node.SetViewArrangement(before)


def show_results(scene: Any, chart: Any, table: Any) -> None:
    """Show the chart in the plot views and the table in the table views of the scene."""
    from . import nodes

    for view in nodes.nodes_of(scene, "vtkMRMLPlotViewNode"):
        view.SetPlotChartNodeID(chart.GetID() if chart is not None else None)
    for view in nodes.nodes_of(scene, "vtkMRMLTableViewNode"):
        view.SetTableNodeID(table.GetID() if table is not None else None)
    for selection in nodes.nodes_of(scene, "vtkMRMLSelectionNode"):
        if chart is not None:
            selection.SetActivePlotChartID(chart.GetID())
        if table is not None:
            selection.SetActiveTableID(table.GetID())
