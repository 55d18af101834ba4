"""Kinds of DICOM files that were read wrongly elsewhere: layouts, color spaces, frame counts, fragments, videos."""

from __future__ import annotations

import io
import struct
from fractions import Fraction

import numpy as np
import pytest
from dicom_clips import speckle, write_clip
from PIL import Image
from pydicom import uid

from EchoTrackerLib.cine.reading import read_here as read_cine  # without a process for each
from EchoTrackerLib.errors import BadInput

FRAMES = 3


def rgb_frames(rows=32, cols=48):
    """A gray sector on black with a colored mark, smooth, uint8 [T, rows, cols, 3]."""
    grey = speckle(FRAMES, rows, cols)
    yy, xx = np.mgrid[:rows, :cols]
    grey[:, np.abs(xx - cols / 2) > yy + 2] = 0
    frames = np.repeat(grey[..., None], 3, axis=3)
    frames[:, rows - 8 :, cols - 10 :] = (180, 90, 40)
    return frames


def to_ybr(frames):
    return np.stack([np.asarray(Image.fromarray(frame).convert("YCbCr")) for frame in frames])


def from_ybr(frames):
    return np.stack([np.asarray(Image.fromarray(frame, "YCbCr").convert("RGB")) for frame in frames])


def halved(ybr):
    """Chroma shared by two pixels of a row, as 4:2:2 stores it; the last column of an odd width stands alone."""
    out = ybr.copy()
    pairs = out.shape[2] // 2 * 2
    out[:, :, 1:pairs:2, 1:] = out[:, :, 0:pairs:2, 1:]
    return out


def bytes_422(ybr, pad_rows=False):
    """Y Y Cb Cr; straight through all pixels, or with rows padded to whole pairs."""
    if pad_rows and ybr.shape[2] % 2:
        ybr = np.concatenate([ybr, ybr[:, :, -1:]], axis=2)
    data = b""
    for frame in ybr:
        flat = frame.reshape(-1, 3)
        data += np.concatenate([flat[::2, 0:1], flat[1::2, 0:1], flat[::2, 1:]], axis=1).tobytes()
    return data


def write_color(path, rows, cols, photometric, data, planar=0, frames=FRAMES, syntax=None, **more):
    def edit(dataset):
        dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = rows, cols, 3
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = photometric, planar
        dataset.NumberOfFrames = frames
        if syntax is not None:
            dataset.file_meta.TransferSyntaxUID = syntax
        dataset.PixelData = data
        dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", syntax is not None
        for keyword, value in more.items():
            setattr(dataset, keyword, value)

    return write_clip(path, edit=edit)


def close(read, expected, levels=2):
    got = read.colour if read.colour is not None else np.repeat(read.frames[..., None], 3, axis=3)
    assert got.shape == expected.shape
    assert np.abs(got.astype(int) - expected).max() <= levels
    return read


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


def item(data):
    data += b"\0" * (len(data) % 2)
    return b"\xfe\xff\x00\xe0" + struct.pack("<I", len(data)) + data


END = b"\xfe\xff\xdd\xe0\0\0\0\0"


def encapsulated(frames, table=b""):
    return item(table) + b"".join(item(frame) for frame in frames)


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


def _codec(name, **options):
    def encode(frame):
        found = getattr(pytest.importorskip("imagecodecs"), name, None)
        if found is None:
            pytest.skip(f"this imagecodecs has no {name}")
        return found(np.ascontiguousarray(frame), **options)

    return encode


_LOSSLESS = {
    "RLE": (uid.RLELossless, _rle),
    "JPEG-LS": (uid.JPEGLSLossless, _codec("jpegls_encode")),
    "JPEG 2000": (
        uid.JPEG2000Lossless,
        _codec("jpeg2k_encode", level=0, reversible=True, codecformat="j2k", mct=False),
    ),
    "JPEG lossless": (uid.JPEGLosslessSV1, _codec("jpeg8_encode", lossless=True)),
}


# ---------------------------------------------------------------------------------------------------- deep samples

_DEEP = {
    "JPEG-LS": (uid.JPEGLSLossless, lambda bits: _codec("jpegls_encode")),
    "JPEG 2000": (
        uid.JPEG2000Lossless,
        lambda bits: _codec("jpeg2k_encode", level=0, reversible=True, codecformat="j2k", bitspersample=bits),
    ),
    "JPEG lossless": (uid.JPEGLosslessSV1, lambda bits: _codec("ljpeg_encode", bitspersample=bits)),
    "HTJ2K": (uid.UID("1.2.840.10008.1.2.4.201"), lambda bits: _codec("htj2k_encode")),
}


@pytest.mark.parametrize("bits", [10, 12, 15, 16])
@pytest.mark.parametrize("how", _DEEP)
def test_deep_grey(tmp_path, how, bits):
    values = (speckle().astype(np.float64) / 255 * (2**bits - 1)).astype(np.uint16)
    syntax, encode = _DEEP[how]

    def edit(dataset):
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, bits, bits - 1
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.PixelData = encapsulated([encode(bits)(frame) for frame in values])
        dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True

    read = read_cine(write_clip(tmp_path / "c.dcm", edit=edit))
    low, high = values.min(), values.max()
    expected = np.rint((values.astype(np.float64) - low) * 255 / (high - low))
    assert np.abs(read.frames - expected).max() <= 1


@pytest.mark.parametrize("stated", [8, 12])
def test_bits_stored_that_are_too_few_never_wrap(tmp_path, stated):
    values = speckle().astype(np.uint16) * 200

    def edit(dataset):
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, stated, stated - 1
        dataset.PixelData = values.tobytes()
        dataset["PixelData"].VR = "OW"

    read = read_cine(write_clip(tmp_path / "c.dcm", edit=edit))
    assert np.corrcoef(read.frames.ravel(), values.ravel())[0, 1] > 0.999


def test_samples_in_the_upper_bits(tmp_path):
    def edit(dataset):
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 8, 15
        dataset.PixelData = (speckle().astype(np.uint16) << 8).tobytes()
        dataset["PixelData"].VR = "OW"

    np.testing.assert_array_equal(read_cine(write_clip(tmp_path / "c.dcm", edit=edit)).frames, speckle())


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


# ---------------------------------------------------------------------------------------------------------- others


@pytest.mark.parametrize("low", ["CMYK", "HSV", "ARGB", "XYZ"])
def test_unknown_color_is_refused_by_name(tmp_path, low):
    path = write_color(tmp_path / "c.dcm", 32, 48, low, rgb_frames().tobytes())
    with pytest.raises(BadInput, match=rf"c\.dcm.*{low}.*RGB"):
        read_cine(path)


def test_missing_photometric_interpretation(tmp_path):
    path = write_color(tmp_path / "c.dcm", 32, 48, None, rgb_frames().tobytes())
    close(read_cine(path), rgb_frames(), 0)


@pytest.mark.parametrize("vendor", ["private", "no size"])
def test_no_pixel_data_says_what_to_export(tmp_path, vendor):
    def edit(dataset):
        del dataset.PixelData
        if vendor == "no size":
            del dataset.Rows, dataset.Columns
        dataset.add_new(0x7FE10010, "LO", "GEMS_Ultrasound_MovieGroup_001")
        dataset.add_new(0x7FE11001, "OB", b"\0" * 64)

    with pytest.raises(BadInput, match=r"c\.dcm: holds no image .*Export the clip as DICOM with images"):
        read_cine(write_clip(tmp_path / "c.dcm", edit=edit))


def _philips(dataset):
    dataset.SOPClassUID = "1.2.840.113543.6.6.1.3.10002"


def _philips_slices(dataset):
    dataset.add_new(0x30010010, "LO", "Philips3D")
    dataset.add_new(0x30011001, "UL", 2)


def _philips_slices_unknown(dataset):
    dataset.add_new(0x30010010, "LO", "Philips3D")
    dataset.add_new(0x30011001, "UN", struct.pack("<I", 2))


def _enhanced(dataset):
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.6.2"


def _organized(dataset):
    dataset.DimensionOrganizationType = "3D_TEMPORAL"


@pytest.mark.parametrize("edit", [_philips, _philips_slices, _philips_slices_unknown, _enhanced, _organized])
def test_3d_is_refused_as_3d(tmp_path, edit):
    path = write_clip(tmp_path / "c.dcm", edit=edit)
    with pytest.raises(BadInput, match=r"c\.dcm: is 3-D echo"):
        read_cine(path)
    from EchoTrackerLib.cine.dicom.reading import read_dicom_header

    with pytest.raises(BadInput, match=r"c\.dcm: is 3-D echo"):
        read_dicom_header(path)


# ---------------------------------------------------------------------------------------------------------- videos

VIDEOS = [
    ("mpeg2video", "1.2.840.10008.1.2.4.100", "mpeg2video"),
    ("mpeg2video", "1.2.840.10008.1.2.4.101", "mpegts"),
    ("libx264", "1.2.840.10008.1.2.4.102", "mp4"),
    ("libx264", "1.2.840.10008.1.2.4.103", "h264"),
    ("libx264", "1.2.840.10008.1.2.4.104", "mpegts"),
    ("libx265", "1.2.840.10008.1.2.4.107", "hevc"),
    ("libx265", "1.2.840.10008.1.2.4.107", "mp4"),
]


def video_bytes(codec, container, frames, fps=25):
    av = pytest.importorskip("av")
    buffer = io.BytesIO()
    try:
        with av.open(buffer, "w", format=container) as output:
            stream = output.add_stream(codec, rate=fps)
            stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
            stream.codec_context.time_base = Fraction(1, fps)
            stream.bit_rate = 4_000_000
            for frame in frames:
                output.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            output.mux(stream.encode())
    except (av.error.FFmpegError, ValueError) as error:
        pytest.skip(f"no encoder for {codec}: {error}")
    return buffer.getvalue()


@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize(("codec", "syntax", "container"), VIDEOS)
def test_video_in_dicom(tmp_path, codec, syntax, container, fragments):
    frames = np.repeat(speckle(12, 96, 128)[..., None], 3, axis=3)
    data = video_bytes(codec, container, frames)
    cuts = np.linspace(0, len(data), fragments + 1).astype(int) // 2 * 2
    parts = [data[a:b] for a, b in zip(cuts, [*cuts[1:-1], len(data)])]
    path = write_color(
        tmp_path / "c.dcm", 96, 128, "YBR_PARTIAL_420", encapsulated(parts), frames=12, syntax=uid.UID(syntax)
    )
    read = read_cine(path)
    assert read.frames.shape == (12, 96, 128)
    assert np.abs(read.frames.astype(int) - frames[..., 0]).mean() < 8
    assert read.time_source == "FrameTime" and read.fps == pytest.approx(50)
    assert read.spacing_mm is not None
