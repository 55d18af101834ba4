"""The widgets of the agreement of two annotation sets, part of the section "Annotation"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ....i18n import tr as _
from ...qt.dialogs import guarded
from ...qt.tables import fill_table, selected_row
from ...qt.widgets import explain, fill
from ..icons import distance_strip


@dataclass(frozen=True)
class ShownAgreement:
    """What the widgets show.

    Attributes:
        unit: "mm", or "px" where the pixel size is unknown.
        summary: sentences.
        segments: rows of name, n, mean, SD, 95 % in `unit`, mean in px; None where it is not known.
        points: label, mean in `unit` and in px; the first is the mean of all points.
        strips: distances [1 + N, T] in `unit` of the rows of `points`, NaN where not both sets count.
        limit: distance that a strip shows as full.
        worst: label, frame from 1, first and last frame of the stretch, distance in `unit`; worst first.
    """

    unit: str
    summary: str
    segments: Sequence[tuple[str, int, Optional[float], Optional[float], Optional[float], Optional[float]]]
    points: Sequence[tuple[str, Optional[float], Optional[float]]]
    strips: np.ndarray
    limit: float
    worst: Sequence[tuple[str, int, str, float]]


class AgreementWidgets:
    """Fills and connects the widgets that `AnnotateSection` loaded."""

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self.presenter: Any = None
        self._filling = False
        self.show_agreement(None)

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

    def show_pairs(self, sets: Sequence[tuple[str, str]], first: str, second: str) -> None:
        """Fill both lists of sets with (node ID, name)."""
        fill(self.ui.firstSetComboBox, sets, first)
        fill(self.ui.secondSetComboBox, sets, second)
        for name in ("compareSetsButton", "countedComboBox"):
            explain("" if len(sets) >= 2 else _("Two annotation sets are compared."), getattr(self.ui, name))

    def show_agreement(self, shown: Optional[ShownAgreement]) -> None:
        """Show the figures; None hides them."""
        for name in ("agreementLabel", "agreementTabs", "exportAgreementButton", "endComparisonButton"):
            getattr(self.ui, name).visible = shown is not None
        if shown is None:
            return
        self._filling = True
        self.ui.agreementLabel.text = shown.summary
        unit = shown.unit
        titles = [
            _("Segment"),
            "n",
            _("Mean ({unit})").format(unit=unit),
            _("SD"),
            _("95 %"),
            _("Mean ({unit})").format(unit="px"),
        ]
        self.ui.segmentsTable.setHorizontalHeaderLabels(titles)
        fill_table(self.ui.segmentsTable, shown.segments)
        for table, in_px in ((self.ui.segmentsTable, 5), (self.ui.stripsTable, 3)):
            table.setColumnHidden(in_px, unit == "px")  # as in the column of means
        self._fill_strips(shown)
        titles = [_("Point"), _("Worst frame"), _("Frames"), _("Distance ({unit})").format(unit=unit)]
        self.ui.worstTable.setHorizontalHeaderLabels(titles)
        fill_table(self.ui.worstTable, shown.worst)
        self._filling = False

    def _fill_strips(self, shown: ShownAgreement) -> None:
        import qt

        table = self.ui.stripsTable
        titles = [
            _("Point"),
            _("Over time"),
            _("Mean ({unit})").format(unit=shown.unit),
            _("Mean ({unit})").format(unit="px"),
        ]
        table.setHorizontalHeaderLabels(titles)
        fill_table(table, [(label, None, mean, mean_px) for label, mean, mean_px in shown.points])
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
            self.presenter.go_to(table.item(row, 0).text(), int(table.item(row, 1).text()))

    @guarded(_("The point could not be chosen."))
    def _on_strip(self) -> None:
        table = self.ui.stripsTable
        row = selected_row(table)
        if not self._filling and row > 0:  # the first is all points
            self.presenter.choose_point(table.item(row, 0).text())
