"""Two slice views of the same clip that pan and zoom together."""

from __future__ import annotations

from typing import Any, Optional

from ..mrml import nodes
from ..mrml.layout import COMPARISON_VIEW

_SAME = 1e-9


def slice_node(scene: Any, name: str) -> Optional[Any]:
    """Return the slice node of a view, or None where the view was never shown."""
    return scene.GetSingletonNode(name, "vtkMRMLSliceNode")


def show_volume(scene: Any, volume: Optional[Any], name: str = COMPARISON_VIEW) -> None:
    """Show a volume (None: nothing) in a slice view, without labels or a second image over it."""
    for composite in nodes.nodes_of(scene, "vtkMRMLSliceCompositeNode"):
        if composite.GetLayoutName() == name:
            composite.SetBackgroundVolumeID(volume.GetID() if volume is not None else None)
            composite.SetForegroundVolumeID(None)
            composite.SetLabelVolumeID(None)


class LinkedViews:
    """Keeps two slice views at the same place and scale, whichever of them the user moves.

    Slicer's own link would also move every other view of the group; this one knows only its two.
    """

    def __init__(self, first: Any, second: Any) -> None:
        self._nodes = (first, second)
        self._following = False
        self._tags = [
            first.AddObserver("ModifiedEvent", lambda *_: self._follow(first, second)),
            second.AddObserver("ModifiedEvent", lambda *_: self._follow(second, first)),
        ]
        self._follow(first, second)

    def stop(self) -> None:
        """Let the views go; safe to call twice and after they left the scene."""
        for node, tag in zip(self._nodes, self._tags):
            node.RemoveObserver(tag)
        self._tags.clear()

    def _follow(self, moved: Any, other: Any) -> None:
        if self._following or not self._tags:
            return
        self._following = True
        try:
            copy_view(moved, other)
        finally:
            self._following = False


def copy_view(source: Any, target: Any) -> None:
    """Show in `target` the same plane, center and scale as in `source`; their sizes on screen may differ."""
    size, wanted = source.GetDimensions(), target.GetDimensions()
    field = source.GetFieldOfView()
    if min(size[0], size[1], wanted[0], wanted[1]) <= 0 or min(field[0], field[1]) <= 0:
        return
    field = (field[0] * wanted[0] / size[0], field[1] * wanted[1] / size[1], target.GetFieldOfView()[2])
    origin = (*source.GetXYZOrigin()[:2], target.GetXYZOrigin()[2])
    plane_differs = any(
        abs(source.GetSliceToRAS().GetElement(i, j) - target.GetSliceToRAS().GetElement(i, j)) > _SAME
        for i in range(3)
        for j in range(4)
    )
    place_differs = any(
        abs(a - b) > _SAME for a, b in zip((*field, *origin), (*target.GetFieldOfView(), *target.GetXYZOrigin()))
    )
    if not (plane_differs or place_differs):
        return
    was_modifying = target.StartModify()
    if plane_differs:
        target.GetSliceToRAS().DeepCopy(source.GetSliceToRAS())
        target.UpdateMatrices()
    target.SetFieldOfView(*field)
    target.SetXYZOrigin(*origin)
    target.EndModify(was_modifying)
