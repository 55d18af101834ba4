"""Trajectories of points through a clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Optional

import numpy as np

from ..cine.regions import is_not_square
from ..cine.times import UNKNOWN
from ..errors import BadInput
from ..i18n import frame_number
from ..i18n import tr as _
from .decisions import Review

APEX = "apex"  # in `Tracks.options`, see `clicked_apex`
OUTSIDE_SECTOR = "outside_sector"  # in `Tracks.options`: labels of points that leave the ultrasound sector


@dataclass(frozen=True)
class Tracks:
    """N points followed through T frames.

    Attributes:
        positions: float32 [N, T, 2], (x, y) px of the clip, origin at the center of the top-left pixel.
        visible: bool [N, T].
        confidence: float32 [N, T] in 0..1, or None when not computed.
        labels: N names.
        times_s: float64 [T].
        spacing_mm: (row, col) or None when unknown.
        query_frame: the 0-based frame on which tracking started.
        tracker: name in the registry, "truth", "annotation" or "unknown".
        weights_sha256: hex digest of the weights' file, "" for a tracker without weights.
        quality: separate quality measures by name, each float32 [N, T] (see `quality`).
        options: what the tracker was run with (device, precision, wall coupling...), for reports.
        size: (width, height) of the clip in px, or None when unknown.
        review: what a reviewer decided about points and segments.
        r_times_s: float64 [K] rising, R waves in s on the scale of `times_s`; None when unknown.
        heart_rate_bpm: beats per minute as the device stored it, or None.
        avc_s: aortic valve closure, s after the R wave, as stored with the clip or the tracks; None when unknown.
        time_source, spacing_source: as in `Cine`, of the region that holds the points; "" when not stated.
    """

    positions: np.ndarray
    visible: np.ndarray
    labels: tuple[str, ...]
    times_s: np.ndarray
    spacing_mm: Optional[tuple[float, float]] = None
    query_frame: int = 0
    tracker: str = "unknown"
    weights_sha256: str = ""
    confidence: Optional[np.ndarray] = None
    quality: Mapping[str, np.ndarray] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    size: Optional[tuple[int, int]] = None
    review: Review = field(default_factory=Review)
    r_times_s: Optional[np.ndarray] = None
    heart_rate_bpm: Optional[float] = None
    time_source: str = ""
    spacing_source: str = ""
    avc_s: Optional[float] = None

    def __post_init__(self) -> None:
        shape = self.positions.shape
        if len(shape) != 3 or shape[2] != 2:
            raise BadInput(_("Track positions must be [N, T, 2], not {value}.").format(value=list(shape)))
        if self.visible.shape != shape[:2]:
            raise BadInput(
                _("'visible' must be {value}, not {value2}.").format(
                    value=list(shape[:2]), value2=list(self.visible.shape)
                )
            )
        if self.times_s.shape != (shape[1],):
            raise BadInput(_("{size} frames but {size2} frame times.").format(size=shape[1], size2=self.times_s.size))
        if len(self.labels) != shape[0]:
            raise BadInput(_("{size} points but {n} labels.").format(size=shape[0], n=len(self.labels)))
        if self.confidence is not None and self.confidence.shape != shape[:2]:
            raise BadInput(
                _("'confidence' must be {value}, not {value2}.").format(
                    value=list(shape[:2]), value2=list(self.confidence.shape)
                )
            )
        if not 0 <= self.query_frame < max(shape[1], 1):
            raise BadInput(
                _("Query frame {query_frame} is outside the clip's {size} frames.").format(
                    query_frame=frame_number(self.query_frame), size=shape[1]
                )
            )

    @property
    def n_points(self) -> int:
        """Number of points N."""
        return int(self.positions.shape[0])

    @property
    def n_frames(self) -> int:
        """Number of frames T."""
        return int(self.positions.shape[1])

    @property
    def void_scale(self) -> bool:
        """Whether no length can be compared with another: pixels that are not square, of unknown spacing."""
        return self.spacing_mm is None and is_not_square(self.spacing_source)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What users must know: what the tracker said, and what is not known of times and scale."""
        said = self.options.get("warnings", ())
        return (*(map(str, said) if isinstance(said, (list, tuple)) else ()), *self.source_warnings)

    @property
    def source_warnings(self) -> tuple[str, ...]:
        """What is not known of times and scale."""
        warnings = []
        if self.time_source == UNKNOWN and self.n_frames > 1:
            warnings.append(_("The frame times are unknown and assumed: velocities and rates are not measurements."))
        if self.void_scale:
            warnings.append(
                _("Lengths are in px: scale {spacing_source}. State the pixel spacing to measure.").format(
                    spacing_source=self.spacing_source
                )
            )
        elif self.spacing_mm is None and self.spacing_source not in ("", UNKNOWN):
            warnings.append(
                _("Lengths are in px: scale {spacing_source}. Track the points of one region at a time.").format(
                    spacing_source=self.spacing_source
                )
            )
        return tuple(warnings)

    @property
    def clicked_apex(self) -> Optional[float]:
        """Where the apex was clicked along the wall: a point's number in its layer, 0-based, between two as a fraction.

        None where it was not, or where these are not the points of one layer of that wall. In the options it is
        {"place": this number, "of": the number of points of the layer}.
        """
        noted = self.options.get(APEX)
        place, count = (noted.get("place"), noted.get("of")) if isinstance(noted, Mapping) else (None, None)
        if not isinstance(place, (int, float)) or count != self.n_points or not 0 < place < self.n_points - 1:
            return None
        return float(place)

    def select(self, indices: np.ndarray) -> Tracks:
        """Return the tracks of the points with these indices (int or bool [N])."""
        index = np.flatnonzero(indices) if np.asarray(indices).dtype == bool else np.asarray(indices)
        return replace(
            self,
            positions=self.positions[index],
            visible=self.visible[index],
            labels=tuple(self.labels[i] for i in index),
            confidence=None if self.confidence is None else self.confidence[index],
            quality={name: values[index] for name, values in self.quality.items()},
        )
