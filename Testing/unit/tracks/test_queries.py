"""Query points from CSV, arrays and Slicer markups."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.cine.geometry import default_ijk_to_ras, pixels_to_ras
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.queries import read_queries

POINTS = np.array([[10.25, 20.0], [30.0, 4.5], [0.0, 59.0]])


def cine(spacing=(0.5, 0.25), matrix=None) -> Cine:
    return Cine(np.zeros((2, 60, 80), np.uint8), np.array([0, 0.1]), spacing, source="clip.dcm", ijk_to_ras=matrix)


@pytest.mark.parametrize(
    "text",
    [
        "label,x_px,y_px\nA,10.25,20\nB,30,4.5\nC,0,59\n",
        "\ufefflabel,x_px,y_px\r\nA,10.25,20\r\nB,30,4.5\r\nC,0,59\r\n",
        "y_px,note,label,x_px\n20,,A,10.25\n4.5,apex,B,30\n59,,C,0\n",
        "Label; X_px; Y_px\nA;10,25;20\nB;30;4,5\nC;0;59\n",
    ],
)
def test_csv(tmp_path, text):
    path = tmp_path / "punkter æ.csv"
    path.write_text(text, encoding="utf-8")
    labels, points = read_queries(path, cine())
    assert labels == ("A", "B", "C")
    np.testing.assert_allclose(points, POINTS)
    assert points.dtype == np.float32


def test_csv_without_labels(tmp_path):
    (tmp_path / "p.csv").write_text("x_px,y_px\n1,2\n3,4\n")
    assert read_queries(tmp_path / "p.csv", cine())[0] == ("P1", "P2")


def test_arrays(tmp_path):
    np.save(tmp_path / "p.npy", POINTS)
    np.savez(tmp_path / "p.npz", points=POINTS, labels=np.array(["a", "b", "c"]))
    assert read_queries(tmp_path / "p.npy", cine())[0] == ("P1", "P2", "P3")
    labels, points = read_queries(tmp_path / "p.npz", cine())
    assert labels == ("a", "b", "c")
    np.testing.assert_allclose(points, POINTS)


def markups(path, points, system, kind="Curve"):
    controls = [{"label": f"F-{i + 1}", "position": list(p), "positionStatus": "defined"} for i, p in enumerate(points)]
    controls.insert(1, {"label": "F-x", "positionStatus": "undefined"})
    document = {"markups": [{"type": kind, "coordinateSystem": system, "controlPoints": controls}]}
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(("system", "sign"), [("LPS", -1), (1, -1), ("RAS", 1), (0, 1)])
@pytest.mark.parametrize("own_matrix", [False, True])
def test_markups_in_the_volumes_coordinates(tmp_path, caplog, system, sign, own_matrix):
    matrix = np.array([[0, -0.3, 0, 5], [0.2, 0, 0, -7], [0, 0, 1, 3], [0, 0, 0, 1.0]]) if own_matrix else None
    clip = cine(matrix=matrix)
    ras = pixels_to_ras(POINTS, matrix if own_matrix else default_ijk_to_ras(clip.spacing_mm))
    markups(tmp_path / "p.mrk.json", ras * [sign, sign, 1], system, "ClosedCurve")
    with caplog.at_level(logging.WARNING, "EchoTracker"):
        labels, points = read_queries(tmp_path / "p.mrk.json", clip)
    assert labels == ("F-1", "F-2", "F-3")
    np.testing.assert_allclose(points, POINTS, atol=1e-5)
    assert "F-x" in caplog.text


def test_markups_written_by_slicer_itself(tmp_path):
    slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
    node = slicer.vtkMRMLMarkupsFiducialNode()
    for i, position in enumerate(pixels_to_ras(POINTS, default_ijk_to_ras((0.5, 0.25)))):
        node.AddControlPoint(*position)
        node.SetNthControlPointLabel(i, f"W{i}")
    storage = slicer.vtkMRMLMarkupsJsonStorageNode()
    storage.SetFileName(str(tmp_path / "s.mrk.json"))
    assert storage.WriteData(node)
    labels, points = read_queries(tmp_path / "s.mrk.json", cine())
    assert labels == ("W0", "W1", "W2")
    np.testing.assert_allclose(points, POINTS, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("p.csv", "label,x_px,y_px\nA,79.6,3\n", "'A'.*outside the image of 80 x 60"),
        ("p.csv", "label,x_px,y_px\nA,3,-0.6\n", "outside"),
        ("p.csv", "label,x_px,y_px\nA,nan,3\n", "no valid position"),
        ("p.csv", "label,x_px,y_px\nA,1,3\nA,2,3\n", "more than once"),
        ("p.csv", "label,x_px,y_px\nA,one,3\n", "line 2"),
        ("p.csv", "a,b\n1,2\n", "must name the columns"),
        ("p.csv", "label,x_px,y_px\n", "no points"),
        ("p.csv", "", "must name the columns"),
        ("p.mrk.json", "{}", "markups"),
        ("p.mrk.json", "{", "cannot be read"),
        ("p.mrk.json", '{"markups": [{"coordinateSystem": "IJK", "controlPoints": []}]}', "IJK"),
        ("p.npy", "no", "cannot be read"),
        ("p.doc", "", "unknown point format"),
    ],
)
def test_bad_points_are_refused(tmp_path, name, text, says):
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match=says) as error:
        read_queries(tmp_path / name, cine())
    assert name in str(error.value)


def test_wrong_shape_and_missing_file(tmp_path):
    np.save(tmp_path / "p.npy", np.zeros((2, 3)))
    with pytest.raises(BadInput, match=r"\[N, 2\]"):
        read_queries(tmp_path / "p.npy", cine())
    with pytest.raises(BadInput, match="no such point file"):
        read_queries(tmp_path / "q.csv", cine())
