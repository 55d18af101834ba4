"""The widgets of the section "Annotation", loaded from their own .ui file below the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ...annotation.annotation import State
from ...i18n import tr as _
from ..qt.dialogs import guarded
from ..qt.tables import selected_row
from ..qt.widgets import add_section, explain
from .icons import state_icon, states_strip
from .rows import ShownPoint

_LABEL, _STATE, _STRIP, _PLACED, _SEGMENT = range(5)  # columns of the table of points
_STATE_WIDTH = 105  # px, for the longest name of a state and its icon


class AnnotateSection:
    """Widgets of "Annotation"; those of sets and agreement are in files of their own."""

    def __init__(self, panel_widget: Any) -> None:
        self.widget, self.ui = add_section(panel_widget, "EchoTrackerAnnotate")
        self.editors: Any = None
        self.presenter: Any = None
        self._filling = False
        self.to_top: Callable[[], None] = lambda: None
        self._states: list[int] = []
        self._enabled: tuple[bool, ...] = ()

    def connect(self, editors: Any, presenter: Any, to_top: Callable[[], None]) -> None:
        """Connect the widgets to the editors and the presenter; `to_top` scrolls the panel to the section, soon."""
        self.editors, self.presenter, self.to_top = editors, presenter, to_top
        self.widget.connect("contentsCollapsed(bool)", self._on_collapsed)
        self.ui.pointsTable.connect("itemSelectionChanged()", self._on_selection)
        self.ui.pointsTable.connect("cellChanged(int,int)", self._on_cell)
        for name in ("Point", "Keyframe", "Uncertain"):
            for direction in ("previous", "next"):
                button = getattr(self.ui, f"{direction}{name}Button")
                button.connect("clicked()", getattr(self, f"_on_{direction}_{name.lower()}"))
        self.ui.placePointsButton.connect("toggled(bool)", self._on_place)
        self.ui.occludeButton.connect("clicked()", self._on_occlude)
        self.ui.clearButton.connect("clicked()", self._on_clear)
        self.ui.acceptPointButton.connect("clicked()", self._on_accept)
        self.ui.acceptTrackButton.connect("clicked()", self._on_accept_track)
        self.ui.interpolateButton.connect("clicked()", self._on_interpolate)
        self.ui.retrackButton.connect("clicked()", self._on_retrack)
        self.ui.propagateButton.connect("clicked()", self._on_propagate)
        self.ui.undoEditButton.connect("clicked()", self._on_undo)
        self.ui.redoEditButton.connect("clicked()", self._on_redo)
        self.ui.zoomButton.connect("toggled(bool)", self._on_zoom)
        self.ui.trailSpinBox.connect("valueChanged(int)", self._on_trail)

    def press(self, name: str) -> None:
        """Press a button, as a shortcut does; nothing happens while it is disabled."""
        getattr(self.ui, name).click()

    # -- points ------------------------------------------------------------------------------
    def set_editing(self, editing: bool, undo: bool, redo: bool) -> None:
        """Enable what needs a set that is edited, undo and redo."""
        if self._enabled == (editing, undo, redo):  # asked with every frame
            return
        self._enabled = (editing, undo, redo)
        names = ["pointsTable", "placePointsButton", "occludeButton", "clearButton", "acceptPointButton"]
        names += ["acceptTrackButton", "everyPointCheckBox", "interpolateButton", "retrackButton", "neighborsSpinBox"]
        names += ["propagateButton", "cycleFirstSpinBox", "cycleNextSpinBox", "zoomButton", "trailSpinBox"]
        names += [f"{way}{what}Button" for way in ("previous", "next") for what in ("Point", "Keyframe", "Uncertain")]
        for name in names:
            explain("" if editing else _("Choose or create an annotation set first."), getattr(self.ui, name))
        explain("" if undo else _("Nothing to undo in this set."), self.ui.undoEditButton)
        explain("" if redo else _("Nothing to redo in this set."), self.ui.redoEditButton)

    def set_placing(self, on: bool) -> None:
        """Check the button of place mode."""
        _check_quietly(self.ui.placePointsButton, on)

    def set_zoomed(self, on: bool) -> None:
        """Check the button of the zoom."""
        _check_quietly(self.ui.zoomButton, on)

    def set_cycle(self, first: int, following: int, last: int) -> None:
        """Propose the frames (from 1) where a cycle and the next one begin; the clip's last frame is the limit."""
        for box, value in ((self.ui.cycleFirstSpinBox, first), (self.ui.cycleNextSpinBox, following)):
            box.maximum = last
            box.value = value

    def show_points(self, points: Sequence[ShownPoint]) -> None:
        """Fill the table."""
        import qt

        table = self.ui.pointsTable
        self._filling = True
        table.setRowCount(0)
        table.setRowCount(len(points))
        self._states = []
        for number in range(len(points)):
            for column in range(_SEGMENT + 1):
                item = qt.QTableWidgetItem()
                if column == _PLACED:
                    item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                if column not in (_LABEL, _SEGMENT):
                    item.setFlags(qt.Qt.ItemIsSelectable | qt.Qt.ItemIsEnabled)
                table.setItem(number, column, item)
        for number, point in enumerate(points):
            self.show_point(number, point)
        self._fit_columns()
        self._filling = False

    def _fit_columns(self) -> None:
        self.ui.pointsTable.resizeColumnsToContents()
        self.ui.pointsTable.setColumnWidth(_STATE, _STATE_WIDTH)

    def show_point(self, number: int, point: ShownPoint) -> None:
        """Show one row again."""
        import qt

        table, was_filling = self.ui.pointsTable, self._filling
        self._filling = True
        for column, value in ((_LABEL, point.label), (_PLACED, point.keyframes), (_SEGMENT, point.segment)):
            table.item(number, column).setData(qt.Qt.DisplayRole, value)
        strip = table.item(number, _STRIP)
        strip.setData(qt.Qt.DecorationRole, states_strip(point.states))
        strip.setToolTip(_("Full: placed. Three quarters: tracker. Half: interpolated. Quarter: occluded."))
        self._filling = was_filling

    def show_states(self, states: Sequence[int]) -> None:
        """Show the `State` of every point on the frame on screen."""
        import qt

        table = self.ui.pointsTable
        known = len(states) == len(self._states)
        was_filling, self._filling = self._filling, True
        for number, state in enumerate(states):
            if known and self._states[number] == state:
                continue
            item = table.item(number, _STATE)
            item.setData(qt.Qt.DecorationRole, state_icon(state) if state else None)
            item.setText(state_title(state))
        self._states = list(states)
        self._filling = was_filling

    def choose_point(self, number: int) -> None:
        """Select the row of a point, without telling the presenter."""
        table = self.ui.pointsTable
        if selected_row(table) == number or not 0 <= number < table.rowCount:
            return
        self._filling = True
        table.selectRow(number)
        table.scrollToItem(table.item(number, 0))
        self._filling = False

    def show_message(self, text: str) -> None:
        """Show one line; an empty text hides it."""
        label = self.ui.annotationMessageLabel
        if label.text != text:
            label.text = text
            label.visible = bool(text)

    # -- slots -------------------------------------------------------------------------------
    @guarded(_("The annotation section could not be opened."))
    def _on_collapsed(self, collapsed: bool) -> None:
        self.editors.set_open(not collapsed)
        if not collapsed:
            self.to_top()

    @guarded(_("The point could not be chosen."))
    def _on_selection(self) -> None:
        row = selected_row(self.ui.pointsTable)
        if not self._filling and row >= 0:
            self.presenter.choose(row)

    @guarded(_("The point could not be named."))
    def _on_cell(self, row: int, column: int) -> None:
        if self._filling or column not in (_LABEL, _SEGMENT):
            return
        label, segment = (self.ui.pointsTable.item(row, c).text().strip() for c in (_LABEL, _SEGMENT))
        try:
            self.presenter.name(row, label, segment)
        finally:
            self._fit_columns()

    @guarded(_("The point could not be chosen."))
    def _on_previous_point(self) -> None:
        self.presenter.step_point(-1)

    @guarded(_("The point could not be chosen."))
    def _on_next_point(self) -> None:
        self.presenter.step_point(1)

    @guarded(_("The frame could not be shown."))
    def _on_previous_keyframe(self) -> None:
        self.presenter.step_keyframe(-1)

    @guarded(_("The frame could not be shown."))
    def _on_next_keyframe(self) -> None:
        self.presenter.step_keyframe(1)

    @guarded(_("The frame could not be shown."))
    def _on_previous_uncertain(self) -> None:
        self.presenter.step_uncertain(-1)

    @guarded(_("The frame could not be shown."))
    def _on_next_uncertain(self) -> None:
        self.presenter.step_uncertain(1)

    @guarded(_("Points cannot be placed."))
    def _on_place(self, on: bool) -> None:
        self.presenter.place(on)

    @guarded(_("The edit failed."))
    def _on_occlude(self) -> None:
        self.presenter.occlude(self.ui.everyPointCheckBox.checked)

    @guarded(_("The edit failed."))
    def _on_clear(self) -> None:
        self.presenter.clear(self.ui.everyPointCheckBox.checked)

    @guarded(_("The edit failed."))
    def _on_accept(self) -> None:
        self.presenter.accept(self.ui.everyPointCheckBox.checked)

    @guarded(_("The edit failed."))
    def _on_accept_track(self) -> None:
        self.presenter.accept(self.ui.everyPointCheckBox.checked, True)

    @guarded(_("The points could not be interpolated."))
    def _on_interpolate(self) -> None:
        self.presenter.interpolate(self.ui.everyPointCheckBox.checked)

    @guarded(_("The point could not be tracked again."))
    def _on_retrack(self) -> None:
        self.presenter.retrack(self.ui.neighborsSpinBox.value, self.ui.everyPointCheckBox.checked)

    @guarded(_("The cycle could not be copied."))
    def _on_propagate(self) -> None:
        first, following = self.ui.cycleFirstSpinBox.value, self.ui.cycleNextSpinBox.value
        self.presenter.propagate(first, following, self.ui.everyPointCheckBox.checked)

    @guarded(_("Undo failed."))
    def _on_undo(self) -> None:
        self.presenter.undo()

    @guarded(_("Redo failed."))
    def _on_redo(self) -> None:
        self.presenter.redo()

    @guarded(_("The view could not be zoomed."))
    def _on_zoom(self, on: bool) -> None:
        self.presenter.zoom(on)

    @guarded(_("The previous positions could not be shown."))
    def _on_trail(self, count: int) -> None:
        self.presenter.set_trail(count)


def state_title(state: int) -> str:
    """Return what the user reads for a state."""
    titles = {
        State.NOT_ANNOTATED: "",
        State.PLACED: _("placed"),
        State.INTERPOLATED: _("interpolated"),
        State.TRACKER: _("tracker"),
        State.OCCLUDED: _("occluded"),
    }
    return titles[State(state)]


def _check_quietly(button: Any, on: bool) -> None:
    if button.checked != on:
        was_blocked = button.blockSignals(True)
        button.checked = on
        button.blockSignals(was_blocked)
