"""What the context menu of a control point does (qSlicerSubjectHierarchyMarkupsPlugin of Slicer 5.8)."""

from __future__ import annotations

from typing import Any


def delete_point(node: Any, index: int) -> None:
    """ "Delete control point"; where the number of points is fixed it reads "Clear control point position"."""
    if node.GetFixedNumberOfControlPoints():
        node.UnsetNthControlPointPosition(index)
    else:
        node.RemoveNthControlPoint(index)


def rename_point(node: Any, index: int, name: str) -> None:
    """ "Rename control point..." """
    node.SetNthControlPointLabel(index, name)


def delete_node(node: Any) -> None:
    """ "Delete Point List"."""
    node.GetScene().RemoveNode(node)
