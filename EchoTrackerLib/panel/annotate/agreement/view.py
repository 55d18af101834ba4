"""The widgets of the agreement of two annotation sets, part of the section "Annotation"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ....i18n import tr as _
from ...qt.tables import fill_table, selected_row
from ...qt.widgets import explain, fill, on, on_choice, on_click, show
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
        self._filling = False
        self.show_agreement(None)

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        ui, failed = self.ui, _("The sets could not be compared.")

        def choose(_value: str) -> None:
            presenter.choose(
                *(box.itemData(box.currentIndex) or "" for box in (ui.firstSetComboBox, ui.secondSetComboBox))
            )

        def compare() -> None:
            presenter.compare(ui.countedComboBox.currentIndex == 1)

        def count(_index: int) -> None:
            if ui.agreementTabs.visible:
                compare()

        def go_to_worst() -> None:
            row = selected_row(ui.worstTable)
            if not self._filling and row >= 0:
                presenter.go_to(ui.worstTable.item(row, 0).text(), int(ui.worstTable.item(row, 1).text()))

        def choose_point() -> None:
            row = selected_row(ui.stripsTable)
            if not self._filling and row > 0:  # the first is all points
                presenter.choose_point(ui.stripsTable.item(row, 0).text())

        not_chosen = _("The sets could not be chosen.")
        on_choice((ui.firstSetComboBox, choose, not_chosen), (ui.secondSetComboBox, choose, not_chosen))
        on("currentIndexChanged(int)", (ui.countedComboBox, count, failed))
        on_click(
            (ui.compareSetsButton, compare, failed),
            (ui.endComparisonButton, presenter.end, _("The comparison could not be ended.")),
            (ui.exportAgreementButton, presenter.export, _("The agreement could not be written.")),
        )
        on(
            "itemSelectionChanged()",
            (ui.worstTable, go_to_worst, _("The frame could not be shown.")),
            (ui.stripsTable, choose_point, _("The point could not be chosen.")),
        )

    def show_pairs(self, sets: Sequence[tuple[str, str]], first: str, second: str) -> None:
        """Fill both lists of sets with (node ID, name)."""
        fill(self.ui.firstSetComboBox, sets, first)
        fill(self.ui.secondSetComboBox, sets, second)
        why = "" if len(sets) >= 2 else _("Make a second annotation set of this clip to compare with.")
        explain(why, self.ui.compareSetsButton, self.ui.countedComboBox)

    def show_agreement(self, shown: Optional[ShownAgreement]) -> None:
        """Show the figures; None hides them."""
        ui = self.ui
        show(shown is not None, ui.agreementLabel, ui.agreementTabs, ui.exportAgreementButton, ui.endComparisonButton)
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
