"""All trajectories of a clip as one model: line segments colored by a scalar, a tail that follows the player."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Optional

import numpy as np

from ..cine.geometry import pixels_to_ras
from ..strain.strain import Strain
from ..tracks.tracks import Tracks
from .clip.cine import cine_nodes
from .editing import Change
from .mrml import nodes, plane
from .mrml.colors import colour_node
from .mrml.strokes import show_lines

ROLE = "trajectories"
_TAIL = "EchoTracker.Tail"
STRAIN = "strain_percent"
_SIGNED = (STRAIN,)
_LINE_WIDTH = 2
# A few outliers must not take all colors for themselves.
_RANGE_PERCENTILES = (2.0, 98.0)


def add_trajectories(
    scene: Any,
    browser: Any,
    tracks: Tracks,
    tail: int = 12,
    scalars: Optional[Mapping[str, np.ndarray]] = None,
    name: Optional[str] = None,
) -> Any:
    """Add the trajectories of `tracks` on the clip that `browser` plays; return the model node.

    Args:
        scene: the scene of the browser.
        browser: the clip's sequence browser.
        tracks: as many frames as the clip.
        tail: the segments of this many frames before the current one are drawn; 0 draws none.
        scalars: more values to color by, each [N, T], e.g. `strain_percent`.
        name: of the model; by default "<clip> trajectories".
    """
    clip = cine_nodes(browser)
    model = scene.AddNewNodeByClass(
        "vtkMRMLModelNode", nodes.unique_name(scene, name or f"{clip.sequence.GetName()} trajectories")
    )
    model.SetAndObservePolyData(_polydata(clip.sequence, tracks, {**track_scalars(tracks), **(scalars or {})}))
    model.SetAndObserveTransformNodeID(clip.proxy.GetTransformNodeID())
    nodes.mark(model, ROLE, clip.sequence)
    model.CreateDefaultDisplayNodes()
    display = model.GetDisplayNode()
    display.SetSliceDisplayModeToProjection()
    display.SetSliceIntersectionThickness(_LINE_WIDTH)
    display.SetLineWidth(_LINE_WIDTH)
    display.SetLighting(False)
    colour_by(scene, model, "track")
    set_tail(model, tail, browser.GetSelectedItemNumber())
    return model


def track_scalars(tracks: Tracks) -> dict[str, np.ndarray]:
    """Return the scalars [N, T] that every set of tracks has: track, time_s, displacement, speed, confidence.

    Displacement is the distance from the position on the query frame. Lengths are named `_mm` when the spacing is
    known and `_px` when it is not.
    """
    unit = "px" if tracks.spacing_mm is None else "mm"
    row, col = tracks.spacing_mm or (1.0, 1.0)
    positions = tracks.positions.astype(np.float64) * (col, row)
    shape = positions.shape[:2]
    moved = positions - positions[:, tracks.query_frame : tracks.query_frame + 1]
    velocity = np.gradient(positions, tracks.times_s, axis=1) if shape[1] > 1 else np.zeros_like(positions)
    scalars = {
        "track": np.broadcast_to(np.arange(shape[0], dtype=np.float64)[:, None], shape),
        "time_s": np.broadcast_to(tracks.times_s, shape),
        f"displacement_{unit}": np.linalg.norm(moved, axis=-1),
        f"speed_{unit}_s": np.linalg.norm(velocity, axis=-1),
    }
    if tracks.confidence is not None:
        scalars["confidence"] = tracks.confidence
    return scalars


def scalar_names(model: Any) -> list[str]:
    """Return what the trajectories can be colored by."""
    data = model.GetPolyData().GetPointData()
    names = [data.GetArrayName(i) for i in range(data.GetNumberOfArrays())]
    return [name for name in names if name not in _BOOKKEEPING]


def set_scalar(model: Any, name: str, values: Optional[np.ndarray]) -> None:
    """Add or replace a scalar [N, T] of the trajectories; None removes it."""
    data = model.GetPolyData().GetPointData()
    data.RemoveArray(name)
    if values is not None:
        data.AddArray(_vtk_array(name, values))


def colour_by(scene: Any, model: Any, scalar: str) -> None:
    """Color the trajectories by one of `scalar_names`, over the range of the whole clip.

    Raises:
        KeyError: the model has no such scalar.
    """
    import vtk

    values = _point_array(model, scalar)
    signed = scalar in _SIGNED
    display = model.GetDisplayNode()
    display.SetActiveScalar(scalar, vtk.vtkAssignAttribute.POINT_DATA)
    display.SetScalarVisibility(True)
    display.SetAndObserveColorNodeID(colour_node(scene, "signed" if signed else "amount").GetID())
    display.SetScalarRangeFlag(display.UseManualScalarRange)
    display.SetScalarRange(*_range(values, scalar, signed))


def follow_changes(browser: Any, model: Any, changes: Iterable[Change]) -> None:
    """Bend the trajectories to edited points (see `editing`); their scalars stay until the results are made anew."""
    clip = cine_nodes(browser)
    points, visible = model.GetPolyData().GetPoints(), _point_array(model, "visible")
    n_frames = clip.sequence.GetNumberOfDataNodes()
    for change in changes:
        vertex = change.point * n_frames + change.frame
        visible[vertex] = change.state == "defined"
        if change.position is not None:
            matrix = plane.pixel_matrix(clip.sequence.GetNthDataNode(change.frame))
            points.SetPoint(vertex, *pixels_to_ras(np.array(change.position), matrix).tolist())
    points.Modified()
    show_frame(model, browser.GetSelectedItemNumber())


def show_visible(model: Any, visible: np.ndarray, frame: int) -> None:
    """Draw only these stretches, bool [N, T], e.g. not those of rejected points."""
    _point_array(model, "visible")[:] = np.asarray(visible, dtype=np.int32).ravel()
    show_frame(model, frame)


def show_frame(model: Any, frame: int) -> None:
    """Draw the tail that ends at `frame` (0-based); cheap, call it on every frame change."""
    set_tail(model, tail_of(model), frame)


def set_tail(model: Any, tail: int, frame: int) -> None:
    """Draw the segments of the last `tail` frames before `frame` (0-based); lost stretches are left out."""
    import vtk
    from vtk.util.numpy_support import numpy_to_vtkIdTypeArray

    if model.GetAttribute(_TAIL) != str(tail):
        model.SetAttribute(_TAIL, str(tail))
    visible = _point_array(model, "visible")
    n_frames = int(_point_array(model, "frame").max(initial=-1)) + 1
    starts = np.arange(max(0, frame - tail), min(frame, n_frames - 1), dtype=np.int64)
    first = np.arange(0, len(visible), max(n_frames, 1), dtype=np.int64)
    segments = (first[:, None] + starts).ravel()
    segments = segments[(visible[segments] > 0) & (visible[segments + 1] > 0)]
    cells = vtk.vtkCellArray()
    ends = np.stack([segments, segments + 1], axis=1).ravel()
    cells.SetData(2, numpy_to_vtkIdTypeArray(ends, deep=True))
    polydata = vtk.vtkPolyData()
    polydata.ShallowCopy(model.GetPolyData())
    polydata.SetLines(cells)
    show_lines(model, polydata)


def tail_of(model: Any) -> int:
    """Return the length of the drawn tail in frames."""
    return int(model.GetAttribute(_TAIL) or 0)


_BOOKKEEPING = ("frame", "visible")


def _polydata(clip_sequence: Any, tracks: Tracks, scalars: Mapping[str, np.ndarray]) -> Any:
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    n_points, n_frames = tracks.positions.shape[:2]
    ras = np.empty((n_points, n_frames, 3))
    for k in range(n_frames):
        ras[:, k] = pixels_to_ras(tracks.positions[:, k], plane.pixel_matrix(clip_sequence.GetNthDataNode(k)))
    points = vtk.vtkPoints()
    points.SetDataTypeToDouble()
    points.SetData(numpy_to_vtk(ras.reshape(-1, 3), deep=True))
    polydata = vtk.vtkPolyData()
    polydata.SetPoints(points)
    frames = np.broadcast_to(np.arange(n_frames), (n_points, n_frames))
    for name, values in {**scalars, "frame": frames, "visible": tracks.visible}.items():
        polydata.GetPointData().AddArray(_vtk_array(name, values))
    return polydata


def _vtk_array(name: str, values: np.ndarray) -> Any:
    from vtk.util.numpy_support import numpy_to_vtk

    kind = np.float32 if name not in _BOOKKEEPING else np.int32
    array = numpy_to_vtk(np.ascontiguousarray(values, dtype=kind).ravel(), deep=True)
    array.SetName(name)
    return array


def _point_array(model: Any, name: str) -> np.ndarray:
    from vtk.util.numpy_support import vtk_to_numpy

    array = model.GetPolyData().GetPointData().GetArray(name)
    if array is None:
        raise KeyError(name)
    values: np.ndarray = vtk_to_numpy(array)
    return values


def _range(values: np.ndarray, scalar: str, signed: bool) -> tuple[float, float]:
    if scalar == "confidence":
        return 0.0, 1.0
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(finite, _RANGE_PERCENTILES))
    if signed:
        high = max(abs(low), abs(high))
        low = -high
    return (low, high) if high > low else (low, low + 1.0)


def point_strain(tracks: Tracks, strain: Strain) -> np.ndarray:
    """Return the strain [N, T] in percent of the segment that each point lies on, of the wall without segments.

    Points that were not measured themselves (other layers) take that of the nearest measured one at end-diastole;
    points that were left out of the measurement are NaN.
    """
    index = {label: n for n, label in enumerate(tracks.labels)}
    scale = (tracks.spacing_mm or (1.0, 1.0))[::-1]
    here = tracks.positions[:, strain.ed].astype(np.float64) * scale
    line = np.nan_to_num(here[[index[label] for label in strain.line]])
    nearest = np.nan_to_num(np.linalg.norm(here[:, None] - line[None], axis=-1), nan=np.inf).argmin(axis=1)
    own = {label: k for k, label in enumerate(strain.line)}
    places = [own.get(label, n) for label, n in zip(tracks.labels, nearest)]
    curves = np.stack([curve.percent for curve in (strain.segments or (strain.curve,))])
    result = curves[np.array(strain.point_segments)[places] if strain.segments else np.zeros(len(places), dtype=int)]
    result[[label in strain.excluded for label in tracks.labels]] = np.nan
    return np.asarray(result)
