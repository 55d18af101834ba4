"""The list of points to track: what the mouse does to it, undo, and how it looks in the views."""

from __future__ import annotations

from typing import Any, Callable, Optional

from ...i18n import tr as _
from ...scene.mrml import frames
from ...scene.mrml.frames import Later
from ...scene.points import (
    Points,
    frame_noted,
    label_shortly,
    name_next,
    note_apex,
    note_frame,
    read_points,
    refuse_off_image,
    remove_outside,
    set_points,
)
from ..point_size import SMALL, size_points
from ..qt.placing import Placing
from ..session import Session
from .undo import PointsHistory, Snapshot, restore, take
from .wall_curve import WallCurve

_LOCKED = "EchoTracker.LockedByWall"
_MANY = 12  # more points than this are shown without labels, which would hide the wall


class PointList:
    """Owns the list node of the parameter `points`.

    Attributes:
        node: the list that is observed, or None.
    """

    def __init__(
        self,
        session: Session,
        placing: Placing,
        wall: WallCurve,
        edited: Callable[[], None],
        changed: Callable[[str], None],
        later: Later,
    ) -> None:
        """Begin without a list.

        Args:
            session: with the parameter `points`.
            placing: of the section.
            wall: the curve that may make the points.
            edited: called when there is something new to undo.
            changed: gets what the user is to read after the points were changed, by mouse or by `set`; mostly "".
            later: calls a function once Slicer is done with the event.
        """
        self._session, self._placing, self._wall = session, placing, wall
        self._edited, self._changed, self._later = edited, changed, later
        self._history: Optional[PointsHistory] = None
        self._lost: Optional[tuple[Any, Snapshot]] = None  # a clip, and the points of its list that somebody deleted
        self._tags: list[int] = []
        self._writing = False
        self.node: Any = None

    @property
    def count(self) -> int:
        """The number of points that have a position."""
        points = self._session.points
        return int(points.GetNumberOfDefinedControlPoints()) if points is not None else 0

    @property
    def can_undo(self) -> bool:
        """Whether a change can be taken back."""
        return self._is_lost or (self._history is not None and self._history.can_undo)

    @property
    def _is_lost(self) -> bool:
        return self._lost is not None and self._lost[0] is self._session.browser

    @property
    def can_redo(self) -> bool:
        """Whether a change can be repeated."""
        return self._history is not None and self._history.can_redo

    def read(self) -> Points:
        """Return the points to track.

        Raises:
            BadInput: there are none, or one cannot be used.
        """
        return read_points(self._session.points, self._session.proxy)

    def set(self, points: Points) -> None:
        """Replace the points to track; one undo step.

        Raises:
            BadInput: a point beside the image.
        """
        session = self._session
        refuse_off_image(points.labels, points.positions, session.need_cine().size)
        node = self.ensure()
        self._writing = True
        try:
            set_points(node, session.proxy, points)
            note_apex(node, None)  # a wall notes it anew
            for index in range(len(points.labels)):
                note_frame(node, index, session.query_frame)
        finally:
            self._writing = False
        self._note_edit()
        self.style()
        self._changed("")

    def undo(self) -> bool:
        """Take back the last change; return whether there was one."""
        if self._is_lost:
            return self._replay(self._make_again)
        return self._history is not None and self._replay(self._history.undo)

    def redo(self) -> bool:
        """Repeat the change that was taken back; return whether there was one."""
        return self._history is not None and self._replay(self._history.redo)

    def ensure(self) -> Any:
        """Return the list, made if there is none, in the clip's place."""
        session = self._session
        if session.points is None:
            name = session.scene.GenerateUniqueName(_("{clip} points").format(clip=session.proxy.GetName()))
            made = session.scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", name)
            made.CreateDefaultDisplayNodes()
            name_next(made)
            session.parameters.points = made
        node = session.points
        transform = session.proxy.GetTransformNodeID()
        if node.GetNumberOfControlPoints() == 0 and node.GetTransformNodeID() != transform:
            node.SetAndObserveTransformNodeID(transform)
        self.observe(node)
        self.style()
        return node

    def observe(self, node: Any) -> None:
        """Take this list for the one to track from, None for none; another one begins without undo."""
        if node is self.node:
            return
        self._placing.stop()
        for tag in self._tags:
            self.node.RemoveObserver(tag)
        self._lost = None
        if self.node is not None and self.node.GetScene() is None and self._history is not None and node is None:
            self._lost = self._session.browser, self._history.points
        if self.node is not None and self.node.GetDisplayNode() is not None:
            self.node.GetDisplayNode().SetVisibility(False)  # only the chosen points are shown
        self.node, self._tags, self._history = node, [], None
        if node is None:
            if self._is_lost:
                self._edited()
            return
        self._history = PointsHistory(node, self._wall)
        for event in (node.PointPositionDefinedEvent, node.PointEndInteractionEvent, node.PointRemovedEvent):
            self._tags.append(node.AddObserver(event, self._on_gesture))
        self._tags.append(node.AddObserver(node.PointStartInteractionEvent, self._on_touch))
        self._tags.append(node.AddObserver(node.PointModifiedEvent, self._on_modified))

    # -- how it looks ------------------------------------------------------------------------
    def style(self) -> None:
        """Size the points to the image, and leave out labels where they would hide it."""
        display = self.node.GetDisplayNode() if self.node is not None else None
        if display is None or self._session.proxy is None:
            return
        few = len(take(self.node)) <= _MANY
        size_points(display, self._session, SMALL, labels=few and not self._wall.exists)
        self.show_on_frame(self._session.frame)

    def lock(self) -> None:
        """Lock the points while a curve makes them: they lie over its handles and would be dragged instead."""
        node, history = self.node, self._history
        if history is not None and history.has_curve and not (self._wall.exists or self._wall.placing or self._writing):
            self._note_edit()  # somebody deleted the curve
        if node is None or self._wall.exists == bool(node.GetAttribute(_LOCKED)):
            return
        if self._wall.exists:
            node.SetAttribute(_LOCKED, "true")
        else:
            node.RemoveAttribute(_LOCKED)
        node.SetLocked(self._wall.exists)

    def show_on_frame(self, frame: int) -> None:
        """Show the points on the query frame only: elsewhere the tissue has moved away from them."""
        points = self._session.points
        display = points.GetDisplayNode() if points is not None else None
        if display is not None:
            visible = frame == self._session.query_frame and self._wanted()
            if bool(display.GetVisibility()) != visible:
                display.SetVisibility(visible)

    def _wanted(self) -> bool:
        shown = self._session.parameters.showPoints and not self._session.annotating
        return bool(shown) or self._placing.node is not None

    # -- changes -----------------------------------------------------------------------------
    def _on_touch(self, *_arguments: Any) -> None:
        if self._session.browser is not None:
            frames.stop_playback(self._session.browser)

    def _on_gesture(self, *_arguments: Any) -> None:
        """See what was placed, moved or removed by hand."""
        if self._writing or self._session.proxy is None:
            return
        if self._wall.exists:
            self._later(self._follow_wall)
            return
        self._writing = True
        try:
            refused = remove_outside(self.node, self._session.proxy)
            frame = self._session.frame if self._placing.node is self.node else self._session.query_frame
            for index in range(self.node.GetNumberOfControlPoints()):
                defined = self.node.GetNthControlPointPositionStatus(index) == self.node.PositionDefined
                if defined and frame_noted(self.node, index) is None:
                    note_frame(self.node, index, frame)
                    label_shortly(self.node, index)
            self._note_edit()
        finally:
            self._writing = False
        self.style()
        said = _("A point beside the image was not taken. Click on the image that shows the clip.")
        self._changed(said if refused else "")

    def _on_modified(self, *_arguments: Any) -> None:
        if not self._writing and self._wall.exists:
            self._later(self._follow_wall)

    def _follow_wall(self) -> None:
        """Slicer's menu or its module Markups changed points of a wall: the next drag of a diamond would lose that."""
        if self._history is None or not self._wall.exists or not self._history.differs:
            return
        self._wall.apply()
        self._changed(_("The points of a wall follow its curve and were put back. Drag its diamonds instead."))

    def _note_edit(self) -> None:
        if self._history is not None and self._history.note():
            self._edited()

    def _make_again(self) -> bool:
        """Make the list again that somebody deleted, e.g. by "Delete Point List" of Slicer's context menu."""
        points = self._lost[1] if self._lost is not None else ()
        node = self.ensure()
        if self._wall.exists:
            self._wall.apply()
        else:
            restore(node, points)
        self._note_edit()
        self.style()
        return True

    def _replay(self, step: Callable[[], bool]) -> bool:
        """Undo or redo, and show the frame that the points are on."""
        self._writing = True
        try:
            changed = step()
        finally:
            self._writing = False
        if changed:
            noted = [frame_noted(self.node, i) for i in range(self.node.GetNumberOfControlPoints())]
            if noted and noted[0] is not None:
                self._session.parameters.queryFrame = noted[0] + 1
                frames.go_to_frame(self._session.browser, noted[0])
        return changed
