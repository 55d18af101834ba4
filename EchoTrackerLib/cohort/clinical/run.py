"""Strain of every clip of a clinical manifest by every tracker, each measured once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...strain.strain import measure_strain
from ..engine import Engine, Outcome
from ..manifest import Row, read_manifest
from ..points import read_row, row_digest
from ..store import Store, code_digest, key_of
from ..tracked import request_facts, track_once
from ..trackers import Choice


@dataclass(frozen=True)
class Task:
    """One tracker on one clip.

    Attributes:
        order: place of the clip in the manifest, and of the tracker in the comparison.
        row: the clip.
        choice: the tracker.
        store: where tracks and measurements are kept.
    """

    order: tuple[int, int]
    row: Row
    choice: Choice
    store: Store

    @property
    def key(self) -> str:
        """The digest of all that the measurement depends on."""
        facts = request_facts(self.choice.request)
        return key_of(kind="clinical", row=row_digest(self.row), choice=facts, code=code_digest())


def measure(task: Task) -> dict[str, Any]:
    """Return GLS (percent, at end-systole, None where void) and what it comes from, as kept or measured now.

    Raises:
        BadInput and its siblings: the clip, its points or the tracker cannot be used.
    """
    kept = task.store.load(task.key)
    if kept is not None:
        return dict(kept)
    row = task.row
    points = read_row(row)
    tracks, _cost = track_once(points, task.choice.request, task.store)
    strain = measure_strain(tracks, ed=row.frame("ed"), es=row.frame("es"), view=row.text("view"))
    gls = float(strain.gls_percent)
    facts = {
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
    task.store.keep(task.key, facts)
    return facts


def run_clinical(
    manifest: Path, choices: Sequence[Choice], engine: Engine, store: Store, scratch: Path
) -> Iterator[Outcome[Task, dict[str, Any]]]:
    """Yield an outcome a clip and tracker, as they are measured; by one tracker only where a row names it."""
    named = {choice.name for choice in choices}

    def tasks() -> Iterator[Task]:
        for (i, row), (k, choice) in itertools.product(enumerate(read_manifest(manifest)), enumerate(choices)):
            wanted = row.text("tracker", choice.name)
            if wanted not in named:
                raise BadInput(f"{row.line}: the tracker '{wanted}' is not among --trackers {','.join(sorted(named))}.")
            if wanted == choice.name:
                yield Task((i, k), row, choice, store)

    yield from engine.run(measure, tasks(), scratch)
