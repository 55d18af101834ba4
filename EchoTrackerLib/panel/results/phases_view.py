"""The widgets of the section "Results" about beats: ED and ES, valve closure, direction of the wall, what counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...i18n import tr as _
from ...scene.given import Given
from ..qt.dialogs import guarded
from ..qt.widgets import check, explain, on_click, on_toggle, show

_NOT_MEASURED = _("The strain could not be measured.")


class BeatRow(NamedTuple):
    """A beat as the table shows it: texts of its cells, whether it counts, why it cannot ("" where it can)."""

    cells: tuple[str, ...]
    counts: bool
    why_not: str


class PhasesSection:
    """Thin: shows what the presenter says and passes on what the user does."""

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self.presenter: Any = None
        self._filling = False

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        self.presenter, ui = presenter, self.ui
        on_click(
            (ui.edHereButton, presenter.set_ed_here, _NOT_MEASURED),
            (ui.esHereButton, presenter.set_es_here, _NOT_MEASURED),
            (ui.findPhasesButton, presenter.find_phases_again, _NOT_MEASURED),
        )
        on_toggle((ui.movePhasesButton, presenter.move_phases, _("The chart could not be changed.")))
        ui.closureSpinBox.connect("valueChanged(double)", self._on_given)
        ui.openingSpinBox.connect("valueChanged(double)", self._on_given)
        ui.turnCheckBox.connect("toggled(bool)", self._on_given)
        ui.beatsTable.connect("itemChanged(QTableWidgetItem*)", self._on_beat)

    def set_enabled(self, tracks: bool, strain: bool) -> None:
        """Enable what needs tracks, and what needs strain."""
        why = "" if tracks else _("Track points first.")
        names = ("edHereButton", "esHereButton", "closureSpinBox", "openingSpinBox", "turnCheckBox")
        explain(why, *(getattr(self.ui, name) for name in names))
        why = why or ("" if strain else _("Measure strain first."))
        explain(why, self.ui.movePhasesButton, self.ui.findPhasesButton)

    def show_given(self, said: Given) -> None:
        """Show when the valves close and open and the direction of the wall, without telling the presenter."""
        for widget, name, value in (
            (self.ui.closureSpinBox, "value", said.closure_ms),
            (self.ui.openingSpinBox, "value", said.opening_ms),
            (self.ui.turnCheckBox, "checked", said.turned),
        ):
            if getattr(widget, name) != value:
                was_blocked = widget.blockSignals(True)
                setattr(widget, name, value)
                widget.blockSignals(was_blocked)

    def show_moving(self, on: bool) -> None:
        """Check the button without telling the presenter."""
        was_blocked = self.ui.movePhasesButton.blockSignals(True)
        check(self.ui.movePhasesButton, on)
        self.ui.movePhasesButton.blockSignals(was_blocked)

    def show_beats(self, rows: Sequence[BeatRow], titles: Sequence[str]) -> None:
        """Fill the table of beats, which is hidden where there are fewer than two."""
        import qt

        table = self.ui.beatsTable
        show(len(rows) > 1, table)
        self._filling = True
        try:
            table.setColumnCount(len(titles))
            table.setHorizontalHeaderLabels(list(titles))
            table.setRowCount(len(rows))
            for r, row in enumerate(rows):
                for c, text in enumerate(row.cells):
                    item = qt.QTableWidgetItem(text)
                    flags = qt.Qt.ItemIsEnabled
                    if c == 0:
                        item.setCheckState(qt.Qt.Checked if row.counts else qt.Qt.Unchecked)
                        flags = (qt.Qt.ItemIsUserCheckable | flags) if not row.why_not else qt.Qt.NoItemFlags
                    item.setFlags(flags)
                    item.setToolTip(row.why_not)
                    table.setItem(r, c, item)
            table.resizeColumnsToContents()
            table.resizeRowsToContents()
        finally:
            self._filling = False

    # -- slots -------------------------------------------------------------------------------
    @guarded(_NOT_MEASURED)
    def _on_given(self, _value: Any) -> None:
        self.presenter.say_closure(float(self.ui.closureSpinBox.value))
        self.presenter.say_opening(float(self.ui.openingSpinBox.value))
        self.presenter.say(turned=bool(self.ui.turnCheckBox.checked))

    @guarded(_NOT_MEASURED)
    def _on_beat(self, item: Any) -> None:
        import qt

        if not self._filling and item.column() == 0:
            self.presenter.count_beat(item.row(), item.checkState() == qt.Qt.Checked)
