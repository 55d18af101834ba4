"""Tracks against a reference, two trackers or prediction and ground truth: how far apart, where, in which frames.

Distances are in px of the 256 x 256 grid of `metrics` (each axis scaled by itself) and, beside it, in mm, or in px of
the clip when its spacing is unknown. Every frame counts on which the reference is seen, except the frame on which the
compared tracks were given; with queries on the first frame these are the frames of `metrics.point_tracking_metrics`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional

import numpy as np

from ..annotation.annotation import Annotation, to_tracks
from ..annotation.files import TRUSTED, read_annotation
from ..errors import BadInput
from ..i18n import tr as _
from ..tracks.files import read_tracks
from ..tracks.known import NOTHING_KNOWN, Known
from ..tracks.metrics import GRID, THRESHOLDS, median_trajectory_error, threshold_figures
from ..tracks.tracks import Tracks

# Classes of a distance on the 256 grid.
NEAR, CLOSE, APART, FAR, UNCOMPARED = range(5)
BORDERS_PX = (2.0, 4.0, 8.0)


@dataclass(frozen=True)
class TracksComparison:
    """N common points of two sets of tracks.

    Attributes:
        labels: of the points, as the compared tracks call them.
        tracks, reference: float32 [N, T, 2] px of the clip.
        evaluated: bool [N, T], see the file's head.
        grid_px: distance float64 [N, T] on the 256 grid; inf where the tracks lack it, NaN where not evaluated.
        length: the same in `unit`.
        unit: "mm", or "px" when the spacing is unknown.
        left_out: names of points that only one of the two has.
        by_order: the points were paired in their order, because no name is common.
    """

    labels: tuple[str, ...]
    tracks: np.ndarray
    reference: np.ndarray
    evaluated: np.ndarray
    grid_px: np.ndarray
    length: np.ndarray
    unit: str
    left_out: tuple[str, ...]
    by_order: bool


@dataclass(frozen=True)
class Figures:
    """How far apart, over a frame or a clip.

    Attributes:
        count: compared pairs of point and frame.
        within: percent closer than 1, 2, 4, 8, 16 px on the 256 grid (delta_1 ... delta_16).
        average: their mean (delta_avg).
        error_px: over a clip the mean over points of the median over time (MTE), on one frame the median over points;
            on the 256 grid; NaN when nothing is known.
        error_length: the same in `TracksComparison.unit`.
    """

    count: int
    within: tuple[float, ...]
    average: float
    error_px: float
    error_length: float


@dataclass(frozen=True)
class ComparedPoint:
    """One point over the clip; NaN or None where nothing is known.

    Attributes:
        label: its name.
        median_px, worst_px: over time, on the 256 grid.
        worst_length: in `TracksComparison.unit`.
        worst_frame: 0-based frame of the largest distance.
        missing: evaluated frames on which the tracks have no position.
    """

    label: str
    median_px: float
    worst_px: float
    worst_length: float
    worst_frame: Optional[int]
    missing: int


def same_comparison(first: TracksComparison, second: TracksComparison) -> bool:
    """Return whether two comparisons say the same."""
    arrays = ("tracks", "reference", "grid_px", "length")
    return first.labels == second.labels and all(
        np.array_equal(getattr(first, name), getattr(second, name), equal_nan=True) for name in arrays
    )


def compare_tracks(tracks: Tracks, reference: Tracks, size: tuple[int, int]) -> TracksComparison:
    """Compare tracks with a reference of the same clip, point by point.

    Args:
        tracks: what is judged.
        reference: another tracker's tracks, or the truth.
        size: (width, height) px of the clip.

    Raises:
        BadInput: another number of frames, or no points that belong together.
    """
    if tracks.n_frames != reference.n_frames:
        raise BadInput(
            _(
                "The tracks have {n_frames} frames and those they are compared with {n_frames2}; "
                "both must be of the same clip."
            ).format(n_frames=tracks.n_frames, n_frames2=reference.n_frames)
        )
    ours, theirs, by_order = _paired(tracks.labels, reference.labels)
    labels = tuple(tracks.labels[i] for i in ours)
    first = tracks.positions[ours].astype(np.float64)
    second = reference.positions[theirs].astype(np.float64)
    evaluated = reference.visible[theirs] & np.isfinite(second).all(axis=2)
    evaluated[:, tracks.query_frame] = False
    row, col = tracks.spacing_mm or reference.spacing_mm or (1.0, 1.0)
    known = tracks.spacing_mm is not None or reference.spacing_mm is not None
    partners = {*labels, *(reference.labels[i] for i in theirs)}
    return TracksComparison(
        labels=labels,
        tracks=tracks.positions[ours],
        reference=reference.positions[theirs],
        evaluated=evaluated,
        grid_px=_distance(first, second, evaluated, GRID / np.asarray(size, dtype=np.float64)),
        length=_distance(first, second, evaluated, np.array([col, row])),
        unit="mm" if known else "px",
        left_out=tuple(name for name in (*tracks.labels, *reference.labels) if name not in partners),
        by_order=by_order,
    )


def clip_figures(comparison: TracksComparison) -> Optional[Figures]:
    """Return the figures of the whole clip; None when nothing can be compared."""
    if not comparison.evaluated.any():
        return None
    shares = threshold_figures(comparison.grid_px, comparison.evaluated)
    return Figures(
        count=int(comparison.evaluated.sum()),
        within=tuple(shares[f"delta_{k}"] for k in THRESHOLDS),
        average=shares["delta_avg"],
        error_px=median_trajectory_error(comparison.grid_px, comparison.evaluated),
        error_length=median_trajectory_error(comparison.length, comparison.evaluated),
    )


def frame_figures(comparison: TracksComparison, frame: int) -> Optional[Figures]:
    """Return the figures of one frame (0-based); None when nothing can be compared on it."""
    here = comparison.evaluated[:, frame]
    if not here.any():
        return None
    grid, length = comparison.grid_px[here, frame], comparison.length[here, frame]
    within = tuple(100 * float(np.mean(grid < k)) for k in THRESHOLDS)
    return Figures(int(here.sum()), within, float(np.mean(within)), _finite_median(grid), _finite_median(length))


def compared_points(comparison: TracksComparison) -> list[ComparedPoint]:
    """Return one row a point, in the points' order."""
    rows = []
    for i, label in enumerate(comparison.labels):
        known = np.flatnonzero(np.isfinite(comparison.grid_px[i]))
        missing = int(np.isinf(comparison.grid_px[i]).sum())
        if not known.size:
            rows.append(ComparedPoint(label, float("nan"), float("nan"), float("nan"), None, missing))
            continue
        grid = comparison.grid_px[i]
        worst = int(known[grid[known].argmax()])
        rows.append(
            ComparedPoint(
                label=label,
                median_px=float(np.median(grid[known])),
                worst_px=float(grid[worst]),
                worst_length=float(comparison.length[i, worst]),
                worst_frame=worst,
                missing=missing,
            )
        )
    return rows


def distance_classes(grid_px: np.ndarray) -> np.ndarray:
    """Return the class of each distance on the 256 grid: NEAR below 2 px, CLOSE, APART, FAR from 8 px, UNCOMPARED."""
    classes = np.searchsorted(BORDERS_PX, np.nan_to_num(grid_px, nan=0.0), side="right").astype(np.uint8)
    return np.where(np.isnan(grid_px), np.uint8(UNCOMPARED), classes)


def trusted_tracks(annotation: Annotation) -> Tracks:
    """Return an annotation as a reference: only what a person placed, or interpolated between placed positions.

    Raises:
        BadInput: nothing of it is.
    """
    trusted = np.isin(annotation.states, TRUSTED)
    if not trusted.any():
        raise BadInput(_("Nothing in this annotation set was placed by hand, so it is no ground truth yet."))
    return replace(to_tracks(annotation), visible=trusted)


def read_reference(path: Path, known: Known = NOTHING_KNOWN) -> Tracks:
    """Read a track file, or an annotation file as a reference (`trusted_tracks`).

    Raises:
        BadInput: neither, or an annotation in which nothing was placed by hand.
        MissingDependency: HDF5 without h5py.
    """
    try:
        annotation = read_annotation(path, known)  # reads track files too, as annotations that begin with the file
    except BadInput as error:
        try:
            return read_tracks(path, known)
        except BadInput:
            raise error from None
    if annotation.source == path.name and not np.isin(annotation.states, TRUSTED).any():
        return read_tracks(path, known)
    return trusted_tracks(annotation)


def _paired(ours: Sequence[str], theirs: Sequence[str]) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return the indices of the points that belong together, and whether only their order says so."""
    if tuple(ours) == tuple(theirs):
        return np.arange(len(ours)), np.arange(len(theirs)), False
    place = {label: i for i, label in enumerate(theirs)}
    common = [i for i, label in enumerate(ours) if label in place]
    if common and len(place) == len(theirs) and len(set(ours)) == len(ours):
        return np.array(common), np.array([place[ours[i]] for i in common]), False
    if not common and len(ours) == len(theirs) > 0:
        return np.arange(len(ours)), np.arange(len(theirs)), True
    raise BadInput(
        _(
            "The points cannot be paired: {n} points called {few} and {n2} called {few2}. "
            "Both must have the same names, each of them once, or the same number of points in the same order."
        ).format(n=len(ours), few=_few(ours), n2=len(theirs), few2=_few(theirs))
    )


def _few(labels: Sequence[str]) -> str:
    return ", ".join(labels[:3]) + (" ..." if len(labels) > 3 else "")


def _distance(first: np.ndarray, second: np.ndarray, evaluated: np.ndarray, scale: np.ndarray) -> np.ndarray:
    distance = np.linalg.norm((first - second) * scale, axis=2)
    return np.where(evaluated, np.where(np.isfinite(distance), distance, np.inf), np.nan)


def _finite_median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")
