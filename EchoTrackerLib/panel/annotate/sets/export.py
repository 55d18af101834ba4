"""Writing annotation sets into files: for other programs, for training, and their points as a schema to share."""

from __future__ import annotations

from typing import Callable

from ....annotation import files as annotation_files
from ....annotation.annotation import Annotation
from ....annotation.schema import Schema, schema_of, write_schema
from ....errors import BadInput
from ....i18n import tr as _
from ....scene.annotation.sequence import read_annotation
from ...qt.dialogs import Dialogs
from ..editors import SetEditors
from .schemas import Schemas
from .view import SetsWidgets

SCHEMA_FILTERS = _("Point schema") + " (*.json)"
_FILTERS = ";;".join(
    (
        _("JSON with provenance") + " (*.json)",
        _("COCO keypoints") + " (*.coco.json)",
        _("Table, one line a point and frame") + " (*.csv)",
        _("TAP-Vid arrays") + " (*.npz)",
    )
)


class SetExportPresenter:
    """Asks where to and writes the chosen set."""

    def __init__(
        self,
        editors: SetEditors,
        view: SetsWidgets,
        dialogs: Dialogs,
        schemas: Schemas,
        begin_with: Callable[[str], None],
    ) -> None:
        """`begin_with` is told the key of a schema that was written: new sets begin with it."""
        self._editors, self._view, self._dialogs, self._session = editors, view, dialogs, editors.session
        self._schemas, self._begin_with = schemas, begin_with

    def export(self) -> None:
        """Ask for a file and write the chosen set into it; the suffix says the format."""
        annotation, name = self._chosen()
        path = self._dialogs.save_file(_("Export the annotation set"), f"{_file_name(name)}.json", _FILTERS)
        if path is not None and not path.suffix:
            path = path.with_name(f"{path.name}.json")
            if path.exists() and not self._dialogs.confirm(_("{name} exists. Replace it?").format(name=path.name)):
                return
        if path is not None:
            annotation_files.write_annotation(path, annotation)
            self._view.show_sets_message(_("Written: {name}.").format(name=path.name))

    def export_training(self) -> None:
        """Ask for a folder and write clip and set into it, as `train --data` reads it."""
        annotation, name = self._chosen()
        folder = self._dialogs.open_folder(_("Folder for training"))
        if folder is None:
            return
        target = _file_name(name)
        if (folder / f"{target}.npz").exists() and not self._dialogs.confirm(
            _("{name} exists in this folder. Replace it?").format(name=f"{target}.npz")
        ):
            return
        with self._dialogs.waiting():
            path = annotation_files.write_training_clip(folder, self._session.need_cine(), annotation, target)
        self._view.show_sets_message(_("Written: {name}.").format(name=path.name))

    def export_schema(self) -> None:
        """Ask for a file and write names, order and segments of the set's points; the file's name names the schema.

        Raises:
            BadInput: the set has no points.
        """
        annotation, name = self._chosen()
        schema_of(annotation, name)  # a set without points is refused before a file is asked for
        path = self._dialogs.save_file(
            _("Save as schema"), f"{_file_name(annotation.schema or name)}.json", SCHEMA_FILTERS
        )
        if path is None:
            return
        path = path if path.suffix.lower() == ".json" else path.with_name(f"{path.name}.json")
        schema: Schema = schema_of(annotation, path.stem, self._session.parameters.view)
        write_schema(path, schema)
        self._begin_with(self._schemas.remember(path))
        self._view.show_sets_message(
            _("Written: {name}. New sets can begin with it, here and where the file is opened.").format(name=path.name)
        )

    def _chosen(self) -> tuple[Annotation, str]:
        sequence = self._editors.chosen
        if sequence is None:
            raise BadInput(_("Choose an annotation set first."))
        editor = self._editors.editor
        annotation = editor.annotation if editor is not None else read_annotation(self._session.scene, sequence)
        return annotation, self._editors.name(sequence)


def _file_name(name: str) -> str:
    """Return a name that every file system takes."""
    kept = "".join(c if c.isalnum() or c in "-_ " else "-" for c in name).strip()
    return kept or "annotation"
