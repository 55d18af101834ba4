"""The widgets of the section "Clip": thin, they show what the presenter says and pass on what the user does."""

from __future__ import annotations

from typing import Any

from ...i18n import tr as _
from ..qt.widgets import check, on_click, on_toggle, show_text

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
