"""Uncompressed frames of a DICOM file, whatever its header forgets or misstates about their number and layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from .header import PixelElement, whole

_BIG_ENDIAN = "1.2.840.10008.1.2.2"
PADDING = 1  # byte, to an even length
_FULL, _FLAT_422, _ROWS_422 = "all samples of every pixel", "4:2:2", "4:2:2 with padded rows"


@dataclass(frozen=True)
class Layout:
    """How the frames lie in the value.

    Attributes:
        rows, cols, samples: of a frame.
        kind: all samples of every pixel, or 4:2:2: Y Y Cb Cr for two pixels (PS3.3 C.7.6.3.1.2), straight through or
            with every row of odd width padded to whole pairs.
        planar: whether frames of all samples store plane after plane.
        dtype: of a sample in the file; bool for one bit a pixel.
        has_swapped_bytes: whether 8-bit samples lie in big-endian words.
        count: whole frames that are there.
        rest: bytes behind them, the padding byte included.
        is_assumed: whether the value's length contradicts the layout that the header states.
    """

    rows: int
    cols: int
    samples: int
    kind: str
    planar: bool
    dtype: np.dtype
    has_swapped_bytes: bool
    count: int
    rest: int
    is_assumed: bool

    @property
    def frame_bits(self) -> int:
        """Bits of one frame."""
        return _frame_bits(self.kind, self.rows, self.cols, self.samples, self.dtype)


def read_layout(pixels: PixelElement, header: Any, photometric: str, declared: int) -> Layout:
    """Find the layout whose frames fill the value.

    Args:
        pixels: where the value lies; its length is known.
        header: for size and type of the samples.
        photometric: the Photometric Interpretation.
        declared: Number of Frames; 0 when unknown.

    Raises:
        BadInput: cut off, or samples that no layout fits.
    """
    length = pixels.length or 0
    if pixels.available < length:
        raise BadInput(
            _("{name}: its pixels are cut off. Export or copy the clip again.").format(name=pixels.path.name)
        )
    rows, cols, samples = (whole(header, key, 0) for key in ("Rows", "Columns", "SamplesPerPixel"))
    samples = samples or (1 if photometric.startswith(("MONO", "PALETTE")) else 3)
    dtype = _dtype(pixels, header)
    stated = _FLAT_422 if photometric.endswith("_422") and samples == 3 else _FULL
    kinds = [stated]
    if samples == 3 and photometric.startswith("YBR"):
        kinds += [kind for kind in (_FLAT_422, _FULL) if kind != stated]
        if cols % 2:
            kinds.insert(1, _ROWS_422)
    sizes = {kind: _frame_bits(kind, rows, cols, samples, dtype) for kind in kinds}
    planar = bool(whole(header, "PlanarConfiguration", 0)) and samples > 1
    swapped = header.file_meta.TransferSyntaxUID == _BIG_ENDIAN and pixels.vr == b"OW" and dtype.itemsize == 1

    def layout(kind: str) -> Layout:
        count, rest = 8 * length // sizes[kind], (8 * length % sizes[kind]) // 8
        return Layout(rows, cols, samples, kind, planar, dtype, swapped, count, rest, kind != stated)

    found = [layout(kind) for kind in kinds]
    filled = [one for one in found if one.count and one.rest <= PADDING]
    chosen = filled[0] if filled else found[0]
    if chosen.count == 0:
        raise BadInput(
            _(
                "{name}: its pixels are cut off: {length} bytes, but one frame of {cols} x {rows} px has "
                "{kind}. Export or copy the clip again."
            ).format(name=pixels.path.name, length=length, cols=cols, rows=rows, kind=sizes[chosen.kind] // 8)
        )
    if len(filled) > 1 and (chosen.is_assumed or chosen.count != declared):  # the length alone does not decide
        return min(filled, key=lambda one: _roughness(read_frame(pixels, one, one.count // 2)))
    return chosen


def _roughness(frame: np.ndarray) -> float:
    """Return how much neighbors in a row differ in brightness [rows, cols, 3]: little where the layout is right."""
    return float(np.abs(np.diff(frame[..., 0].astype(np.float64), axis=1)).mean())


def read_frame(pixels: PixelElement, layout: Layout, index: int) -> np.ndarray:
    """Return one frame as stored, [rows, cols] or [rows, cols, samples], in the byte order of this computer."""
    first, last = index * layout.frame_bits, (index + 1) * layout.frame_bits
    start, end = first // 8, -(-last // 8)
    if layout.has_swapped_bytes:
        start, end = start // 2 * 2, -(-end // 2) * 2
    data = np.frombuffer(pixels.read(start, end - start), np.uint8)
    if layout.has_swapped_bytes:
        data = data.view(np.uint16).byteswap().view(np.uint8)
    if layout.dtype.kind == "b":
        flat = np.unpackbits(data, bitorder="little")[first - 8 * start : last - 8 * start]
    else:
        flat = data[first // 8 - start : last // 8 - start].view(layout.dtype)
        flat = flat.astype(layout.dtype.newbyteorder("="), copy=False)
    if layout.kind != _FULL:
        return _expanded(flat, layout)
    shape = (layout.rows, layout.cols)
    if layout.samples == 1:
        return flat.reshape(shape)
    return flat.reshape(layout.samples, *shape).transpose(1, 2, 0) if layout.planar else flat.reshape(*shape, -1)


def _dtype(pixels: PixelElement, header: Any) -> np.dtype:
    bits = whole(header, "BitsAllocated", 8)
    if bits == 1:
        return np.dtype(bool)
    if bits not in (8, 16, 32, 64):
        raise BadInput(
            _("{name}: has {bits} bits a sample, which is not read. Export it with 8 or 16 bits.").format(
                name=pixels.path.name, bits=bits
            )
        )
    kind = "i" if whole(header, "PixelRepresentation", 0) == 1 else "u"
    order = ">" if header.file_meta.TransferSyntaxUID == _BIG_ENDIAN else "<"
    return np.dtype(f"{order}{kind}{bits // 8}")


def _frame_bits(kind: str, rows: int, cols: int, samples: int, dtype: np.dtype) -> int:
    bits = 1 if dtype.kind == "b" else 8 * dtype.itemsize
    if kind == _FULL:
        return rows * cols * samples * bits
    return rows * (cols + cols % 2 if kind == _ROWS_422 else cols) * 2 * bits


def _expanded(flat: np.ndarray, layout: Layout) -> np.ndarray:
    """Return Y Cb Cr [rows, cols, 3] of 4:2:2 samples; both pixels of a pair have its chroma."""
    pairs = flat[: len(flat) // 4 * 4].reshape(-1, 4)
    pixels = np.empty((len(pairs), 2, 3), flat.dtype)
    pixels[..., 0] = pairs[:, :2]
    pixels[..., 1:] = pairs[:, None, 2:]
    pixels = pixels.reshape(-1, 3)
    if layout.kind == _ROWS_422:
        return pixels.reshape(layout.rows, -1, 3)[:, : layout.cols]
    missing = layout.rows * layout.cols - len(pixels)  # an odd number of pixels ends in half a pair
    if missing > 0:
        pixels = np.concatenate([pixels, np.repeat(pixels[-1:], missing, axis=0)])
    return pixels.reshape(layout.rows, layout.cols, 3)
