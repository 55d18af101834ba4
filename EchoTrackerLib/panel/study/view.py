"""The widgets of the section "Study", loaded from their own .ui file."""

from __future__ import annotations

from typing import Any

from ...i18n import tr as _
from ...scene.mrml.layout import BULLSEYE_VIEW
from ...scene.study.record import LEFT_OUT, Shown
from ...strain.pictures.scales import QUANTITIES
from ...strain.study.bullseye import APICAL_VIEWS, MODELS
from ..qt.dialogs import guarded
from ..qt.widgets import add_section, check, enable, explain, fill, on_click, on_toggle, show_text
from .rows import StudyRow, view_title

_BEFORE_THE_VIEW = 1.0


class StudySection:
    """Widgets of "Study"."""

    def __init__(self, panel_widget: Any) -> None:
        self.widget, self.ui = add_section(panel_widget, "EchoTrackerStudy")
        self.presenter: Any = None
        self._rows: list[StudyRow] = []
        self._filling = False
        self._interactor: Any = None
        self._tag = 0
        fill(self.ui.studyModelComboBox, [(str(m), _("{n} segments").format(n=m)) for m in MODELS], "17")
        fill(self.ui.studyQuantityComboBox, [(q.key, q.label) for q in QUANTITIES], QUANTITIES[0].key)
        self.ui.studyTable.setColumnCount(3)
        self.ui.studyTable.setHorizontalHeaderLabels([_("Clip"), _("View"), _("Value")])

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        self.presenter = presenter
        ui = self.ui
        ui.studyTable.connect("itemSelectionChanged()", self._on_row)
        ui.studyViewComboBox.connect("currentIndexChanged(int)", self._on_view)
        for combo in (ui.studyModelComboBox, ui.studyQuantityComboBox):
            combo.connect("currentIndexChanged(int)", self._on_shown)
        on_toggle((ui.bullseyeButton, presenter.show_bullseye_layout, _("The bull's-eye could not be shown.")))
        on_click(
            (ui.studyReportButton, presenter.report, _("The report could not be written.")),
            (ui.avcButton, lambda: presenter.share_avc(ui.avcSpinBox.value), _("The timing could not be shared.")),
        )

    # -- what the presenter says -------------------------------------------------------------
    def show_rows(self, rows: list[StudyRow]) -> None:
        """Show the clips of the scene."""
        import qt

        if rows == self._rows:
            return
        self._rows, self._filling = rows, True
        table = self.ui.studyTable
        table.setRowCount(len(rows))
        for i, row in enumerate(rows):
            for k, text in enumerate((row.name, view_title(row.view) if row.view else _("unknown"), row.value)):
                item = qt.QTableWidgetItem(text)
                item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable)
                table.setItem(i, k, item)
            if row.current:
                table.selectRow(i)
        current = next((row for row in rows if row.current), None)
        entries = [(view, view_title(view)) for view in ("", *APICAL_VIEWS, LEFT_OUT)]
        fill(self.ui.studyViewComboBox, entries, current.view if current is not None else "")
        enable(current is not None, self.ui.studyViewComboBox)
        self._filling = False

    def show_shown(self, shown: Shown) -> None:
        """Show how many segments and which quantity are chosen."""
        self._filling = True
        for combo, value in (
            (self.ui.studyModelComboBox, str(shown.model)),
            (self.ui.studyQuantityComboBox, shown.quantity),
        ):
            if combo.findData(value) != combo.currentIndex:
                combo.setCurrentIndex(combo.findData(value))
        self._filling = False

    def show_values(self, text: str) -> None:
        """Show the values of the study, or why there are none."""
        show_text(self.ui.studyTextLabel, text)

    def set_enabled(self, study: bool) -> None:
        """Enable what needs a study."""
        ui = self.ui
        why = "" if study else _("Measure strain of at least one view first.")
        explain(why, ui.studyModelComboBox, ui.studyQuantityComboBox, ui.studyReportButton)
        explain(why, ui.avcSpinBox, ui.avcButton)
        explain("" if ui.bullseyeButton.checked else why, ui.bullseyeButton)

    def set_layout_shown(self, shown: bool) -> None:
        """Check the button of the bull's-eye."""
        was_blocked = self.ui.bullseyeButton.blockSignals(True)
        check(self.ui.bullseyeButton, shown)
        self.ui.bullseyeButton.blockSignals(was_blocked)

    def watch_bullseye(self, on: bool) -> None:
        """Listen to clicks in the bull's-eye's view, or stop it."""
        import slicer

        manager = slicer.app.layoutManager()
        widget = manager.sliceWidget(BULLSEYE_VIEW) if on and manager is not None else None
        view = widget.sliceView() if widget is not None else None
        interactor = view.interactor() if view is not None else None
        if interactor is self._interactor:
            return
        if self._interactor is not None:
            self._interactor.RemoveObserver(self._tag)
        self._interactor = interactor
        if view is None or interactor is None:
            return
        mouse = interactor

        @guarded(_("The segment could not be chosen."))
        def pressed(_self: Any) -> None:
            x, y = mouse.GetEventPosition()
            self.presenter.pick(view.mrmlSliceNode().GetXYToRAS().MultiplyPoint((x, y, 0.0, 1.0))[:3])

        self._tag = mouse.AddObserver("LeftButtonPressEvent", lambda *_: pressed(self), _BEFORE_THE_VIEW)

    # -- slots -------------------------------------------------------------------------------
    @guarded(_("The clip could not be shown."))
    def _on_row(self) -> None:
        rows = {item.row() for item in self.ui.studyTable.selectedItems()}
        if not self._filling and len(rows) == 1:
            self.presenter.choose_clip(rows.pop())

    @guarded(_("The view could not be chosen."))
    def _on_view(self, index: int) -> None:
        current = next((i for i, row in enumerate(self._rows) if row.current), None)
        if not self._filling and current is not None:
            self.presenter.set_clip_view(current, self.ui.studyViewComboBox.itemData(index) or "")

    @guarded(_("The bull's-eye could not be changed."))
    def _on_shown(self, _index: int) -> None:
        if not self._filling:
            model, quantity = self.ui.studyModelComboBox, self.ui.studyQuantityComboBox
            self.presenter.set_shown(int(model.itemData(model.currentIndex)), quantity.itemData(quantity.currentIndex))
