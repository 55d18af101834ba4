"""A DICOM header: opened, asked for numbers that may not be there, and refused when it describes no 2-D clip."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ...errors import BadInput, EchoTrackerError, MissingDependency, Package
from ...i18n import tr as _

DEFLATED = "1.2.840.10008.1.2.1.99"
_RAW_DATA = "1.2.840.10008.5.1.4.1.1.66"
_ENHANCED_US_VOLUME = "1.2.840.10008.5.1.4.1.1.6.2"
_PHILIPS_3D = "1.2.840.113543.6.6.1.3.10002"
_PIXELS = {0x7FE00010: "PixelData", 0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData"}
_LONG_VRS = (b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN")


@dataclass(frozen=True)
class PixelElement:
    """Where the pixels of a file lie.

    Attributes:
        path: the file.
        start: byte where the value begins; in a deflated file that of the inflated data set, see `inflated`.
        length: bytes, None where the file leaves it open (compressed pixels).
        vr: b"OB", b"OW" ...
        inflated: the value itself where the file is deflated as a whole.
    """

    path: Path
    start: int
    length: Optional[int]
    vr: bytes
    inflated: Optional[bytes] = None

    @property
    def available(self) -> int:
        """Bytes from the start of the value to the end of the file."""
        return len(self.inflated) if self.inflated is not None else self.path.stat().st_size - self.start

    def read(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset` in the value."""
        if self.inflated is not None:
            return self.inflated[offset : offset + count]
        with self.path.open("rb") as stream:
            stream.seek(self.start + offset)
            return stream.read(count)


def is_dicom(path: Path) -> bool:
    """Return whether a file starts like DICOM Part 10 ("DICM" after 128 bytes)."""
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


@contextmanager
def faults_named(path: Path) -> Iterator[None]:
    """Turn what pydicom raises on a damaged element into `BadInput`; keep its remarks, which quote values, quiet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (EchoTrackerError, MemoryError, OSError):
        raise
    except Exception as error:  # pydicom parses elements when they are asked for, and raises what it met
        raise BadInput(
            _("{name}: the DICOM header is damaged. Export or copy the clip again.").format(name=path.name)
        ) from error


def read_header(path: Path) -> tuple[Any, Optional[PixelElement]]:
    """Return the header of a DICOM image without pixels, and where its pixels lie (None: it has none).

    Raises:
        BadInput: no DICOM image.
        MissingDependency: pydicom is missing.
    """
    try:
        import pydicom
    except ImportError as error:
        raise MissingDependency(_("DICOM needs the package pydicom."), Package("pydicom")) from error
    try:
        with path.open("rb") as stream:
            header = pydicom.dcmread(stream, stop_before_pixels=True, force=True)
            stopped = stream.tell()
        if "TransferSyntaxUID" not in header.file_meta:  # no meta header: go by how the elements are written
            header.file_meta.TransferSyntaxUID = _guess_syntax(header)
        has_size = bool(number(header, "Rows") and number(header, "Columns"))
    except Exception as error:  # a damaged header raises whatever the parser met
        raise _no_image(path) from error
    if not has_size:
        raise _only_raw(path) if _is_raw(header) else _no_image(path)
    if header.file_meta.TransferSyntaxUID == DEFLATED:
        pixels = getattr(pydicom.dcmread(path, force=True), "PixelData", None)
        return header, None if pixels is None else PixelElement(path, 0, len(pixels), b"OW", pixels)
    return header, _locate(path, header, stopped)


def need_clip(path: Path, header: Any, pixels: Optional[PixelElement]) -> PixelElement:
    """Return where the pixels are.

    Raises:
        BadInput: the file holds a 3-D volume, or no pixels.
    """
    reason = why_3d(header)
    if reason:
        raise BadInput(_("{name}: {reason}").format(name=path.name, reason=reason))
    if pixels is None:
        raise _only_raw(path)
    return pixels


def why_3d(header: Any) -> str:
    """Return a sentence when the file holds a volume over time, whose frames are slices; "" for a 2-D clip."""
    organization = str(header.get("DimensionOrganizationType") or "").upper()
    is_3d = (
        header.get("SOPClassUID") in (_ENHANCED_US_VOLUME, _PHILIPS_3D)
        or organization in ("3D", "3D_TEMPORAL")
        or any(_private_number(header, 0x3001, element) > 1 for element in (0x1001, 0x1101))
    )
    if not is_3d:
        return ""
    return (
        "is 3-D echo: its frames are slices of volumes, not moments in time; only 2-D clips can be tracked. "
        "Export a 2-D view of it as a clip."
    )


def _private_number(header: Any, group: int, element: int) -> float:
    """Return a private whole number (Philips writes the number of slices to 3001,xx01), 0 when there is none."""
    try:
        value = header[group, element].value
        return float(int.from_bytes(value, "little") if isinstance(value, bytes) else value)
    except (KeyError, TypeError, ValueError):
        return 0.0


def number(header: Any, keyword: str) -> Optional[float]:
    """Return a finite number from the header, or None when it is missing, empty or not a number."""
    values = numbers(header, keyword)
    return values[0] if len(values) else None


def numbers(header: Any, keyword: str) -> list[float]:
    """Return the finite numbers of a (multi-valued) element; empty when missing or any is not a number."""
    try:
        value = header.get(keyword)
        if value is None or value == "":
            return []
        values = [value] if isinstance(value, (int, float, str)) or not isinstance(value, Sequence) else list(value)
        parsed = [float(v) for v in values]
    except Exception:  # pydicom converts elements here and raises what a damaged value made it meet
        return []
    return parsed if np.all(np.isfinite(parsed)) else []


def whole(header: Any, keyword: str, default: int) -> int:
    """Return a whole number of at least 0, `default` when it is missing or no such number."""
    value = number(header, keyword)
    return int(value) if value is not None and 0 <= value < 2**31 else default


def _guess_syntax(header: Any) -> Any:
    from pydicom import uid

    implicit, little = header.is_implicit_VR, header.is_little_endian
    if implicit:
        return uid.ImplicitVRLittleEndian
    return uid.ExplicitVRLittleEndian if little else uid.ExplicitVRBigEndian


def _locate(path: Path, header: Any, stopped: int) -> Optional[PixelElement]:
    """Return the element of pixels at which pydicom stopped reading, or None when it stopped at the end of the file."""
    order: Any = "big" if header.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.2" else "little"
    with path.open("rb") as stream:
        stream.seek(stopped)
        start = stream.read(12)
    tag = int.from_bytes(start[:2], order) << 16 | int.from_bytes(start[2:4], order)
    if tag not in _PIXELS or len(start) < 8:
        return None
    if start[4:6] in _LONG_VRS:  # by what is written: some files state implicit VR and write it all the same
        vr, length, size = start[4:6], int.from_bytes(start[8:12], order), 12
    else:
        vr, length, size = b"OW", int.from_bytes(start[4:8], order), 8
    if _PIXELS[tag] != "PixelData":
        raise BadInput(
            _("{name}: holds measured values ({pixels}), no image. Export it as an ultrasound clip.").format(
                name=path.name, pixels=_PIXELS[tag]
            )
        )
    return PixelElement(path, stopped + size, None if length == 0xFFFFFFFF else length, vr)


def _is_raw(header: Any) -> bool:
    return header.get("Modality") == "US" or header.get("SOPClassUID") == _RAW_DATA


def _only_raw(path: Path) -> BadInput:
    return BadInput(
        _(
            "{name}: holds no image (no Pixel Data: only the vendor's raw data, or the file is cut off). "
            "Export the clip as DICOM with images, which vendors call 'DICOM', 'image' or 'preview' export."
        ).format(name=path.name)
    )


def _no_image(path: Path) -> BadInput:
    return BadInput(
        _("{name}: is not a DICOM image. Choose an ultrasound clip (not a report or DICOMDIR).").format(name=path.name)
    )
