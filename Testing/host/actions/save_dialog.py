"""Slicer 5.8's Save dialog without its window (qSlicerSaveDataDialog, qSlicerNodeWriter, qSlicerSceneWriter).

The dialog lists storable nodes that are not hidden from editors and nothing else: the data of a hidden node that
once got a storage node (every .mrb gives it one) is not written, and nobody says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer

_UNSAFE = str.maketrans('<>:"/\\|?*', "---------")


def listed(scene: Any) -> list[Any]:
    """Return the nodes that the dialog lists, each with a storage node, as its opening makes them."""
    collection = scene.GetNodesByClass("vtkMRMLStorableNode")
    found = []
    for index in range(collection.GetNumberOfItems()):
        node = collection.GetItemAsObject(index)
        if node.GetHideFromEditors() or not node.GetSaveWithScene():
            continue
        if node.AddDefaultStorageNode() and node.GetStorageNode() is not None:
            found.append(node)
    collection.UnRegister(None)
    return found


def save_as_mrml(
    scene: Any, path: Path, order: Callable[[list[Any]], list[Any]] = list, only_modified: bool = True
) -> None:
    """Save the scene as .mrml with its data beside it.

    Args:
        scene: the scene.
        path: of the .mrml file; its folder is the one chosen for all checked nodes.
        order: of the nodes, as the user sorted the dialog.
        only_modified: check what is modified, as the dialog does at first; else everything.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scene.SetRootDirectory(str(path.parent))
    names: set[str] = set()
    for node in order(listed(scene)):
        storage = node.GetStorageNode()
        if only_modified and not node.GetModifiedSinceRead():
            continue
        extension = storage.GetSupportedFileExtension(storage.GetFileName() or "") if storage.GetFileName() else ""
        extension = extension or "." + storage.GetDefaultWriteFileExtension()
        name = node.GetName().translate(_UNSAFE)
        while f"{name}{extension}" in names:  # the dialog asks the user for another name
            name += "_1"
        names.add(f"{name}{extension}")
        storage.SetFileName(str(path.parent / f"{name}{extension}"))
        storage.SetURI(None)
        if not storage.WriteData(node):
            raise OSError(f"{node.GetName()}: {storage.GetUserMessages().GetAllMessagesAsString()}")
    scene.SetURL(str(path))
    if not scene.Commit():
        raise OSError(f"{path}: the scene could not be written")
    # Later versions write hidden nodes, too; 5.8 and all before it do not.
    shutil.rmtree(path.parent / f"{path.stem}_Private", ignore_errors=True)


def save_as_mrb(scene: Any, path: Path) -> None:
    """Save the scene as .mrb; afterwards all data count as modified."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scene.SetURL(str(path))
    scene.SetRootDirectory(str(path.parent))
    messages = slicer.vtkMRMLMessageCollection()
    if not scene.WriteToMRB(str(path), None, messages):
        raise OSError(messages.GetAllMessagesAsString())
    scene.SetStorableNodesModifiedSinceRead()


def read(scene: Any, path: Path) -> bool:
    """Load a scene file into an empty scene; return whether everything could be read."""
    scene.Clear(False)
    if path.suffix == ".mrb":
        return bool(scene.ReadFromMRB(str(path), True))
    scene.SetURL(str(path))
    return bool(scene.Connect())
