"""Marks on nodes (role, clip) and the browser's bookkeeping that every other file of this room needs."""

from __future__ import annotations

from typing import Any, Optional

# Attributes live on sequence nodes, never on proxy nodes: a frame change overwrites a proxy's attributes.
ROLE = "EchoTracker.Role"
SPACING_KNOWN = "EchoTracker.SpacingKnown"
CINE = "EchoTracker.Cine"
REFUSED = "EchoTracker.Refused"  # why a sequence is no clip, as its file says

# Node references. They survive on proxies.
CLIP_REFERENCE = "EchoTracker.Clip"
VALUES_REFERENCE = "EchoTracker.Values"

# Slicer's name for nodes that the subject hierarchy has, but does not show.
NOT_IN_TREE = "SubjectHierarchy.ExcludeFromPotentialNodesList"

_UNSAFE = str.maketrans('&<>"', "----")


def nodes_of(scene: Any, class_name: str) -> list[Any]:
    """Return all nodes of this class (and its subclasses) in the order of the scene."""
    collection = scene.GetNodesByClass(class_name)
    collection.UnRegister(None)
    return [collection.GetItemAsObject(i) for i in range(collection.GetNumberOfItems())]


def add_helper(scene: Any, class_name: str, name: str) -> Any:
    """Add a node with data of ours that the tree does not show and that Slicer's Save dialog lists.

    The dialog skips nodes that are hidden from editors, also where they have data: `add_hidden` is for what has none.
    """
    node = scene.CreateNodeByClass(class_name)
    node.UnRegister(None)
    node.SetName(name)
    node.SetAttribute(NOT_IN_TREE, "1")
    return scene.AddNode(node)


def remove(scene: Any, *unwanted: Optional[Any]) -> None:
    """Remove nodes that are still in the scene: Slicer logs an error when one is removed twice."""
    for node in unwanted:
        if node is not None and node.GetScene() is scene:
            scene.RemoveNode(node)


def remove_with_display(scene: Any, node: Any) -> None:
    """Remove a node that is drawn, with what draws it, if it is still in the scene."""
    display = node.GetDisplayNode() if node.GetScene() is scene else None
    remove(scene, node, display)


def add_hidden(scene: Any, class_name: str, name: str) -> Any:
    """Add a helper node without data in files, which no selector, no tree and no Save dialog shows.

    It must be hidden before it enters the scene: Slicer lists it in the subject hierarchy at that moment.
    """
    node = scene.CreateNodeByClass(class_name)
    node.UnRegister(None)
    node.SetName(name)
    node.SetHideFromEditors(True)
    return scene.AddNode(node)


def mark(node: Any, role: str, clip: Optional[Any] = None) -> None:
    """Say on `node` what it is to EchoTracker, and to which clip (its master sequence node) it belongs."""
    node.SetAttribute(ROLE, role)
    if clip is not None:
        node.SetNodeReferenceID(CLIP_REFERENCE, clip.GetID())


def role_of(node: Any) -> str:
    """Return EchoTracker's role of the node, "" for a node that is not EchoTracker's."""
    return str(node.GetAttribute(ROLE) or "")


def clip_of(node: Any) -> Optional[Any]:
    """Return the master sequence node of the clip that `node` belongs to, or None."""
    return node.GetNodeReference(CLIP_REFERENCE)


def results_of(
    scene: Any, clip: Any, role: str, class_name: str = "vtkMRMLNode", without_data: bool = False
) -> list[Any]:
    """Return EchoTracker's nodes with this role that belong to the clip `clip` (its master sequence node).

    Those whose file was missing when the scene was loaded are left out, but `without_data`.
    """
    found = [node for node in nodes_of(scene, class_name) if role_of(node) == role and clip_of(node) is clip]
    return [node for node in found if without_data or not is_without_data(node)]


def is_without_data(node: Any) -> bool:
    """Return whether the file of a sequence, model or table was missing when the scene was loaded."""
    if node.IsA("vtkMRMLSequenceNode"):
        return any(node.GetNthDataNode(k) is None for k in range(node.GetNumberOfDataNodes()))
    if node.IsA("vtkMRMLModelNode"):
        return node.GetPolyData() is None
    return bool(node.IsA("vtkMRMLTableNode") and (node.GetTable() is None or not node.GetTable().GetNumberOfRows()))


def is_referenced(scene: Any, node: Any) -> bool:
    """Return whether any node of the scene refers to `node`."""
    return any(scene.IsNodeReferencingNodeID(other, node.GetID()) for other in nodes_of(scene, "vtkMRMLNode"))


def browsers_of(scene: Any) -> list[Any]:
    """Return all sequence browsers of the scene."""
    return nodes_of(scene, "vtkMRMLSequenceBrowserNode")


def browser_of(scene: Any, node: Any) -> Optional[Any]:
    """Return the first browser that plays `node` (a sequence node or a proxy node), or None."""
    for browser in browsers_of(scene):
        if node.IsA("vtkMRMLSequenceNode"):
            if browser.IsSynchronizedSequenceNode(node, True):
                return browser
        elif browser.GetSequenceNode(node) is not None:
            return browser
    return None


def show_current_frame(browser: Any) -> None:
    """Make the proxies show the stored items of the current frame, after an item was changed directly.

    The Sequences logic updates the proxies on each modified event of a browser, so this works with any logic.
    """
    browser.Modified()


def unique_name(scene: Any, name: str) -> str:
    """Return `name`, with a number when a node of the scene already has it.

    Characters that Slicer writes unescaped into the scene file (a scene named with & cannot be loaded again) are
    replaced.
    """
    name = name.translate(_UNSAFE)
    if scene.GetFirstNodeByName(name) is None:
        return name
    number = 2
    while scene.GetFirstNodeByName(f"{name} ({number})") is not None:
        number += 1
    return f"{name} ({number})"
