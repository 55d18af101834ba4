"""Uncompressed and compressed files of pydicom and pydicom-data against GDCM, by which Slicer reads them."""

from __future__ import annotations

import numpy as np
import pytest
from dicom_clips import pydicom_file

from EchoTrackerLib.cine.reading import read_here

gdcm = pytest.importorskip("gdcm", reason="GDCM is not installed")

NAMES = [
    # uncompressed
    "examples_rgb_color.dcm", "SC_rgb_2frame.dcm", "SC_rgb_small_odd.dcm", "SC_rgb_small_odd_big_endian.dcm",
    "SC_ybr_full_422_uncompressed.dcm", "SC_ybr_full_uncompressed.dcm", "ExplVR_BigEnd.dcm",
    # JPEG
    "SC_rgb_jpeg_gdcm.dcm", "SC_rgb_dcmtk_+eb+cr.dcm", "SC_rgb_dcmtk_+eb+cy+n1.dcm", "color3d_jpeg_baseline.dcm",
    "examples_ybr_color.dcm", "SC_rgb_gdcm_KY.dcm",
    # RLE
    "SC_rgb_rle_2frame.dcm", "SC_rgb_rle.dcm",
]  # fmt: skip


def by_gdcm(path):
    """Return pixels [T, rows, cols, samples] as GDCM gives them and its color space."""
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        pytest.skip("GDCM does not read it")
    image = reader.GetImage()
    size = [image.GetDimension(k) for k in range(image.GetNumberOfDimensions())]
    samples = image.GetPixelFormat().GetSamplesPerPixel()
    if image.GetPixelFormat().GetBitsAllocated() != 8:
        pytest.skip("not 8 bits")
    data = np.frombuffer(image.GetBuffer().encode("utf-8", errors="surrogateescape"), np.uint8)
    frames = size[2] if len(size) > 2 else 1
    if samples == 3 and image.GetPlanarConfiguration():
        data = data.reshape(frames, 3, size[1], size[0]).transpose(0, 2, 3, 1)
    color = image.GetPhotometricInterpretation().GetString().strip()
    return data.reshape(frames, size[1], size[0], samples), color


def to_rgb(ybr):
    """Full-range YCbCr to RGB (PS3.3 C.7.6.3.1.2)."""
    y, b, r = np.moveaxis(ybr.astype(np.float64), -1, 0)
    b, r = b - 128, r - 128
    rgb = np.stack([y + 1.402 * r, y - 0.344136 * b - 0.714136 * r, y + 1.772 * b], axis=-1)
    return np.clip(np.rint(rgb), 0, 255)


@pytest.mark.parametrize("name", NAMES)
def test_as_gdcm(name):
    path = pydicom_file(name)
    expected, color = by_gdcm(path)
    read = read_here(path)
    assert read.frames.shape == expected.shape[:3]
    if expected.shape[3] == 1:
        assert np.abs(read.frames.astype(int) - expected[..., 0]).max() <= 1
        return
    got = read.colour if read.colour is not None else np.repeat(read.frames[..., None], 3, axis=3)
    difference = np.abs(got.astype(int) - (to_rgb(expected) if color.startswith("YBR") else expected))
    assert np.percentile(difference, 99) <= 3, color
