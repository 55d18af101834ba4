"""The widgets of the section "Sample", loaded from their own .ui file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...i18n import tr as _
from ...review.sampling import ERROR_TYPES
from ..qt.widgets import add_section, explain, on_click

_BOXES = dict(zip(ERROR_TYPES, ("driftCheckBox", "jumpCheckBox", "swapCheckBox", "offWallCheckBox")))


class SampleSection:
    """Widgets of "Sample"."""

    def __init__(self, panel_widget: Any) -> None:
        self.widget, self.ui = add_section(panel_widget, "EchoTrackerSampling")

    def connect(self, presenter: Any) -> None:
        """Connect the widgets to the presenter."""
        ui = self.ui
        on_click(
            (
                ui.drawButton,
                lambda: presenter.draw(ui.countSpinBox.value, ui.seedSpinBox.value),
                _("The sample could not be drawn."),
            ),
            (ui.noErrorButton, lambda: presenter.record([]), _("The finding could not be kept.")),
            (ui.recordButton, lambda: presenter.record(self._errors()), _("The finding could not be kept.")),
            (ui.previousTrackButton, lambda: presenter.step(-1), _("The track could not be shown.")),
            (ui.nextTrackButton, lambda: presenter.step(1), _("The track could not be shown.")),
            (ui.exportSampleButton, presenter.export, _("The results could not be written.")),
        )
        for name in _BOXES.values():
            getattr(ui, name).connect("toggled(bool)", self._on_box)

    def set_enabled(self, tracks: bool, sample: bool, more: bool) -> None:
        """Enable what needs tracks, a sample, and a track before the shown one."""
        for name in ("countSpinBox", "seedSpinBox", "drawButton"):
            explain("" if tracks else _("Track points first."), getattr(self.ui, name))
        for name in ("nextTrackButton", "exportSampleButton"):
            explain("" if sample else _("Draw a sample first."), getattr(self.ui, name))
        why = "" if sample and more else _("Go to a track of the sample first.")
        for name in ("previousTrackButton", "noErrorButton", *_BOXES.values()):
            explain(why, getattr(self.ui, name))
        self._on_box(False)

    def show_track(self, text: str, errors: Sequence[str]) -> None:
        """Show which track is looked at, and what was found in it before."""
        self.ui.trackLabel.text = text
        for kind, name in _BOXES.items():
            getattr(self.ui, name).checked = kind in errors

    def show_estimate(self, text: str) -> None:
        """Show what the sample says about all tracks; an empty text hides it."""
        self.ui.estimateLabel.text = text

    def _errors(self) -> list[str]:
        return [kind for kind, name in _BOXES.items() if getattr(self.ui, name).checked]

    def _on_box(self, _on: bool) -> None:
        can = self.ui.noErrorButton.enabled and bool(self._errors())
        explain("" if can else _("Tick what is wrong with the track first."), self.ui.recordButton)
