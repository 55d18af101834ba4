"""One folder for everything the stand-in writes; it is gone when the process ends."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path


@functools.lru_cache(maxsize=1)
def _root() -> Path:
    root = tempfile.mkdtemp(prefix="echotracker-host-")
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return Path(root)


def scratch(name: str) -> Path:
    """Return the folder of this name, made when it isn't there."""
    folder = _root() / name
    folder.mkdir(exist_ok=True)
    return folder
