"""The editors of all annotation sets that were edited since they were saved, each with its journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Optional

from ...errors import BadInput
from ...scene.annotation.editor import AnnotationEditor

_FOLDER = "EchoTracker-annotation"


class OpenEditors:
    """They live on until their set is saved or gone, whichever set is worked on."""

    def __init__(self, scene: Any, proxy: Callable[[Any], Any]) -> None:
        """Begin without any; `proxy` returns the point list on screen of a set, None where there is none."""
        self._scene, self._proxy = scene, proxy
        self._editors: dict[str, tuple[Any, AnnotationEditor]] = {}

    @property
    def unsaved(self) -> int:
        """Number of edits, in all sets, that only the journals hold."""
        return sum(editor.unsaved for _sequence, editor in self._editors.values())

    def journal_folders(self) -> tuple[Path, ...]:
        """Return where journals are written: a folder for temporary files, and beside the scene if it has a file."""
        import slicer

        folders = [Path(slicer.app.temporaryPath) / _FOLDER]
        url = self._scene.GetURL() or ""
        beside = Path(url).parent if url else None
        if beside is not None and beside.is_absolute() and beside.is_dir():
            folders.append(beside)
        return tuple(folders)

    def find(self, sequence: Any) -> Optional[AnnotationEditor]:
        """Return the editor of a set, None where it has none or there is no set."""
        return None if sequence is None else self._editors.get(sequence.GetID(), (None, None))[1]

    def has(self, editor: AnnotationEditor) -> bool:
        """Return whether this is one of them."""
        return any(editor is mine for _sequence, mine in self._editors.values())

    def open(self, sequence: Any) -> AnnotationEditor:
        """Return the editor of a set, made if it has none.

        Raises:
            BadInput: the set cannot be edited, or no journal can be written.
        """
        editor = self.find(sequence)
        if editor is None:
            editor = AnnotationEditor(self._scene, sequence, self.journal_folders())
            self._editors[sequence.GetID()] = sequence, editor
        return editor

    def keep(self, sequence: Any) -> None:
        """Write a set into its journal, so that a crash does not lose it.

        Raises:
            BadInput: as `open`.
        """
        if self.find(sequence) is None:
            self.open(sequence).set_editable(False)
        editor = self.open(sequence)
        editor.sign(editor.annotation.annotator)

    def drop(self, sequence: Any) -> None:
        """Forget a set that is about to be removed by the user, with its journal."""
        _sequence, editor = self._editors.pop(sequence.GetID(), (None, None))
        if editor is not None:
            editor.close()

    def forget_removed(self) -> None:
        """Let go of sets that were removed from the scene, or whose clip was."""
        for identifier, (sequence, editor) in list(self._editors.items()):
            if sequence.GetScene() is None or self._proxy(sequence) is None:
                editor.leave()
                del self._editors[identifier]

    def renew_journals(self) -> bool:
        """Begin new journals for sets that were saved; return whether there were any."""
        if not self._editors:
            return False
        folders = self.journal_folders()
        saved = [editor for _sequence, editor in self._editors.values() if editor.needs_new_journal(folders)]
        for editor in saved:
            editor.saved(folders)
        return bool(saved)

    def reread(self) -> None:
        """Start again with sets that others changed while another module was shown; the journals hold that, too."""
        self.forget_removed()
        for identifier, (sequence, editor) in list(self._editors.items()):
            if not editor.agrees_with_scene():
                del self._editors[identifier]
                try:
                    self.keep(sequence)
                    editor.close()
                except BadInput:  # what others left cannot be edited: what was there before can be restored
                    editor.leave()

    def close(self) -> None:
        """Let go of all; what is in no file stays in the journals."""
        for _sequence, editor in self._editors.values():
            editor.leave()
        self._editors.clear()
