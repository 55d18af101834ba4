"""Zooming a slice view to a point and back, by its node alone."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from .plane import matrix_from_vtk, matrix_to_vtk

_SHARE = 0.25  # of the image's width that is shown
_MIDDLE = 0.3  # half size, of the view, within which a point may move before the view follows


class Zoom:
    """Shows a part of the image around a point until `off`, which brings back what was shown before."""

    def __init__(self, slice_node: Any) -> None:
        self._node = slice_node
        self._before: Optional[tuple[tuple[float, ...], tuple[float, ...], np.ndarray]] = None

    def show(self, world: np.ndarray, width_mm: float) -> None:
        """Zoom in to a position [3] (world RAS) of an image of this width; when zoomed, follow it if it leaves."""
        node = self._node
        if self._before is None:
            fov, origin = tuple(node.GetFieldOfView()), tuple(node.GetXYZOrigin())
            self._before = fov, origin, matrix_from_vtk(node.GetSliceToRAS())
            view_width, view_height, _depth = node.GetDimensions()
            width = _SHARE * width_mm
            node.SetFieldOfView(width, width * max(view_height, 1) / max(view_width, 1), fov[2])
        elif self._is_near(world):
            return
        node.SetXYZOrigin(0.0, 0.0, 0.0)
        node.JumpSliceByCentering(*np.asarray(world, dtype=float).tolist())

    def off(self) -> None:
        """Show what was shown before."""
        if self._before is None:
            return
        fov, origin, matrix = self._before
        self._before = None
        self._node.SetFieldOfView(*fov)
        self._node.SetXYZOrigin(*origin)
        self._node.GetSliceToRAS().DeepCopy(matrix_to_vtk(matrix))
        self._node.UpdateMatrices()

    def _is_near(self, world: np.ndarray) -> bool:
        to_view = np.linalg.inv(matrix_from_vtk(self._node.GetXYToRAS()))
        x, y = (to_view @ [*world, 1.0])[:2]
        width, height, _depth = self._node.GetDimensions()
        return bool(abs(x / width - 0.5) < _MIDDLE and abs(y / height - 0.5) < _MIDDLE)
