"""Video clips (AVI, MP4, MOV...) through PyAV, with the container's own time stamps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadInput, MissingDependency, Package
from ..progress import Progress, no_progress
from .cine import Cine
from .names import clip_name
from .pixels import FrameCollector, colour_warnings
from .times import assumed_times, regular_times, rising_times


def read_video(path: Path, progress: Progress = no_progress) -> Cine:
    """Read the first video stream of a file.

    Times are the frames' presentation time stamps; where these do not rise, the stream's average frame rate is used
    with a warning. A video knows no pixel spacing.

    Raises:
        BadInput: not a video, damaged, cut off or without frames.
        MissingDependency: PyAV is not installed.
    """
    av = _import_av()
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.video:
                raise BadInput(f"{path.name}: holds no video stream. Export the clip as MP4, AVI or DICOM.")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            collector, stamps = _decode(path, container, stream, progress)
            declared, rate = stream.frames, stream.average_rate or stream.guessed_rate
            pixel_aspect = stream.sample_aspect_ratio
    except (av.error.FFmpegError, ValueError) as error:
        raise BadInput(
            f"{path.name}: cannot be read as video ({_reason(error)}); it is damaged, cut off or not a video. "
            "Export or copy the clip again."
        ) from error
    frames, colour = collector.finish()
    times, time_source, warnings = _times(stamps, rate, len(frames))
    if declared and len(frames) < declared:
        warnings = (f"{declared} frames are declared but {len(frames)} could be read.", *warnings)
    if pixel_aspect and pixel_aspect != 1:
        warnings = (f"The video's pixels are not square ({pixel_aspect} wide to high).", *warnings)
    return Cine(
        frames=frames,
        times_s=times,
        name=clip_name(path),
        source=path.name,
        time_source=time_source,
        colour=colour,
        warnings=(*warnings, *colour_warnings(colour)),
    )


def _import_av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingDependency("Videos need the package PyAV.", Package("av")) from error
    return av


def _decode(path: Path, container: Any, stream: Any, progress: Progress) -> tuple[FrameCollector, list[float]]:
    collector = FrameCollector(stream.frames or 64, path.name)
    expected = stream.frames
    stamps: list[float] = []
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise BadInput(
                f"{path.name}: is cut off after about {collector.count} frames. Export or copy the clip again."
            )
        for frame in packet.decode():
            collector.add(frame.to_ndarray(format="rgb24"))
            stamps.append(np.nan if frame.time is None else float(frame.time))
            if expected:
                progress("Reading clip", min(collector.count / expected, 1.0))
    return collector, stamps


def _times(stamps: list[float], rate: Any, n_frames: int) -> tuple[np.ndarray, str, tuple[str, ...]]:
    times = rising_times(np.array(stamps))
    if times is not None and n_frames > 1:
        return times, "time stamps of the video", ()
    if rate:
        warning = "The video's time stamps do not rise; its average frame rate is used instead."
        warnings = (warning,) if n_frames > 1 else ()
        return regular_times(n_frames, float(rate)), "average frame rate of the video", warnings
    return assumed_times(n_frames)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).split(":")[0]
