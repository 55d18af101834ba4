"""Makes small DICOM clips for tests, and finds pydicom's own test files without downloading any."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

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
