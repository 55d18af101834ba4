"""A clip's points tracked once: the same clip, points, tracker and code give the tracks that were kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..cine.cine import Cine
from ..progress import Progress, no_progress
from ..tracking.exchange import Job
from ..tracking.registry import authors_folder, create_tracker
from ..tracking.request import Request, Stage, make_job, no_stage, run_job
from ..tracking.tracker import Tracker, TrackerOptions
from ..tracks.files import npz_arrays, tracks_from_arrays
from ..tracks.tracks import Tracks
from .costs import Cost, measured
from .manifest import Row
from .store import TRACKING_ROOMS, Store, code_digest, digest, key_of, sources_digest
from .trackers import Choice


@dataclass(frozen=True)
class PointsOnClip:
    """Points to follow through a clip.

    Attributes:
        cine: the clip.
        clip_digest: of the file it was read from, see `store.digest`.
        labels: N names.
        xy_px: float32 [N, 2] on the query frame.
        query_frame: 0-based.
        apex: where it was clicked along the wall, as the options of tracks hold it (`Tracks.clicked_apex`), or None.
    """

    cine: Cine
    clip_digest: str
    labels: tuple[str, ...]
    xy_px: np.ndarray
    query_frame: int
    apex: Optional[dict[str, float]] = None


def track_once(
    points: PointsOnClip,
    request: Request,
    store: Optional[Store] = None,
    progress: Progress = no_progress,
    stage: Stage = no_stage,
) -> tuple[Tracks, Cost]:
    """Return the tracks, and what tracking cost (confidence and loading left out) on the machine where it was done.

    Args:
        points: what to follow.
        request: how.
        store: where tracks are kept; None to track anew.
        progress, stage: see `run_job`.

    Raises:
        EchoTrackerError: as the tracker does.
    """
    job = make_job(points.cine, points.labels, points.xy_px, points.query_frame, request, points.apex)
    if store is None:
        return _track(job, progress, stage)
    key = _key(points, job)
    kept = store.load_arrays(key)
    if kept is None:
        tracks, cost = _track(job, progress, stage)
        store.keep_arrays(key, {**npz_arrays(tracks), "cost_json": np.array(json.dumps(asdict(cost)))})
        kept = store.load_arrays(key) or {}  # what the next run will see, to the last bit
    cost = Cost(**json.loads(str(kept.pop("cost_json"))))
    return replace(tracks_from_arrays(kept), labels=points.labels), cost


def _track(job: Job, progress: Progress, stage: Stage) -> tuple[Tracks, Cost]:
    spent = Cost()

    @contextmanager
    def clocked(name: str) -> Iterator[None]:
        nonlocal spent
        with stage(name), measured() as cost:
            yield
        if name == "track":
            spent = cost

    tracks = run_job(job, progress, stage=clocked, create=_tracker)
    return replace(tracks, size=job.cine.size), spent


def request_facts(request: Request) -> dict[str, Any]:
    """Return what positions depend on in a request, weights by their digest; can be written as JSON."""
    files = {
        "weights": digest(request.weights) if request.weights else "",
        "code": _authors_code(request.tracker, request.code),
    }
    names = ("tracker", "device", "precision", "wall", "confidence")
    return {**{name: getattr(request, name) for name in names}, **files}


def _key(points: PointsOnClip, job: Job) -> str:
    """Return the digest of all that the positions depend on."""
    options = job.options
    return key_of(
        clip=points.clip_digest,
        frames=points.cine.frames.shape,
        times=array_digest(points.cine.times_s),
        spacing=points.cine.spacing_mm,
        points=array_digest(points.xy_px),
        query_frame=points.query_frame,
        apex=points.apex,
        tracker=job.tracker,
        device=options.device,
        precision=options.precision,
        wall=options.wall,
        weights=digest(options.weights) if options.weights else "",
        authors_code=_authors_code(job.tracker, options.code),
        confidence=job.confidence,
        source=code_digest(TRACKING_ROOMS),
    )


def _authors_code(tracker: str, code: Optional[Path]) -> str:
    """Return the digest of the sources that a tracker by other authors runs, "" for other trackers."""
    folder = authors_folder(tracker, code)
    return "" if folder is None else sources_digest(folder)


@lru_cache(maxsize=4)
def _tracker(name: str, options: TrackerOptions) -> Tracker:
    return create_tracker(name, options)


def array_digest(values: Any) -> str:
    """Return the SHA-256 of an array's numbers as little-endian float64, in C order."""
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()


@dataclass(frozen=True)
class ClipTask:
    """One tracker on one clip of a comparison; picklable.

    Attributes:
        order: place of the clip in the data, and of the tracker in the comparison.
        row: the clip.
        choice: the tracker.
        store: where tracks and figures are kept.
    """

    order: tuple[int, int]
    row: Row
    choice: Choice
    store: Store

    def key_with(self, **facts: Any) -> str:
        """Return the digest of the tracker, of the code and of these facts: all that the figures depend on."""
        return key_of(choice=request_facts(self.choice.request), code=code_digest(), **facts)
