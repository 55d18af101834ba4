"""From what a user asked for to tracks: the one way of panel, scripts, command line and benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np

from ..cine.cine import Cine
from ..progress import IsCancelled, Progress, never_cancelled, no_progress, raise_if_cancelled
from ..tracks.tracks import APEX, Tracks
from .confidence import with_confidence
from .exchange import Job
from .matching.sector import note_outside
from .registry import DEFAULT_TRACKER, create_tracker, need_consent, tracker_info
from .tracker import Tracker, TrackerInfo, TrackerOptions
from .wall import looks_like_wall

WALL = ("auto", "on", "off")
Stage = Callable[[str], AbstractContextManager[Any]]  # what is entered around a named part of the work, e.g. a clock
Create = Callable[[str, TrackerOptions], Tracker]


def no_stage(name: str) -> AbstractContextManager[Any]:
    """Do nothing around a part of the work."""
    return nullcontext()


@dataclass(frozen=True)
class Request:
    """What a user asked for.

    Attributes:
        tracker: name in the registry.
        weights: a checkpoint picked by the user; None for the tracker's own.
        code: folder with the authors' code of a tracker by others; None to look in the usual places.
        accept_licence: the user accepted the tracker's license.
        device: "auto", "cpu", "cuda" or "mps".
        precision: "auto", "float32", "float64" or "bfloat16".
        wall: whether points in order along the wall are regularized together: "on", "off" or "auto", which is on for
            points that look so and trackers whose result is not another author's.
        confidence: track backwards as well and add quality measures and confidence.
        threads: of the CPU; 0 for as many as it has cores.
    """

    tracker: str = DEFAULT_TRACKER
    weights: Optional[Path] = None
    code: Optional[Path] = None
    accept_licence: bool = False
    device: str = "auto"
    precision: str = "auto"
    wall: str = "auto"
    confidence: bool = True
    threads: int = 0


def options_of(request: Request, points: np.ndarray) -> TrackerOptions:
    """Return the tracker's options for `points` [N, 2] px.

    Raises:
        BadInput: no such tracker.
        LicenceNotAccepted: it needs consent to its license, which was not given.
    """
    info = tracker_info(request.tracker)
    need_consent(info, request.accept_licence)
    return TrackerOptions(
        device=request.device,
        precision=request.precision,
        weights=request.weights,
        wall=_regularises(info, request.wall, points),
        accept_licence=request.accept_licence,
        code=request.code,
    )


def make_job(
    cine: Cine,
    labels: Sequence[str],
    points: np.ndarray,
    query_frame: int,
    request: Request,
    apex: Optional[dict[str, float]] = None,
) -> Job:
    """Return the job that does what was asked for; `points` [N, 2] (x, y) px are set on frame `query_frame` (0-based).

    `apex`: where it was clicked along the wall. Lengths are measured by the region of the image that holds the points.

    Raises:
        BadInput: no such tracker.
        LicenceNotAccepted: it needs consent to its license, which was not given.
    """
    options = options_of(request, points)
    return Job(
        cine.measured_at(points),
        tuple(labels),
        points,
        query_frame,
        request.tracker,
        options,
        request.confidence,
        request.threads,
        apex,
    )


def run_job(
    job: Job,
    progress: Progress = no_progress,
    cancelled: IsCancelled = never_cancelled,
    stage: Stage = no_stage,
    create: Create = create_tracker,
) -> Tracks:
    """Track in this process; return labeled tracks, with quality and confidence where the job asks for them.

    `stage` is entered around "load tracker", "track" and "confidence"; `create` makes the tracker, or has it already.

    Raises:
        EchoTrackerError: whatever the tracker refuses; Cancelled where `cancelled()` became true.
    """
    raise_if_cancelled(cancelled)
    with stage("load tracker"):
        tracker = create(job.tracker, job.options)
    raise_if_cancelled(cancelled)
    with stage("track"):
        tracks = tracker.track(job.cine, job.points, job.query_frame, progress, cancelled)
        tracks = replace(tracks, labels=job.labels)
    if job.confidence:
        with stage("confidence"):
            tracks = with_confidence(tracker, job.cine, tracks, progress, cancelled)
    raise_if_cancelled(cancelled)
    if job.apex is not None:
        tracks = replace(tracks, options={**tracks.options, APEX: job.apex})
    return note_outside(job.cine, tracks)


def _regularises(info: TrackerInfo, asked: str, points: np.ndarray) -> bool:
    if asked == "auto":
        return info.wall_by_default and looks_like_wall(points)
    return asked == "on"
