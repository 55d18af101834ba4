"""What a slice view shows of a clip: its plane, as large as it fits; also in a scene that no window shows yet."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..mrml import plane
from ..mrml.layout import CLIP_VIEW, ONE_VIEW
from .cine import CineNodes

# Slicer's own description of that layout, for scenes that no window shows.
_DESCRIPTION = """<layout type="horizontal"><item><view class="vtkMRMLSliceNode" singletontag="Red">
<property name="orientation" action="default">Axial</property><property name="viewlabel" action="default">R</property>
<property name="viewcolor" action="default">#F34A33</property></view></item></layout>"""
_VIEW_PX = (1000, 750)  # a window's usual size; Slicer keeps the scale for any other


def fit_view(node: Any, volume: Any) -> None:
    """Let a slice node show the plane of a clip's volume, as large as its view is."""
    width, height = plane.image_size(volume)
    corners = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [-0.5, height - 0.5], [width - 0.5, height - 0.5]])
    world = plane.pixels_to_world(corners, volume)
    across, down = (float(np.linalg.norm(world[k] - world[0])) for k in (1, 2))
    columns, rows, _depth = node.GetDimensions()
    scale = max(across / max(columns, 1), down / max(rows, 1))  # mm a pixel of the view
    node.RotateToVolumePlane(volume)
    node.SetFieldOfView(scale * columns, scale * rows, node.GetFieldOfView()[2])
    node.SetXYZOrigin(0.0, 0.0, 0.0)
    node.JumpSliceByCentering(*world.mean(axis=0).tolist())


def open_with(scene: Any, clip: CineNodes) -> None:
    """Note in a scene without views that it opens with this clip, large and alone."""
    layout = _singleton(scene, "vtkMRMLLayoutNode", "vtkMRMLLayoutNode")
    if not layout.IsLayoutDescription(ONE_VIEW):
        layout.AddLayoutDescription(ONE_VIEW, _DESCRIPTION)
    layout.SetViewArrangement(ONE_VIEW)
    node = _singleton(scene, "vtkMRMLSliceNode", CLIP_VIEW)
    node.SetLayoutName(CLIP_VIEW)
    node.SetLayoutLabel(CLIP_VIEW[0])
    node.SetDimensions(*_VIEW_PX, 1)
    fit_view(node, clip.proxy)
    composite = _singleton(scene, "vtkMRMLSliceCompositeNode", CLIP_VIEW)
    composite.SetLayoutName(CLIP_VIEW)
    composite.SetBackgroundVolumeID(clip.proxy.GetID())


def _singleton(scene: Any, class_name: str, tag: str) -> Any:
    found = scene.GetSingletonNode(tag, class_name)
    if found is not None:
        return found
    node = scene.CreateNodeByClass(class_name)
    node.UnRegister(None)
    node.SetSingletonTag(tag)
    node.SetName(tag)
    return scene.AddNode(node)
