"""The section "Review": the table of points, decisions about them, the next problem, the QA report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional, Protocol

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from ..scene import layout, study
from ..scene.frames import go_to_frame, stop_playback
from ..scene.review import hide_ring, show_ring, write_review
from ..scene.tracks import read_tracks
from ..strain.report_files import write_report
from ..strain.review import ReviewedStrain
from ..tracks.decisions import ACCEPTED, REJECTED, TO_CORRECT, UNDECIDED, Decision, decide_points, decide_segments
from ..tracks.review import PointRow, find_problems, lamps, next_problem, point_rows, shown_rows
from ..tracks.tracks import Tracks
from .dialogs import Dialogs
from .results import measure_wall, reviewed_wall
from .session import Session

_PICK_SHARE = 0.04  # of the image's width: how near to a point a click must be


@dataclass(frozen=True)
class ShownRow:
    """One row of the table.

    Attributes:
        point: number of the point in the tracks.
        cells: label, status, confidence, worst frame (1-based), drift, displacement, segment; numbers are None when
            they are not known.
        lamps: traffic lights [T].
        toolTip: the reason of the decision.
    """

    point: int
    cells: tuple[Any, ...]
    lamps: np.ndarray
    toolTip: str


class ReviewView(Protocol):
    """What the presenter needs of the widgets."""

    def setEnabled(self, tracks: bool, problems: bool) -> None:
        """Enable what needs tracks, and what needs problems."""
        ...

    def showRows(self, rows: Sequence[ShownRow], unit: str) -> None:
        """Fill the table."""
        ...

    def select(self, points: Sequence[int]) -> None:
        """Select the rows of these points, without telling the presenter."""
        ...

    def showMessage(self, text: str) -> None:
        """Show one line; an empty text hides it."""
        ...


class ReviewPresenter:
    """Fills the section and acts on its widgets."""

    def __init__(self, session: Session, view: ReviewView, dialogs: Dialogs) -> None:
        self._session, self._view, self._dialogs = session, view, dialogs
        self._tracks: Optional[Tracks] = None
        self._sequence: Optional[str] = None  # not looked yet
        self._rows: list[PointRow] = []
        self._below = 1.0
        self.selected: tuple[int, ...] = ()
        session.changed.connect(self.refresh)
        session.resultsChanged.connect(self.reload)
        session.frameChanged.connect(self._on_frame)

    # -- what is shown -----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the tracks of the chosen clip; reads them only when they are others than before."""
        node = self._tracks_node()
        if (node.GetID() if node is not None else "") != self._sequence:
            self.reload()

    def reload(self) -> None:
        """Read the tracks again and show them."""
        node = self._tracks_node()
        self._sequence = node.GetID() if node is not None else ""
        self._tracks = read_tracks(self._session.scene, node) if node is not None else None
        self.selected = ()
        hide_ring(self._session.scene)
        self._show()

    def filterBelow(self, confidence: float) -> None:
        """Show only points with a mean confidence under this; 1 shows all."""
        self._below = confidence
        self._show()

    def select(self, points: Sequence[int]) -> None:
        """The user selected points in the table: ring the first one in the views."""
        self.selected = tuple(points)
        self._ring()

    def pick(self, x: float, y: float) -> None:
        """The user clicked into a view at (x, y) px of the clip: select the nearest point in the table."""
        if self._tracks is None or not self._tracks.n_points:
            return
        here = self._tracks.positions[:, self._session.frame].astype(np.float64)
        distance = np.nan_to_num(np.linalg.norm(here - (x, y), axis=1), nan=math.inf)
        nearest = int(distance.argmin())
        if distance[nearest] <= _PICK_SHARE * self._width():
            self._choose(nearest)

    def nextProblem(self) -> None:
        """Go to the next stretch of frames that is not to be trusted, the worst first."""
        tracks = self._need_tracks()
        first = self.selected[0] if self.selected else -1
        problem = next_problem(find_problems(tracks, review=tracks.review), first, self._session.frame)
        if problem is None:
            self._view.showMessage(_("No problem is left: every point is trustworthy or decided."))
            return
        stop_playback(self._session.browser)
        go_to_frame(self._session.browser, problem.worst)
        self._choose(problem.point)
        self._view.showMessage(
            _("{label}: confidence {value:.2f} on frame {worst}, low from frame {first} to {last}.").format(
                label=tracks.labels[problem.point],
                value=problem.confidence,
                worst=problem.worst + 1,
                first=problem.first + 1,
                last=problem.last + 1,
            )
        )

    # -- decisions ---------------------------------------------------------------------------
    def decide(self, status: str, reason: str, segments: bool) -> None:
        """Decide about the selected points, or about the segments they lie on; strain follows at once.

        Raises:
            BadInput: nothing is selected, or the points lie on no segment.
        """
        tracks = self._need_tracks()
        if not self.selected:
            raise BadInput(_("Select points in the table first."))
        decision = Decision(status, reason if status != UNDECIDED else "")
        if segments:
            names = sorted({self._rows[i].segment for i in self.selected} - {""})
            if not names:
                raise BadInput(_("The selected points lie on no segment. Decide about the points themselves."))
            review = decide_segments(tracks.review, names, decision)
        else:
            review = decide_points(tracks.review, [tracks.labels[i] for i in self.selected], decision)
        self._tracks = replace(tracks, review=review)
        write_review(self._tracks_node(), review)
        self._view.showMessage(self._measure())
        self._show(keep_message=True)

    def _measure(self) -> str:
        """Measure strain again where there is one; return what the user reads."""
        session, tracks = self._session, self._need_tracks()
        found = study.find_results(session.scene, session.browser)
        if found.strain is None:
            return ""
        try:
            strain = measure_wall(tracks, session.parameters)
        except BadInput as error:
            study.set_strain(session.scene, session.browser, None)
            session.changed.emit()
            return _("No strain: {reason}").format(reason=error)
        made = study.set_strain(session.scene, session.browser, strain)
        if made is not None:
            layout.show_results(session.scene, made.chart, made.values)
        session.changed.emit()
        return _("Global strain {value:.1f} %; points left out: {count}.").format(
            value=strain.gls_percent, count=len(strain.excluded)
        )

    # -- report ------------------------------------------------------------------------------
    def report(self) -> None:
        """Ask for a folder and write the QA report into it."""
        self._need_tracks()
        folder = self._dialogs.openFolder(_("Write the quality report into a folder"))
        if folder is not None:
            self.reportTo(folder)

    def reportTo(self, folder: Path) -> list[Path]:
        """Write the QA report into `folder`; return the paths of its files."""
        parameters = self._session.parameters
        paths = write_report(
            folder,
            self._need_tracks(),
            self._session.cine(),
            parameters.view if parameters.view in ("A4C", "A2C", "APLAX", "RV") else "",
            ed=parameters.edFrame - 1 if parameters.edFrame > 0 else None,
            es=parameters.esFrame - 1 if parameters.esFrame > 0 else None,
            drift_compensation=parameters.driftCompensation,
        )
        self._view.showMessage(_("Report written: {names}.").format(names=", ".join(path.name for path in paths)))
        return paths

    def close(self) -> None:
        """The scene is closing."""
        self._tracks, self._sequence, self.selected = None, None, ()
        self._show()

    # -- inside ------------------------------------------------------------------------------
    def _tracks_node(self) -> Any:
        session = self._session
        if session.parameters is None or session.browser is None or not session.is_clip:
            return None
        found = study.find_results(session.scene, session.browser).tracks
        return found.sequence if found is not None else None

    def _need_tracks(self) -> Tracks:
        if self._tracks is None:
            raise BadInput(_("Track points first."))
        return self._tracks

    def _show(self, keep_message: bool = False) -> None:
        tracks = self._tracks
        if tracks is None:
            self._rows = []
            self._view.setEnabled(False, False)
            self._view.showRows([], "")
            self._view.showMessage("")
            return
        strain = self._strain(tracks)
        names = strain.segments if strain is not None else ("",) * tracks.n_points
        end = strain.before.phases.cycle_end if strain is not None else None
        cycle = None if strain is None or end is None else (strain.before.ed, end)
        self._rows = point_rows(tracks, names, tracks.review, cycle)
        shown, lights = shown_rows(self._rows, self._below), lamps(tracks)
        rows = [_shown_row(i, row, lights[i]) for i, row in enumerate(self._rows) if shown[i]]
        self._view.setEnabled(True, tracks.confidence is not None)
        self._view.showRows(rows, self._rows[0].unit if self._rows else "")
        self._view.select(self.selected)
        if not keep_message:
            self._view.showMessage(
                "" if tracks.confidence is not None else _("These tracks have no confidence: problems are not marked.")
            )

    def _strain(self, tracks: Tracks) -> Optional[ReviewedStrain]:
        """Return the measurement whose segments and cycle the table shows; None where strain cannot be measured."""
        try:
            return reviewed_wall(tracks, self._session.parameters)
        except BadInput:
            return None

    def _choose(self, point: int) -> None:
        self.selected = (point,)
        self._view.select(self.selected)
        self._ring()

    def _on_frame(self, _frame: int) -> None:
        self._ring()

    def _ring(self) -> None:
        """Put the ring around the first selected point on the current frame."""
        session, tracks = self._session, self._tracks
        if tracks is None or session.proxy is None or not self.selected:
            hide_ring(session.scene)
            return
        point = self.selected[0]
        show_ring(session.scene, session.proxy, tracks.positions[point, session.frame], tracks.labels[point])

    def _width(self) -> int:
        cine = self._session.cine()
        return cine.size[0] if cine is not None else 0


def status_title(status: str) -> str:
    """Return what the user reads for a decision, with a sign for readers who see no colours."""
    titles = {
        UNDECIDED: "",
        ACCEPTED: "\N{CHECK MARK} " + _("accepted"),
        REJECTED: "\N{MULTIPLICATION X} " + _("rejected"),
        TO_CORRECT: "! " + _("needs correction"),
    }
    return titles[status]


def _shown_row(point: int, row: PointRow, lights: np.ndarray) -> ShownRow:
    def known(value: float, digits: int) -> Optional[float]:
        return round(value, digits) if math.isfinite(value) else None

    cells = (
        row.label,
        status_title(row.decision.status),
        known(row.confidence, 3),
        None if row.worst_frame is None else row.worst_frame + 1,
        known(row.drift, 2),
        known(row.displacement, 2),
        row.segment,
    )
    return ShownRow(point, cells, lights, row.decision.reason)
