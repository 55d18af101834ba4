"""MetaImage and NIfTI through SimpleITK."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ...errors import BadInput, MissingDependency, Package
from ...i18n import tr as _
from .stored import StoredVolume

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])
_CAMUS_VIEW = re.compile(r"_(2CH|4CH)_", re.IGNORECASE)


def read_itk(path: Path) -> StoredVolume:
    """Read a file.

    Raises:
        BadInput: damaged, or a 3-D volume over time.
        MissingDependency: SimpleITK is missing.
    """
    try:
        import SimpleITK as sitk  # noqa: N813
    except ImportError as error:
        raise MissingDependency(_("MetaImage and NIfTI need SimpleITK."), Package("SimpleITK")) from error
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise BadInput(
            _("{name}: cannot be read as an image volume; it is damaged or cut off. Save or copy it again.").format(
                name=path.name
            )
        ) from error
    array, size, values = sitk.GetArrayFromImage(image), image.GetSize(), image.GetNumberOfComponentsPerPixel()
    is_nifti = path.name.lower().endswith((".nii", ".nii.gz"))
    if len(size) == 4 and size[2] == 1:
        array = array[:, 0]
    elif values not in (1, 3, 4) and (len(size) == 2 or size[2] == 1):  # SimpleITK's way to store frames
        array = np.moveaxis(array.reshape(size[1], size[0], values), -1, 0)
    elif len(size) == 2:
        array = array[np.newaxis]
    elif len(size) != 3:
        raise BadInput(
            _("{name}: is a 3-D volume {size} over time; only 2-D clips can be tracked.").format(
                name=path.name, size=size[:3]
            )
        )
    stored = StoredVolume(array, _matrix(image))
    if is_nifti:
        _read_nifti_times(stored, image, path)
    else:
        stored.times = _time_stamps(image, len(array))
        stored.time_source = "time stamps of the frames"
    return stored


def _matrix(image: Any) -> np.ndarray:
    dimension = image.GetDimension()
    spatial = min(dimension, 3)
    directions = np.array(image.GetDirection()).reshape(dimension, dimension)[:spatial, :spatial]
    matrix = np.eye(4)
    matrix[:spatial, :spatial] = directions * np.array(image.GetSpacing())[:spatial]
    matrix[:spatial, 3] = np.array(image.GetOrigin())[:spatial]
    matrix[:3] = _LPS_TO_RAS @ matrix[:3]
    return matrix


def _time_stamps(image: Any, n_frames: int) -> Optional[np.ndarray]:
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


def _read_nifti_times(stored: StoredVolume, image: Any, path: Path) -> None:
    """Find the frame interval in the fourth spacing, which ITK gives in s, or in the Info_4CH.cfg of CAMUS beside."""
    step, source = (image.GetSpacing()[3] if image.GetDimension() == 4 else 1.0), "spacing of the time axis"
    if step == 1.0:  # nobody set it
        rate = _camus_rate(path)
        step, source = (1.0 / rate if rate else 0.0), "FrameRate in the clip's Info file"
    if step > 0:
        stored.times, stored.time_source = np.arange(len(stored.frames)) * step, source


def _camus_rate(path: Path) -> float:
    """Return the FrameRate in the text file that CAMUS (Leclerc et al., IEEE TMI 2019) puts beside its clips, or 0."""
    view = _CAMUS_VIEW.search(path.name)
    info = path.with_name(f"Info_{view[1].upper()}.cfg") if view else None
    if info is None or not info.is_file():
        return 0.0
    found = re.search(r"^\s*FrameRate\s*:\s*([\d.]+)", info.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    try:
        return float(found[1]) if found else 0.0
    except ValueError:
        return 0.0
