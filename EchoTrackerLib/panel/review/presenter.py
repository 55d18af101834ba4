"""The section "Review": the table of points, decisions about them, the next problem, the QA report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Callable, Optional

import numpy as np

from ...cine.geometry import nearest_point
from ...i18n import tr as _
from ...review.report_files import write_report
from ...review.rows import (
    PointRow,
    Problem,
    find_problems,
    next_bad_frame,
    next_problem,
    point_rows,
    shown_rows,
    traffic_lights,
)
from ...scene.mrml.frames import go_to_frame, stop_playback
from ...scene.review import hide_ring
from ...tracks.decisions import Review, changed_names, decision_of
from ..qt.clicks import PICK_SHARE
from ..qt.dialogs import Dialogs
from ..ring import ring_point
from ..session import Session
from ..strain_settings import wall_settings
from .reviewed import ReviewedTracks
from .rows import point_text, shown_row
from .view import ReviewSection


class ReviewPresenter:
    """Fills the section and acts on its widgets.

    A decision shows at once; the strain without the rejected points follows as soon as the event loop is free
    (`soon`), once for decisions that come quickly after each other.
    """

    def __init__(
        self,
        session: Session,
        view: ReviewSection,
        dialogs: Dialogs,
        soon: Optional[Callable[[Callable[[], None]], None]] = None,
    ) -> None:
        self._session, self._view, self._dialogs, self._soon = session, view, dialogs, soon
        self.reviewed = ReviewedTracks(session)
        self._rows: list[PointRow] = []
        self._lights = np.zeros((0, 0), dtype=np.uint8)
        self._below = 1.0
        self._waiting = False
        self.selected: tuple[int, ...] = ()
        session.changed.connect(self.refresh)
        session.results_changed.connect(self.reload)
        session.frame_changed.connect(self._on_frame)

    # -- what is shown -----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the tracks of the chosen clip; reads them only when they are others than before."""
        if self.reviewed.others():
            self.reload()
        elif self.reviewed.settings_changed():
            self._show()

    def reload(self) -> None:
        """Read the tracks again and show them."""
        self.reviewed.read()
        self.selected = ()
        self._show()

    def filter_below(self, confidence: float) -> None:
        """Show only points with a mean confidence under this; 1 shows all."""
        self._below = confidence
        self._fill()

    def select(self, points: Sequence[int]) -> None:
        """The user selected points in the table: ring the first one in the views."""
        self.selected = tuple(points)
        self._point()

    def pick(self, x: float, y: float) -> None:
        """The user clicked into a view at (x, y) px of the clip: select the nearest point in the table."""
        tracks, cine = self.reviewed.tracks, self._session.cine()
        if tracks is None or not tracks.n_points or cine is None:
            return
        nearest = nearest_point(tracks.positions[:, self._session.frame], np.array([x, y]), PICK_SHARE * cine.size[0])
        if nearest is not None:
            self._choose((nearest,))

    def seek(self, frame: int, point: int) -> None:
        """The user clicked into a point's traffic lights: show that frame."""
        self._go(frame)
        self._choose((point,))

    def next_problem(self) -> None:
        """Go to the next stretch of frames that is not to be trusted, the worst first."""
        first = self.selected[0] if self.selected else -1
        problem = next_problem(self._problems(), first, self._session.frame)
        self._show_problem(problem, None if problem is None else problem.worst)

    def next_bad_frame(self) -> None:
        """Go to the next frame in time on which a point is not to be trusted, and to its worst point."""
        found = next_bad_frame(self._problems(), self._session.frame)
        self._show_problem(None if found is None else found[1], None if found is None else found[0])

    def _problems(self) -> list[Problem]:
        tracks = self.reviewed.need()
        return find_problems(tracks, review=tracks.review)

    def _show_problem(self, problem: Optional[Problem], frame: Optional[int]) -> None:
        if problem is None or frame is None:
            self._view.show_message(_("No problem is left: every point is trustworthy or decided."))
            return
        self._go(frame)
        self._choose((problem.point,))
        self._view.show_message(
            _("{label}: confidence {value:.2f} on frame {worst}, low from frame {first} to {last}.").format(
                label=self.reviewed.need().labels[problem.point],
                value=problem.confidence,
                worst=problem.worst + 1,
                first=problem.first + 1,
                last=problem.last + 1,
            )
        )

    def _go(self, frame: int) -> None:
        stop_playback(self._session.browser)
        go_to_frame(self._session.browser, frame)

    # -- decisions ---------------------------------------------------------------------------
    def decide(self, status: str, reason: str, segments: bool) -> None:
        """Decide about the selected points, or about the segments they lie on; strain follows.

        Raises:
            BadInput: nothing is selected, or the points lie on no segment.
        """
        before = self.reviewed.need().review
        if self.reviewed.decide(self.selected, status, reason, segments):
            self._session.edited = self
            self._show_changes(before)

    def undo(self) -> None:
        """Take back the last decision and select what it was about."""
        self._replay(self.reviewed.undo)

    def redo(self) -> None:
        """Repeat the decision that was taken back."""
        self._replay(self.reviewed.redo)

    def _replay(self, step: Callable[[], bool]) -> None:
        before = Review() if self.reviewed.tracks is None else self.reviewed.tracks.review
        if step():
            self._choose(self._show_changes(before))

    def _show_changes(self, before: Review) -> tuple[int, ...]:
        """Show decisions that are others than before, measure soon; return the points that they are about."""
        review = self.reviewed.need().review
        points, segments = changed_names(before, review)
        about = [i for i, row in enumerate(self._rows) if row.label in points or row.segment in segments]
        for i in about:
            row = self._rows[i]
            self._rows[i] = replace(row, decision=decision_of(review, row.label, row.segment))
        self._view.update_rows([shown_row(i, self._rows[i], self._lights[i]) for i in about])
        self._view.set_undoable(self.reviewed.can_undo, self.reviewed.can_redo)
        if self._soon is None:
            self._measure()
        elif not self._waiting:
            self._waiting = True
            self._soon(self._measure)
        return tuple(about)

    def _measure(self) -> None:
        self._waiting = False
        message = self.reviewed.follow()
        if message is not None:
            if message:
                self._session.changed.emit()
            self._view.show_message(message)

    # -- report ------------------------------------------------------------------------------
    def report(self) -> None:
        """Ask for a folder and write the QA report into it."""
        self.reviewed.need()
        folder = self._dialogs.open_folder(_("Write the quality report into a folder"))
        if folder is not None:
            self.report_to(folder)

    def report_to(self, folder: Path) -> list[Path]:
        """Write the QA report into `folder`; return the paths of its files."""
        settings = wall_settings(self._session.parameters, self._session.browser)
        with self._dialogs.waiting():
            paths = write_report(folder, self.reviewed.need(), self._session.cine(), **settings)
        self._view.show_message(_("Report written: {names}.").format(names=", ".join(path.name for path in paths)))
        return paths

    def close(self) -> None:
        """The scene is closing."""
        self.selected = ()
        self.reviewed.close()
        self._fill()

    # -- inside ------------------------------------------------------------------------------
    def _show(self) -> None:
        self.reviewed.measure()
        self._fill()

    def _fill(self) -> None:
        tracks, wall = self.reviewed.tracks, self.reviewed.wall
        self._view.set_undoable(self.reviewed.can_undo, self.reviewed.can_redo)
        if tracks is None:
            self._rows = []
            self._view.set_enabled(False, False)
            self._view.show_rows([], "")
            self._view.show_message("")
            self._view.show_point("")
            return
        self._rows = point_rows(tracks, wall.segments, tracks.review, wall.cycle)
        self._lights = traffic_lights(tracks)
        shown = shown_rows(self._rows, self._below)
        rows = [shown_row(i, row, self._lights[i]) for i, row in enumerate(self._rows) if shown[i]]
        self._view.set_enabled(True, tracks.confidence is not None)
        self._view.show_rows(rows, self._rows[0].unit if self._rows else "")
        self._view.select(self.selected)
        self._ring()
        known = tracks.confidence is not None
        self._view.show_message("" if known else _("These tracks have no confidence: problems are not marked."))

    def _choose(self, points: Sequence[int]) -> None:
        self.selected = tuple(points)
        self._view.select(self.selected)
        self._point()

    def _point(self) -> None:
        """Take the ring, or give it back."""
        if self.selected:
            self._session.pointing = self
        self._ring()

    def _on_frame(self, _frame: int) -> None:
        self._ring()

    def _ring(self) -> None:
        """Put the ring around the first selected point on the current frame."""
        session, tracks = self._session, self.reviewed.tracks
        if tracks is None or session.proxy is None or not self.selected:
            if session.pointing in (self, None):
                session.pointing = None
                hide_ring(session.scene)
            self._view.show_point("")
            return
        point, frame = self.selected[0], session.frame
        if session.pointing is self:
            ring_point(session, tracks.positions[point, frame], tracks.labels[point])
        self._view.show_point(point_text(tracks, point, frame))
