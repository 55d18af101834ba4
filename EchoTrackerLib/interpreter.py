"""The Python interpreter for work that runs in a process of its own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from .errors import MissingDependency
from .i18n import tr as _


def find_python() -> str:
    """Return a Python interpreter: PythonSlicer inside Slicer, this one elsewhere.

    Raises:
        MissingDependency: there is none.
    """
    names = ("PythonSlicer", "PythonSlicer.exe")
    beside = [Path(sys.executable or ".").parent / name for name in names]
    prefix = Path(sys.exec_prefix)
    home = [prefix / "bin" / "PythonSlicer", prefix / "bin" / "python3", prefix / "python.exe"]
    own = Path(sys.executable or "")
    candidates = [shutil.which("PythonSlicer"), *beside]
    if own.stem.lower().startswith("python"):
        candidates.append(own)
    for candidate in (*candidates, *home):
        if candidate and Path(candidate).is_file():
            return str(candidate)
    raise MissingDependency(_("No Python interpreter was found beside Slicer (PythonSlicer). Reinstall Slicer."))
