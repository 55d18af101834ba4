"""One annotation set kept in step in three places: in memory, in a journal on disk, in the scene.

Every change is in the journal before it is in the scene, so that a crash loses at most the change in flight.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ...annotation.annotation import Annotation, Edit, apply, with_name, with_point
from ...annotation.journal import Journal, Recovered
from ...errors import BadInput
from ...i18n import tr as _
from ..mrml.nodes import browser_of
from . import sequence as scene_annotation
from .sets import rename_set, set_name

MOVED_PX = 1e-3  # a stored position passes through RAS; a bigger difference is a change


class AnnotationRecord:
    """The set of one sequence node; one record a set, `close` or `leave` it before the scene closes.

    Attributes:
        annotation: the set as it is now.
    """

    def __init__(self, scene: Any, sequence: Any, journal_folders: Iterable[Path], annotator: str = "") -> None:
        """Unlock the set and begin its journal.

        Raises:
            BadInput: the set is not played with a clip, or no journal can be written.
        """
        self._scene, self._sequence = scene, sequence
        self._browser = browser_of(scene, sequence)
        self.annotation: Annotation = scene_annotation.read_annotation(scene, sequence)
        self._folders = tuple(journal_folders)
        if annotator:
            self.annotation = replace(self.annotation, annotator=annotator)
        self._journal: Optional[Journal] = self._new_journal()
        self._changed = _now()
        scene_annotation.set_editable(self._browser, sequence, True)

    @property
    def unsaved(self) -> int:
        """Number of changes that are in the journal but in no file of the set."""
        return 0 if self.is_saved() else self.journalled

    @property
    def journalled(self) -> int:
        """Number of changes in the journal."""
        return self._journal.count if self._journal is not None else 0

    # -- changes -----------------------------------------------------------------------------
    def carry_out(self, edit: Edit) -> None:
        """Change positions and states."""
        self._writing().add(edit)
        self.annotation = replace(apply(self.annotation, edit), modified=_clock())
        scene_annotation.write_edit(self._browser, self._sequence, edit)
        self._note_facts()

    def add_point(self, label: str, segment: str = "") -> None:
        """Add a point that is placed nowhere yet.

        Raises:
            BadInput: there is a point of this name.
        """
        annotation = with_point(self.annotation, label, segment)
        self._writing().add_point(label, segment)
        self.annotation = annotation
        scene_annotation.write_point(self._browser, self._sequence, label)
        self._note_facts()

    def name_point(self, point: int, label: str, segment: str) -> None:
        """Give a point another name and segment.

        Raises:
            BadInput: no name, or that of another point.
        """
        if (label, segment) == (self.annotation.labels[point], self.annotation.segments[point]):
            return
        annotation = with_name(self.annotation, point, label, segment)
        self._writing().name_point(point, label, segment)
        self.annotation = annotation
        scene_annotation.write_label(self._browser, self._sequence, point, label)
        self._note_facts()

    def sign(self, annotator: str) -> None:
        """Note who annotates."""
        self._writing().note(annotator, _clock())
        self.annotation = replace(self.annotation, annotator=annotator, modified=_clock())
        self._note_facts()

    def rename(self, name: str) -> str:
        """Rename the set; return its name, which has a number when another node is called so."""
        name = rename_set(self._scene, self._sequence, name)
        self._writing().rename(name)
        return name

    # -- end ---------------------------------------------------------------------------------
    def is_saved(self) -> bool:
        """Return whether the set was written to a file, with the scene or alone, after the last change.

        Slicer's flag "modified since read" does not say it: writing an .mrb sets it again.
        """
        storage = self._sequence.GetStorageNode()
        return storage is not None and storage.GetStoredTime().GetMTime() > self._changed

    def needs_new_journal(self, journal_folders: Iterable[Path]) -> bool:
        """Return whether the set is in a file, and its journal has more than that or lies in other folders."""
        return self.is_saved() and (self.journalled > 0 or tuple(journal_folders) != self._folders)

    def agrees_with_scene(self) -> bool:
        """Return whether nobody else changed the set, e.g. Slicer's own markups panel."""
        try:
            stored = scene_annotation.read_annotation(self._scene, self._sequence)
        except BadInput:
            return False
        ours = self.annotation
        if stored.labels != ours.labels or not np.array_equal(stored.states, ours.states):
            return False
        return bool(np.nanmax(np.abs(stored.positions - ours.positions), initial=0.0) < MOVED_PX)

    def set_editable(self, editable: bool) -> None:
        """Unlock or lock the points; the journal goes on."""
        scene_annotation.set_editable(self._browser, self._sequence, editable)

    def saved(self, journal_folders: Optional[Iterable[Path]] = None) -> None:
        """The scene was saved: what the journal holds is not needed any more; a new one begins, in these folders."""
        if journal_folders is not None:
            self._folders = tuple(journal_folders)
        old, self._journal = self._journal, self._new_journal()
        if old is not None:
            old.discard()

    def close(self) -> None:
        """Lock the set and remove the journal; the set stays in the scene."""
        if self._journal is not None:
            self._journal.discard()
            self._journal = None
            scene_annotation.set_editable(self._browser, self._sequence, False)

    def leave(self) -> None:
        """Stop, because the scene or the set goes away; a journal of what is in no file stays, to be restored."""
        if self._journal is None:
            return
        if self.unsaved:
            self._journal.close()
        else:
            self._journal.discard()
        self._journal = None

    def _new_journal(self) -> Journal:
        return Journal(self.annotation, self._folders, set_name(self._scene, self._sequence))

    def _writing(self) -> Journal:
        if self._journal is None:
            raise BadInput(_("Editing of this set has ended."))
        return self._journal

    def _note_facts(self) -> None:
        scene_annotation.write_facts(self._sequence, self.annotation)
        self._changed = _now()


def restore(scene: Any, browser: Any, recovered: Recovered, name: str) -> Any:
    """Put a set that a crash left in a journal beside the clip; return its sequence node.

    Raises:
        BadInput: it was made on a clip of another number of frames.
    """
    return scene_annotation.add_annotation(scene, browser, recovered.annotation, name).sequence


def _now() -> int:
    """Return a moment that compares with the stored time of a storage node."""
    import vtk

    stamp = vtk.vtkTimeStamp()
    stamp.Modified()
    return int(stamp.GetMTime())


def _clock() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
