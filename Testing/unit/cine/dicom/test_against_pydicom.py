"""Every ultrasound, color and multi-frame file of pydicom and pydicom-data, frame by frame against pydicom itself."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pydicom
import pytest

from EchoTrackerLib.cine.reading import read_here
from EchoTrackerLib.errors import EchoTrackerError

LEVELS = 2  # rounding of color conversion
# What pydicom 3 with all its decoders cannot decode, or decodes only with a changed header.
NOT_BY_PYDICOM = {
    "JPEG-lossy.dcm", "JPGExtended.dcm",  # 12-bit JPEG: read by imagecodecs
    "OT-PAL-8-face.dcm",  # has no transfer syntax
    "badVR.dcm",  # its Number of Frames is no number
}  # fmt: skip
DAMAGED = {"rtplan_truncated.dcm", "image_dfl.dcm"}


def files():
    folders = [Path(pydicom.__file__).parent / "data" / "test_files"]
    spec = importlib.util.find_spec("data_store")
    if spec is not None and spec.submodule_search_locations:
        folders.append(Path(spec.submodule_search_locations[0]) / "data")
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix.lower() in (".dcm", "") and path.name not in found:
                found[path.name] = path
    return found


FILES = files()


def _image(path):
    """The data set of an image, None for anything else."""
    try:
        dataset = pydicom.dcmread(path, force=True)
        return dataset if "PixelData" in dataset and dataset.Rows and dataset.Columns else None
    except Exception:
        return None


def test_there_are_files():
    assert len(FILES) > 100


@pytest.mark.parametrize("name", sorted(FILES))
def test_as_pydicom(name):
    pixels = pytest.importorskip("pydicom.pixels", reason="pydicom 2 leaves YBR as it is")
    path = FILES[name]
    dataset = _image(path)
    try:
        read = read_here(path)
    except EchoTrackerError as error:
        assert "\n" not in str(error)
        read = None
    if dataset is None:
        assert read is None, "read what is no image"
        return
    try:
        expected = pixels.pixel_array(dataset)
    except Exception as error:
        assert name in NOT_BY_PYDICOM or read is None, error
        return
    assert read is not None, "pydicom reads it"
    if expected.ndim == (3 if dataset.get("SamplesPerPixel", 1) > 1 else 2):
        expected = expected[None]
    assert read.frames.shape == expected.shape[:3]
    got = read.frames if read.colour is None else read.colour
    bits, photometric = int(dataset.BitsStored), dataset.PhotometricInterpretation
    if photometric == "PALETTE COLOR":
        expected = pixels.apply_color_lut(expected.reshape(-1, *expected.shape[2:]), dataset).reshape(
            *expected.shape, -1
        )
        expected = expected >> 8 if expected.max() > 255 else expected
        expected = expected[..., :3]
    elif dataset.get("SamplesPerPixel", 1) > 1:
        expected = expected >> max(bits - 8, 0)
    elif bits > 8 or dataset.get("PixelRepresentation"):
        assert _is_mapped(got, expected.astype(np.float64), photometric == "MONOCHROME1")
        return
    if photometric == "MONOCHROME1":
        expected = 255 - expected
    if expected.ndim == 4 and got.ndim == 3:
        expected = expected[..., 1]
    assert np.abs(got.astype(int) - expected.astype(int)).max() <= LEVELS


def _is_mapped(grey, values, invert):
    """Whether deep values became gray levels by one rising (falling) map for the whole clip."""
    order = np.argsort(values, axis=None, kind="stable")
    levels = grey.ravel()[order].astype(int)
    return bool(np.all(np.diff(-levels if invert else levels) >= 0)) and (
        len(np.unique(values)) < 2 or np.ptp(levels) > 0
    )


@pytest.mark.parametrize(
    "name", ["color3d_jpeg_baseline.dcm", "US1_J2KR.dcm", "SC_rgb_rle_2frame.dcm", "emri_small.dcm"]
)
def test_header_without_pixels_says_the_same(name):
    from EchoTrackerLib.cine.dicom.reading import read_dicom_header

    if name not in FILES:
        pytest.skip(f"{name} is not installed (pip install pydicom-data)")
    header, read = read_dicom_header(FILES[name]), read_here(FILES[name])
    assert header.n_frames == read.n_frames and header.spacing_mm == read.spacing_mm
    np.testing.assert_array_equal(header.times_s, read.times_s)
