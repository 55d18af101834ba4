"""Frames of a DICOM file, decoded one at a time into 8-bit grey or RGB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadInput
from .dicom_header import number

_JPEG_XL = ("1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112")
_PLUGINS = "pip install python-gdcm pylibjpeg pylibjpeg-openjpeg pyjpegls"


def count_frames(header: Any) -> int:
    """Return the Number of Frames (1 when missing)."""
    return max(int(number(header, "NumberOfFrames") or 1), 1)


def iter_frames(path: Path, header: Any) -> Iterator[np.ndarray]:
    """Yield the frames as uint8 [rows, cols] or RGB [rows, cols, 3].

    Palettes are applied, YBR becomes RGB, MONOCHROME1 is inverted, and more than 8 bits go through the modality and
    VOI (window) transforms of the header, or the clip's minimum..maximum where there is no window.

    Raises:
        BadInput: the transfer syntax cannot be decoded (the message says what to install), or the pixels are damaged.
    """
    photometric = str(header.get("PhotometricInterpretation", "MONOCHROME2"))
    stored = _stored_frames(path, header)
    if photometric == "PALETTE COLOR":
        yield from (_to_8_bit(_through_palette(frame, header), 0) for frame in stored)
    elif int(number(header, "SamplesPerPixel") or 1) > 1:
        bits = int(number(header, "BitsStored") or 8)
        yield from (_to_8_bit(frame, bits) for frame in stored)
    elif int(number(header, "BitsStored") or 8) <= 8 and not number(header, "PixelRepresentation"):
        invert = photometric == "MONOCHROME1"
        yield from ((255 - frame if invert else frame).astype(np.uint8) for frame in stored)
    else:
        yield from _windowed(list(stored), header, photometric == "MONOCHROME1")


def _stored_frames(path: Path, header: Any) -> Iterator[np.ndarray]:
    """Yield frames as stored (colour already RGB); turn every fault of the decoders into `BadInput`."""
    count = 0
    syntax = header.file_meta.get("TransferSyntaxUID")
    total = count_frames(header)
    decode = _jpeg_xl_frames if syntax in _JPEG_XL else _pydicom_frames
    try:
        for frame in decode(path, header):
            yield frame
            count += 1
            if count == total:
                return
    except BadInput:
        raise
    except Exception as error:  # decoders raise whatever their C libraries make of a damaged stream
        raise BadInput(
            f"{path.name}: frame {count + 1} of {total} cannot be decoded ({getattr(syntax, 'name', syntax)}); "
            "the file is damaged or cut off. Export or copy it again."
        ) from error
    raise BadInput(f"{path.name}: only {count} of {total} frames are in the file; it is cut off. Copy it again.")


def _pydicom_frames(path: Path, header: Any) -> Iterator[np.ndarray]:
    try:
        from pydicom.pixels import get_decoder, iter_pixels
    except ImportError:  # pydicom 2
        yield from _pydicom_2_frames(path, header)
        return
    syntax = header.file_meta.TransferSyntaxUID
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError as error:
        raise _undecodable(path, syntax) from error
    if not decoder.is_available:
        raise _undecodable(path, syntax)
    with path.open("rb") as stream:
        yield from iter_pixels(stream)


def _pydicom_2_frames(path: Path, header: Any) -> Iterator[np.ndarray]:
    import pydicom
    from pydicom.pixel_data_handlers.util import convert_color_space

    dataset = pydicom.dcmread(path, force=True)
    try:
        frames = dataset.pixel_array
    except (NotImplementedError, RuntimeError) as error:
        raise _undecodable(path, header.file_meta.TransferSyntaxUID) from error
    if count_frames(header) == 1:
        frames = frames[np.newaxis]
    for frame in frames:
        if dataset.PhotometricInterpretation in ("YBR_FULL", "YBR_FULL_422"):
            frame = convert_color_space(frame, dataset.PhotometricInterpretation, "RGB")
        yield frame


def _jpeg_xl_frames(path: Path, header: Any) -> Iterator[np.ndarray]:
    import pydicom
    from pydicom import encaps

    try:
        from imagecodecs import jpegxl_decode
    except ImportError as error:
        raise BadInput(
            f"{path.name}: its compression (JPEG XL) needs one more package. Install it with: pip install imagecodecs"
        ) from error
    pixels = pydicom.dcmread(path, force=True).PixelData
    generate = getattr(encaps, "generate_frames", None)
    total = count_frames(header)
    compressed = (
        generate(pixels, number_of_frames=total) if generate else encaps.generate_pixel_data_frame(pixels, total)
    )
    for frame in compressed:
        yield np.asarray(jpegxl_decode(frame))


def _undecodable(path: Path, syntax: Any) -> BadInput:
    return BadInput(
        f"{path.name}: its compression ({getattr(syntax, 'name', syntax)}, {syntax}) cannot be decoded here. "
        f"Install the decoders with: {_PLUGINS} - or export the clip uncompressed."
    )


def _through_palette(frame: np.ndarray, header: Any) -> np.ndarray:
    try:
        from pydicom.pixels import apply_color_lut
    except ImportError:  # pydicom 2
        from pydicom.pixel_data_handlers.util import apply_color_lut  # type: ignore[no-redef]
    return np.asarray(apply_color_lut(frame, header))[..., :3]


def _to_8_bit(frame: np.ndarray, bits_stored: int) -> np.ndarray:
    """Return unsigned colour as uint8; `bits_stored` 0 means all bits of the type (palettes)."""
    bits = bits_stored or frame.dtype.itemsize * 8
    return (frame >> max(bits - 8, 0)).astype(np.uint8)


def _windowed(frames: list[np.ndarray], header: Any, invert: bool) -> Iterator[np.ndarray]:
    low, high = _window(frames, header)
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
    slope, intercept = number(header, "RescaleSlope") or 1.0, number(header, "RescaleIntercept") or 0.0
    low, high = min(frame.min() for frame in frames), max(frame.max() for frame in frames)
    return float(low) * slope + intercept, float(high) * slope + intercept
