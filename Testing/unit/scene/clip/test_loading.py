"""Sequences that Slicer wrote need no further package inside Slicer."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.cine.geometry import default_ijk_to_ras
from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.errors import BadInput, MissingDependency
from EchoTrackerLib.scene.clip.cine import add_cine
from EchoTrackerLib.scene.clip.loading import read_by_slicer, read_clip
from EchoTrackerLib.scene.mrml.environment import new_scene

GREY = np.arange(6 * 9 * 12, dtype=np.uint8).reshape(6, 9, 12)


@pytest.fixture
def scene():
    environment = new_scene()  # lives as long as the test
    yield environment.scene


def written(scene, folder, is_color):
    colour = np.stack([GREY, GREY // 2, GREY // 3], -1) if is_color else None
    times, r_times = np.array([0, 0.02, 0.04, 0.07, 0.09, 0.1]), np.array([0.01, 0.8])
    clip = add_cine(scene, Cine(GREY, times, (0.4, 0.5), colour=colour, r_times_s=r_times, heart_rate_bpm=75.0))
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeSequenceStorageNode")
    storage.SetFileName(str(folder / "a clip.seq.nrrd"))
    assert storage.WriteData(clip.sequence)
    return folder / "a clip.seq.nrrd"


@pytest.mark.parametrize("is_color", [False, True])
def test_a_sequence_is_read_without_pynrrd_as_with_it(scene, tmp_path, monkeypatch, is_color):
    path = written(scene, tmp_path, is_color)
    wanted, before = read_cine(path), scene.GetNumberOfNodes()
    monkeypatch.setitem(sys.modules, "nrrd", None)
    with pytest.raises(MissingDependency):
        read_cine(path)
    found = read_clip(scene, path)
    assert scene.GetNumberOfNodes() == before
    np.testing.assert_array_equal(found.frames, wanted.frames)
    assert (found.colour is None) == (wanted.colour is None)
    np.testing.assert_allclose(found.times_s, wanted.times_s, atol=1e-12)
    assert found.ijk_to_ras is None  # where a clip lies that says nothing else
    np.testing.assert_allclose(default_ijk_to_ras(found.spacing_mm), wanted.ijk_to_ras)
    np.testing.assert_array_equal(found.r_times_s, wanted.r_times_s)
    assert (found.name, found.source, found.spacing_mm) == (wanted.name, wanted.source, wanted.spacing_mm)
    assert found.heart_rate_bpm == wanted.heart_rate_bpm


def test_other_nrrd_files_still_ask_for_pynrrd(scene, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nrrd", None)
    (tmp_path / "clip.nrrd").write_bytes(b"NRRD0004\n")
    with pytest.raises(MissingDependency, match="pynrrd"):
        read_clip(scene, tmp_path / "clip.nrrd")


def test_a_damaged_sequence_is_one_line(scene, tmp_path):
    (tmp_path / "clip.seq.nrrd").write_bytes(b"NRRD0004\nnothing else")
    before = scene.GetNumberOfNodes()
    with pytest.raises(BadInput, match="damaged or cut off"):
        read_by_slicer(scene, tmp_path / "clip.seq.nrrd")
    assert scene.GetNumberOfNodes() == before
