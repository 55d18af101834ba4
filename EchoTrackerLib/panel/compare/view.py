"""The widgets of the section "Compare", loaded from their own .ui file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from ...i18n import tr as _
from ...scene.compare.compared import Candidate
from ...scene.mrml.layout import CLIP_VIEW, COMPARISON_VIEW
from ..qt.clicks import ClipClicks
from ..qt.dialogs import guarded
from ..qt.tables import cell, clicked_frame, point_of, select_rows, selected_points, strip_cell
from ..qt.widgets import add_section, explain
from .rows import BAR_HEIGHTS, NOW, ComparedRow, bar_colours, legend_html, length_unit

_COLUMNS = (0, 2, 3, 4, 5, 6, 7)  # of the table, where the cells go
_STRIP_COLUMN = 1


class CompareSection:
    """Widgets of "Compare"."""

    def __init__(self, panel_widget: Any) -> None:
        self.widget, self.ui = add_section(panel_widget, "EchoTrackerCompare")
        self.presenter: Any = None
        self._session: Any = None
        self._clicks = ClipClicks(lambda: self._session.proxy)
        self._filling = False
        self._frames = 0
        self.show_rows([], "")

    def connect(self, presenter: Any, session: Any) -> None:
        """Connect the widgets to the presenter."""
        self.presenter, self._session = presenter, session
        self.ui.firstComboBox.connect("currentIndexChanged(int)", self._on_choice)
        self.ui.secondComboBox.connect("currentIndexChanged(int)", self._on_choice)
        self.ui.keepButton.connect("clicked()", self._on_keep)
        self.ui.loadCompareButton.connect("clicked()", self._on_load)
        self.ui.removeKeptButton.connect("clicked()", self._on_remove)
        self.ui.compareButton.connect("toggled(bool)", self._on_compare)
        self.ui.nextDifferenceButton.connect("clicked()", self._on_next)
        self.ui.compareTable.connect("itemSelectionChanged()", self._on_selection)
        self.ui.compareTable.connect("cellClicked(int,int)", self._on_cell)

    # -- what the presenter says -------------------------------------------------------------
    def show_candidates(self, candidates: Sequence[Candidate], first: str, second: str) -> None:
        """Fill both lists and choose an entry in each; without telling the presenter."""
        self._filling = True
        for combo, current in ((self.ui.firstComboBox, first), (self.ui.secondComboBox, second)):
            shown = [(combo.itemData(i), combo.itemText(i)) for i in range(combo.count)]
            if shown != [tuple(candidate) for candidate in candidates]:
                combo.clear()
                for candidate in candidates:
                    combo.addItem(candidate.title, candidate.id)
            combo.setCurrentIndex(combo.findData(current))
        self._filling = False

    def set_enabled(self, clip: bool, tracks: bool, comparable: bool, kept: bool) -> None:
        """Enable what needs a clip, its tracks, two different sets, and a kept set as the second."""
        for name in ("firstComboBox", "secondComboBox", "loadCompareButton"):
            explain("" if clip else _("Select or load a clip first."), getattr(self.ui, name))
        explain("" if tracks else _("Track points first."), self.ui.keepButton, self.ui.keepLineEdit)
        two = _("Two sets are compared: keep a copy of the tracks, load a file, or annotate the clip.")
        explain("" if comparable else two, self.ui.compareButton)
        explain("" if kept else _("Choose kept or loaded tracks on the right."), self.ui.removeKeptButton)

    def set_active(self, active: bool) -> None:
        """Show whether two sets are being compared."""
        was_blocked = self.ui.compareButton.blockSignals(True)
        if self.ui.compareButton.checked != active:
            self.ui.compareButton.checked = active
        self.ui.compareButton.blockSignals(was_blocked)
        for name in ("nextDifferenceButton", "compareTable"):
            explain("" if active else _("Press Compare first."), getattr(self.ui, name))
        self.ui.compareLegendLabel.text = legend_html() if active else ""
        if not active:
            self._clicks.unwatch()
        elif not self._clicks.watching:
            self._clicks.watch(CLIP_VIEW, lambda x, y: self.presenter.pick(x, y, False))
            self._clicks.watch(COMPARISON_VIEW, lambda x, y: self.presenter.pick(x, y, True))

    def fit_views(self) -> None:
        """Show the whole clip in both views, as soon as they have their size."""
        import qt

        qt.QTimer.singleShot(0, self._fit)  # the new views get their size first

    def _fit(self) -> None:
        import slicer

        manager = slicer.app.layoutManager()
        widget = manager.sliceWidget(CLIP_VIEW) if manager is not None else None
        if widget is None or self._session.proxy is None or not self.presenter.active:
            return
        widget.mrmlSliceNode().RotateToVolumePlane(self._session.proxy)
        widget.sliceLogic().FitSliceToBackground()
        widget.sliceLogic().SnapSliceOffsetToIJK()

    def show_rows(self, rows: Sequence[ComparedRow], unit: str) -> None:
        """Fill the table."""
        table = self.ui.compareTable
        self._filling = True
        self._frames = len(rows[0].classes) if rows else 0
        titles = [_("Point"), _("Over time"), _("Now"), _("Median"), _("Worst"), _("Worst ({unit})"), _("At frame")]
        table.setHorizontalHeaderLabels(
            [title.format(unit=length_unit(unit or "mm")) for title in [*titles, _("Missing")]]
        )
        for column, text in enumerate(_tool_tips()):
            table.horizontalHeaderItem(column).setToolTip(text)
        table.setSortingEnabled(False)
        table.setRowCount(len(rows))
        for r, row in enumerate(rows):
            for c, value in enumerate(row.cells):
                table.setItem(r, _COLUMNS[c], cell(value, row.point, number=c > 0))
            strip = strip_cell(row.classes, BAR_HEIGHTS, bar_colours(), row.point, _tool_tips()[_STRIP_COLUMN])
            table.setItem(r, _STRIP_COLUMN, strip)
        table.setSortingEnabled(True)
        table.resizeColumnsToContents()
        self._filling = False

    def show_now(self, distances: Sequence[Optional[float]]) -> None:
        """Show each point's distance on the current frame."""
        import qt

        table, column = self.ui.compareTable, _COLUMNS[NOW]
        self._filling = True
        table.setSortingEnabled(False)
        for r in range(table.rowCount):
            table.item(r, column).setData(qt.Qt.DisplayRole, distances[point_of(table, r)])
        table.setSortingEnabled(True)
        self._filling = False

    def show_figures(self, html: str) -> None:
        """Show the figures; an empty text hides them."""
        self.ui.figuresLabel.text = html

    def select(self, point: Optional[int]) -> None:
        """Select the row of a point, without telling the presenter."""
        self._filling = True
        select_rows(self.ui.compareTable, [] if point is None else [point])
        self._filling = False

    def show_message(self, text: str) -> None:
        """Show one line; an empty text hides it."""
        self.ui.compareMessageLabel.text = text

    # -- what the user does ------------------------------------------------------------------
    @guarded(_("The tracks could not be chosen."))
    def _on_choice(self, _index: int) -> None:
        if not self._filling:
            chosen = [combo.itemData(combo.currentIndex) or "" for combo in self._combos()]
            self.presenter.choose(*chosen)

    def _combos(self) -> tuple[Any, Any]:
        return self.ui.firstComboBox, self.ui.secondComboBox

    @guarded(_("The tracks could not be kept."))
    def _on_keep(self) -> None:
        self.presenter.keep(self.ui.keepLineEdit.text)
        self.ui.keepLineEdit.text = ""

    @guarded(_("The file could not be loaded."))
    def _on_load(self) -> None:
        self.presenter.load()

    @guarded(_("The tracks could not be removed."))
    def _on_remove(self) -> None:
        self.presenter.remove()

    @guarded(_("The tracks could not be compared."))
    def _on_compare(self, on: bool) -> None:
        if on:
            self.presenter.start()
        else:
            self.presenter.stop()

    @guarded(_("The difference could not be shown."))
    def _on_next(self) -> None:
        self.presenter.next_difference()

    @guarded(_("The point could not be selected."))
    def _on_selection(self) -> None:
        if not self._filling:
            points = selected_points(self.ui.compareTable)
            self.presenter.select(points[0] if points else None)

    @guarded(_("The frame could not be shown."))
    def _on_cell(self, row: int, column: int) -> None:
        frame = clicked_frame(self.ui.compareTable, column, self._frames)
        if column == _STRIP_COLUMN and frame is not None:
            self.presenter.seek(frame, point_of(self.ui.compareTable, row))


def _tool_tips() -> tuple[str, ...]:
    """Return what each column means."""
    grid = _("px of a 256 x 256 grid")
    return (
        _("Name of the point"),
        _("The higher the bar, the larger the difference. Click to go to that frame."),
        _("Difference on the frame shown, {grid}").format(grid=grid),
        _("Median difference over time, {grid}").format(grid=grid),
        _("Largest difference, {grid}").format(grid=grid),
        _("The same as a length in the image"),
        _("The frame of the largest difference"),
        _("Frames on which the first set has no position though the second has"),
    )
