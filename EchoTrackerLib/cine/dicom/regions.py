"""Regions and pixel spacing of a DICOM ultrasound header."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import numpy as np

from ...i18n import tr as _
from ..regions import PLAUSIBLE_MM, SCALED_KINDS, Region, Scale, not_square_source, region_name
from ..times import UNKNOWN
from .header import number, numbers, whole

_FORMAT_2D = 1  # Region Spatial Format (0018,6012)
_FORMAT_KINDS = {2: "m-mode", 3: "doppler"}
_TYPE_KINDS = {1: "tissue", 2: "color flow", 3: "doppler", 4: "doppler", 10: "ecg"}  # Region Data Type (0018,6014)
_UNIT_CM = 3  # Physical Units X/Y Direction (0018,6024/6026)
_MOST_STRETCHED = 10.0  # one spacing over the other


def find_regions(header: Any) -> tuple[tuple[Region, ...], tuple[str, ...]]:
    """Return the regions of the Sequence of Ultrasound Regions (PS3.3 C.8.5.5), in the file's order, and warnings.

    The sign of Physical Delta is ignored: some vendors use it for the direction of the axis. A scale that no echo has
    is left out.
    """
    regions: list[Region] = []
    warnings = []
    for item in _items(header):
        corners = [number(item, f"RegionLocation{name}") for name in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
        bounds = tuple(int(c) for c in corners if c is not None and abs(c) < 2**31)
        if len(bounds) != 4:
            continue
        spatial, data = number(item, "RegionSpatialFormat"), number(item, "RegionDataType")
        kind = _TYPE_KINDS.get(int(data or 0), "other")
        if spatial != _FORMAT_2D and kind in SCALED_KINDS:  # e.g. an M-mode strip of tissue
            kind = _FORMAT_KINDS.get(int(spatial or 0), "other")
        spacing = _region_spacing(item)
        if spacing is not None and not _is_plausible(spacing):
            warnings.append(
                _(
                    "DICOM region {len} states pixels of {spacing:.3g} x {spacing2:.3g} mm, "
                    "which no echo has; its scale is ignored."
                ).format(len=len(regions) + 1, spacing=spacing[0], spacing2=spacing[1])
            )
            spacing = None
        regions.append(Region((bounds[0], bounds[1], bounds[2], bounds[3]), kind, spacing))
    return tuple(regions), tuple(warnings)


def find_scale(header: Any, regions: Sequence[Region]) -> tuple[Scale, tuple[str, ...]]:
    """Return the pixel spacing (row, col) in mm or None, where it comes from, and warnings.

    The largest two-dimensional region of tissue in cm counts, then of color flow, then Pixel Spacing (0028,0030).
    Pixel Spacing of exactly 1 mm is what converters write for "unknown"; no echo has such pixels.
    """
    size = whole(header, "Columns", 0), whole(header, "Rows", 0)
    warnings: list[str] = []
    usable = [(k, r) for k, r in enumerate(regions, 1) if r.is_scaled and r.area(size)]
    for kind in SCALED_KINDS:
        found = [(k, r) for k, r in usable if r.kind == kind]
        if found:
            index, region = max(found, key=lambda pair: pair[1].area(size))
            warnings += _scale_warning([r for _, r in usable], index, region)
            return Scale(region.spacing_mm, region_name(index, region)), tuple(warnings)
    spacing = numbers(header, "PixelSpacing")
    if len(spacing) == 2 and min(spacing) > 0:
        if spacing == [1.0, 1.0]:
            warnings.append(_("Pixel Spacing is 1 mm, the usual placeholder: the spacing is taken as unknown."))
        elif not _is_plausible((spacing[0], spacing[1])):
            warnings.append(
                _("Pixel Spacing of {spacing:g} x {spacing2:g} mm is none that an echo has; ignored.").format(
                    spacing=spacing[0], spacing2=spacing[1]
                )
            )
        else:
            return Scale((spacing[0], spacing[1]), "PixelSpacing"), tuple(warnings)
    return Scale(None, _unscaled_source(header)), tuple(warnings)


def _unscaled_source(header: Any) -> str:
    """Return what is said of a missing scale: Pixel Aspect Ratio (0028,0034), vertical to horizontal, may tell more."""
    aspect = numbers(header, "PixelAspectRatio")
    if len(aspect) == 2 and min(aspect) > 0 and aspect[0] != aspect[1]:
        return not_square_source(f"{aspect[1]:g}:{aspect[0]:g}")
    return UNKNOWN


def _items(header: Any) -> list[Any]:
    try:
        items = header.get("SequenceOfUltrasoundRegions")
        return [item for item in items if hasattr(item, "get")] if items else []
    except Exception:  # a damaged sequence raises whatever pydicom met
        return []


def _region_spacing(item: Any) -> Optional[tuple[float, float]]:
    units = number(item, "PhysicalUnitsXDirection"), number(item, "PhysicalUnitsYDirection")
    deltas = number(item, "PhysicalDeltaY"), number(item, "PhysicalDeltaX")
    if units != (_UNIT_CM, _UNIT_CM) or not deltas[0] or not deltas[1]:
        return None
    return abs(deltas[0]) * 10.0, abs(deltas[1]) * 10.0


def _is_plausible(spacing_mm: tuple[float, float]) -> bool:
    low, high = min(spacing_mm), max(spacing_mm)
    return PLAUSIBLE_MM[0] <= low and high <= PLAUSIBLE_MM[1] and high <= _MOST_STRETCHED * low


def _scale_warning(regions: Sequence[Region], index: int, chosen: Region) -> list[str]:
    scales = np.array([r.spacing_mm for r in regions])
    if np.allclose(scales, np.array(chosen.spacing_mm), rtol=0.005):
        return []
    return [
        _(
            "Image regions differ in scale: points are measured by the region that holds them, and by region {index} "
            "({kind}) where none does. Track the points of one region at a time."
        ).format(index=index, kind=chosen.kind)
    ]
