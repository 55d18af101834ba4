"""The editable curve along the wall: three clicks make it, the points to track follow it."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ...scene.mrml import nodes, plane
from ...scene.mrml.frames import Later
from ...scene.points import Points, note_apex, read_points, remove_outside, set_points
from ...strain.outline.search import find_wall
from ...strain.wall_template import CURVE_POINTS, apex_along, curve_from_clicks, wall_points, wall_template
from ..point_size import MEDIUM, size_points
from ..qt.placing import Placing
from ..session import Session
from .undo import Snapshot, restore, take
from .wall_notes import note_wall, show_weak, with_noted_thickness

_ROLE = "EchoTracker.WallCurve"
_FINE = 200
_APEX_HANDLE = f"W{CURVE_POINTS // 2 + 1}"  # the diamond in the middle: the second click


class WallCurve:
    """Owns the curve node of the parameter `wallCurve`."""

    def __init__(
        self,
        session: Session,
        placing: Placing,
        changed: Callable[[Points], None],
        say: Callable[[str], None],
        later: Later,
    ) -> None:
        """Begin without a curve.

        Args:
            session: with the parameter `wallCurve`.
            placing: of the section.
            changed: gets the points of the curve after each change.
            say: gets what the user should know: why the curve makes no points, where the wall was not found.
            later: calls a function once Slicer is done with the event.
        """
        self._session, self._placing, self._changed, self._say, self._later = session, placing, changed, say, later
        self._names: tuple[str, ...] = ()
        self._node: Any = None
        self._tags: list[int] = []
        self._clicking = False
        self._writing = False
        self._settings: Any = None
        session.frame_changed.connect(self._on_frame)

    @property
    def exists(self) -> bool:
        """Whether there is a complete curve."""
        return self._node is not None and not self._clicking and self._node.GetNumberOfDefinedControlPoints() > 1

    @property
    def placing(self) -> bool:
        """Whether the three clicks are being made."""
        return self._clicking and self._placing.node is self._node

    def instruction(self) -> str:
        """Return which click comes next."""
        count = self._node.GetNumberOfDefinedControlPoints() if self._node is not None else 0
        steps = (
            _("Click the left annulus: where the mitral leaflet meets the wall on the left side of the image."),
            _("Click the apex."),
            _("Click the right annulus."),
        )
        return steps[min(count, 2)]

    def refresh(self) -> None:
        """Follow the parameter node: another curve, layers or points along it."""
        parameters = self._session.parameters
        node = parameters.wallCurve if parameters is not None else None
        if node is not self._node and not self._clicking:
            self._observe(node)
            self._settings = self._wanted()
        elif self.exists and self._wanted() != self._settings:
            self.apply()

    def _wanted(self) -> Any:
        parameters = self._session.parameters
        if parameters is None:
            return None
        return parameters.layers, parameters.pointsAlong, parameters.view

    def start(self) -> None:
        """Begin the three clicks with a new curve."""
        self.remove()
        node = self._new_node()
        self._clicking = True
        self._observe(node)
        self._placing.start(node)

    def take(self) -> Snapshot:
        """Return the curve's control points, none where there is no complete curve."""
        return take(self._node) if self.exists else ()

    def restore(self, snapshot: Snapshot) -> None:
        """Make the curve's control points these again; none removes it, some make it where there is none."""
        if not snapshot:
            self.remove()
            return
        node = self._node if self._node is not None else self._new_node()
        if node is not self._node:
            self._observe(node)
        self._writing = True
        try:
            restore(node, snapshot)
            show_weak(node)
            self._names = _labels(node)
            self._note_apex(read_points(node, self._session.proxy, _FINE).positions)
        finally:
            self._writing = False
        self._settings = self._wanted()
        self._session.parameters.wallCurve = node

    def _new_node(self) -> Any:
        scene = self._session.scene
        name = scene.GenerateUniqueName(_("{clip} wall").format(clip=self._session.proxy.GetName()))
        node = scene.AddNewNodeByClass("vtkMRMLMarkupsCurveNode", name)
        node.SetAttribute(_ROLE, "wall")
        node.SetControlPointLabelFormat("W%d")
        node.CreateDefaultDisplayNodes()
        node.SetAndObserveTransformNodeID(self._session.proxy.GetTransformNodeID())
        display = node.GetDisplayNode()
        size_points(display, self._session, MEDIUM)
        display.SetGlyphTypeFromString("Diamond2D")  # told from the points to track by shape, not only by color
        display.SetSelectedColor(0.9, 0.6, 0.0)
        display.SetOpacity(0.8)
        return node

    def stop(self) -> None:
        """End the three clicks; an incomplete curve is removed."""
        if self._clicking:
            self._clicking = False
            self.remove()

    def remove(self) -> None:
        """Remove the curve, if it is ours; the points stay."""
        node = self._node
        self._observe(None)
        if self._session.parameters is not None and self._session.parameters.wallCurve is not None:
            self._session.parameters.wallCurve = None
        if node is not None and node.GetAttribute(_ROLE):
            nodes.remove(self._session.scene, node)

    def close(self) -> None:
        """Forget the curve; the scene is closing."""
        self._clicking = False
        self._observe(None)

    def _observe(self, node: Any) -> None:
        for tag in self._tags:
            self._node.RemoveObserver(tag)
        self._node, self._tags = node, []
        if node is not None:
            self._names = _labels(node)
            for event, slot in (
                (node.PointPositionDefinedEvent, self._on_click),
                (node.PointEndInteractionEvent, self._on_edit),
                (node.PointRemovedEvent, self._on_removed),
                (node.PointModifiedEvent, self._on_modified),
            ):
                self._tags.append(node.AddObserver(event, slot))

    def _on_click(self, *_arguments: Any) -> None:
        if self._writing:
            return
        if not self._clicking:
            self._on_edit()
            return
        self._writing = True
        try:
            beside = remove_outside(self._node, self._session.proxy)
        finally:
            self._writing = False
        if beside:
            self._say(_("A click beside the image was not taken. {next}").format(next=self.instruction()))
            return
        if self._node.GetNumberOfDefinedControlPoints() < 3:
            self._session.changed.emit()
            return
        clicks, _distance = plane.world_to_pixels(
            np.array([self._node.GetNthControlPointPositionWorld(i) for i in range(3)]), self._session.proxy
        )
        self._placing.stop()
        self._draw(curve_from_clicks(clicks, wall_template(self._session.parameters.view)))
        self._clicking = False
        self._settings = self._wanted()
        self._session.parameters.wallCurve = self._node
        self.apply()
        self._snap(clicks)

    def _draw(self, curve: np.ndarray) -> None:
        """Put the curve's handles at `curve` [K, 2] px."""
        labels = tuple(f"W{i + 1}" for i in range(len(curve)))
        self._writing = True
        try:
            set_points(self._node, self._session.proxy, Points(labels, self._inside(curve).astype(np.float32)))
            self._names = labels
        finally:
            self._writing = False

    def _snap(self, clicks: np.ndarray) -> None:
        """Move the curve from the template to the wall in the image: a step of its own, which Undo takes back."""
        session = self._session
        found = find_wall(session.need_cine().frames, clicks, session.parameters.view, session.query_frame)
        if found.weak.all():
            self._say(_("The image does not show where the wall is: this is the template. Drag its diamonds."))
            return
        handles = np.linspace(0, len(found.line) - 1, CURVE_POINTS).round().astype(int)
        self._draw(found.line[handles])
        note_wall(self._node, found.thickness[handles], found.weak[handles])
        self.apply()
        self._say(_what_was_found(found.weak[handles]))

    def _on_edit(self, *_arguments: Any) -> None:
        if self.exists:
            self.apply()

    def _on_removed(self, *_arguments: Any) -> None:
        """Slicer's menu removed a diamond: the curve runs through the others, as long as there are two."""
        if self._writing or self._clicking:
            return
        self._names = _labels(self._node)
        if self.exists:
            self.apply()
        else:
            self._session.changed.emit()

    def _on_modified(self, *_arguments: Any) -> None:
        if self._writing or not self.exists:
            return
        labels = _labels(self._node)
        if len(labels) == len(self._names) and labels != self._names:
            self._later(self._name_again)

    def _name_again(self) -> None:
        """Slicer's menu renamed a diamond; the apex is known by its name."""
        node = self._node
        if not self.exists or node.GetScene() is None or _labels(node) == self._names:
            return
        for index, name in enumerate(self._names):
            node.SetNthControlPointLabel(index, name)
        self._say(_("The diamonds of a wall keep their names."))

    def _inside(self, positions: np.ndarray) -> np.ndarray:
        return np.clip(positions, 0, np.array(self._session.need_cine().size) - 1)

    def apply(self) -> None:
        """Make the points to track from the curve; a curve that leaves the image makes none."""
        parameters = self._session.parameters
        self._settings = self._wanted()
        try:
            line = read_points(self._node, self._session.proxy, _FINE).positions
        except BadInput as error:  # called by mouse events, from which nothing may be raised
            self._say(str(error))
            return
        template = with_noted_thickness(wall_template(parameters.view), self._node)
        labels, positions = wall_points(line, parameters.layers, parameters.pointsAlong, template)
        self._changed(Points(labels, self._inside(positions).astype(np.float32)))
        self._note_apex(line)

    def _note_apex(self, line: np.ndarray) -> None:
        """Note with the points where the diamond of the apex lies along the curve's line [M, 2] px, for strain."""
        node, count = self._node, self._session.parameters.pointsAlong
        labels, place = _labels(node), None
        if _APEX_HANDLE in labels:
            world = np.array([node.GetNthControlPointPositionWorld(labels.index(_APEX_HANDLE))])
            apex = plane.world_to_pixels(world, self._session.proxy)[0][0]
            place = apex_along(line, apex, count)
        note_apex(self._session.points, place, count)

    def _on_frame(self, frame: int) -> None:
        display = self._node.GetDisplayNode() if self._node is not None else None
        if display is not None:
            display.SetVisibility(frame == self._session.query_frame and (self.placing or not self._session.annotating))


def _labels(node: Any) -> tuple[str, ...]:
    return tuple(node.GetNthControlPointLabel(i) for i in range(node.GetNumberOfControlPoints()))


def _what_was_found(weak: np.ndarray) -> str:
    """Return what to tell of a wall that was found but at the handles [K] that are `weak`."""
    text = _("The wall was moved to where the image shows it; Undo gives the template back.")
    if weak[1:-1].any():
        names = ", ".join(f"W{i + 1}" for i in np.flatnonzero(weak))
        text += " " + _("The image shows too little of it at {handles}: the template stays there.").format(
            handles=names
        )
    return text
