"""Small clips and manifests for the tests of many clips."""

from __future__ import annotations

import csv
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

N_FRAMES, SIZE = 8, 64


def write_clip(path: Path, seed: int, **arrays: Any) -> None:
    """Write speckle-like frames, uint8 [8, 64, 64], that move by a pixel a frame to the right."""
    texture = np.random.default_rng(seed).integers(0, 255, (SIZE, SIZE + N_FRAMES), dtype=np.uint8)
    frames = np.stack([texture[:, N_FRAMES - t : SIZE + N_FRAMES - t] for t in range(N_FRAMES)])
    np.savez(path, frames=frames, times_s=np.arange(N_FRAMES) / 50, spacing_mm=np.array([0.5, 0.5]), **arrays)


def write_points(path: Path, points: Sequence[Sequence[float]] = ((20, 20), (30, 24), (40, 40))) -> None:
    """Write a file of query points."""
    lines = [f"P{i + 1},{x},{y}" for i, (x, y) in enumerate(points)]
    path.write_text("\n".join(["label,x_px,y_px", *lines]) + "\n", encoding="utf-8")


def write_manifest(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write rows as CSV; the columns are those of all rows."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def cohort(folder: Path, count: int) -> Path:
    """Make `count` clips clip-00.npz ... with points, and their manifest; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    write_points(folder / "points.csv")
    rows = []
    for k in range(count):
        write_clip(folder / f"clip-{k:02d}.npz", k)
        rows.append({"clip": f"clip-{k:02d}.npz", "points": "points.csv", "subject": f"s{k}"})
    return write_manifest(folder / "cohort.csv", rows)


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder, hidden ones too, by its relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def double_or_die(task: int) -> int:
    """Return twice the number; 0 kills the process."""
    if task == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * task
