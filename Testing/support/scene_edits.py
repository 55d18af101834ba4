"""Edits of stored points as a user or a script would make them, and what is stored afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from EchoTrackerLib.cine.geometry import pixels_to_ras
from EchoTrackerLib.scene.clip.cine import CineNodes, cine_nodes
from EchoTrackerLib.scene.editing import Change, read_change, stored_item
from EchoTrackerLib.scene.mrml import nodes, plane
from EchoTrackerLib.scene.mrml.frames import current_frame, stop_playback
from EchoTrackerLib.scene.tracks import item_defined


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
        undo.append(read_change(browser, sequence, change.point, change.frame))
        _write_change(clip, proxy, item, change)
        frames.add(change.frame)
    if current_frame(browser) in frames:
        nodes.show_current_frame(browser)
    return undo[::-1]


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
