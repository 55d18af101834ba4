"""Slicer's markups: the plane they lie on, the older format, and clips that Slicer shows with pixels of 1 mm."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import numpy as np
import pytest

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.cine.geometry import default_ijk_to_ras, pixels_to_ras
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.queries import read_queries

SIZE = 400, 300  # columns, rows
WALL = np.array([[150.0, 250], [165, 180], [200, 60], [235, 180], [250, 250]])


def sector(spacing=(0.4, 0.4), source="DICOM region 1 (tissue)"):
    """A clip that is black beside a sector from the middle of the upper edge."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    frame = np.where(np.abs(x - SIZE[0] / 2) < 0.6 * y + 4, 90, 0).astype(np.uint8)
    return Cine(np.stack([frame] * 2), np.array([0, 0.02]), spacing, source="clip.dcm", spacing_source=source)


def markups(path, ras):
    points = [{"label": f"F-{k}", "position": list(p)} for k, p in enumerate(np.asarray(ras) * [-1, -1, 1])]
    path.write_text(json.dumps({"markups": [{"coordinateSystem": "LPS", "controlPoints": points}]}))
    return path


@pytest.mark.parametrize("thickness", [1.0, 4.0])
@pytest.mark.parametrize("side", [-1, 1])
def test_points_off_the_plane_by_more_than_half_a_slice_are_refused(tmp_path, thickness, side):
    matrix = np.array([[0, -0.3, 0, 5], [0.2, 0, 0, -7], [0, 0, thickness, 3], [0, 0, 0, 1.0]])
    clip = replace(sector(), ijk_to_ras=matrix)
    on_plane = pixels_to_ras(WALL, matrix)
    near, far = ([0, 0, side * share * thickness] for share in (0.49, 0.51))
    np.testing.assert_allclose(
        read_queries(markups(tmp_path / "a.mrk.json", on_plane + near), clip)[1], WALL, atol=1e-4
    )
    with pytest.raises(BadInput, match=rf"b\.mrk\.json: point 'F-0' lies {0.51 * thickness:.1f} mm"):
        read_queries(markups(tmp_path / "b.mrk.json", on_plane + far), clip)


@pytest.mark.parametrize(
    ("system", "sign"), [("# CoordinateSystem = LPS\n", -1), ("# CoordinateSystem = 0\n", 1), ("", 1)]
)
def test_fcsv(tmp_path, system, sign):
    ras = pixels_to_ras(WALL, default_ijk_to_ras((0.4, 0.4))) * [sign, sign, 1]
    lines = "".join(f'{k},{x},{y},{z},0,0,0,1,1,1,0,"F, {k}",,vtkMRML1\n' for k, (x, y, z) in enumerate(ras))
    path = tmp_path / "a.fcsv"
    head = f"# Markups fiducial file version = 4.11\n{system}"
    path.write_text(f"{head}# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n{lines}")
    labels, points = read_queries(path, sector())
    assert labels == tuple(f"F, {k}" for k in range(5))
    np.testing.assert_allclose(points, WALL, atol=1e-4)
    path.write_text("# CoordinateSystem = LPS\n1,2,x,4\n")
    with pytest.raises(BadInput, match=r"a\.fcsv: cannot be read"):
        read_queries(path, sector())


def test_fcsv_written_by_slicer_itself(tmp_path):
    slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
    node = slicer.vtkMRMLMarkupsFiducialNode()
    for k, position in enumerate(pixels_to_ras(WALL, default_ijk_to_ras((0.4, 0.4)))):
        node.AddControlPoint(*position)
        node.SetNthControlPointLabel(k, f"W{k}")
    storage = slicer.vtkMRMLMarkupsFiducialStorageNode()
    storage.SetFileName(str(tmp_path / "s.fcsv"))
    assert storage.WriteData(node)
    labels, points = read_queries(tmp_path / "s.fcsv", sector())
    assert labels == ("W0", "W1", "W2", "W3", "W4")
    np.testing.assert_allclose(points, WALL, atol=1e-3)


@pytest.mark.parametrize("spacing", [0.25, 0.4, 0.55])
@pytest.mark.parametrize("shown", ["in mm", "1 mm pixels"])
def test_pixels_of_1_mm_of_slicers_dicom_module_are_told_apart(tmp_path, caplog, spacing, shown):
    clip = sector((spacing, spacing))
    matrix = default_ijk_to_ras(clip.spacing_mm if shown == "in mm" else None)
    with caplog.at_level(logging.WARNING, "EchoTracker"):
        points = read_queries(markups(tmp_path / "a.mrk.json", pixels_to_ras(WALL, matrix)), clip)[1]
    np.testing.assert_allclose(points, WALL, atol=1e-4)
    assert ("pixels of 1 mm" in caplog.text) == (shown != "in mm")


@pytest.mark.parametrize("shown", ["in mm", "1 mm pixels"])
def test_what_may_be_either_is_refused(tmp_path, shown):
    clip = sector((0.9, 0.9))
    middle = np.array([[195.0, 150], [200, 160], [205, 150]])
    matrix = default_ijk_to_ras(clip.spacing_mm if shown == "in mm" else None)
    path = markups(tmp_path / "a.mrk.json", pixels_to_ras(middle, matrix))
    with pytest.raises(BadInput, match=r"0\.9 x 0\.9 mm.*or of 1 mm.*label,x_px,y_px"):
        read_queries(path, clip)
    # A clip whose scale is not of DICOM was never shown by that module.
    own = replace(clip, spacing_source="given by the user")
    expected = middle if shown == "in mm" else middle / 0.9
    np.testing.assert_allclose(read_queries(path, own)[1], expected, atol=1e-4)
