"""Strain before and after a reviewer's decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Optional

import numpy as np

from ..errors import BadInput
from ..strain.layers import middle_layer
from ..strain.segments import segment_names
from ..strain.strain import Strain, measure_strain
from ..tracks.decisions import Review, rejected
from ..tracks.tracks import Tracks


@dataclass(frozen=True)
class ReviewedStrain:
    """Strain with all points and without the rejected ones.

    Attributes:
        before: of all points of the measured layer.
        after: without those that are rejected, by themselves or with their segment; None when too few are left.
        problem: why `after` is None, else "".
        segments: the N points' segment names, "" where the wall has no segments; of all tracks, also of other layers.
        rejected: labels of all rejected points, also of other layers.
    """

    before: Strain
    after: Optional[Strain]
    problem: str
    segments: tuple[str, ...]
    rejected: tuple[str, ...]


def measure_reviewed(tracks: Tracks, view: str = "", **settings: Any) -> ReviewedStrain:
    """Measure the middle layer of a wall, or all points of a free list, with and without its rejected points.

    Segments are those of the measurement with all points: a rejection never moves the others to another segment.

    Args:
        tracks: the points with the decisions about them (`Tracks.review`).
        view: "A4C", "A2C", "APLAX", "RV" to name the segments; "" otherwise.
        settings: `ed`, `es`, `cycle_end`, `beat`, `drift_compensation` of `measure_strain`.

    Raises:
        BadInput: already the measurement with all points is not possible.
    """
    return without_rejected(tracks, measure_all(tracks, view, **settings), view, **settings)


def measure_all(tracks: Tracks, view: str = "", **settings: Any) -> Strain:
    """Measure the middle layer of a wall, or all points of a free list, with all its points (see `measure_reviewed`).

    Raises:
        BadInput: strain cannot be measured.
    """
    layer, points = middle_layer(tracks.labels)
    return measure_strain(replace(tracks.select(points), review=Review()), view=view, layer=layer, **settings)


def without_rejected(tracks: Tracks, before: Strain, view: str = "", **settings: Any) -> ReviewedStrain:
    """Measure once more without the rejected points.

    Args:
        tracks: the points with the decisions about them.
        before: `measure_all` of these positions, with the same view and settings.
        view: as there.
        settings: as there.
    """
    layer, points = middle_layer(tracks.labels)
    segments = point_segments(tracks, before)
    out = rejected(tracks.review, tracks.labels, segments)
    measured = [tracks.labels[n] for n in points]
    left_out = tuple(label for label in out if label in measured)
    if not left_out:
        return ReviewedStrain(before, before, "", segments, out)
    try:
        after = measure_strain(tracks.select(points), view=view, layer=layer, **settings)
    except BadInput as error:
        return ReviewedStrain(before, None, str(error), segments, out)
    sentence = f"Rejected by the reviewer, {len(left_out)} of {len(measured)} points: {', '.join(left_out)}."
    after = replace(after, warnings=(sentence, *after.warnings))
    return ReviewedStrain(before, after, "", segments, out)


def point_segments(tracks: Tracks, strain: Strain) -> tuple[str, ...]:
    """Return the segment of each of the N points, that of the nearest measured point at end-diastole; "" without."""
    if not strain.segments:
        return ("",) * tracks.n_points
    names = segment_names(strain.view)
    places = tracks.positions[:, strain.ed].astype(np.float64) * (tracks.spacing_mm or (1.0, 1.0))[::-1]
    index = {label: n for n, label in enumerate(tracks.labels)}
    line = np.nan_to_num(places[[index[label] for label in strain.line]])
    distance = np.nan_to_num(np.linalg.norm(places[:, None] - line[None], axis=-1), nan=np.inf)
    nearest = distance.argmin(axis=1)
    own = {label: k for k, label in enumerate(strain.line)}
    return tuple(names[strain.point_segments[own.get(label, n)]] for label, n in zip(tracks.labels, nearest))
