"""What the engine of `batch` costs: throughput of two workers against one, overhead, memory of long manifests.

    python Testing/benchmarks/cohort_engine.py workers --clips 60 --seconds 0.5
    python Testing/benchmarks/cohort_engine.py overhead --clips 8 --tracker classical
    python Testing/benchmarks/cohort_engine.py memory --rows 1000 10000

`workers` uses a stub tracker that sleeps, so that other work on the machine counts less; `overhead` compares processor
time, not the clock. Run as `... batch ARGUMENTS` it is `echotracker` with that stub, which the workers import again.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "support")]

from EchoTrackerLib.tracking import registry, static  # noqa: E402

INFOS = (replace(static.INFO, name="sleeper", title="Sleeper"),)


class Sleeper(static.StaticTracker):
    """Leaves every point at its query, after a nap."""

    def track(self, *arguments: Any, **options: Any) -> Any:
        time.sleep(float(os.environ.get("SLEEP_S", "0")))
        return super().track(*arguments, **options)


def create(info: Any, options: Any) -> Sleeper:
    return Sleeper()


sys.modules["EchoTrackerLib.tracking.sleeper"] = sys.modules[__name__]
registry._MODULES["sleeper"] = "sleeper"


def batch(manifest: Path, out: Path, *options: str, **environment: str) -> tuple[float, float, float]:
    """Run `batch`; return seconds by the clock, of all its processors, and its largest memory in MiB."""
    command = [
        sys.executable,
        __file__,
        "batch",
        str(manifest),
        "--out",
        str(out),
        "--cache",
        str(out) + "-store",
        *options,
    ]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, used, after.ru_maxrss / 1024


def workers(folder: Path, clips: int, seconds: float) -> None:
    """Print clips a second of one and two workers, from the first finished clips to the last."""
    from cohort_clips import cohort

    manifest, rates = cohort(folder, clips), {}
    for count in (1, 2):
        out = folder / f"out{count}"
        options = ("--tracker", "sleeper", "--write", "tracks", "--workers", str(count))
        clock, _cpu, _memory = batch(manifest, out, *options, SLEEP_S=str(seconds))
        done = sorted(path.stat().st_mtime for path in out.glob("clips/*/summary.json"))[2 * count :]
        rates[count] = (len(done) - 1) / (done[-1] - done[0])
        print(f"{count} worker(s): {clock:.1f} s for {clips} clips, in the steady state {rates[count]:.2f} clips/s")
    alone = 1 / (2 * seconds)  # forwards and backwards
    print(f"two workers / one: {rates[2] / rates[1]:.2f}; one / tracker alone: {rates[1] / alone:.3f}")
    print(f"two / twice the tracker alone: {rates[2] / (2 * alone):.3f}")


def overhead(folder: Path, clips: int, tracker: str) -> None:
    """Print processor seconds of `batch` with one worker and of the bare tracker on the same phantom clips."""
    import numpy as np
    from cohort_clips import write_manifest

    from EchoTrackerLib.phantom.cache import generate_cached
    from EchoTrackerLib.phantom.parameters import draw_parameters
    from EchoTrackerLib.phantom.sample import wall_points
    from EchoTrackerLib.tracking.request import Request, make_job, run_job

    rows, jobs = [], []
    for seed in range(820_000, 820_000 + clips):
        phantom = generate_cached(draw_parameters(seed, view="A4C"))
        points = wall_points(phantom, "mid", 40)
        np.save(folder / f"{seed}-points.npy", points)
        cine = phantom.cine
        np.savez(folder / f"{seed}.npz", frames=cine.frames, times_s=cine.times_s, spacing_mm=np.array(cine.spacing_mm))
        rows.append({"clip": f"{seed}.npz", "points": f"{seed}-points.npy", "query_frame": phantom.ed_frame})
        labels = [f"P{i + 1}" for i in range(len(points))]
        jobs.append(make_job(cine, labels, points, phantom.ed_frame, Request(tracker)))
    manifest = write_manifest(folder / "m.csv", rows)
    options = ("--tracker", tracker, "--workers", "1")
    _clock, begin, _memory = batch(
        write_manifest(folder / "none.csv", [{"clip": "none.npz"}]), folder / "none", *options
    )
    start = time.process_time()
    for job in jobs:
        run_job(job)
    alone = time.process_time() - start
    for parts in ("tracks", "tracks,strain"):
        _clock, used, _memory = batch(manifest, folder / parts, *options, "--write", parts)
        share = (used - begin) / alone - 1
        print(f"{clips} clips, {tracker}, --write {parts}: {used:.1f} s of the processor, {begin:.1f} s of it start;")
        print(f"    tracker alone {alone:.1f} s: {100 * share:+.1f} %")


def memory(folder: Path, rows: list[int]) -> None:
    """Print the largest memory of the command for manifests of these lengths: one small clip, one point each."""
    from cohort_clips import write_clip, write_manifest

    write_clip(folder / "clip.npz", 1)
    for count in rows:
        values = []
        for k in range(count):
            values.append({"clip": "clip.npz", "points": f"points/{k}.csv"})
            (folder / "points").mkdir(exist_ok=True)
            (folder / f"points/{k}.csv").write_text(f"label,x_px,y_px\nP,{10 + 40 * k / count},20\n", encoding="utf-8")
        manifest = write_manifest(folder / f"{count}.csv", values)
        options = ("--tracker", "static", "--write", "tracks", "--workers", "2")
        clock, _cpu, largest = batch(manifest, folder / str(count), *options)
        print(f"{count} rows: at most {largest:.0f} MiB in any process, {clock:.0f} s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["batch"]:
        from EchoTrackerLib.commands.main import main

        sys.exit(main(sys.argv[1:]))
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    part = kinds.add_parser("workers")
    part.add_argument("--clips", type=int, default=60)
    part.add_argument("--seconds", type=float, default=0.5)
    part = kinds.add_parser("overhead")
    part.add_argument("--clips", type=int, default=8)
    part.add_argument("--tracker", default="classical")
    part = kinds.add_parser("memory")
    part.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000])
    asked = vars(parser.parse_args())
    with tempfile.TemporaryDirectory() as place:
        {"workers": workers, "overhead": overhead, "memory": memory}[asked.pop("kind")](Path(place), **asked)
