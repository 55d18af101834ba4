"""The widgets of the annotation sets and of unsaved work, part of the section "Annotation"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from ....i18n import tr as _
from ...qt.widgets import explain, fill, on, on_choice, on_click, show, show_text


class SetsWidgets:
    """Fills and connects the widgets that `AnnotateSection` loaded."""

    def __init__(self, section: Any) -> None:
        self.widget, self.ui = section.widget, section.ui
        self.show_lost("", False)
        self.show_sets_message("")

    def connect(self, sets: Any, export: Any, restore: Any) -> None:
        """Connect the widgets to the presenters."""
        ui, not_exported = self.ui, _("The annotation set could not be exported.")
        on_choice(
            (ui.setComboBox, sets.choose, _("The annotation set could not be chosen.")),
            (ui.startComboBox, sets.choose_start, _("The new set could not be prepared.")),
        )
        on_click(
            (ui.deleteSetButton, sets.delete, _("The annotation set could not be deleted.")),
            (ui.signSetButton, sets.sign, _("The set could not be signed.")),
            (ui.createSetButton, sets.create, _("The annotation set could not be made.")),
            (ui.exportSetButton, export.export, not_exported),
            (ui.trainingSetButton, export.export_training, not_exported),
            (ui.schemaButton, export.export_schema, _("The schema could not be saved.")),
            (ui.restoreButton, restore.restore, _("The unsaved work could not be restored.")),
            (ui.discardButton, restore.discard, _("The unsaved work could not be discarded.")),
        )
        on(
            "editingFinished()",
            (
                ui.setNameLineEdit,
                lambda: sets.rename(ui.setNameLineEdit.text),
                _("The annotation set could not be renamed."),
            ),
            (
                ui.annotatorLineEdit,
                lambda: sets.introduce(ui.annotatorLineEdit.text.strip()),
                _("The annotator could not be noted."),
            ),
        )

    def show_sets(self, sets: Sequence[tuple[str, str]], chosen: str) -> None:
        """Fill the list of sets with (node ID, name)."""
        fill(self.ui.setComboBox, sets, chosen)

    def show_starts(self, starts: Sequence[tuple[str, str]], chosen: str) -> None:
        """Fill the list of what a new set can begin with, (key, title)."""
        fill(self.ui.startComboBox, starts, chosen)

    def show_facts(self, name: str, annotator: str, signed: Optional[str]) -> None:
        """Show the chosen set's name, who annotates now, and who signed the set (None: there is no set)."""
        button = self.ui.signSetButton
        can = signed is not None and signed != annotator and bool(annotator)
        explain("" if can else _("For a set that another annotator signed: type your name first."), button)
        button.text = _("Sign set (now {name})").format(name=signed) if signed else _("Sign set")
        for edit, text in ((self.ui.setNameLineEdit, name), (self.ui.annotatorLineEdit, annotator)):
            if edit.text != text and not edit.focus:
                edit.text = text

    def set_sets_enabled(self, clip: bool, chosen: bool) -> None:
        """Enable what needs a clip, and what needs a set."""
        for name in ("setComboBox", "startComboBox", "createSetButton", "annotatorLineEdit"):
            explain("" if clip else _("Select or load a clip first."), getattr(self.ui, name))
        for name in ("deleteSetButton", "setNameLineEdit", "exportSetButton", "trainingSetButton", "schemaButton"):
            explain("" if chosen else _("Choose or create an annotation set first."), getattr(self.ui, name))

    def show_sets_message(self, text: str) -> None:
        """Show one line; an empty text hides it."""
        show_text(self.ui.setsMessageLabel, text)

    def show_lost(self, text: str, fits: bool) -> None:
        """Show that there is unsaved work, and whether it can be restored on this clip; an empty text hides it."""
        self.ui.lostLabel.text = text
        show(bool(text), self.ui.lostWidget)
        explain("" if fits else _("Load the clip it was made on to restore it."), self.ui.restoreButton)

    def open_section(self) -> None:
        """Open the section."""
        self.widget.collapsed = False
