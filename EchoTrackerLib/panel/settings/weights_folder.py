"""A folder for weights that the user picked: copied on request, checked by their SHA-256 before every use.

Nothing is downloaded. In a hospital without internet the files are brought on a stick and kept here.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from ...errors import BadInput
from ...files import complete_file
from ...i18n import tr as _

_LIST = "checksums.json"
_CHUNK = 1 << 20


def default_folder() -> Path:
    """Return the folder used when the user chose none."""
    return Path.home() / ".EchoTracker" / "Models"


class ModelFolder:
    """The models in one folder; files that are not in its list are nobody's business here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def checksums(self) -> dict[str, str]:
        """Return file name -> SHA-256 of the models that were kept."""
        try:
            listed = json.loads((self.folder / _LIST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(k): str(v) for k, v in listed.items()} if isinstance(listed, dict) else {}

    def size(self) -> int:
        """Return the bytes that the kept models take."""
        paths = (self.folder / name for name in self.checksums())
        return sum(path.stat().st_size for path in paths if path.is_file())

    def holds(self, path: Path) -> bool:
        """Return whether `path` is one of the kept models."""
        return path.parent == self.folder and path.name in self.checksums()

    def keep(self, path: Path) -> Path:
        """Copy a model into the folder, unless it is there already; return the copy's path.

        Raises:
            BadInput: the file or the folder cannot be read or written; nothing is left half done.
        """
        try:
            checksum = sha256(path)
            known = self.checksums()
            same = [name for name, other in known.items() if other == checksum and (self.folder / name).is_file()]
            if same:
                return self.folder / same[0]
            self.folder.mkdir(parents=True, exist_ok=True)
            target = self._free_name(path)
            with complete_file(target) as copy:
                shutil.copyfile(path, copy)
                if sha256(copy) != checksum:
                    raise BadInput(_("{name} changed while it was copied. Try again.").format(name=path.name))
            self._write({**known, target.name: checksum})
        except OSError as error:
            raise BadInput(
                _(
                    "{name} could not be kept in {folder} ({reason}). Choose another model folder in the settings."
                ).format(name=path.name, folder=self.folder, reason=error.strerror)
            ) from error
        return target

    def check(self, path: Path) -> None:
        """Check that a kept model is still the one that was kept; other files pass.

        Raises:
            BadInput: it was changed or is damaged.
        """
        if self.holds(path) and sha256(path) != self.checksums()[path.name]:
            raise BadInput(
                _("The weights {name} are not those that were kept: the file is damaged or was changed. Pick the "
                  "original file again.").format(name=path.name)
            )  # fmt: skip

    def clear(self) -> int:
        """Remove the kept models, and nothing else; return how many there were."""
        names = [name for name in self.checksums() if (self.folder / name).is_file()]
        try:
            for name in names:
                (self.folder / name).unlink()
            (self.folder / _LIST).unlink(missing_ok=True)
        except OSError as error:
            raise BadInput(_("The models could not be removed ({reason}).").format(reason=error.strerror)) from error
        return len(names)

    def _free_name(self, path: Path) -> Path:
        target, number = self.folder / path.name, 2
        while target.exists():
            target, number = self.folder / f"{path.stem} ({number}){path.suffix}", number + 1
        return target

    def _write(self, checksums: dict[str, str]) -> None:
        with complete_file(self.folder / _LIST) as partial:
            partial.write_text(json.dumps(checksums, indent=1, sort_keys=True), encoding="utf-8")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(_CHUNK), b""):
            digest.update(block)
    return digest.hexdigest()


def size_text(count: int, size: int) -> str:
    """Return "2 files, 35.1 MB"."""
    return _("{n} files, {mb:.1f} MB").format(n=count, mb=size / 1e6)
