"""NRRD, Slicer's .seq.nrrd and MetaImage, written by other programs' writers."""

from __future__ import annotations

import numpy as np
import pytest
from dicom_clips import colour_cine, speckle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from EchoTrackerLib.cine.geometry import default_ijk_to_ras, pixels_to_ras, ras_to_pixels
from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.errors import BadInput

nrrd = pytest.importorskip("nrrd")
TIMES = (0.0, 0.0179, 0.0537, 0.0716)
# As Slicer 5.10 writes a sequence: LPS, columns x rows x 1 x T.
SEQUENCE = {
    "type": "unsigned char",
    "dimension": 4,
    "space": "left-posterior-superior",
    "kinds": ["domain", "domain", "domain", "list"],
    "labels": ["", "", "", "time"],
    "units": ["", "", "", "s"],
    "space directions": [[0.42, 0, 0], [0, 0.31, 0], [0, 0, 1], None],
    "space origin": [3.0, -2.0, 5.0],
    "axis 3 index type": "numeric",
    "axis 3 index values": " ".join(map(str, TIMES)),
}


def _write(path, data, header):
    directions = header.get("space directions")
    fixed = dict(header)
    if directions is not None:
        fixed["space directions"] = np.array([[np.nan] * 3 if row is None else row for row in directions], float)
    nrrd.write(str(path), np.asfortranarray(data), fixed, index_order="F")
    return path


def _grey(frames):
    return frames.transpose(2, 1, 0)[:, :, np.newaxis]  # [cols, rows, 1, T]


def test_slicer_sequence(tmp_path):
    read = read_cine(_write(tmp_path / "a4c.seq.nrrd", _grey(speckle()), SEQUENCE))
    np.testing.assert_array_equal(read.frames, speckle())
    np.testing.assert_allclose(read.times_s, TIMES)
    np.testing.assert_allclose(read.spacing_mm, (0.31, 0.42))
    assert (read.name, read.time_source) == ("a4c", "index values of the sequence")
    expected = np.diag([-0.42, -0.31, 1.0, 1.0])
    expected[:3, 3] = [-3.0, 2.0, 5.0]  # LPS -> RAS
    np.testing.assert_allclose(read.ijk_to_ras, expected)


def test_slicer_colour_sequence(tmp_path):
    cine = colour_cine()
    header = {
        **SEQUENCE,
        "dimension": 5,
        "kinds": ["vector", *SEQUENCE["kinds"]],
        "labels": ["", *SEQUENCE["labels"]],
        "units": ["", *SEQUENCE["units"]],
        "space directions": [None, *SEQUENCE["space directions"]],
    }  # Slicer writes "axis 3 index values" here too, though time is axis 4
    read = read_cine(_write(tmp_path / "c.seq.nrrd", cine.colour.transpose(3, 2, 1, 0)[:, :, :, None], header))
    np.testing.assert_array_equal(read.colour, cine.colour)
    np.testing.assert_allclose(read.times_s, TIMES)
    np.testing.assert_allclose(read.spacing_mm, (0.31, 0.42))


def test_old_sequence_with_the_list_first(tmp_path):
    header = {
        **SEQUENCE,
        "kinds": ["list", "domain", "domain", "domain"],
        "labels": ["time", "", "", ""],
        "units": ["s", "", "", ""],
        "space directions": [None, *SEQUENCE["space directions"][:3]],
        "axis 0 index values": SEQUENCE["axis 3 index values"],
    }
    del header["axis 3 index values"], header["axis 3 index type"]
    read = read_cine(_write(tmp_path / "c.seq.nrrd", np.moveaxis(_grey(speckle()), 3, 0), header))
    np.testing.assert_array_equal(read.frames, speckle())
    np.testing.assert_allclose(read.times_s, TIMES)


@pytest.mark.parametrize(
    ("space", "signs"),
    [("right-anterior-superior", (1, 1, 1)), ("left-anterior-superior", (-1, 1, 1)), ("LPS", (-1, -1, 1))],
)
def test_spaces(tmp_path, space, signs):
    matrix = read_cine(_write(tmp_path / "c.nrrd", _grey(speckle()), {**SEQUENCE, "space": space})).ijk_to_ras
    np.testing.assert_allclose(matrix[:3, 3], np.array(signs) * SEQUENCE["space origin"])
    normal = 1 if signs[0] == signs[1] else -1  # right-handed, as in Slicer
    np.testing.assert_allclose(np.diag(matrix)[:3], [signs[0] * 0.42, signs[1] * 0.31, normal])


def test_milliseconds_and_frame_index(tmp_path):
    header = {**SEQUENCE, "units": ["", "", "", "ms"], "axis 3 index values": "0 17.9 53.7 71.6"}
    np.testing.assert_allclose(read_cine(_write(tmp_path / "ms.nrrd", _grey(speckle()), header)).times_s, TIMES)
    header = {**SEQUENCE, "units": [""] * 4, "labels": ["", "", "", "frame"], "axis 3 index values": "0 1 2 3"}
    assert read_cine(_write(tmp_path / "f.nrrd", _grey(speckle()), header)).time_source == "unknown"


def test_times_that_do_not_rise_are_warned_of(tmp_path):
    header = {**SEQUENCE, "axis 3 index values": "0 0 1 2"}
    read = read_cine(_write(tmp_path / "c.nrrd", _grey(speckle()), header))
    assert read.time_source == "unknown" and "do not rise" in read.warnings[0]


def test_spacing_of_1_is_unknown(tmp_path):
    header = {**SEQUENCE, "space directions": [[1, 0, 0], [0, 1, 0], [0, 0, 1], None]}
    read = read_cine(_write(tmp_path / "c.nrrd", _grey(speckle()), header))
    assert read.spacing_mm is None and any("placeholder" in w for w in read.warnings)
    header["space units"] = ["mm", "mm", "mm"]
    assert read_cine(_write(tmp_path / "d.nrrd", _grey(speckle()), header)).spacing_mm == (1.0, 1.0)


def test_plain_3d_nrrd_takes_slices_as_time(tmp_path):
    path = tmp_path / "c.nrrd"
    nrrd.write(str(path), speckle().transpose(2, 1, 0))
    read = read_cine(path)
    np.testing.assert_array_equal(read.frames, speckle())
    assert (read.spacing_mm, read.ijk_to_ras, read.time_source) == (None, None, "unknown")


def test_3d_volume_over_time_is_refused(tmp_path):
    data = np.zeros((5, 6, 7, 4), np.uint8)
    with pytest.raises(BadInput, match="3-D volume"):
        read_cine(_write(tmp_path / "c.nrrd", data, SEQUENCE))


def test_cut_off_nrrd_is_refused(tmp_path):
    path = _write(tmp_path / "c.nrrd", _grey(speckle()), SEQUENCE)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(BadInput, match=r"c\.nrrd.*again"):
        read_cine(path)


@pytest.mark.parametrize("dimension", [3, 4])
def test_meta_image(tmp_path, dimension):
    sitk = pytest.importorskip("SimpleITK")
    array = speckle() if dimension == 3 else speckle()[:, np.newaxis]
    image = sitk.GetImageFromArray(array, isVector=False)
    image.SetSpacing((0.42, 0.31, 1.0, 0.02)[:dimension])
    image.SetOrigin((3.0, -2.0, 5.0, 0.0)[:dimension])
    sitk.WriteImage(image, str(tmp_path / "c.mha"))
    read = read_cine(tmp_path / "c.mha")
    np.testing.assert_array_equal(read.frames, speckle())
    np.testing.assert_allclose(read.spacing_mm, (0.31, 0.42))
    np.testing.assert_allclose(read.ijk_to_ras[:3, 3], [-3.0, 2.0, 5.0])
    np.testing.assert_allclose(np.diag(read.ijk_to_ras)[:2], [-0.42, -0.31])


def test_igsio_time_stamps_and_colour_in_meta_image(tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    cine = colour_cine()
    image = sitk.GetImageFromArray(cine.colour, isVector=True)
    sitk.WriteImage(image, str(tmp_path / "c.mha"))
    stamps = "".join(f"Seq_Frame{k:04d}_Timestamp = {100 + t}\n" for k, t in enumerate(TIMES))
    content = (tmp_path / "c.mha").read_bytes()
    (tmp_path / "c.mha").write_bytes(content.replace(b"ElementDataFile", stamps.encode() + b"ElementDataFile", 1))
    read = read_cine(tmp_path / "c.mha")
    np.testing.assert_array_equal(read.colour, cine.colour)
    np.testing.assert_allclose(read.times_s, TIMES)
    assert read.spacing_mm is None


COORDINATES = st.floats(-2000, 2000)
SPACINGS = st.floats(0.01, 5)


@settings(max_examples=200, deadline=None)
@given(points=st.lists(st.tuples(COORDINATES, COORDINATES), min_size=1, max_size=5), row=SPACINGS, col=SPACINGS)
def test_pixels_to_ras_and_back(points, row, col):
    positions = np.array(points)
    matrix = default_ijk_to_ras((row, col))
    ras = pixels_to_ras(positions, matrix)
    np.testing.assert_allclose(ras_to_pixels(ras, matrix), positions, atol=1e-7)
    np.testing.assert_allclose(ras[:, :2], -positions * [col, row], atol=1e-9)


@settings(max_examples=200, deadline=None)
@given(
    points=st.lists(st.tuples(COORDINATES, COORDINATES), min_size=1, max_size=5),
    spacing=st.tuples(SPACINGS, SPACINGS, SPACINGS),
    origin=st.tuples(COORDINATES, COORDINATES, COORDINATES),
    angles=st.tuples(*[st.floats(-3.1, 3.1)] * 3),
)
def test_pixels_to_ras_and_back_on_any_plane(points, spacing, origin, angles):
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", angles).as_matrix() * spacing
    matrix[:3, 3] = origin
    positions = np.array(points)
    ras = pixels_to_ras(positions, matrix)
    np.testing.assert_allclose(ras_to_pixels(ras, matrix), positions, atol=1e-5)
    lengths = np.linalg.norm(ras - matrix[:3, 3], axis=1)  # distances in mm are those of the spaced grid
    np.testing.assert_allclose(lengths, np.linalg.norm(positions * spacing[:2], axis=1), rtol=1e-6, atol=1e-6)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 99), shape=st.tuples(st.integers(2, 4), st.integers(1, 7), st.integers(1, 7)))
def test_sequence_round_trip_of_any_size(tmp_path, seed, shape):
    frames = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    header = {**SEQUENCE, "axis 3 index values": " ".join(str(0.02 * k) for k in range(shape[0]))}
    read = read_cine(_write(tmp_path / "c.seq.nrrd", _grey(frames), header))
    np.testing.assert_array_equal(read.frames, frames)
