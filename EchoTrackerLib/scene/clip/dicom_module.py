"""Clips that Slicer's DICOM module loaded: their files, and what those say against them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Optional

from ...cine.dicom.reading import why_3d_file
from ..mrml import nodes
from .cine import instance_uid, refuse


def database_file(uid: str) -> Optional[Path]:
    """Return the file of a DICOM instance from Slicer's DICOM database; None when it is not there."""
    import slicer

    database = getattr(slicer, "dicomDatabase", None)  # Slicer can be built without DICOM
    path = database.fileForInstance(uid) if uid and database is not None and database.isOpen else ""
    return Path(path) if path and Path(path).is_file() else None


def unread_file(browser: Any, ask: Callable[[str], Optional[Path]] = database_file) -> Optional[Path]:
    """Return the DICOM file of a clip that Slicer's DICOM module loaded and whose header was not read yet.

    Args:
        browser: the clip's sequence browser.
        ask: finds the file of an instance.
    """
    sequence = browser.GetMasterSequenceNode()
    if sequence is None or sequence.GetAttribute(nodes.CINE) is not None:
        return None
    return ask(instance_uid(browser))


def refuse_3d(browser: Any, path: Optional[Path]) -> None:
    """Refuse what Slicer's DICOM module loaded as a clip from a 3-D file, whose frames are slices; None: no file."""
    reason = why_3d_file(path) if path is not None else ""
    if reason:
        refuse(browser, reason)
