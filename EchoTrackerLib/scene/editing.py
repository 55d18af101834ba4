"""Editing points of tracks or annotations on any frame, in the stored items, so that nothing is lost.

`apply_changes` returns the changes that undo it: an undo stack is a list of its results.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ..cine.geometry import pixels_to_ras, ras_to_pixels
from .clip.cine import CineNodes, cine_nodes
from .mrml import nodes, plane
from .mrml.frames import current_frame, stop_playback
from .tracks import item_defined


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


def apply_changes(browser: Any, sequence: Any, changes: Iterable[Change]) -> list[Change]:
    """Write the changes into the stored items; return the changes that bring the old state back, in undo order.

    Playback stops first. Proxies are refreshed once, when the current frame is concerned.
    """
    stop_playback(browser)
    clip = cine_nodes(browser)
    proxy = browser.GetProxyNode(sequence)
    undo = []
    frames = set()
    for change in changes:
        item = stored_item(clip, sequence, change.frame)
        undo.append(_read_change(clip, proxy, item, change.point, change.frame))
        _write_change(clip, proxy, item, change)
        frames.add(change.frame)
    if current_frame(browser) in frames:
        nodes.show_current_frame(browser)
    return undo[::-1]


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


def set_locked(browser: Any, sequence: Any, locked: bool) -> None:
    """Lock or unlock the points on every frame; the lock is part of each stored item, not of the list on screen."""
    for k in range(sequence.GetNumberOfDataNodes()):
        sequence.GetNthDataNode(k).SetLocked(locked)
    nodes.show_current_frame(browser)


def annotated(browser: Any, sequence: Any) -> np.ndarray:
    """Return bool [N, T]: where a point has a position. That an item exists means nothing."""
    clip = cine_nodes(browser)
    count = sequence.GetNthDataNode(0).GetNumberOfControlPoints()
    result = np.zeros((count, clip.sequence.GetNumberOfDataNodes()), dtype=bool)
    for k in range(result.shape[1]):
        item = sequence.GetDataNodeAtValue(clip.sequence.GetNthIndexValue(k), True)
        if item is not None:
            defined = item_defined(item)[:count]
            result[: len(defined), k] = defined
    return result


def _read_change(clip: CineNodes, proxy: Any, item: Any, point: int, frame: int) -> Change:
    status = item.GetNthControlPointPositionStatus(point)
    state = {item.PositionDefined: "defined", item.PositionMissing: "missing"}.get(status, "undefined")
    if state == "undefined":
        return Change(point, frame, state)
    ras = np.array([item.GetNthControlPointPosition(point)])
    ras = plane.transform_points(ras, proxy.GetParentTransformNode(), clip.proxy.GetParentTransformNode())
    x, y = ras_to_pixels(ras[0], plane.pixel_matrix(clip.sequence.GetNthDataNode(frame)))
    return Change(point, frame, state, (float(x), float(y)))


def _write_change(clip: CineNodes, proxy: Any, item: Any, change: Change) -> None:
    if change.position is not None:
        matrix = plane.pixel_matrix(clip.sequence.GetNthDataNode(change.frame))
        ras = pixels_to_ras(np.array([change.position]), matrix)
        ras = plane.transform_points(ras, clip.proxy.GetParentTransformNode(), proxy.GetParentTransformNode())
        item.SetNthControlPointPosition(change.point, *ras[0].tolist())
    if change.state == "missing":
        item.SetNthControlPointPositionMissing(change.point)
    elif change.state == "undefined":
        item.UnsetNthControlPointPosition(change.point)
