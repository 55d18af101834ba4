"""Videos (AVI, MP4, MOV...) through PyAV: upright, with the container's own time stamps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Optional, Union

import numpy as np

from ..errors import BadInput, MissingDependency, Package
from ..i18n import tr as _
from ..progress import Progress, no_progress
from .cine import Cine
from .names import clip_name
from .pixels import FrameCollector, colour_warnings, repeat_warnings
from .regions import is_not_square, not_square_source, regions_from_json
from .times import UNKNOWN, Times, assumed_times, noted_beats, regular_times, rising_times, settle_times

_PYAV = Package("av")
FACTS_KEY = "EchoTracker"  # of the JSON in the comment of MP4 files that we write


@dataclass(frozen=True)
class DecodedVideo:
    """What a video stream holds: frames and color as in `Cine`, times, warnings, the comment of the container, and the
    source of spacing where nothing tells the scale."""

    frames: np.ndarray
    colour: Optional[np.ndarray]
    times: Times
    warnings: tuple[str, ...]
    comment: str
    no_scale: str = UNKNOWN


def read_video(path: Path, progress: Progress = no_progress) -> Cine:
    """Read the first video stream of a file.

    Frames are turned as the container says. Times are the frames' presentation time stamps; where these do not rise,
    the stream's average frame rate is used with a warning. Only a video that we wrote knows its pixel spacing.

    Raises:
        BadInput: not a video, damaged, cut off or without frames.
        MissingDependency: PyAV is not installed.
    """
    video = decode_video(path.name, str(path), progress)
    facts = _own_facts(video.comment)
    spacing = facts.get("spacing_mm")
    times = assumed_times(len(video.frames)) if facts.get("time_source") == UNKNOWN else video.times
    return Cine(
        frames=video.frames,
        times_s=times.times_s,
        spacing_mm=None if spacing is None else (float(spacing[0]), float(spacing[1])),
        name=clip_name(path),
        source=path.name,
        spacing_source=_spacing_source(video, facts),
        regions=regions_from_json(facts.get("regions") or ()),
        time_source=times.source,
        colour=video.colour,
        warnings=(*video.warnings, *times.warnings, *colour_warnings(video.colour)),
        **noted_beats(facts),
    )


def _spacing_source(video: DecodedVideo, facts: dict[str, Any]) -> str:
    told = str(facts.get("spacing_source") or "")
    if facts.get("spacing_mm") is None:
        return told if is_not_square(told) else video.no_scale
    return told or "comment of the video"


def decode_video(name: str, source: Union[str, BinaryIO], progress: Progress = no_progress) -> DecodedVideo:
    """Decode the first video stream of a file or of bytes; `name` stands in messages.

    Raises:
        BadInput, MissingDependency: as `read_video`.
    """
    av = _import_av()
    try:
        with av.open(source, metadata_errors="replace") as container:
            streams = [s for s in container.streams.video if s.codec_context is not None]
            if not streams:
                raise BadInput(
                    _("{name}: holds no video stream. Export the clip as MP4, AVI or DICOM.").format(name=name)
                )
            stream = streams[0]
            stream.thread_type = "AUTO"
            reader = _StreamReader(name, stream.frames)
            reader.read(container, stream, progress)
            rate = stream.average_rate or stream.guessed_rate
            pixel_aspect = stream.sample_aspect_ratio
            comment = str(container.metadata.get("comment", ""))
    except (av.error.FFmpegError, ValueError) as error:
        raise BadInput(
            _(
                "{name}: cannot be read as video ({reason}); it is damaged, cut off or not a video. "
                "Export or copy the clip again."
            ).format(name=name, reason=_reason(error))
        ) from error
    frames, colour = reader.collector.finish()
    said = list(reader.warnings)
    if reader.declared and len(frames) < reader.declared:
        said.append(
            _("{declared} frames are declared but {n} could be read.").format(declared=reader.declared, n=len(frames))
        )
    if pixel_aspect and pixel_aspect != 1:
        said.append(
            _("The video's pixels are not square ({pixel_aspect} wide to high).").format(pixel_aspect=pixel_aspect)
        )
    said += repeat_warnings(frames)
    no_scale = UNKNOWN if not pixel_aspect or pixel_aspect == 1 else not_square_source(_ratio(pixel_aspect, reader))
    return DecodedVideo(frames, colour, _times(reader.stamps, rate, len(frames)), tuple(said), comment, no_scale)


def _ratio(pixel_aspect: Fraction, reader: _StreamReader) -> str:
    """Return how wide to high the pixels are on the frames as they are shown."""
    wide, high = pixel_aspect.numerator, pixel_aspect.denominator
    return f"{high}:{wide}" if reader.turned_on_its_side else f"{wide}:{high}"


class _StreamReader:
    """Collects the frames of a stream, turned upright."""

    def __init__(self, name: str, declared: int) -> None:
        self.collector = FrameCollector(declared or 64, name)
        self.declared = declared
        self.stamps: list[float] = []
        self.warnings: list[str] = []
        self._name = name
        self._matrix: Optional[tuple[int, ...]] = None

    @property
    def turned_on_its_side(self) -> bool:
        """Whether rows of the stream are columns of the frames."""
        return self._matrix is not None and bool(self._matrix[1] and self._matrix[2])

    def read(self, container: Any, stream: Any, progress: Progress) -> None:
        for packet in container.demux(stream):
            if packet.is_corrupt:
                count = self.collector.count
                raise BadInput(
                    _("{name}: is cut off after about {count} frames. Export or copy the clip again.").format(
                        name=self._name, count=count
                    )
                )
            for frame in packet.decode():
                self.collector.add(self._upright(frame))
                self.stamps.append(np.nan if frame.time is None else float(frame.time))
                if self.declared:
                    progress("Reading clip", min(self.collector.count / self.declared, 1.0))

    def _upright(self, frame: Any) -> np.ndarray:
        """Return RGB [rows, cols, 3], turned and mirrored by the frame's display matrix (ISO 14496-12 8.3.2)."""
        if self._matrix is None:
            self._matrix = _display_matrix(frame)
            self._say_turned(self._matrix)
        rgb: np.ndarray = frame.to_ndarray(format="rgb24")
        a, b, c, d = self._matrix
        if a and d and not b and not c:
            return rgb[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]
        if b and c and not a and not d:
            return rgb.transpose(1, 0, 2)[:: -1 if b < 0 else 1, :: -1 if c < 0 else 1]
        return rgb

    def _say_turned(self, matrix: tuple[int, ...]) -> None:
        a, b, c, d = matrix
        if (a, b, c, d) == (1, 0, 0, 1):
            return
        names = {(0, 1, -1, 0): "turned by 90 degrees clockwise", (-1, 0, 0, -1): "turned by 180 degrees",
                 (0, -1, 1, 0): "turned by 90 degrees counterclockwise"}  # fmt: skip
        if abs(a * d - b * c) != 1:
            self.warnings.append(
                _("The video asks to be turned by an angle that is no multiple of 90 degrees: ignored.")
            )
            return
        self.warnings.append(
            _("The frames are {text}, as the video file asks.").format(text=names.get((a, b, c, d), "mirrored"))
        )


def _display_matrix(frame: Any) -> tuple[int, ...]:
    """Return (a, b, c, d) of x' = a x + c y, y' = b x + d y, each -1, 0 or 1 (0, 0, 0, 0 for other angles)."""
    for data in frame.side_data:
        if getattr(data.type, "name", "") == "DISPLAYMATRIX":
            numbers = np.frombuffer(bytes(data), np.int32)[[0, 1, 3, 4]] / 65536.0
            rounded = np.rint(numbers)
            return tuple(int(v) for v in rounded) if np.allclose(numbers, rounded, atol=0.01) else (0, 0, 0, 0)
    return 1, 0, 0, 1


def _times(stamps: list[float], rate: Any, n_frames: int) -> Times:
    times = rising_times(np.array(stamps))
    if times is not None and n_frames > 1:
        return settle_times(times, "time stamps of the video")
    if rate and n_frames > 1:
        found = settle_times(regular_times(n_frames, float(rate)), "average frame rate of the video")
        warning = _("The video's time stamps do not rise; its average frame rate is used instead.")
        return Times(found.times_s, found.source, (warning, *found.warnings))
    return assumed_times(n_frames)


def _own_facts(comment: str) -> dict[str, Any]:
    """Return what we noted in a video that we wrote; empty for any other."""
    try:
        facts = json.loads(comment)[FACTS_KEY]
        spacing = facts.get("spacing_mm")
        is_known = spacing is None or (len(spacing) == 2 and all(0 < float(s) < 1e3 for s in spacing))
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return facts if is_known else {}


def need_av() -> None:
    """Raise `MissingDependency` unless PyAV is installed; does not import it."""
    if not _PYAV.is_installed:
        raise MissingDependency(_("Videos need the package PyAV."), _PYAV)


def _import_av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingDependency(_("Videos need the package PyAV."), _PYAV) from error
    return av


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).split(":")[0]
