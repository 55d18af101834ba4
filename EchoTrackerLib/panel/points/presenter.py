"""The section "Points": place, load or generate the points to track on the query frame."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from ...annotation.files import READABLE_SUFFIXES
from ...annotation.starts import read_start
from ...errors import BadInput
from ...i18n import tr as _
from ...scene.mrml import frames, nodes
from ...scene.mrml.frames import Later
from ...scene.points import Points, list_of_clip, note_clip
from ..qt.dialogs import Dialogs
from ..qt.packages import with_packages
from ..qt.placing import Placing
from ..session import Session
from .pasted import parse_points
from .point_list import PointList
from .query_frame import proposed_frame
from .view import PointsSection
from .wall_curve import WallCurve

_SUFFIXES = " ".join(f"*{suffix}" for suffix in (*READABLE_SUFFIXES, ".txt", ".npy", ".fcsv"))
_FILTERS = _("Points, annotations, tracks") + f" ({_SUFFIXES});;" + _("All files") + " (*)"


class PointsPresenter:
    """Fills the section and acts on its buttons."""

    def __init__(self, session: Session, view: PointsSection, dialogs: Dialogs, later: Later) -> None:
        self._session, self._view, self._dialogs = session, view, dialogs
        self._placing = Placing(session.scene, self._on_placing_ended)
        self._wall = WallCurve(session, self._placing, self.set, self._on_wall_says, later)
        self._list = PointList(session, self._placing, self._wall, self._on_edit, self._on_change, later)
        self._note = ""
        self._placing_frame = 0
        self._clip: Any = None  # whose points are shown
        self._aside: Any = None  # the points that three clicks would replace
        self._following = False
        session.changed.connect(self.refresh)
        session.frame_changed.connect(self._on_frame)

    # -- what is shown -----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the chosen points."""
        session = self._session
        self._follow_clip()
        self._wall.refresh()  # before the points: their first state has the curve
        if session.points is not self._list.node:
            self._observe(session.points)
            self._list.style()
        self._list.lock()
        why = self._why_not()
        short_axis = not why and session.parameters.view == "SAX"
        no_wall = _("A short-axis view (SAX) has no annulus and no apex: place points on the wall instead.")
        self._view.set_enabled(why, no_wall if short_axis else why, self._list.can_undo, self._list.can_redo)
        placing = self._placing.node
        self._view.set_placing(placing is not None and placing is session.points, self._wall.placing)
        self._view.show_status(self._status())
        self._list.show_on_frame(session.frame)  # they may have been switched off

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
            self.stop()
            session.parameters.wallCurve = None
            session.parameters.points = list_of_clip(session.scene, self._clip, "vtkMRMLMarkupsFiducialNode")
            session.parameters.wallCurve = list_of_clip(session.scene, self._clip, "vtkMRMLMarkupsCurveNode")
        for node in (session.points, session.parameters.wallCurve):
            if node is not None:
                note_clip(node, self._clip)
        self._following = False

    def _observe(self, node: Any) -> None:
        if node is not self._list.node:
            self.stop()
            self._list.observe(node)

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
        return self._list.count

    def read(self) -> Points:
        """Return the points to track.

        Raises:
            BadInput: there are none, or one cannot be used.
        """
        return self._list.read()

    # -- what happens ------------------------------------------------------------------------
    def _on_edit(self) -> None:
        self._session.edited = self

    def _on_change(self, note: str) -> None:
        self._note = note
        self._session.changed.emit()

    def _on_placing_ended(self) -> None:
        """The user left place mode with Esc or a right click."""
        self._wall.stop()
        self._take_back()
        self.refresh()

    def _on_wall_says(self, reason: str) -> None:
        self._note = reason
        self._view.show_status(reason)

    def _on_frame(self, frame: int) -> None:
        """Points belong to one frame: leave place mode when another one is shown, hide them elsewhere."""
        if self._placing.node is not None and frame != self._placing_frame:
            self.stop()
            self._note = _("Placing ended because another frame is shown.")
            self.refresh()
        self._list.show_on_frame(frame)

    # -- buttons -----------------------------------------------------------------------------
    def place(self, on: bool) -> None:
        """Start or stop placing points by mouse."""
        self.stop()
        if on:
            self._need_clip()
            frames.stop_playback(self._session.browser)
            node = self._ensure_list()
            self._go_to_query_frame()
            self._placing.start(node)
            self._list.show_on_frame(self._session.frame)
        self.refresh()

    def wall(self, on: bool) -> None:
        """Start or stop clicking left annulus, apex and right annulus."""
        self.stop()
        if on:
            self._need_clip()
            frames.stop_playback(self._session.browser)
            aside = None
            if self.count() and not self._wall.exists:
                aside = self._session.points  # points that were set otherwise stay in their list
                self._session.parameters.points = None
            self._ensure_list()
            self._session.parameters.queryFrame = self._session.frame + 1
            self._placing_frame = self._session.frame
            self._wall.start()
            self._aside = aside
        self.refresh()

    def load(self) -> None:
        """Ask for a point file and load it onto the query frame."""
        session = self._session
        self._need_clip()
        path = self._dialogs.open_file(_("Load points"), _FILTERS)
        if path is None:
            return
        start = with_packages(lambda: read_start(path, session.need_cine(), session.query_frame), self._dialogs)
        self.set(Points(start.labels, start.positions))

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

    def set(self, points: Points) -> None:
        """Replace the points to track; one undo step.

        Raises:
            BadInput: a point beside the image.
        """
        self._list.set(points)

    def undo(self) -> None:
        """Take back the last change of the points."""
        self._replay(self._list.undo)

    def redo(self) -> None:
        """Repeat the change that was taken back."""
        self._replay(self._list.redo)

    def _replay(self, step: Callable[[], bool]) -> None:
        self.stop()
        if step():
            self._session.changed.emit()

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

    def stop(self) -> None:
        """Leave place mode."""
        self._note = ""
        self._wall.stop()
        self._placing.stop()
        self._take_back()

    def _take_back(self) -> None:
        """Choose the points again that were set aside for three clicks that were not made."""
        session, aside, self._aside = self._session, self._aside, None
        if aside is None or aside.GetScene() is None or session.parameters is None or self._wall.exists:
            return
        empty = session.points
        if empty is None or not empty.GetNumberOfControlPoints():
            session.parameters.points = aside
            nodes.remove(session.scene, empty)

    def close(self) -> None:
        """Forget the nodes; the scene is closing."""
        self.stop()
        self._list.observe(None)
        self._wall.close()
        self._clip = None

    # -- inside ------------------------------------------------------------------------------
    def _need_clip(self) -> None:
        self._session.need_cine()

    def _ensure_list(self) -> Any:
        self._observe(self._session.points)
        return self._list.ensure()

    def _go_to_query_frame(self) -> None:
        session = self._session
        if self.count():
            frames.go_to_frame(session.browser, session.query_frame)
        else:
            session.parameters.queryFrame = session.frame + 1
        self._placing_frame = session.frame
