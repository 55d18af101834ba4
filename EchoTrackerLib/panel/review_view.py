"""The widgets of the section "Review", loaded from their own .ui file below the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..i18n import tr as _
from ..resources import resource_path
from ..scene.plane import world_to_pixels
from ..strain.report_charts import LAMP_COLOURS, lamp_runs
from ..tracks.decisions import ACCEPTED, REJECTED, TO_CORRECT, UNDECIDED
from ..tracks.review import BAD, CHECK, GOOD, LOST, UNKNOWN
from .dialogs import guarded
from .review import ShownRow

_STRIP_WIDTH, _STRIP_HEIGHT = 110, 14
_BARS = {GOOD: 4, CHECK: 8, BAD: 14, LOST: 14, UNKNOWN: 4}  # px: told apart by height as well as by colour
_NUMBERS = (2, 3, 4, 5)  # of `ShownRow.cells`
_COLUMNS = (0, 1, 3, 4, 5, 6, 7)  # of the table, where the cells go
_STRIP_COLUMN = 2


class ReviewSection:
    """Widgets of "Review"."""

    def __init__(self, panel_widget: Any) -> None:
        import slicer

        self.widget = slicer.util.loadUI(str(resource_path("UI/EchoTrackerReview.ui")))
        layout = panel_widget.layout()
        layout.insertWidget(max(layout.count() - 1, 0), self.widget)  # above the stretch at the end
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self.presenter: Any = None
        self._interactors: list[tuple[Any, int]] = []
        self._filling = False

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        self.presenter = presenter
        self.ui.reviewTable.connect("itemSelectionChanged()", self._on_selection)
        self.ui.confidenceSpinBox.connect("valueChanged(double)", self._on_filter)
        self.ui.nextProblemButton.connect("clicked()", self._on_next)
        self.ui.acceptButton.connect("clicked()", self._on_accept)
        self.ui.rejectButton.connect("clicked()", self._on_reject)
        self.ui.correctButton.connect("clicked()", self._on_correct)
        self.ui.undecideButton.connect("clicked()", self._on_undecide)
        self.ui.reportButton.connect("clicked()", self._on_report)

    def watchView(self, session: Any) -> None:
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
            x, y = view.interactor().GetEventPosition()
            world = view.mrmlSliceNode().GetXYToRAS().MultiplyPoint((x, y, 0.0, 1.0))[:3]
            pixel = world_to_pixels(np.array([world]), volume)[0][0]
            self.presenter.pick(float(pixel[0]), float(pixel[1]))

        interactor = view.interactor()
        tag = interactor.AddObserver("LeftButtonPressEvent", lambda caller, event: pressed(self, caller, event), 1.0)
        self._interactors.append((interactor, tag))

    def unwatchView(self) -> None:
        """Leave the view alone."""
        for interactor, tag in self._interactors:
            interactor.RemoveObserver(tag)
        self._interactors.clear()

    def setEnabled(self, tracks: bool, problems: bool) -> None:
        """See `ReviewView`."""
        names = ("reviewTable", "acceptButton", "rejectButton", "correctButton", "undecideButton", "reasonLineEdit")
        for name in (*names, "segmentCheckBox", "reportButton"):
            getattr(self.ui, name).enabled = tracks
        self.ui.nextProblemButton.enabled = self.ui.confidenceSpinBox.enabled = tracks and problems

    def showRows(self, rows: Sequence[ShownRow], unit: str) -> None:
        """See `ReviewView`."""
        table = self.ui.reviewTable
        self._filling = True
        titles = [_("Point"), _("Status"), _("Over time"), _("Conf."), _("Worst"), _("Drift ({unit})")]
        titles += [_("Displ. ({unit})"), _("Segment")]
        table.setHorizontalHeaderLabels([title.format(unit=unit) for title in titles])
        table.setSortingEnabled(False)
        table.setRowCount(len(rows))
        for r, row in enumerate(rows):
            for c, value in enumerate(row.cells):
                table.setItem(r, _COLUMNS[c], _item(value, row, c))
            table.setItem(r, _STRIP_COLUMN, _strip_item(row))
        table.setSortingEnabled(True)
        table.resizeColumnsToContents()
        self._filling = False

    def select(self, points: Sequence[int]) -> None:
        """See `ReviewView`."""
        import qt

        table = self.ui.reviewTable
        self._filling = True
        table.clearSelection()
        model = table.selectionModel()
        flags = qt.QItemSelectionModel.Select | qt.QItemSelectionModel.Rows
        for r in range(table.rowCount):
            if table.item(r, 0).data(qt.Qt.UserRole) in points:
                model.select(table.model().index(r, 0), flags)
                table.scrollToItem(table.item(r, 0))
        self._filling = False

    def showMessage(self, text: str) -> None:
        """See `ReviewView`."""
        self.ui.reviewMessageLabel.text = text
        self.ui.reviewMessageLabel.visible = bool(text)

    def _decide(self, status: str) -> None:
        reason = self.ui.reasonLineEdit.text.strip()
        self.presenter.decide(status, reason, self.ui.segmentCheckBox.checked)
        self.ui.reasonLineEdit.text = ""

    @guarded(_("The points could not be selected."))
    def _on_selection(self) -> None:
        import qt

        if self._filling:
            return
        table = self.ui.reviewTable
        rows = sorted({item.row() for item in table.selectedItems()})
        self.presenter.select([table.item(r, 0).data(qt.Qt.UserRole) for r in rows])

    @guarded(_("The table could not be filtered."))
    def _on_filter(self, value: float) -> None:
        self.presenter.filterBelow(value)

    @guarded(_("The next problem could not be shown."))
    def _on_next(self) -> None:
        self.presenter.nextProblem()

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

    @guarded(_("The report could not be written."))
    def _on_report(self) -> None:
        self.presenter.report()


def _item(value: Any, row: ShownRow, column: int) -> Any:
    """Return a cell; numbers sort as numbers."""
    import qt

    item = qt.QTableWidgetItem()
    if value is not None:
        item.setData(qt.Qt.DisplayRole, value)
    item.setData(qt.Qt.UserRole, row.point)
    if row.toolTip:
        item.setToolTip(row.toolTip)
    if column in _NUMBERS:
        item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
    return item


def _strip_item(row: ShownRow) -> Any:
    """Return the traffic lights over time as a small picture."""
    import qt

    pixmap = qt.QPixmap(_STRIP_WIDTH, _STRIP_HEIGHT)
    pixmap.fill(qt.QColor("#202020"))
    painter = qt.QPainter(pixmap)
    step = _STRIP_WIDTH / max(len(row.lamps), 1)
    for lamp, first, stop in lamp_runs(row.lamps):
        x, end, height = round(first * step), round(stop * step), _BARS[lamp]
        painter.fillRect(x, _STRIP_HEIGHT - height, max(end - x, 1), height, qt.QColor(LAMP_COLOURS[lamp]))
    painter.end()
    item = qt.QTableWidgetItem()
    item.setData(qt.Qt.DecorationRole, pixmap)
    item.setData(qt.Qt.UserRole, row.point)
    item.setToolTip(_("Low: good. Half: check. Full: bad (orange) or lost (gray)."))
    return item
