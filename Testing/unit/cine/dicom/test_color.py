"""Colors of DICOM files: by the length of the pixels, by what JPEG says and holds, and what is refused."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from dicom_clips import bytes_422, close, codec, encapsulated, from_ybr, halved, rgb_frames, to_ybr, write_color
from PIL import Image
from pydicom import uid

from EchoTrackerLib.cine.reading import read_here as read_cine  # without a process for each
from EchoTrackerLib.errors import BadInput


@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize("cols", [48, 47])
@pytest.mark.parametrize("rows", [32, 33])
@pytest.mark.parametrize("photometric", ["YBR_FULL", "YBR_FULL_422", "RGB"])
@pytest.mark.parametrize("stored", ["4:4:4", "4:2:2", "4:2:2 rows"])
def test_uncompressed_color_by_the_length_of_its_pixels(tmp_path, photometric, stored, rows, cols, planar):
    if photometric == "RGB" and stored != "4:4:4":
        return
    ybr = to_ybr(rgb_frames(rows, cols))
    if stored == "4:4:4":
        values = ybr if photometric != "RGB" else rgb_frames(rows, cols)
        data = (values.transpose(0, 3, 1, 2) if planar else values).tobytes()
    else:
        if rows * cols % 2 and stored == "4:2:2":
            pytest.skip("an odd number of pixels has no whole pairs")
        ybr = halved(ybr) if stored == "4:2:2 rows" or cols % 2 == 0 else _halved_straight(ybr)
        data = bytes_422(ybr, pad_rows=stored == "4:2:2 rows")
    data += b"\0" * (len(data) % 2)
    path = write_color(tmp_path / "c.dcm", rows, cols, photometric, data, planar)
    read = close(read_cine(path), rgb_frames(rows, cols) if photometric == "RGB" else from_ybr(ybr))
    kind = "4:2:2" if stored == "4:2:2 rows" and cols % 2 == 0 else stored
    honest = kind == ("4:2:2" if photometric.endswith("422") else "4:4:4")
    assert any("header states" in warning for warning in read.warnings) != honest
    if honest and planar == 0:
        _as_pydicom(path, read)


def _halved_straight(ybr):
    """Chroma shared by two pixels of the straight row-by-row order, which pairs across rows of odd width."""
    out = ybr.copy()
    for frame in out:
        flat = frame.reshape(-1, 3)
        flat[1::2, 1:] = flat[0::2, 1:]
    return out


def _as_pydicom(path, read):
    pixels = pytest.importorskip("pydicom.pixels")
    for index in range(len(read.frames)):
        expected = pixels.pixel_array(path, index=index)
        got = read.colour[index] if read.colour is not None else read.frames[index]
        assert np.abs(got.astype(int) - expected).max() <= 2


# ------------------------------------------------------------------------------------------------ JPEG color spaces


def jpeg(frame, marker, sampling, mode="YCbCr"):
    """JPEG whose color markers are as wanted: "jfif", "adobe1", "adobe0" or "none"."""
    image = Image.fromarray(frame, mode) if mode else Image.fromarray(frame)
    options = {"quality": 95, "subsampling": sampling}
    if marker == "adobe0" or mode is None:
        options = {"quality": 95, "subsampling": 0, "keep_rgb": True}
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    data = buffer.getvalue()
    bare = data[:2] + b"".join(part for tag, part in segments(data) if tag not in (0xE0, 0xEE))
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"
    added = {"jfif": b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00", "none": b""}
    added.update(adobe1=adobe + b"\x01", adobe0=adobe + b"\x00")
    return bare[:2] + added[marker] + bare[2:]


def segments(data):
    position = 2
    while data[position + 1] != 0xDA:
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        yield data[position + 1], data[position : position + 2 + length]
        position += 2 + length
    yield 0xDA, data[position:]


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize("marker", ["none", "jfif", "adobe1"])
@pytest.mark.parametrize("sampling", [0, 1, 2])
def test_jpeg_that_stores_ycbcr(tmp_path, photometric, marker, sampling):
    frames = rgb_frames()
    data = encapsulated([jpeg(frame, marker, sampling) for frame in to_ybr(frames)])
    read = read_cine(write_color(tmp_path / "c.dcm", 32, 48, photometric, data, syntax=uid.JPEGBaseline8Bit))
    got = read.colour if read.colour is not None else np.repeat(read.frames[..., None], 3, axis=3)
    assert np.abs(got.astype(int) - frames).mean() < 4  # green would be off by 50
    assert any("YCbCr" in warning for warning in read.warnings) == (photometric == "RGB")


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422"])
@pytest.mark.parametrize("marker", ["none", "jfif", "adobe0"])
def test_jpeg_that_stores_rgb(tmp_path, photometric, marker):
    frames = rgb_frames()
    data = encapsulated([jpeg(frame, marker, 0, None) for frame in frames])
    read = read_cine(write_color(tmp_path / "c.dcm", 32, 48, photometric, data, syntax=uid.JPEGBaseline8Bit))
    got = read.colour if read.colour is not None else np.repeat(read.frames[..., None], 3, axis=3)
    assert np.abs(got.astype(int) - frames).mean() < 4
    assert any("pixels are RGB" in warning for warning in read.warnings) == (photometric != "RGB")


@pytest.mark.parametrize("stated", ["RGB", "YBR_FULL"])
@pytest.mark.parametrize("stored", ["RGB", "YBR_FULL"])
@pytest.mark.parametrize("how", ["native", "RLE", "JPEG-LS", "JPEG 2000", "JPEG lossless"])
def test_color_space_of_lossless_pixels(tmp_path, how, stated, stored):
    frames = rgb_frames()
    values = frames if stored == "RGB" else to_ybr(frames)
    if how == "native":
        data, syntax = values.tobytes(), None
    else:
        syntax, encode = _LOSSLESS[how]
        data = encapsulated([encode(frame) for frame in values])
    path = write_color(tmp_path / "c.dcm", 32, 48, stated, data, syntax=syntax)
    read = close(read_cine(path), frames if stored == "RGB" else from_ybr(values))
    assert any("header states" in warning for warning in read.warnings) == (stated != stored)


def _rle(frame):
    """RLE Lossless by PS3.5 G: a header of 16 numbers, then literal runs of each plane."""
    planes = [frame.reshape(-1, 3)[:, k].tobytes() for k in range(3)]
    coded = [
        b"".join(bytes([len(plane[i : i + 128]) - 1]) + plane[i : i + 128] for i in range(0, len(plane), 128))
        for plane in planes
    ]
    coded = [plane + b"\0" * (len(plane) % 2) for plane in coded]
    starts = 64 + np.cumsum([0, *(len(plane) for plane in coded)])[:3]
    return struct.pack("<16I", 3, *starts.tolist(), *([0] * 12)) + b"".join(coded)


_LOSSLESS = {
    "RLE": (uid.RLELossless, _rle),
    "JPEG-LS": (uid.JPEGLSLossless, codec("jpegls_encode")),
    "JPEG 2000": (
        uid.JPEG2000Lossless,
        codec("jpeg2k_encode", level=0, reversible=True, codecformat="j2k", mct=False),
    ),
    "JPEG lossless": (uid.JPEGLosslessSV1, codec("jpeg8_encode", lossless=True)),
}


@pytest.mark.parametrize("low", ["CMYK", "HSV", "ARGB", "XYZ"])
def test_unknown_color_is_refused_by_name(tmp_path, low):
    path = write_color(tmp_path / "c.dcm", 32, 48, low, rgb_frames().tobytes())
    with pytest.raises(BadInput, match=rf"c\.dcm.*{low}.*RGB"):
        read_cine(path)


def test_missing_photometric_interpretation(tmp_path):
    path = write_color(tmp_path / "c.dcm", 32, 48, None, rgb_frames().tobytes())
    close(read_cine(path), rgb_frames(), 0)
