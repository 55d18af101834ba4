"""The widgets of the section "Review", loaded from their own .ui file below the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable, Optional

from ...i18n import tr as _
from ...review.report_charts import LIGHT_COLOURS
from ...review.rows import BAD, CHECK, GOOD, LOST, UNKNOWN
from ...scene.mrml.layout import CLIP_VIEW
from ...tracks.decisions import ACCEPTED, REJECTED, TO_CORRECT, UNDECIDED
from ..qt.clicks import ClipClicks
from ..qt.tables import StripRow, StripTable
from ..qt.widgets import add_section, explain, on, on_click, show_text
from .rows import MEASURE_CELLS, NUMBERS, STATUS, measure_titles

_BARS = {GOOD: 4, CHECK: 8, BAD: 14, LOST: 14, UNKNOWN: 4}  # px: told apart by height as well as by color
_STRIP_COLUMN = 2
# Names of the shortcuts and the buttons that they press.
_SHORTCUTS = {
    "next_problem": "nextProblemButton",
    "next_bad_frame": "nextBadFrameButton",
    "acceptPoints": "acceptButton",
    "rejectPoints": "rejectButton",
    "correctPoints": "correctButton",
    "undecidePoints": "undecideButton",
}


class ReviewSection:
    """Widgets of "Review"."""

    def __init__(self, panel_widget: Any) -> None:
        self.widget, self.ui = add_section(panel_widget, "EchoTrackerReview")
        self.presenter: Any = None
        self._clicks: Optional[ClipClicks] = None
        self._table = StripTable(self.ui.reviewTable, _STRIP_COLUMN, NUMBERS, _BARS, LIGHT_COLOURS)

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        self.presenter = presenter
        self._table.connect(presenter.select, presenter.seek)
        ui, not_shown, not_kept = (
            self.ui,
            _("The next problem could not be shown."),
            _("The decision could not be kept."),
        )
        on(
            "valueChanged(double)",
            (ui.confidenceSpinBox, presenter.filter_below, _("The table could not be filtered.")),
        )
        on_click(
            (ui.nextProblemButton, presenter.next_problem, not_shown),
            (ui.nextBadFrameButton, presenter.next_bad_frame, not_shown),
            (ui.acceptButton, lambda: self._decide(ACCEPTED), not_kept),
            (ui.rejectButton, lambda: self._decide(REJECTED), not_kept),
            (ui.correctButton, lambda: self._decide(TO_CORRECT), not_kept),
            (ui.undecideButton, lambda: self._decide(UNDECIDED), _("The decision could not be taken back.")),
            (ui.reviewUndoButton, presenter.undo, _("Undo failed.")),
            (ui.reviewRedoButton, presenter.redo, _("Redo failed.")),
            (ui.reportButton, presenter.report, _("The report could not be written.")),
        )

    @property
    def shortcuts(self) -> dict[str, Callable[[], None]]:
        """What the shortcuts of the section do."""
        return {name: getattr(self.ui, button).click for name, button in _SHORTCUTS.items()}

    def watch_view(self, session: Any) -> None:
        """Select the point that is clicked in the clip's view; the click goes on to the view."""
        self._clicks = self._clicks or ClipClicks(lambda: session.proxy)
        if not self._clicks.watching:
            self._clicks.watch(CLIP_VIEW, self._on_pixel)

    def unwatch_view(self) -> None:
        """Leave the view alone."""
        if self._clicks is not None:
            self._clicks.unwatch()

    def _on_pixel(self, x: float, y: float) -> None:
        if self.presenter is not None:
            self.presenter.pick(x, y)

    def set_enabled(self, tracks: bool, problems: bool) -> None:
        """Enable what needs tracks, and what needs problems."""
        names = ("reviewTable", "acceptButton", "rejectButton", "correctButton", "undecideButton", "reasonLineEdit")
        for name in (*names, "segmentCheckBox", "reportButton"):
            explain("" if tracks else _("Track points first."), getattr(self.ui, name))
        why = "" if problems else _("These tracks have no confidence: track with 'Estimate confidence'.")
        why = why if tracks else _("Track points first.")
        for name in ("nextProblemButton", "nextBadFrameButton", "confidenceSpinBox"):
            explain(why, getattr(self.ui, name))

    def set_undoable(self, undo: bool, redo: bool) -> None:
        """Enable undo and redo of decisions."""
        explain("" if undo else _("No decision to take back."), self.ui.reviewUndoButton)
        explain("" if redo else _("No decision to repeat."), self.ui.reviewRedoButton)

    def show_rows(self, rows: Sequence[StripRow], unit: str) -> None:
        """Fill the table."""
        titles = [_("Point"), _("Status"), _("Over time"), _("Conf."), _("Worst at"), *measure_titles()]
        titles += [_("Drift ({unit})"), _("Displ. ({unit})"), _("Segment")]
        self._table.fill(rows, [title.format(unit=unit) for title in titles], _tool_tips())
        for c in MEASURE_CELLS:
            self.ui.reviewTable.setColumnHidden(self._table.column(c), all(row.cells[c] is None for row in rows))

    def update_rows(self, rows: Sequence[StripRow]) -> None:
        """Show the decisions of these rows, those of them that are in the table."""
        titles, reasons = {row.point: row.cells[STATUS] for row in rows}, {row.point: row.tool_tip for row in rows}
        self._table.set_cells(STATUS, titles, reasons)
        self.ui.reviewTable.resizeColumnToContents(self._table.column(STATUS))

    def show_point(self, text: str) -> None:
        """Show what is known of the selected point on the current frame; an empty text hides the line."""
        self.ui.pointLabel.text = text

    def select(self, points: Sequence[int]) -> None:
        """Select the rows of these points, without telling the presenter."""
        self._table.select(points)

    def show_message(self, text: str) -> None:
        """Show one line; an empty text hides it."""
        show_text(self.ui.reviewMessageLabel, text)

    def _decide(self, status: str) -> None:
        reason = self.ui.reasonLineEdit.text.strip()
        self.presenter.decide(status, reason, self.ui.segmentCheckBox.checked)
        self.ui.reasonLineEdit.text = ""
        self.ui.segmentCheckBox.checked = False  # for this decision only


def _tool_tips() -> tuple[str, ...]:
    """Return what each column means."""
    grid = _("in px of a 256 x 256 grid; the worst of all frames")
    return (
        _("Name of the point"),
        _("What was decided"),
        _("Low: good. Half: check. Full: bad (orange) or lost (gray). Click to go to that frame."),
        _("Mean confidence: the expected share of frames with less than 4 px error on a 256 x 256 grid"),
        _("The frame of the lowest confidence"),
        _("Forward-backward: how far tracking back from the end of the clip disagrees, {grid}").format(grid=grid),
        _("Closure: how far the point is from its place one heart beat before or after, {grid}").format(grid=grid),
        _("Jitter: distance from a smooth curve through neighboring frames, {grid}").format(grid=grid),
        _("Appearance: likeness of the image around the point to the query frame (1: the same); the worst frame's"),
        _("Distance between the place at the cycle's end and at its start"),
        _("Largest distance from the place on the query frame"),
        _("Segment of the wall"),
    )
