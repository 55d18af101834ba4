"""Compressed frames of a DICOM file: fragments put together to frames, whatever the offset tables say (PS3.5 A.4).

Vendors leave the tables empty, write one entry for many frames, or count from another byte. What the fragments
themselves show, the beginning of a compressed image, comes first; a table counts only where that does not decide.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ...errors import BadInput
from ...i18n import tr as _
from .header import PixelElement

_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_RLE = "1.2.840.10008.1.2.5"
# JPEG and JPEG-LS, JPEG 2000 codestream and file, JPEG XL codestream and file
_IMAGE_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ", b"\xff\x0a", b"\0\0\0\x0cJXL ")
_NEXT_JPEG = re.compile(rb"\xff\xd9[\0\xff]{0,8}?(?=\xff\xd8\xff)")


@dataclass(frozen=True)
class Fragment:
    """One item of the encapsulated pixels: bytes `start` to `start + length` of the value."""

    start: int
    length: int


def read_frames(pixels: PixelElement, header: Any, declared: int) -> list[list[Fragment]]:
    """Return the fragments of each frame.

    Args:
        pixels: where the value lies.
        header: for the transfer syntax and the Extended Offset Table.
        declared: Number of Frames; 0 when unknown.

    Raises:
        BadInput: cut off, or no fragment where one must be.
    """
    table, fragments = _fragments(pixels)
    if not fragments:
        return []
    if header.file_meta.TransferSyntaxUID == _RLE or len(fragments) == declared:
        return [[fragment] for fragment in fragments]
    begins = [pixels.read(fragment.start, 12).startswith(_IMAGE_STARTS) for fragment in fragments]
    if all(begins):
        return [[fragment] for fragment in fragments]
    extended = header.get("ExtendedOffsetTable")
    offsets = [*struct.unpack(f"<{len(extended) // 8}Q", extended)] if extended else table
    grouped = _by_offsets(fragments, offsets)
    if grouped is not None and (declared < 2 or len(grouped) > 1):
        return grouped
    if begins[0]:
        return _split(fragments, begins)
    return grouped if grouped is not None else [fragments]


def join(pixels: PixelElement, fragments: Sequence[Fragment]) -> bytes:
    """Return the bytes of one frame, without an item's padding in between."""
    return b"".join(pixels.read(fragment.start, fragment.length) for fragment in fragments)


def split_streams(data: bytes) -> list[bytes]:
    """Return the images of a JPEG or JPEG-LS stream that holds several, one after the other."""
    if not data.startswith(b"\xff\xd8\xff"):
        return [data]
    cuts = [0, *(match.end() for match in _NEXT_JPEG.finditer(data)), len(data)]
    return [data[a:b] for a, b in zip(cuts, cuts[1:])]


def _fragments(pixels: PixelElement) -> tuple[list[int], list[Fragment]]:
    """Return the entries of the Basic Offset Table and the fragments after it."""
    items: list[Fragment] = []
    position, available = 0, pixels.available
    end = available if pixels.length is None else min(available, pixels.length)
    while True:
        head = pixels.read(position, 8)
        if head[:4] == _END or (len(head) < 8 and pixels.length is not None):
            break
        if head[:4] != _ITEM or len(head) < 8:
            raise _cut_off(pixels, len(items))
        length = int.from_bytes(head[4:], "little")
        if position + 8 + length > end:
            raise _cut_off(pixels, len(items))
        items.append(Fragment(position + 8, length))
        position += 8 + length
    if not items:
        return [], []
    entries = pixels.read(items[0].start, items[0].length)
    return [*struct.unpack(f"<{len(entries) // 4}I", entries[: len(entries) // 4 * 4])], items[1:]


def _by_offsets(fragments: Sequence[Fragment], offsets: Sequence[int]) -> Optional[list[list[Fragment]]]:
    """Group by a table whose entries all point to fragments, counted from the first one or from another byte."""
    heads = [fragment.start - 8 for fragment in fragments]
    if not offsets or any(a >= b for a, b in zip(offsets, offsets[1:])):
        return None
    shift = heads[0] - offsets[0]
    starts = {offset + shift for offset in offsets}
    if not starts <= set(heads):
        return None
    return _split(fragments, [head in starts for head in heads])


def _split(fragments: Sequence[Fragment], begins: Sequence[bool]) -> list[list[Fragment]]:
    frames: list[list[Fragment]] = []
    for fragment, is_first in zip(fragments, begins):
        if is_first or not frames:
            frames.append([])
        frames[-1].append(fragment)
    return frames


def _cut_off(pixels: PixelElement, count: int) -> BadInput:
    return BadInput(
        _("{name}: is cut off or damaged after {count} compressed fragments. Export or copy the clip again.").format(
            name=pixels.path.name, count=max(count - 1, 0)
        )
    )
