"""The widgets of the section "Annotation", loaded from their own .ui file below the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ...annotation.annotation import State
from ...i18n import tr as _
from ..qt.tables import selected_row
from ..qt.widgets import add_section, explain, on, on_click, on_toggle, set_quietly
from .icons import state_icon, states_strip
from .rows import ShownPoint

_LABEL, _STATE, _STRIP, _PLACED, _SEGMENT = range(5)  # columns of the table of points
_STATE_WIDTH = 105  # px, for the longest name of a state and its icon


class AnnotateSection:
    """Widgets of "Annotation"; those of sets and agreement are in files of their own."""

    def __init__(self, panel_widget: Any) -> None:
        self.widget, self.ui = add_section(panel_widget, "EchoTrackerAnnotate")
        self._filling = False
        self.to_top: Callable[[], None] = lambda: None
        self._states: list[int] = []
        self._enabled: tuple[bool, ...] = ()

    def connect(self, editors: Any, presenter: Any, to_top: Callable[[], None]) -> None:
        """Connect the widgets to the editors and the presenter; `to_top` scrolls the panel to the section, soon."""
        self.to_top = to_top
        ui, edits = self.ui, presenter.edits
        no_point, no_frame, failed = (
            _("The point could not be chosen."),
            _("The frame could not be shown."),
            _("The edit failed."),
        )
        on_click(
            (ui.previousPointButton, lambda: presenter.step_point(-1), no_point),
            (ui.nextPointButton, lambda: presenter.step_point(1), no_point),
            (ui.previousKeyframeButton, lambda: presenter.step_keyframe(-1), no_frame),
            (ui.nextKeyframeButton, lambda: presenter.step_keyframe(1), no_frame),
            (ui.previousUncertainButton, lambda: presenter.step_uncertain(-1), no_frame),
            (ui.nextUncertainButton, lambda: presenter.step_uncertain(1), no_frame),
            (ui.occludeButton, lambda: edits.occlude(self._every), failed),
            (ui.clearButton, lambda: edits.clear(self._every), failed),
            (ui.acceptPointButton, lambda: edits.accept(self._every), failed),
            (ui.acceptTrackButton, lambda: edits.accept(self._every, True), failed),
            (
                ui.interpolateButton,
                lambda: edits.interpolate(self._every),
                _("The points could not be interpolated."),
            ),
            (
                ui.retrackButton,
                lambda: edits.retrack(ui.neighborsSpinBox.value, self._every),
                _("The point could not be tracked again."),
            ),
            (
                ui.propagateButton,
                lambda: edits.propagate(ui.cycleFirstSpinBox.value, ui.cycleNextSpinBox.value, self._every),
                _("The cycle could not be copied."),
            ),
            (ui.undoEditButton, edits.undo, _("Undo failed.")),
            (ui.redoEditButton, edits.redo, _("Redo failed.")),
        )
        on_toggle(
            (ui.placePointsButton, edits.place, _("Points cannot be placed.")),
            (ui.zoomButton, presenter.zoom, _("The view could not be zoomed.")),
        )
        on(
            "valueChanged(int)",
            (ui.trailSpinBox, presenter.set_trail, _("The previous positions could not be shown.")),
        )

        def opened(collapsed: bool) -> None:
            editors.set_open(not collapsed)
            if not collapsed:
                to_top()

        def chosen() -> None:
            row = selected_row(ui.pointsTable)
            if not self._filling and row >= 0:
                presenter.choose(row)

        def typed(row: int, column: int) -> None:
            if self._filling or column not in (_LABEL, _SEGMENT):
                return
            label, segment = (ui.pointsTable.item(row, c).text().strip() for c in (_LABEL, _SEGMENT))
            try:
                edits.name(row, label, segment)
            finally:
                self._fit_columns()

        on("contentsCollapsed(bool)", (self.widget, opened, _("The annotation section could not be opened.")))
        on("itemSelectionChanged()", (ui.pointsTable, chosen, no_point))
        on("cellChanged(int,int)", (ui.pointsTable, typed, _("The point could not be named.")))

    @property
    def _every(self) -> bool:
        return bool(self.ui.everyPointCheckBox.checked)

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
        set_quietly(self.ui.placePointsButton, on)

    def set_retracking(self, on: bool) -> None:
        """Let the button that tracks again stop it while it runs."""
        self.ui.retrackButton.text = _("Stop") if on else _("Track again")

    def set_zoomed(self, on: bool) -> None:
        """Check the button of the zoom."""
        set_quietly(self.ui.zoomButton, on)

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
