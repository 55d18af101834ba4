"""What was computed once is kept under the digest of everything it depends on; unfinished files never stay.

The key of a result is the SHA-256 of the content of its inputs (files, options, weights), of this package's source and
bundled weights, and of the versions of the libraries that numbers depend on. Equal keys have equal results, so runs
share one folder without asking each other; whatever changes gets another key.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np

from ..errors import BadInput
from ..files import complete_file
from ..npz import read_npz

_LIBRARY = Path(__file__).resolve().parents[1]
# Rooms whose source decides about a result.
TRACKING_ROOMS = ("cine", "tracks", "tracking")
ALL_ROOMS = (*TRACKING_ROOMS, "annotation", "phantom", "strain", "review", "scene", "cohort")
_PACKAGES = ("numpy", "scipy", "torch", "opencv-python-headless", "av", "pydicom", "SimpleITK", "pynrrd", "pillow")
_SCRATCH, _LOCK = ".unfinished-", "lock"
_DAMAGED = (OSError, ValueError, KeyError, BadInput)


def default_folder() -> Path:
    """The user's cache folder: $XDG_CACHE_HOME or ~/.cache, echotracker/cohort."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "echotracker" / "cohort"


def key_of(**parts: Any) -> str:
    """Return the SHA-256 of named parts that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, allow_nan=False).encode()).hexdigest()


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, or of the names and bytes of all files of a folder.

    A file that was not touched since this process read it is not read again.

    Raises:
        BadInput: there is none, or it cannot be read.
    """
    try:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.is_file())
            return key_of(files=[[file.relative_to(path).as_posix(), digest(file)] for file in files])
        stat = path.stat()
        return _file_digest(path, stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise BadInput(f"{path.name}: cannot be read ({error.strerror}). Check the path.") from error


@lru_cache(maxsize=4096)
def _file_digest(path: Path, size: int, changed_ns: int) -> str:
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def sources_digest(folder: Path) -> str:
    """Return the digest of the Python sources below a folder, whatever else is there (.git, compiled files)."""
    files = sorted(folder.rglob("*.py"))
    return key_of(sources=[[path.relative_to(folder).as_posix(), digest(path)] for path in files])


@lru_cache(maxsize=4)
def code_digest(rooms: tuple[str, ...] = ALL_ROOMS) -> str:
    """Return the digest of the source of these rooms, of the bundled weights and of the libraries' versions."""
    from ..resources import resource_path

    sources = sorted([*_LIBRARY.glob("*.py"), *(path for room in rooms for path in (_LIBRARY / room).rglob("*.py"))])
    models = sorted([*resource_path("Models").glob("*.safetensors"), *resource_path("Wall").iterdir()])
    return key_of(
        sources=[[path.relative_to(_LIBRARY).as_posix(), digest(path)] for path in sources],
        models=[[path.name, digest(path)] for path in models],
        packages=[[name, _version(name)] for name in _PACKAGES],
    )


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


class Store:
    """A folder of finished results by key; picklable, so that workers write to it themselves.

    Attributes:
        folder: where they are kept.
        scratch: folder for unfinished files, on the same disk (see `scratch_folder`).
    """

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.scratch = folder, scratch

    def load(self, key: str) -> Optional[Any]:
        """Return the JSON value kept under a key; None where there is none or it is damaged."""
        try:
            return json.loads(self._path(key, ".json").read_text(encoding="utf-8"))
        except _DAMAGED:
            return None

    def keep(self, key: str, value: Any) -> None:
        """Keep a JSON value."""
        with complete_file(self._path(key, ".json"), self.scratch) as partial:
            partial.write_text(json.dumps(value, sort_keys=True), encoding="utf-8")

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """Return the JSON value kept under a key; where there is none, make it and keep it."""
        value = self.load(key)
        if value is None:
            value = make()
            self.keep(key, value)
        return value

    def load_arrays(self, key: str) -> Optional[dict[str, np.ndarray]]:
        """Return the arrays kept under a key; None where there are none or they are damaged."""
        try:
            return read_npz(self._path(key, ".npz"))
        except _DAMAGED:
            return None

    def keep_arrays(self, key: str, arrays: Mapping[str, Any]) -> None:
        """Keep arrays."""
        with complete_file(self._path(key, ".npz"), self.scratch) as partial, partial.open("wb") as stream:
            np.savez_compressed(stream, **dict(arrays))

    def _path(self, key: str, suffix: str) -> Path:
        return self.folder / key[:2] / f"{key}{suffix}"


@contextmanager
def scratch_folder(folder: Path) -> Iterator[Path]:
    """Yield a new folder in `folder` for unfinished files; it is gone at the end.

    It is locked while this process lives, so that the next run tells what a killed one left, and removes it.

    Raises:
        BadInput: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_SCRATCH}*"):
            _sweep(left)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=folder))
        lock = (scratch / _LOCK).open("a")
    except OSError as error:
        raise BadInput(f"{folder}: cannot be written ({error.strerror}). Choose another folder.") from error
    try:
        _locked(lock)
        yield scratch
    finally:
        lock.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _sweep(left: Path) -> None:
    """Remove a scratch folder whose process is gone."""
    try:
        with (left / _LOCK).open("r+") as stream:
            if not _locked(stream):
                return
    except OSError:
        with suppress(OSError):
            left.rmdir()  # killed before it was locked: empty
        return
    shutil.rmtree(left, ignore_errors=True)


def _locked(stream: Any) -> bool:
    """Lock an open file for this process and return True, or return False where another process holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
