"""Frames of a DICOM file, decoded one at a time into 8-bit gray or RGB."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

import numpy as np

from ...errors import BadInput, EchoTrackerError
from ...i18n import tr as _
from . import codecs, encapsulated, native
from .header import PixelElement, number, whole

_VIDEO = re.compile(r"1\.2\.840\.10008\.1\.2\.4\.10[0-9](\.1)?")
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_YBR = ("YBR_FULL", "YBR_FULL_422")
_STUDIO_YBR = ("YBR_PARTIAL_422", "YBR_PARTIAL_420")  # black is 16, white 235
_RGB = ("RGB", "YBR_RCT", "YBR_ICT", "XYB")  # the decoders undo the last three
_READ = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", *_RGB, *_YBR, *_STUDIO_YBR)
_NAMES = {"YBR": "YCbCr", "RGB": "RGB"}
_CLEAR_LEVELS = 16.0
_CLEARLY = 4.0  # how much nearer to one color space than to the other samples must be to overrule the header


@dataclass
class StoredFrames:
    """The frames of a file before anything is decoded.

    Attributes:
        count: frames that are there.
        declared: Number of Frames, 0 when the header does not say.
        raw: yields each frame as stored with "YBR" or "RGB" where its stream says which, or None.
        warnings: what the header misstates; more may come while frames are decoded.
    """

    count: int
    declared: int
    raw: Callable[[], Iterator[tuple[np.ndarray, Optional[str]]]]
    warnings: list[str] = field(default_factory=list)


def is_video(header: Any) -> bool:
    """Return whether the pixels are one stream of MPEG-2, H.264 or HEVC."""
    return bool(_VIDEO.fullmatch(str(header.file_meta.TransferSyntaxUID)))


def read_video_stream(pixels: PixelElement, header: Any) -> bytes:
    """Return the stream of a file for which `is_video` holds; how it lies in fragments does not matter."""
    fragments = [fragment for frame in encapsulated.read_frames(pixels, header, 1) for fragment in frame]
    return encapsulated.join(pixels, fragments)


def find_frames(pixels: PixelElement, header: Any) -> StoredFrames:
    """Return the frames that are in a file, whatever its Number of Frames says.

    Raises:
        BadInput: cut off, damaged, or samples of a kind that no echo has.
    """
    photometric = _photometric(pixels, header)
    declared = whole(header, "NumberOfFrames", 0)
    is_open = pixels.length is None or pixels.read(0, 4) == b"\xfe\xff\x00\xe0"
    frames = (_encapsulated if is_open else _native)(pixels, header, photometric, declared)
    if frames.count == 0:
        raise BadInput(_("{name}: holds no frames. Export the clip again.").format(name=pixels.path.name))
    if declared != frames.count and (declared or frames.count > 1):
        said = f"{declared} frames" if declared else "no number of frames"
        there = f"{frames.count} are there: all of them are read" if frames.count > 1 else "1 is there"
        frames.warnings.insert(0, _("The header states {said}, but {there}.").format(said=said, there=there))
    return frames


def decode_frames(pixels: PixelElement, header: Any, frames: StoredFrames) -> Iterator[np.ndarray]:
    """Yield the frames as uint8 [rows, cols] or RGB [rows, cols, 3].

    Palettes are applied, YBR becomes RGB, MONOCHROME1 is inverted, and more than 8 bits go through the modality and
    VOI (window) transforms of the header, or the clip's minimum..maximum where there is no window.

    Raises:
        BadInput: the transfer syntax cannot be decoded (the message says what to install), or the pixels are damaged.
    """
    photometric = _photometric(pixels, header)
    stored = _decoded(pixels, header, frames)
    first, space = next(stored)
    if first.ndim == 3:
        if first.shape[2] != 3:
            name, values = pixels.path.name, first.shape[2]
            raise BadInput(
                _("{name}: has {values} values a pixel. Export the clip as RGB or MONOCHROME2.").format(
                    name=name, values=values
                )
            )
        yield from _color(first, space, stored, header, photometric, frames.warnings)
        return
    grey = _frames_of(first, stored)
    if photometric == "PALETTE COLOR":
        yield from _through_palette(grey, header)
        return
    invert = photometric == "MONOCHROME1"
    if first.dtype in (np.uint8, bool):
        yield from ((255 - frame if invert else frame).astype(np.uint8) for frame in grey)
        return
    deep = [_aligned(frame, header) for frame in grey]
    if whole(header, "BitsStored", 8) <= 8 and all(frame.min() >= 0 and frame.max() <= 255 for frame in deep):
        yield from ((255 - frame if invert else frame).astype(np.uint8) for frame in deep)
    else:
        yield from _windowed(deep, header, invert, frames.warnings)


def _photometric(pixels: PixelElement, header: Any) -> str:
    """Return the Photometric Interpretation, guessed from the samples where it is missing.

    Raises:
        BadInput: one that no echo has.
    """
    stated = str(header.get("PhotometricInterpretation") or "").strip().upper()
    stated = stated or ("RGB" if whole(header, "SamplesPerPixel", 1) > 1 else "MONOCHROME2")
    if stated not in _READ:
        raise BadInput(
            _("{name}: colors of kind '{stated}' are not read. Export it as RGB or MONOCHROME2.").format(
                name=pixels.path.name, stated=stated
            )
        )
    return stated


def _native(pixels: PixelElement, header: Any, photometric: str, declared: int) -> StoredFrames:
    layout = native.read_layout(pixels, header, photometric, declared)

    def raw() -> Iterator[tuple[np.ndarray, Optional[str]]]:
        for index in range(layout.count):
            yield native.read_frame(pixels, layout, index), None

    warnings = []
    if layout.is_assumed:
        warnings.append(
            _("The header states {photometric}, but the length shows {kind}: read as that.").format(
                photometric=photometric, kind=layout.kind
            )
        )
    if layout.rest > native.PADDING:
        warnings.append(_("{rest} bytes behind the last whole frame are left out.").format(rest=layout.rest))
    return StoredFrames(layout.count, declared, raw, warnings)


def _encapsulated(pixels: PixelElement, header: Any, photometric: str, declared: int) -> StoredFrames:
    groups = encapsulated.read_frames(pixels, header, declared)
    streams: Optional[list[bytes]] = None
    if len(groups) == 1 and declared != 1:  # all frames may lie in one fragment
        streams = encapsulated.split_streams(encapsulated.join(pixels, groups[0]))

    def raw() -> Iterator[tuple[np.ndarray, Optional[str]]]:
        for data in streams or (encapsulated.join(pixels, group) for group in groups):
            yield codecs.decode(data, header, pixels.path.name)

    return StoredFrames(len(streams or groups), declared, raw)


def _decoded(pixels: PixelElement, header: Any, frames: StoredFrames) -> Iterator[tuple[np.ndarray, Optional[str]]]:
    """Yield what is stored; turn every fault of the decoders into `BadInput`."""
    syntax = header.file_meta.TransferSyntaxUID
    count, size = 0, (whole(header, "Rows", 0), whole(header, "Columns", 0))
    try:
        for frame, space in frames.raw():
            if count == 0 and frame.shape[:2] != size:
                frames.warnings.append(
                    _(
                        "The header states {size} x {size2} px, the compressed images have "
                        "{size3} x {size4}: read as those."
                    ).format(size=size[1], size2=size[0], size3=frame.shape[1], size4=frame.shape[0])
                )
            yield frame, space
            count += 1
    except (EchoTrackerError, GeneratorExit, MemoryError):
        raise
    except Exception as error:  # decoders raise whatever their C libraries make of a damaged stream
        raise BadInput(
            _(
                "{name}: frame {count} of {count2} cannot be decoded "
                "({kind}); the file is damaged or cut off. Export or copy it again."
            ).format(name=pixels.path.name, count=count + 1, count2=frames.count, kind=getattr(syntax, "name", syntax))
        ) from error


def _color(
    first: np.ndarray,
    space: Optional[str],
    rest: Iterator[tuple[np.ndarray, Optional[str]]],
    header: Any,
    photometric: str,
    warnings: list[str],
) -> Iterator[np.ndarray]:
    """Yield RGB of color frames. What the first one shows of its color space counts before markers and header."""
    bits = max(whole(header, "BitsStored", 8), int(first.max()).bit_length()) if first.dtype.itemsize > 1 else 8
    stated = "YBR" if photometric in (*_YBR, *_STUDIO_YBR) else "RGB"
    found = _shown_space(_to_8_bit(first, bits)) or space or stated
    if found != stated:
        warnings.append(
            _("The header states {photometric}, but the pixels are {names}: read as that.").format(
                photometric=photometric, names=_NAMES[found]
            )
        )
    convert = _rgb_of_studio if photometric in _STUDIO_YBR else _rgb_of_ybr
    for frame in _frames_of(first, rest):
        eight = _to_8_bit(frame, bits)
        yield convert(eight) if found == "YBR" else eight


def _frames_of(first: np.ndarray, rest: Iterator[tuple[np.ndarray, Optional[str]]]) -> Iterator[np.ndarray]:
    yield first
    for frame, _color in rest:
        yield frame


def _shown_space(frame: np.ndarray) -> Optional[str]:
    """Return the color space of stored samples uint8 [rows, cols, 3] where most pixels are gray, as in an echo.

    Gray and black have chroma 128 in YCbCr and three equal channels in RGB; None where neither is clear.
    """
    first, second, third = (frame[..., k].astype(np.int16) for k in range(3))
    from_ybr = float((np.abs(second - 128) + np.abs(third - 128)).mean())
    from_rgb = float((np.abs(second - first) + np.abs(third - first)).mean())
    if from_rgb > max(_CLEARLY * from_ybr, _CLEAR_LEVELS):
        return "YBR"
    return "RGB" if from_ybr > max(_CLEARLY * from_rgb, _CLEAR_LEVELS) else None


def _rgb_of_ybr(frame: np.ndarray) -> np.ndarray:
    """Convert YBR_FULL (PS3.3 C.7.6.3.1.2, the same as JFIF's YCbCr), uint8 [rows, cols, 3]."""
    from PIL import Image

    height, width = frame.shape[:2]
    image = Image.frombytes("YCbCr", (width, height), np.ascontiguousarray(frame).tobytes())
    return np.asarray(image.convert("RGB"))


def _rgb_of_studio(frame: np.ndarray) -> np.ndarray:
    """Convert YBR_PARTIAL (Rec. 601, black at 16, white at 235), uint8 [rows, cols, 3]."""
    wide = frame.astype(np.float32) - np.array((16, 128, 128))
    wide *= (255 / 219, 255 / 224, 255 / 224)
    return _rgb_of_ybr(np.rint(np.clip(wide + np.array((0, 128, 128)), 0, 255)).astype(np.uint8))


def _palette(header: Any) -> tuple[np.ndarray, int]:
    """Return the palette as uint8 [entries, 3] and the pixel value of its first entry."""
    try:
        from pydicom.pixels import apply_color_lut
    except ImportError:  # pydicom 2
        from pydicom.pixel_data_handlers.util import apply_color_lut  # type: ignore[no-redef]
    entries, first, _bits = (int(value) for value in header.RedPaletteColorLookupTableDescriptor)
    entries = entries or 1 << 16
    table = np.asarray(apply_color_lut(np.arange(entries, dtype=np.int64) + first, header))[:, :3]
    swapped = header.file_meta.TransferSyntaxUID == _BIG_ENDIAN and "RedPaletteColorLookupTableData" in header
    if table.dtype.itemsize == 2:
        table = table.byteswap() if swapped else table  # pydicom leaves the words as they are in the file
        table = table >> 8 if table.max() > 255 else table  # some writers put 8-bit values into 16-bit entries
    return table.astype(np.uint8), first


def _through_palette(frames: Iterator[np.ndarray], header: Any) -> Iterator[np.ndarray]:
    table, first = _palette(header)
    for frame in frames:
        yield table[np.clip(frame.astype(np.int64) - first, 0, len(table) - 1)]


def _to_8_bit(frame: np.ndarray, bits_stored: int) -> np.ndarray:
    return np.clip(frame >> max(bits_stored - 8, 0), 0, 255).astype(np.uint8)


def _aligned(frame: np.ndarray, header: Any) -> np.ndarray:
    """Return the values of samples that do not fill their words (Bits Stored and High Bit, PS3.5 8.1.1), with sign."""
    bits = whole(header, "BitsStored", 0)
    shift = whole(header, "HighBit", bits - 1) + 1 - bits
    size = 8 * frame.dtype.itemsize
    if not 0 < bits <= size or not 0 <= shift <= size - bits or frame.dtype.kind not in "iu":
        return frame
    if frame.dtype.kind == "i":
        return (frame << (size - bits - shift)) >> (size - bits)
    return frame >> shift


def _windowed(frames: list[np.ndarray], header: Any, invert: bool, warnings: list[str]) -> Iterator[np.ndarray]:
    low, high = _window(frames, header)
    found = _extent(frames, header)
    if found[0] >= high or found[1] <= low:
        warnings.append(_("The header's window would show the whole clip black or white; its own range is used."))
        low, high = found
    slope, intercept = number(header, "RescaleSlope") or 1.0, number(header, "RescaleIntercept") or 0.0
    factor = 255.0 / (high - low) if high > low else 0.0
    while frames:
        values = frames.pop(0).astype(np.float32) * slope + intercept
        grey = np.rint(np.clip((values - low) * factor, 0.0, 255.0)).astype(np.uint8)
        yield 255 - grey if invert else grey


def _window(frames: list[np.ndarray], header: Any) -> tuple[float, float]:
    """Return the values shown black and white: the first linear window (PS3.3 C.11.2.1.2), else minimum and maximum."""
    centre, width = number(header, "WindowCenter"), number(header, "WindowWidth")
    function = str(header.get("VOILUTFunction") or "LINEAR")
    if centre is not None and width is not None and width > 1 and function in ("LINEAR", "LINEAR_EXACT"):
        offset = 0.0 if function == "LINEAR_EXACT" else 0.5
        half = width / 2 - offset
        return centre - offset - half, centre - offset + half
    return _extent(frames, header)


def _extent(frames: list[np.ndarray], header: Any) -> tuple[float, float]:
    """Return the lowest and highest value after the modality transform."""
    slope, intercept = number(header, "RescaleSlope") or 1.0, number(header, "RescaleIntercept") or 0.0
    low, high = min(frame.min() for frame in frames), max(frame.max() for frame in frames)
    ends = float(low) * slope + intercept, float(high) * slope + intercept
    return min(ends), max(ends)
