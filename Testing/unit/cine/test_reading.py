"""Videos, arrays and image folders; bad files of every kind."""

from __future__ import annotations

import shutil
from fractions import Fraction

import numpy as np
import pytest
from dicom_clips import colour_cine, grey_cine, speckle, write_clip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from shared_data import shared

from EchoTrackerLib.cine.export import write_mp4, write_npz
from EchoTrackerLib.cine.pixels import luma, to_uint8
from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.errors import BadInput, EchoTrackerError

av = pytest.importorskip("av")


@pytest.mark.parametrize(
    ("name", "shape", "fps", "coloured"),
    [("a4c_45f_1024x768.mp4", (45, 768, 1024), 20, False), ("aplax_68f_630x584.mp4", (68, 584, 630), 25, True)],
)
def test_real_clips(name, shape, fps, coloured):
    read = read_cine(shared(f"data/{name}"))
    assert read.frames.shape == shape
    np.testing.assert_allclose(np.diff(read.times_s), 1 / fps, rtol=1e-9)
    assert read.spacing_mm is None
    assert (read.colour is not None) == coloured
    assert read.frames.std() > 10


@pytest.mark.parametrize("times", [np.arange(4) / 50.0, np.cumsum([0, 17.9, 35.8, 17.9]) / 1000])
def test_mp4_keeps_times_and_picture(tmp_path, times):
    cine = grey_cine(frames=speckle(4, 64, 80), times_s=times)
    write_mp4(tmp_path / "clip.mp4", cine)
    read = read_cine(tmp_path / "clip.mp4")
    np.testing.assert_allclose(read.times_s, times, atol=1 / 60000)
    assert read.colour is None
    difference = read.frames.astype(int) - cine.frames
    assert np.abs(difference).mean() < 6 and abs(difference.mean()) < 1.5  # lossy, but the same range of gray


def test_odd_sizes_are_padded_in_mp4(tmp_path):
    write_mp4(tmp_path / "clip.mp4", colour_cine())
    assert read_cine(tmp_path / "clip.mp4").frames.shape == (4, 34, 48)


def test_avi_of_another_codec(tmp_path):
    frames = speckle(5, 48, 64)
    with av.open(str(tmp_path / "clip.avi"), "w") as container:
        stream = container.add_stream("mjpeg", rate=Fraction(40))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        container.mux(stream.encode())
    read = read_cine(tmp_path / "clip.avi")
    assert read.frames.shape == frames.shape
    np.testing.assert_allclose(np.diff(read.times_s), 0.025)
    assert np.abs(read.frames.astype(int) - frames).mean() < 3


def test_video_without_picture_is_refused(tmp_path):
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    with pytest.raises(BadInput, match="no video stream"):
        read_cine(tmp_path / "sound.mp4")


@pytest.mark.parametrize("faststart", [True, False])
def test_cut_off_video_is_refused(tmp_path, faststart):
    frames = speckle(12, 64, 80)
    with av.open(str(tmp_path / "c.mp4"), "w", options={"movflags": "faststart"} if faststart else {}) as container:
        stream = container.add_stream("mpeg4", rate=20)
        stream.width, stream.height, stream.pix_fmt = 80, 64, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        container.mux(stream.encode())
    whole = (tmp_path / "c.mp4").read_bytes()
    (tmp_path / "c.mp4").write_bytes(whole[: int(len(whole) * 0.6)])
    with pytest.raises(BadInput, match=r"c\.mp4.*again"):
        read_cine(tmp_path / "c.mp4")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 1000),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 9)),
    spacing=st.none() | st.tuples(st.floats(0.01, 3), st.floats(0.01, 3)),
    steps=st.lists(st.floats(0.0021, 0.19), min_size=4, max_size=4),
)
def test_npz_round_trip(tmp_path, seed, shape, spacing, steps):
    frames = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    times = np.cumsum([0, *steps])[: shape[0]]
    cine = grey_cine(frames=frames, times_s=times, spacing_mm=spacing)
    write_npz(tmp_path / "c.npz", cine)
    read = read_cine(tmp_path / "c.npz")
    np.testing.assert_array_equal(read.frames, frames)
    np.testing.assert_allclose(read.times_s, times, atol=1e-12)
    assert read.spacing_mm == spacing


def test_npz_keeps_colour(tmp_path):
    cine = colour_cine()
    write_npz(tmp_path / "c.npz", cine)
    np.testing.assert_array_equal(read_cine(tmp_path / "c.npz").colour, cine.colour)


def test_npy_without_times_is_warned_of(tmp_path):
    np.save(tmp_path / "c.npy", speckle())
    read = read_cine(tmp_path / "c.npy")
    assert read.time_source == "unknown" and "frame rate is unknown" in read.warnings[0]
    np.testing.assert_array_equal(read.frames, speckle())


def test_rgb_npy_becomes_luma(tmp_path):
    colour = colour_cine().colour
    np.save(tmp_path / "c.npy", colour)
    read = read_cine(tmp_path / "c.npy")
    np.testing.assert_array_equal(read.colour, colour)
    np.testing.assert_array_equal(read.frames, luma(colour))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"video": speckle()}, "no array 'frames'"),
        ({"frames": speckle(), "times_s": np.arange(3)}, "4 frames but 3"),
        ({"frames": speckle(), "times_s": np.array([0, 1, 1, 2.0])}, "does not rise"),
        ({"frames": speckle(), "times_s": np.array([0, 1, np.nan, 2.0])}, "does not rise"),
        ({"frames": speckle(), "spacing_mm": np.array([0.0, 1.0])}, "two positive numbers"),
        ({"frames": speckle(), "spacing_mm": np.array([0.3])}, "two positive numbers"),
        ({"frames": speckle()[0]}, r"\[T, rows, cols\]"),
        ({"frames": np.zeros((0, 4, 4), np.uint8)}, "not empty"),
        ({"frames": np.full((2, 4, 4), np.nan)}, "NaN"),
        ({"frames": np.array([["a"]])}, "numbers are needed"),
        ({"frames": np.array([{}], dtype=object)}, "Python objects"),
    ],
)
def test_bad_arrays_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(BadInput, match=message) as caught:
        read_cine(tmp_path / "bad.npz")
    assert "bad.npz" in str(caught.value) and "\n" not in str(caught.value)


def test_images_in_the_order_of_their_numbers(tmp_path):
    frames = speckle(12)
    for index, frame in enumerate(frames):
        Image.fromarray(frame).save(tmp_path / f"frame{index + 1}.png")
    read = read_cine(tmp_path)
    np.testing.assert_array_equal(read.frames, frames)
    assert read.time_source == "unknown"


def test_16_bit_images_share_one_scale(tmp_path):
    frames = speckle().astype(np.uint16) * 200
    for index, frame in enumerate(frames):
        Image.fromarray(frame).save(tmp_path / f"{index}.tif")
    read = read_cine(tmp_path)
    assert np.abs(read.frames.astype(int) - speckle()).max() <= 1
    assert "mapped linearly" in read.warnings[0]


def test_multi_page_tiff(tmp_path):
    pages = [Image.fromarray(frame) for frame in speckle()]
    pages[0].save(tmp_path / "c.tif", save_all=True, append_images=pages[1:])
    np.testing.assert_array_equal(read_cine(tmp_path / "c.tif").frames, speckle())


def test_images_of_two_sizes_are_refused(tmp_path):
    Image.fromarray(speckle()[0]).save(tmp_path / "1.png")
    Image.fromarray(speckle()[0][:20]).save(tmp_path / "2.png")
    with pytest.raises(BadInput, match="one size"):
        read_cine(tmp_path)


def test_non_ascii_paths(tmp_path):
    folder = tmp_path / "Überprüfung 心エコー"
    folder.mkdir()
    cine = grey_cine(frames=speckle(4, 32, 48))
    write_clip(folder / "ß é 心.dcm", cine)
    write_npz(folder / "ß é 心.npz", cine)
    write_mp4(folder / "ß é 心.mp4", cine)
    for suffix in ("dcm", "npz", "mp4"):
        read = read_cine(folder / f"ß é 心.{suffix}")
        assert read.name == "ß é 心" and read.frames.shape == cine.frames.shape


SUFFIXES = [
    "dcm",
    "mp4",
    "avi",
    "mov",
    "nrrd",
    "seq.nrrd",
    "nhdr",
    "mha",
    "mhd",
    "npy",
    "npz",
    "tif",
    "png",
    "txt",
    "1",
]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"", b"not a clip at all\n" * 40, bytes(range(256)) * 9])
def test_a_file_that_is_no_clip_gets_one_clear_line(tmp_path, suffix, content):
    path = tmp_path / f"bad.{suffix}"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="bad") as caught:
        read_cine(path)
    assert "\n" not in str(caught.value) and str(tmp_path) not in str(caught.value)


def test_missing_file_and_empty_folder(tmp_path):
    with pytest.raises(BadInput, match="does not exist"):
        read_cine(tmp_path / "nowhere.mp4")
    with pytest.raises(BadInput, match="holds no files"):
        read_cine(tmp_path)


def test_progress_reaches_the_end(tmp_path):
    write_clip(tmp_path / "c.dcm")
    seen = []
    read_cine(tmp_path / "c.dcm", lambda stage, fraction: seen.append(fraction))
    assert seen == sorted(seen) and seen[-1] == 1.0


@pytest.mark.parametrize(
    ("values", "expected", "guessed"),
    [
        (np.array([[[0, 7, 255]]], np.int16), [0, 7, 255], False),
        (np.array([[[0.0, 0.5, 1.0]]]), [0, 128, 255], True),
        (np.array([[[0.0, 100.2, 255.0]]]), [0, 100, 255], False),
        (np.array([[[-10, 0, 10]]]), [0, 128, 255], True),
        (np.array([[[5000, 5000]]]), [0, 0], True),
        (np.array([[[True, False]]]), [255, 0], False),
    ],
)
def test_to_uint8(values, expected, guessed):
    result, warning = to_uint8(values)
    assert result.dtype == np.uint8
    assert np.abs(result.ravel().astype(int) - expected).max() <= 1
    assert (warning is not None) == guessed


def test_copy_under_another_suffix_is_still_dicom(tmp_path):
    write_clip(tmp_path / "c.dcm")
    shutil.copy(tmp_path / "c.dcm", tmp_path / "IM_0001.mp4")
    np.testing.assert_array_equal(read_cine(tmp_path / "IM_0001.mp4").frames, speckle())


@pytest.mark.parametrize("suffix", ["dcm", "npz", "npy", "mp4", "tif", "nrrd", "mha"])
def test_damaged_bytes_never_give_anything_but_a_clip_or_a_message(tmp_path, suffix):
    times = 8 if suffix in ("mp4", "mha", "tif") else 40  # these are read in a process each
    path = tmp_path / f"clip.{suffix}"
    _write_any(path)
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    rng = np.random.default_rng(5)
    for _ in range(times):
        damaged = whole.copy()
        reach = min(len(whole), 1200) if rng.random() < 0.7 else len(whole)  # most of them in the header
        places = rng.integers(0, reach, rng.integers(1, 8))
        damaged[places] = rng.integers(0, 256, len(places))
        keep = rng.integers(1, len(whole)) if rng.random() < 0.3 else len(whole)
        path.write_bytes(damaged[:keep].tobytes())
        try:
            read_cine(path)
        except EchoTrackerError as error:
            assert "\n" not in str(error)


def _write_any(path):
    suffix = path.suffix[1:]
    if suffix == "dcm":
        write_clip(path)
    elif suffix == "npz":
        write_npz(path, grey_cine())
    elif suffix == "npy":
        np.save(path, speckle())
    elif suffix == "mp4":
        write_mp4(path, grey_cine())
    elif suffix == "tif":
        pages = [Image.fromarray(frame) for frame in speckle()]
        pages[0].save(path, save_all=True, append_images=pages[1:])
    elif suffix == "nrrd":
        pytest.importorskip("nrrd").write(str(path), speckle().transpose(2, 1, 0))
    else:
        sitk = pytest.importorskip("SimpleITK")
        sitk.WriteImage(sitk.GetImageFromArray(speckle()), str(path))
