"""Damaged NumPy files: one clear line from every reader, and never other numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.cine.export import write_npz
from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.npz import read_npz
from EchoTrackerLib.tracking.exchange import Job, read_job, write_job
from EchoTrackerLib.tracks.files import read_tracks, write_tracks
from EchoTrackerLib.tracks.queries import read_queries
from EchoTrackerLib.tracks.tracks import Tracks
from EchoTrackerLib.training.samples import TrainingClip, read_sample, write_sample

T = 4
CINE = Cine(np.arange(T * 30 * 20, dtype=np.uint8).reshape(T, 20, 30), np.arange(T) / 50.0, (0.5, 0.25))
POINTS = np.array([[3.0, 4.0], [5.5, 6.25], [20.0, 10.0]], dtype=np.float32)


def _tracks() -> Tracks:
    positions = np.repeat(POINTS[:, None], T, 1) + np.arange(T, dtype=np.float32)[None, :, None]
    return Tracks(positions, np.ones((3, T), bool), ("a", "b", "c"), CINE.times_s, (0.5, 0.25), tracker="truth")


def _write_clip(path: Path) -> None:
    write_npz(path, CINE)


def _write_plain_clip(path: Path) -> None:
    np.savez(path, frames=CINE.frames, times_s=CINE.times_s)


def _write_points(path: Path) -> None:
    np.savez(path, points=POINTS, labels=np.array(["a", "b", "c"]))


def _write_job(path: Path) -> None:
    write_job(path.parent, Job(CINE, ("a", "b", "c"), POINTS))
    (path.parent / "input.npz").replace(path)


def _read_job(path: Path) -> Any:
    path.replace(path.parent / "input.npz")
    return read_job(path.parent).cine.frames


READERS: dict[str, tuple[Callable[[Path], Any], Callable[[Path], Any]]] = {
    "clip": (_write_clip, lambda path: read_cine(path).frames),
    "clip, not compressed": (_write_plain_clip, lambda path: read_cine(path).frames),
    "tracks": (lambda path: write_tracks(path, _tracks()), lambda path: read_tracks(path).positions),
    "points": (_write_points, lambda path: read_queries(path, CINE)[1]),
    "training clip": (
        lambda path: write_sample(path, TrainingClip(CINE.frames, _tracks().positions, np.ones((3, T), bool))),
        lambda path: read_sample(path).tracks,
    ),
    "job": (_write_job, _read_job),
}


def damaged(content: bytes, count: int = 120) -> list[bytes]:
    """`content` with one byte flipped, one byte missing, and cut off, at `count` places each."""
    places = sorted(set(np.linspace(0, len(content) - 1, count).astype(int).tolist()))
    flipped = [content[:i] + bytes([content[i] ^ 0xFF]) + content[i + 1 :] for i in places]
    return [*flipped, *(content[:i] + content[i + 1 :] for i in places), *(content[:i] for i in places)]


@pytest.mark.parametrize("kind", READERS)
def test_damaged_archive_gives_one_line(kind: str, tmp_path: Path) -> None:
    write, read = READERS[kind]
    path = tmp_path / "file.npz"
    write(path)
    content = path.read_bytes()
    whole = read(path)
    refused = 0
    for bad in damaged(content):
        path.write_bytes(bad)
        try:
            assert np.array_equal(read(path), whole)  # what is not noticed must not matter
        except BadInput as error:
            refused += 1
            assert "\n" not in str(error)
            assert kind == "job" or "file.npz" in str(error)
    assert refused > 200


def test_damaged_array_gives_one_line(tmp_path: Path) -> None:
    path = tmp_path / "file.npy"
    np.save(path, CINE.frames)
    content = path.read_bytes()
    refused = 0
    for bad in damaged(content[:140], 140):
        path.write_bytes(bad + content[140:])
        try:
            read_cine(path)
        except BadInput as error:
            refused += 1
            assert "\n" not in str(error)
            assert "file.npy" in str(error)
    assert refused > 100


def test_objects_are_refused_as_such(tmp_path: Path) -> None:
    np.savez(tmp_path / "file.npz", frames=np.array([{}], dtype=object))
    with pytest.raises(BadInput, match="Python objects"):
        read_npz(tmp_path / "file.npz")


def test_every_reader_uses_the_one_function() -> None:
    package = Path(__file__).resolve().parents[2] / "EchoTrackerLib"
    files = sorted(package.rglob("*.py"))
    assert len(files) > 100
    others = [
        file.name
        for file in files
        if file.name != "npz.py" and re.search(r"\bnp\.load\(|read_array\(", file.read_text(encoding="utf-8"))
    ]
    assert not others
