"""Runs a tracking job in the worker process, watched from a timer of the caller: no threads, nothing blocks.

runner = ProcessRunner()
runner.start(job, on_progress, on_done)
... call runner.poll() every 50 to 100 ms until on_done was called; runner.cancel() at any time ...
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional, Protocol

from ..errors import BadInput, Cancelled, EchoTrackerError, MissingDependency, OutOfMemory
from ..i18n import tr as _
from ..interpreter import find_python
from ..progress import Progress
from ..tracks.tracks import Tracks
from . import worker
from .device import thread_settings
from .exchange import CANCEL_FILE, LOG_FILE, OUTPUT_FILE, Job, read_result, write_job

_LOGGER = logging.getLogger("EchoTracker")
# Cancelling must take effect within a second; a worker that is importing torch cannot answer.
_GRACE_S = 0.5
_KILLED = (-9, 137)
_CRASHED = "exit abnormally"  # PythonSlicer is a launcher: it ends with 1 and writes this when its Python was killed


_ERRORS: dict[str, type[EchoTrackerError]] = {
    "cancelled": Cancelled,
    "input": BadInput,
    "memory": OutOfMemory,
    "missing": MissingDependency,
}


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        kind: "done", "cancelled", "input", "memory", "missing", "killed" or "failed".
        tracks: only when done.
        message: a sentence for the user, "" when done.
        details: the end of the worker's log, for the error log.
    """

    kind: str
    tracks: Optional[Tracks] = None
    message: str = ""
    details: str = ""

    def need_tracks(self) -> Tracks:
        """Return the tracks.

        Raises:
            Cancelled, BadInput, OutOfMemory, MissingDependency: what ended the worker.
            EchoTrackerError: it ended otherwise; the message says how.
        """
        if self.tracks is None:
            raise _ERRORS.get(self.kind, EchoTrackerError)(self.message)
        return self.tracks


Done = Callable[[Outcome], None]


class Runner(Protocol):
    """Runs one job at a time."""

    @property
    def running(self) -> bool:
        """Whether a job was started and has not ended."""
        ...

    def start(self, job: Job, on_progress: Progress, on_done: Done) -> None:
        """Start a job; `on_done` is called exactly once, from `poll`."""
        ...

    def poll(self) -> None:
        """Pass on progress and the end of the job; call it from a timer."""
        ...

    def cancel(self) -> None:
        """Ask the job to stop; it ends as "cancelled" within a second."""
        ...

    def close(self) -> None:
        """Stop at once and forget the job; `on_done` is not called."""
        ...


class ProcessRunner:
    """Runs jobs in a process of its own, which can be cancelled, killed and can run out of memory without harm."""

    def __init__(self, command: Optional[Sequence[str]] = None) -> None:
        self._command = list(command) if command is not None else None
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._folder = Path()
        self._read = 0
        self._error: dict[str, str] = {}
        self._cancelled_at: Optional[float] = None

    @property
    def running(self) -> bool:
        """Whether a job was started and has not ended."""
        return self._process is not None

    def start(self, job: Job, on_progress: Progress, on_done: Done) -> None:
        """Start a job; `on_done` is called exactly once, from `poll`.

        Raises:
            RuntimeError: a job is running.
            MissingDependency: no Python interpreter was found.
        """
        if self.running:
            raise RuntimeError("A job is running.")
        command = self._command or [find_python(), "-u", str(Path(worker.__file__).resolve())]
        self._on_progress, self._on_done = on_progress, on_done
        self._read, self._error, self._cancelled_at = 0, {}, None
        self._folder = Path(tempfile.mkdtemp(prefix="EchoTracker-"))
        try:
            write_job(self._folder, job)
            with (self._folder / OUTPUT_FILE).open("wb") as output, (self._folder / LOG_FILE).open("wb") as log:
                self._process = subprocess.Popen(  # standard input stays open: its end tells the worker that we died
                    [*command, str(self._folder)],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=log,
                    env={**os.environ, **thread_settings(job.threads)},
                    **_own_group(),
                )
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def poll(self) -> None:
        """Pass on progress and the end of the job; call it from a timer."""
        if self._process is None:
            return
        code = self._process.poll()  # before reading, so that nothing printed is missed
        self._read_events()
        if self._process is None:  # a callback closed us
            return
        if code is None:
            if self._cancelled_at is not None and time.monotonic() - self._cancelled_at > _GRACE_S:
                _kill_group(self._process)
            return
        outcome = self._outcome(code)
        on_done = self._on_done
        self._forget()
        on_done(outcome)

    def cancel(self) -> None:
        """Ask the job to stop; it ends as "cancelled" within a second."""
        if self._process is not None and self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            (self._folder / CANCEL_FILE).touch()

    def close(self) -> None:
        """Stop at once and forget the job; `on_done` is not called."""
        if self._process is not None:
            _kill_group(self._process)
            self._forget()

    def _read_events(self) -> None:
        with (self._folder / OUTPUT_FILE).open("rb") as output:
            output.seek(self._read)
            text = output.read()
        complete = text.rfind(b"\n") + 1
        self._read += complete
        for line in text[:complete].splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue  # something a library printed
            if not isinstance(event, dict):
                continue
            if "error" in event:
                self._error = event
            elif "stage" in event and self._cancelled_at is None:
                self._on_progress(_stage_text(str(event["stage"])), float(event.get("value", 0.0)))

    def _outcome(self, code: int) -> Outcome:
        details = (self._folder / LOG_FILE).read_text(encoding="utf-8", errors="replace")[-4000:]
        message = self._error.get("message", "")
        if self._cancelled_at is not None or code == worker.CANCELLED:
            return Outcome("cancelled", message=_("Canceled; nothing was changed."))
        if code == worker.OK:
            try:
                return Outcome("done", read_result(self._folder))
            except Exception as error:  # whatever is wrong with the file, the user hears of it and the scene stays
                return Outcome("failed", message=_("The tracks could not be read: {error}").format(error=error))
        if code == worker.OUT_OF_MEMORY:
            text = _("There was not enough memory. Track fewer points or a shorter clip, or choose the device 'cpu'.")
            return Outcome("memory", message=text, details=message + "\n" + details)
        if code in _KILLED:
            text = _(
                "Tracking was stopped by the operating system, most likely because memory ran out. "
                "The scene is as it was. Close other programs, or track fewer points or a shorter clip."
            )
            return Outcome("killed", message=text, details=details)
        if _CRASHED in details:
            text = _(
                "Tracking crashed, or the operating system stopped it because memory ran out. The scene is as it was. "
                "Choose the classical tracker, fewer points or a shorter clip; the error log has the details."
            )
            return Outcome("killed", message=text, details=details)
        kind = self._error.get("error", "failed")
        if not message:
            message = _("Tracking ended unexpectedly (code {code}). The scene is as it was.").format(code=code)
        return Outcome(kind, message=message, details=details)

    def _forget(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def run_blocking(runner: Runner, job: Job, on_progress: Progress, tick_s: float = 0.02) -> Outcome:
    """Run a job and wait for it, for scripts; Ctrl+C cancels it."""
    ended: list[Outcome] = []
    runner.start(job, on_progress, ended.append)
    try:
        while not ended:
            runner.poll()
            if not ended:
                time.sleep(tick_s)
    finally:
        runner.close()
    return ended[0]


def _own_group() -> dict[str, Any]:
    if os.name == "nt":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW  # type: ignore[attr-defined]
        return {"creationflags": flags}
    return {"start_new_session": True}


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and its children: PythonSlicer is a launcher, the work is done in its child."""
    if process.poll() is not None:
        return
    try:
        if os.name == "nt":
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except (OSError, ProcessLookupError) as error:
        _LOGGER.warning("The worker could not be stopped: %s", error)


def _stage_text(stage: str) -> str:
    """Return what the user reads for a stage: the worker, which has no translations, names it in English."""
    known = {
        "Starting": _("Starting"),
        "Tracking": _("Tracking"),
        "Reading the image": _("Reading the image"),
        "Following points": _("Following points"),
        "Half size": _("Half size"),
        "Backwards": _("Backwards"),
        "Forwards": _("Forwards"),
        "Checking backwards": _("Checking backwards"),
    }
    return ": ".join(known.get(part, part) for part in stage.split(": "))
