"""Strain of every clip of a clinical manifest by every tracker, each measured once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...strain.strain import measure_strain
from ..engine import Engine, TaskOutcome
from ..manifest import read_manifest
from ..points import read_row, row_digest
from ..store import Store
from ..tracked import ClipTask, track_once
from ..trackers import Choice


def measure(task: ClipTask) -> dict[str, Any]:
    """Return GLS (percent, at end-systole, None where void) and what it comes from, as kept or measured now.

    Raises:
        BadInput and its siblings: the clip, its points or the tracker cannot be used.
    """
    key = task.key_with(kind="clinical", row=row_digest(task.row))
    return dict(task.store.once(key, lambda: _measured(task)))


def _measured(task: ClipTask) -> dict[str, Any]:
    row = task.row
    points = read_row(row)
    tracks, _cost = track_once(points, task.choice.request, task.store)
    strain = measure_strain(tracks, ed=row.frame("ed"), es=row.frame("es"), view=row.text("view"))
    gls = float(strain.gls_percent)
    return {
        "gls_percent": gls if gls == gls else None,
        "void_because": getattr(strain, "void_because", ""),
        "ed_frame": strain.ed,
        "es_frame": strain.es,
        "frames": tracks.n_frames,
        "points": tracks.n_points,
        "wall": str(tracks.options.get("wall", False)),
        "weights_sha256": tracks.weights_sha256,
        "warnings": " ".join(strain.warnings),
    }


def run_clinical(
    manifest: Path, choices: Sequence[Choice], engine: Engine, store: Store, scratch: Path
) -> Iterator[TaskOutcome[ClipTask, dict[str, Any]]]:
    """Yield an outcome a clip and tracker, as they are measured; by one tracker only where a row names it."""
    named = {choice.name for choice in choices}

    def tasks() -> Iterator[ClipTask]:
        for (i, row), (k, choice) in itertools.product(enumerate(read_manifest(manifest)), enumerate(choices)):
            wanted = row.text("tracker", choice.name)
            if wanted not in named:
                raise BadInput(f"{row.line}: the tracker '{wanted}' is not among --trackers {','.join(sorted(named))}.")
            if wanted == choice.name:
                yield ClipTask((i, k), row, choice, store)

    yield from engine.run(measure, tasks(), scratch)
