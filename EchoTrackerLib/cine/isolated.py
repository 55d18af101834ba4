"""Reading in a process of its own, so that a decoder that crashes on a damaged file takes nothing else with it.

FFmpeg, GDCM, OpenJPEG, CharLS, ITK and libtiff are C and C++; a damaged stream has crashed each of them somewhere.
The child writes JSON lines to its standard output: {"stage": text, "value": 0..1} while it works, and at last
{"error": ...} or {"clip": facts, "arrays": [[name, type, shape], ...]} followed by the arrays' bytes.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO, Callable, Optional

import numpy as np

from ..errors import BadInput, EchoTrackerError, MissingDependency, OutOfMemory, Package
from ..i18n import tr as _
from ..interpreter import find_python
from ..progress import Progress
from .cine import Cine
from .ecg import ecg_from_json
from .regions import Region

_LOGGER = logging.getLogger("EchoTracker")
_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from EchoTrackerLib.cine import reading; reading.serve()"
_GRACE_S = 5.0
_ARRAYS = ("frames", "times_s", "colour", "ijk_to_ras", "r_times_s")
_ERRORS = {kind.__name__: kind for kind in (BadInput, OutOfMemory)}


def read_isolated(path: Path, progress: Progress, command: Optional[Sequence[str]] = None) -> Cine:
    """Return what `read_here` of another process reads.

    Args:
        path: the file or folder.
        progress: called as the other process reports; may raise to stop it.
        command: what to run in place of that process, for tests.

    Raises:
        BadInput: the file cannot be read, or its decoder crashed.
        MissingDependency: an optional package is missing.
        MemoryError: the clip is too large.
    """
    command = command or [find_python(), "-c", _START, str(_ROOT), str(path)]
    no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # of Windows
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, creationflags=no_window
        )
        assert child.stdout is not None
        try:
            cine = _receive(child.stdout, progress)
            child.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            pass  # it hangs after all that is needed was said
        finally:
            child.kill()
            code = child.wait()
            child.stdout.close()
        if cine is None:
            log.seek(0)
            _LOGGER.debug("The reader of %s ended: %s", path.name, log.read()[-2000:])
            raise BadInput(
                _(
                    "{name}: the decoder crashed on it (code {code}). The file is damaged, or memory ran out: export "
                    "or copy it again, or cut it to one or two beats."
                ).format(name=path.name, code=code)
            )
    return cine


def serve(path: Path, read: Callable[[Path, Progress], Cine]) -> None:
    """Be the other process: read, and write the clip or the error to standard output."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not come between the lines

    def tell(stage: str, value: float) -> None:
        _line(output, {"stage": stage, "value": value})

    try:
        cine = read(path, tell)
    except MissingDependency as error:
        _line(output, {"error": "MissingDependency", "message": error.reason, "packages": error.packages})
    except MemoryError:
        _line(output, {"error": "MemoryError"})
    except EchoTrackerError as error:
        _line(output, {"error": type(error).__name__, "message": str(error)})
    else:
        _send(output, cine)
    output.close()
    os._exit(0)  # a library that was upset by the file may crash while it is unloaded


def _send(output: BinaryIO, cine: Cine) -> None:
    arrays = {name: getattr(cine, name) for name in _ARRAYS if getattr(cine, name) is not None}
    facts = {f.name: getattr(cine, f.name) for f in fields(cine) if f.name not in _ARRAYS}
    facts["regions"] = [[region.bounds_px, region.kind, region.spacing_mm] for region in cine.regions]
    kinds = [[name, array.dtype.str, array.shape] for name, array in arrays.items()]
    _line(output, {"clip": facts, "arrays": kinds})
    for array in arrays.values():
        output.write(np.ascontiguousarray(array).data)


def _line(output: BinaryIO, message: dict[str, Any]) -> None:
    output.write(json.dumps(message, default=float).encode() + b"\n")
    output.flush()


def _receive(stream: Any, progress: Progress) -> Optional[Cine]:
    """Return the clip, None when the stream ends before it is there."""
    for line in iter(stream.readline, b""):
        try:
            message = json.loads(line)
        except ValueError:
            return None
        if "stage" in message:
            progress(str(message["stage"]), float(message["value"]))
        elif "error" in message:
            raise _error(message)
        else:
            return _clip(message, stream)
    return None


def _error(message: dict[str, Any]) -> BaseException:
    if message["error"] == "MissingDependency":
        return MissingDependency(message["message"], *(Package(*package) for package in message["packages"]))
    if message["error"] == "MemoryError":
        return MemoryError()
    return _ERRORS.get(message["error"], EchoTrackerError)(message["message"])


def _clip(message: dict[str, Any], stream: Any) -> Optional[Cine]:
    arrays: dict[str, Any] = {}
    for name, kind, shape in message["arrays"]:
        array = np.empty(shape, np.dtype(kind))
        view, got = array.reshape(-1).view(np.uint8).data, 0
        while got < len(view):
            count = stream.readinto(view[got:])
            if not count:
                return None
            got += count
        arrays[name] = array
    facts: dict[str, Any] = message["clip"]
    facts["regions"] = tuple(
        Region(tuple(bounds), kind, None if spacing is None else (spacing[0], spacing[1]))
        for bounds, kind, spacing in facts["regions"]
    )
    facts["warnings"] = tuple(facts["warnings"])
    facts["ecg"] = ecg_from_json(facts["ecg"])
    facts["spacing_mm"] = None if facts["spacing_mm"] is None else tuple(facts["spacing_mm"])
    return Cine(**arrays, **facts)
