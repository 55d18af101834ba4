"""The widgets of the section "Track": thin, they show what the presenter says and pass on what the user does."""

from __future__ import annotations

from typing import Any

from ...i18n import tr as _
from ..qt.dialogs import guarded
from ..qt.widgets import enable, fill, on_click, show, show_text


class TrackSection:
    """Widgets of "Track"."""

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self.presenter: Any = None
        self.show_progress(False, 0.0, "")

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        ui = self.ui
        self.presenter = presenter
        on_click(
            (ui.trackButton, presenter.start, _("Tracking could not be started.")),
            (ui.cancelButton, presenter.cancel, _("Tracking could not be canceled.")),
            (ui.keepWeightsButton, presenter.keep_weights, _("The weights could not be kept.")),
        )
        ui.trackerComboBox.connect("currentIndexChanged(int)", self._on_tracker)

    @guarded(_("The tracker could not be chosen."))
    def _on_tracker(self, index: int) -> None:
        self.presenter.choose_tracker(self.ui.trackerComboBox.itemData(index) or "")

    def show_trackers(self, titles: list[tuple[str, str]], current: str) -> None:
        """Fill the list with (name, title) and choose one."""
        fill(self.ui.trackerComboBox, titles, current)

    def show_info(self, text: str) -> None:
        """Show license, weights and citation (rich text)."""
        self.ui.trackerInfoLabel.text = text

    def set_track_enabled(self, enabled: bool, toolTip: str) -> None:
        """Enable the button; the tool tip says what is missing."""
        enable(enabled, self.ui.trackButton)
        self.ui.trackButton.toolTip = toolTip

    def show_progress(self, running: bool, fraction: float, text: str) -> None:
        """Show or hide bar and Cancel; an empty text hides the line."""
        show(running, self.ui.progressBar, self.ui.cancelButton)
        self.ui.progressBar.value = round(100 * min(max(fraction, 0.0), 1.0))
        show_text(self.ui.trackMessageLabel, text)
