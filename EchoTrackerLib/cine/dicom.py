"""DICOM ultrasound clips: a multi-frame file, or a folder of single frames of one series."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..errors import BadInput, EchoTrackerError, MissingDependency
from ..progress import Progress, no_progress
from .cine import Cine, Region
from .dicom_header import find_heart_rate, find_r_times, find_regions, find_spacing, find_times, number
from .dicom_pixels import count_frames, iter_frames
from .names import clip_name
from .pixels import FrameCollector, colour_warnings
from .times import rising_times

_LONGEST_FRAME_INTERVAL_S = 2.0


def is_dicom(path: Path) -> bool:
    """Return whether a file starts like DICOM Part 10 ("DICM" after 128 bytes)."""
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def read_dicom(path: Path, progress: Progress = no_progress) -> Cine:
    """Read one DICOM file (all its frames).

    Raises:
        BadInput: no DICOM, no image, damaged, cut off, or a compression that cannot be decoded here.
    """
    with _faults_named(path):
        header = _read_header(path)
        if header is None:
            raise BadInput(f"{path.name}: is not a DICOM image. Choose an ultrasound clip (not a report or DICOMDIR).")
        total = count_frames(header)
        frames = _with_progress(iter_frames(path, header), total, progress)
        times = find_times(header, total)
        return _build(path, header, frames, total, times)


@dataclass(frozen=True)
class ClipHeader:
    """What a DICOM header says of a clip, without its pixels; fields as in `Cine`."""

    n_frames: int
    times_s: np.ndarray
    time_source: str
    spacing_mm: Optional[tuple[float, float]]
    spacing_source: str
    regions: tuple[Region, ...]
    heart_rate_bpm: Optional[float]
    r_times_s: Optional[np.ndarray]
    warnings: tuple[str, ...]


def read_dicom_header(path: Path) -> ClipHeader:
    """Read the facts of a DICOM clip that somebody else has loaded already.

    Raises:
        BadInput: no DICOM image, or a damaged header.
    """
    with _faults_named(path):
        header = _read_header(path)
        if header is None:
            raise BadInput(f"{path.name}: is not a DICOM image.")
        total = count_frames(header)
        times_s, time_source, time_warnings = find_times(header, total)
        regions = find_regions(header)
        spacing, spacing_source, spacing_warnings = find_spacing(header, regions)
        warnings_ = (*time_warnings, *spacing_warnings)
        rate, r_times = find_heart_rate(header), find_r_times(header)
    return ClipHeader(total, times_s, time_source, spacing, spacing_source, regions, rate, r_times, warnings_)


def read_dicom_folder(folder: Path, files: Iterable[Path], progress: Progress = no_progress) -> Cine:
    """Read the DICOM images among `files` as the frames of one clip, in the order of Instance Number or time.

    A single multi-frame file is read as `read_dicom` does.

    Raises:
        BadInput: no DICOM image, several clips or series, or no way to order the frames.
    """
    with _faults_named(folder):
        headers = [(path, header) for path in sorted(files) for header in [_read_header(path)] if header is not None]
        if not headers:
            raise BadInput(f"{folder.name}: the folder holds no DICOM image. Choose a clip or a folder of frames.")
        clips = [path for path, header in headers if count_frames(header) > 1]
        if len(headers) == 1:
            return read_dicom(headers[0][0], progress)
        if clips:
            raise BadInput(
                f"{folder.name}: the folder holds {len(headers)} DICOM files, {len(clips)} of them clips. "
                f"Choose one file, for example {clips[0].name}."
            )
        series = {str(header.get("SeriesInstanceUID", "")) for _, header in headers}
        if len(series) > 1:
            raise BadInput(
                f"{folder.name}: the folder holds frames of {len(series)} series. "
                "Put the frames of one series into a folder of their own."
            )
        headers, stamps = _in_order(folder, headers)
        return _build_folder(folder, headers, stamps, progress)


@contextmanager
def _faults_named(path: Path) -> Iterator[None]:
    """Turn what pydicom raises on a damaged element into `BadInput`; keep its remarks, which quote values, quiet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (EchoTrackerError, MemoryError, OSError):
        raise
    except Exception as error:  # pydicom parses elements when they are asked for, and raises what it met
        raise BadInput(f"{path.name}: the DICOM header is damaged. Export or copy the clip again.") from error


def _read_header(path: Path) -> Optional[Any]:
    """Return the header of a DICOM image without pixels, or None when the file is none."""
    try:
        import pydicom
    except ImportError as error:
        raise MissingDependency("DICOM needs the package pydicom. Install it with: pip install pydicom") from error
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        if not number(header, "Rows") or not number(header, "Columns"):
            return None
        if "TransferSyntaxUID" not in header.file_meta:  # no meta header: go by how the elements are written
            header.file_meta.TransferSyntaxUID = _guess_syntax(header)
    except Exception:  # a damaged header raises whatever the parser met
        return None
    return header


def _guess_syntax(header: Any) -> Any:
    from pydicom import uid

    if header.is_implicit_VR:
        return uid.ImplicitVRLittleEndian
    return uid.ExplicitVRLittleEndian if header.is_little_endian else uid.ExplicitVRBigEndian


def _with_progress(frames: Iterator[np.ndarray], total: int, progress: Progress) -> Iterator[np.ndarray]:
    for index, frame in enumerate(frames, start=1):
        yield frame
        progress("Reading clip", index / total)


def _in_order(folder: Path, headers: list[tuple[Path, Any]]) -> tuple[list[tuple[Path, Any]], Optional[np.ndarray]]:
    """Sort by Instance Number, else by time; return with the times of day in s where all frames have them."""
    instance = [number(header, "InstanceNumber") for _, header in headers]
    seconds = [_time_of_day(header) for _, header in headers]
    for keys in (instance, seconds):
        known = [key for key in keys if key is not None]
        if len(known) == len(headers) and len(set(known)) == len(headers):
            order = np.argsort(known)
            stamps = [seconds[i] for i in order]
            found = [stamp for stamp in stamps if stamp is not None]
            return [headers[i] for i in order], np.array(found) if len(found) == len(headers) else None
    raise BadInput(
        f"{folder.name}: the order of the frames is unknown (Instance Number and Acquisition Time are missing or "
        "repeat). Export the clip as one multi-frame file, or number its frames."
    )


def _time_of_day(header: Any) -> Optional[float]:
    for keyword in ("AcquisitionDateTime", "AcquisitionTime", "ContentTime"):
        text = str(header.get(keyword) or "").split("+")[0].split("-")[0]
        text = text[8:] if keyword == "AcquisitionDateTime" else text
        try:
            return int(text[0:2]) * 3600 + int(text[2:4]) * 60 + float(text[4:])
        except ValueError:
            continue
    return None


def _build_folder(
    folder: Path, headers: list[tuple[Path, Any]], stamps: Optional[np.ndarray], progress: Progress
) -> Cine:
    first, total = headers[0][1], len(headers)
    frames = (frame for path, header in headers for frame in iter_frames(path, header))
    times = None if stamps is None else rising_times(stamps)
    chosen = find_times(first, total)
    if times is not None and np.diff(times).max() <= _LONGEST_FRAME_INTERVAL_S:
        chosen = times, "acquisition times of the frames", ()
    cine = _build(folder, first, _with_progress(frames, total, progress), total, chosen)
    scales = {find_spacing(header, find_regions(header))[0] for _, header in headers}
    if len(scales) > 1:
        raise BadInput(f"{folder.name}: the frames differ in pixel spacing. Put the frames of one clip into a folder.")
    return cine


def _build(
    path: Path,
    header: Any,
    frames: Iterator[np.ndarray],
    total: int,
    times: tuple[np.ndarray, str, tuple[str, ...]],
) -> Cine:
    collector = FrameCollector(total, path.name)
    for frame in frames:
        collector.add(frame)
    grey, colour = collector.finish()
    times_s, time_source, time_warnings = times
    regions = find_regions(header)
    spacing, spacing_source, spacing_warnings = find_spacing(header, regions)
    return Cine(
        frames=grey,
        times_s=times_s,
        spacing_mm=spacing,
        name=clip_name(path),
        source=path.absolute().name,
        spacing_source=spacing_source,
        time_source=time_source,
        colour=colour,
        regions=regions,
        warnings=(*time_warnings, *spacing_warnings, *colour_warnings(colour)),
        heart_rate_bpm=find_heart_rate(header),
        r_times_s=find_r_times(header),
    )
