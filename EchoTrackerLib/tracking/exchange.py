"""A tracking job as files: how Slicer and the worker process hand each other clip, points and tracks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..cine.cine import Cine
from ..cine.regions import regions_from_json, regions_to_json
from ..npz import read_npz
from ..tracks.files import read_tracks, write_tracks
from ..tracks.tracks import Tracks
from .tracker import TrackerOptions

CANCEL_FILE = "cancel"
OUTPUT_FILE = "events.jsonl"  # what the worker prints: one JSON object a line
LOG_FILE = "worker.log"
_JOB, _INPUT, _TRACKS = "job.json", "input.npz", "tracks.npz"


@dataclass(frozen=True)
class Job:
    """What to track.

    Attributes:
        cine: the clip.
        labels: N names.
        points: float32 [N, 2] (x, y) px on the query frame.
        query_frame: 0-based.
        tracker: name in the registry.
        options: see `TrackerOptions`.
        confidence: track backwards as well and add quality measures and confidence.
        threads: of the CPU; 0 for as many as it has cores. The runner sees to them: they are not in the files.
        apex: where it was clicked along the wall (`Tracks.clicked_apex`), None where it was not.
    """

    cine: Cine
    labels: tuple[str, ...]
    points: np.ndarray
    query_frame: int = 0
    tracker: str = "classical"
    options: TrackerOptions = field(default_factory=TrackerOptions)
    confidence: bool = False
    threads: int = 0
    apex: Optional[dict[str, float]] = None


def write_job(folder: Path, job: Job) -> None:
    """Write a job into an empty folder. Names and sources of clips stay out of it: they may name a patient."""
    spacing = (np.nan, np.nan) if job.cine.spacing_mm is None else job.cine.spacing_mm
    beats: dict[str, Any] = {} if job.cine.r_times_s is None else {"r_times_s": job.cine.r_times_s}
    np.savez(
        folder / _INPUT,
        **beats,
        frames=job.cine.frames,
        times_s=job.cine.times_s,
        spacing_mm=np.array(spacing),
        points=job.points,
    )
    options = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(job.options).items()}
    facts = {
        "labels": job.labels,
        "query_frame": job.query_frame,
        "tracker": job.tracker,
        "confidence": job.confidence,
        "heart_rate_bpm": job.cine.heart_rate_bpm,
        "avc_s": job.cine.avc_s,
        "time_source": job.cine.time_source,
        "spacing_source": job.cine.spacing_source,
        "regions": regions_to_json(job.cine.regions),
        "options": options,
        "apex": job.apex,
    }
    (folder / _JOB).write_text(json.dumps(facts), encoding="utf-8")


def read_job(folder: Path) -> Job:
    """Read the job that `write_job` wrote; the clip is gray and named "clip"."""
    facts = json.loads((folder / _JOB).read_text(encoding="utf-8"))
    options = facts["options"]
    paths = {name: Path(options[name]) for name in ("weights", "code") if options[name] is not None}
    arrays = read_npz(folder / _INPUT)
    spacing = arrays["spacing_mm"]
    cine = Cine(
        frames=arrays["frames"],
        times_s=arrays["times_s"],
        spacing_mm=None if np.isnan(spacing).any() else (float(spacing[0]), float(spacing[1])),
        name="clip",
        r_times_s=arrays.get("r_times_s"),
        heart_rate_bpm=facts["heart_rate_bpm"],
        avc_s=facts["avc_s"],
        time_source=facts["time_source"],
        spacing_source=facts["spacing_source"],
        regions=regions_from_json(facts["regions"]),
    )
    return Job(
        cine=cine,
        labels=tuple(facts["labels"]),
        points=arrays["points"],
        query_frame=facts["query_frame"],
        tracker=facts["tracker"],
        options=TrackerOptions(**{**options, **paths}),
        confidence=facts["confidence"],
        apex=facts["apex"],
    )


def write_result(folder: Path, tracks: Tracks) -> None:
    """Write the tracks so that they are there completely or not at all."""
    write_tracks(folder / _TRACKS, tracks)


def read_result(folder: Path) -> Tracks:
    """Read what `write_result` wrote."""
    return read_tracks(folder / _TRACKS)
