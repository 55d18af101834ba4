"""The annotations in a ZIP as CVAT downloads it, beside images or alone."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ...errors import BadInput
from ...i18n import tr as _

_LARGEST = 1 << 29  # bytes of annotations; a bomb unpacks to more


def read_exported(path: Path) -> tuple[str, bytes]:
    """Return name and content of the one XML or JSON file in an archive.

    Raises:
        BadInput: damaged, none or several of them, or one larger than 512 MiB.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if m.filename.lower().endswith((".xml", ".json"))]
            if len(members) != 1:
                names = ", ".join(member.filename for member in members[:5]) or "none"
                raise BadInput(
                    _(
                        "must hold one .xml or .json of annotations; it holds: {names}. Unpack it and choose one."
                    ).format(names=names)
                )
            if members[0].file_size > _LARGEST:
                raise BadInput(_("{filename} in it is larger than 512 MiB.").format(filename=members[0].filename))
            return members[0].filename, archive.read(members[0])
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise BadInput(_("is damaged, or no ZIP ({error}). Download it again.").format(error=error)) from error
