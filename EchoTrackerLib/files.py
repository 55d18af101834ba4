"""The one way to write, so that nothing half-written is ever seen under its name."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

from .errors import BadInput
from .i18n import tr as _

_PREFIX = ".partial-"


@contextmanager
def complete_file(path: Path, staging: Optional[Path] = None) -> Iterator[Path]:
    """Yield a temporary file that takes the name `path` only when the block ends without error.

    The folder is made when it is not there. The content is on the disk before the name is: a power cut leaves the old
    file or the new one. The temporary file is made in the folder `staging`, which must be on the same disk, or beside
    `path`: a process that is killed leaves it there.

    Raises:
        BadInput: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=path.suffix, dir=staging or path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        mask = os.umask(0)
        os.umask(mask)
        partial.chmod(0o666 & ~mask)  # mkstemp makes it private; give it the rights any new file has
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def complete_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `folder`; what is in it moves there only when the block ends without error.

    Files of other names already in `folder` are left alone; those of the same name are replaced.

    Raises:
        BadInput: the folder cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInput(_("{path}: is a file; name a folder.").format(path=folder))
    try:
        parent = folder.absolute().parent
        parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{folder.name}-", dir=parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield staging
        folder.mkdir(exist_ok=True)
        for path in sorted(staging.iterdir()):
            target = folder / path.name
            if target.is_dir():
                shutil.rmtree(target)
            path.replace(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def whole_folder(folder: Path, staging: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `folder`, with all that was in it, when the block ends without
    error.

    It comes into place at once: a process that is killed leaves the old folder, none, or the new one. The empty folder
    is made in the folder `staging`, which must be on the same disk.

    Raises:
        BadInput: the folder cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=staging))
        made.chmod(folder.parent.stat().st_mode)  # mkdtemp makes it private
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield made
        if folder.exists():
            folder.replace(Path(tempfile.mkdtemp(prefix=_PREFIX, dir=staging)) / "old")
        made.replace(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _unwritable(path: Path, error: OSError) -> BadInput:
    return BadInput(
        _("{path}: cannot be written ({reason}). Choose another place.").format(path=path, reason=error.strerror)
    )
