"""The widgets of the section "Sample", loaded from their own .ui file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..i18n import tr as _
from ..tracks.sampling import ERROR_TYPES
from .dialogs import guarded
from .widgets import add_section

_BOXES = dict(zip(ERROR_TYPES, ("driftCheckBox", "jumpCheckBox", "swapCheckBox", "offWallCheckBox")))


class SampleSection:
    """Widgets of "Sample"."""

    def __init__(self, panel_widget: Any) -> None:
        self.widget, self.ui = add_section(panel_widget, "EchoTrackerSampling")
        self.presenter: Any = None

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        self.presenter = presenter
        self.ui.drawButton.connect("clicked()", self._on_draw)
        self.ui.noErrorButton.connect("clicked()", self._on_none)
        self.ui.recordButton.connect("clicked()", self._on_record)
        self.ui.previousTrackButton.connect("clicked()", self._on_previous)
        self.ui.nextTrackButton.connect("clicked()", self._on_next)
        self.ui.exportSampleButton.connect("clicked()", self._on_export)
        for name in _BOXES.values():
            getattr(self.ui, name).connect("toggled(bool)", self._on_box)

    def setEnabled(self, tracks: bool, sample: bool, more: bool) -> None:
        """See `SampleView`."""
        for name in ("countSpinBox", "seedSpinBox", "drawButton"):
            getattr(self.ui, name).enabled = tracks
        for name in ("nextTrackButton", "exportSampleButton"):
            getattr(self.ui, name).enabled = sample
        for name in ("previousTrackButton", "noErrorButton", *_BOXES.values()):
            getattr(self.ui, name).enabled = sample and more
        self._on_box(False)

    def showTrack(self, text: str, errors: Sequence[str]) -> None:
        """See `SampleView`."""
        self.ui.trackLabel.text = text
        for kind, name in _BOXES.items():
            getattr(self.ui, name).checked = kind in errors

    def showEstimate(self, text: str) -> None:
        """See `SampleView`."""
        self.ui.estimateLabel.text = text

    def _errors(self) -> list[str]:
        return [kind for kind, name in _BOXES.items() if getattr(self.ui, name).checked]

    def _on_box(self, _on: bool) -> None:
        self.ui.recordButton.enabled = self.ui.noErrorButton.enabled and bool(self._errors())

    @guarded(_("The sample could not be drawn."))
    def _on_draw(self) -> None:
        self.presenter.draw(self.ui.countSpinBox.value, self.ui.seedSpinBox.value)

    @guarded(_("The finding could not be kept."))
    def _on_none(self) -> None:
        self.presenter.record([])

    @guarded(_("The finding could not be kept."))
    def _on_record(self) -> None:
        self.presenter.record(self._errors())

    @guarded(_("The track could not be shown."))
    def _on_previous(self) -> None:
        self.presenter.step(-1)

    @guarded(_("The track could not be shown."))
    def _on_next(self) -> None:
        self.presenter.step(1)

    @guarded(_("The results could not be written."))
    def _on_export(self) -> None:
        self.presenter.export()
