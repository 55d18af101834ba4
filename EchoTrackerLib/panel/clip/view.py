"""The widgets of the section "Clip": thin, they show what the presenter says and pass on what the user does."""

from __future__ import annotations

from typing import Any

from ...i18n import tr as _
from ...scene.mrml.layout import CLIP_VIEW
from ..qt.widgets import check, enable, explain, on_click, on_toggle, show, show_text


class ClipSection:
    """Widgets of "Clip"."""

    def __init__(self, ui: Any) -> None:
        self.ui = ui

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        ui = self.ui
        on_click(
            (ui.loadFileButton, presenter.load_file, _("The clip could not be loaded.")),
            (ui.loadFolderButton, presenter.load_folder, _("The clip could not be loaded.")),
            (ui.headerButton, presenter.read_header, _("The DICOM header could not be read.")),
            (
                ui.calibrateButton,
                lambda: presenter.calibrate(ui.lengthSpinBox.value),
                _("The clip could not be calibrated."),
            ),
        )
        on_toggle((ui.drawLineButton, presenter.draw_line, _("The line could not be drawn.")))

    def show_facts(self, frames: str, rate: str, spacing: str, message: str) -> None:
        """Show the clip's facts; an empty message hides its line."""
        self.ui.rateValueLabel.text = rate or "-"
        self.ui.framesValueLabel.text = frames or "-"
        self.ui.spacingValueLabel.text = spacing or "-"
        show_text(self.ui.clipMessageLabel, message)

    def show_browser(self, browser: Any) -> None:
        """Give the clip (or None) to player and slider."""
        for widget in (self.ui.playWidget, self.ui.seekWidget):
            widget.setMRMLSequenceBrowserNode(browser)
            enable(browser is not None, widget)

    def show_clip(self, browser: Any, fit: bool) -> None:
        """Show the clip in the slice views; `fit` when it is another one than before."""
        import slicer

        slicer.modules.sequences.setToolBarActiveBrowserNode(browser)
        proxy = browser.GetProxyNode(browser.GetMasterSequenceNode())
        manager = slicer.app.layoutManager()
        if manager is None:
            return
        slicer.util.setSliceViewerLayers(background=proxy, fit=fit)
        if fit:
            self.fit(browser)

    def fit(self, browser: Any) -> None:
        """Show all of the clip in its view, as large as the view is."""
        import slicer

        manager = slicer.app.layoutManager()
        widget = manager.sliceWidget(CLIP_VIEW) if manager is not None else None
        if widget is not None:
            proxy = browser.GetProxyNode(browser.GetMasterSequenceNode())
            widget.mrmlSliceNode().RotateToVolumePlane(proxy)
            widget.sliceLogic().SnapSliceOffsetToIJK()
            widget.sliceLogic().FitSliceToBackground()
            # Also where it was fitted already, as in a scene that was just loaded: else lines keep the scale before.
            widget.mrmlSliceNode().Modified()

    def lock_slice(self, locked: bool) -> None:
        """Keep the mouse wheel from leaving the plane of the clip, where its points would vanish."""
        import slicer

        manager = slicer.app.layoutManager()
        widget = manager.sliceWidget(CLIP_VIEW) if manager is not None else None
        if widget is not None:
            view = widget.sliceView()
            known = hasattr(view, "interactorObserver")  # the other name is that of older versions
            style = view.interactorObserver() if known else view.sliceViewInteractorStyle()
            style.SetActionEnabled(style.BrowseSlice, not locked)

    def show_header_offer(self, offered: bool) -> None:
        """Show or hide the button that reads the DICOM header."""
        show(offered, self.ui.headerButton)

    def set_calibration(self, enabled: bool, drawing: bool, ready: bool) -> None:
        """Enable the calibration and its Apply button, check its Draw button."""
        why = "" if enabled else _("Select or load a clip first, and wait until nothing is running.")
        explain(why, self.ui.drawLineButton)
        check(self.ui.drawLineButton, drawing)
        explain(why or ("" if ready else _("Draw a line of known length on the image first.")), self.ui.calibrateButton)
