"""Lines drawn over a clip in fixed colors, as one model that is made anew for each frame and never saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...cine.geometry import pixels_to_ras
from ..clip.cine import cine_nodes
from . import nodes, plane

_LINE_WIDTH = 2
_SCALAR = "colour"
_TABLE = "EchoTracker.StrokeColours"

Colour = tuple[float, float, float]


def regular(corners: int, turn: float = 0.0) -> np.ndarray:
    """Return a closed regular polygon [corners + 1, 2] of radius 1, its first corner at the angle `turn`."""
    angle = np.linspace(0, 2 * np.pi, corners + 1) + turn
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def add_strokes(scene: Any, browser: Any, role: str, name: str, colours: Sequence[Colour]) -> Any:
    """Add an empty model for `set_strokes`; it is not saved, make it again when a scene was loaded.

    Args:
        scene: of the browser.
        browser: the clip's sequence browser.
        role: of the model, see `nodes.mark`; the colors are kept under it too.
        name: of the model.
        colours: RGB 0..1 by their number.
    """
    clip = cine_nodes(browser)
    model = scene.CreateNodeByClass("vtkMRMLModelNode")
    model.UnRegister(None)
    model.SetName(nodes.unique_name(scene, name))
    model.SetHideFromEditors(True)
    model.SetSaveWithScene(False)
    model.SetSelectable(False)  # drags and clicks go to the points
    model = scene.AddNode(model)
    model.SetAndObserveTransformNodeID(clip.proxy.GetTransformNodeID())
    nodes.mark(model, role, clip.sequence)
    set_strokes(browser, model, 0, np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0, np.int32))
    model.CreateDefaultDisplayNodes()
    display = model.GetDisplayNode()
    display.SetSaveWithScene(False)
    display.SetVisibility2D(False)  # until there are lines
    display.SetSliceDisplayModeToProjection()
    display.SetSliceIntersectionThickness(_LINE_WIDTH)
    display.SetLineWidth(_LINE_WIDTH)
    display.SetLighting(False)
    display.SetActiveScalar(_SCALAR, 1)  # of cells
    display.SetScalarVisibility(True)
    display.SetAndObserveColorNodeID(_colour_node(scene, role, colours).GetID())
    display.SetScalarRangeFlag(display.UseManualScalarRange)
    display.SetScalarRange(0, len(colours) - 1)
    return model


def set_strokes(
    browser: Any, model: Any, frame: int, positions: np.ndarray, lengths: np.ndarray, colours: np.ndarray
) -> None:
    """Draw other lines; cheap.

    Args:
        browser: of the clip.
        model: from `add_strokes`.
        frame: 0-based.
        positions: [M, 2] (x, y) px, one line after the other.
        lengths: points of each line [K].
        colours: number of each line's color [K].
    """
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray

    matrix = plane.pixel_matrix(browser.GetMasterSequenceNode().GetNthDataNode(frame))
    points = vtk.vtkPoints()
    points.SetDataTypeToDouble()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(pixels_to_ras(positions, matrix)), True, vtk.VTK_DOUBLE))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
    connectivity = np.arange(len(positions), dtype=np.int64)
    cells = vtk.vtkCellArray()
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, True), numpy_to_vtkIdTypeArray(connectivity, True))
    polydata = vtk.vtkPolyData()
    polydata.SetPoints(points)
    polydata.SetLines(cells)
    scalars = numpy_to_vtk(np.ascontiguousarray(colours, dtype=np.int32), True, vtk.VTK_INT)
    scalars.SetName(_SCALAR)
    polydata.GetCellData().SetScalars(scalars)
    show_lines(model, polydata)


def show_lines(model: Any, polydata: Any) -> None:
    """Let a model draw other lines, all at once; one without lines is hidden in the slice views.

    Copying into the data that are observed tells of the lines before their colors are there (VTK before 9.3), and a
    view that is shown nothing logs "No input data".
    """
    display = model.GetDisplayNode()
    some = polydata.GetNumberOfLines() > 0
    if display is not None and not some:
        display.SetVisibility2D(False)
    model.SetAndObservePolyData(polydata)
    if display is not None and some and not display.GetVisibility2D():
        display.SetVisibility2D(True)


def round_px(browser: Any, frame: int) -> np.ndarray:
    """Return (x, y) px that make a circle on screen, whatever the shape of the pixels; x is 1."""
    row, column = plane.spacing_of(plane.pixel_matrix(browser.GetMasterSequenceNode().GetNthDataNode(frame)))
    return np.array([1.0, column / row])


def _colour_node(scene: Any, role: str, colours: Sequence[Colour]) -> Any:
    for node in nodes.nodes_of(scene, "vtkMRMLColorTableNode"):
        if node.GetAttribute(_TABLE) == role and node.GetNumberOfColors() == len(colours):
            return node
    node = nodes.add_hidden(scene, "vtkMRMLColorTableNode", f"EchoTracker {role}")
    node.SetSaveWithScene(False)
    node.SetTypeToUser()
    node.SetNumberOfColors(len(colours))
    for index, colour in enumerate(colours):
        node.SetColor(index, str(index), *colour, 1.0)
    node.SetAttribute(_TABLE, role)
    return node
