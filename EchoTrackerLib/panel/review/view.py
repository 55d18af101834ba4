"""The widgets of the section "Review", loaded from their own .ui file below the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ...i18n import tr as _
from ...review.report_charts import LIGHT_COLOURS
from ...review.rows import BAD, CHECK, GOOD, LOST, UNKNOWN
from ...tracks.decisions import ACCEPTED, REJECTED, TO_CORRECT, UNDECIDED
from ..qt.dialogs import guarded
from ..qt.tables import cell, clicked_frame, point_of, select_rows, selected_points, strip_cell, view_pixel
from ..qt.widgets import add_section, explain
from .rows import MEASURE_CELLS, STATUS, ShownRow, measure_titles

_BARS = {GOOD: 4, CHECK: 8, BAD: 14, LOST: 14, UNKNOWN: 4}  # px: told apart by height as well as by colour
_NUMBERS = range(2, 11)  # of `ShownRow.cells`
_COLUMNS = (0, 1, *range(3, 13))  # of the table, where the cells go
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
        self._interactors: list[tuple[Any, int]] = []
        self._filling = False
        self._frames = 0

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        self.presenter = presenter
        self.ui.reviewTable.connect("itemSelectionChanged()", self._on_selection)
        self.ui.reviewTable.connect("cellClicked(int,int)", self._on_cell)
        self.ui.confidenceSpinBox.connect("valueChanged(double)", self._on_filter)
        self.ui.nextProblemButton.connect("clicked()", self._on_next)
        self.ui.nextBadFrameButton.connect("clicked()", self._on_next_frame)
        self.ui.acceptButton.connect("clicked()", self._on_accept)
        self.ui.rejectButton.connect("clicked()", self._on_reject)
        self.ui.correctButton.connect("clicked()", self._on_correct)
        self.ui.undecideButton.connect("clicked()", self._on_undecide)
        self.ui.reviewUndoButton.connect("clicked()", self._on_undo)
        self.ui.reviewRedoButton.connect("clicked()", self._on_redo)
        self.ui.reportButton.connect("clicked()", self._on_report)

    @property
    def shortcuts(self) -> dict[str, Callable[[], None]]:
        """What the shortcuts of the section do."""
        return {name: getattr(self.ui, button).click for name, button in _SHORTCUTS.items()}

    def watch_view(self, session: Any) -> None:
        """Select the point that is clicked in the clip's view; the click goes on to the view."""
        import slicer

        manager = slicer.app.layoutManager()
        widget = manager.sliceWidget("Red") if manager is not None else None
        if widget is None or self._interactors:
            return
        view = widget.sliceView()

        @guarded(_("The point could not be selected."))
        def pressed(_self: Any, _caller: Any = None, _event: Any = None) -> None:
            volume = session.proxy
            if volume is None or self.presenter is None:
                return
            self.presenter.pick(*view_pixel(view, volume))

        interactor = view.interactor()
        tag = interactor.AddObserver("LeftButtonPressEvent", lambda caller, event: pressed(self, caller, event), 1.0)
        self._interactors.append((interactor, tag))

    def unwatch_view(self) -> None:
        """Leave the view alone."""
        for interactor, tag in self._interactors:
            interactor.RemoveObserver(tag)
        self._interactors.clear()

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

    def show_rows(self, rows: Sequence[ShownRow], unit: str) -> None:
        """Fill the table."""
        table = self.ui.reviewTable
        self._filling = True
        self._frames = len(rows[0].lights) if rows else 0
        titles = [_("Point"), _("Status"), _("Over time"), _("Conf."), _("Worst at"), *measure_titles()]
        titles += [_("Drift ({unit})"), _("Displ. ({unit})"), _("Segment")]
        table.setHorizontalHeaderLabels([title.format(unit=unit) for title in titles])
        for column, text in enumerate(_tool_tips()):
            table.horizontalHeaderItem(column).setToolTip(text)
        table.setSortingEnabled(False)
        table.setRowCount(len(rows))
        for r, row in enumerate(rows):
            for c, value in enumerate(row.cells):
                table.setItem(r, _COLUMNS[c], cell(value, row.point, row.toolTip, c in _NUMBERS))
            strip = strip_cell(row.lights, _BARS, LIGHT_COLOURS, row.point, _tool_tips()[_STRIP_COLUMN])
            table.setItem(r, _STRIP_COLUMN, strip)
        for c in MEASURE_CELLS:
            table.setColumnHidden(_COLUMNS[c], all(row.cells[c] is None for row in rows))
        table.setSortingEnabled(True)
        table.resizeColumnsToContents()
        self._filling = False

    def update_rows(self, rows: Sequence[ShownRow]) -> None:
        """Show the decisions of these rows, those of them that are in the table."""
        table = self.ui.reviewTable
        self._filling = True
        table.setSortingEnabled(False)  # else a row would move away under the loop
        changed = {row.point: row for row in rows}
        for r in range(table.rowCount):
            row = changed.get(point_of(table, r))
            if row is not None:
                table.setItem(r, _COLUMNS[STATUS], cell(row.cells[STATUS], row.point))
                for c in range(len(row.cells)):
                    table.item(r, _COLUMNS[c]).setToolTip(row.toolTip)
        table.resizeColumnToContents(_COLUMNS[STATUS])
        table.setSortingEnabled(True)
        self._filling = False

    def show_point(self, text: str) -> None:
        """Show what is known of the selected point on the current frame; an empty text hides the line."""
        self.ui.pointLabel.text = text

    def select(self, points: Sequence[int]) -> None:
        """Select the rows of these points, without telling the presenter."""
        self._filling = True
        select_rows(self.ui.reviewTable, points)
        self._filling = False

    def show_message(self, text: str) -> None:
        """Show one line; an empty text hides it."""
        self.ui.reviewMessageLabel.text = text
        self.ui.reviewMessageLabel.visible = bool(text)

    def _decide(self, status: str) -> None:
        reason = self.ui.reasonLineEdit.text.strip()
        self.presenter.decide(status, reason, self.ui.segmentCheckBox.checked)
        self.ui.reasonLineEdit.text = ""
        self.ui.segmentCheckBox.checked = False  # for this decision only

    @guarded(_("The points could not be selected."))
    def _on_selection(self) -> None:
        if not self._filling:
            self.presenter.select(selected_points(self.ui.reviewTable))

    @guarded(_("The table could not be filtered."))
    def _on_filter(self, value: float) -> None:
        self.presenter.filter_below(value)

    @guarded(_("The frame could not be shown."))
    def _on_cell(self, row: int, column: int) -> None:
        frame = clicked_frame(self.ui.reviewTable, column, self._frames)
        if column == _STRIP_COLUMN and frame is not None:
            self.presenter.seek(frame, point_of(self.ui.reviewTable, row))

    @guarded(_("The next problem could not be shown."))
    def _on_next_frame(self) -> None:
        self.presenter.next_bad_frame()

    @guarded(_("The next problem could not be shown."))
    def _on_next(self) -> None:
        self.presenter.next_problem()

    @guarded(_("The decision could not be kept."))
    def _on_accept(self) -> None:
        self._decide(ACCEPTED)

    @guarded(_("The decision could not be kept."))
    def _on_reject(self) -> None:
        self._decide(REJECTED)

    @guarded(_("The decision could not be kept."))
    def _on_correct(self) -> None:
        self._decide(TO_CORRECT)

    @guarded(_("The decision could not be taken back."))
    def _on_undecide(self) -> None:
        self._decide(UNDECIDED)

    @guarded(_("Undo failed."))
    def _on_undo(self) -> None:
        self.presenter.undo()

    @guarded(_("Redo failed."))
    def _on_redo(self) -> None:
        self.presenter.redo()

    @guarded(_("The report could not be written."))
    def _on_report(self) -> None:
        self.presenter.report()


def _tool_tips() -> tuple[str, ...]:
    """Return what each column means."""
    grid = _("in px of a 256 x 256 grid; the worst of all frames")
    return (
        _("Name of the point"),
        _("What was decided"),
        _("Low: good. Half: check. Full: bad (orange) or lost (gray). Click to go to that frame."),
        _("Mean confidence: the expected share of frames with less than 4 px error on a 256 x 256 grid"),
        _("The frame of the lowest confidence"),
        _("Uncertainty: the error that the tracker itself expects, {grid}; not every tracker says so").format(
            grid=grid
        ),
        _("Forward-backward: how far tracking back from the end of the clip disagrees, {grid}").format(grid=grid),
        _("Closure: how far the point is from its place one heart beat before or after, {grid}").format(grid=grid),
        _("Jitter: distance from a smooth curve through neighboring frames, {grid}").format(grid=grid),
        _("Appearance: likeness of the image around the point to the query frame (1: the same); the worst frame's"),
        _("Distance between the place at the cycle's end and at its start"),
        _("Largest distance from the place on the query frame"),
        _("Segment of the wall"),
    )
