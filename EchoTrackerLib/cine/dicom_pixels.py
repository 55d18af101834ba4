"""Frames of a DICOM file, decoded one at a time into 8-bit grey or RGB."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadInput, MissingDependency, Package
from .dicom_header import number

_JPEG_XL = ("1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112")
_JPEG_BASELINE, _JPEG_EXTENDED = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"
_BIG_ENDIAN, _DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
_YBR = ("YBR_FULL", "YBR_FULL_422")
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
        yield from _through_palette(stored, header)
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
    syntax = header.file_meta.TransferSyntaxUID
    total = count_frames(header)
    deep_jpeg = syntax == _JPEG_EXTENDED and (number(header, "BitsStored") or 8) > 8
    decode = _by_imagecodecs if deep_jpeg or syntax in _JPEG_XL else _by_pydicom
    try:
        for frame in decode(path, header):
            yield frame
            count += 1
            if count == total:
                return
    except (BadInput, GeneratorExit, MemoryError):
        raise
    except Exception as error:  # decoders raise whatever their C libraries make of a damaged stream
        raise BadInput(
            f"{path.name}: frame {count + 1} of {total} cannot be decoded ({getattr(syntax, 'name', syntax)}); "
            "the file is damaged or cut off. Export or copy it again."
        ) from error
    raise BadInput(f"{path.name}: only {count} of {total} frames are in the file; it is cut off. Copy it again.")


def _by_pydicom(path: Path, header: Any) -> Iterator[np.ndarray]:
    try:
        from pydicom.pixels import get_decoder, iter_pixels
    except ImportError:  # pydicom 2
        yield from _by_pydicom_2(path, header)
        return
    syntax = header.file_meta.TransferSyntaxUID
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError as error:
        raise _undecodable(path, syntax) from error
    if not decoder.is_available:
        raise _undecodable(path, syntax)
    if decoder.is_encapsulated:
        for frame, properties in _decoded(decoder, _whole(path, header)):
            is_ybr = properties["photometric_interpretation"] in _YBR
            yield _ybr_to_rgb(frame) if is_ybr else frame
    elif syntax == _DEFLATED or "MediaStorageSOPClassUID" not in header.file_meta:  # the syntax may be a guess
        yield from iter_pixels(_whole(path, header))
    else:
        with path.open("rb") as stream:  # frame by frame: the file may be larger than the memory
            yield from iter_pixels(stream)


def _decoded(decoder: Any, dataset: Any) -> Iterator[Any]:
    """Yield (frame, properties); baseline JPEG by Pillow first, which was measured several times faster than GDCM."""
    if decoder.UID == _JPEG_BASELINE and "pillow" in decoder.available_plugins:
        frames = decoder.iter_array(dataset, raw=True, decoding_plugin="pillow")
        try:
            first = next(frames)
        except Exception:  # what Pillow cannot decode another plugin may
            frames = decoder.iter_array(dataset, raw=True)
            first = next(frames)
        yield first
        yield from frames
    else:
        yield from decoder.iter_array(dataset, raw=True)


def _by_pydicom_2(path: Path, header: Any) -> Iterator[np.ndarray]:
    """Decode with pydicom 2, the last one for Python 3.9 and so the one of Slicer 5.8."""
    if header.file_meta.TransferSyntaxUID == _JPEG_BASELINE:
        yield from _by_pillow(path, header)
        return
    dataset = _whole(path, header)
    try:
        frames = dataset.pixel_array
    except (NotImplementedError, RuntimeError) as error:
        raise _undecodable(path, header.file_meta.TransferSyntaxUID) from error
    is_ybr = dataset.PhotometricInterpretation in _YBR
    for frame in frames if count_frames(header) > 1 else frames[np.newaxis]:
        yield _ybr_to_rgb(frame) if is_ybr else frame


def _by_pillow(path: Path, header: Any) -> Iterator[np.ndarray]:
    """Decode baseline JPEG frame by frame; pydicom 2 itself cannot decode its RGB since Pillow 10.1."""
    from PIL import Image

    is_rgb = header.get("PhotometricInterpretation") == "RGB"
    for compressed in _compressed_frames(path, header):
        image = Image.open(io.BytesIO(compressed))
        if is_rgb and "adobe_transform" not in image.info:
            image.draft("YCbCr", image.size)  # as stored: nothing in the JPEG says that it is RGB, only the header
            yield np.asarray(image)
        else:
            yield np.asarray(image if image.mode == "L" else image.convert("RGB"))


def _by_imagecodecs(path: Path, header: Any) -> Iterator[np.ndarray]:
    """Decode JPEG XL and 12-bit JPEG, which pydicom's permissively licensed plugins do not."""
    syntax = header.file_meta.TransferSyntaxUID
    try:
        import imagecodecs
    except ImportError as error:
        reason = f"{path.name}: its compression ({getattr(syntax, 'name', syntax)}) needs one more package."
        raise MissingDependency(reason, Package("imagecodecs")) from error
    decode = imagecodecs.jpegxl_decode if syntax in _JPEG_XL else imagecodecs.jpeg_decode
    for compressed in _compressed_frames(path, header):
        yield np.asarray(decode(compressed))


def _compressed_frames(path: Path, header: Any) -> Iterator[bytes]:
    from pydicom import encaps

    pixels, total = _whole(path, header).PixelData, count_frames(header)
    if hasattr(encaps, "generate_frames"):
        yield from encaps.generate_frames(pixels, number_of_frames=total)
    else:  # pydicom 2
        yield from encaps.generate_pixel_data_frame(pixels, total)


def _whole(path: Path, header: Any) -> Any:
    import pydicom

    dataset = pydicom.dcmread(path, force=True)
    dataset.file_meta.TransferSyntaxUID = header.file_meta.TransferSyntaxUID
    return dataset


def _ybr_to_rgb(frame: np.ndarray) -> np.ndarray:
    """Convert YBR_FULL (PS3.3 C.7.6.3.1.2, the same as JFIF's YCbCr), uint8 [rows, cols, 3]."""
    from PIL import Image

    height, width = frame.shape[:2]
    image = Image.frombytes("YCbCr", (width, height), np.ascontiguousarray(frame).tobytes())
    return np.asarray(image.convert("RGB"))


def _undecodable(path: Path, syntax: Any) -> BadInput:
    return BadInput(
        f"{path.name}: its compression ({getattr(syntax, 'name', syntax)}, {syntax}) cannot be decoded here. "
        f"Install the decoders with: {_PLUGINS} - or export the clip uncompressed."
    )


def _palette(header: Any) -> tuple[np.ndarray, int]:
    """Return the palette as uint8 [entries, 3] and the pixel value of its first entry."""
    try:
        from pydicom.pixels import apply_color_lut
    except ImportError:  # pydicom 2
        from pydicom.pixel_data_handlers.util import apply_color_lut  # type: ignore[no-redef]
    entries, first, _ = (int(value) for value in header.RedPaletteColorLookupTableDescriptor)
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
    return (frame >> max(bits_stored - 8, 0)).astype(np.uint8)


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
