"""Regions, pixel spacing, frame times and heart beats from a DICOM ultrasound header."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import numpy as np

from .cine import Region
from .times import UNKNOWN, assumed_times, regular_times, rising, rising_times

_FORMAT_2D = 1  # Region Spatial Format (0018,6012)
_FORMAT_KINDS = {2: "m-mode", 3: "doppler"}
_TYPE_KINDS = {1: "tissue", 2: "colour flow", 3: "doppler", 4: "doppler", 10: "ecg"}  # Region Data Type (0018,6014)
_UNIT_CM = 3  # Physical Units X/Y Direction (0018,6024/6026)


def number(header: Any, keyword: str) -> Optional[float]:
    """Return a finite number from the header, or None when it is missing, empty or not a number."""
    values = numbers(header, keyword)
    return values[0] if len(values) else None


def numbers(header: Any, keyword: str) -> list[float]:
    """Return the finite numbers of a (multi-valued) element; empty when missing or any is not a number."""
    try:
        value = header.get(keyword)
        if value is None or value == "":
            return []
        values = [value] if isinstance(value, (int, float, str)) or not isinstance(value, Sequence) else list(value)
        parsed = [float(v) for v in values]
    except (TypeError, ValueError, AttributeError, OverflowError):
        return []
    return parsed if np.all(np.isfinite(parsed)) else []


def find_regions(header: Any) -> tuple[Region, ...]:
    """Return the calibrated regions of the Sequence of Ultrasound Regions (PS3.3 C.8.5.5), in the file's order.

    The sign of Physical Delta is ignored: some vendors use it for the direction of the axis.
    """
    regions = []
    for item in header.get("SequenceOfUltrasoundRegions") or ():
        corners = [number(item, f"RegionLocation{name}") for name in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
        bounds = tuple(int(c) for c in corners if c is not None)
        if len(bounds) != 4:
            continue
        spatial, data = number(item, "RegionSpatialFormat"), number(item, "RegionDataType")
        kind = _TYPE_KINDS.get(int(data or 0), "other")
        if spatial != _FORMAT_2D and kind in ("tissue", "colour flow"):  # e.g. an M-mode strip of tissue
            kind = _FORMAT_KINDS.get(int(spatial or 0), "other")
        regions.append(Region((bounds[0], bounds[1], bounds[2], bounds[3]), kind, _region_spacing(item)))
    return tuple(regions)


def _region_spacing(item: Any) -> Optional[tuple[float, float]]:
    units = number(item, "PhysicalUnitsXDirection"), number(item, "PhysicalUnitsYDirection")
    deltas = number(item, "PhysicalDeltaY"), number(item, "PhysicalDeltaX")
    if units != (_UNIT_CM, _UNIT_CM) or not deltas[0] or not deltas[1]:
        return None
    return abs(deltas[0]) * 10.0, abs(deltas[1]) * 10.0


def find_spacing(header: Any, regions: Sequence[Region]) -> tuple[Optional[tuple[float, float]], str, tuple[str, ...]]:
    """Return the pixel spacing (row, col) in mm or None, where it comes from, and warnings.

    The largest two-dimensional region of tissue in cm counts, then of colour flow, then Pixel Spacing (0028,0030).
    Pixel Spacing of exactly 1 mm is what converters write for "unknown"; no echo has such pixels.
    """
    for kind in ("tissue", "colour flow"):
        found = [(i, r) for i, r in enumerate(regions, start=1) if r.kind == kind and r.spacing_mm is not None]
        if found:
            index, region = max(found, key=lambda pair: _area(pair[1]))
            return region.spacing_mm, f"DICOM region {index} ({kind})", _scale_warning([r for _, r in found], region)
    spacing = numbers(header, "PixelSpacing")
    if len(spacing) == 2 and min(spacing) > 0:
        if spacing == [1.0, 1.0]:
            return None, UNKNOWN, ("Pixel Spacing is 1 mm, the usual placeholder: the spacing is taken as unknown.",)
        return (spacing[0], spacing[1]), "PixelSpacing", ()
    return None, UNKNOWN, ()


def _area(region: Region) -> int:
    x0, y0, x1, y1 = region.bounds_px
    return max(x1 - x0 + 1, 0) * max(y1 - y0 + 1, 0)


def _scale_warning(regions: Sequence[Region], chosen: Region) -> tuple[str, ...]:
    scales = np.array([r.spacing_mm for r in regions])
    if np.allclose(scales, np.array(chosen.spacing_mm), rtol=0.005):
        return ()
    return ("Image regions of different scale: the largest one's is used. Track points in that region only.",)


def find_times(header: Any, n_frames: int) -> tuple[np.ndarray, str, tuple[str, ...]]:
    """Return frame times float64 [n_frames] in s from 0, where they come from, and warnings.

    In this order: Frame Time Vector, Frame Time, Cine Rate, Recommended Display Frame Rate (PS3.3 C.7.6.5).
    """
    if n_frames == 1:
        return assumed_times(1)
    warnings: tuple[str, ...] = ()
    vector = header.get("FrameTimeVector")
    if vector is not None and vector != "":
        times = _vector_times(np.array(numbers(header, "FrameTimeVector")), n_frames)
        if times is not None:
            return times, "FrameTimeVector", ()
        warnings = ("The Frame Time Vector does not give rising times, one for each frame; it is ignored.",)
    step_ms = number(header, "FrameTime")
    if step_ms is not None and step_ms > 0:
        return regular_times(n_frames, 1000.0 / step_ms), "FrameTime", warnings
    for keyword, text in (("CineRate", "Cine Rate"), ("RecommendedDisplayFrameRate", "Recommended Display Frame Rate")):
        rate = number(header, keyword)
        if rate is not None and rate > 0:
            guess = f"Frame times are guessed from the {text} ({rate:g} frames/s), which may be a display rate."
            return regular_times(n_frames, rate), keyword, (*warnings, guess)
    times, source, guess_warnings = assumed_times(n_frames)
    return times, source, (*warnings, *guess_warnings)


def _vector_times(steps_ms: np.ndarray, n_frames: int) -> Optional[np.ndarray]:
    # Item k is the time from frame k - 1 to frame k and the first item should be 0; some files leave the 0 out,
    # others put the interval there too.
    if steps_ms.size == n_frames - 1:
        steps_ms = np.concatenate([[0.0], steps_ms])
    if steps_ms.size != n_frames:
        return None
    return rising_times(np.cumsum(steps_ms) / 1000.0)


def find_heart_rate(header: Any) -> Optional[float]:
    """Return the Heart Rate (0018,1088) in beats per minute, or None when missing or 0."""
    rate = number(header, "HeartRate")
    return rate if rate is not None and rate > 0 else None


def find_r_times(header: Any) -> Optional[np.ndarray]:
    """Return the R Wave Time Vector (0018,6060) in s after the first frame, None when missing or not rising."""
    return rising(np.array(numbers(header, "RWaveTimeVector")) / 1000.0)
