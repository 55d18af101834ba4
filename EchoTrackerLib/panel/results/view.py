"""The widgets of the section "Results": thin, they show what the presenter says and pass on what the user does."""

from __future__ import annotations

from typing import Any, Optional

from ...i18n import tr as _
from ..qt.dialogs import guarded
from ..qt.widgets import check, explain, fill, on_click, on_toggle, show, show_text
from .phases_view import PhasesSection
from .plot_clicks import PlotClicks

_SELECTED = "dataSelected(vtkStringArray*,vtkCollection*)"


class ResultsSection:
    """Widgets of "Results"."""

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self.presenter: Any = None
        self._watched: Any = None
        self._clicks = PlotClicks(self._on_click, self._on_drag)
        self._mode_before: Optional[int] = None  # of the plot view, while points can be moved
        self.phases = PhasesSection(ui)
        self._picked: list[tuple[str, int]] = []

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        self.presenter = presenter
        self.ui.colorComboBox.connect("currentIndexChanged(int)", self._on_color)
        self.phases.connect(presenter.phases)
        on_click((self.ui.strainButton, presenter.measure, _("The strain could not be measured.")))
        on_toggle((self.ui.layoutButton, presenter.show_layout, _("The layout could not be changed.")))

    @guarded(_("The color could not be changed."))
    def _on_color(self, index: int) -> None:
        self.presenter.color_by(self.ui.colorComboBox.itemData(index) or "")

    def set_enabled(self, tracks: bool, strain: bool) -> None:
        """Enable what needs tracks, and what needs strain."""
        self.phases.set_enabled(tracks, strain)
        for name in ("colorComboBox", "tailSlider", "strainButton"):
            explain("" if tracks else _("Track points first."), getattr(self.ui, name))

    def show_scalars(self, scalars: list[tuple[str, str]], current: str) -> None:
        """Fill the list of colorings with (name, title) and choose one."""
        fill(self.ui.colorComboBox, scalars, current)

    def show_message(self, text: str) -> None:
        """Show the strain and warnings; an empty text hides the line."""
        show_text(self.ui.resultMessageLabel, text)

    def set_layout_shown(self, shown: bool) -> None:
        """Check the layout button."""
        was_blocked = self.ui.layoutButton.blockSignals(True)
        check(self.ui.layoutButton, shown)
        self.ui.layoutButton.blockSignals(was_blocked)

    def watch_plot(self, on: bool) -> None:
        """Listen to clicks in the chart of the layout, or stop it."""
        import slicer

        manager = slicer.app.layoutManager()
        widget = manager.plotWidget(0) if on and manager is not None else None
        if widget is self._watched:
            return
        self.set_moving(False)
        if self._watched is not None:
            self._clicks.stop()
            self._watched.plotView().disconnect(_SELECTED, self._on_plot)
        self._watched, self._picked = widget, []
        if widget is not None:
            self._clicks.start(widget.plotView())
            widget.plotView().connect(_SELECTED, self._on_plot)

    @property
    def can_move(self) -> bool:
        """Whether a chart is on screen whose points could be moved."""
        return self._watched is not None

    def set_moving(self, on: bool) -> None:
        """Put the watched plot view into Slicer's mode that moves points, or back into the mode it was in."""
        node = self._watched.mrmlPlotViewNode() if self._watched is not None else None
        if node is not None and on and self._mode_before is None:
            self._mode_before = node.GetInteractionMode()
            node.SetInteractionMode(node.InteractionModeMovePoints)
        elif not on and self._mode_before is not None:
            if node is not None and node.GetInteractionMode() == node.InteractionModeMovePoints:
                node.SetInteractionMode(self._mode_before)  # else the user has chosen another one meanwhile
            self._mode_before = None

    @guarded(_("The strain could not be measured."))
    def _on_drag(self) -> None:
        if self._mode_before is not None:
            self.presenter.phases.take_move()

    @guarded(_("The chart could not be read."))
    def _on_click(self, time_s: float) -> None:
        self.presenter.seek_time(self._watched.mrmlPlotViewNode().GetPlotChartNodeID() or "", time_s)

    @guarded(_("The chart could not be read."))
    def _on_plot(self, series: Any, selections: Any) -> None:
        picked = []
        for index in range(min(series.GetNumberOfValues(), selections.GetNumberOfItems())):
            rows = selections.GetItemAsObject(index)
            if rows is not None and rows.GetNumberOfValues():
                picked.append((series.GetValue(index), int(rows.GetValue(0))))
        fresh = [pick for pick in picked if pick not in self._picked]
        self._picked = picked  # Slicer tells of it again with every later click, wherever it is
        self.presenter.seek(fresh)


class ExportSection:
    """The export button with its progress."""

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self.show_progress(False, 0.0, "")

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        on_click(
            (self.ui.exportButton, presenter.export, _("The results could not be exported.")),
            (self.ui.exportCancelButton, presenter.cancel, _("The export could not be canceled.")),
        )

    def set_enabled(self, enabled: bool) -> None:
        """Enable the button."""
        explain("" if enabled else _("Track points first, and wait until nothing is running."), self.ui.exportButton)

    def show_progress(self, running: bool, fraction: float, text: str) -> None:
        """Show or hide bar and Cancel; an empty text hides the line."""
        show(running, self.ui.exportProgressBar, self.ui.exportCancelButton)
        self.ui.exportProgressBar.value = round(100 * min(max(fraction, 0.0), 1.0))
        show_text(self.ui.exportMessageLabel, text)
