"""CSV of any spreadsheet: points, tracks and annotations are read alike."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from EchoTrackerLib.annotation.annotation import State
from EchoTrackerLib.annotation.files import read_annotation
from EchoTrackerLib.annotation.starts import read_start
from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.files import read_tracks
from EchoTrackerLib.tracks.queries import query_frame_of, read_queries, start_frame

HEADER = ("frame", "time_s", "label", "segment", "x_px", "y_px", "state", "confidence")
ROWS = [
    ("0", "0.0", "a 1", "x, y", "100.5", "50.25", "placed", "0.5"),
    ("1", "0.02", "a 1", "x, y", "101", "51", "placed", "1"),
]
CINE = Cine(np.zeros((2, 120, 160), np.uint8), np.arange(2) * 0.02, (0.5, 0.5))


def written(path: Path, separator: str, decimal: str, encoding: str, capitals: bool = False, first: str = "") -> Path:
    lines = [HEADER if not capitals else [name.upper() for name in HEADER]]
    lines += [
        [cell.replace(".", decimal) if k not in (2, 3, 6) else cell for k, cell in enumerate(row)] for row in ROWS
    ]
    text = (
        first + "\r\n".join(separator.join(f'"{c}"' if separator in c else c for c in line) for line in lines) + "\r\n"
    )
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize(("separator", "decimal"), [(",", "."), (";", ","), (";", "."), ("\t", ","), ("\t", ".")])
@pytest.mark.parametrize("name", ["tracks.csv", "TRACKS.CSV"])
def test_every_dialect_gives_the_same(tmp_path, name, separator, decimal, encoding):
    path = written(tmp_path / name, separator, decimal, encoding, capitals=name.isupper())
    tracks = read_tracks(path)
    np.testing.assert_array_equal(tracks.positions[0], [[100.5, 50.25], [101, 51]])
    np.testing.assert_allclose(tracks.times_s, [0, 0.02])
    np.testing.assert_array_equal(tracks.confidence[0], [0.5, 1])
    found = read_annotation(path)
    assert (found.states == State.PLACED).all()
    assert found.segments == ("x, y",)
    np.testing.assert_array_equal(found.positions[0], [[100.5, 50.25], [101, 51]])


def test_a_line_that_names_the_separator_is_read(tmp_path):
    path = written(tmp_path / "tracks.csv", ";", ",", "utf-8", first="sep=;\r\n")
    np.testing.assert_array_equal(read_tracks(path).positions[0], [[100.5, 50.25], [101, 51]])


@pytest.mark.parametrize(
    "content",
    [
        "label,x_px,y_px\na,50,40\n".encode("utf-16-be")[:-1],
        b'label,x_px,y_px\na,"50,40\nb,60,50\n',
        b"label,x_px,y_px\na," + b"5" * 200_000 + b",40\n",
        b"label,label,x_px,y_px\na,b,50,40\n",
        b"frame,label,x_px,y_px\n1,a,50,40,30\n",
    ],
)
def test_damaged_tables_give_one_line_with_their_name(tmp_path, content):
    path = tmp_path / "points.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"^points\.csv: ") as error:
        read_start(path, CINE)
    assert "\n" not in str(error.value) and len(str(error.value)) < 200


def test_outer_spaces_of_names_stay_unless_the_header_has_them_too(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("label,x_px,y_px\na,50,40\na , 60 ,50\n a,70,60\n")
    assert read_queries(path, CINE)[0] == ("a", "a ", " a")
    path.write_text('x_px, y_px, label\n50, 40, a\n60, 50, "b, c"\n')
    assert read_queries(path, CINE)[0] == ("a", "b, c")


def test_decimal_commas_between_commas_are_refused(tmp_path):
    (tmp_path / "points.csv").write_text("label,x_px,y_px\na,1,5,2,5\n")
    with pytest.raises(BadInput, match="semicolons"):
        read_queries(tmp_path / "points.csv", CINE)


def test_frame_column_of_points_is_the_query_frame(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("frame,label,x_px,y_px\n1,a,50,40\n1,b,60,50\n")
    assert query_frame_of(path) == start_frame(path, None) == start_frame(path, 1) == 1
    with pytest.raises(BadInput, match="set on frame 1"):
        start_frame(path, 0)
    path.write_text("frame,label,x_px,y_px\n1,a,50,40\n2,b,60,50\n")
    with pytest.raises(BadInput, match="several frames"):
        start_frame(path, None)
    path.write_text("label,x_px,y_px\na,50,40\n")
    assert start_frame(path, None) == 0


@pytest.mark.parametrize(("unit", "scale"), [("mm", 1.0), ("cm", 0.1), (["cm"], 0.1), ("um", 1000.0), ("m", 0.001)])
def test_units_of_markups(tmp_path, unit, scale):
    point = {"label": "a", "position": [30.0 * scale, 20.0 * scale, 0.0], "positionStatus": "defined"}
    markup = {"coordinateSystem": "LPS", "coordinateUnits": unit, "controlPoints": [point]}
    path = tmp_path / "p.mrk.json"
    path.write_text(json.dumps({"markups": [markup]}))
    np.testing.assert_allclose(read_queries(path, CINE)[1], [[60, 40]], atol=1e-3)
    markup["coordinateUnits"] = "furlong"
    path.write_text(json.dumps({"markups": [markup]}))
    with pytest.raises(BadInput, match="furlong"):
        read_queries(path, CINE)


def test_frames_of_coco_are_ordered_by_the_numbers_in_their_names(tmp_path):
    order = sorted(range(12), key=str)
    document = {
        "images": [{"id": k, "file_name": f"frame_{t}.png", "width": 96, "height": 80} for k, t in enumerate(order)],
        "annotations": [
            {"id": k, "image_id": k, "category_id": 1, "keypoints": [10 + t, 20, 2]} for k, t in enumerate(order)
        ],
        "categories": [{"id": 1, "name": "w", "keypoints": ["base"]}],
    }
    path = tmp_path / "a.coco.json"
    path.write_text(json.dumps(document))
    np.testing.assert_array_equal(read_annotation(path).positions[0, :, 0], 10 + np.arange(12))
    for image in document["images"]:
        image["file_name"] = "same.png"
    path.write_text(json.dumps(document))
    with pytest.raises(BadInput, match="order of the frames"):
        read_annotation(path)
