"""The widgets of the annotation sets and of unsaved work, part of the section "Annotation"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from ....i18n import tr as _
from ...qt.dialogs import guarded
from ...qt.widgets import explain, fill


class SetsWidgets:
    """Fills and connects the widgets that `AnnotateSection` loaded."""

    def __init__(self, section: Any) -> None:
        self.widget, self.ui = section.widget, section.ui
        self.sets: Any = None
        self.export: Any = None
        self.restore: Any = None
        self.show_lost("", False)
        self.show_sets_message("")

    def connect(self, sets: Any, export: Any, restore: Any) -> None:
        """Connect the widgets to the presenters."""
        self.sets, self.export, self.restore = sets, export, restore
        self.ui.setComboBox.connect("currentIndexChanged(int)", self._on_set)
        self.ui.deleteSetButton.connect("clicked()", self._on_delete)
        self.ui.setNameLineEdit.connect("editingFinished()", self._on_name)
        self.ui.annotatorLineEdit.connect("editingFinished()", self._on_annotator)
        self.ui.signSetButton.connect("clicked()", self._on_sign)
        self.ui.startComboBox.connect("currentIndexChanged(int)", self._on_start)
        self.ui.createSetButton.connect("clicked()", self._on_create)
        self.ui.exportSetButton.connect("clicked()", self._on_export)
        self.ui.trainingSetButton.connect("clicked()", self._on_training)
        self.ui.schemaButton.connect("clicked()", self._on_schema)
        self.ui.restoreButton.connect("clicked()", self._on_restore)
        self.ui.discardButton.connect("clicked()", self._on_discard)

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
        self.ui.setsMessageLabel.text = text
        self.ui.setsMessageLabel.visible = bool(text)

    def show_lost(self, text: str, fits: bool) -> None:
        """Show that there is unsaved work, and whether it can be restored on this clip; an empty text hides it."""
        self.ui.lostLabel.text = text
        self.ui.lostWidget.visible = bool(text)
        explain("" if fits else _("Load the clip it was made on to restore it."), self.ui.restoreButton)

    def open_section(self) -> None:
        """Open the section."""
        self.widget.collapsed = False

    @guarded(_("The annotation set could not be chosen."))
    def _on_set(self, index: int) -> None:
        self.sets.choose(self.ui.setComboBox.itemData(index) or "")

    @guarded(_("The annotation set could not be deleted."))
    def _on_delete(self) -> None:
        self.sets.delete()

    @guarded(_("The annotation set could not be renamed."))
    def _on_name(self) -> None:
        self.sets.rename(self.ui.setNameLineEdit.text)

    @guarded(_("The annotator could not be noted."))
    def _on_annotator(self) -> None:
        self.sets.introduce(self.ui.annotatorLineEdit.text.strip())

    @guarded(_("The set could not be signed."))
    def _on_sign(self) -> None:
        self.sets.sign()

    @guarded(_("The new set could not be prepared."))
    def _on_start(self, index: int) -> None:
        self.sets.choose_start(self.ui.startComboBox.itemData(index) or "")

    @guarded(_("The annotation set could not be made."))
    def _on_create(self) -> None:
        self.sets.create()

    @guarded(_("The annotation set could not be exported."))
    def _on_export(self) -> None:
        self.export.export()

    @guarded(_("The annotation set could not be exported."))
    def _on_training(self) -> None:
        self.export.export_training()

    @guarded(_("The schema could not be saved."))
    def _on_schema(self) -> None:
        self.export.export_schema()

    @guarded(_("The unsaved work could not be restored."))
    def _on_restore(self) -> None:
        self.restore.restore()

    @guarded(_("The unsaved work could not be discarded."))
    def _on_discard(self) -> None:
        self.restore.discard()
