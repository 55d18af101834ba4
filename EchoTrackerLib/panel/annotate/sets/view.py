"""The widgets of the annotation sets and of unsaved work, part of the section "Annotation"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....i18n import tr as _
from ...qt.dialogs import guarded


class SetsWidgets:
    """Fills and connects the widgets that `AnnotateSection` loaded."""

    def __init__(self, section: Any) -> None:
        self.widget, self.ui = section.widget, section.ui
        self.sets: Any = None
        self.export: Any = None
        self.restore: Any = None
        self.showLost("", False)
        self.showSetsMessage("")

    def connect(self, sets: Any, export: Any, restore: Any) -> None:
        """Connect the widgets to the presenters."""
        self.sets, self.export, self.restore = sets, export, restore
        self.ui.setComboBox.connect("currentIndexChanged(int)", self._on_set)
        self.ui.deleteSetButton.connect("clicked()", self._on_delete)
        self.ui.setNameLineEdit.connect("editingFinished()", self._on_name)
        self.ui.annotatorLineEdit.connect("editingFinished()", self._on_annotator)
        self.ui.startComboBox.connect("currentIndexChanged(int)", self._on_start)
        self.ui.createSetButton.connect("clicked()", self._on_create)
        self.ui.exportSetButton.connect("clicked()", self._on_export)
        self.ui.trainingSetButton.connect("clicked()", self._on_training)
        self.ui.schemaButton.connect("clicked()", self._on_schema)
        self.ui.restoreButton.connect("clicked()", self._on_restore)
        self.ui.discardButton.connect("clicked()", self._on_discard)

    def showSets(self, sets: Sequence[tuple[str, str]], chosen: str) -> None:
        """See `SetsView`."""
        fill(self.ui.setComboBox, sets, chosen)

    def showStarts(self, starts: Sequence[tuple[str, str]], chosen: str) -> None:
        """See `SetsView`."""
        fill(self.ui.startComboBox, starts, chosen)

    def showFacts(self, name: str, annotator: str) -> None:
        """See `SetsView`."""
        for edit, text in ((self.ui.setNameLineEdit, name), (self.ui.annotatorLineEdit, annotator)):
            if edit.text != text and not edit.focus:
                edit.text = text

    def setSetsEnabled(self, clip: bool, chosen: bool) -> None:
        """See `SetsView`."""
        for name in ("setComboBox", "startComboBox", "createSetButton", "annotatorLineEdit"):
            getattr(self.ui, name).enabled = clip
        for name in ("deleteSetButton", "setNameLineEdit", "exportSetButton", "trainingSetButton", "schemaButton"):
            getattr(self.ui, name).enabled = chosen

    def showSetsMessage(self, text: str) -> None:
        """See `SetsView`."""
        self.ui.setsMessageLabel.text = text
        self.ui.setsMessageLabel.visible = bool(text)

    def showLost(self, text: str, fits: bool) -> None:
        """See `RestoreView`."""
        self.ui.lostLabel.text = text
        self.ui.lostWidget.visible = bool(text)
        self.ui.restoreButton.enabled = fits

    def openSection(self) -> None:
        """See `RestoreView`."""
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
        self.sets.sign(self.ui.annotatorLineEdit.text.strip())

    @guarded(_("The new set could not be prepared."))
    def _on_start(self, index: int) -> None:
        self.sets.chooseStart(self.ui.startComboBox.itemData(index) or "")

    @guarded(_("The annotation set could not be made."))
    def _on_create(self) -> None:
        self.sets.create()

    @guarded(_("The annotation set could not be exported."))
    def _on_export(self) -> None:
        self.export.export()

    @guarded(_("The annotation set could not be exported."))
    def _on_training(self) -> None:
        self.export.exportTraining()

    @guarded(_("The schema could not be saved."))
    def _on_schema(self) -> None:
        self.export.exportSchema()

    @guarded(_("The unsaved work could not be restored."))
    def _on_restore(self) -> None:
        self.restore.restore()

    @guarded(_("The unsaved work could not be discarded."))
    def _on_discard(self) -> None:
        self.restore.discard()


def fill(combo: Any, entries: Sequence[tuple[str, str]], current: str) -> None:
    """Fill a combo box with (value, title), only if they changed, without telling anybody."""
    shown = [(combo.itemData(i), combo.itemText(i)) for i in range(combo.count)]
    was_blocked = combo.blockSignals(True)
    if shown != list(entries):
        combo.clear()
        for value, title in entries:
            combo.addItem(title, value)
    index = combo.findData(current)
    if combo.currentIndex != index:
        combo.setCurrentIndex(index)
    combo.blockSignals(was_blocked)


def selected_row(table: Any) -> int:
    """Return the selected row, -1 for none; the current one follows only after the selection when keys are used."""
    rows = {item.row() for item in table.selectedItems()}
    return min(rows) if rows else -1
