"""All results of one clip in one place: made together, found again, replaced together, shown together.

Results are recognized by their role and their reference to the clip, never by name, so that a new run replaces what
EchoTracker made and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Optional

import numpy as np

from ..cine.cine import Cine
from ..strain.strain import Strain
from ..tracks.tracks import Tracks
from . import strain as strain_scene
from . import trajectories
from .clip.cine import CineNodes, add_cine, cine_nodes
from .mrml import nodes
from .strain import StrainNodes, add_strain
from .tracks import TracksNodes, add_tracks, read_tracks, set_rejected

TRACKS_ROLE = "tracks"
KEPT_ROLE = "kept tracks"  # copies for comparison, see `compare`; no new run replaces them
_FOLDER = "EchoTracker.Folder"
_DEFAULT_TAIL = 12
# Slicer's application assigns owner plugins by itself; a scene written without it must name them.
_OWNER_PLUGINS = {
    "vtkMRMLVolumeNode": "Volumes",
    "vtkMRMLMarkupsNode": "Markups",
    "vtkMRMLModelNode": "Models",
    "vtkMRMLTableNode": "Tables",
    "vtkMRMLPlotChartNode": "Plots",
}


class Results(NamedTuple):
    """EchoTracker's results of one clip; None where there is none."""

    tracks: Optional[TracksNodes]
    trajectories: Optional[Any]
    strain: Optional[StrainNodes]


def add_study(
    scene: Any, cine: Cine, tracks: Optional[Tracks] = None, strain: Optional[Strain] = None
) -> tuple[CineNodes, Results]:
    """Add a clip with its results to the scene, in one folder of the subject hierarchy."""
    clip = add_cine(scene, cine)
    put_in_folder(scene, clip.browser, [])
    if tracks is None:
        return clip, Results(None, None, None)
    return clip, set_results(scene, clip.browser, tracks, strain)


def set_results(scene: Any, browser: Any, tracks: Tracks, strain: Optional[Strain] = None) -> Results:
    """Replace EchoTracker's results of the clip that `browser` plays; tail and coloring stay as the user chose.

    Raises:
        BadInput: the tracks do not fit the clip; the old results are still there.
    """
    import slicer

    old = find_results(scene, browser)
    tail, scalar, visible = _trajectory_settings(old.trajectories)
    # Ours are set aside, not removed, until the new ones are complete.
    replaced = _result_nodes(scene, browser)
    with _set_aside(replaced):
        new_tracks = add_tracks(scene, browser, tracks, role=TRACKS_ROLE)
        scalars = {} if strain is None else {trajectories.STRAIN: trajectories.point_strain(tracks, strain)}
        model = trajectories.add_trajectories(scene, browser, tracks, tail, scalars)
        new_strain = None if strain is None else add_strain(scene, browser, strain)
    if scalar in trajectories.scalar_names(model):
        trajectories.colour_by(scene, model, scalar)
    model.GetDisplayNode().SetVisibility(visible)
    results = Results(new_tracks, model, new_strain)
    put_in_folder(scene, browser, [new_tracks.proxy, model, *(new_strain or ())])
    with slicer.util.NodeModify(browser):
        _remove(scene, browser, replaced)
    return results


def show_rejected(scene: Any, browser: Any, tracks: Tracks, rejected: Collection[str]) -> None:
    """Let the points of these labels look rejected: gray, and without trajectories.

    Args:
        scene: the scene of the browser.
        browser: the clip's sequence browser.
        tracks: the clip's tracks.
        rejected: labels of points; all others look accepted.
    """
    found = find_results(scene, browser)
    out = np.array([label in rejected for label in tracks.labels], dtype=bool)
    if found.tracks is not None:
        set_rejected(browser, found.tracks.sequence, out)
    if found.trajectories is not None:
        visible = tracks.visible & ~out[:, np.newaxis]
        trajectories.show_visible(found.trajectories, visible, browser.GetSelectedItemNumber())


@contextmanager
def _set_aside(old: list[Any]) -> Iterator[None]:
    """Free the names of nodes that are about to be replaced; give them back when the block fails."""
    names = [node.GetName() for node in old]
    for node, name in zip(old, names):
        node.SetName(f"{name} (old)")
    try:
        yield
    except BaseException:
        for node, name in zip(old, names):
            node.SetName(name)
        raise


def set_strain(
    scene: Any, browser: Any, strain: Optional[Strain], tracks: Optional[Tracks] = None
) -> Optional[StrainNodes]:
    """Replace only the strain of a clip, e.g. after a point was rejected; None removes it.

    Args:
        scene: the scene of the browser.
        browser: the clip's sequence browser.
        strain: of the clip's tracks.
        tracks: the clip's tracks where they are at hand, which saves reading them.
    """
    old = _nodes_with(scene, browser, strain_scene.ROLES)
    with _set_aside(old):
        made = None if strain is None else add_strain(scene, browser, strain)
    put_in_folder(scene, browser, list(made or ()))
    _remove(scene, browser, old)
    _colour_by_strain(scene, browser, strain, tracks)
    return made


def _colour_by_strain(scene: Any, browser: Any, strain: Optional[Strain], tracks: Optional[Tracks]) -> None:
    """Let the trajectories show this strain, or the track's number where they showed a strain that is gone."""
    results = find_results(scene, browser)
    model = results.trajectories
    if model is None or results.tracks is None:
        return
    shown = model.GetDisplayNode() is not None and model.GetDisplayNode().GetActiveScalarName() == trajectories.STRAIN
    if strain is not None and tracks is None:
        tracks = read_tracks(scene, results.tracks.sequence)
    values = trajectories.point_strain(tracks, strain) if strain is not None and tracks is not None else None
    trajectories.set_scalar(model, trajectories.STRAIN, values)
    if shown:
        trajectories.colour_by(scene, model, "track" if values is None else trajectories.STRAIN)


def find_results(scene: Any, browser: Any) -> Results:
    """Return EchoTracker's results of the clip that `browser` plays, e.g. after a scene was loaded."""
    first: dict[str, Any] = {}
    for node in _nodes_with(scene, browser, (TRACKS_ROLE, trajectories.ROLE, *strain_scene.ROLES)):
        if nodes.is_without_data(node):
            continue
        first.setdefault(nodes.role_of(node), node)
    sequence = first.get(TRACKS_ROLE)
    strain = [first.get(role) for role in (strain_scene.CURVES_ROLE, strain_scene.VALUES_ROLE, strain_scene.CHART_ROLE)]
    return Results(
        None if sequence is None else TracksNodes(sequence, browser.GetProxyNode(sequence)),
        first.get(trajectories.ROLE),
        None if None in strain else StrainNodes(*strain),
    )


def remove_results(scene: Any, browser: Any) -> None:
    """Remove EchoTracker's results of the clip that `browser` plays; the clip and everybody else's nodes stay."""
    _remove(scene, browser, _result_nodes(scene, browser))


def remove_sequence(scene: Any, browser: Any, sequence: Any) -> None:
    """Remove a sequence of tracks with its points on screen and its exact values."""
    proxy = browser.GetProxyNode(sequence)
    _remove(scene, browser, [node for node in (sequence, proxy) if node is not None])


def show_frame(scene: Any, browser: Any, frame: int, chart: bool = True) -> None:
    """Let the trajectories' tail, and the chart's cursor if wanted, follow the clip to a frame (0-based)."""
    clip = browser.GetMasterSequenceNode()
    for model in nodes.results_of(scene, clip, trajectories.ROLE, "vtkMRMLModelNode"):
        trajectories.show_frame(model, frame)
    if chart:
        strain_scene.show_frame(scene, browser, frame)


def follow_clip(scene: Any, browser: Any) -> None:
    """Put points and trajectories below the clip's parent transform, after the user moved the clip."""
    clip = cine_nodes(browser)
    followers = nodes.results_of(scene, clip.sequence, trajectories.ROLE, "vtkMRMLModelNode")
    for sequence in nodes.nodes_of(scene, "vtkMRMLSequenceNode"):
        if nodes.clip_of(sequence) is clip.sequence and browser.GetProxyNode(sequence) is not None:
            followers.append(browser.GetProxyNode(sequence))
    for node in followers:
        if node.GetTransformNodeID() != clip.proxy.GetTransformNodeID():
            node.SetAndObserveTransformNodeID(clip.proxy.GetTransformNodeID())


def put_in_folder(scene: Any, browser: Any, members: list[Any]) -> int:
    """Put nodes into the clip's folder beside the clip in the subject hierarchy; return the folder's item."""
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    clip = cine_nodes(browser)
    parent = hierarchy.GetItemParent(_item(hierarchy, clip.proxy, hierarchy.GetSceneItemID()))
    folder = _find_folder(scene, browser, hierarchy)
    if not folder and members:
        folder = hierarchy.CreateFolderItem(parent, f"{clip.sequence.GetName()} EchoTracker")
        hierarchy.SetItemAttribute(folder, _FOLDER, "true")
        if not hierarchy.GetItemOwnerPluginName(folder):
            hierarchy.SetItemOwnerPluginName(folder, "Folder")
    for node in members:
        hierarchy.SetItemParent(_item(hierarchy, node, folder), folder)
    return int(folder)


def folder_of(scene: Any, browser: Any) -> int:
    """Return the item of the folder with results of the clip, 0 when there is none."""
    import slicer

    return _find_folder(scene, browser, slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene))


def is_folder(scene: Any, item: int) -> bool:
    """Return whether an item is still a folder of ours."""
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    return bool(hierarchy.GetItemAttribute(item, _FOLDER))


def _find_folder(scene: Any, browser: Any, hierarchy: Any) -> int:
    """Return the item of the folder in which results of the clip already are, wherever the user moved it; or 0."""
    for node in (*_result_nodes(scene, browser), *_nodes_with(scene, browser, (KEPT_ROLE,), with_proxies=True)):
        item = hierarchy.GetItemByDataNode(node)
        folder = hierarchy.GetItemParent(item) if item else 0
        if folder and hierarchy.GetItemAttribute(folder, _FOLDER):
            return int(folder)
    return 0


def _item(hierarchy: Any, node: Any, parent: int) -> int:
    """Return the node's item, made under `parent` where the application has not made it."""
    item = hierarchy.GetItemByDataNode(node)
    if item:
        return int(item)
    item = hierarchy.CreateItem(parent, node)
    if not hierarchy.GetItemOwnerPluginName(item):
        for class_name, plugin in _OWNER_PLUGINS.items():
            if node.IsA(class_name):
                hierarchy.SetItemOwnerPluginName(item, plugin)
    return int(item)


def _result_nodes(scene: Any, browser: Any) -> list[Any]:
    """Return all result nodes: what the user sees, the sequence behind it, and the hidden helpers."""
    return _nodes_with(scene, browser, (TRACKS_ROLE, trajectories.ROLE, *strain_scene.ROLES), with_proxies=True)


def _nodes_with(scene: Any, browser: Any, roles: tuple[str, ...], with_proxies: bool = False) -> list[Any]:
    clip = browser.GetMasterSequenceNode()
    found = []
    for node in nodes.nodes_of(scene, "vtkMRMLNode"):
        if nodes.role_of(node) in roles and nodes.clip_of(node) is clip:
            found.append(node)
            proxy = browser.GetProxyNode(node) if with_proxies and node.IsA("vtkMRMLSequenceNode") else None
            if proxy is not None:
                found.append(proxy)
    return found


def _remove(scene: Any, browser: Any, old: list[Any]) -> None:
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    for node in old:
        item = hierarchy.GetItemByDataNode(node)
        if item:
            hierarchy.RemoveItem(item, False, False)
        if node.IsA("vtkMRMLSequenceNode"):
            browser.RemoveSynchronizedSequenceNode(node.GetID())
        helpers = _helpers_of(node)
        nodes.remove(scene, node)
        nodes.remove(scene, *(helper for helper in helpers if not nodes.is_referenced(scene, helper)))


def _helpers_of(node: Any) -> list[Any]:
    """Return the nodes that exist only for `node`: display and storage."""
    helpers = [node.GetNthNodeReference(role, 0) for role in ("display", "storage")]
    return [helper for helper in helpers if helper is not None]


def _trajectory_settings(model: Optional[Any]) -> tuple[int, str, bool]:
    """Return (tail, scalar, visible) that the user chose, or the defaults."""
    if model is None:
        return _DEFAULT_TAIL, "track", True
    display = model.GetDisplayNode()
    if display is None:
        return trajectories.tail_of(model), "track", True
    return trajectories.tail_of(model), display.GetActiveScalarName() or "track", bool(display.GetVisibility())
