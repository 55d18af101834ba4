"""One compressed frame decoded to the samples that are stored, and what its stream says about their color."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Callable, Optional

import numpy as np

from ...errors import BadInput, MissingDependency, Package
from ...i18n import tr as _
from .header import whole

JPEG_XL = ("1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112")
_J2K_STARTS = (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")
_OF_A_FRAME = (
    "Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"
)  # fmt: skip
_RESTARTS = (0x01, *range(0xD0, 0xDA))


@dataclass(frozen=True)
class JpegFacts:
    """What a JPEG stream says of itself (ITU-T T.81 B.2, T.872 for the Adobe marker).

    Attributes:
        process: of the frame header: 0 baseline, 1 extended, 2 progressive, 3 lossless, 55 JPEG-LS.
        precision: bits of a sample.
        sampling: (horizontal, vertical) factor of each component.
        ids: of the components.
        has_jfif: whether there is a JFIF marker, which allows no RGB.
        adobe_transform: of the Adobe marker: 0 stored as it is, 1 YCbCr; None without one.
    """

    process: int
    precision: int
    sampling: tuple[tuple[int, int], ...]
    ids: tuple[int, ...]
    has_jfif: bool
    adobe_transform: Optional[int]

    @property
    def is_subsampled(self) -> bool:
        """Whether components differ in sampling: then the later ones are chroma."""
        return len(set(self.sampling)) > 1

    @property
    def space(self) -> Optional[str]:
        """ "YBR" or "RGB" where the stream says so, else None."""
        if len(self.ids) != 3:
            return None
        if self.is_subsampled:
            return "YBR"
        if self.adobe_transform is not None:
            return "YBR" if self.adobe_transform else "RGB"
        if bytes(self.ids) in (b"RGB", b"rgb"):
            return "RGB"
        return "YBR" if self.has_jfif else None


def read_jpeg_facts(data: bytes) -> Optional[JpegFacts]:
    """Return the facts of a JPEG or JPEG-LS stream, None when it is none."""
    if not data.startswith(b"\xff\xd8"):
        return None
    position, has_jfif, adobe = 2, False, None
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF or marker in _RESTARTS:
            position += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        body = data[position + 4 : position + 2 + length]
        if marker == 0xE0 and body.startswith(b"JFIF"):
            has_jfif = True
        elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            adobe = body[11]
        elif (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)) or marker == 0xF7:
            if len(body) < 6 or len(body) < 6 + 3 * body[5]:
                return None
            parts = [body[6 + 3 * k : 9 + 3 * k] for k in range(body[5])]
            sampling = tuple((part[1] >> 4, part[1] & 15) for part in parts)
            return JpegFacts(marker - 0xC0, body[0], sampling, tuple(part[0] for part in parts), has_jfif, adobe)
        position += 2 + length
    return None


def decode(data: bytes, header: Any, name: str) -> tuple[np.ndarray, Optional[str]]:
    """Decode one frame of the file `name`.

    Returns:
        (samples [rows, cols] or [rows, cols, channels] as stored, "YBR" or "RGB" where the stream says which).

    Raises:
        MissingDependency: no decoder is installed for this compression.
        BadInput: no decoder is known for it.
        Exception: whatever the decoders make of a damaged stream.
    """
    facts = read_jpeg_facts(data)
    failed: Optional[Exception] = None
    for decoder in _decoders(data, facts, header):
        try:
            return _signed(decoder(data), header), None if facts is None else facts.space
        except ImportError:
            continue
        except Exception as error:  # another decoder may know this kind of stream
            failed = failed or error
    if failed is not None:
        raise failed
    syntax = header.file_meta.TransferSyntaxUID
    reason = _("{name}: its compression ({kind}, {syntax}) cannot be decoded here.").format(
        name=name, kind=getattr(syntax, "name", syntax), syntax=syntax
    )
    if importlib.util.find_spec("imagecodecs") is None:
        raise MissingDependency(reason, Package("imagecodecs"))
    raise BadInput(_("{reason} Export the clip uncompressed.").format(reason=reason))


def _signed(samples: np.ndarray, header: Any) -> np.ndarray:
    """Return samples with the sign that the header states: some streams say otherwise, JPEG-LS knows no sign."""
    signed = whole(header, "PixelRepresentation", 0) == 1
    if samples.dtype.kind not in "iu" or signed == (samples.dtype.kind == "i"):
        return samples
    size = 8 * samples.dtype.itemsize
    spare = size - min(whole(header, "BitsStored", size) or size, size)
    if signed:  # the highest stored bit is the sign
        return (samples.astype(samples.dtype, copy=False) << spare).view(f"i{samples.dtype.itemsize}") >> spare
    return samples.view(f"u{samples.dtype.itemsize}") & np.array(
        (1 << (size - spare)) - 1, f"u{samples.dtype.itemsize}"
    )


def _decoders(data: bytes, facts: Optional[JpegFacts], header: Any) -> Iterator[Callable[[bytes], np.ndarray]]:
    """Yield what may decode this stream, best first; by the stream itself, as headers name wrong syntaxes."""
    if facts is not None and facts.process in (0, 1, 2) and facts.precision == 8:
        yield _by_pillow
    name = _codec_name(data, facts, header)
    if name:
        yield lambda stream: _by_imagecodecs(name, stream)
    yield lambda stream: _by_pydicom(stream, header)


def _codec_name(data: bytes, facts: Optional[JpegFacts], header: Any) -> str:
    if facts is not None:
        return "jpegls" if facts.process == 55 else "jpeg"
    if data.startswith(_J2K_STARTS):
        return "jpeg2k"
    return "jpegxl" if header.file_meta.TransferSyntaxUID in JPEG_XL else ""


def _by_pillow(data: bytes) -> np.ndarray:
    """Decode 8-bit JPEG to its stored samples."""
    from PIL import Image

    image = Image.open(io.BytesIO(data))
    if image.mode == "RGB" and read_space_of_libjpeg(data) == "YBR":
        image.draft("YCbCr", image.size)
    return np.asarray(image)


def read_space_of_libjpeg(data: bytes) -> str:
    """Return what libjpeg takes three components for (jdapimin.c, default_decompress_parms)."""
    facts = read_jpeg_facts(data)
    if facts is None or facts.has_jfif:
        return "YBR"
    if facts.adobe_transform is not None:
        return "YBR" if facts.adobe_transform else "RGB"
    return "RGB" if bytes(facts.ids) == b"RGB" else "YBR"


def _by_imagecodecs(name: str, data: bytes) -> np.ndarray:
    import imagecodecs

    return np.asarray(getattr(imagecodecs, f"{name}_decode")(data))


def _by_pydicom(data: bytes, header: Any) -> np.ndarray:
    """Decode with whatever plugin pydicom finds, 2 or 3, as a data set of one frame whose color stays as it is."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.encaps import encapsulate

    one = Dataset()
    one.file_meta = FileMetaDataset()
    syntax = one.file_meta.TransferSyntaxUID = header.file_meta.TransferSyntaxUID
    for keyword in _OF_A_FRAME:
        if keyword in header:
            setattr(one, keyword, header.get(keyword))
    is_color = one.get("SamplesPerPixel", 1) > 1
    one.PhotometricInterpretation = "RGB" if is_color else "MONOCHROME2"
    if is_color:
        one.PlanarConfiguration = header.get("PlanarConfiguration") or 0
    one.NumberOfFrames = 1
    one.is_little_endian, one.is_implicit_VR = True, False
    one.PixelData = encapsulate([data])
    one["PixelData"].VR, one["PixelData"].is_undefined_length = "OB", True
    try:
        return np.asarray(one.pixel_array)
    except NotImplementedError as error:
        raise ImportError(str(syntax)) from error
    except RuntimeError as error:
        if "plugin" in str(error) or "missing" in str(error):  # pydicom's words for "nothing installed can do it"
            raise ImportError(str(syntax)) from error
        raise
