"""What a clip in the scene says about itself without its pixels: times, spacing, and where they come from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ...cine.cine import Cine, Region
from ...cine.dicom.reading import ClipHeader
from ...cine.ecg import Ecg, ecg_from_json
from ...cine.geometry import default_ijk_to_ras
from ...cine.regions import regions_from_json, regions_to_json
from ...cine.times import (
    ASSUMED_FPS,
    PLAUSIBLE_FPS,
    UNKNOWN,
    regular_times,
    rising,
    rising_times,
    settle_times,
)  # fmt: skip
from ...i18n import tr as _
from ..mrml import nodes, plane

_SECONDS = {"s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "min": 60.0}
# Slicer's volumes always carry a spacing; 1 mm means that nobody set it.
_DEFAULT_SPACING = (1.0, 1.0)


@dataclass(frozen=True)
class ClipFacts:
    """A clip without its pixels; fields as in `Cine`.

    Attributes:
        size: (width, height) px.
    """

    name: str
    source: str
    size: tuple[int, int]
    times_s: np.ndarray
    time_source: str
    spacing_mm: Optional[tuple[float, float]]
    spacing_source: str
    regions: tuple[Region, ...]
    ijk_to_ras: Optional[np.ndarray]
    heart_rate_bpm: Optional[float]
    avc_s: Optional[float]
    r_times_s: Optional[np.ndarray]
    warnings: tuple[str, ...]
    ecg: Optional[Ecg] = None

    @property
    def fps(self) -> float:
        """Frames per second by the median frame interval; NaN for a single frame."""
        return float(1.0 / np.median(np.diff(self.times_s))) if len(self.times_s) > 1 else float("nan")


def read_facts(browser: Any) -> ClipFacts:
    """Return the facts of the clip that a browser plays (`cine.why_no_cine` must be "" for it); cheap."""
    sequence = browser.GetMasterSequenceNode()
    first = sequence.GetNthDataNode(0)
    stored = _stored(sequence)
    warnings = list(stored.get("warnings", ()))
    noted = rising(stored.get("times_s") or ())
    if noted is not None and len(noted) == sequence.GetNumberOfDataNodes():
        times, time_source = noted, ""
    else:
        times, time_source = _times(sequence, browser, warnings, is_own="time_source" in stored)
    matrix = plane.pixel_matrix(first)
    spacing = read_spacing(sequence)
    is_default = np.allclose(matrix, default_ijk_to_ras(spacing), rtol=1e-9, atol=1e-9)
    return ClipFacts(
        name=stored.get("name", sequence.GetName()),
        source=stored.get("source", sequence.GetName()),
        size=plane.image_size(first),
        times_s=times,
        time_source=stored.get("time_source", time_source),
        spacing_mm=spacing,
        spacing_source=_spacing_source(sequence, spacing, stored),
        regions=regions_from_json(stored.get("regions", ())),
        ijk_to_ras=None if is_default else matrix,
        heart_rate_bpm=stored.get("heart_rate_bpm"),
        avc_s=stored.get("avc_s"),
        r_times_s=rising(stored.get("r_times_s") or ()),
        warnings=tuple(warnings),
        ecg=read_ecg(sequence),
    )


def read_ecg(sequence: Any) -> Optional[Ecg]:
    """Return the ECG stored with a clip's sequence node, None where there is none."""
    return ecg_from_json(_stored(sequence).get("ecg"))


def is_spacing_known(sequence: Any) -> bool:
    """Return whether lengths on this clip may be called mm."""
    attribute = sequence.GetAttribute(nodes.SPACING_KNOWN)
    if attribute is not None:
        return bool(attribute == "true")
    spacing = plane.spacing_of(plane.pixel_matrix(sequence.GetNthDataNode(0)))
    return not np.allclose(spacing, _DEFAULT_SPACING, rtol=1e-6)


def read_spacing(sequence: Any) -> Optional[tuple[float, float]]:
    """Return the (row, col) spacing in mm of a clip's sequence node, None when it is not known."""
    if not is_spacing_known(sequence):
        return None
    spacing = plane.spacing_of(plane.pixel_matrix(sequence.GetNthDataNode(0)))
    stored = _stored(sequence).get("spacing_mm")
    if stored is not None and np.allclose(stored, spacing, rtol=1e-6):
        return float(stored[0]), float(stored[1])  # without the rounding of the matrix
    return spacing


def write_spacing_source(sequence: Any, spacing_mm: tuple[float, float], source: str) -> None:
    """Note on the sequence node that its spacing is known, and where from."""
    sequence.SetAttribute(nodes.SPACING_KNOWN, "true")
    stored = {**_stored(sequence), "spacing_mm": spacing_mm, "spacing_source": source}
    sequence.SetAttribute(nodes.CINE, json.dumps(stored))


def write_header(sequence: Any, header: ClipHeader) -> None:
    """Note on the sequence node of a clip what its DICOM header says, but not the spacing (see `calibration`)."""
    stored = _stored(sequence)
    stored["warnings"] = header.warnings
    stored["regions"] = regions_to_json(header.regions)
    stored.update(heart_rate_bpm=header.heart_rate_bpm, r_times_s=_plain(header.r_times_s), ecg=header.ecg)
    if len(header.times_s) == sequence.GetNumberOfDataNodes():
        stored.update(times_s=header.times_s.tolist(), time_source=header.time_source)
    sequence.SetAttribute(nodes.CINE, json.dumps(stored, default=float))


def facts_to_json(cine: Cine) -> str:
    """Return what a volume sequence cannot hold of a clip, for the attribute `nodes.CINE`."""
    return json.dumps(
        {
            "name": cine.name,
            "source": cine.source,
            "spacing_mm": cine.spacing_mm,
            "spacing_source": cine.spacing_source,
            "time_source": cine.time_source,
            "regions": regions_to_json(cine.regions),
            "heart_rate_bpm": cine.heart_rate_bpm,
            "avc_s": cine.avc_s,
            "r_times_s": _plain(cine.r_times_s),
            "warnings": cine.warnings,
            "ecg": cine.ecg,
        },
        default=float,
    )


def _plain(values: Optional[np.ndarray]) -> Optional[list[float]]:
    return None if values is None else values.tolist()


def _stored(sequence: Any) -> dict[str, Any]:
    try:
        stored = json.loads(sequence.GetAttribute(nodes.CINE) or "{}")
    except ValueError:
        return {}
    return stored if isinstance(stored, dict) else {}


def _spacing_source(sequence: Any, spacing: Optional[tuple[float, float]], stored: dict[str, Any]) -> str:
    if spacing is None:
        return str(stored.get("spacing_source", "unknown"))
    written = stored.get("spacing_mm")
    if written is not None and tuple(written) == spacing:
        return str(stored["spacing_source"])
    return _("volume in the scene")


def _times(sequence: Any, browser: Any, warnings: list[str], is_own: bool) -> tuple[np.ndarray, str]:
    """Return (times in s from the first frame, how they were found); those of an own clip were settled when read."""
    count = sequence.GetNumberOfDataNodes()
    unit = (sequence.GetIndexUnit() or "").strip().lower()
    texts = [sequence.GetNthIndexValue(k) for k in range(count)]
    try:
        index = np.array([float(text) for text in texts])
    except ValueError:
        index = np.arange(count, dtype=np.float64)
        unit = ""
    if unit in _SECONDS:
        times = rising_times(index if unit == "s" else index * _SECONDS[unit])
        source = _("index of the sequence ({unit})").format(unit=sequence.GetIndexUnit())
        if times is not None and is_own:
            return times, source
        if times is not None:
            settled = settle_times(times, source)
            warnings.extend(settled.warnings)
            return settled.times_s, settled.source
    fps = browser.GetPlaybackRateFps()
    fps = fps if PLAUSIBLE_FPS[0] <= fps <= PLAUSIBLE_FPS[1] else ASSUMED_FPS
    warnings.append(
        _(
            "The frame rate is unknown: the clip has no times, its playback rate ({fps:g} frames/s) is assumed. Times, "
            "velocities and rates made from it are not measurements."
        ).format(fps=fps)
    )
    return regular_times(count, fps), UNKNOWN
