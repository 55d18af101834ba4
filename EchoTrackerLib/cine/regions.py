"""Calibrated regions of an ultrasound image, and the pixel spacing of the one that holds the points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple, Optional

import numpy as np

SCALED_KINDS = ("tissue", "color flow")  # what shows distances in both directions
PLAUSIBLE_MM = (0.005, 5.0)  # mm per pixel: images of an echo are 20 to 400 mm deep
_SAME_SCALE = 0.005
_NOT_SQUARE = "unknown, and the pixels are not square"
_OLD_KINDS = {"colour flow": "color flow"}  # as files and scenes of version 0.1 have it


@dataclass(frozen=True)
class Region:
    """One calibrated area of an ultrasound image (DICOM PS3.3 C.8.5.5)."""

    bounds_px: tuple[int, int, int, int]  # x0, y0, x1, y1, inclusive
    kind: str  # "tissue", "color flow", "ecg", "doppler", "m-mode", "other"
    spacing_mm: Optional[tuple[float, float]]  # (row, col), None when not in cm

    @property
    def is_scaled(self) -> bool:
        """Whether distances in it can be measured."""
        return self.kind in SCALED_KINDS and self.spacing_mm is not None

    def holds(self, positions: np.ndarray) -> np.ndarray:
        """Return bool [...]: which positions (x, y) px [..., 2] lie in it."""
        x0, y0, x1, y1 = self.bounds_px
        low, high = np.array([x0, y0]) - 0.5, np.array([x1, y1]) + 0.5
        return np.asarray(((positions >= low) & (positions <= high)).all(axis=-1))

    def area(self, size: Optional[tuple[int, int]] = None) -> int:
        """Return its pixels, those on the image when its (width, height) is given."""
        x0, y0, x1, y1 = self.bounds_px
        if size is not None:
            x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, size[0] - 1), min(y1, size[1] - 1)
        return max(x1 - x0 + 1, 0) * max(y1 - y0 + 1, 0)


def regions_to_json(regions: Sequence[Region]) -> list[dict[str, Any]]:
    """Return regions as plain values, for files and scenes."""
    return [{"bounds_px": r.bounds_px, "kind": r.kind, "spacing_mm": r.spacing_mm} for r in regions]


def regions_from_json(stored: Any) -> tuple[Region, ...]:
    """Return the regions of plain values; none where they are damaged."""
    try:
        found = []
        for region in stored:
            x0, y0, x1, y1 = (int(v) for v in region["bounds_px"])
            spacing = region["spacing_mm"]
            scale = None if spacing is None else (float(spacing[0]), float(spacing[1]))
            kind = _OLD_KINDS.get(str(region["kind"]), str(region["kind"]))
            found.append(Region((x0, y0, x1, y1), kind, scale))
    except (TypeError, ValueError, KeyError, IndexError):
        return ()
    return tuple(found)


def not_square_source(wide_to_high: str) -> str:
    """Return the source of spacing of a clip that tells no scale but that its pixels are not square, e.g. "8:9"."""
    return f"{_NOT_SQUARE} ({wide_to_high} wide to high)"


def is_not_square(spacing_source: str) -> bool:
    """Return whether a source of spacing says that the scale is unknown and the pixels are not square."""
    return spacing_source.startswith(_NOT_SQUARE)


def not_square_pixels(spacing_source: str) -> tuple[int, int]:
    """Return how wide and how high pixels are that `not_square_source` told of, as small whole numbers."""
    wide, high = spacing_source[len(_NOT_SQUARE) :].strip(" (").split(" ")[0].split(":")
    ratio = Fraction(wide) / Fraction(high)
    return ratio.numerator, ratio.denominator


class Scale(NamedTuple):
    """Pixel spacing (row, col) in mm or None, and where it comes from or why there is none."""

    spacing_mm: Optional[tuple[float, float]]
    source: str


def region_name(number: int, region: Region) -> str:
    """Return how a region, counted from 1, is named as a source of spacing."""
    return f"DICOM region {number} ({region.kind})"


def scale_at(regions: Sequence[Region], clip: Scale, positions: np.ndarray) -> Scale:
    """Return the scale of the region that holds the points.

    Args:
        regions: of the clip, in the file's order.
        clip: the clip's own scale. It counts as it is when it was set by somebody or comes from no region.
        positions: (x, y) px [..., 2]; NaN positions are left out.

    Returns:
        The region's scale; the clip's for points in no scaled region; none, with the reason, for points in regions of
        different scale.
    """
    scaled = [(number, region) for number, region in enumerate(regions, start=1) if region.is_scaled]
    is_theirs = clip.spacing_mm is not None and any(_same(region.spacing_mm, clip.spacing_mm) for _, region in scaled)
    points = np.asarray(positions, dtype=np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if not is_theirs or not clip.source.startswith("DICOM region") or len(points) == 0:
        return clip
    inside = np.array([region.holds(points) for _, region in scaled])  # [regions, points]
    # A region inside another one, e.g. color flow on tissue, holds its points alone.
    smallest = sorted(range(len(scaled)), key=lambda k: scaled[k][1].area())
    used = {next(k for k in smallest if inside[k, p]) for p in range(len(points)) if inside[:, p].any()}
    if not used:
        return clip
    names = sorted(region_name(*scaled[k]) for k in used)
    chosen = [scaled[k][1].spacing_mm for k in used]
    outside = not inside.any(axis=0).all()
    chosen += [clip.spacing_mm] if outside else []
    if all(_same(chosen[0], spacing) for spacing in chosen):
        return Scale(chosen[0], names[0])
    what = " and ".join(names) + (" and outside of them" if outside else "")
    return Scale(None, f"none, as the points lie in {what}, which differ in scale")


def _same(a: Optional[tuple[float, float]], b: Optional[tuple[float, float]]) -> bool:
    return a is not None and b is not None and bool(np.allclose(a, b, rtol=_SAME_SCALE))
