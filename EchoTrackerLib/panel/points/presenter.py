"""The section "Points": place, load or generate the points to track on the query frame."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ...scene.mrml import frames
from ...scene.points import (
    Points,
    frame_noted,
    label_shortly,
    list_of_clip,
    name_next,
    note_clip,
    note_frame,
    read_points,
    refuse_off_image,
    remove_outside,
    set_points,
)
from ...tracks.queries import query_frame_of, read_queries
from ..point_size import SMALL, size_points
from ..qt.dialogs import Dialogs
from ..qt.placing import Placing
from ..session import Session
from .pasted import parse_points
from .query_frame import proposed_frame
from .undo import PointsHistory, take
from .view import PointsSection
from .wall_curve import WallCurve

_FILTERS = _("Points") + " (*.csv *.txt *.npy *.npz *.json);;" + _("All files") + " (*)"
_LOCKED = "EchoTracker.LockedByWall"
_MANY = 12  # more points than this are shown without labels, which would hide the wall


class PointsPresenter:
    """Fills the section and acts on its buttons."""

    def __init__(self, session: Session, view: PointsSection, dialogs: Dialogs) -> None:
        self._session, self._view, self._dialogs = session, view, dialogs
        self._placing = Placing(session.scene, self._on_placing_ended)
        self._wall = WallCurve(session, self._placing, self._on_wall_changed, self._on_wall_says)
        self._history: Optional[PointsHistory] = None
        self._node: Any = None
        self._tags: list[int] = []
        self._writing = False
        self._note = ""
        self._placing_frame = 0
        self._clip: Any = None  # whose points are shown
        self._following = False
        session.changed.connect(self.refresh)
        session.frame_changed.connect(self._on_frame)

    # -- what is shown -----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the chosen points."""
        session = self._session
        self._follow_clip()
        self._wall.refresh()  # before the points: their first state has the curve
        if session.points is not self._node:
            self._observe(session.points)
            self._style()
        self._lock()
        why = self._why_not()
        short_axis = not why and session.parameters.view == "SAX"
        no_wall = _("A short-axis view (SAX) has no annulus and no apex: place points on the wall instead.")
        history = self._history
        self._view.set_enabled(
            why, no_wall if short_axis else why, bool(history and history.can_undo), bool(history and history.can_redo)
        )
        placing = self._placing.node
        self._view.set_placing(placing is not None and placing is session.points, self._wall.placing)
        self._view.show_status(self._status())

    def _why_not(self) -> str:
        """Return why no points can be placed, "" when they can."""
        if self._session.busy:
            return _("Tracking is running.")
        if not self._session.is_clip:
            return self._session.problem() or _("Select or load a clip first.")
        return ""

    def _follow_clip(self) -> None:
        """With another clip choose its points and its wall; those of the clip before stay in the scene."""
        session, before = self._session, self._clip
        if session.browser is None or not session.is_clip or self._following:
            return
        self._clip, self._following = session.browser, True  # each assignment refreshes
        if before is not None and before is not self._clip:
            session.parameters.wallCurve = None
            session.parameters.points = list_of_clip(session.scene, self._clip, "vtkMRMLMarkupsFiducialNode")
            session.parameters.wallCurve = list_of_clip(session.scene, self._clip, "vtkMRMLMarkupsCurveNode")
        for node in (session.points, session.parameters.wallCurve):
            if node is not None:
                note_clip(node, self._clip)
        self._following = False

    def _lock(self) -> None:
        """Lock the points while a curve makes them: they lie over its handles and would be dragged instead."""
        node = self._node
        if node is None or self._wall.exists == bool(node.GetAttribute(_LOCKED)):
            return
        if self._wall.exists:
            node.SetAttribute(_LOCKED, "true")
        else:
            node.RemoveAttribute(_LOCKED)
        node.SetLocked(self._wall.exists)

    def _status(self) -> str:
        session = self._session
        if not session.is_clip:
            return _("Select or load a clip first.")
        if self._wall.placing:
            return self._wall.instruction()
        if self._note:
            return self._note
        count = self.count()
        if count == 0:
            return _("No points yet. Go to the frame to start from and place points, or click the wall.")
        if self._placing.node is not None:
            return _("{n} points on frame {k}. Click to add, Esc to finish.").format(n=count, k=session.query_frame + 1)
        return _("{n} points on frame {k}.").format(n=count, k=session.query_frame + 1)

    def count(self) -> int:
        """Return the number of points that have a position."""
        points = self._session.points
        return int(points.GetNumberOfDefinedControlPoints()) if points is not None else 0

    def _observe(self, node: Any) -> None:
        if node is self._node:
            return
        self.stop()
        for tag in self._tags:
            self._node.RemoveObserver(tag)
        if self._node is not None and self._node.GetDisplayNode() is not None:
            self._node.GetDisplayNode().SetVisibility(False)  # only the chosen points are shown
        self._node, self._tags, self._history = node, [], None
        if node is None:
            return
        self._history = PointsHistory(node, self._wall)
        for event in (node.PointPositionDefinedEvent, node.PointEndInteractionEvent, node.PointRemovedEvent):
            self._tags.append(node.AddObserver(event, self._on_gesture))
        self._tags.append(node.AddObserver(node.PointStartInteractionEvent, self._on_touch))

    # -- gestures in the view ----------------------------------------------------------------
    def _on_touch(self, *_arguments: Any) -> None:
        if self._session.browser is not None:
            frames.stop_playback(self._session.browser)

    def _on_gesture(self, *_arguments: Any) -> None:
        """See what was placed, moved or removed by hand."""
        if self._writing or self._session.proxy is None:
            return
        self._writing = True
        try:
            refused = remove_outside(self._node, self._session.proxy)
            self._note = (
                _("A point beside the image was not taken. Click on the image that shows the clip.") if refused else ""
            )
            frame = self._session.frame if self._placing.node is self._node else self._session.query_frame
            for index in range(self._node.GetNumberOfControlPoints()):
                defined = self._node.GetNthControlPointPositionStatus(index) == self._node.PositionDefined
                if defined and frame_noted(self._node, index) is None:
                    note_frame(self._node, index, frame)
                    label_shortly(self._node, index)
            self._note_edit()
        finally:
            self._writing = False
        self._style()
        self._session.changed.emit()

    def _on_placing_ended(self) -> None:
        """The user left place mode with Esc or a right click."""
        self._wall.stop()
        self.refresh()

    def _on_frame(self, frame: int) -> None:
        """Points belong to one frame: leave place mode when another one is shown, hide them elsewhere."""
        if self._placing.node is not None and frame != self._placing_frame:
            self.stop()
            self._note = _("Placing ended because another frame is shown.")
            self.refresh()
        self.show_on_frame(frame)

    def show_on_frame(self, frame: int) -> None:
        """Show the points to track on the query frame only: elsewhere the tissue has moved away from them."""
        points = self._session.points
        display = points.GetDisplayNode() if points is not None else None
        if display is not None:
            visible = frame == self._session.query_frame and self._wanted()
            if bool(display.GetVisibility()) != visible:
                display.SetVisibility(visible)

    def _wanted(self) -> bool:
        shown = self._session.parameters.showPoints and not self._session.annotating
        return bool(shown) or self._placing.node is not None

    # -- buttons -----------------------------------------------------------------------------
    def place(self, on: bool) -> None:
        """Start or stop placing points by mouse."""
        self.stop()
        if on:
            self._need_clip()
            frames.stop_playback(self._session.browser)
            node = self._ensure_node()
            self._go_to_query_frame()
            self._placing.start(node)
            self.show_on_frame(self._session.frame)
        self.refresh()

    def wall(self, on: bool) -> None:
        """Start or stop clicking left annulus, apex and right annulus."""
        self.stop()
        if on:
            self._need_clip()
            frames.stop_playback(self._session.browser)
            if self.count() and not self._wall.exists:
                self._session.parameters.points = None  # points that were set otherwise stay in their list
            self._ensure_node()
            self._session.parameters.queryFrame = self._placing_frame = self._session.frame + 1
            self._placing_frame -= 1
            self._wall.start()
        self.refresh()

    def load(self) -> None:
        """Ask for a point file and load it onto the query frame."""
        self._need_clip()
        path = self._dialogs.open_file(_("Load points"), _FILTERS)
        if path is not None:
            labels, positions = read_queries(path, self._session.need_cine())
            frame = query_frame_of(path)
            if frame is not None and frame != self._session.query_frame:
                raise BadInput(
                    _("{name}: its points are set on frame {frame}. Make that the query frame first.").format(
                        name=path.name, frame=frame + 1
                    )
                )
            self.set(Points(labels, positions))

    def paste(self) -> None:
        """Take points from the clipboard: lines of "x y" or "name x y" in px."""
        self._need_clip()
        self.set(parse_points(self._dialogs.clipboard()))

    def clear(self) -> None:
        """Remove all points and the wall's curve."""
        self.stop()
        if self._session.points is not None:
            self._wall.remove()
            self.set(Points((), np.zeros((0, 2), dtype=np.float32)))

    def _note_edit(self) -> None:
        if self._history is not None and self._history.note():
            self._session.edited = self

    def undo(self) -> None:
        """Take back the last change of the points."""
        self._replay("undo")

    def redo(self) -> None:
        """Repeat the change that was taken back."""
        self._replay("redo")

    def _replay(self, step: str) -> None:
        self.stop()
        self._writing = True
        try:
            changed = self._history is not None and getattr(self._history, step)()
        finally:
            self._writing = False
        if changed:
            noted = [frame_noted(self._node, i) for i in range(self._node.GetNumberOfControlPoints())]
            if noted and noted[0] is not None:
                self._session.parameters.queryFrame = noted[0] + 1
                frames.go_to_frame(self._session.browser, noted[0])
            self._session.changed.emit()

    def set(self, points: Points) -> None:
        """Replace the points to track; one undo step.

        Raises:
            BadInput: a point beside the image.
        """
        session = self._session
        refuse_off_image(points.labels, points.positions, session.need_cine().size)
        node = self._ensure_node()
        self._writing = True
        try:
            set_points(node, session.proxy, points)
            for index in range(len(points.labels)):
                note_frame(node, index, session.query_frame)
        finally:
            self._writing = False
        self._note = ""
        self._note_edit()
        self._style()
        session.changed.emit()

    # -- query frame -------------------------------------------------------------------------
    def use_frame(self, which: str) -> None:
        """Set the query frame: "current", "ed" or "cycle" (72 % of the cycle), and show it."""
        self._need_clip()
        session = self._session
        frame = proposed_frame(session, which)
        if self.count() and frame != session.query_frame:
            raise BadInput(
                _("The points lie on frame {k}. Clear them first to start from another frame.").format(
                    k=session.query_frame + 1
                )
            )
        session.parameters.queryFrame = frame + 1
        frames.go_to_frame(session.browser, frame)

    # -- helpers -----------------------------------------------------------------------------
    def read(self) -> Points:
        """Return the points to track.

        Raises:
            BadInput: there are none, or one cannot be used.
        """
        return read_points(self._session.points, self._session.proxy)

    def _on_wall_changed(self, points: Points) -> None:
        self.set(points)

    def _on_wall_says(self, reason: str) -> None:
        self._note = reason
        self._view.show_status(reason)

    def _need_clip(self) -> None:
        self._session.need_cine()

    def _ensure_node(self) -> Any:
        session = self._session
        if session.points is None:
            name = session.scene.GenerateUniqueName(_("{clip} points").format(clip=session.proxy.GetName()))
            node = session.scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", name)
            node.CreateDefaultDisplayNodes()
            name_next(node)
            session.parameters.points = node
        node = session.points
        transform = session.proxy.GetTransformNodeID()
        if node.GetNumberOfControlPoints() == 0 and node.GetTransformNodeID() != transform:
            node.SetAndObserveTransformNodeID(transform)
        self._observe(node)
        self._style()
        return node

    def _style(self) -> None:
        """Size the points to the image, and leave out labels where they would hide it."""
        display = self._node.GetDisplayNode() if self._node is not None else None
        if display is None or self._session.proxy is None:
            return
        few = len(take(self._node)) <= _MANY
        size_points(display, self._session, SMALL, labels=few and not self._wall.exists)
        self.show_on_frame(self._session.frame)

    def _go_to_query_frame(self) -> None:
        session = self._session
        if self.count():
            frames.go_to_frame(session.browser, session.query_frame)
        else:
            session.parameters.queryFrame = session.frame + 1
        self._placing_frame = session.frame

    def stop(self) -> None:
        """Leave place mode."""
        self._note = ""
        self._wall.stop()
        self._placing.stop()

    def close(self) -> None:
        """Forget the nodes; the scene is closing."""
        self.stop()
        self._observe(None)
        self._wall.close()
        self._clip = None
