"""What the context menu of a control point does (qSlicerSubjectHierarchyMarkupsPlugin of Slicer 5.8)."""

from __future__ import annotations

from typing import Any


def open_menu(node: Any) -> None:
    """The right click (vtkSlicerMarkupsWidget::ProcessWidgetMenu)."""
    display = node.GetDisplayNode()
    if display is not None:
        display.InvokeEvent(display.MenuEvent)


def delete_point(node: Any, index: int) -> None:
    """ "Delete control point"; where the number of points is fixed it reads "Clear control point position"."""
    open_menu(node)
    if node.GetFixedNumberOfControlPoints():
        node.UnsetNthControlPointPosition(index)
    else:
        node.RemoveNthControlPoint(index)


def rename_point(node: Any, index: int, name: str) -> None:
    """ "Rename control point..." """
    open_menu(node)
    node.SetNthControlPointLabel(index, name)


def delete_node(node: Any) -> None:
    """ "Delete Point List"."""
    open_menu(node)
    node.GetScene().RemoveNode(node)
