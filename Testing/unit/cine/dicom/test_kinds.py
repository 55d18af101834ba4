"""Kinds of DICOM files: deep samples, files without image, 3-D, videos."""

from __future__ import annotations

import io
import struct
from fractions import Fraction

import numpy as np
import pytest
from dicom_clips import codec as encoder
from dicom_clips import encapsulated, speckle, write_clip, write_color
from pydicom import uid

from EchoTrackerLib.cine.reading import read_here as read_cine  # without a process for each
from EchoTrackerLib.errors import BadInput

# ---------------------------------------------------------------------------------------------------- deep samples

_DEEP = {
    "JPEG-LS": (uid.JPEGLSLossless, lambda bits: encoder("jpegls_encode")),
    "JPEG 2000": (
        uid.JPEG2000Lossless,
        lambda bits: encoder("jpeg2k_encode", level=0, reversible=True, codecformat="j2k", bitspersample=bits),
    ),
    "JPEG lossless": (uid.JPEGLosslessSV1, lambda bits: encoder("ljpeg_encode", bitspersample=bits)),
    "HTJ2K": (uid.UID("1.2.840.10008.1.2.4.201"), lambda bits: encoder("htj2k_encode")),
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


# ---------------------------------------------------------------------------------------------------------- others


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
