"""From clips to examinations, and from examinations to pairs: by identifier, never by row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine import TaskOutcome
from ..manifest import Row
from ..tracked import ClipTask


@dataclass(frozen=True)
class Clip:
    """One clip measured by one tracker; NaN where there is no value, and why."""

    row: Row
    tracker: str
    gls_percent: float
    reference_percent: float
    reason: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Exam:
    """One examination of a subject, read by one reader, measured by one tracker.

    Attributes:
        subject, visit, reader: as the manifest names them.
        tracker: its name.
        views: those of the clips, each once.
        gls_percent: mean over the views of the mean over a view's clips; NaN when a view has no value: the mean of the
            others would be of another thing.
        reference_percent: the same of the manifest's reference values; NaN where it gives none.
        void_because: "" where there is a value.
    """

    subject: str
    visit: str
    reader: str
    tracker: str
    views: tuple[str, ...]
    gls_percent: float
    reference_percent: float
    void_because: str


def clips_in_order(outcomes: Iterable[TaskOutcome[ClipTask, dict[str, Any]]]) -> list[Clip]:
    """Return the clips in the order of manifest and trackers.

    Raises:
        BadInput: a reference that is not a number.
    """
    found = []
    for outcome in sorted(outcomes, key=lambda outcome: outcome.task.order):
        facts, row = outcome.value or {}, outcome.task.row
        gls, reference = facts.get("gls_percent"), row.number("reference_gls")
        reason = outcome.reason or ("" if gls is not None else facts.get("void_because") or "No value.")
        gls, reference = (math.nan if value is None else float(value) for value in (gls, reference))
        found.append(Clip(row, outcome.task.choice.name, gls, reference, reason, facts))
    return found


def exams(clips: Sequence[Clip]) -> list[Exam]:
    """Return the examinations, in order of their first clip."""
    groups: dict[tuple[str, str, str, str], list[Clip]] = {}
    for clip in clips:
        row = clip.row
        key = (row.text("subject", row.id), row.text("visit", "1"), row.text("reader"), clip.tracker)
        groups.setdefault(key, []).append(clip)
    found = []
    for key, members in groups.items():
        views = tuple(dict.fromkeys(clip.row.text("view") for clip in members))
        void = [f"{clip.row.id}: {clip.reason}" for clip in members if clip.reason]
        gls = _over_views(members, views, [clip.gls_percent for clip in members])
        reference = _over_views(members, views, [clip.reference_percent for clip in members])
        found.append(Exam(*key, views, gls, reference, "; ".join(void)))
    return found


def _over_views(members: Sequence[Clip], views: Sequence[str], values: Sequence[float]) -> float:
    means = [np.mean([v for v, clip in zip(values, members) if clip.row.text("view") == view]) for view in views]
    return float(np.mean(means))


Pair = tuple[str, float, float]  # subject, first, second


def with_reference(found: Sequence[Exam], tracker: str) -> list[Pair]:
    """Return (subject, tracker, reference) of each examination that has both."""
    return [
        (exam.subject, exam.gls_percent, exam.reference_percent)
        for exam in found
        if exam.tracker == tracker and math.isfinite(exam.gls_percent + exam.reference_percent)
    ]


def retested(found: Sequence[Exam], tracker: str) -> list[Pair]:
    """Return (subject, first visit, second visit) of each subject with two; readers of one visit are averaged."""
    pairs = []
    for subject, values in _visits(found, tracker).items():
        if len(values) >= 2 and math.isfinite(values[0] + values[1]):
            pairs.append((subject, values[0], values[1]))
    return pairs


def repeated(found: Sequence[Exam], tracker: str) -> dict[str, list[float]]:
    """Return the values of all visits of each subject with two or more; readers of one visit are averaged."""
    measured = {s: [v for v in values if math.isfinite(v)] for s, values in _visits(found, tracker).items()}
    return {subject: values for subject, values in measured.items() if len(values) >= 2}


def _visits(found: Sequence[Exam], tracker: str) -> dict[str, list[float]]:
    """Return a value a visit of each subject, NaN where it has none."""
    visits: dict[str, dict[str, list[float]]] = {}
    for exam in found:
        if exam.tracker == tracker:
            visits.setdefault(exam.subject, {}).setdefault(exam.visit, []).append(exam.gls_percent)
    return {subject: [float(np.mean(v)) for v in values.values()] for subject, values in visits.items()}


def read_twice(found: Sequence[Exam], tracker: str) -> list[Pair]:
    """Return (subject, first reader, second reader) of each examination with two readers, in order of their names."""
    readers: dict[tuple[str, str], dict[str, float]] = {}
    for exam in found:
        if exam.tracker == tracker and exam.reader:
            readers.setdefault((exam.subject, exam.visit), {})[exam.reader] = exam.gls_percent
    pairs = []
    for (subject, _visit), values in readers.items():
        if len(values) >= 2:
            first, second = (values[name] for name in sorted(values)[:2])
            if math.isfinite(first + second):
                pairs.append((subject, first, second))
    return pairs
