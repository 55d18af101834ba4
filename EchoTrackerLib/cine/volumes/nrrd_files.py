"""NRRD and Slicer's .seq.nrrd through pynrrd, with the axes taken as Slicer takes them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple, Optional

import numpy as np

from ...errors import BadInput, MissingDependency, Package
from ...i18n import tr as _
from .stored import StoredVolume

_COLOR_KINDS = ("rgb-color", "rgba-color", "3-color", "4-color")
_TIME_KINDS = ("list", "time")
# Kinds of axes that are no direction in space (NRRD's "range" axes), beside those above.
_RANGE_KINDS = ("vector", "point", "normal", "covariant-vector", "scalar", "3-vector", "4-vector", "xyz-color", "stub")
# Sign of each axis of an NRRD space when it becomes RAS.
_SPACE_SIGNS = {
    "left-posterior-superior": (-1, -1, 1), "lps": (-1, -1, 1),
    "right-anterior-superior": (1, 1, 1), "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1), "las": (-1, 1, 1),
}  # fmt: skip
_SECONDS = {"s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6, "µs": 1e-6}
_OWN_FACTS, _OWN_SPACING = "EchoTracker.Cine", "EchoTracker.SpacingKnown"


class Axes(NamedTuple):
    """Which axis of the array is what: two or three in space, time and color (None: there is none)."""

    space: tuple[int, ...]
    time: Optional[int]
    color: Optional[int]


def read_nrrd(path: Path) -> StoredVolume:
    """Read a file.

    Raises:
        BadInput: damaged, a 3-D volume over time, or another number of axes.
        MissingDependency: pynrrd is missing.
    """
    try:
        import nrrd
    except ImportError as error:
        raise MissingDependency(_("NRRD needs the package pynrrd."), Package("nrrd", "pynrrd")) from error
    try:
        array, header = nrrd.read(str(path), index_order="F")
    except MemoryError:
        raise
    except Exception as error:  # pynrrd raises what the parser, zlib or numpy met
        raise BadInput(
            _("{name}: cannot be read as NRRD; it is damaged or cut off. Save or copy it again.").format(name=path.name)
        ) from error
    axes = find_axes(path, array.shape, header)
    stored = StoredVolume(_arrange(path, array, axes))
    try:
        stored.ijk_to_ras = _matrix(header, axes.space)
        units = [str(unit).strip('"').lower() for unit in header.get("space units", ())]
        stored.states_mm = "mm" in units
        _read_times(stored, header, axes.time, array.shape)
        _read_own(stored, header)
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise BadInput(
            _("{name}: the NRRD header is damaged ({error}). Save or copy it again.").format(
                name=path.name, error=error
            )
        ) from error
    return stored


def find_axes(path: Path, shape: tuple[int, ...], header: Any) -> Axes:
    """Tell the axes by their kinds; where those leave it open, as Slicer's reader of sequences does.

    A lone axis of values that is not in space is time, also when it is called "vector" (SimpleITK writes frames so) and
    also when it is 3 or 4 long, if the volume has one slice and the file is a sequence; else 3 or 4 values are color.

    Raises:
        BadInput: too few or too many axes.
    """
    kinds = [str(kind).lower() for kind in header.get("kinds", ["domain"] * len(shape))]
    if len(kinds) != len(shape):
        kinds = ["domain"] * len(shape)
    ranges = [a for a, kind in enumerate(kinds) if kind in (*_COLOR_KINDS, *_TIME_KINDS, *_RANGE_KINDS)]
    space = [a for a in range(len(shape)) if a not in ranges]
    if not ranges and len(shape) == 4:
        ranges, space = ([3], [0, 1, 2]) if shape[2] == 1 or shape[0] not in (3, 4) else ([0], [1, 2, 3])
    time, color = None, None
    if len(ranges) == 2:
        first_is_color = shape[ranges[0]] in (1, 3, 4) and kinds[ranges[0]] not in _TIME_KINDS
        color, time = ranges if first_is_color or kinds[ranges[1]] in _TIME_KINDS else reversed(ranges)
    elif len(ranges) == 1:
        if _is_color(path, ranges[0], shape, kinds, space, header):
            color = ranges[0]
        else:
            time = ranges[0]
    if time is None and len(space) == 3:
        time, space = (space[2], space[:2]) if shape[space[2]] > 1 or color is None else (None, space)
    if len(ranges) > 2 or len(space) not in (2, 3):
        raise BadInput(
            _("{name}: has axes {value}; a clip has columns, rows and time. Export a 2-D clip.").format(
                name=path.name, value=list(shape)
            )
        )
    return Axes(tuple(space), time, color)


def _is_color(path: Path, axis: int, shape: tuple[int, ...], kinds: list[str], space: list[int], header: Any) -> bool:
    """Return whether a lone axis that is not in space holds color."""
    if shape[axis] not in (3, 4) or _index_values(header) is not None:
        return False
    if kinds[axis] in _COLOR_KINDS:
        return True
    if len(space) == 3 and shape[space[2]] > 1:  # slices as time, each pixel with some values
        return axis == 0
    is_sequence = ".seq." in path.name.lower()
    return kinds[axis] not in _TIME_KINDS and not is_sequence


def _index_values(header: Any) -> Optional[str]:
    """Return Slicer's index values; it calls the axis 3 also where color makes it axis 4."""
    found = [str(header[key]) for key in header if re.fullmatch(r"axis \d index values", key)]
    return found[0] if found else None


def _arrange(path: Path, array: np.ndarray, axes: Axes) -> np.ndarray:
    """Return [T, rows, cols(, channels)] from an array whose first spatial axis runs along a row."""
    space = axes.space
    if len(space) == 3 and array.shape[space[2]] != 1:
        sizes = " x ".join(str(array.shape[axis]) for axis in space)
        raise BadInput(
            _("{name}: is a 3-D volume ({sizes}) over time; only 2-D clips can be tracked.").format(
                name=path.name, sizes=sizes
            )
        )
    order = [*([] if axes.time is None else [axes.time]), *space[2:], space[1], space[0]]
    order += [] if axes.color is None else [axes.color]
    frames = array.transpose(order)
    if len(space) == 3 and axes.time is not None:
        frames = frames[:, 0]
    return frames if axes.time is not None or len(space) == 3 else frames[np.newaxis]


def _matrix(header: Any, space: tuple[int, ...]) -> Optional[np.ndarray]:
    directions = header.get("space directions")
    if directions is None:
        return _without_place(header.get("spacings"), space)
    axes = [np.asarray(directions[axis], dtype=np.float64) for axis in space]
    signs = _SPACE_SIGNS.get(str(header.get("space", "")).lower())
    if any(not np.all(np.isfinite(a)) or not np.any(a) for a in axes):
        return None
    if signs is None or any(a.shape != (3,) for a in axes):
        sizes = dict(zip(space, (float(np.linalg.norm(a)) for a in axes)))
        return _without_place(sizes, space)
    if len(axes) == 2:
        normal = np.cross(axes[0], axes[1])
        axes.append(normal / max(float(np.linalg.norm(normal)), 1e-12))
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(axes).T
    matrix[:3, 3] = np.asarray(header.get("space origin", np.zeros(3)), dtype=np.float64)
    matrix[:3] *= np.array(signs, dtype=np.float64)[:, np.newaxis]
    return matrix if np.isfinite(matrix).all() and abs(np.linalg.det(matrix)) > 1e-12 else None


def _without_place(spacings: Any, space: tuple[int, ...]) -> Optional[np.ndarray]:
    """Return the matrix of a file that knows the size of its pixels but not where they are."""
    if spacings is None:
        return None
    col, row = (float(spacings[axis]) for axis in space[:2])
    return np.diag([-col, -row, 1.0, 1.0]) if np.isfinite([col, row]).all() and min(col, row) > 0 else None


def _read_times(stored: StoredVolume, header: Any, time_axis: Optional[int], shape: tuple[int, ...]) -> None:
    """Find the times; index values without a unit of time count frames and are none."""
    if time_axis is None:
        return
    values, units = _index_values(header), header.get("units", ())
    unit = str(units[time_axis]).strip('"').lower() if len(units) == len(shape) else ""
    scale = _SECONDS.get(unit)
    if values is not None:
        if scale is None:
            stored.warnings.append(_("The index of the sequence has no unit of time: it counts frames."))
            return
        try:
            stored.times = np.array([float(value) for value in values.split()]) * scale
        except ValueError:
            stored.warnings.append(_("The index values of the sequence are no numbers; they are ignored."))
        stored.time_source = "index values of the sequence"
        return
    step = header["spacings"][time_axis] if header.get("spacings") is not None else np.nan
    if scale is not None and np.isfinite(step) and step > 0:
        stored.times = np.arange(shape[time_axis]) * float(step) * scale
        stored.time_source = "spacing of the time axis"


def _read_own(stored: StoredVolume, header: Any) -> None:
    """Read what our sequence nodes keep of a clip and Slicer writes into the file."""
    try:
        facts = json.loads(header.get(_OWN_FACTS) or "{}")
    except ValueError:
        return
    stored.facts = facts if isinstance(facts, dict) else {}
    if _OWN_SPACING in header:
        stored.is_spacing_known = header[_OWN_SPACING] == "true"
