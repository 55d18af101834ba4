"""Query points: markups on the clip's image -> labels and pixels, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

import numpy as np

from ..cine.geometry import resample_line
from ..errors import BadInput
from ..i18n import tr as _
from .mrml import nodes, plane

# A point counts as placed on the image when it lies inside the slice's thickness, at least this many pixels.
_PLANE_TOLERANCE_PX = 2.0


class Points(NamedTuple):
    """Points on one frame: N labels, positions float32 [N, 2] (x, y) px."""

    labels: tuple[str, ...]
    positions: np.ndarray


def read_points(markups: Any, volume: Any, count: Optional[int] = None) -> Points:
    """Return the points of a markups node on the clip whose volume on screen is `volume`.

    Args:
        markups: points list or curve; points not yet placed are left out.
        volume: the clip's proxy volume; parent transforms of both nodes are respected.
        count: for a curve, this many points at equal distances along it instead of its control points.

    Raises:
        BadInput: no points, a point beside the image or off its plane, two points of one name, or points that were
            placed on a clip that Slicer's DICOM module shows with pixels of 1 mm.
    """
    _refuse_placed_in_px(markups, volume)
    if count is not None and markups.IsA("vtkMRMLMarkupsCurveNode"):
        labels, world = _resample_curve(markups, count)
    else:
        labels, world = _defined_points(markups)
    if not labels:
        raise BadInput(_("'{name}' has no points yet. Place points on the image first.").format(name=markups.GetName()))
    positions, distance = plane.world_to_pixels(world, volume)
    _refuse_off_plane(labels, distance, volume)
    size = plane.image_size(volume)
    refuse_off_image(labels, positions, size)
    _refuse_same_names(labels)
    inside = np.clip(positions, 0, np.array(size) - 1)  # the outer half of a border pixel belongs to the image
    return Points(labels, inside.astype(np.float32))


def add_points(scene: Any, volume: Any, points: Points, name: str) -> Any:
    """Add a points list on the clip whose volume on screen is `volume`; return the markups node."""
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", nodes.unique_name(scene, name))
    node.CreateDefaultDisplayNodes()
    node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
    set_points(node, volume, points)
    return node


def free_label(labels: Sequence[str]) -> str:
    """Return the first of P1, P2, ... after as many as there are labels that is not taken."""
    number = len(labels) + 1
    while f"P{number}" in labels:
        number += 1
    return f"P{number}"


def label_shortly(markups: Any, index: int) -> None:
    """Name a control point that was just placed: Slicer's own names have that of the list, and numbers that jump."""
    others = [markups.GetNthControlPointLabel(i) for i in range(index)]
    markups.SetNthControlPointLabel(index, free_label(others))
    name_next(markups)


def name_next(markups: Any) -> None:
    """Let the next point that is placed, and Slicer's preview of it at the cursor, have a short name."""
    count = markups.GetNumberOfControlPoints()
    placed = [i for i in range(count) if markups.GetNthControlPointPositionStatus(i) == markups.PositionDefined]
    label = free_label([markups.GetNthControlPointLabel(i) for i in placed])
    markups.SetControlPointLabelFormat(label)
    for index in sorted(set(range(count)) - set(placed)):
        markups.SetNthControlPointLabel(index, label)


def set_points(markups: Any, volume: Any, points: Points) -> None:
    """Replace all control points of a markups node."""
    import slicer

    world = plane.pixels_to_world(points.positions, volume)
    with slicer.util.NodeModify(markups):
        markups.RemoveAllControlPoints()
        for label, position in zip(points.labels, world.tolist()):
            index = markups.AddControlPointWorld(position)
            markups.SetNthControlPointLabel(index, label)


def refuse_points_on_another_frame(markups: Any, query_frame: int) -> None:
    """Check the frame noted on each point (`note_frame`).

    Raises:
        BadInput: a point was placed on another frame than `query_frame`.
    """
    for index in range(markups.GetNumberOfControlPoints()):
        frame = frame_noted(markups, index)
        if frame is not None and frame != query_frame:
            raise BadInput(
                _("Point '{label}' was placed on frame {placed}, but tracking starts on frame {start}.").format(
                    label=markups.GetNthControlPointLabel(index), placed=frame + 1, start=query_frame + 1
                )
            )


def note_clip(markups: Any, browser: Any) -> None:
    """Note that a list of points to start from, or a wall curve, is that of this clip."""
    if markups.GetNodeReferenceID(_START_OF) != browser.GetID():
        markups.SetNodeReferenceID(_START_OF, browser.GetID())


def list_of_clip(scene: Any, browser: Any, class_name: str) -> Optional[Any]:
    """Return the last list of this class that is a clip's (`note_clip`), None when there is none."""
    own = [n for n in nodes.nodes_of(scene, class_name) if n.GetNodeReferenceID(_START_OF) == browser.GetID()]
    return own[-1] if own else None


def note_frame(markups: Any, index: int, frame: int) -> None:
    """Note on a control point the 0-based frame on which it was placed (kept with the point, shown 1-based)."""
    markups.SetNthControlPointDescription(index, _FRAME_TEXT.format(frame=frame + 1))


def frame_noted(markups: Any, index: int) -> Optional[int]:
    """Return the 0-based frame noted on a control point, or None."""
    prefix, space, number = (markups.GetNthControlPointDescription(index) or "").rpartition(" ")
    if prefix + space != _FRAME_TEXT.format(frame="") or not number.isdigit():
        return None
    return int(number) - 1


def note_apex(markups: Any, place: Optional[float], count: int = 0) -> None:
    """Note on a list where the apex was clicked along its wall of `count` points a layer; None: nowhere."""
    markups.SetAttribute(_APEX, None if place is None else f"{place:.4f} of {count}")


def apex_noted(markups: Any) -> Optional[dict[str, float]]:
    """Return what `note_apex` noted, as the options of tracks hold it (`Tracks.clicked_apex`), or None."""
    place, _of, count = (markups.GetAttribute(_APEX) or "").partition(" of ")
    try:
        return {"place": float(place), "of": int(count)}
    except ValueError:
        return None


_START_OF = "EchoTracker.StartOf"  # node reference
_APEX = "EchoTracker.ApexAlongWall"
_FRAME_TEXT = "frame {frame}"  # stored in scenes: never translate


def _refuse_placed_in_px(markups: Any, volume: Any) -> None:
    """Refuse points placed on a volume of Slicer's DICOM module whose pixels count as 1 mm, for a clip whose do not."""
    spacing = plane.spacing_of(plane.pixel_matrix(volume))
    scene = markups.GetScene()
    for index in range(markups.GetNumberOfControlPoints() if scene is not None else 0):
        identifier = markups.GetNthControlPointAssociatedNodeID(index)
        other = scene.GetNodeByID(identifier) if identifier else None
        if other is None or other is volume or not other.IsA("vtkMRMLScalarVolumeNode"):
            continue
        is_unscaled = other.GetAttribute("DICOM.instanceUIDs") and np.allclose(other.GetSpacing()[:2], 1.0, rtol=1e-6)
        if is_unscaled and not np.allclose(spacing, 1.0, rtol=1e-6):
            raise BadInput(
                _(
                    "Point '{label}' was placed on '{other}', which Slicer shows with pixels of 1 mm: it is elsewhere "
                    "on '{clip}'. Place it on that clip, or read the DICOM header of '{other}' first."
                ).format(label=markups.GetNthControlPointLabel(index), other=other.GetName(), clip=volume.GetName())
            )


def _defined_points(markups: Any) -> tuple[tuple[str, ...], np.ndarray]:
    defined = [
        i
        for i in range(markups.GetNumberOfControlPoints())
        if markups.GetNthControlPointPositionStatus(i) == markups.PositionDefined
    ]
    labels = tuple(markups.GetNthControlPointLabel(i) for i in defined)
    world = [markups.GetNthControlPointPositionWorld(i) for i in defined]
    return labels, np.array(world, dtype=np.float64).reshape(-1, 3)


def _resample_curve(curve: Any, count: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Return `count` points at equal distances along the curve as it is drawn (world)."""
    from vtk.util.numpy_support import vtk_to_numpy

    points = curve.GetCurvePointsWorld()
    if points is None or points.GetNumberOfPoints() < 2:
        return (), np.zeros((0, 3))
    world = resample_line(vtk_to_numpy(points.GetData()), count)
    width = len(str(count))
    return tuple(f"P{i + 1:0{width}d}" for i in range(count)), world


def is_on_image(world: np.ndarray, volume: Any) -> bool:
    """Return whether a world position [3] lies on the image of the clip whose volume on screen is `volume`."""
    ((x, y),), (distance,) = plane.world_to_pixels(np.asarray(world)[np.newaxis], volume)
    width, height = plane.image_size(volume)
    inside = -0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5
    return bool(inside and distance <= _plane_tolerance(volume))


def remove_outside(markups: Any, volume: Any) -> int:
    """Remove the placed points that do not lie on the image of a clip's volume; return how many there were."""
    outside = [
        index
        for index in range(markups.GetNumberOfControlPoints())
        if markups.GetNthControlPointPositionStatus(index) == markups.PositionDefined
        and not is_on_image(np.array(markups.GetNthControlPointPositionWorld(index)), volume)
    ]
    for index in reversed(outside):
        markups.RemoveNthControlPoint(index)
    return len(outside)


def _plane_tolerance(volume: Any) -> float:
    """Return how far from the image plane a point may lie, in mm."""
    matrix = plane.pixel_matrix(volume)
    thickness = float(np.linalg.norm(matrix[:3, 2]))
    return max(0.5 * thickness, _PLANE_TOLERANCE_PX * max(plane.spacing_of(matrix)))


def _refuse_off_plane(labels: Sequence[str], distance: np.ndarray, volume: Any) -> None:
    tolerance = _plane_tolerance(volume)
    for label, offset in zip(labels, distance):
        if not offset <= tolerance:
            raise BadInput(
                _(
                    "Point '{label}' lies {offset:.1f} mm in front of or behind the image. "
                    "Place it in the slice view that shows the clip."
                ).format(label=label, offset=offset)
            )


def refuse_off_image(labels: Sequence[str], positions: np.ndarray, size: tuple[int, int]) -> None:
    """Check that positions [N, 2] px lie on an image of `size` (width, height).

    Raises:
        BadInput: one does not; the message names it.
    """
    for label, (x, y) in zip(labels, positions):
        if not (-0.5 <= x <= size[0] - 0.5 and -0.5 <= y <= size[1] - 0.5):
            raise BadInput(
                _(
                    "Point '{label}' lies beside the image (x {x:.1f}, y {y:.1f} px of {width} x {height}). "
                    "Move it onto the image or delete it."
                ).format(label=label, x=x, y=y, width=size[0], height=size[1])
            )


def _refuse_same_names(labels: Sequence[str]) -> None:
    for label in labels:
        if labels.count(label) > 1:
            raise BadInput(_("Two points are called '{label}'. Rename one of them.").format(label=label))
