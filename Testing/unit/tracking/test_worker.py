"""The worker process and its runner: results, cancel, kill -9, memory, missing packages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.tracking import worker
from EchoTrackerLib.tracking.exchange import Job, read_job, write_job
from EchoTrackerLib.tracking.job import ProcessRunner, find_python, run_blocking
from EchoTrackerLib.tracking.tracker import TrackerOptions

POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


@pytest.fixture
def job() -> Job:
    rng = np.random.default_rng(1)
    frames = rng.integers(0, 255, (6, 40, 50), dtype=np.uint8)
    cine = Cine(frames, np.array([0, 0.02, 0.05, 0.06, 0.08, 0.1]), (0.3, 0.2), name="Doe^Jane", source="doe.dcm")
    return Job(cine, ("a", "b"), np.array([[3.0, 4.0], [20.5, 30.25]], dtype=np.float32), 2, "static")


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    """Where jobs are written; must be empty again after each of them."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def script(tmp_path: Path, body: str) -> ProcessRunner:
    """A runner of a worker that does something else than tracking."""
    root = Path(worker.__file__).resolve().parents[2]
    path = tmp_path.parent / f"{tmp_path.name}-fake.py"
    path.write_text(f"import sys, time, os\nsys.path[0] = {str(root)!r}\nsys.modules['slicer'] = None\n{body}\n")
    return ProcessRunner([sys.executable, "-u", str(path)])


def start_and_wait(runner: ProcessRunner, job: Job, stage: str):
    """Start and poll until `stage` was reported; return (outcomes so far, process)."""
    seen, ended = [], []
    runner.start(job, lambda name, value: seen.append(name), ended.append)
    end = time.monotonic() + 60
    while stage not in seen and not ended and time.monotonic() < end:
        runner.poll()
        time.sleep(0.01)
    assert stage in seen
    return ended


def finish(runner: ProcessRunner, ended: list, timeout: float = 60.0):
    end = time.monotonic() + timeout
    while not ended and time.monotonic() < end:
        runner.poll()
        time.sleep(0.01)
    assert len(ended) == 1
    return ended[0]


BUSY = """
from EchoTrackerLib.tracking import worker, registry
class Slow:
    def track(self, cine, points, frame, progress, cancelled):
        progress("Tracking", 0.1)
        {wait}
        from EchoTrackerLib.errors import Cancelled
        raise Cancelled("x")
registry.create_tracker = lambda name, options: Slow()
from pathlib import Path
sys.exit(worker.main(Path(sys.argv[1])))
"""
POLITE = BUSY.format(wait="\n        while not cancelled(): time.sleep(0.01)")
STUCK = BUSY.format(wait="time.sleep(300)")


def test_job_survives_the_files(job, tmp_path):
    write_job(tmp_path, job)
    again = read_job(tmp_path)
    assert np.array_equal(again.cine.frames, job.cine.frames)
    assert again.cine.spacing_mm == job.cine.spacing_mm
    assert again.labels == job.labels
    assert again.query_frame == 2
    assert again.options == TrackerOptions()
    assert again.cine.r_times_s is None and again.cine.heart_rate_bpm is None
    (tmp_path / "beats").mkdir()
    write_job(tmp_path / "beats", replace(job, cine=replace(job.cine, r_times_s=np.array([0.1]), heart_rate_bpm=70.5)))
    again = read_job(tmp_path / "beats")
    assert again.cine.r_times_s.tolist() == [0.1] and again.cine.heart_rate_bpm == 70.5


def test_job_files_do_not_name_the_patient(job, tmp_path):
    write_job(tmp_path, job)
    for path in tmp_path.iterdir():
        assert b"Doe" not in path.read_bytes()
        assert b"doe" not in path.read_bytes()


def test_tracks_come_back(job, temporary):
    progress = []
    outcome = run_blocking(ProcessRunner(), job, lambda stage, value: progress.append(value))
    assert outcome.kind == "done", outcome
    assert outcome.tracks.labels == ("a", "b")
    assert outcome.tracks.query_frame == 2
    assert np.allclose(outcome.tracks.positions[1], [20.5, 30.25])
    assert np.array_equal(outcome.tracks.times_s, job.cine.times_s)
    assert progress
    assert not list(temporary.iterdir())


def test_classical_tracker_runs_in_the_worker(job, temporary):
    outcome = run_blocking(ProcessRunner(), replace(job, tracker="classical"), lambda *_: None)
    assert outcome.kind == "done", outcome
    assert outcome.tracks.tracker == "classical"


@pytest.mark.parametrize("body", [POLITE, STUCK], ids=["polite", "stuck"])
def test_cancel_takes_effect_within_a_second(job, temporary, body):
    runner = script(temporary, body)
    ended = start_and_wait(runner, job, "Tracking")
    start = time.monotonic()
    runner.cancel()
    outcome = finish(runner, ended)
    assert time.monotonic() - start < 1.0
    assert outcome.kind == "cancelled"
    assert outcome.tracks is None
    assert not runner.running
    assert not list(temporary.iterdir())


@POSIX
def test_kill_9_ends_in_a_sentence(job, temporary):
    runner = script(temporary, STUCK)
    ended = start_and_wait(runner, job, "Tracking")
    os.kill(runner._process.pid, signal.SIGKILL)
    outcome = finish(runner, ended)
    assert outcome.kind == "killed"
    assert "memory" in outcome.message
    assert not list(temporary.iterdir())


LAUNCHER = """
import subprocess
python = subprocess.Popen([sys.executable, *sys.argv[1:]], stdin=subprocess.PIPE)  # as QProcess does: a pipe of its own
code = python.wait()
if code < 0:
    sys.stderr.write("error: [python-real] exit abnormally - Report the problem.\\n")
sys.exit(1 if code < 0 else code)
"""


@POSIX
def test_through_the_launcher_of_slicer(job, temporary):
    """PythonSlicer starts the real Python as its child, with another standard input, and ends with 1 if that dies."""
    launcher = temporary.parent / f"{temporary.name}-PythonSlicer.py"
    launcher.write_text(f"import sys\n{LAUNCHER}")
    start = [sys.executable, str(launcher)]
    real = ["-u", str(Path(worker.__file__).resolve())]
    outcome = run_blocking(ProcessRunner([*start, *real]), job, lambda stage, value: None)
    assert outcome.kind == "done"
    fake = script(temporary, "import json\nprint(json.dumps({'stage': 'Tracking'}), flush=True)\nos.abort()")
    runner = ProcessRunner([*start, *fake._command[1:]])
    outcome = run_blocking(runner, job, lambda stage, value: None)
    assert outcome.kind == "killed" and "crashed" in outcome.message
    assert not list(temporary.iterdir())


def test_out_of_memory(job, temporary):
    body = BUSY.format(wait="raise MemoryError()")
    outcome = run_blocking(script(temporary, body), job, lambda *_: None)
    assert outcome.kind == "memory"
    assert "fewer points" in outcome.message


def test_torch_missing(job, temporary):
    body = "sys.modules['torch'] = None\n" + BUSY.format(wait="import torch")
    outcome = run_blocking(script(temporary, body), job, lambda *_: None)
    assert outcome.kind == "missing"
    assert "torch" in outcome.message


def test_the_number_of_threads_reaches_the_worker(job, temporary):
    body = BUSY.format(wait="raise MemoryError(os.environ['OMP_NUM_THREADS'])")
    outcome = run_blocking(script(temporary, body), replace(job, threads=3), lambda *_: None)
    assert outcome.details.startswith("3\n")


def test_bad_input_keeps_its_message(job, temporary):
    outside = replace(job, points=np.array([[3.0, 4.0], [500.0, 1.0]], dtype=np.float32))
    outcome = run_blocking(ProcessRunner(), outside, lambda *_: None)
    assert outcome.kind == "input"
    assert outcome.message


def test_crash_is_reported_with_its_log(job, temporary):
    outcome = run_blocking(script(temporary, "raise SystemError('boom')"), job, lambda *_: None)
    assert outcome.kind == "failed"
    assert "boom" in outcome.details


def test_second_start_is_refused(job, temporary):
    runner = script(temporary, STUCK)
    start_and_wait(runner, job, "Tracking")
    with pytest.raises(RuntimeError):
        runner.start(job, lambda *_: None, lambda *_: None)
    runner.close()
    assert not list(temporary.iterdir())


@POSIX
def test_close_kills_the_worker_and_calls_nobody(job, temporary):
    runner = script(temporary, STUCK)
    ended = start_and_wait(runner, job, "Tracking")
    pid = runner._process.pid
    runner.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert ended == []


@POSIX
def test_worker_ends_when_its_parent_dies(job, tmp_path):
    write_job(tmp_path, job)
    body = STUCK.replace("time.sleep(300)", "\n        while True: time.sleep(0.05)")
    runner = script(tmp_path, body)
    process = subprocess.Popen([*runner._command, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    while b"Tracking" not in process.stdout.readline():
        pass
    process.stdin.close()
    assert process.wait(timeout=5) == worker.CANCELLED


@pytest.mark.parametrize("tracker", ["static", "classical"])
def test_worker_needs_neither_slicer_nor_torch(job, tmp_path, tracker):
    write_job(tmp_path, replace(job, tracker=tracker, confidence=True))
    code = (
        "import runpy, sys\nsys.argv=['worker.py', sys.argv[1]]\n"
        f"sys.path.insert(0, '')\ntry:\n runpy.run_path({str(worker.__file__)!r}, run_name='__main__')\n"
        "except SystemExit as end:\n assert end.code == 0, end.code\n"
        "assert sys.modules.get('slicer') is None and 'torch' not in sys.modules"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE)
    assert process.wait(timeout=120) == 0
    process.stdin.close()


def test_finds_a_python():
    assert Path(find_python()).is_file()
