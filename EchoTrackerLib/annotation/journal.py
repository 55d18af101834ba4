"""A journal of every edit on disk, so that a crash loses at most the edit in flight.

A journal is a file of JSON lines: the annotation as it was, then one line an edit, each forced to the disk before the
next one. The process that writes it holds a lock on it, which the system takes away however the process ends: a
journal without a lock was left behind by a crash.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from .annotation import Annotation, Edit, with_name, with_point
from .document import annotation_from_document, document_text

_LOGGER = logging.getLogger("EchoTracker")
_FORMAT, _VERSION = "echotracker-journal", 1
_PREFIX, _SUFFIX = "EchoTracker-", ".journal"
_LOCKED_BYTE = 1 << 40  # beyond any content: Windows' locks keep others from reading what they cover


@dataclass(frozen=True)
class Recovered:
    """What a journal holds.

    Attributes:
        annotation: with all edits that are complete.
        edits: how many there are.
        identifier: the same in all copies of one journal.
        path: of the file.
        name: of the set.
    """

    annotation: Annotation
    edits: int
    identifier: str
    path: Path
    name: str = ""


class Journal:
    """Writes the edits of one annotation set into a file in each of some folders.

    Attributes:
        identifier: of the set, in the names of the files.
        count: edits written.
    """

    def __init__(self, annotation: Annotation, folders: Iterable[Path], name: str = "") -> None:
        """Begin a journal of the set called `name`; a folder that cannot be written is left out.

        Raises:
            BadInput: none of the folders can be written.
        """
        self.identifier = uuid.uuid4().hex
        self.count = 0
        header = {"format": _FORMAT, "version": _VERSION, "set": self.identifier, "name": name}
        first = _line({**header, "base": json.loads(document_text(annotation))})
        self._files: list[tuple[Path, IO[bytes]]] = []
        for folder in dict.fromkeys(folders):
            path = folder / f"{_PREFIX}{self.identifier}{_SUFFIX}"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                file = path.open("xb")
                _try_lock(file)
                _write(file, first)
                self._files.append((path, file))
            except OSError as error:
                _LOGGER.warning("No journal in one of the folders: %s", error.strerror)
        if not self._files:
            raise BadInput(_("Edits cannot be journalled: no folder can be written. Free some space and try again."))

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files written."""
        return tuple(path for path, _file in self._files)

    def add(self, edit: Edit) -> None:
        """Write an edit; when this returns, the edit survives the end of the process."""
        states, positions, confidence = edit.new
        cells = [
            [int(point), int(frame), int(state), *(_number(value) for value in (*xy, trust))]
            for point, frame, state, xy, trust in zip(edit.points, edit.frames, states, positions, confidence)
        ]
        self._append({"what": edit.what, "cells": cells})

    def add_point(self, label: str, segment: str) -> None:
        """Write that a point was added to the set."""
        self._append({"what": "add point", "label": label, "segment": segment})

    def name_point(self, point: int, label: str, segment: str) -> None:
        """Write another name and segment of a point."""
        self._append({"what": "name point", "point": int(point), "label": label, "segment": segment})

    def note(self, annotator: str, modified: str) -> None:
        """Write who annotates."""
        self._append({"what": "note", "annotator": annotator, "modified": modified})

    def rename(self, name: str) -> None:
        """Write another name of the set."""
        self._append({"what": "rename", "name": name})

    def close(self) -> None:
        """Stop writing and leave the files behind."""
        for _path, file in self._files:
            file.close()
        self._files.clear()

    def discard(self) -> None:
        """Stop writing and remove the files: what they hold is saved elsewhere, or not wanted."""
        paths = self.paths
        self.close()
        for path in paths:
            path.unlink(missing_ok=True)

    def _append(self, entry: dict[str, Any]) -> None:
        line = _line(entry)
        for path, file in tuple(self._files):
            try:
                _write(file, line)
            except OSError as error:  # a full disk must not keep the other copy from being written
                _LOGGER.warning("A journal cannot be written any more: %s", error.strerror)
                file.close()
                self._files.remove((path, file))
        if not self._files:
            raise BadInput(_("Edits can no longer be journalled: free some space, then save the scene."))
        self.count += 1


def read_journal(path: Path) -> Recovered:
    """Read a journal; an incomplete last line is the edit that was in flight and is left out.

    Raises:
        BadInput: not a journal, or damaged before its first edit.
    """
    path = Path(path)
    try:
        lines = path.read_bytes().split(b"\n")[:-1]  # what follows the last line break is incomplete
        header = json.loads(lines[0]) if lines else None
        if not isinstance(header, dict) or header.get("format") != _FORMAT or header.get("version") != _VERSION:
            raise BadInput(_("{name}: is not a complete journal of annotations.").format(name=path.name))
        annotation = annotation_from_document(header["base"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            _("{name}: cannot be read as a journal ({error}).").format(name=path.name, error=error)
        ) from error
    count, name = 0, str(header.get("name", ""))
    for line in lines[1:]:
        try:
            entry = json.loads(line)
            annotation = _replayed(annotation, entry)
            name = str(entry["name"]) if entry["what"] == "rename" else name
        except (ValueError, KeyError, TypeError, IndexError, BadInput):
            _LOGGER.warning("A journal is damaged after %d edits; the rest is left out.", count)
            break
        count += 1
    return Recovered(annotation, count, str(header["set"]), path, name)


def abandoned_journals(folders: Iterable[Path]) -> list[Recovered]:
    """Return the journals that no process writes any more and that hold edits, one of several copies, newest first."""
    found: dict[str, Recovered] = {}
    paths = {path for folder in folders if folder.is_dir() for path in folder.glob(f"{_PREFIX}*{_SUFFIX}")}
    for path in sorted(paths, key=_age):
        if is_in_use(path):
            continue
        try:
            recovered = read_journal(path)
        except BadInput as error:
            _LOGGER.warning("%s", error)
            continue
        other = found.get(recovered.identifier)
        if recovered.edits and (other is None or other.edits < recovered.edits):
            found[recovered.identifier] = recovered
    return list(found.values())


def remove_journal(identifier: str, folders: Iterable[Path]) -> None:
    """Remove all copies of a journal."""
    for folder in folders:
        (folder / f"{_PREFIX}{identifier}{_SUFFIX}").unlink(missing_ok=True)


def is_in_use(path: Path) -> bool:
    """Return whether a living process writes the journal."""
    try:
        with path.open("r+b") as file:
            return not _try_lock(file)
    except OSError:
        return True


def _replayed(annotation: Annotation, entry: dict[str, Any]) -> Annotation:
    if entry["what"] == "add point":
        return with_point(annotation, str(entry["label"]), str(entry["segment"]))
    if entry["what"] == "name point":
        return with_name(annotation, int(entry["point"]), str(entry["label"]), str(entry["segment"]))
    if entry["what"] == "rename":
        return annotation
    if entry["what"] == "note":
        return replace(annotation, annotator=str(entry["annotator"]), modified=str(entry["modified"]))
    cells = np.array(entry["cells"], dtype=np.float64).reshape(-1, 6)
    where = (cells[:, 0].astype(int), cells[:, 1].astype(int))
    states, positions, confidence = (a.copy() for a in (annotation.states, annotation.positions, annotation.confidence))
    states[where], positions[where], confidence[where] = cells[:, 2], cells[:, 3:5], cells[:, 5]
    return replace(annotation, states=states, positions=positions, confidence=confidence)


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def _write(file: IO[bytes], line: bytes) -> None:
    file.write(line)
    file.flush()
    os.fsync(file.fileno())


def _number(value: np.floating) -> Optional[float]:
    return float(str(value)) if np.isfinite(value) else None


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:
        return 0.0


def _try_lock(file: IO[bytes]) -> bool:
    """Lock the file for this process as long as it is open; return whether nobody else has."""
    try:
        if sys.platform == "win32":
            import msvcrt

            position = file.tell()
            file.seek(_LOCKED_BYTE)
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            finally:
                file.seek(position)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
