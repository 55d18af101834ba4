"""Slicer's markups, `.mrk.json` and the older `.fcsv`, as points on a clip's image.

Their positions are in the world of the clip's volume. Slicer's DICOM module gives clips of several regions pixels of
1 mm (Modules/Scripted/DICOMPlugins/DICOMImageSequencePlugin.py in https://github.com/Slicer/Slicer), so that markups
set there are px in disguise. Where the points lie tells which, as an echo is black beside its sector.
"""

from __future__ import annotations

import csv
import json
import logging
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...cine.cine import Cine
from ...cine.geometry import default_ijk_to_ras, ras_to_pixels
from ...errors import BadInput
from ...i18n import tr as _

_LOGGER = logging.getLogger("EchoTracker")
_MM = {"um": 1e-3, "\u00b5m": 1e-3, "mm": 1.0, "cm": 10.0, "m": 1000.0}
_FCSV_COLUMNS = ("id", "x", "y", "z", "ow", "ox", "oy", "oz", "vis", "sel", "lock", "label", "desc", "associatedNodeID")
_LIT = 16  # brightness that some frame reaches where there is an image
_REACH = 5  # px around a point that are looked at
_MOST = 0.8  # of the points lie on the image of an echo


class _Controls(NamedTuple):
    """Control points: labels, RAS mm [N, 3]."""

    labels: tuple[str, ...]
    ras: np.ndarray


def read_markups(path: Path, cine: Cine) -> tuple[tuple[str, ...], np.ndarray]:
    """Return labels and points float64 [N, 2] px of all lists and curves in a markups file, in their order.

    Raises:
        BadInput: damaged, points off the image plane by more than half a slice, or points that may have been set on
            pixels of 1 mm.
    """
    controls = _from_fcsv(path) if path.suffix.lower() == ".fcsv" else _from_json(path)
    matrix = cine.ijk_to_ras if cine.ijk_to_ras is not None else default_ijk_to_ras(cine.spacing_mm)
    _refuse_off_plane(controls, matrix)
    points = ras_to_pixels(controls.ras, matrix)
    if cine.ijk_to_ras is None and _is_dicom_scale(cine) and len(points):
        points = _by_place(points, ras_to_pixels(controls.ras, default_ijk_to_ras(None)), path, cine)
    return controls.labels, points


def _is_dicom_scale(cine: Cine) -> bool:
    """Return whether Slicer's DICOM module may show the clip with pixels of 1 mm though its header has a scale."""
    return cine.spacing_mm is not None and cine.spacing_source.startswith(("DICOM", "PixelSpacing"))


def _by_place(in_mm: np.ndarray, in_px: np.ndarray, path: Path, cine: Cine) -> np.ndarray:
    """Return the reading of positions [N, 2] that lies on the echo: that in mm, or that in px.

    Raises:
        BadInput: both do.
    """
    if np.abs(in_mm - in_px).max() < 1.0:
        return in_mm
    if not _lies_on_echo(in_px, cine):
        return in_mm
    if not _lies_on_echo(in_mm, cine):
        _LOGGER.warning(
            "%s: its points lie on the echo only if they were set on pixels of 1 mm, as Slicer's DICOM module shows "
            "some clips: they are read as px.",
            path.name,
        )
        return in_px
    row, col = cine.spacing_mm or (1.0, 1.0)
    raise BadInput(
        _(
            "its points may have been set on pixels of {col:.3g} x {row:.3g} mm, as the clip has, or of "
            "1 mm, as Slicer's DICOM module shows some clips: both lie on the echo. Give them in px, as "
            "a CSV with label,x_px,y_px."
        ).format(col=col, row=row)
    )


def _lies_on_echo(points: np.ndarray, cine: Cine) -> bool:
    """Return whether all points lie on the image and most of them where some frame is not black."""
    width, height = cine.size
    if not ((points >= -0.5) & (points <= np.array([width, height]) - 0.5)).all():
        return False
    lit = 0
    for x, y in np.rint(points).astype(int):
        area = cine.frames[:, max(y - _REACH, 0) : y + _REACH + 1, max(x - _REACH, 0) : x + _REACH + 1]
        lit += bool(area.max() >= _LIT)
    return lit >= _MOST * len(points)


def _refuse_off_plane(controls: _Controls, matrix: np.ndarray) -> None:
    inverse = np.linalg.inv(matrix)
    slices = controls.ras @ inverse[2, :3] + inverse[2, 3]
    for label, offset in zip(controls.labels, np.abs(slices)):
        if offset > 0.5 + 1e-6:
            distance = offset * float(np.linalg.norm(matrix[:3, 2]))
            raise BadInput(
                _(
                    "point '{label}' lies {distance:.1f} mm in front of or behind the image, more than half a "
                    "slice. Place it in the slice view that shows the clip."
                ).format(label=label, distance=distance)
            )


# -- .mrk.json ---------------------------------------------------------------------------------
def _from_json(path: Path) -> _Controls:
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    markups = document.get("markups") if isinstance(document, dict) else None
    if not isinstance(markups, list):
        raise BadInput(_("is not a Slicer markups file (no 'markups')."))
    labels: list[str] = []
    ras: list[np.ndarray] = []
    for markup in markups:
        flip = _to_ras(markup.get("coordinateSystem", "LPS")) * _to_mm(markup.get("coordinateUnits", "mm"))
        for point in markup.get("controlPoints", ()):
            label = str(point.get("label") or f"P{len(labels) + 1}")
            position = point.get("position")
            if position is None or point.get("positionStatus", "defined") != "defined":
                _LOGGER.warning("%s: point '%s' has no defined position and is left out.", path.name, label)
                continue
            labels.append(label)
            ras.append(np.asarray(position, dtype=np.float64).reshape(3) * flip)
    return _controls(labels, ras)


# -- .fcsv -------------------------------------------------------------------------------------
def _from_fcsv(path: Path) -> _Controls:
    """Read a file of the layout that its comment lines name (Slicer 4; version 4.10 and older are in RAS)."""
    system, columns = "0", list(_FCSV_COLUMNS)
    labels: list[str] = []
    ras: list[np.ndarray] = []
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        if line.startswith("#"):
            name, _equals, value = line.lstrip("# ").partition("=")
            if name.strip().lower() == "coordinatesystem":
                system = value.strip()
            elif name.strip().lower() == "columns":
                columns = [column.strip() for column in value.split(",")]
            continue
        if not line.strip():
            continue
        row = dict(zip(columns, next(csv.reader([line]))))
        labels.append(row.get("label") or f"P{len(labels) + 1}")
        ras.append(np.array([float(row[axis]) for axis in "xyz"]) * _to_ras(system))
    return _controls(labels, ras)


def _controls(labels: list[str], ras: list[np.ndarray]) -> _Controls:
    return _Controls(tuple(labels), np.array(ras, dtype=np.float64).reshape(-1, 3))


def _to_mm(unit: Any) -> float:
    """Return the millimeters in one unit of a markups file."""
    if unit in ("", None):
        return 1.0
    name = str(unit[0] if isinstance(unit, (list, tuple)) else unit).lower()
    if name not in _MM:
        raise BadInput(
            _("its coordinates are in '{unit}'; mm, cm, m and um can be read. Save the markups in mm.").format(
                unit=unit
            )
        )
    return _MM[name]


def _to_ras(system: Any) -> np.ndarray:
    """Return the signs that turn the file's coordinates into RAS (Slicer's storage codes: 0 is RAS, 1 is LPS)."""
    name = str(system).upper()
    if name in ("LPS", "1"):
        return np.array([-1.0, -1.0, 1.0])
    if name in ("RAS", "0"):
        return np.ones(3)
    raise BadInput(_("coordinate system '{system}' is neither LPS nor RAS.").format(system=system))
