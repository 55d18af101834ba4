"""The section "Review": the table of points, decisions about them, the next problem, the QA report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np

from ...cine.geometry import nearest_point
from ...errors import BadInput
from ...history import StateHistory
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
from ...scene import results as study
from ...scene.mrml.frames import go_to_frame, stop_playback
from ...scene.review import hide_ring, show_ring, write_review
from ...scene.tracks import find_tracks, read_tracks
from ...tracks.decisions import (
    UNDECIDED,
    Decision,
    Review,
    changed_names,
    decide_points,
    decide_segments,
    decision_of,
    rejected,
)
from ...tracks.tracks import Tracks
from ..qt.dialogs import Dialogs
from ..session import Session
from ..strain_settings import wall_settings
from .rows import point_text, shown_row
from .strain import ReviewedWall
from .view import ReviewSection

_PICK_SHARE = 0.04  # of the image's width: how near to a point a click must be


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
        self._tracks: Optional[Tracks] = None
        self._shown: Any = None  # what the table was made of
        self._wall = ReviewedWall(session)
        self._rows: list[PointRow] = []
        self._drawn: Optional[tuple[str, ...]] = None
        self._lights = np.zeros((0, 0), dtype=np.uint8)
        self._history = StateHistory(Review())
        self._below = 1.0
        self._waiting = False
        self.selected: tuple[int, ...] = ()
        session.changed.connect(self.refresh)
        session.results_changed.connect(self.reload)
        session.frame_changed.connect(self._on_frame)

    # -- what is shown -----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the tracks of the chosen clip; reads them only when they are others than before."""
        key = self._key()
        if self._shown is None or key[0] != self._shown[0]:
            self.reload()
        elif key != self._shown:  # other settings of the strain: other segments, another cycle
            self._show()

    def reload(self) -> None:
        """Read the tracks again and show them."""
        node = self._tracks_node()
        self._tracks = read_tracks(self._session.scene, node) if node is not None else None
        review = Review() if self._tracks is None else self._tracks.review
        same = self._shown is not None and self._shown[0] == self._key()[0]
        if not same or review != self._history.present:
            self._history = StateHistory(review)
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
        if self._tracks is None or not self._tracks.n_points:
            return
        here = self._tracks.positions[:, self._session.frame]
        nearest = nearest_point(here, np.array([x, y]), _PICK_SHARE * self._width())
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
        tracks = self._need_tracks()
        return find_problems(tracks, review=tracks.review)

    def _show_problem(self, problem: Optional[Problem], frame: Optional[int]) -> None:
        if problem is None or frame is None:
            self._view.show_message(_("No problem is left: every point is trustworthy or decided."))
            return
        self._go(frame)
        self._choose((problem.point,))
        self._view.show_message(
            _("{label}: confidence {value:.2f} on frame {worst}, low from frame {first} to {last}.").format(
                label=self._need_tracks().labels[problem.point],
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
        tracks = self._need_tracks()
        if not self.selected:
            raise BadInput(_("Select points in the table first."))
        decision = Decision(status, reason if status != UNDECIDED else "")
        if segments:
            names = sorted({self._wall.segments[i] for i in self.selected} - {""})
            if not names:
                raise BadInput(_("The selected points lie on no segment. Decide about the points themselves."))
            review = decide_segments(tracks.review, names, decision)
        else:
            review = decide_points(tracks.review, [tracks.labels[i] for i in self.selected], decision)
        if self._history.add(review):
            self._session.edited = self
            self._carry_out(review)

    def undo(self) -> None:
        """Take back the last decision and select what it was about."""
        self._replay(self._history.undo())

    def redo(self) -> None:
        """Repeat the decision that was taken back."""
        self._replay(self._history.redo())

    def _replay(self, review: Optional[Review]) -> None:
        if review is None or self._tracks is None:
            return
        points, segments = changed_names(self._tracks.review, review)
        about = zip(self._tracks.labels, self._wall.segments)
        self._carry_out(review)
        self._choose(tuple(i for i, (label, name) in enumerate(about) if label in points or name in segments))

    def _carry_out(self, review: Review) -> None:
        """Keep the decisions, show them, measure soon."""
        before = self._need_tracks()
        self._tracks = replace(before, review=review)
        write_review(self._tracks_node(), review)
        self._show_rejected()
        points, segments = changed_names(before.review, review)
        changed = []
        for i, row in enumerate(self._rows):
            if row.label in points or row.segment in segments:
                self._rows[i] = replace(row, decision=decision_of(review, row.label, row.segment))
                changed.append(shown_row(i, self._rows[i], self._lights[i]))
        self._view.update_rows(changed)
        self._view.set_undoable(self._history.can_undo, self._history.can_redo)
        if self._soon is None:
            self._measure()
        elif not self._waiting:
            self._waiting = True
            self._soon(self._measure)

    def _show_rejected(self) -> None:
        """Let rejected points look so in the views, when they are others than before."""
        tracks = self._need_tracks()
        out = rejected(tracks.review, tracks.labels, self._wall.segments)
        if out != self._drawn:
            self._drawn = out
            study.show_rejected(self._session.scene, self._session.browser, tracks, out)

    def _measure(self) -> None:
        self._waiting = False
        if self._tracks is not None and self._tracks_node() is not None:
            message = self._wall.follow(self._tracks)
            if message:
                self._session.changed.emit()
            self._view.show_message(message)

    # -- report ------------------------------------------------------------------------------
    def report(self) -> None:
        """Ask for a folder and write the QA report into it."""
        self._need_tracks()
        folder = self._dialogs.open_folder(_("Write the quality report into a folder"))
        if folder is not None:
            self.report_to(folder)

    def report_to(self, folder: Path) -> list[Path]:
        """Write the QA report into `folder`; return the paths of its files."""
        settings = wall_settings(self._session.parameters)
        with self._dialogs.waiting():
            paths = write_report(folder, self._need_tracks(), self._session.cine(), **settings)
        self._view.show_message(_("Report written: {names}.").format(names=", ".join(path.name for path in paths)))
        return paths

    def close(self) -> None:
        """The scene is closing."""
        self._tracks, self._shown, self.selected = None, None, ()
        self._history = StateHistory(Review())
        self._fill()

    # -- inside ------------------------------------------------------------------------------
    def _tracks_node(self) -> Any:
        session = self._session
        if session.parameters is None or session.browser is None or not session.is_clip:
            return None
        found = find_tracks(session.scene, session.browser)
        return found[0] if found else None

    def _key(self) -> tuple[str, tuple[Any, ...]]:
        """Return (ID of the tracks, settings that segments and cycle depend on)."""
        node = self._tracks_node()
        if node is None:
            return "", ()
        return node.GetID(), tuple(wall_settings(self._session.parameters).values())

    def _need_tracks(self) -> Tracks:
        if self._tracks is None:
            raise BadInput(_("Track points first."))
        return self._tracks

    def _show(self) -> None:
        self._shown = self._key()
        self._wall.measure(self._tracks)
        self._drawn = None
        if self._tracks is not None:
            self._show_rejected()
        self._fill()

    def _fill(self) -> None:
        tracks = self._tracks
        self._view.set_undoable(self._history.can_undo, self._history.can_redo)
        if tracks is None:
            self._rows = []
            self._view.set_enabled(False, False)
            self._view.show_rows([], "")
            self._view.show_message("")
            self._view.show_point("")
            return
        self._rows = point_rows(tracks, self._wall.segments, tracks.review, self._wall.cycle)
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
        session, tracks = self._session, self._tracks
        if tracks is None or session.proxy is None or not self.selected:
            if session.pointing in (self, None):
                session.pointing = None
                hide_ring(session.scene)
            self._view.show_point("")
            return
        point, frame = self.selected[0], session.frame
        if session.pointing is self:
            show_ring(session.scene, session.proxy, tracks.positions[point, frame], tracks.labels[point])
        self._view.show_point(point_text(tracks, point, frame))

    def _width(self) -> int:
        cine = self._session.cine()
        return cine.size[0] if cine is not None else 0
