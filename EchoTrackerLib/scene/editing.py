"""The stored state of points of tracks on one frame, as an edit of them on screen leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

import numpy as np

from ..cine.geometry import ras_to_pixels
from .clip.cine import CineNodes, cine_nodes
from .mrml import plane


@dataclass(frozen=True)
class Change:
    """One point on one frame.

    Attributes:
        point: 0-based number of the point.
        frame: 0-based.
        state: "defined" (at `position`), "missing" (lost or occluded), "undefined" (never placed).
        position: (x, y) px; a missing point may keep where it was, an undefined one has None.
    """

    point: int
    frame: int
    state: str
    position: Optional[tuple[float, float]] = None


def read_change(browser: Any, sequence: Any, point: int, frame: int) -> Change:
    """Return the present state of one point on one frame."""
    clip = cine_nodes(browser)
    return _read_change(clip, browser.GetProxyNode(sequence), stored_item(clip, sequence, frame), point, frame)


def stored_item(clip: CineNodes, sequence: Any, frame: int) -> Any:
    """Return the stored point list of a frame of the clip, made with all points undefined where there is none."""
    index = clip.sequence.GetNthIndexValue(frame)
    item = sequence.GetDataNodeAtValue(index, True)
    if item is not None and item.GetNumberOfControlPoints() > 0:
        return item
    empty = sequence.GetNthDataNode(0).CreateNodeInstance()
    empty.UnRegister(None)
    empty.Copy(sequence.GetNthDataNode(0))
    for n in range(empty.GetNumberOfControlPoints()):
        empty.UnsetNthControlPointPosition(n)
    return sequence.SetDataNodeAtValue(empty, index)


def _read_change(clip: CineNodes, proxy: Any, item: Any, point: int, frame: int) -> Change:
    status = item.GetNthControlPointPositionStatus(point)
    state = {item.PositionDefined: "defined", item.PositionMissing: "missing"}.get(status, "undefined")
    if state == "undefined":
        return Change(point, frame, state)
    ras = np.array([item.GetNthControlPointPosition(point)])
    ras = plane.transform_points(ras, proxy.GetParentTransformNode(), clip.proxy.GetParentTransformNode())
    x, y = ras_to_pixels(ras[0], plane.pixel_matrix(clip.sequence.GetNthDataNode(frame)))
    return Change(point, frame, state, (float(x), float(y)))


class Stored(NamedTuple):
    """All points of a stored point list: names, positions as they are in it, and what Slicer knows of each position."""

    labels: tuple[str, ...]
    positions: tuple[tuple[float, ...], ...]
    statuses: tuple[int, ...]


def read_stored(item: Any) -> Stored:
    """Return all points of a stored point list."""
    numbers = range(item.GetNumberOfControlPoints())
    return Stored(
        tuple(item.GetNthControlPointLabel(n) for n in numbers),
        tuple(tuple(item.GetNthControlPointPosition(n)) for n in numbers),
        tuple(item.GetNthControlPointPositionStatus(n) for n in numbers),
    )


def write_stored(item: Any, stored: Stored) -> None:
    """Make the points of a stored point list these again."""
    import slicer

    with slicer.util.NodeModify(item):
        write_labels(item, stored.labels)
        for n, (position, status) in enumerate(zip(stored.positions, stored.statuses)):
            item.SetNthControlPointPosition(n, *position)
            if status == item.PositionMissing:
                item.SetNthControlPointPositionMissing(n)
            elif status != item.PositionDefined:
                item.UnsetNthControlPointPosition(n)


def write_labels(item: Any, labels: tuple[str, ...]) -> None:
    """Make the points of a stored point list as many as the labels, which they get; their number is fixed afterwards.

    Where it is, Slicer's menu offers to clear a point, and not to delete it from one frame.
    """
    import slicer

    with slicer.util.NodeModify(item):
        item.SetFixedNumberOfControlPoints(False)
        while item.GetNumberOfControlPoints() > len(labels):
            item.RemoveNthControlPoint(item.GetNumberOfControlPoints() - 1)
        for point, label in enumerate(labels):
            if point >= item.GetNumberOfControlPoints():
                item.AddControlPoint(0.0, 0.0, 0.0)
            item.SetNthControlPointLabel(point, label)
        item.SetFixedNumberOfControlPoints(True)
