"""A worker or the whole run is killed: the same command finishes it, nothing twice, nothing lost, the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import cohort_clips
import pytest

from EchoTrackerLib.cohort.engine import Engine

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "Testing" / "support" / "mortal.py"
COUNT = 7
TRACKED_TWICE = 2  # forwards, and backwards for the confidence

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="kills processes as POSIX does"),
]
pytest.importorskip("distributed")
pytest.importorskip("pyarrow")


def run(folder: Path, out: str, kills: str = "", workers: int = 2) -> subprocess.CompletedProcess[str]:
    """Run `batch` on the folder's cohort with a log and a store beside `out`."""
    environment = {**os.environ, "PYTHONUTF8": "1", "MORTAL_LOG": str(folder / f"{out}.log"), "MORTAL_KILLS": kills}
    environment["MORTAL_CLIP"] = "clip-03" if kills else ""
    options = [
        "--tracker",
        "mortal",
        "--write",
        "tracks",
        "--workers",
        str(workers),
        "--cache",
        str(folder / f"{out}-store"),
    ]
    command = [sys.executable, str(SCRIPT), "batch", str(folder / "cohort.csv"), "--out", str(folder / out), *options]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, start_new_session=True, check=False, cwd=folder
    )


def calls(folder: Path, out: str) -> Counter[str]:
    return Counter((folder / f"{out}.log").read_text().split())


def results(folder: Path) -> dict[str, bytes]:
    """Return what must be the same in every run: all but times and places."""
    return {
        name: data
        for name, data in cohort_clips.files(folder).items()
        if not name.endswith(("summary.json", "run.json"))
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    cohort_clips.cohort(folder, COUNT)
    done = run(folder, "whole")
    assert done.returncode == 0, done.stderr
    assert calls(folder, "whole") == {f"clip-{k:02d}": TRACKED_TWICE for k in range(COUNT)}
    assert len(results(folder / "whole")) == 2 + 2 * COUNT  # two tables, two files a clip
    assert "http://127.0.0.1:" in done.stderr  # the dashboard
    return folder


def test_a_worker_is_killed(undisturbed: Path) -> None:
    done = run(undisturbed, "worker", kills="worker")
    assert done.returncode == 0, done.stderr
    assert (undisturbed / "worker.log.killed").exists()
    assert results(undisturbed / "worker") == results(undisturbed / "whole")
    counted = calls(undisturbed, "worker")
    assert counted.pop("clip-03") == TRACKED_TWICE + 1  # the call that died
    assert set(counted.values()) == {TRACKED_TWICE}
    check_nothing_is_left(undisturbed, "worker")


def test_the_whole_run_is_killed(undisturbed: Path) -> None:
    killed = run(undisturbed, "run", kills="run")
    assert killed.returncode == -9
    folder = undisturbed / "run"
    finished = {path.parent.name for path in folder.glob("clips/*/summary.json")}
    assert "clip-03" not in finished
    assert not (folder / "results.csv").exists()
    done = run(undisturbed, "run", kills="run")  # the same command
    assert done.returncode == 0, done.stderr
    assert results(folder) == results(undisturbed / "whole")
    counted = calls(undisturbed, "run")
    assert {counted[name] for name in finished} <= {TRACKED_TWICE}
    again = sum(counted.values()) - TRACKED_TWICE * COUNT
    assert again <= 1 + TRACKED_TWICE  # the call that killed, and what the other worker was about
    check_nothing_is_left(undisturbed, "run")
    before = cohort_clips.files(folder)
    assert run(undisturbed, "run", workers=1).returncode == 0
    assert calls(undisturbed, "run") == counted  # all of it was there
    assert {n: d for n, d in cohort_clips.files(folder).items() if n != "run.json"} == {
        n: d for n, d in before.items() if n != "run.json"
    }


def check_nothing_is_left(folder: Path, out: str) -> None:
    names = [path.name for place in (folder / out, folder / f"{out}-store") for path in place.rglob("*")]
    assert names
    assert not [name for name in names if name.startswith(".") or "partial" in name or "unfinished" in name]
    assert {path.name for path in (folder / out).iterdir()} == {"clips", "results.csv", "results.parquet", "run.json"}


def test_a_clip_that_always_kills_its_worker_is_one_failure_and_takes_no_neighbor_with_it(tmp_path: Path) -> None:
    import dask

    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):  # 3 as it is set, which takes longer
        outcomes = list(Engine(workers=2).run(cohort_clips.double_or_die, iter(range(8)), tmp_path))
    assert {o.task: o.value for o in outcomes if not o.reason} == {k: 2 * k for k in range(1, 8)}
    (failed,) = (o for o in outcomes if o.reason)
    assert failed.task == 0 and "died again and again" in failed.reason
