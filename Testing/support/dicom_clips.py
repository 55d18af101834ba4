"""Makes small DICOM clips for tests, of odd layouts too; finds pydicom's own test files without downloading any."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.cine.export import write_dicom

SPACING = (0.31, 0.42)


def speckle(n_frames=4, rows=33, cols=47, seed=0):
    """Smooth random gray frames of an odd size, uint8 [T, rows, cols]."""
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(seed).normal(size=(n_frames, rows, cols))
    smooth = gaussian_filter(noise, (0.5, 2, 2))
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    return np.rint(255 * smooth).astype(np.uint8)


def grey_cine(**changes):
    fields = {
        "frames": speckle(),
        "times_s": np.arange(4) / 50.0,
        "spacing_mm": SPACING,
        **changes,
    }
    return Cine(**fields)


def colour_cine():
    """A clip whose channels differ strongly in some places."""
    colour = np.stack([speckle(seed=s) for s in range(3)], axis=-1)
    from EchoTrackerLib.cine.pixels import luma

    return grey_cine(frames=luma(colour), colour=colour)


def write_clip(path: Path, cine=None, edit=None) -> Path:
    """Write a DICOM clip and change its header by `edit(dataset)`."""
    import pydicom

    write_dicom(path, cine if cine is not None else grey_cine(), seed="test")
    if edit is not None:
        dataset = pydicom.dcmread(path)
        edit(dataset)
        dataset.save_as(path)
    return path


def region(kind=1, spatial=1, delta=(0.031, 0.042), units=3, bounds=(0, 0, 46, 32)):
    """An item of the Sequence of Ultrasound Regions; delta (y, x)."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.RegionSpatialFormat, item.RegionDataType, item.RegionFlags = spatial, kind, 0
    item.RegionLocationMinX0, item.RegionLocationMinY0, item.RegionLocationMaxX1, item.RegionLocationMaxY1 = bounds
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = units
    item.PhysicalDeltaY, item.PhysicalDeltaX = delta
    return item


def pydicom_file(name: str) -> Path:
    """A test file that comes with pydicom or pydicom-data."""
    from pydicom.data import get_testdata_file

    found = get_testdata_file(name, download=False)
    if found is None:
        pytest.skip(f"{name} is not installed (pip install pydicom-data)")
    return Path(found)


# -- layouts, color spaces and encodings of pixels, as devices write them ---------------------------------------

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


def item(data):
    data += b"\0" * (len(data) % 2)
    return b"\xfe\xff\x00\xe0" + struct.pack("<I", len(data)) + data


def encapsulated(frames, table=b""):
    return item(table) + b"".join(item(frame) for frame in frames)


def codec(name, **options):
    def encode(frame):
        found = getattr(pytest.importorskip("imagecodecs"), name, None)
        if found is None:
            pytest.skip(f"this imagecodecs has no {name}")
        return found(np.ascontiguousarray(frame), **options)

    return encode
