"""The widgets of the section "Points": thin, they show what the presenter says and pass on what the user does."""

from __future__ import annotations

from typing import Any

from ...i18n import tr as _
from ..qt.widgets import explain, on_click, on_toggle, set_quietly, show_text


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
            (ui.queryCurrentButton, lambda: presenter.use_frame("current"), query_failed),
            (ui.queryEdButton, lambda: presenter.use_frame("ed"), query_failed),
            (ui.queryCycleButton, lambda: presenter.use_frame("cycle"), query_failed),
        )

    def show_status(self, message: str) -> None:
        """Show how many points there are, or what is wrong."""
        show_text(self.ui.pointsMessageLabel, message)

    def set_enabled(self, clip: str, wall: str, undo: bool, redo: bool) -> None:
        """Enable buttons; `clip` and `wall` say why no points or no wall can be placed, "" when they can."""
        names = ("placeButton", "loadPointsButton", "pastePointsButton", "clearPointsButton")
        for name in (*names, "queryCurrentButton", "queryEdButton", "queryCycleButton", "queryFrameSpinBox"):
            explain(clip, getattr(self.ui, name))
        explain(wall, self.ui.wallButton)
        explain(clip or ("" if undo else _("Nothing to undo.")), self.ui.undoButton)
        explain(clip or ("" if redo else _("Nothing to redo.")), self.ui.redoButton)

    def set_placing(self, points: bool, wall: bool) -> None:
        """Check the buttons of the modes that are on."""
        for button, on in ((self.ui.placeButton, points), (self.ui.wallButton, wall)):
            set_quietly(button, on)
