"""Clips as volumes: NRRD, Slicer's .seq.nrrd (pynrrd) and MetaImage (SimpleITK), 2-D + t with or without colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..errors import BadInput, MissingDependency, Package
from ..progress import Progress, no_progress
from .cine import Cine
from .names import clip_name
from .pixels import colour_warnings, split_colour, to_uint8
from .times import assumed_times, rising_times

_COLOUR_KINDS = ("vector", "rgb-color", "3-color", "4-color", "rgba-color", "list")
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])
# Sign of each axis of an NRRD space when it becomes RAS.
_SPACE_SIGNS = {
    "left-posterior-superior": (-1, -1, 1), "lps": (-1, -1, 1),
    "right-anterior-superior": (1, 1, 1), "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1), "las": (-1, 1, 1),
}  # fmt: skip
_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6}


def read_volume(path: Path, progress: Progress = no_progress) -> Cine:
    """Read NRRD (.nrrd, .nhdr, .seq.nrrd) or MetaImage (.mha, .mhd): 2-D + t, or 3-D with slices as time.

    A spacing of exactly 1 x 1 counts as unknown unless the file names mm: it is what programs write for "unknown".

    Raises:
        BadInput: damaged, a 3-D volume over time, or another number of axes.
        MissingDependency: pynrrd or SimpleITK is missing.
    """
    is_meta = path.suffix.lower() in (".mha", ".mhd")
    array, ijk_to_ras, index, states_mm = (_read_meta if is_meta else _read_nrrd)(path)
    try:
        frames, scaled = to_uint8(array)
    except BadInput as error:
        raise BadInput(f"{path.name}: {error}") from error
    grey, colour = split_colour(frames, path.name)
    times, time_source, time_warnings = _times(index, len(grey))
    spacing, spacing_source, spacing_warnings = _spacing(ijk_to_ras, states_mm)
    progress("Reading clip", 1.0)
    return Cine(
        frames=grey,
        times_s=times,
        spacing_mm=spacing,
        name=clip_name(path),
        source=path.name,
        spacing_source=spacing_source,
        time_source=time_source,
        colour=colour,
        ijk_to_ras=ijk_to_ras,
        warnings=(*([scaled] if scaled else []), *time_warnings, *spacing_warnings, *colour_warnings(colour)),
    )


def _times(index: Optional[np.ndarray], n_frames: int) -> tuple[np.ndarray, str, tuple[str, ...]]:
    if index is None or n_frames == 1:
        return assumed_times(n_frames)
    times = rising_times(index) if index.size == n_frames else None
    if times is not None:
        return times, "index values of the sequence", ()
    assumed, source, warnings = assumed_times(n_frames)
    return assumed, source, ("The times in the file do not rise from frame to frame; they are ignored.", *warnings)


def _spacing(
    ijk_to_ras: Optional[np.ndarray], states_mm: bool
) -> tuple[Optional[tuple[float, float]], str, tuple[str, ...]]:
    if ijk_to_ras is None:
        return None, "unknown", ()
    col, row = (float(v) for v in np.linalg.norm(ijk_to_ras[:3, :2], axis=0))
    if abs(row - 1.0) < 1e-9 and abs(col - 1.0) < 1e-9 and not states_mm:
        return None, "unknown", ("The spacing is 1, the usual placeholder: it is taken as unknown.",)
    return (row, col), "spacing of the volume", ()


def _read_nrrd(path: Path) -> tuple[np.ndarray, Optional[np.ndarray], Optional[np.ndarray], bool]:
    """Return frames [T, rows, cols(, channels)], IJK to RAS or None, times in s or None, and whether mm are stated."""
    try:
        import nrrd
    except ImportError as error:
        raise MissingDependency("NRRD needs the package pynrrd.", Package("nrrd", "pynrrd")) from error
    try:
        array, header = nrrd.read(str(path), index_order="F")
    except Exception as error:  # pynrrd raises what the parser, zlib or numpy met
        raise BadInput(
            f"{path.name}: cannot be read as NRRD; it is damaged or cut off. Save or copy it again."
        ) from error
    kinds = [str(kind).lower() for kind in header.get("kinds", ["domain"] * array.ndim)]
    time_axis, colour_axis = _nrrd_axes(path, array.shape, kinds, header)
    spatial = [axis for axis in range(array.ndim) if axis not in (time_axis, colour_axis)]
    frames = _arrange(path, array, spatial, time_axis, colour_axis)
    units = [str(unit).strip('"').lower() for unit in header.get("space units", ())]
    return frames, _nrrd_matrix(header, spatial), _nrrd_times(header, time_axis, array.ndim), "mm" in units


def _nrrd_axes(
    path: Path, shape: Sequence[int], kinds: Sequence[str], header: Any
) -> tuple[Optional[int], Optional[int]]:
    """Return the axes of time and of colour (None: there is none)."""
    listed = [axis for axis, kind in enumerate(kinds) if kind in ("list", "time")]
    time_axis = listed[-1] if listed else None
    coloured = [a for a, kind in enumerate(kinds) if kind in _COLOUR_KINDS and a != time_axis and shape[a] in (1, 3, 4)]
    # A lone first axis of 3 or 4 "list" values with three domains after it is how old writers stored colour.
    if (
        time_axis == 0
        and _index_values(header) is None
        and shape[0] in (3, 4)
        and len(shape) >= 3
        and kinds[0] == "list"
    ):
        time_axis, coloured = None, [0]
    if time_axis is None:
        domains = [axis for axis in range(len(shape)) if axis not in coloured]
        if len(domains) > 2:
            time_axis = domains[-1]
    if len(shape) - (time_axis is not None) - bool(coloured) not in (2, 3):
        raise BadInput(f"{path.name}: has axes {list(shape)}; a clip has columns, rows and time. Export a 2-D clip.")
    return time_axis, coloured[0] if coloured else None


def _index_values(header: Any) -> Optional[str]:
    """Return Slicer's index values; it calls the axis 3 also where colour makes it axis 4."""
    found = [str(header[key]) for key in header if re.fullmatch(r"axis \d index values", key)]
    return found[0] if found else None


def _arrange(
    path: Path, array: np.ndarray, spatial: list[int], time_axis: Optional[int], colour_axis: Optional[int]
) -> np.ndarray:
    """Return [T, rows, cols(, channels)] from an array whose first spatial axis runs along a row."""
    if len(spatial) == 3 and array.shape[spatial[2]] != 1:
        sizes = " x ".join(str(array.shape[axis]) for axis in spatial)
        raise BadInput(f"{path.name}: is a 3-D volume ({sizes}) over time; only 2-D clips can be tracked.")
    order = [*([] if time_axis is None else [time_axis]), *spatial[2:], spatial[1], spatial[0]]
    order += [] if colour_axis is None else [colour_axis]
    frames = array.transpose(order)
    if len(spatial) == 3 and time_axis is not None:
        frames = frames[:, 0]
    return frames if time_axis is not None or len(spatial) == 3 else frames[np.newaxis]


def _nrrd_matrix(header: Any, spatial: list[int]) -> Optional[np.ndarray]:
    directions = header.get("space directions")
    matrix = np.eye(4)
    if directions is not None:
        axes = [np.asarray(directions[axis], dtype=np.float64) for axis in spatial[:3]]
        signs = _SPACE_SIGNS.get(str(header.get("space", "")).lower())
        if signs is None or any(a.shape != (3,) or not np.all(np.isfinite(a)) or not np.any(a) for a in axes):
            return None
        if len(axes) == 2:
            normal = np.cross(axes[0], axes[1])
            axes.append(normal / max(float(np.linalg.norm(normal)), 1e-12))
        matrix[:3, :3] = np.array(axes).T
        matrix[:3, 3] = np.asarray(header.get("space origin", np.zeros(3)), dtype=np.float64)
        matrix[:3] *= np.array(signs, dtype=np.float64)[:, np.newaxis]
        return matrix if abs(np.linalg.det(matrix)) > 1e-12 else None
    spacings = header.get("spacings")
    if spacings is None:
        return None
    col, row = (float(spacings[axis]) for axis in spatial[:2])
    return np.diag([-col, -row, 1.0, 1.0]) if min(col, row) > 0 else None


def _nrrd_times(header: Any, time_axis: Optional[int], n_axes: int) -> Optional[np.ndarray]:
    if time_axis is None:
        return None
    values = _index_values(header)
    units = header.get("units", [""] * n_axes)
    scale = _SECONDS.get(str(units[time_axis]).strip('"').lower()) if len(units) == n_axes else 1.0
    if scale is None:
        return None
    if values is not None:
        labels = header.get("labels", [""] * n_axes)
        if len(labels) == n_axes and str(labels[time_axis]).strip('"').lower() == "frame":
            return None  # Slicer's index "frame" counts frames; it is no time
        try:
            return np.array([float(value) for value in str(values).split()]) * scale
        except ValueError:
            return None
    steps = header.get("spacings")
    if (
        steps is not None
        and np.isfinite(steps[time_axis])
        and steps[time_axis] > 0
        and str(units[time_axis]).strip('"')
    ):
        return np.arange(int(header["sizes"][time_axis])) * float(steps[time_axis]) * scale
    return None


def _read_meta(path: Path) -> tuple[np.ndarray, Optional[np.ndarray], Optional[np.ndarray], bool]:
    """Return frames [T, rows, cols(, channels)], IJK to RAS, times in s or None, and whether mm are stated (no)."""
    try:
        import SimpleITK as sitk  # noqa: N813
    except ImportError as error:
        raise MissingDependency("MetaImage needs SimpleITK.", Package("SimpleITK")) from error
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise BadInput(
            f"{path.name}: cannot be read as MetaImage; it is damaged or cut off. Save or copy it again."
        ) from error
    array = sitk.GetArrayFromImage(image)
    size = image.GetSize()
    if len(size) == 2:
        array = array[np.newaxis]
    elif len(size) == 4 and size[2] == 1:
        array = array[:, 0]
    elif len(size) != 3:
        raise BadInput(f"{path.name}: is a 3-D volume {size[:3]} over time; only 2-D clips can be tracked.")
    return array, _meta_matrix(image), _meta_times(image, len(array)), False


def _meta_matrix(image: Any) -> np.ndarray:
    dimension = image.GetDimension()
    spatial = min(dimension, 3)
    directions = np.array(image.GetDirection()).reshape(dimension, dimension)[:spatial, :spatial]
    matrix = np.eye(4)
    matrix[:spatial, :spatial] = directions * np.array(image.GetSpacing())[:spatial]
    matrix[:spatial, 3] = np.array(image.GetOrigin())[:spatial]
    matrix[:3] = _LPS_TO_RAS @ matrix[:3]
    return matrix


def _meta_times(image: Any, n_frames: int) -> Optional[np.ndarray]:
    """Return the time stamps that IGSIO and Plus write (`Seq_Frame0000_Timestamp`), or None."""
    stamps = {}
    for key in image.GetMetaDataKeys():
        match = re.fullmatch(r"Seq_Frame(\d+)_Timestamp", key)
        if match:
            stamps[int(match[1])] = image.GetMetaData(key)
    try:
        return np.array([float(stamps[index]) for index in range(n_frames)]) if stamps else None
    except (KeyError, ValueError):
        return None
