"""Placing the points of a set by mouse, one after the other in the set's order."""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ...scene.annotation.editor import AnnotationEditor
from ...scene.mrml import nodes
from ...scene.mrml.frames import Later
from ...scene.mrml.plane import world_to_pixels
from ...scene.points import free_label, is_on_image
from ..point_size import SMALL, size_points
from ..qt.placing import Placing
from ..session import Session

_NAME = "EchoTracker clicks"


class Clicks:
    """Takes clicks through a hidden point list of its own, so that no click adds a point to one frame of the set.

    The clicks stay in that list, unseen, until placing ends: Slicer counts its preview point by number. The list leaves
    the scene a little later: placing may end while Slicer still handles the click.
    """

    def __init__(
        self,
        scene: Any,
        clicked: Callable[[np.ndarray], None],
        ended: Callable[[], None],
        later: Later,
    ) -> None:
        self._scene, self._clicked, self._ended, self._later = scene, clicked, ended, later
        self._placing = Placing(scene, self._on_ended)
        self._node: Any = None
        self._tag = 0
        self._taken = 0
        self._adds = False

    @property
    def active(self) -> bool:
        """Whether clicks are being taken."""
        return self._node is not None and self._placing.node is self._node

    def start(self, editor: AnnotationEditor, session: Session) -> None:
        """Take clicks until `stop`, Esc or a right click; begins with the first point without a place."""
        self.stop()
        node = nodes.add_hidden(self._scene, "vtkMRMLMarkupsFiducialNode", _NAME)
        node.SetSaveWithScene(False)
        node.CreateDefaultDisplayNodes()
        node.GetDisplayNode().SetSaveWithScene(False)
        size_points(node.GetDisplayNode(), session, SMALL, labels=True)  # that of the point to come, at the cursor
        node.SetAndObserveTransformNodeID(session.proxy.GetTransformNodeID())
        self._node, self._taken, self._adds = node, 0, False
        self._tag = node.AddObserver(node.PointPositionDefinedEvent, self._on_defined)
        self._placing.start(node)
        self.begin(editor)

    def begin(self, editor: AnnotationEditor) -> None:
        """Start with the first point that is not placed on the frame on screen; a set without any gets new points."""
        states = editor.annotation.states[:, editor.frame]
        self._adds = not editor.annotation.schema and bool(states.all())
        if not states.all():
            editor.point = int(np.argmin(states != 0))
        self._name(editor)

    def is_done(self, editor: AnnotationEditor) -> bool:
        """Return whether all points of the set are placed on the frame on screen, and clicks add no others."""
        return not self._adds and bool(editor.annotation.states[:, editor.frame].all())

    def stop(self) -> None:
        """Take no more clicks."""
        self._placing.stop()
        self._remove()

    def place(self, editor: AnnotationEditor, world: np.ndarray, volume: Any) -> None:
        """Put the point to come at a clicked position [3], and go on to the next one.

        Raises:
            BadInput: beside the image.
        """
        if not is_on_image(world, volume):
            raise BadInput(_("A click beside the image was not taken. Click on the image that shows the clip."))
        x, y = world_to_pixels(world[None], volume)[0][0].tolist()
        if self._next(editor) is None:
            editor.add_point(free_label(editor.annotation.labels))
        editor.place((x, y))
        self.advance(editor)

    def advance(self, editor: AnnotationEditor) -> None:
        """Choose the next point, after the chosen one, about which nothing is known on this frame; if there is one."""
        states = editor.annotation.states[:, editor.frame]
        open_points = np.flatnonzero(states == 0)
        if len(open_points) and states[editor.point] != 0:
            later = open_points[open_points > editor.point]
            editor.point = int(later[0] if len(later) else open_points[0])
        self._name(editor)

    def _next(self, editor: AnnotationEditor) -> Optional[int]:
        """Return the number of the point that the next click places, None for a new one."""
        if self._adds and editor.annotation.states[:, editor.frame].all():
            return None
        return editor.point

    def _name(self, editor: AnnotationEditor) -> None:
        """Write the name of the point to come to the cursor: onto Slicer's preview of it, and what follows."""
        node, number = self._node, self._next(editor)
        if node is None:
            return
        labels = editor.annotation.labels
        label = free_label(labels) if number is None else labels[number]
        node.SetControlPointLabelFormat(label.replace("%", "%%"))
        for index in range(self._taken, node.GetNumberOfControlPoints()):
            node.SetNthControlPointLabel(index, label)

    def instruction(self, editor: AnnotationEditor) -> str:
        """Return what the next click does."""
        self._name(editor)
        number = self._next(editor)
        if number is None:
            label = free_label(editor.annotation.labels)
            return _("Click to add {label}, Esc to finish.").format(label=label)
        return _("Click {label}, Esc to finish.").format(label=editor.annotation.labels[number])

    def _on_defined(self, node: Any, _event: str) -> None:
        count = node.GetNumberOfControlPoints()
        new = [i for i in range(self._taken, count) if node.GetNthControlPointPositionStatus(i) == node.PositionDefined]
        for index in new:
            self._taken = index + 1
            world = np.array(node.GetNthControlPointPositionWorld(index))
            node.SetNthControlPointVisibility(index, False)
            self._clicked(world)
            if self._node is not node:  # placing ended with this click
                return

    def _on_ended(self) -> None:
        self._remove()
        self._ended()

    def _remove(self) -> None:
        node, self._node = self._node, None
        if node is None:
            return
        node.RemoveObserver(self._tag)
        self._later(lambda: nodes.remove_with_display(self._scene, node))
