"""The list of annotation sets: create, import, name, sign and delete them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

from ....annotation import files as annotation_files
from ....annotation.annotation import Annotation, empty_annotation, from_tracks, on_clip
from ....annotation.schema import Schema
from ....errors import BadInput
from ....i18n import tr as _
from ....scene import results as study
from ....scene.annotation import sets as annotation_sets
from ....scene.annotation.sequence import add_annotation, write_facts
from ....scene.tracks import read_tracks
from ....tracks.known import known_of
from ...qt.dialogs import Dialogs
from ...qt.packages import with_packages
from ..editors import SetEditors
from .export import SCHEMA_FILTERS
from .schemas import FILE, FREE, SCHEMA_FILE, TRACKS, Schemas
from .view import SetsWidgets

_SUFFIXES = " ".join(f"*{suffix}" for suffix in annotation_files.READABLE_SUFFIXES)
_READ_FILTERS = _("Annotation") + f" ({_SUFFIXES});;" + _("All files") + " (*)"


class SetsPresenter:
    """Fills the list of sets and acts on its buttons."""

    def __init__(self, editors: SetEditors, view: SetsWidgets, dialogs: Dialogs, schemas: Schemas) -> None:
        self._editors, self._view, self._dialogs, self._session = editors, view, dialogs, editors.session
        self._schemas = schemas
        self._start = ""
        editors.changed.connect(self.refresh)
        editors.session.results_changed.connect(self.refresh)

    # -- what is shown -----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the sets of the clip."""
        editors = self._editors
        chosen = editors.chosen
        self._view.show_sets([(s.GetID(), editors.name(s)) for s in editors.sets], chosen.GetID() if chosen else "")
        starts = self._starts()
        if self._start not in [key for key, _title in starts]:
            self._start = starts[0][0]
        self._view.show_starts(starts, self._start)
        self._view.set_sets_enabled(editors.browser is not None, editors.editor is not None)
        typed = editors.annotator() if editors.browser is not None else ""
        name = editors.name(chosen) if editors.editor is not None else ""
        signed = editors.editor.annotation.annotator if editors.editor is not None else None
        self._view.show_facts(name, typed, signed)

    def _starts(self) -> list[tuple[str, str]]:
        tracks = [(TRACKS, _("Tracks of this clip"))] if self._tracks_node() is not None else []
        return [
            *tracks,
            *self._schemas.starts(),
            (FREE, _("Empty: free points")),
            (SCHEMA_FILE, _("Empty: schema file...")),
            (FILE, _("File...")),
        ]

    def _tracks_node(self) -> Any:
        browser = self._editors.browser
        found = study.find_results(self._session.scene, browser).tracks if browser is not None else None
        return found.sequence if found is not None else None

    # -- choosing and naming -----------------------------------------------------------------
    def choose(self, identifier: str) -> None:
        """The user chose a set in the list."""
        self._view.show_sets_message("")
        self._editors.choose(self._session.scene.GetNodeByID(identifier) if identifier else None)

    def choose_start(self, key: str) -> None:
        """The user chose what a new set begins with."""
        self._start = key

    def begin_with(self, key: str) -> None:
        """Offer something new, and choose it."""
        self._start = key
        self.refresh()

    def rename(self, name: str) -> None:
        """Rename the set that is edited; an empty name leaves it."""
        editor, sequence = self._editors.editor, self._editors.chosen
        if editor is not None and name.strip() and name.strip() != self._editors.name(sequence):
            editor.rename(name.strip())
        self.refresh()

    def introduce(self, annotator: str) -> None:
        """Note who annotates from now on; the chosen set takes the name if nobody signed it."""
        self._editors.annotator(annotator)
        editor = self._editors.editor
        if editor is not None and not editor.annotation.annotator and annotator:
            editor.sign(annotator)
        self.refresh()

    def sign(self) -> None:
        """Sign the chosen set with the name of who annotates now, whoever signed it before."""
        editor = self._editors.need_editor()
        if editor.annotation.annotator != self._editors.annotator():
            editor.sign(self._editors.annotator())
        self.refresh()

    def delete(self) -> None:
        """Remove the chosen set, after a question."""
        sequence = self._editors.chosen
        if sequence is None:
            raise BadInput(_("Choose an annotation set first."))
        question = _("Delete the annotation set '{name}'? This cannot be undone.")
        if not self._dialogs.confirm(question.format(name=self._editors.name(sequence))):
            return
        self._editors.drop(sequence)
        annotation_sets.remove_set(self._session.scene, sequence)
        self._editors.refresh()

    # -- making ------------------------------------------------------------------------------
    def create(self) -> None:
        """Make a set that begins with what was chosen, and work on it.

        Raises:
            BadInput: a file that cannot be read, or of another clip.
        """
        self._session.need_cine()
        self._view.show_sets_message("")
        if self._start == FILE:
            path = self._dialogs.open_file(_("Import an annotation set"), _READ_FILTERS)
            if path is not None:
                self.import_file(path)
        elif self._start == SCHEMA_FILE:
            path = self._dialogs.open_file(_("Point schema"), SCHEMA_FILTERS)
            if path is not None:
                self.add(self._from_schema(self._schemas.read(path)))
        elif self._start == TRACKS:
            self.add(self._from_tracks())
        elif self._start == FREE:
            self.add(self._empty((), None))
        else:
            self.add(self._from_schema(self._schemas.schema(self._start)))

    def import_file(self, path: Path) -> None:
        """Make a set from an annotation or track file."""
        cine = self._session.need_cine()
        annotation = with_packages(lambda: annotation_files.read_annotation(path, known_of(cine)), self._dialogs)
        if annotation.n_frames != cine.n_frames:
            raise BadInput(
                _("{file} has {n} frames, this clip has {count}. Choose the clip it was made on.").format(
                    file=path.name, n=annotation.n_frames, count=cine.n_frames
                )
            )
        if annotation.size is not None and annotation.size != cine.size:
            raise BadInput(
                _("{file} was made on images of {a} x {b} px, this clip has {w} x {h} px.").format(
                    file=path.name, a=annotation.size[0], b=annotation.size[1], w=cine.size[0], h=cine.size[1]
                )
            )
        self.add(on_clip(annotation, cine), path.name.split(".")[0])

    def add(self, annotation: Annotation, name: str = "") -> Any:
        """Put a set into the scene and work on it; return its sequence node.

        The annotator of a set that has one stays. What the set begins with is in its journal at once.
        """
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        annotator = annotation.annotator or self._editors.annotator()
        annotation = replace(annotation, annotator=annotator, created=annotation.created or now)
        name = name or annotator or _("{clip} annotation").format(clip=self._session.proxy.GetName())
        with self._dialogs.waiting():
            made = add_annotation(self._session.scene, self._session.browser, annotation, name)
            study.put_in_folder(self._session.scene, self._session.browser, [made.proxy])
            write_facts(made.sequence, annotation)
            self._editors.choose(made.sequence)
            self._editors.opened.keep(made.sequence)
        return made.sequence

    def _from_tracks(self) -> Annotation:
        node = self._tracks_node()
        if node is None:
            raise BadInput(_("Track points first."))
        tracks = read_tracks(self._session.scene, node)
        return replace(from_tracks(tracks), clip=self._session.need_cine().name, size=self._session.need_cine().size)

    def _from_schema(self, schema: Schema) -> Annotation:
        return replace(self._empty(schema.labels, schema.segments), schema=schema.name)

    def _empty(self, labels: tuple[str, ...], segments: Optional[tuple[str, ...]]) -> Annotation:
        cine = self._session.need_cine()
        return replace(on_clip(empty_annotation(labels, cine.times_s, segments), cine), clip=cine.name)
