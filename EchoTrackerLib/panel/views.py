"""The widgets of the sections: thin, each shows what its presenter says and passes on what the user does."""

from __future__ import annotations

from typing import Any

from ..i18n import tr as _
from .dialogs import guarded
from .widgets import check, fill, on_click, on_toggle, show_text

_RED = "Red"


class ClipSection:
    """Widgets of "Clip"."""

    def __init__(self, ui: Any) -> None:
        self.ui = ui

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        ui = self.ui
        on_click(
            (ui.loadFileButton, presenter.loadFile, _("The clip could not be loaded.")),
            (ui.loadFolderButton, presenter.loadFolder, _("The clip could not be loaded.")),
            (ui.headerButton, presenter.readHeader, _("The DICOM header could not be read.")),
            (
                ui.calibrateButton,
                lambda: presenter.calibrate(ui.lengthSpinBox.value),
                _("The clip could not be calibrated."),
            ),
        )
        on_toggle((ui.drawLineButton, presenter.drawLine, _("The line could not be drawn.")))

    def showFacts(self, frames: str, rate: str, spacing: str, message: str) -> None:
        """See `ClipView`."""
        self.ui.rateValueLabel.text = rate or "-"
        self.ui.framesValueLabel.text = frames or "-"
        self.ui.spacingValueLabel.text = spacing or "-"
        show_text(self.ui.clipMessageLabel, message)

    def showBrowser(self, browser: Any) -> None:
        """See `ClipView`."""
        for widget in (self.ui.playWidget, self.ui.seekWidget):
            widget.setMRMLSequenceBrowserNode(browser)
            widget.enabled = browser is not None

    def showClip(self, browser: Any, fit: bool) -> None:
        """See `ClipView`."""
        import slicer

        slicer.modules.sequences.setToolBarActiveBrowserNode(browser)
        proxy = browser.GetProxyNode(browser.GetMasterSequenceNode())
        manager = slicer.app.layoutManager()
        if manager is None:
            return
        slicer.util.setSliceViewerLayers(background=proxy, fit=fit)
        widget = manager.sliceWidget(_RED)
        if fit and widget is not None:
            widget.mrmlSliceNode().RotateToVolumePlane(proxy)
            widget.sliceLogic().SnapSliceOffsetToIJK()
            widget.sliceLogic().FitSliceToBackground()

    def lockSlice(self, locked: bool) -> None:
        """See `ClipView`."""
        import slicer

        manager = slicer.app.layoutManager()
        widget = manager.sliceWidget(_RED) if manager is not None else None
        if widget is not None:
            view = widget.sliceView()
            known = hasattr(view, "interactorObserver")  # the other name is that of older versions
            style = view.interactorObserver() if known else view.sliceViewInteractorStyle()
            style.SetActionEnabled(style.BrowseSlice, not locked)

    def showHeaderOffer(self, offered: bool) -> None:
        """See `ClipView`."""
        self.ui.headerButton.visible = offered

    def setCalibration(self, enabled: bool, drawing: bool, ready: bool) -> None:
        """See `ClipView`."""
        self.ui.drawLineButton.enabled = enabled
        check(self.ui.drawLineButton, drawing)
        self.ui.calibrateButton.enabled = enabled and ready


class PointsSection:
    """Widgets of "Points"."""

    def __init__(self, ui: Any) -> None:
        self.ui = ui

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        ui, query_failed = self.ui, _("The query frame could not be set.")
        on_toggle(
            (ui.placeButton, presenter.place, _("Points cannot be placed.")),
            (ui.wallButton, presenter.wall, _("The wall cannot be placed.")),
        )
        on_click(
            (ui.loadPointsButton, presenter.load, _("The points could not be loaded.")),
            (ui.pastePointsButton, presenter.paste, _("The points could not be pasted.")),
            (ui.clearPointsButton, presenter.clear, _("The points could not be removed.")),
            (ui.undoButton, presenter.undo, _("Undo failed.")),
            (ui.redoButton, presenter.redo, _("Redo failed.")),
            (ui.queryCurrentButton, lambda: presenter.useFrame("current"), query_failed),
            (ui.queryEdButton, lambda: presenter.useFrame("ed"), query_failed),
            (ui.queryCycleButton, lambda: presenter.useFrame("cycle"), query_failed),
        )

    def showStatus(self, message: str) -> None:
        """See `PointsView`."""
        show_text(self.ui.pointsMessageLabel, message)

    def setEnabled(self, clip: bool, wall: bool, undo: bool, redo: bool) -> None:
        """See `PointsView`."""
        names = ("placeButton", "loadPointsButton", "pastePointsButton", "clearPointsButton")
        for name in (*names, "queryCurrentButton", "queryEdButton", "queryCycleButton", "queryFrameSpinBox"):
            getattr(self.ui, name).enabled = clip
        self.ui.wallButton.enabled = wall
        self.ui.undoButton.enabled = clip and undo
        self.ui.redoButton.enabled = clip and redo

    def setPlacing(self, points: bool, wall: bool) -> None:
        """See `PointsView`."""
        for button, on in ((self.ui.placeButton, points), (self.ui.wallButton, wall)):
            was_blocked = button.blockSignals(True)
            check(button, on)
            button.blockSignals(was_blocked)


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
