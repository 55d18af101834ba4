"""Every pixel encoding met in ultrasound, decoded to the same picture as its uncompressed twin."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from dicom_clips import colour_cine, grey_cine, pydicom_file, speckle, write_clip
from pydicom import uid
from pydicom.encaps import encapsulate

from EchoTrackerLib.cine.reading import read_here as read_cine  # without a process for each
from EchoTrackerLib.errors import BadInput

# compressed or otherwise encoded file, twin, largest mean difference in gray levels
TWINS = [
    ("US1_J2KI.dcm", "US1_UNCI.dcm", 0.01),  # JPEG 2000 lossy, YBR_ICT
    ("US1_J2KR.dcm", "US1_UNCR.dcm", 0.0),  # JPEG 2000 lossless, YBR_RCT
    ("color-pl.dcm", "color-px.dcm", 0.0),  # planar configuration 1 and 0
    ("OBXXXX1A_rle_2frame.dcm", "OBXXXX1A_2frame.dcm", 0.0),  # PALETTE COLOR, RLE
    ("OBXXXX1A_expb_2frame.dcm", "OBXXXX1A_2frame.dcm", 0.0),  # PALETTE COLOR, big-endian
    ("gdcm-US-ALOKA-16_big.dcm", "gdcm-US-ALOKA-16.dcm", 0.0),  # segmented palette of 16 bits
    ("SC_rgb_rle_2frame.dcm", "SC_rgb_2frame.dcm", 0.0),
    ("SC_rgb_rle_16bit_2frame.dcm", "SC_rgb_16bit_2frame.dcm", 0.0),
    ("SC_rgb_expb_2frame.dcm", "SC_rgb_2frame.dcm", 0.0),
    ("SC_rgb_jpeg_gdcm.dcm", "SC_rgb.dcm", 0.0),  # JPEG lossless, RGB
    ("SC_rgb_dcmtk_+eb+cr.dcm", "SC_rgb_dcmtk_ebcr_dcmd.dcm", 0.1),  # JPEG baseline, RGB
    ("SC_rgb_dcmtk_+eb+cy+n1.dcm", "SC_rgb_dcmtk_ebcyn1_dcmd.dcm", 1.0),  # JPEG baseline, YBR_FULL
    ("SC_rgb_dcmtk_+eb+cy+np.dcm", "SC_rgb_dcmtk_ebcynp_dcmd.dcm", 1.0),  # JPEG baseline, YBR_FULL_422
    ("SC_rgb_dcmtk_+eb+cy+s2.dcm", "SC_rgb_dcmtk_ebcys2_dcmd.dcm", 1.0),
    ("SC_rgb_jpeg.dcm", "SC_rgb_jpeg_dcmd.dcm", 1.0),
    ("SC_rgb_small_odd_jpeg.dcm", "SC_rgb_small_odd.dcm", 2.0),
    ("SC_rgb_small_odd_big_endian.dcm", "SC_rgb_small_odd.dcm", 0.0),
    ("SC_ybr_full_uncompressed.dcm", "SC_rgb.dcm", 1.0),
    ("SC_ybr_full_422_uncompressed.dcm", "SC_rgb.dcm", 1.5),
    ("SC_rgb_gdcm_KY.dcm", "SC_rgb_gdcm2k_uncompressed.dcm", 0.5),  # JPEG 2000, RGB
    ("MR_small_RLE.dcm", "MR_small.dcm", 0.0),  # 16 bits with a window
    ("MR_small_bigendian.dcm", "MR_small.dcm", 0.0),
    ("MR_small_implicit.dcm", "MR_small.dcm", 0.0),
    ("MR_small_jp2klossless.dcm", "MR_small.dcm", 0.0),
    ("MR_small_jpeg_ls_lossless.dcm", "MR_small.dcm", 0.0),
    ("emri_small_jpeg_ls_lossless.dcm", "emri_small.dcm", 0.0),  # 10 frames of 16 bits
    ("emri_small_jpeg_2k_lossless.dcm", "emri_small.dcm", 0.0),
    ("emri_small_RLE.dcm", "emri_small.dcm", 0.0),
    ("JPEG-lossy.dcm", "JPEG-LL.dcm", 3.0),  # JPEG extended, 12 bits
]


@pytest.mark.parametrize(("name", "twin", "tolerance"), TWINS)
def test_encoding_decodes_to_its_twin(name, twin, tolerance):
    read, expected = read_cine(pydicom_file(name)), read_cine(pydicom_file(twin))
    a = read.frames if read.colour is None else read.colour
    b = expected.frames if expected.colour is None else expected.colour
    assert a.shape == b.shape
    assert b.std() > 0.5  # a picture, not a blank
    assert np.abs(a.astype(float) - b).mean() <= tolerance


BASELINE = ("SC_rgb_jpeg.dcm", "SC_rgb_dcmtk_+eb+cr.dcm", "SC_rgb_dcmtk_+eb+cy+np.dcm", "SC_rgb_small_odd_jpeg.dcm")


@pytest.mark.parametrize(("name", "twin", "tolerance"), [pair for pair in TWINS if pair[0] in BASELINE])
def test_baseline_jpeg_as_in_slicer_5_8(name, twin, tolerance, monkeypatch):
    """Its Python 3.9 has pydicom 2, without `pydicom.pixels`."""
    expected = read_cine(pydicom_file(twin)).colour
    monkeypatch.setitem(sys.modules, "pydicom.pixels", None)
    read = read_cine(pydicom_file(name)).colour
    assert np.abs(read.astype(float) - expected).mean() <= tolerance


def test_real_a4c_clip_of_pydicom_data():
    read = read_cine(pydicom_file("color3d_jpeg_baseline.dcm"))
    assert read.frames.shape == (120, 480, 640)
    np.testing.assert_allclose(read.spacing_mm, (0.51050, 0.51050), atol=1e-4)
    np.testing.assert_allclose(read.fps, 30.0, atol=0.01)
    assert read.colour is not None  # burned-in marks


def test_monochrome1_is_inverted(tmp_path):
    def edit(dataset):
        dataset.PhotometricInterpretation = "MONOCHROME1"

    np.testing.assert_array_equal(read_cine(write_clip(tmp_path / "c.dcm", edit=edit)).frames, 255 - speckle())


@pytest.mark.parametrize("window", [True, False])
def test_16_bit_grey_goes_through_the_window(tmp_path, window):
    values = speckle().astype(np.uint16) * 15 + 100

    def edit(dataset):
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
        dataset.RescaleSlope, dataset.RescaleIntercept = 2, -200
        if window:
            dataset.WindowCenter, dataset.WindowWidth = 3825.5, 7651  # 0 to 255 * 30
        dataset.PixelData = values.tobytes()
        dataset["PixelData"].VR = "OW"

    read = read_cine(write_clip(tmp_path / "c.dcm", edit=edit))
    assert np.abs(read.frames.astype(int) - speckle()).max() <= 1


def _compressed(syntax, encode, lossy=False):
    def edit(dataset):
        cine = colour_cine() if dataset.SamplesPerPixel == 3 else grey_cine()
        frames = cine.frames if cine.colour is None else cine.colour
        dataset.PixelData = encapsulate([encode(np.ascontiguousarray(frame)) for frame in frames])
        dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
        dataset.file_meta.TransferSyntaxUID = syntax

    return edit


def _rename_syntax(path, old, new):
    """Change the transfer syntax in the file to one that this pydicom does not know and so will not write."""
    assert len(old) == len(new)
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), 1))


def _encode(codec, **options):
    return lambda frame: getattr(pytest.importorskip("imagecodecs"), f"{codec}_encode")(frame, **options)


ENCODERS = {
    "JPEG XL": (uid.UID("1.2.840.10008.1.2.4.100"), _encode("jpegxl", lossless=True)),
    "JPEG-LS": (uid.JPEGLSLossless, _encode("jpegls")),
    "JPEG 2000": (uid.JPEG2000Lossless, _encode("jpeg2k", level=0, reversible=True, codecformat="j2k", mct=False)),
    "JPEG lossless": (uid.JPEGLosslessSV1, _encode("jpeg8", lossless=True)),
}


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("cine", [grey_cine(), colour_cine()], ids=["grey", "RGB"])
def test_lossless_encodings_of_a_clip_come_back_exactly(tmp_path, name, cine):
    syntax, encode = ENCODERS[name]
    path = write_clip(tmp_path / "c.dcm", cine, _compressed(syntax, encode))
    if name == "JPEG XL":
        _rename_syntax(path, syntax, "1.2.840.10008.1.2.4.110")
    read = read_cine(path)
    np.testing.assert_array_equal(read.frames, cine.frames)
    if cine.colour is not None:
        np.testing.assert_array_equal(read.colour, cine.colour)


def _twelve_bit(dataset):
    """Make the clip what a JPEG Extended clip (process 4) is: 12 bits of 16, lossy."""
    imagecodecs = pytest.importorskip("imagecodecs")
    deep = [np.asarray(frame, np.uint16) * 16 for frame in dataset.pixel_array]
    frames = [imagecodecs.jpeg_encode(frame, level=100, bitspersample=12) for frame in deep]
    assert frames[0].find(b"\xff\xc1") > 0  # extended sequential, by its frame header
    dataset.PixelData = encapsulate([frame + b"\0" * (len(frame) % 2) for frame in frames])
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.file_meta.TransferSyntaxUID = uid.JPEGExtended12Bit


def test_twelve_bit_jpeg(tmp_path):
    read = read_cine(write_clip(tmp_path / "c.dcm", grey_cine(), _twelve_bit))
    assert np.abs(read.frames.astype(int) - speckle()).max() <= 2


_FRESH = """
import json, sys
from pathlib import Path
hidden, paths = sys.argv[1].split(), sys.argv[2:]
for module in hidden:
    sys.modules[module] = None
from EchoTrackerLib.cine.reading import read_here
from EchoTrackerLib.errors import MissingDependency
for path in paths:
    try:
        read_here(Path(path))
    except MissingDependency as error:
        print(json.dumps([str(error), [package.pip_name for package in error.packages]]))
"""
_DECODERS = "imagecodecs pylibjpeg gdcm _gdcm jpeg_ls libjpeg openjpeg"


@pytest.mark.parametrize("hidden", [_DECODERS, f"{_DECODERS} PIL"], ids=["Pillow", "nothing"])
def test_a_compression_that_nothing_installed_decodes_names_the_package(tmp_path, hidden):
    """A fresh Slicer has no decoder for these: the panel and Add Data offer what is named."""
    edits = {name: _compressed(*ENCODERS[name]) for name in ("JPEG-LS", "JPEG lossless")}
    edits["JPEG 12 bit"] = _twelve_bit
    if "PIL" in hidden:
        edits["JPEG 2000"] = _compressed(*ENCODERS["JPEG 2000"])
    paths = [write_clip(tmp_path / f"{name}.dcm", grey_cine(), edit) for name, edit in edits.items()]
    command = [sys.executable, "-W", "ignore", "-c", _FRESH, hidden, *map(str, paths)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(lines) == len(edits)
    for line, name in zip(lines, edits):
        text, packages = json.loads(line)
        assert f"{name}.dcm: its compression" in text and packages == ["imagecodecs"]


def test_deflated_clip(tmp_path):
    def edit(dataset):
        dataset.file_meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian

    np.testing.assert_array_equal(read_cine(write_clip(tmp_path / "c.dcm", edit=edit)).frames, speckle())


def test_rgb_with_equal_channels_is_grey(tmp_path):
    grey = speckle()
    cine = grey_cine(frames=grey, colour=np.repeat(grey[..., None], 3, axis=3))
    read = read_cine(write_clip(tmp_path / "c.dcm", cine))
    assert read.colour is None
    np.testing.assert_array_equal(read.frames, grey)


def test_undecodable_syntax_names_itself_and_what_to_install(tmp_path):
    def edit(dataset):
        dataset.PixelData = encapsulate([b"\0" * 64] * 4)
        dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
        dataset.file_meta.TransferSyntaxUID = uid.UID("1.2.840.10008.1.2.4.94")  # JPIP: the pixels are on a server

    with pytest.raises(BadInput, match=r"c\.dcm.*JPIP.*Export"):
        read_cine(write_clip(tmp_path / "c.dcm", edit=edit))


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_cut_off_file_is_refused(tmp_path, keep):
    path = write_clip(tmp_path / "c.dcm")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(BadInput, match=r"c\.dcm.*again"):
        read_cine(path)


def test_cut_off_compressed_clip_is_refused(tmp_path):
    source = pydicom_file("color3d_jpeg_baseline.dcm").read_bytes()
    path = tmp_path / "cut.dcm"
    path.write_bytes(source[: len(source) // 2])
    with pytest.raises(BadInput, match=r"cut\.dcm"):
        read_cine(path)


@pytest.mark.parametrize("name", ["test-SR.dcm", "rtplan.dcm", "DICOMDIR-nopatient"])
def test_dicom_without_image_is_refused(name, tmp_path):
    path = tmp_path / "x.dcm"
    path.write_bytes(pydicom_file(name).read_bytes())
    with pytest.raises(BadInput, match="is not a DICOM image"):
        read_cine(path)


def test_clip_without_preamble_is_read(tmp_path):
    path = write_clip(tmp_path / "c.dcm")
    content = path.read_bytes()
    start = 132 + 12 + int.from_bytes(content[140:144], "little")  # preamble, "DICM", group length, meta header
    bare = tmp_path / "bare"
    bare.write_bytes(content[start:])
    np.testing.assert_array_equal(read_cine(bare).frames, speckle())


def test_deid_data_cine():
    """RGB cine, planar configuration 1, with Frame Time."""
    spec = importlib.util.find_spec("deid_data")
    path = spec and Path(spec.submodule_search_locations[0]) / "data" / "ultrasounds" / "ultrasound-multiframe.dcm"
    if not path or not path.exists():
        pytest.skip("pip install deid-data")
    read = read_cine(path)
    assert read.frames.shape == (30, 600, 800) and read.colour is not None
    np.testing.assert_allclose(np.diff(read.times_s), 0.054241)
    np.testing.assert_allclose(read.spacing_mm, (0.3076, 0.3076), atol=1e-4)
