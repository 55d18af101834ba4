"""Do two annotators (or one, twice) put the same points at the same places? Distances, limits of agreement, ICC."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Optional

import numpy as np

from ..agreement import Agreement, compare
from ..errors import BadInput
from ..i18n import tr as _
from .annotation import STATE_NAMES, Annotation, State

ANNOTATED = (State.PLACED, State.INTERPOLATED, State.TRACKER)
_LEAST_FRAMES = 3  # common frames of a point, from which on its motion about its mean place says something
_EPISODE_SHARE = 0.5  # of its greatest distance: how far down an episode reaches


@dataclass(frozen=True)
class Distances:
    """Distances between two sets over some cells; in mm NaN when the spacing is unknown.

    Attributes:
        n: cells that both sets annotate.
        mean_px, sd_px: mean and standard deviation (n - 1) of the distances.
        upper_px: 95 % of the distances are shorter.
        mean_mm, sd_mm, upper_mm: the same in mm.
    """

    n: int
    mean_px: float
    sd_px: float
    upper_px: float
    mean_mm: float
    sd_mm: float
    upper_mm: float


@dataclass(frozen=True)
class AnnotationAgreement:
    """Agreement of two annotation sets of one clip.

    Attributes:
        annotators: of the two sets, as typed.
        counted: names of the states that count in both sets.
        labels, segments: of the N points that both sets have; segments as in the first set.
        times_s: float [T].
        distance_px: float [N, T], NaN where not both sets annotate.
        distance_mm: the same in mm, or None when the spacing is unknown.
        overall, by_point, by_segment: distances; points by label, segments by name in the order of the first set.
        x, y: Bland-Altman limits and ICC along columns and rows, first set minus second, in mm when the spacing is
            known and in px otherwise. Values are positions about the mean place of the point in both sets: agreement
            about the motion and a constant shift, not about points being apart from each other. Points with fewer than
            three common frames have no motion and are left out of the ICC, which is NaN when none is left.
    """

    annotators: tuple[str, str]
    counted: tuple[str, ...]
    labels: tuple[str, ...]
    segments: tuple[str, ...]
    times_s: np.ndarray
    distance_px: np.ndarray
    distance_mm: Optional[np.ndarray]
    overall: Distances
    by_point: dict[str, Distances]
    by_segment: dict[str, Distances]
    x: Agreement
    y: Agreement

    @property
    def distance(self) -> np.ndarray:
        """Distances [N, T] in mm when the spacing is known, in px otherwise."""
        return self.distance_px if self.distance_mm is None else self.distance_mm

    @property
    def unit(self) -> str:
        """Unit of `distance`: "mm" or "px"."""
        return "px" if self.distance_mm is None else "mm"

    @property
    def over_time(self) -> np.ndarray:
        """Mean of `distance` over the points [T], NaN where no point counts."""
        return np.array([_mean(column) for column in self.distance.T])

    @property
    def full_scale(self) -> float:
        """The distance that pictures show as the greatest: 98 % are shorter; never 0."""
        return max(float(np.nanpercentile(self.distance, 98)), 1e-6)

    @property
    def is_intra_observer(self) -> bool:
        """Whether one person, by the name typed, made both sets."""
        return bool(self.annotators[0]) and self.annotators[0] == self.annotators[1]

    def worst_episodes(self, count: int = 20) -> list[Episode]:
        """Return the greatest disagreements, worst first, each stretch of frames of a point once."""
        found = [
            Episode(label, frame, first, last, float(self.distance[i, frame]))
            for i, label in enumerate(self.labels)
            for frame, first, last in _episodes(self.distance[i])
        ]
        return sorted(found, key=lambda episode: -episode.distance)[:count]


class Episode(NamedTuple):
    """A stretch of frames on which two sets disagree about a point.

    Attributes:
        label: of the point.
        frame: 0-based, of the greatest distance.
        first, last: 0-based, frames around it without a break on which the distance is at least half as great.
        distance: the greatest, in the unit of `AnnotationAgreement.distance`.
    """

    label: str
    frame: int
    first: int
    last: int
    distance: float


def compare_annotations(
    first: Annotation, second: Annotation, counted: tuple[State, ...] = ANNOTATED
) -> AnnotationAgreement:
    """Return the agreement of two sets; points are matched by their names, cells count where both sets annotate.

    Args:
        first, second: sets of one clip.
        counted: states that count as annotated in both; `(State.PLACED,)` compares what people did, not trackers.

    Raises:
        BadInput: other frames, no common point, or fewer than two common cells.
    """
    if first.n_frames != second.n_frames:
        raise BadInput(
            _("The sets have {n_frames} and {n_frames2} frames; compare sets of one clip.").format(
                n_frames=first.n_frames, n_frames2=second.n_frames
            )
        )
    labels = tuple(label for label in first.labels if label in second.labels)
    if not labels:
        raise BadInput(_("The two sets have no point name in common."))
    a = [first.labels.index(label) for label in labels]
    b = [second.labels.index(label) for label in labels]
    both = np.isin(first.states[a], counted) & np.isin(second.states[b], counted)
    if both.sum() < 2:
        raise BadInput(_("Agreement needs at least two positions that count in both sets."))
    here, there = (
        np.where(both[..., None], s.positions[i].astype(np.float64), np.nan) for s, i in ((first, a), (second, b))
    )
    row, col = first.spacing_mm or (np.nan, np.nan)
    pixels = np.linalg.norm(here - there, axis=-1)
    millimetres = np.linalg.norm((here - there) * (col, row), axis=-1)
    scale = (1.0, 1.0) if first.spacing_mm is None else (col, row)
    segments = np.array([first.segments[i] for i in a])
    named = [name for name in dict.fromkeys(segments.tolist()) if name]
    return AnnotationAgreement(
        annotators=(first.annotator, second.annotator),
        counted=tuple(STATE_NAMES[state] for state in counted),
        labels=labels,
        segments=tuple(segments.tolist()),
        times_s=first.times_s,
        distance_px=pixels,
        distance_mm=None if first.spacing_mm is None else millimetres,
        overall=_distances(pixels, millimetres),
        by_point={label: _distances(pixels[i], millimetres[i]) for i, label in enumerate(labels)},
        by_segment={name: _distances(pixels[segments == name], millimetres[segments == name]) for name in named},
        x=_axis(here[..., 0] * scale[0], there[..., 0] * scale[0]),
        y=_axis(here[..., 1] * scale[1], there[..., 1] * scale[1]),
    )


def _episodes(distances: np.ndarray) -> list[tuple[int, int, int]]:
    """Return (frame of the greatest distance, first, last frame) of each episode of a point's distances [T]."""
    known = np.nan_to_num(distances, nan=-1.0)
    beside = np.concatenate([[-1.0], known, [-1.0]])
    peaks = np.flatnonzero((known >= 0) & (known >= beside[:-2]) & (known >= beside[2:]))
    free, found = np.ones(len(known), dtype=bool), []
    for peak in peaks[np.argsort(-known[peaks], kind="stable")].tolist():
        if free[peak]:
            outside = np.flatnonzero(known < _EPISODE_SHARE * known[peak])
            first = int(outside[outside < peak].max(initial=-1)) + 1
            last = int(outside[outside > peak].min(initial=len(known))) - 1
            free[first : last + 1] = False
            found.append((peak, first, last))
    return found


def _axis(first: np.ndarray, second: np.ndarray) -> Agreement:
    """Return the agreement along one axis, both [N, T]; the ICC of points with enough frames to have a motion."""
    found = compare(*_motion(first, second))
    moving = np.isfinite(first).sum(axis=1) >= _LEAST_FRAMES
    if not moving.any():
        return replace(found, icc_absolute=float("nan"), icc_consistency=float("nan"))
    motion = compare(*_motion(first[moving], second[moving]))
    return replace(found, icc_absolute=motion.icc_absolute, icc_consistency=motion.icc_consistency)


def _motion(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both series [N * T] about each point's mean place."""
    centre = np.array([[_mean(np.concatenate([a, b]))] for a, b in zip(first, second)])
    return (first - centre).ravel(), (second - centre).ravel()


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _distances(pixels: np.ndarray, millimetres: np.ndarray) -> Distances:
    figures: list[float] = []
    for values in (pixels, millimetres):
        known = values[np.isfinite(values)]
        sd = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
        figures += [_mean(known), sd, float(np.percentile(known, 95)) if len(known) else float("nan")]
    return Distances(int(np.isfinite(pixels).sum()), *figures)
