"""The widgets of the section "Track": thin, they show what the presenter says and pass on what the user does."""

from __future__ import annotations

from typing import Any

from ...i18n import tr as _
from ..qt.dialogs import guarded
from ..qt.widgets import fill, on_click, show_text


class TrackSection:
    """Widgets of "Track"."""

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self.presenter: Any = None
        self.showProgress(False, 0.0, "")

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        ui = self.ui
        self.presenter = presenter
        on_click(
            (ui.trackButton, presenter.start, _("Tracking could not be started.")),
            (ui.cancelButton, presenter.cancel, _("Tracking could not be cancelled.")),
            (ui.keepWeightsButton, presenter.keepWeights, _("The weights could not be kept.")),
        )
        ui.trackerComboBox.connect("currentIndexChanged(int)", self._on_tracker)

    @guarded(_("The tracker could not be chosen."))
    def _on_tracker(self, index: int) -> None:
        self.presenter.chooseTracker(self.ui.trackerComboBox.itemData(index) or "")

    def showTrackers(self, titles: list[tuple[str, str]], current: str) -> None:
        """See `TrackView`."""
        fill(self.ui.trackerComboBox, titles, current)

    def showInfo(self, text: str) -> None:
        """See `TrackView`."""
        self.ui.trackerInfoLabel.text = text

    def setTrackEnabled(self, enabled: bool, toolTip: str) -> None:
        """See `TrackView`."""
        self.ui.trackButton.enabled = enabled
        self.ui.trackButton.toolTip = toolTip

    def showProgress(self, running: bool, fraction: float, text: str) -> None:
        """See `TrackView`."""
        self.ui.progressBar.visible = running
        self.ui.cancelButton.visible = running
        self.ui.progressBar.value = round(100 * min(max(fraction, 0.0), 1.0))
        show_text(self.ui.trackMessageLabel, text)
