"""Where a clip's pixels lie in the world: slice axis, matrices, parent transforms.

"Volume RAS" are the coordinates of a volume node before its parent transform, "world" those after it.
"""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from ...cine.geometry import pixels_to_ras
from ...errors import BadInput
from ...i18n import tr as _


def matrix_from_vtk(matrix: Any) -> np.ndarray:
    """Return a vtkMatrix4x4 as float64 [4, 4]."""
    return np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])


def matrix_to_vtk(matrix: np.ndarray) -> Any:
    """Return float64 [4, 4] as a vtkMatrix4x4."""
    import vtk

    result = vtk.vtkMatrix4x4()
    result.DeepCopy(np.asarray(matrix, dtype=np.float64).ravel().tolist())
    return result


def slice_axis(volume: Any) -> int:
    """Return the axis (0, 1 or 2 of i, j, k) along which the volume has one voxel; k where there are several.

    Raises:
        BadInput: the volume has no image or more than one slice.
    """
    image = volume.GetImageData()
    size = image.GetDimensions() if image is not None else (0, 0, 0)
    if 0 in size:
        raise BadInput(_("'{name}' has no image.").format(name=volume.GetName()))
    single = [axis for axis in (2, 1, 0) if size[axis] == 1]
    if not single:
        raise BadInput(
            _(
                "'{name}' is a volume of {n} slices per frame. EchoTracker works on 2-D clips: "
                "choose a clip with one slice per frame, or extract a slice first."
            ).format(name=volume.GetName() or _("This clip"), n=size[2])
        )
    return single[0]


def pixel_matrix(volume: Any) -> np.ndarray:
    """Return the matrix (column x, row y, slice) -> volume RAS, float64 [4, 4], of a one-slice volume node."""
    import vtk

    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    axis = slice_axis(volume)
    in_plane = [a for a in range(3) if a != axis]
    return matrix_from_vtk(matrix)[:, [*in_plane, axis, 3]]


def image_size(volume: Any) -> tuple[int, int]:
    """Return (width, height) px of a one-slice volume node."""
    size = volume.GetImageData().GetDimensions()
    axis = slice_axis(volume)
    width, height = (int(n) for a, n in enumerate(size) if a != axis)
    return width, height


def spacing_of(matrix: np.ndarray) -> tuple[float, float]:
    """Return the (row, col) spacing in mm of a pixel matrix."""
    column, row = (float(s) for s in np.linalg.norm(matrix[:3, :2], axis=0))
    return row, column


def transform_points(points: np.ndarray, source: Optional[Any], target: Optional[Any]) -> np.ndarray:
    """Map points [N, 3] from below one transform node to below another (None is the world), also non-linear ones."""
    if source is target or len(points) == 0:
        return np.asarray(points, dtype=np.float64)
    import slicer
    import vtk

    transform = vtk.vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(source, target, transform)
    return np.array([transform.TransformPoint(point) for point in np.asarray(points, dtype=np.float64).tolist()])


def pixels_to_world(positions: np.ndarray, volume: Any) -> np.ndarray:
    """Map positions (x, y) px [N, 2] of a clip's volume (its proxy) to world RAS mm [N, 3]."""
    ras = pixels_to_ras(np.asarray(positions), pixel_matrix(volume))
    return transform_points(ras, volume.GetParentTransformNode(), None)


def world_to_pixels(world: np.ndarray, volume: Any) -> tuple[np.ndarray, np.ndarray]:
    """Map world RAS mm [N, 3] to (positions (x, y) px [N, 2], distance from the image plane in mm [N])."""
    matrix = pixel_matrix(volume)
    ras = transform_points(np.asarray(world, dtype=np.float64), None, volume.GetParentTransformNode())
    inverse = np.linalg.inv(matrix)
    index = ras @ inverse[:3, :3].T + inverse[:3, 3]
    return index[:, :2], np.abs(index[:, 2]) * float(np.linalg.norm(matrix[:3, 2]))
