"""Decoders in C run in a process of their own: what they read comes back whole, and their crash is a sentence."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import fields

import numpy as np
import pytest
from dicom_clips import colour_cine, grey_cine, write_clip
from PIL import Image
from pydicom import uid
from pydicom.encaps import encapsulate

from EchoTrackerLib.cine import isolated, reading
from EchoTrackerLib.cine.export import write_mp4, write_npz
from EchoTrackerLib.cine.isolated import read_isolated
from EchoTrackerLib.cine.reading import read_cine, read_here
from EchoTrackerLib.errors import BadInput, EchoTrackerError, MissingDependency
from EchoTrackerLib.progress import no_progress


def same(a, b):
    for field in fields(a):
        ours, theirs = getattr(a, field.name), getattr(b, field.name)
        if isinstance(ours, np.ndarray):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
        else:
            assert ours == theirs, field.name


def write_jpegs(path, cine=None):
    def edit(dataset):
        frames = cine.colour if cine is not None and cine.colour is not None else grey_cine().frames
        parts = []
        for frame in frames:
            buffer = io.BytesIO()
            Image.fromarray(frame).save(buffer, "JPEG", quality=90)
            parts.append(buffer.getvalue())
        dataset.PixelData = encapsulate(parts)
        dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
        dataset.file_meta.TransferSyntaxUID = uid.JPEGBaseline8Bit
        if frames.ndim == 4:
            dataset.PhotometricInterpretation = "YBR_FULL"
        dataset.HeartRate, dataset.RWaveTimeVector = 60, [10.0, 1010.0]

    return write_clip(path, cine, edit)


def test_what_the_other_process_reads_comes_back_whole(tmp_path):
    for cine in (None, colour_cine()):
        path = write_jpegs(tmp_path / "c.dcm", cine)
        seen: list[float] = []
        read = read_isolated(path, lambda stage, value, seen=seen: seen.append(value))
        same(read, read_here(path))
        assert read.r_times_s is not None and read.regions and seen == sorted(seen) and seen[-1] == 1.0


@pytest.mark.parametrize(
    ("name", "isolated_"), [("c.mp4", True), ("jpeg.dcm", True), ("plain.dcm", False), ("c.npz", False)]
)
def test_only_what_a_decoder_in_c_reads_takes_a_process(tmp_path, monkeypatch, name, isolated_):
    path = tmp_path / name
    if name == "c.mp4":
        pytest.importorskip("av")
        write_mp4(path, grey_cine())
    elif name == "jpeg.dcm":
        write_jpegs(path)
    elif name == "plain.dcm":
        write_clip(path)
    else:
        write_npz(path, grey_cine())
    asked = []
    monkeypatch.setattr(reading, "read_isolated", lambda path, progress: asked.append(path) or read_here(path))
    read_cine(path)
    assert bool(asked) == isolated_


def test_a_folder_of_compressed_frames_takes_a_process(tmp_path, monkeypatch):
    write_jpegs(tmp_path / "1.dcm")
    asked = []
    monkeypatch.setattr(reading, "read_isolated", lambda path, progress: asked.append(path) or read_here(path))
    read_cine(tmp_path)
    assert asked == [tmp_path]


_HALF = '{"clip": {}, "arrays": [["frames", "|u1", [2, 3, 4]]]}'
CRASHES = {
    "abort": "import os; os.abort()",
    "exit": "import os; os._exit(3)",
    "half a clip": 'import sys; sys.stdout.write(\'{"clip": {}, "arrays": [["frames", "|u1", [2, 3, 4]]]}\\nabc\')',
    "no JSON": "print('Segmentation fault')",
}


@pytest.mark.parametrize("kind", CRASHES)
def test_a_crash_is_a_sentence(tmp_path, kind):
    path = tmp_path / "c.mp4"
    with pytest.raises(BadInput, match=r"c\.mp4: the decoder crashed on it .*again") as raised:
        read_isolated(path, no_progress, [sys.executable, "-c", CRASHES[kind]])
    assert "\n" not in str(raised.value)


def test_errors_keep_their_kind_and_words(tmp_path):
    path = tmp_path / "c.mp4"
    path.write_bytes(b"no video at all")
    with pytest.raises(BadInput, match=r"c\.mp4: cannot be read as video"):
        read_cine(path)
    told = (
        "import json; print(json.dumps({'error': 'MissingDependency', 'message': 'X.', 'packages': [['m', 'r', '']]}))"
    )
    with pytest.raises(MissingDependency) as raised:
        read_isolated(path, no_progress, [sys.executable, "-c", told])
    assert raised.value.packages[0].pip_name == "r"
    with pytest.raises(MemoryError):
        read_isolated(path, no_progress, [sys.executable, "-c", 'print(\'{"error": "MemoryError"}\')'])


def test_stopping_ends_the_process(tmp_path):
    class Stop(Exception):
        pass

    def stop(stage, value):
        raise Stop

    endless = 'import time; print(\'{"stage": "a", "value": 0}\', flush=True); time.sleep(600)'
    with pytest.raises(Stop):
        read_isolated(tmp_path / "c.mp4", stop, [sys.executable, "-c", endless])


def test_without_an_interpreter_it_is_read_here(tmp_path, monkeypatch):
    def none():
        raise MissingDependency("none")

    monkeypatch.setattr(reading, "find_python", none)
    monkeypatch.setattr(isolated, "find_python", none)
    assert read_cine(write_jpegs(tmp_path / "c.dcm")).n_frames == 4


def test_damaged_streams_never_take_this_process_along(tmp_path):
    """With bytes changed inside the compressed frames, which decoders have crashed on."""
    pytest.importorskip("av")
    write_mp4(
        tmp_path / "c.mp4", grey_cine(frames=np.resize(grey_cine().frames, (8, 33, 47)), times_s=np.arange(8) / 50)
    )
    write_jpegs(tmp_path / "c.dcm", colour_cine())
    rng = np.random.default_rng(3)
    for path in (tmp_path / "c.mp4", tmp_path / "c.dcm"):
        whole = np.frombuffer(path.read_bytes(), np.uint8)
        for _ in range(6):
            damaged = whole.copy()
            places = rng.integers(len(whole) // 4, len(whole), 40)
            damaged[places] = rng.integers(0, 256, len(places))
            path.write_bytes(damaged.tobytes())
            try:
                read_cine(path)
            except EchoTrackerError as error:
                assert "\n" not in str(error)
    assert os.getpid()
