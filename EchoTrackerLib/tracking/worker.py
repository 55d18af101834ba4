"""The worker process: `python -u worker.py FOLDER` tracks the job in FOLDER (see `exchange`).

Prints one JSON object a line: {"stage": "Tracking", "value": 0.4}; before it fails {"error": kind, "message": text}.
Stops by itself when FOLDER/cancel appears or when standard input closes, as it does when Slicer dies.
Exit codes: 0 done, 2 bad input, 3 cancelled, 4 out of memory, 1 anything else.

Works with any Python that has numpy, PythonSlicer among them; never imports slicer or Qt.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path

OK, FAILED, BAD_INPUT, CANCELLED, OUT_OF_MEMORY = 0, 1, 2, 3, 4
_ASK_EVERY_S = 0.03
_TELL_EVERY_S = 0.05
_GRACE_S = 2.0


class _Cancel:
    """Whether to stop; cheap enough to be asked for every frame."""

    def __init__(self, flag: Path) -> None:
        self._flag = flag
        self._asked = 0.0
        self._set = threading.Event()
        threading.Thread(target=self._watch_parent, daemon=True).start()

    def _watch_parent(self) -> None:
        try:
            while os.read(0, 1):  # not sys.stdin: a waiting reader of it aborts Python's shutdown
                pass
        except OSError:
            return  # started without standard input
        self._set.set()
        time.sleep(_GRACE_S)
        os._exit(CANCELLED)

    def __call__(self) -> bool:
        now = time.monotonic()
        if not self._set.is_set() and now - self._asked >= _ASK_EVERY_S:
            self._asked = now
            if self._flag.exists():
                self._set.set()
        return self._set.is_set()


def _tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts, ensure_ascii=True) + "\n")
    sys.stdout.flush()


class _Progress:
    """Prints progress, not more often than a person can see."""

    def __init__(self) -> None:
        self._stage, self._told = "", 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        now = time.monotonic()
        if stage != self._stage or now - self._told >= _TELL_EVERY_S or fraction >= 1:
            self._stage, self._told = stage, now
            _tell(stage=stage, value=round(float(fraction), 4))


def run_job(folder: Path) -> None:
    """Track the job in `folder` and write the tracks beside it."""
    from EchoTrackerLib.tracking.exchange import CANCEL_FILE, read_job, write_result
    from EchoTrackerLib.tracking.request import run_job as run

    cancelled, progress = _Cancel(folder / CANCEL_FILE), _Progress()
    progress("Starting", 0.0)
    write_result(folder, run(read_job(folder), progress, cancelled))


def main(folder: Path) -> int:
    """Run the job; print what went wrong; return the exit code."""
    from EchoTrackerLib.errors import BadInput, Cancelled, MissingDependency, OutOfMemory

    try:
        run_job(folder)
    except Cancelled as error:
        _tell(error="cancelled", message=str(error))
        return CANCELLED
    except (OutOfMemory, MemoryError) as error:
        _tell(error="memory", message=str(error))
        return OUT_OF_MEMORY
    except MissingDependency as error:
        _tell(error="missing", message=str(error))
        return FAILED
    except ImportError as error:
        traceback.print_exc()
        _tell(error="missing", message=f"The Python package '{error.name or error}' is missing or broken.")
        return FAILED
    except BadInput as error:
        _tell(error="input", message=str(error))
        return BAD_INPUT
    except Exception as error:  # the process ends here; whatever it was goes to the log and to the user
        traceback.print_exc()
        _tell(error="failed", message=f"{type(error).__name__}: {error}")
        return FAILED
    return OK


if __name__ == "__main__":
    # As a script the first entry of sys.path is this folder, whose files would hide packages of the same name.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    # Before torch is imported. GNU OpenMP's waiting threads spin by default, which beside a busy Slicer makes the
    # networks ten times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.modules["slicer"] = None  # type: ignore[assignment]  # PythonSlicer could import it; it has no application
    sys.exit(main(Path(sys.argv[1])))
