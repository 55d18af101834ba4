"""The widgets of the agreement of two annotation sets, part of the section "Annotation"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from ....i18n import tr as _
from ...qt.dialogs import guarded
from ..icons import distance_strip
from ..sets.view import fill, selected_row
from .presenter import ShownAgreement


class AgreementWidgets:
    """Fills and connects the widgets that `AnnotateSection` loaded."""

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self.presenter: Any = None
        self._filling = False
        self.showAgreement(None)

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        self.presenter = presenter
        self.ui.firstSetComboBox.connect("currentIndexChanged(int)", self._on_pair)
        self.ui.secondSetComboBox.connect("currentIndexChanged(int)", self._on_pair)
        self.ui.compareSetsButton.connect("clicked()", self._on_compare)
        self.ui.countedComboBox.connect("currentIndexChanged(int)", self._on_counted)
        self.ui.endComparisonButton.connect("clicked()", self._on_end)
        self.ui.exportAgreementButton.connect("clicked()", self._on_export)
        self.ui.worstTable.connect("itemSelectionChanged()", self._on_worst)
        self.ui.stripsTable.connect("itemSelectionChanged()", self._on_strip)

    def showPairs(self, sets: Sequence[tuple[str, str]], first: str, second: str) -> None:
        """See `AgreementView`."""
        fill(self.ui.firstSetComboBox, sets, first)
        fill(self.ui.secondSetComboBox, sets, second)
        for name in ("compareSetsButton", "countedComboBox"):
            getattr(self.ui, name).enabled = len(sets) >= 2

    def showAgreement(self, shown: Optional[ShownAgreement]) -> None:
        """See `AgreementView`."""
        for name in ("agreementLabel", "agreementTabs", "exportAgreementButton", "endComparisonButton"):
            getattr(self.ui, name).visible = shown is not None
        if shown is None:
            return
        self._filling = True
        self.ui.agreementLabel.text = shown.summary
        unit = shown.unit
        titles = [_("Segment"), "n", f"{_('Mean')} ({unit})", _("SD"), _("95 %"), f"{_('Mean')} (px)"]
        self.ui.segmentsTable.setHorizontalHeaderLabels(titles)
        _fill_table(self.ui.segmentsTable, shown.segments)
        for table, in_px in ((self.ui.segmentsTable, 5), (self.ui.stripsTable, 3)):
            table.setColumnHidden(in_px, unit == "px")  # as in the column of means
        self._fill_strips(shown)
        titles = [_("Point"), _("Worst frame"), _("Frames"), f"{_('Distance')} ({unit})"]
        self.ui.worstTable.setHorizontalHeaderLabels(titles)
        _fill_table(self.ui.worstTable, shown.worst)
        self._filling = False

    def _fill_strips(self, shown: ShownAgreement) -> None:
        import qt

        table = self.ui.stripsTable
        titles = [_("Point"), _("Over time"), f"{_('Mean')} ({shown.unit})", f"{_('Mean')} (px)"]
        table.setHorizontalHeaderLabels(titles)
        _fill_table(table, [(label, None, mean, mean_px) for label, mean, mean_px in shown.points])
        for row, distances in enumerate(shown.strips):
            table.item(row, 1).setData(qt.Qt.DecorationRole, distance_strip(distances, shown.limit))
        table.resizeColumnsToContents()
        text = _("A full bar is {limit:.2f} {unit} or more; empty where it does not count in both sets.")
        self.ui.stripsLabel.text = text.format(limit=shown.limit, unit=shown.unit)

    @guarded(_("The sets could not be chosen."))
    def _on_pair(self, _index: int) -> None:
        first, second = self.ui.firstSetComboBox, self.ui.secondSetComboBox
        self.presenter.choose(first.itemData(first.currentIndex) or "", second.itemData(second.currentIndex) or "")

    @guarded(_("The sets could not be compared."))
    def _on_compare(self) -> None:
        self.presenter.compare(self.ui.countedComboBox.currentIndex == 1)

    @guarded(_("The sets could not be compared."))
    def _on_counted(self, _index: int) -> None:
        if self.ui.agreementTabs.visible:
            self._on_compare()

    @guarded(_("The comparison could not be ended."))
    def _on_end(self) -> None:
        self.presenter.end()

    @guarded(_("The agreement could not be written."))
    def _on_export(self) -> None:
        self.presenter.export()

    @guarded(_("The frame could not be shown."))
    def _on_worst(self) -> None:
        table = self.ui.worstTable
        row = selected_row(table)
        if not self._filling and row >= 0:
            self.presenter.goTo(table.item(row, 0).text(), int(table.item(row, 1).text()))

    @guarded(_("The point could not be chosen."))
    def _on_strip(self) -> None:
        table = self.ui.stripsTable
        row = selected_row(table)
        if not self._filling and row > 0:  # the first is all points
            self.presenter.choosePoint(table.item(row, 0).text())


def _fill_table(table: Any, rows: Sequence[Sequence[Any]]) -> None:
    import qt

    table.setRowCount(0)
    table.setRowCount(len(rows))
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            item = qt.QTableWidgetItem()
            if value is not None:
                item.setText(f"{value:.2f}" if isinstance(value, float) else str(value))
            if not isinstance(value, str):
                item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
            table.setItem(r, c, item)
    table.resizeColumnsToContents()
