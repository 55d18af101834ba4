"""Ground truth made by people: for each point and frame a state and a position, and changes that can be undone.

Nothing here changes in place: an operation (`annotation_edits`) returns an `Edit`, `apply` returns the new annotation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple, Optional

import numpy as np

from ..cine.cine import Cine
from ..errors import BadInput
from ..i18n import tr as _
from ..tracks.tracks import Tracks

UNCERTAIN_BELOW = 0.5  # confidence
LONG_GAP = 10  # frames between two keyframes, from which on the middle deserves a look


class State(IntEnum):
    """What is known of a point on a frame. The numbers are stored in files: never change them."""

    NOT_ANNOTATED = 0
    PLACED = 1  # by hand, or accepted by a person
    INTERPOLATED = 2
    TRACKER = 3
    OCCLUDED = 4


STATE_NAMES = ("not annotated", "placed", "interpolated", "tracker", "occluded")  # in files: never translate
_DERIVED = (State.INTERPOLATED, State.TRACKER)


class Cells(NamedTuple):
    """States uint8 [M], positions float32 [M, 2] px and confidence float32 [M] of M pairs of point and frame."""

    states: np.ndarray
    positions: np.ndarray
    confidence: np.ndarray


@dataclass(frozen=True)
class Annotation:
    """Annotation of N points on T frames.

    Attributes:
        states: uint8 [N, T] of `State`.
        positions: float32 [N, T, 2] (x, y) px; NaN where there is none. An occluded point may keep where it was.
        confidence: float32 [N, T] of positions that were not placed by hand, NaN where it is not known.
        labels: N names.
        segments: N names of wall segments, "" without.
        times_s: float64 [T].
        spacing_mm: (row, col) or None when unknown.
        size: (width, height) of the clip in px or None.
        annotator: as typed.
        schema: name of the point schema, "" for free points.
        clip: short name of the clip, without patient data.
        source: tracker or file that the set began with, "" for an empty one.
        created, modified: ISO 8601 with time zone, "" when unknown.
        r_times_s, heart_rate_bpm, avc_s, time_source, spacing_source: as in `Tracks`.
    """

    states: np.ndarray
    positions: np.ndarray
    confidence: np.ndarray
    labels: tuple[str, ...]
    segments: tuple[str, ...]
    times_s: np.ndarray
    spacing_mm: Optional[tuple[float, float]] = None
    size: Optional[tuple[int, int]] = None
    annotator: str = ""
    schema: str = ""
    clip: str = ""
    source: str = ""
    created: str = ""
    modified: str = ""
    r_times_s: Optional[np.ndarray] = None
    heart_rate_bpm: Optional[float] = None
    time_source: str = ""
    spacing_source: str = ""
    avc_s: Optional[float] = None

    def __post_init__(self) -> None:
        shape = self.states.shape
        if len(shape) != 2 or self.positions.shape != (*shape, 2) or self.confidence.shape != shape:
            raise BadInput(
                _(
                    "An annotation needs states and confidence [N, T] and positions [N, T, 2], not {value}, "
                    "{value2} and {value3}."
                ).format(value=list(shape), value2=list(self.confidence.shape), value3=list(self.positions.shape))
            )
        if self.times_s.shape != (shape[1],):
            raise BadInput(_("{size} frames but {size2} frame times.").format(size=shape[1], size2=self.times_s.size))
        if len(self.labels) != shape[0] or len(self.segments) != shape[0]:
            raise BadInput(
                _("{size} points but {n} labels and {n2} segments.").format(
                    size=shape[0], n=len(self.labels), n2=len(self.segments)
                )
            )
        if len(set(self.labels)) != len(self.labels):
            raise BadInput(_("Two points have the same name. Rename one of them."))
        if self.states.size and self.states.max() > max(State):
            raise BadInput(_("State {value} is not known.").format(value=int(self.states.max())))
        seen = np.isin(self.states, (State.PLACED, *_DERIVED))
        if not np.isfinite(self.positions[seen]).all():
            raise BadInput(_("A point that is annotated has no position."))

    @property
    def n_points(self) -> int:
        """Number of points N."""
        return int(self.states.shape[0])

    @property
    def n_frames(self) -> int:
        """Number of frames T."""
        return int(self.states.shape[1])

    @property
    def annotated(self) -> np.ndarray:
        """Bool [N, T]: the point is seen and has a position."""
        return np.asarray(np.isin(self.states, (State.PLACED, *_DERIVED)))

    @property
    def keyframes(self) -> np.ndarray:
        """Bool [N, T]: placed by hand."""
        return np.asarray(self.states == State.PLACED)

    def cells(self, points: np.ndarray, frames: np.ndarray) -> Cells:
        """Return the cells of pairs of point [M] and frame [M]."""
        where = (points, frames)
        return Cells(self.states[where].copy(), self.positions[where].copy(), self.confidence[where].copy())


@dataclass(frozen=True)
class Edit:
    """A change of M cells that can be taken back.

    Attributes:
        what: name of the operation, e.g. "place".
        frame: the frame to show when the edit is done or undone.
        points, frames: int [M], which cells.
        old, new: their contents before and after.
    """

    what: str
    frame: int
    points: np.ndarray
    frames: np.ndarray
    old: Cells
    new: Cells

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(self.old, self.new))

    def inverse(self) -> Edit:
        """Return the edit that takes this one back."""
        return replace(self, old=self.new, new=self.old)


def apply(annotation: Annotation, edit: Edit) -> Annotation:
    """Return the annotation after the edit."""
    where = (edit.points, edit.frames)
    states, positions, confidence = (a.copy() for a in (annotation.states, annotation.positions, annotation.confidence))
    states[where], positions[where], confidence[where] = edit.new
    return replace(annotation, states=states, positions=positions, confidence=confidence)


def empty_annotation(
    labels: tuple[str, ...],
    times_s: np.ndarray,
    segments: Optional[tuple[str, ...]] = None,
    spacing_mm: Optional[tuple[float, float]] = None,
    size: Optional[tuple[int, int]] = None,
) -> Annotation:
    """Return an annotation in which nothing is annotated yet."""
    shape = (len(labels), len(times_s))
    return Annotation(
        states=np.zeros(shape, dtype=np.uint8),
        positions=np.full((*shape, 2), np.nan, dtype=np.float32),
        confidence=np.full(shape, np.nan, dtype=np.float32),
        labels=tuple(labels),
        segments=tuple(segments) if segments is not None else ("",) * len(labels),
        times_s=np.asarray(times_s, dtype=np.float64),
        spacing_mm=spacing_mm,
        size=size,
    )


def with_point(annotation: Annotation, label: str, segment: str = "") -> Annotation:
    """Return the annotation with one more point, not annotated yet.

    Raises:
        BadInput: there is a point of this name.
    """
    more = empty_annotation((label,), annotation.times_s)
    return replace(
        annotation,
        states=np.concatenate([annotation.states, more.states]),
        positions=np.concatenate([annotation.positions, more.positions]),
        confidence=np.concatenate([annotation.confidence, more.confidence]),
        labels=(*annotation.labels, label),
        segments=(*annotation.segments, segment),
    )


def with_name(annotation: Annotation, point: int, label: str, segment: str) -> Annotation:
    """Return the annotation with another name and segment of a point.

    Raises:
        BadInput: no name, or that of another point.
    """
    if not label.strip():
        raise BadInput(_("A point needs a name."))
    labels, segments = list(annotation.labels), list(annotation.segments)
    labels[point], segments[point] = label, segment
    return replace(annotation, labels=tuple(labels), segments=tuple(segments))


def from_tracks(tracks: Tracks) -> Annotation:
    """Return an annotation that begins with tracks: visible positions come from the tracker, others are occluded."""
    known = np.isfinite(tracks.positions).all(axis=-1)
    states = np.where(known, np.where(tracks.visible, State.TRACKER, State.OCCLUDED), State.NOT_ANNOTATED)
    shape = states.shape
    confidence = np.full(shape, np.nan) if tracks.confidence is None else tracks.confidence
    return Annotation(
        states=states.astype(np.uint8),
        positions=np.where(known[..., None], tracks.positions, np.nan).astype(np.float32),
        confidence=confidence.astype(np.float32),
        labels=tracks.labels,
        segments=("",) * shape[0],
        times_s=tracks.times_s,
        spacing_mm=tracks.spacing_mm,
        size=tracks.size,
        source=tracks.tracker,
        r_times_s=tracks.r_times_s,
        heart_rate_bpm=tracks.heart_rate_bpm,
        avc_s=tracks.avc_s,
        time_source=tracks.time_source,
        spacing_source=tracks.spacing_source,
    )


def from_scored(tracks: Tracks) -> Annotation:
    """Return an annotation of tracks in which visible points without a confidence were placed by a person."""
    begun = from_tracks(tracks)
    placed = (begun.states == State.TRACKER) & np.isnan(begun.confidence)
    return replace(begun, states=np.where(placed, np.uint8(State.PLACED), begun.states))


def on_clip(annotation: Annotation, cine: Cine) -> Annotation:
    """Return the annotation with what its clip says about times, beats, scale and size."""
    return replace(
        annotation,
        times_s=cine.times_s,
        time_source=cine.time_source,
        r_times_s=cine.r_times_s,
        heart_rate_bpm=cine.heart_rate_bpm,
        avc_s=cine.avc_s,
        spacing_mm=cine.spacing_mm,
        spacing_source=cine.spacing_source,
        size=cine.size,
    )


def to_tracks(annotation: Annotation) -> Tracks:
    """Return the annotation as tracks: what is annotated is visible, positions elsewhere are NaN or where occluded."""
    fullest = int(np.argmax(annotation.annotated.sum(axis=0))) if annotation.states.size else 0
    return Tracks(
        positions=annotation.positions.astype(np.float32),
        visible=annotation.annotated,
        labels=annotation.labels,
        times_s=annotation.times_s,
        spacing_mm=annotation.spacing_mm,
        query_frame=fullest,
        tracker="annotation",
        options={"annotator": annotation.annotator, "schema": annotation.schema},
        size=annotation.size,
        r_times_s=annotation.r_times_s,
        heart_rate_bpm=annotation.heart_rate_bpm,
        avc_s=annotation.avc_s,
        time_source=annotation.time_source,
        spacing_source=annotation.spacing_source,
    )


def uncertain(annotation: Annotation, below: float = UNCERTAIN_BELOW) -> np.ndarray:
    """Return bool [N, T]: positions not placed by hand that deserve a look.

    Those of low confidence; and where no confidence is known, the frame halfway between two keyframes that are
    `LONG_GAP` frames or more apart, and the far end of what reaches as far beyond the first or the last keyframe.
    """
    derived = np.isin(annotation.states, _DERIVED)
    with np.errstate(invalid="ignore"):
        doubtful = derived & (annotation.confidence < below)
    unknown = derived & np.isnan(annotation.confidence)
    for point in range(annotation.n_points):
        keys = np.flatnonzero(annotation.keyframes[point])
        wide = np.diff(keys) >= LONG_GAP
        middle = (keys[:-1][wide] + keys[1:][wide]) // 2
        far = _far_ends(np.flatnonzero(unknown[point]), keys)
        for frames in (middle, far):
            doubtful[point, frames] |= unknown[point, frames]
    return np.asarray(doubtful)


def _far_ends(frames: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return those of the outermost of `frames` that lie `LONG_GAP` or more beyond all keyframes."""
    if len(frames) == 0 or len(keys) == 0:
        return np.zeros(0, dtype=np.int64)
    ends = frames[[0, -1]]
    beyond = np.array([keys[0] - ends[0], ends[1] - keys[-1]])
    return ends[beyond >= LONG_GAP]


def next_frame(wanted: np.ndarray, frame: int, direction: int) -> Optional[int]:
    """Return the next frame in `direction` (1 or -1) on which `wanted` [T] or any row of `wanted` [N, T] is true."""
    frames = np.flatnonzero(np.atleast_2d(wanted).any(axis=0))
    beyond = frames[frames > frame] if direction > 0 else frames[frames < frame]
    if len(beyond) == 0:
        return None
    return int(beyond[0] if direction > 0 else beyond[-1])
