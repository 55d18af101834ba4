"""A clip's points tracked once: the same clip, points, tracker and code give the kept tracks, and what they cost then."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..cine.cine import Cine
from ..tracking.confidence import with_confidence
from ..tracking.registry import create_tracker
from ..tracking.tracker import Tracker, TrackerOptions
from ..tracking.wall import looks_like_wall
from ..tracks.files import npz_arrays, tracks_from_arrays
from ..tracks.tracks import Tracks
from .costs import Cost, measured
from .store import TRACKING_ROOMS, Store, code_digest, digest, key_of
from .trackers import Choice


@dataclass(frozen=True)
class Request:
    """Points to follow through a clip.

    Attributes:
        cine: the clip.
        clip_digest: of the file it was read from, see `store.digest`.
        labels: N names.
        points: float32 [N, 2] px on the query frame.
        query_frame: 0-based.
        choice: the tracker.
        confidence: track backwards too, and add confidence.
    """

    cine: Cine
    clip_digest: str
    labels: tuple[str, ...]
    points: np.ndarray
    query_frame: int
    choice: Choice
    confidence: bool

    @property
    def wall(self) -> bool:
        """Whether the points are tracked as a wall."""
        return looks_like_wall(self.points) if self.choice.wall == "auto" else self.choice.wall == "on"

    @property
    def key(self) -> str:
        """The digest of all that the positions depend on."""
        choice = self.choice
        return key_of(
            clip=self.clip_digest,
            frames=self.cine.frames.shape,
            times=array_digest(self.cine.times_s),
            spacing=self.cine.spacing_mm,
            points=array_digest(self.points),
            query_frame=self.query_frame,
            tracker=choice.tracker,
            weights="" if choice.weights is None else digest(choice.weights),
            device=choice.device,
            precision=choice.precision,
            wall=self.wall,
            confidence=self.confidence,
            code=code_digest(TRACKING_ROOMS),
        )


def track_once(request: Request, store: Store) -> tuple[Tracks, Cost]:
    """Return the tracks and what tracking cost, without confidence, on the machine where it was done.

    Raises:
        BadInput, MissingDependency, OutOfMemory: as the tracker does.
    """
    key = request.key
    kept = store.load_arrays(key)
    if kept is None:
        tracks, cost = _track(request)
        store.keep_arrays(key, {**npz_arrays(tracks), "cost_json": np.array(json.dumps(asdict(cost)))})
        kept = store.load_arrays(key) or {}  # what the next run will see, to the last bit
    cost = Cost(**json.loads(str(kept.pop("cost_json"))))
    return replace(tracks_from_arrays(kept), labels=request.labels), cost


def _track(request: Request) -> tuple[Tracks, Cost]:
    choice = request.choice
    tracker = _tracker(choice.tracker, TrackerOptions(choice.device, choice.precision, choice.weights, request.wall))
    with measured() as cost:
        tracks = tracker.track(request.cine, request.points, request.query_frame)
    if request.confidence:
        tracks = with_confidence(tracker, request.cine, tracks)
    return replace(tracks, size=request.cine.size), cost


@lru_cache(maxsize=4)
def _tracker(name: str, options: TrackerOptions) -> Tracker:
    """Return a tracker; a worker loads its weights once."""
    return create_tracker(name, options)


def array_digest(values: Any) -> str:
    """Return the SHA-256 of an array's numbers as little-endian float64, in C order."""
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()
