"""Frames of DICOM files: their number, and the fragments that hold them."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from dicom_clips import (
    bytes_422,
    close,
    encapsulated,
    from_ybr,
    halved,
    rgb_frames,
    speckle,
    to_ybr,
    write_clip,
    write_color,
)
from PIL import Image
from pydicom import uid

from EchoTrackerLib.cine.reading import read_here as read_cine  # without a process for each
from EchoTrackerLib.errors import BadInput


@pytest.mark.parametrize("said", [0, None, 2, 7])
@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "YBR_FULL", "RGB", "MONOCHROME2"])
def test_all_frames_are_read_whatever_their_stated_number(tmp_path, photometric, said):
    def edit(dataset):
        if said is None:
            del dataset.NumberOfFrames
        else:
            dataset.NumberOfFrames = said

    if photometric == "MONOCHROME2":
        path, frames = write_clip(tmp_path / "c.dcm", edit=edit), np.repeat(speckle()[..., None], 3, axis=3)
    else:
        frames = rgb_frames()
        ybr = to_ybr(frames)
        data = {"YBR_FULL_422": bytes_422(halved(ybr)), "YBR_FULL": ybr.tobytes(), "RGB": frames.tobytes()}[photometric]
        frames = {"YBR_FULL_422": from_ybr(halved(ybr)), "YBR_FULL": from_ybr(ybr), "RGB": frames}[photometric]
        path = write_color(tmp_path / "c.dcm", 32, 48, photometric, data)
        import pydicom

        dataset = pydicom.dcmread(path)
        edit(dataset)
        dataset.save_as(path)
    read = close(read_cine(path), frames)
    assert "are there: all of them are read" in read.warnings[0]
    assert read.time_source == "FrameTime" and len(read.times_s) == len(frames)


def test_a_frame_cut_short_is_left_out_and_said(tmp_path):
    def edit(dataset):
        dataset.PixelData = dataset.PixelData[: 33 * 47 * 3 + 500]

    read = read_cine(write_clip(tmp_path / "c.dcm", edit=edit))
    np.testing.assert_array_equal(read.frames, speckle()[:3])
    assert "4 frames, but 3 are there" in read.warnings[0] and "left out" in read.warnings[1]


# ------------------------------------------------------------------------------------------------------- fragments


def grey_jpegs():
    out = []
    for frame in speckle():
        buffer = io.BytesIO()
        Image.fromarray(frame).save(buffer, "JPEG", quality=95)
        out.append(buffer.getvalue() + b"\0" * (len(buffer.getvalue()) % 2))
    return out


def offsets(parts, first=0):
    starts = np.cumsum([first, *[8 + len(part) for part in parts]])[:-1]
    return struct.pack(f"<{len(parts)}I", *[int(start) for start in starts])


def halves(parts):
    return [half for part in parts for half in (part[:300], part[300:])]


def every_second(table):
    return b"".join(table[k : k + 4] for k in range(0, len(table), 8))


PARTS = grey_jpegs()
TABLES = {
    "empty": (b"", PARTS),
    "right": (offsets(PARTS), PARTS),
    "one entry": (struct.pack("<I", 0), PARTS),
    "counted from the table": (offsets(PARTS, first=8 + 4 * len(PARTS)), PARTS),
    "too short": (offsets(PARTS)[:8], PARTS),
    "too long": (offsets([*PARTS, b"", b""]), PARTS),
    "zeros": (b"\0" * 16, PARTS),
    "garbage": (b"\x12\x34\x56\x78" * 4, PARTS),
    "not whole numbers": (b"\0\0\0\0\1", PARTS),
    "two fragments a frame": (every_second(offsets(halves(PARTS))), halves(PARTS)),
    "two fragments a frame, no table": (b"", halves(PARTS)),
    "two fragments a frame, wrong table": (struct.pack("<I", 0), halves(PARTS)),
    "all frames in one fragment": (b"", [b"".join(PARTS)]),
}


@pytest.mark.parametrize("number", [4, None, 0, 2, 9])
@pytest.mark.parametrize("kind", TABLES)
def test_offset_tables_of_any_kind(tmp_path, kind, number):
    table, parts = TABLES[kind]
    read = read_cine(_write_fragments(tmp_path / "c.dcm", encapsulated(parts, table), number))
    assert read.frames.shape == speckle().shape
    assert np.abs(read.frames.astype(int) - speckle()).mean() < 3
    assert any("are there: all of them" in warning for warning in read.warnings) == (number != 4)


@pytest.mark.parametrize("parts", [PARTS, halves(PARTS)], ids=["one", "two"])
def test_extended_offset_table(tmp_path, parts):
    lengths = [8 + len(part) for part in parts]
    starts = np.cumsum([0, *lengths])[:-1][:: len(parts) // 4].astype("<u8")
    path = _write_fragments(tmp_path / "c.dcm", encapsulated(parts), 4, ExtendedOffsetTable=starts.tobytes())
    assert np.abs(read_cine(path).frames.astype(int) - speckle()).mean() < 3


def _write_fragments(path, data, number, **more):
    def edit(dataset):
        dataset.file_meta.TransferSyntaxUID = uid.JPEGBaseline8Bit
        dataset.PixelData = data
        dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
        dataset.NumberOfFrames = number
        if number is None:
            del dataset.NumberOfFrames
        for keyword, value in more.items():
            setattr(dataset, keyword, value)

    return write_clip(path, edit=edit)


def test_compressed_pixels_that_end_early_are_refused(tmp_path):
    path = _write_fragments(tmp_path / "c.dcm", encapsulated(PARTS), 4)
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(PARTS[2]) + 50])
    with pytest.raises(BadInput, match=r"c\.dcm.*cut off"):
        read_cine(path)
