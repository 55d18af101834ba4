"""Placing the points of a set by mouse, one after the other in the set's order."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ...scene.annotation.editor import AnnotationEditor
from ...scene.mrml import nodes
from ...scene.mrml.frames import Later
from ...scene.mrml.plane import world_to_pixels
from ...scene.points import is_on_image
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
        size_points(node.GetDisplayNode(), session, SMALL)
        node.SetAndObserveTransformNodeID(session.proxy.GetTransformNodeID())
        self._node, self._taken = node, 0
        self._tag = node.AddObserver(node.PointPositionDefinedEvent, self._on_defined)
        self._placing.start(node)
        self.advance(editor)

    def stop(self) -> None:
        """Take no more clicks."""
        self._placing.stop()
        self._remove()

    def place(self, editor: AnnotationEditor, world: np.ndarray, volume: Any) -> None:
        """Put the chosen point at a clicked position [3]; in a set without a schema clicks make new points.

        Raises:
            BadInput: beside the image.
        """
        frame = editor.frame
        if not is_on_image(world, volume):
            raise BadInput(_("A click beside the image was not taken. Click on the image that shows the clip."))
        x, y = world_to_pixels(world[None], volume)[0][0].tolist()
        free = not editor.annotation.schema
        if free and (not editor.annotation.n_points or editor.annotation.states[:, frame].all()):
            editor.add_point(_free_label(editor.annotation.labels))
        editor.place((x, y))
        self.advance(editor)

    def advance(self, editor: AnnotationEditor) -> None:
        """Choose the next point, after the chosen one, about which nothing is known on this frame; if there is one."""
        states = editor.annotation.states[:, editor.frame]
        open_points = np.flatnonzero(states == 0)
        if len(open_points) and states[editor.point] != 0:
            later = open_points[open_points > editor.point]
            editor.point = int(later[0] if len(later) else open_points[0])

    def instruction(self, editor: AnnotationEditor) -> str:
        """Return what the next click does."""
        annotation = editor.annotation
        if not annotation.n_points or (not annotation.schema and annotation.states[:, editor.frame].all()):
            return _("Click to add a point, Esc to finish.")
        return _("Click {label}, Esc to finish.").format(label=annotation.labels[editor.point])

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


def _free_label(labels: tuple[str, ...]) -> str:
    """Return the first of P1, P2, ... that is not taken."""
    number = len(labels) + 1
    while f"P{number}" in labels:
        number += 1
    return f"P{number}"
