"""DICOM ultrasound clips: a multi-frame file, or a folder of single frames of one series."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Optional

import numpy as np

from ...errors import BadInput, EchoTrackerError
from ...i18n import tr as _
from ...progress import Progress, no_progress
from ..cine import Cine
from ..ecg import Ecg
from ..names import clip_name
from ..pixels import FrameCollector, colour_warnings
from ..regions import Region
from ..times import UNKNOWN, Times, is_plausible, rising_times
from ..video import decode_video
from .ecg import find_ecg
from .header import PixelElement, faults_named, need_clip, number, read_header, why_3d
from .pixels import StoredFrames, decode_frames, find_frames, is_video, read_video_stream
from .regions import find_regions, find_scale
from .times import find_times, heart_rate_and_r_times

_LONGEST_FRAME_INTERVAL_S = 2.0


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
    ecg: Optional[Ecg] = None


def read_dicom(path: Path, progress: Progress = no_progress) -> Cine:
    """Read one DICOM file (all its frames).

    Raises:
        BadInput: no DICOM, no image, 3-D, damaged, cut off, or a compression that cannot be decoded here.
        MissingDependency: the file holds a video and PyAV is not installed.
    """
    with faults_named(path):
        header, pixels = read_header(path)
        where = need_clip(path, header, pixels)
        if is_video(header):
            return _read_video(path, header, where, progress)
        frames = find_frames(where, header)
        return _build(path, header, decode_frames(where, header, frames), frames.count, frames.warnings, progress)


def read_dicom_header(path: Path) -> ClipHeader:
    """Read the facts of a DICOM clip that somebody else has loaded already.

    Raises:
        BadInput: no DICOM image, 3-D, or a damaged header.
    """
    with faults_named(path):
        header, pixels = read_header(path)
        where = need_clip(path, header, pixels)
        if is_video(header):
            count = int(number(header, "NumberOfFrames") or 1)
            return describe_header(header, max(count, 1), ())
        frames = find_frames(where, header)
        return describe_header(header, frames.count, frames.warnings)


def why_3d_file(path: Path) -> str:
    """Return why a DICOM file that somebody else has loaded is 3-D, "" when it is not or cannot be read."""
    try:
        with faults_named(path):
            return why_3d(read_header(path)[0])
    except (EchoTrackerError, OSError):
        return ""


def describe_header(header: Any, n_frames: int, warnings: Iterable[str], times: Optional[Times] = None) -> ClipHeader:
    """Return the facts of a clip with so many frames; `times` in place of those of the header."""
    times = times or find_times(header, n_frames)
    regions, region_warnings = find_regions(header)
    scale, scale_warnings = find_scale(header, regions)
    beats = heart_rate_and_r_times(header, float(times.times_s[-1]))
    ecg, ecg_warnings = find_ecg(header, float(times.times_s[-1]))
    said = (*warnings, *times.warnings, *region_warnings, *scale_warnings, *beats.warnings, *ecg_warnings)
    return ClipHeader(
        n_frames, times.times_s, times.source, *scale[:2], regions, beats.heart_rate_bpm, beats.r_times_s, said, ecg
    )


def read_dicom_folder(folder: Path, files: Iterable[Path], progress: Progress = no_progress) -> Cine:
    """Read the DICOM images among `files` as the frames of one clip, in the order of Instance Number or time.

    A single multi-frame file is read as `read_dicom` does.

    Raises:
        BadInput: no DICOM image, several clips or series, or no way to order the frames.
    """
    with faults_named(folder):
        opened = [(path, *read) for path in sorted(files) for read in [_try_header(path)] if read is not None]
        if not opened:
            raise BadInput(
                _("{name}: the folder holds no DICOM image. Choose a clip or a folder of frames.").format(
                    name=folder.name
                )
            )
        if len(opened) == 1:
            return read_dicom(opened[0][0], progress)
        images = [_Image(path, header, where, find_frames(where, header)) for path, header, where in opened]
        clips = [image.path for image in images if image.frames.count > 1]
        if clips:
            raise BadInput(
                _(
                    "{name}: the folder holds {n} DICOM files, {n2} of them clips. "
                    "Choose one file, for example {name2}."
                ).format(name=folder.name, n=len(opened), n2=len(clips), name2=clips[0].name)
            )
        series = {str(header.get("SeriesInstanceUID", "")) for _, header, _ in opened}
        if len(series) > 1:
            raise BadInput(
                _(
                    "{name}: the folder holds frames of {n} series. "
                    "Put the frames of one series into a folder of their own."
                ).format(name=folder.name, n=len(series))
            )
        images, stamps = _in_order(folder, images)
        return _build_folder(folder, images, stamps, progress)


class _Image(NamedTuple):
    """A file of one frame."""

    path: Path
    header: Any
    where: PixelElement
    frames: StoredFrames


def _try_header(path: Path) -> Optional[tuple[Any, PixelElement]]:
    """Return the header of a DICOM image and where its pixels are, None for another file.

    Raises:
        BadInput: a 3-D volume.
    """
    try:
        header, pixels = read_header(path)
    except BadInput:
        return None
    return None if pixels is None else (header, need_clip(path, header, pixels))


def _in_order(folder: Path, images: list[_Image]) -> tuple[list[_Image], Optional[np.ndarray]]:
    """Sort by Instance Number, else by time; return with the times of day in s where all frames have them."""
    instance = [number(image.header, "InstanceNumber") for image in images]
    seconds = [_time_of_day(image.header) for image in images]
    for keys in (instance, seconds):
        known = [key for key in keys if key is not None]
        if len(known) == len(images) and len(set(known)) == len(images):
            order = np.argsort(known)
            found = [stamp for stamp in (seconds[i] for i in order) if stamp is not None]
            return [images[i] for i in order], np.array(found) if len(found) == len(images) else None
    raise BadInput(
        _(
            "{name}: the order of the frames is unknown (Instance Number and Acquisition Time are missing or "
            "repeat). Export the clip as one multi-frame file, or number its frames."
        ).format(name=folder.name)
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


def _build_folder(folder: Path, images: list[_Image], stamps: Optional[np.ndarray], progress: Progress) -> Cine:
    scales = {find_scale(image.header, find_regions(image.header)[0])[0].spacing_mm for image in images}
    if len(scales) > 1:
        raise BadInput(
            _("{name}: the frames differ in pixel spacing. Put the frames of one clip into a folder.").format(
                name=folder.name
            )
        )
    times = None if stamps is None else rising_times(stamps)
    is_usable = times is not None and is_plausible(times) and np.diff(times).max() <= _LONGEST_FRAME_INTERVAL_S
    stamped = Times(times, "acquisition times of the frames", ()) if times is not None and is_usable else None
    frames = (frame for image in images for frame in decode_frames(image.where, image.header, image.frames))
    warnings = [warning for image in images[:1] for warning in image.frames.warnings]
    return _build(folder, images[0].header, frames, len(images), warnings, progress, stamped)


def _build(
    path: Path,
    header: Any,
    frames: Iterator[np.ndarray],
    total: int,
    warnings: list[str],
    progress: Progress,
    times: Optional[Times] = None,
) -> Cine:
    """Collect the frames; `warnings` may grow while they are decoded."""
    collector = FrameCollector(total, path.name)
    for index, frame in enumerate(frames, start=1):
        collector.add(frame)
        progress("Reading clip", index / total)
    grey, colour = collector.finish()
    return _cine(path, grey, colour, describe_header(header, len(grey), warnings, times))


def _read_video(path: Path, header: Any, where: PixelElement, progress: Progress) -> Cine:
    """Read MPEG-2, H.264 or HEVC in DICOM; the header's times count, those of the stream where it has none."""
    decoded = decode_video(path.name, io.BytesIO(read_video_stream(where, header)), progress)
    declared = int(number(header, "NumberOfFrames") or 0)
    warnings = list(decoded.warnings)
    if declared != len(decoded.frames):
        said = f"{declared} frames" if declared else "no number of frames"
        warnings.insert(
            0,
            _("The header states {said}, but the video holds {n}: all are read.").format(
                said=said, n=len(decoded.frames)
            ),
        )
    times = find_times(header, len(decoded.frames))
    if times.source == UNKNOWN and decoded.times.source != UNKNOWN and len(decoded.frames) > 1:
        times = Times(decoded.times.times_s, decoded.times.source, (*times.warnings[:-1], *decoded.times.warnings))
    facts = describe_header(header, len(decoded.frames), warnings, times)
    if facts.spacing_source == UNKNOWN:  # the stream may say that its pixels are not square
        facts = replace(facts, spacing_source=decoded.no_scale)
    return _cine(path, decoded.frames, decoded.colour, facts)


def _cine(path: Path, grey: np.ndarray, colour: Optional[np.ndarray], facts: ClipHeader) -> Cine:
    return Cine(
        frames=grey,
        times_s=facts.times_s,
        spacing_mm=facts.spacing_mm,
        name=clip_name(path),
        source=path.absolute().name,
        spacing_source=facts.spacing_source,
        time_source=facts.time_source,
        colour=colour,
        regions=facts.regions,
        warnings=(*dict.fromkeys(facts.warnings), *colour_warnings(colour)),
        heart_rate_bpm=facts.heart_rate_bpm,
        r_times_s=facts.r_times_s,
        ecg=facts.ecg,
    )
