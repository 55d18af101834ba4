"""Clip files into the scene: by our readers; Slicer's own sequence files also where our reader lacks its package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ...cine.cine import Cine
from ...cine.names import clip_name
from ...cine.reading import read_cine
from ...errors import BadInput, MissingDependency
from ...i18n import tr as _
from ..mrml import nodes
from .cine import read_cine as read_from_scene

_SEQUENCES = (".seq.nrrd", ".seq.nhdr")


def read_clip(scene: Any, path: Path) -> Cine:
    """Read a clip from a file or folder; `scene` is as it was afterwards.

    A sequence that Slicer wrote needs no further package inside Slicer: its own reader gives the same clip.

    Raises:
        BadInput: there is no such file, or it holds no clip.
        MissingDependency: reading it needs a package that is not installed.
    """
    try:
        return read_cine(path)
    except MissingDependency:
        if not path.name.lower().endswith(_SEQUENCES):
            raise
        return read_by_slicer(scene, path)


def read_by_slicer(scene: Any, path: Path) -> Cine:
    """Read a sequence file (.seq.nrrd) with Slicer's reader of volume sequences; `scene` is as it was afterwards.

    Raises:
        BadInput: Slicer cannot read it, or it holds no 2-D clip.
    """
    classes = ("vtkMRMLSequenceNode", "vtkMRMLVolumeSequenceStorageNode", "vtkMRMLSequenceBrowserNode")
    sequence, storage, browser = (nodes.add_hidden(scene, name, clip_name(path)) for name in classes)
    try:
        storage.SetFileName(str(path))
        if not storage.ReadData(sequence) or sequence.GetNumberOfDataNodes() == 0:
            raise BadInput(
                _("{name}: cannot be read as NRRD; it is damaged or cut off. Save or copy it again.").format(
                    name=path.name
                )
            )
        browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())
        return replace(read_from_scene(browser), name=clip_name(path), source=path.name)
    finally:
        proxy = browser.GetProxyNode(sequence)
        nodes.remove(scene, browser)  # first: a browser makes its volume anew
        if proxy is not None:
            nodes.remove(scene, proxy.GetStorageNode())
            nodes.remove_with_display(scene, proxy)
        nodes.remove(scene, sequence, storage)
