"""The bull's-eye in a slice view of its own: a color image with its texts, never saved, made anew from the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import numpy as np

from ...cine.geometry import default_ijk_to_ras, ras_to_pixels
from ...strain.pictures.raster import Label, bullseye_image, bullseye_labels, place_of_pixel
from ...strain.pictures.scales import Quantity
from ...strain.study.bullseye import segment_at
from ..compare.views import show_volume, slice_node
from ..mrml import nodes, plane
from ..mrml.layout import BULLSEYE_VIEW

ROLE = "study bull's-eye"
_NAME = "EchoTracker bull's-eye"
_SIZE = 640
_FAR = 10_000.0  # mm: points and models of the clips lie elsewhere, so that they are not drawn over it
_MATRIX = default_ijk_to_ras(None) + np.array([[0, 0, 0, _FAR]] * 3 + [[0, 0, 0, 0]])


def show_bullseye(scene: Any, values: Mapping[str, float], model: int, quantity: Quantity, title: str) -> Any:
    """Draw a study's values and show them in the bull's-eye's view, where there is one; return the volume node."""
    import slicer

    image = bullseye_image(values, model, quantity, _SIZE)
    image = write_labels(image, bullseye_labels(values, model, quantity, title, _SIZE))
    volume = _volume(scene)
    if volume is None:
        volume = nodes.add_hidden(scene, "vtkMRMLVectorVolumeNode", _NAME)
        volume.SetSaveWithScene(False)
        volume.SetIJKToRASMatrix(plane.matrix_to_vtk(_MATRIX))
        nodes.mark(volume, ROLE)
    slicer.util.updateVolumeFromArray(volume, image[np.newaxis])
    volume.CreateDefaultDisplayNodes()
    volume.GetDisplayNode().SetSaveWithScene(False)
    show_volume(scene, volume, BULLSEYE_VIEW)
    view = slice_node(scene, BULLSEYE_VIEW)
    if view is not None:
        _fit(view)
    return volume


def remove_bullseye(scene: Any) -> None:
    """Take the picture out of its view and out of the scene."""
    volume = _volume(scene)
    if volume is not None:
        show_volume(scene, None, BULLSEYE_VIEW)
        nodes.remove_with_display(scene, volume)


def segment_at_world(world: Sequence[float], model: int) -> Optional[str]:
    """Return the segment under a position [3] (world RAS) of the bull's-eye's view, None beside it."""
    x, y = ras_to_pixels(np.array([world], dtype=np.float64), _MATRIX)[0].tolist()
    return segment_at(*place_of_pixel(x, y, _SIZE), model)


def write_labels(image: np.ndarray, labels: Sequence[Label]) -> np.ndarray:
    """Return the image uint8 [rows, cols, 3] with texts, written by VTK."""
    written = image.copy()
    for label in labels:
        cover = _text(label.text, max(round(label.size * len(image)), 6))
        rows, columns = cover.shape
        top, left = round(label.y - rows / 2), round(label.x - columns / 2)
        part = written[max(top, 0) : top + rows, max(left, 0) : left + columns]
        share = cover[max(-top, 0) :, max(-left, 0) :][: part.shape[0], : part.shape[1], None] / 255.0
        part[:] = np.rint(part * (1 - share) + (255.0 if label.white else 0.0) * share)
    return written


def _text(text: str, size: int) -> np.ndarray:
    """Return how much of each pixel a text of this height covers, uint8 [rows, cols], rows from above."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    looks = vtk.vtkTextProperty()
    looks.SetFontSize(size)
    looks.SetColor(1.0, 1.0, 1.0)
    looks.SetFontFamilyToArial()
    drawn = vtk.vtkImageData()
    used = [0, 0]
    vtk.vtkTextRenderer.GetInstance().RenderString(looks, text, drawn, used, 72)
    columns, rows, _ = drawn.GetDimensions()
    alpha = vtk_to_numpy(drawn.GetPointData().GetScalars()).reshape(rows, columns, -1)[::-1, :, -1]
    filled = np.argwhere(alpha)
    if not len(filled):
        return np.zeros((1, 1), dtype=np.uint8)
    low, high = filled.min(axis=0), filled.max(axis=0) + 1
    return np.asarray(alpha[low[0] : high[0], low[1] : high[1]])


def _volume(scene: Any) -> Any:
    return next((n for n in nodes.nodes_of(scene, "vtkMRMLVectorVolumeNode") if nodes.role_of(n) == ROLE), None)


def _fit(view: Any) -> None:
    """Let the slice view show the whole picture, whatever its shape."""
    width, height, _depth = view.GetDimensions()
    unit = _SIZE / max(min(width, height), 1)
    middle = (np.array([_SIZE, _SIZE, 0, 2]) - [1, 1, 0, 0]) / 2
    view.SetOrientationToAxial()
    view.SetFieldOfView(unit * max(width, 1), unit * max(height, 1), view.GetFieldOfView()[2])
    view.SetXYZOrigin(0.0, 0.0, 0.0)
    view.JumpSliceByCentering(*(_MATRIX @ middle)[:3].tolist())
