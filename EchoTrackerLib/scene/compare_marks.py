"""Differences of two sets of tracks as drawn vectors: from one to the other, with a head that says how far.

The classes of a difference are told apart by the shape of the head as well as by its colour.
"""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from ..cine.geometry import pixels_to_ras
from ..tracks.comparison import APART, CLOSE, FAR, NEAR, Comparison, distance_classes
from . import nodes, plane
from .cine import cine_nodes
from .colours import DISTINCT

ROLE = "comparison marks"
# Bluish green, yellow, orange, vermillion (Okabe and Ito), and white for the selected point.
COLOURS = {NEAR: DISTINCT[2], CLOSE: DISTINCT[6], APART: DISTINCT[1], FAR: DISTINCT[5]}
SIGNS = {
    NEAR: "\N{WHITE CIRCLE}",
    CLOSE: "\N{WHITE DIAMOND}",
    APART: "\N{WHITE UP-POINTING TRIANGLE}",
    FAR: "\N{BALLOT BOX WITH X}",
}
_SELECTED = 4
_TABLE_NAME = "EchoTracker.ComparisonColours"
_NAME = "EchoTracker differences"
_SCALAR = "class"
_SIZE_SHARE, _RING_SHARE = 0.009, 0.022  # half the size of a head and of the ring, of the image's width
_LINE_WIDTH = 2


def _regular(corners: int, turn: float = 0.0) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, corners + 1) + turn
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


# One closed stroke each; the crossed square draws its diagonals without lifting the pen.
_SHAPES = {
    NEAR: _regular(12),
    CLOSE: _regular(4),
    APART: _regular(3, -np.pi / 2),
    FAR: np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1], [1, 1], [1, -1], [-1, 1]], dtype=np.float64),
}


def add_differences(scene: Any, browser: Any) -> Any:
    """Add the model that draws the differences; it is not saved with the scene."""
    clip = cine_nodes(browser)
    model = scene.CreateNodeByClass("vtkMRMLModelNode")
    model.UnRegister(None)
    model.SetName(nodes.unique_name(scene, _NAME))
    model.SetHideFromEditors(True)
    model.SetSaveWithScene(False)
    model.SetSelectable(False)  # clicks go to the points
    model = scene.AddNode(model)
    model.SetAndObserveTransformNodeID(clip.proxy.GetTransformNodeID())
    nodes.mark(model, ROLE, clip.sequence)
    model.SetAndObservePolyData(_polydata(np.zeros((0, 3)), [], []))
    model.CreateDefaultDisplayNodes()
    display = model.GetDisplayNode()
    display.SetSaveWithScene(False)
    display.SetVisibility2D(True)
    display.SetSliceDisplayModeToProjection()
    display.SetSliceIntersectionThickness(_LINE_WIDTH)
    display.SetLineWidth(_LINE_WIDTH)
    display.SetLighting(False)
    display.SetActiveScalar(_SCALAR, 1)  # of cells
    display.SetScalarVisibility(True)
    display.SetAndObserveColorNodeID(_colour_node(scene).GetID())
    display.SetScalarRangeFlag(display.UseManualScalarRange)
    display.SetScalarRange(0, _SELECTED)
    return model


def remove_differences(scene: Any) -> None:
    """Remove the models of `add_differences`."""
    for model in nodes.nodes_of(scene, "vtkMRMLModelNode"):
        if nodes.role_of(model) == ROLE:
            display = model.GetDisplayNode()
            scene.RemoveNode(model)
            if display is not None:
                scene.RemoveNode(display)


def show_differences(
    browser: Any, model: Any, comparison: Comparison, frame: int, selected: Optional[int] = None
) -> None:
    """Draw the differences on a frame (0-based), and a ring around the selected point; cheap."""
    clip = cine_nodes(browser)
    volume = clip.sequence.GetNthDataNode(frame)
    width = plane.image_size(volume)[0]
    vertices, lengths, classes = difference_strokes(comparison, frame, width, selected)
    ras = pixels_to_ras(vertices, plane.pixel_matrix(volume))
    model.SetAndObservePolyData(_polydata(ras, lengths, classes))


def difference_strokes(
    comparison: Comparison, frame: int, width: int, selected: Optional[int] = None
) -> tuple[np.ndarray, list[int], list[int]]:
    """Return what is drawn on a frame: (vertices [M, 2] px, vertices of each stroke [S], colour of each stroke [S]).

    A line runs from each compared position to the reference's, where the head is.
    """
    first = comparison.tracks[:, frame].astype(np.float64)
    second = comparison.reference[:, frame].astype(np.float64)
    classes = distance_classes(comparison.grid_px[:, frame])
    vertices: list[np.ndarray] = []
    lengths: list[int] = []
    colours: list[int] = []
    for kind, shape in _SHAPES.items():
        chosen = (classes == kind) & np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1)
        count = int(chosen.sum())
        lines = np.stack([first[chosen], second[chosen]], axis=1)
        heads = second[chosen][:, None] + _SIZE_SHARE * width * shape
        vertices += [lines.reshape(-1, 2), heads.reshape(-1, 2)]
        lengths += [2] * count + [len(shape)] * count
        colours += [kind] * (2 * count)
    if selected is not None:
        centre = first[selected] if np.isfinite(first[selected]).all() else second[selected]
        if np.isfinite(centre).all():
            ring = centre + _RING_SHARE * width * _regular(24)
            vertices.append(ring)
            lengths.append(len(ring))
            colours.append(_SELECTED)
    return np.concatenate(vertices), lengths, colours


def _polydata(ras: np.ndarray, lengths: list[int], classes: list[int]) -> Any:
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray

    points = vtk.vtkPoints()
    points.SetDataTypeToDouble()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(ras), deep=True))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    cells = vtk.vtkCellArray()
    everything = np.arange(len(ras), dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(everything, deep=True))
    polydata = vtk.vtkPolyData()
    polydata.SetPoints(points)
    polydata.SetLines(cells)
    scalars = numpy_to_vtk(np.array(classes, dtype=np.int32), deep=True)
    scalars.SetName(_SCALAR)
    polydata.GetCellData().SetScalars(scalars)
    return polydata


def _colour_node(scene: Any) -> Any:
    for node in nodes.nodes_of(scene, "vtkMRMLColorTableNode"):
        if node.GetAttribute(_TABLE_NAME):
            return node
    node = nodes.add_hidden(scene, "vtkMRMLColorTableNode", "EchoTracker differences")
    node.SetSaveWithScene(False)
    node.SetTypeToUser()
    node.SetNumberOfColors(_SELECTED + 1)
    for kind, colour in (*COLOURS.items(), (_SELECTED, (1.0, 1.0, 1.0))):
        node.SetColor(kind, str(kind), *colour, 1.0)
    node.SetAttribute(_TABLE_NAME, "differences")
    return node
