"""Videos, animations and volumes from elsewhere: turned, repeated, of varying rate, GIF, NIfTI, MetaImage vectors."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest
from dicom_clips import grey_cine, speckle
from PIL import Image

from EchoTrackerLib.cine.export import write_mp4
from EchoTrackerLib.cine.reading import read_here as read_cine  # without a process for each
from EchoTrackerLib.cine.regions import not_square_source
from EchoTrackerLib.errors import BadInput

FRAMES = np.repeat(speckle(12, 80, 96)[..., None], 3, axis=3)


def write_video(path, frames=FRAMES, times_ms=None, codec="libx264", aspect=None):
    av = pytest.importorskip("av")
    times_ms = [40 * k for k in range(len(frames))] if times_ms is None else times_ms
    try:
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
            stream.codec_context.time_base = Fraction(1, 1000)
            stream.bit_rate = 4_000_000
            if aspect is not None:
                stream.codec_context.sample_aspect_ratio = aspect
            for image, time in zip(frames, times_ms):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts, frame.time_base = time, Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    except (av.error.FFmpegError, ValueError) as error:
        pytest.skip(f"no encoder {codec}: {error}")
    return path


def set_matrix(path, a, b, c, d):
    """Write the display matrix into the video's track header (ISO 14496-12 8.3.2, version 0)."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd")
    at = content.index(struct.pack(">3i", 0x10000, 0, 0), at)
    a, b, c, d = (round(v * 0x10000) for v in (a, b, c, d))
    content[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("matrix", "turn", "said"),
    [
        ((0, 1, -1, 0), lambda f: np.rot90(f, -1), "turned by 90 degrees clockwise"),
        ((-1, 0, 0, -1), lambda f: np.rot90(f, 2), "turned by 180 degrees"),
        ((0, -1, 1, 0), lambda f: np.rot90(f, 1), "turned by 90 degrees counterclockwise"),
        ((-1, 0, 0, 1), np.fliplr, "mirrored"),
        ((1, 0, 0, -1), np.flipud, "mirrored"),
        ((0, 1, 1, 0), lambda f: f.T, "mirrored"),
        ((0, -1, -1, 0), lambda f: np.rot90(f, 2).T, "mirrored"),
    ],
)
def test_turned_video(tmp_path, matrix, turn, said):
    read = read_cine(set_matrix(write_video(tmp_path / "c.mp4"), *matrix))
    expected = np.stack([turn(frame) for frame in FRAMES[..., 0]])
    assert read.frames.shape == expected.shape
    assert np.abs(read.frames.astype(int) - expected).mean() < 8
    assert any(said in warning and "as the video file asks" in warning for warning in read.warnings)


@pytest.mark.parametrize("matrix", [(0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)])
def test_turned_video_as_opencv_turns_it(tmp_path, matrix):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    path = set_matrix(write_video(tmp_path / "c.mp4"), *matrix)
    capture = cv2.VideoCapture(str(path))
    assert capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    is_there, frame = capture.read()
    capture.release()
    read = read_cine(path)
    assert is_there and read.frames[0].shape == frame.shape[:2]
    assert np.abs(read.frames[0].astype(int) - frame[..., 0]).mean() < 4


def test_video_as_it_is(tmp_path):
    read = read_cine(write_video(tmp_path / "c.mp4"))
    assert np.abs(read.frames.astype(int) - FRAMES[..., 0]).mean() < 8
    assert read.warnings == () and read.fps == pytest.approx(25)


def test_slightly_turned_video_is_left_and_said(tmp_path):
    cos, sin = np.cos(0.3), np.sin(0.3)
    read = read_cine(set_matrix(write_video(tmp_path / "c.mp4"), cos, sin, -sin, cos))
    assert read.frames.shape == (12, 80, 96) and any("no multiple of 90" in warning for warning in read.warnings)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_varying_rate_is_kept(tmp_path, codec):
    times = [0, 18, 36, 72, 90, 108, 144, 162, 200, 218, 236, 254]
    read = read_cine(write_video(tmp_path / "c.mkv", times_ms=times, codec=codec))
    np.testing.assert_allclose(read.times_s * 1000, times, atol=1)
    assert read.time_source == "time stamps of the video"


@pytest.mark.parametrize("step_ms", [1, 400, 5000])
def test_impossible_rates_of_a_video_are_unknown(tmp_path, step_ms):
    read = read_cine(write_video(tmp_path / "c.mkv", times_ms=[k * step_ms for k in range(12)]))
    assert read.time_source == "unknown" and "no echo has" in read.warnings[0]


def test_repeated_frames_are_reported(tmp_path):
    frames = FRAMES[[0, 0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7]]
    read = read_cine(write_video(tmp_path / "c.avi", frames, codec="ffv1"))
    assert any("4 of 12 frames repeat the frame before" in warning for warning in read.warnings)


@pytest.mark.parametrize("known", [True, False])
def test_our_video_keeps_what_a_video_has_no_place_for(tmp_path, known):
    pytest.importorskip("av")
    facts = {"r_times_s": np.array([0.01, 0.9]), "heart_rate_bpm": 67.5} if known else {"time_source": "unknown"}
    cine = grey_cine(spacing_mm=(0.3, 0.2) if known else None, **facts)
    write_mp4(tmp_path / "c.mp4", cine)
    read = read_cine(tmp_path / "c.mp4")
    assert read.spacing_mm == cine.spacing_mm and read.heart_rate_bpm == cine.heart_rate_bpm
    np.testing.assert_array_equal(read.r_times_s, cine.r_times_s)
    assert (read.time_source == "unknown") != known


# ------------------------------------------------------------------------------------------------------ animations


def save_animation(path, frames, delays):
    images = [Image.fromarray(frame) for frame in frames]
    images[0].save(path, save_all=True, append_images=images[1:], duration=delays, loop=0)
    return path


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_animation(tmp_path, suffix):
    delays = [40, 40, 40, 80, 40, 40, 40, 40, 40, 40, 40, 40]
    options = {"lossless": True} if suffix == ".webp" else {}
    images = [Image.fromarray(frame) for frame in FRAMES[..., 0]]
    images[0].save(tmp_path / f"c{suffix}", save_all=True, append_images=images[1:], duration=delays, **options)
    read = read_cine(tmp_path / f"c{suffix}")
    assert np.abs(read.frames.astype(int) - FRAMES[..., 0]).max() <= 1
    np.testing.assert_allclose(read.times_s * 1000, np.cumsum([0, *delays[:-1]]))
    assert "display times" in read.time_source and "often rounded" in read.warnings[0]


@pytest.mark.parametrize("delay", [0, 2000])
def test_animation_without_usable_times(tmp_path, delay):
    read = read_cine(save_animation(tmp_path / "c.gif", FRAMES[..., 0], delay))
    assert read.frames.shape[0] == 12 and read.time_source == "unknown"


def test_color_gif(tmp_path):
    frames = FRAMES.copy()
    frames[:, :20, :20] = (200, 30, 30)
    read = read_cine(save_animation(tmp_path / "c.GIF", frames, 40))
    assert read.colour is not None and tuple(read.colour[3, 5, 5]) == (200, 30, 30)


# --------------------------------------------------------------------------------------------------------- volumes


def nifti(path, frames=FRAMES[..., 0], spacing=(0.3, 0.2, 1.0)):
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.GetImageFromArray(frames)
    image.SetSpacing(spacing)
    sitk.WriteImage(image, str(path))
    return path


def test_camus_half_sequence(tmp_path):
    path = nifti(tmp_path / "patient0001_4CH_half_sequence.nii.gz")
    read = read_cine(path)
    np.testing.assert_array_equal(read.frames, FRAMES[..., 0])
    np.testing.assert_allclose(read.spacing_mm, (0.2, 0.3), rtol=1e-6)
    assert read.time_source == "unknown" and read.name == "patient0001_4CH_half_sequence"
    (tmp_path / "Info_4CH.cfg").write_text("ED: 1\nES: 12\nNbFrame: 12\nFrameRate: 46.5\n", encoding="utf-8")
    read = read_cine(path)
    assert read.fps == pytest.approx(46.5) and read.time_source == "FrameRate in the clip's Info file"


@pytest.mark.parametrize(("step", "source"), [(0.02, "spacing of the time axis"), (1.0, "unknown"), (20.0, "unknown")])
def test_nifti_over_time(tmp_path, step, source):
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.JoinSeries([sitk.GetImageFromArray(frame[None]) for frame in FRAMES[..., 0]])
    image.SetSpacing((0.3, 0.2, 1.0, step))
    sitk.WriteImage(image, str(tmp_path / "c.nii"))
    read = read_cine(tmp_path / "c.nii")
    np.testing.assert_array_equal(read.frames, FRAMES[..., 0])
    assert read.time_source == source


def test_nifti_volume_over_time_is_refused(tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.JoinSeries([sitk.GetImageFromArray(FRAMES[:3, ..., 0]) for _ in range(4)])
    sitk.WriteImage(image, str(tmp_path / "c.nii.gz"))
    with pytest.raises(BadInput, match=r"c\.nii\.gz: is a 3-D volume"):
        read_cine(tmp_path / "c.nii.gz")


@pytest.mark.parametrize("suffix", [".mha", ".mhd"])
def test_vector_image_of_frames(tmp_path, suffix):
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.GetImageFromArray(np.ascontiguousarray(FRAMES[..., 0].transpose(1, 2, 0))[None], isVector=True)
    sitk.WriteImage(image, str(tmp_path / f"c{suffix}"))
    np.testing.assert_array_equal(read_cine(tmp_path / f"c{suffix}").frames, FRAMES[..., 0])


# ---------------------------------------------------------------------------------------------------------- arrays


@pytest.mark.parametrize("scale", [1000, 1e-3, 1e6])
def test_times_of_arrays_must_be_possible(tmp_path, scale):
    times = np.arange(50) / 50.0 * scale
    frames = np.resize(speckle(), (50, 33, 47))
    np.savez(tmp_path / "c.npz", frames=frames, times_s=times)
    read = read_cine(tmp_path / "c.npz")
    assert read.time_source == "unknown" and "no echo has" in read.warnings[0]
    if scale > 1:
        np.savez(tmp_path / "c.npz", frames=frames, times_s=times, heart_rate_bpm=60)
        assert read_cine(tmp_path / "c.npz").fps == pytest.approx(50)


def test_pixels_of_a_video_that_are_not_square_are_told(tmp_path):
    path = write_video(tmp_path / "c.mp4", aspect=Fraction(8, 9))
    assert read_cine(path).spacing_source == not_square_source("8:9")
    assert read_cine(set_matrix(path, 0, 1, -1, 0)).spacing_source == not_square_source("9:8")
    assert read_cine(write_video(tmp_path / "square.mp4")).spacing_source == "unknown"
