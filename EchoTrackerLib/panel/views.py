"""The widgets of the sections: thin, each shows what its presenter says and passes on what the user does."""

from __future__ import annotations

from typing import Any

from ..i18n import tr as _
from .dialogs import guarded
from .widgets import check, fill, show_text

_RED = "Red"


class ClipSection:
    """Widgets of "Clip"."""

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self.presenter: Any = None

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        self.presenter = presenter
        self.ui.loadFileButton.connect("clicked()", self._on_load_file)
        self.ui.loadFolderButton.connect("clicked()", self._on_load_folder)
        self.ui.headerButton.connect("clicked()", self._on_header)
        self.ui.drawLineButton.connect("toggled(bool)", self._on_draw)
        self.ui.calibrateButton.connect("clicked()", self._on_calibrate)

    @guarded(_("The clip could not be loaded."))
    def _on_load_file(self) -> None:
        self.presenter.loadFile()

    @guarded(_("The clip could not be loaded."))
    def _on_load_folder(self) -> None:
        self.presenter.loadFolder()

    @guarded(_("The DICOM header could not be read."))
    def _on_header(self) -> None:
        self.presenter.readHeader()

    @guarded(_("The line could not be drawn."))
    def _on_draw(self, on: bool) -> None:
        self.presenter.drawLine(on)

    @guarded(_("The clip could not be calibrated."))
    def _on_calibrate(self) -> None:
        self.presenter.calibrate(self.ui.lengthSpinBox.value)

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
        self.presenter: Any = None

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        self.presenter = presenter
        self.ui.placeButton.connect("toggled(bool)", self._on_place)
        self.ui.wallButton.connect("toggled(bool)", self._on_wall)
        for name in ("load", "paste", "clear"):
            getattr(self.ui, f"{name}PointsButton").connect("clicked()", getattr(self, f"_on_{name}"))
        self.ui.undoButton.connect("clicked()", self._on_undo)
        self.ui.redoButton.connect("clicked()", self._on_redo)
        self.ui.queryCurrentButton.connect("clicked()", self._on_current)
        self.ui.queryEdButton.connect("clicked()", self._on_ed)
        self.ui.queryCycleButton.connect("clicked()", self._on_cycle)

    @guarded(_("Points cannot be placed."))
    def _on_place(self, on: bool) -> None:
        self.presenter.place(on)

    @guarded(_("The wall cannot be placed."))
    def _on_wall(self, on: bool) -> None:
        self.presenter.wall(on)

    @guarded(_("The points could not be loaded."))
    def _on_load(self) -> None:
        self.presenter.load()

    @guarded(_("The points could not be pasted."))
    def _on_paste(self) -> None:
        self.presenter.paste()

    @guarded(_("The points could not be removed."))
    def _on_clear(self) -> None:
        self.presenter.clear()

    @guarded(_("Undo failed."))
    def _on_undo(self) -> None:
        self.presenter.undo()

    @guarded(_("Redo failed."))
    def _on_redo(self) -> None:
        self.presenter.redo()

    @guarded(_("The query frame could not be set."))
    def _on_current(self) -> None:
        self.presenter.useFrame("current")

    @guarded(_("The query frame could not be set."))
    def _on_ed(self) -> None:
        self.presenter.useFrame("ed")

    @guarded(_("The query frame could not be set."))
    def _on_cycle(self) -> None:
        self.presenter.useFrame("cycle")

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
        self.presenter = presenter
        self.ui.trackButton.connect("clicked()", self._on_track)
        self.ui.cancelButton.connect("clicked()", self._on_cancel)
        self.ui.trackerComboBox.connect("currentIndexChanged(int)", self._on_tracker)
        self.ui.keepWeightsButton.connect("clicked()", self._on_keep)

    @guarded(_("Tracking could not be started."))
    def _on_track(self) -> None:
        self.presenter.start()

    @guarded(_("Tracking could not be cancelled."))
    def _on_cancel(self) -> None:
        self.presenter.cancel()

    @guarded(_("The weights could not be kept."))
    def _on_keep(self) -> None:
        self.presenter.keepWeights()

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
