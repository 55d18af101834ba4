"""Layouts, color spaces and encodings of DICOM pixels, as devices write them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from dicom_clips import speckle, write_clip
from PIL import Image

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
