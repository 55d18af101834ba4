"""Table 1: trackers on clips with truth. Each clip and tracker is measured once, on whatever worker is free."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ...errors import BadInput
from ..engine import Engine, TaskOutcome
from ..store import Store
from ..tracked import ClipTask, PointsOnClip, track_once
from ..trackers import Choice
from . import dataset
from .figures import clip_figures, query_frame


@dataclass(frozen=True)
class BenchmarkTask(ClipTask):
    """One tracker on one clip with truth.

    Attributes:
        query: see `figures.query_frame`.
    """

    query: str


@dataclass(frozen=True)
class Result:
    """The figures of one tracker on one clip, or why there are none.

    Attributes:
        clip, subject, tracker: names; the subject is the clip where the data set does not say it.
        reason: why there are no figures, "" where there are.
        facts: view, frames, points, points_left_out, query_frame, weights_sha256, device, wall; the cost
            (`seconds`, `memory_mib`, `gpu_mib`); and `figures.clip_figures`.
    """

    clip: str
    subject: str
    tracker: str
    reason: str
    facts: dict[str, Any]


def measure(task: BenchmarkTask) -> dict[str, Any]:
    """Return the facts of `Result`, as kept or measured now.

    Raises:
        BadInput and its siblings: the clip, its truth or the tracker cannot be used.
    """
    key = task.key_with(inputs=dataset.inputs_digest(task.row), query=task.query)
    return dict(task.store.once(key, lambda: _measured(task)))


def _measured(task: BenchmarkTask) -> dict[str, Any]:
    clip = dataset.read_truthed(task.row)
    frame = query_frame(task.query, clip)
    start = clip.truth.positions[:, frame]
    inside = ((start >= -0.5) & (start <= np.array(clip.cine.size) - 0.5)).all(axis=1)
    chosen = np.flatnonzero(clip.truth.visible[:, frame] & inside)
    if not len(chosen):
        raise BadInput(f"No true point is visible on the query frame {frame}.")
    labels = tuple(clip.truth.labels[i] for i in chosen)
    points = PointsOnClip(clip.cine, dataset.clip_digest(task.row), labels, start[chosen], frame)
    tracks, cost = track_once(points, task.choice.request, task.store)
    return {
        "view": clip.view,
        "frames": clip.cine.n_frames,
        "points": len(chosen),
        "points_left_out": clip.truth.n_points - len(chosen),
        "query_frame": frame,
        "weights_sha256": tracks.weights_sha256,
        "device": str(tracks.options.get("device", "cpu")),
        "wall": str(tracks.options.get("wall", False)),
        **asdict(cost),
        **clip_figures(clip, chosen, tracks.positions, frame),
    }


def run_benchmark(
    data: Path, choices: Sequence[Choice], query: str, engine: Engine, store: Store, scratch: Path
) -> Iterator[TaskOutcome[BenchmarkTask, dict[str, Any]]]:
    """Yield an outcome a clip and tracker as they are measured; see `in_order`."""
    choices = [replace(choice, request=replace(choice.request, confidence=False)) for choice in choices]
    tasks = (
        BenchmarkTask((i, k), row, choice, store, query)
        for (i, row), (k, choice) in itertools.product(enumerate(dataset.rows(data)), enumerate(choices))
    )
    yield from engine.run(measure, tasks, scratch)


def in_order(outcomes: Sequence[TaskOutcome[BenchmarkTask, dict[str, Any]]]) -> list[Result]:
    """Return the results in the order of the data set and of the trackers, however they came."""
    return [
        Result(
            outcome.task.row.id,
            outcome.task.row.text("subject", outcome.task.row.id),
            outcome.task.choice.name,
            outcome.reason,
            outcome.value or {},
        )
        for outcome in sorted(outcomes, key=lambda outcome: outcome.task.order)
    ]


def figure(result: Result, name: str, part: Optional[tuple[str, str]] = None) -> float:
    """Return a figure of a result, whole or of a part ("levels" or "segments", its name); NaN where there is none."""
    found = result.facts["figures"] if part is None else result.facts[part[0]].get(part[1], {})
    return float(found.get(name, np.nan))
