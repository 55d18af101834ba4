"""Sequence files are read as Slicer's own reader reads them: frames, IJK to RAS, index values."""

from __future__ import annotations

import itertools

import nrrd
import numpy as np
import pytest

from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.scene.mrml.environment import new_scene

slicer = pytest.importorskip("slicer")

ROWS, COLS = 20, 24
GREY = (np.arange(6 * ROWS * COLS).reshape(6, ROWS, COLS) % 251).astype(np.uint8)
NO_AXIS = [np.nan] * 3
STRAIGHT = [[0.5, 0, 0], [0, 0.4, 0], [0, 0, 1]]
TURNED = [[0, 0.5, 0], [0.4, 0, 0], [0, 0, -2]]
OBLIQUE = [[0.3, 0.4, 0], [-0.32, 0.24, 0], [0, 0, 1]]
PLACES = {"straight": STRAIGHT, "turned": TURNED, "oblique": OBLIQUE}


def grey_list_last(n, place):
    return GREY[:n].transpose(2, 1, 0)[:, :, None], ["domain"] * 3 + ["list"], [*place, NO_AXIS]


def grey_list_first(n, place):
    return GREY[:n].transpose(0, 2, 1)[..., None], ["list"] + ["domain"] * 3, [NO_AXIS, *place]


def grey_vector_first(n, place):
    return GREY[:n].transpose(0, 2, 1)[..., None], ["vector"] + ["domain"] * 3, [NO_AXIS, *place]


def color(n, place, kind):
    rgb = np.stack([GREY, GREY // 2, GREY // 3], -1)[:n]
    return rgb.transpose(3, 2, 1, 0)[:, :, :, None], [kind] + ["domain"] * 3 + ["list"], [NO_AXIS, *place, NO_AXIS]


def color_vector(n, place):
    return color(n, place, "vector")


def color_rgb(n, place):
    return color(n, place, "RGB-color")


LAYOUTS = [grey_list_last, grey_list_first, grey_vector_first, color_vector, color_rgb]
SPACES = ["left-posterior-superior", "right-anterior-superior", "left-anterior-superior"]
VARIANTS = [
    *itertools.product(LAYOUTS, [3, 4, 6], ["straight"], SPACES[:1], ["none"]),
    *itertools.product(LAYOUTS, [6], PLACES, SPACES, ["none"]),
    *itertools.product(LAYOUTS, [3, 6], ["straight"], SPACES[:1], ["s", "ms", "frame", "no unit"]),
]


def write(path, layout, n, place, space, index):
    array, kinds, directions = layout(n, PLACES[place])
    header = {"space": space, "kinds": kinds, "space directions": np.array(directions), "space origin": [1.0, 2.0, 3.0]}
    times = np.array([0, 20, 40, 70, 90, 100])[:n] * {"s": 1e-3}.get(index, 1)
    if index != "none":
        axis = kinds.index("list") if "list" in kinds else 0
        label = {"s": "time", "ms": "time", "frame": "frame", "no unit": ""}[index]
        unit = index if index in ("s", "ms") else ""
        if label:
            header["labels"] = [label if k == axis else "" for k in range(len(kinds))]
        header["units"] = [unit if k == axis else "" for k in range(len(kinds))]
        header["axis 3 index type"] = "numeric"
        header["axis 3 index values"] = " ".join(f"{t:g}" for t in times)
    nrrd.write(str(path), array, header, index_order="F")


@pytest.fixture(scope="module")
def environment():
    return new_scene()


@pytest.fixture(scope="module")
def scene(environment):
    return environment.scene


def by_slicer(scene, path):
    """Frames [T, rows, cols(, 3)], IJK to RAS, index values and unit."""
    import vtk

    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode")
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeSequenceStorageNode")
    storage.SetFileName(str(path))
    assert storage.ReadData(sequence) and sequence.GetNumberOfDataNodes()
    volumes = [sequence.GetNthDataNode(k) for k in range(sequence.GetNumberOfDataNodes())]
    frames = np.stack([slicer.util.arrayFromVolume(volume)[0] for volume in volumes])
    matrix = vtk.vtkMatrix4x4()
    volumes[0].GetIJKToRASMatrix(matrix)
    ijk_to_ras = np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])
    values = [sequence.GetNthIndexValue(k) for k in range(len(volumes))]
    return frames, ijk_to_ras, values, sequence.GetIndexUnit()


def same(scene, path):
    frames, ijk_to_ras, values, unit = by_slicer(scene, path)
    read = read_cine(path)
    np.testing.assert_array_equal(read.colour if frames.ndim == 4 else read.frames, frames)
    np.testing.assert_allclose(read.ijk_to_ras, ijk_to_ras, atol=1e-9)
    scale = {"s": 1.0, "ms": 1e-3}.get(unit)
    if scale is None:
        assert read.time_source == "unknown"
    else:
        np.testing.assert_allclose(read.times_s, (np.array(values, float) - float(values[0])) * scale, atol=1e-12)
    return read


def test_there_are_enough_variants():
    assert len(set(VARIANTS)) > 30


@pytest.mark.parametrize(("layout", "n", "place", "space", "index"), VARIANTS)
def test_as_slicer(scene, tmp_path, layout, n, place, space, index):
    path = tmp_path / "clip.seq.nrrd"
    write(path, layout, n, place, space, index)
    read = same(scene, path)
    if index in ("frame", "no unit"):
        assert any("counts frames" in warning for warning in read.warnings)


@pytest.mark.parametrize("n", [3, 4, 6])
def test_simpleitk_vector_sequences_as_slicer(scene, tmp_path, n):
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(np.ascontiguousarray(GREY[:n].transpose(1, 2, 0))[None], isVector=True)
    image.SetSpacing((0.5, 0.4, 1.0))
    sitk.WriteImage(image, str(tmp_path / "clip.seq.nrrd"), True)
    same(scene, tmp_path / "clip.seq.nrrd")


@pytest.mark.parametrize("unit", ["s", "ms", ""])
@pytest.mark.parametrize("is_color", [False, True])
def test_files_that_slicer_wrote_come_back_with_everything(scene, tmp_path, unit, is_color):
    """Our own sequence nodes, saved by Slicer, keep R waves, heart rate and where the scale comes from."""
    from EchoTrackerLib.cine.cine import Cine
    from EchoTrackerLib.scene.clip.cine import add_cine

    colour = np.stack([GREY, GREY // 2, GREY // 3], -1) if is_color else None
    cine = Cine(
        GREY,
        np.array([0, 0.02, 0.04, 0.07, 0.09, 0.1]),
        (0.4, 0.5),
        spacing_source="DICOM region 1 (tissue)",
        time_source="FrameTimeVector",
        colour=colour,
        r_times_s=np.array([0.01, 0.8]),
        heart_rate_bpm=75.0,
    )
    clip = add_cine(scene, cine)
    if unit != "s":
        clip.sequence.SetIndexUnit(unit)
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeSequenceStorageNode")
    storage.SetFileName(str(tmp_path / "clip.seq.nrrd"))
    assert storage.WriteData(clip.sequence)
    read = read_cine(tmp_path / "clip.seq.nrrd")
    assert read.spacing_mm == (0.4, 0.5) and read.spacing_source == "DICOM region 1 (tissue)"
    np.testing.assert_array_equal(read.r_times_s, cine.r_times_s)
    assert read.heart_rate_bpm == 75
    if unit == "s":
        np.testing.assert_allclose(read.times_s, cine.times_s)
        assert read.time_source == "FrameTimeVector"
