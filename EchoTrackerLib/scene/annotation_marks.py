"""The states of an annotation set as drawn shapes: one colour and one shape a state, and where the points were before.

Slicer draws all points of a list alike; these outlines around them tell the states apart, by shape as well as colour.
"""

from __future__ import annotations

from typing import Any, Optional

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

    matrix = plane.pixel_matrix(cine_nodes(browser).sequence.GetNthDataNode(frame))
    row, column = plane.spacing_of(matrix)
    strokes, colours = _strokes(annotation, frame, onion, chosen, scale * np.array([1.0, column / row]))
    everything = np.concatenate(strokes) if strokes else np.zeros((0, 2))
    ras = pixels_to_ras(everything, matrix)
    points = vtk.vtkPoints()
    points.SetDataTypeToDouble()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(ras), deep=True))
    offsets = np.concatenate([[0], np.cumsum([len(stroke) for stroke in strokes])]).astype(np.int64)
    cells = vtk.vtkCellArray()
    connectivity = np.arange(len(everything), dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(connectivity, deep=True))
    polydata = vtk.vtkPolyData()
    polydata.SetPoints(points)
    polydata.SetLines(cells)
    scalars = numpy_to_vtk(np.array(colours, dtype=np.int32), deep=True)
    scalars.SetName(_SCALAR)
    polydata.GetCellData().SetScalars(scalars)
    model.SetAndObservePolyData(polydata)


def _strokes(
    annotation: Annotation, frame: int, onion: int, chosen: Optional[int], round_px: np.ndarray
) -> tuple[list[np.ndarray], list[int]]:
    """Return lines [M, 2] in px and the number of each one's colour; `round_px` (x, y) px make a circle on screen."""
    width = annotation.size[0] if annotation.size is not None else 256
    half = _SIZE_SHARE * width * round_px
    recent = annotation.positions[:, max(frame - onion, 0) : frame + 1].astype(np.float64)
    known = np.asarray(np.isfinite(recent).all(axis=-1))
    trails = np.flatnonzero(known.sum(axis=1) > 1).tolist() if onion else []
    strokes: list[np.ndarray] = [
        recent[point] if known[point].all() else recent[point][known[point]] for point in trails
    ]
    colours = [_TRAIL] * len(trails)
    for state, shapes in SHAPES.items():
        here = recent[(annotation.states[:, frame] == state) & known[:, -1], -1]
        for shape in shapes:
            strokes += list(here[:, None] + half * shape)
        colours += [int(state)] * (len(here) * len(shapes))
    if chosen is not None and known[chosen, -1]:
        strokes += [recent[chosen, -1] + half * corner for corner in _CORNERS]
        colours += [_CHOSEN] * len(_CORNERS)
    return strokes, colours


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
