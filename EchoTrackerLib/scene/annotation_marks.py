"""The states of an annotation set as drawn shapes: one colour and one shape a state, and where the points were before.

Slicer draws all points of a list alike; these outlines around them tell the states apart, by shape as well as colour.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np

from ..cine.geometry import pixels_to_ras
from ..tracks.annotation import Annotation, State
from . import nodes, plane
from .cine import cine_nodes
from .colours import DISTINCT

ROLE = "annotation marks"
ONION_FRAMES = 4
_SIZE_SHARE = 0.014  # half the size of a mark, of the image's width
_LINE_WIDTH = 2
_TABLE_NAME = "EchoTracker.AnnotationColours"
_TRAIL, _CHOSEN = len(State), len(State) + 1  # their numbers in the colour table
_SCALAR = "state"
# Placed orange, interpolated sky blue, tracker purple, occluded yellow, trail grey (Okabe and Ito), chosen white.
COLOURS = (DISTINCT[7], DISTINCT[1], DISTINCT[4], DISTINCT[3], DISTINCT[6], DISTINCT[7], (1.0, 1.0, 1.0))


def _regular(corners: int, turn: float = 0.0) -> list[np.ndarray]:
    angle = np.linspace(0, 2 * np.pi, corners + 1) + turn
    return [np.stack([np.cos(angle), np.sin(angle)], axis=-1)]


# Strokes of each mark, [M, 2] each, in half sizes: circle, diamond, triangle, crossed square.
SHAPES = {
    State.PLACED: _regular(20),
    State.INTERPOLATED: _regular(4),
    State.TRACKER: _regular(3, -np.pi / 2),
    State.OCCLUDED: [
        *_regular(4, np.pi / 4),
        0.7 * np.array([[-1.0, -1.0], [1.0, 1.0]]),
        0.7 * np.array([[-1.0, 1.0], [1.0, -1.0]]),
    ],
}

# Four corners around the chosen point.
_CORNERS = [
    1.7 * np.array([[0.5 * x, y], [x, y], [x, 0.5 * y]])
    for x, y in ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))
]


def add_marks(scene: Any, browser: Any, annotation: Annotation, name: str) -> Any:
    """Add the model that draws the states of a set; it is not saved, make it again when a scene was loaded."""
    clip = cine_nodes(browser)
    model = scene.CreateNodeByClass("vtkMRMLModelNode")
    model.UnRegister(None)
    model.SetName(nodes.unique_name(scene, name))
    model.SetHideFromEditors(True)
    model.SetSaveWithScene(False)
    model.SetSelectable(False)  # drags go to the points
    model = scene.AddNode(model)
    model.SetAndObserveTransformNodeID(clip.proxy.GetTransformNodeID())
    nodes.mark(model, ROLE, clip.sequence)
    show_marks(browser, model, annotation, browser.GetSelectedItemNumber())
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
    display.SetScalarRange(0, _CHOSEN)
    return model


def show_marks(
    browser: Any,
    model: Any,
    annotation: Annotation,
    frame: int,
    onion: int = ONION_FRAMES,
    chosen: Optional[int] = None,
    scale: float = 1.0,
) -> None:
    """Draw the states of a frame, cheaply.

    Args:
        browser: of the clip.
        model: from `add_marks`.
        annotation: the set.
        frame: 0-based.
        onion: trails lead to where the points were on so many frames before.
        chosen: number of the point to put corners around.
        scale: of the marks, smaller where the view is zoomed.
    """
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray

    matrix = plane.pixel_matrix(browser.GetMasterSequenceNode().GetNthDataNode(frame))
    row, column = plane.spacing_of(matrix)
    strokes = _strokes(annotation, frame, onion, chosen, scale * np.array([1.0, column / row]))
    everything = np.concatenate([stroke.positions for stroke in strokes] or [np.zeros((0, 2))])
    lengths = np.concatenate([np.zeros(1, np.int64), *(stroke.lengths for stroke in strokes)])
    colours = np.repeat([stroke.colour for stroke in strokes], [len(stroke.lengths) for stroke in strokes])
    ras = np.ascontiguousarray(pixels_to_ras(everything, matrix))
    points = vtk.vtkPoints()
    points.SetDataTypeToDouble()
    points.SetData(numpy_to_vtk(ras, True, vtk.VTK_DOUBLE))
    cells = vtk.vtkCellArray()
    connectivity = np.arange(len(everything), dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(np.cumsum(lengths), True), numpy_to_vtkIdTypeArray(connectivity, True))
    polydata = vtk.vtkPolyData()
    polydata.SetPoints(points)
    polydata.SetLines(cells)
    scalars = numpy_to_vtk(colours.astype(np.int32), True, vtk.VTK_INT)
    scalars.SetName(_SCALAR)
    polydata.GetCellData().SetScalars(scalars)
    if model.GetPolyData() is None:
        model.SetAndObservePolyData(polydata)
    else:
        model.GetPolyData().ShallowCopy(polydata)


class _Strokes(NamedTuple):
    """Lines of one colour: positions [M, 2] px one after the other, points of each line [K], number of the colour."""

    positions: np.ndarray
    lengths: np.ndarray
    colour: int


def _strokes(
    annotation: Annotation, frame: int, onion: int, chosen: Optional[int], round_px: np.ndarray
) -> list[_Strokes]:
    """Return the lines of a frame; `round_px` (x, y) px make a circle on screen."""
    width = annotation.size[0] if annotation.size is not None else 256
    half = _SIZE_SHARE * width * round_px
    recent = annotation.positions[:, max(frame - onion, 0) : frame + 1].astype(np.float64)
    known = np.asarray(np.isfinite(recent).all(axis=-1))
    found = []
    counts = known.sum(axis=1)
    trails = counts > 1
    if onion and trails.any():
        found.append(_Strokes(recent[trails][known[trails]], counts[trails], _TRAIL))
    for state, shapes in SHAPES.items():
        here = recent[(annotation.states[:, frame] == state) & known[:, -1], -1]
        found += [_copies(here, half * shape, int(state)) for shape in shapes if len(here)]
    if chosen is not None and known[chosen, -1]:
        found += [_copies(recent[[chosen], -1], half * corner, _CHOSEN) for corner in _CORNERS]
    return found


def _copies(centres: np.ndarray, shape: np.ndarray, colour: int) -> _Strokes:
    """Return a line [M, 2] around each centre [K, 2]."""
    return _Strokes((centres[:, None] + shape).reshape(-1, 2), np.full(len(centres), len(shape)), colour)


def _colour_node(scene: Any) -> Any:
    for node in nodes.nodes_of(scene, "vtkMRMLColorTableNode"):
        if node.GetAttribute(_TABLE_NAME) and node.GetNumberOfColors() == len(COLOURS):
            return node
    node = nodes.add_hidden(scene, "vtkMRMLColorTableNode", "EchoTracker annotation")
    node.SetSaveWithScene(False)
    node.SetTypeToUser()
    node.SetNumberOfColors(len(COLOURS))
    for index, colour in enumerate(COLOURS):
        node.SetColor(index, str(index), *colour, 1.0)
    node.SetAttribute(_TABLE_NAME, "states")
    return node
