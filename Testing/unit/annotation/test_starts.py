"""Points to track out of annotations and tracks of any program."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest

from EchoTrackerLib.annotation.annotation import State, empty_annotation
from EchoTrackerLib.annotation.files import write_annotation
from EchoTrackerLib.annotation.starts import holds_series, read_start
from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.queries import NotOnFrame

CINE = Cine(np.zeros((6, 48, 64), np.uint8), np.arange(6) / 30, name="clip7", source="clip7.avi")


def annotated(frames, size=(64, 48), count=6):
    made = empty_annotation(("a", "b"), np.arange(count) / 30.0, size=size)
    for point, placed in enumerate(frames):
        made.states[point, placed] = State.PLACED
        made.positions[point, placed] = np.reshape([(10 * point + frame, 5) for frame in placed], (-1, 2))
    return made


@pytest.mark.parametrize("suffix", [".npz", ".json", ".coco.json", ".csv"])
def test_our_own_annotations(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_annotation(path, annotated(([2, 4], [2, 4])))
    labels, positions, frame = read_start(path, CINE, 4)
    assert labels == ("a", "b") and frame == 4 and positions.dtype == np.float32
    np.testing.assert_array_equal(positions, [[4, 5], [14, 5]])


@pytest.mark.parametrize(
    ("frames", "given", "expected"),
    [
        (([3], [3]), None, 3),
        ((range(6), range(6)), None, 0),
        (([1, 4], [4]), None, 4),
        (([1, 4], [1, 4]), None, "several frames (1, 4); one of them must be the query frame"),
        (([1], [1]), 0, "frame 1, not on the query frame 0"),
        (([], []), None, "holds no points"),
    ],
)
def test_the_frame(tmp_path, frames, given, expected):
    write_annotation(tmp_path / "a.json", annotated([list(f) for f in frames]))
    if isinstance(expected, int):
        assert read_start(tmp_path / "a.json", CINE, given).frame == expected
        return
    with pytest.raises(BadInput) as error:
        read_start(tmp_path / "a.json", CINE, given)
    assert expected in str(error.value)
    assert not isinstance(error.value, NotOnFrame) or error.value.frames == tuple(frames[0])


def test_points_that_are_not_there_are_left_out_and_said(tmp_path, caplog):
    write_annotation(tmp_path / "a.json", annotated(([1, 4], [4])))
    with caplog.at_level(logging.WARNING, "EchoTracker"):
        assert read_start(tmp_path / "a.json", CINE, 1).labels == ("a",)
    assert "left out: b" in caplog.text


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (annotated(([1], [1]), count=9), "9 frames, this clip has 6"),
        (annotated(([1], [1]), size=(32, 48)), "32 x 48 px, this clip has 64 x 48"),
    ],
)
def test_annotations_of_another_clip_are_refused(tmp_path, made, says):
    write_annotation(tmp_path / "a.json", made)
    with pytest.raises(BadInput, match=rf"a\.json.*{says}"):
        read_start(tmp_path / "a.json", CINE)


def test_a_point_beside_the_image_is_refused(tmp_path):
    made = annotated(([1], [1]))
    made.positions[0, 1] = (80, 5)
    write_annotation(tmp_path / "a.json", made)
    with pytest.raises(BadInput, match=r"a\.json: point 'a' .* outside"):
        read_start(tmp_path / "a.json", CINE)


def test_other_programs(tmp_path):
    heights = "".join(f"clip7.avi,{20 + w},{10 * w},{20 - w},{10 * w},3\n" for w in (1, 2, 3))
    other = "other.avi,1,1,1,1,2\n" * 4
    (tmp_path / "v.csv").write_text(f"FileName,X1,Y1,X2,Y2,Frame\nclip7.avi,20,5,20,30,3\n{heights}{other}")
    start = read_start(tmp_path / "v.csv", CINE)
    assert start.frame == 3 and len(start.labels) == 7
    np.testing.assert_array_equal(start.positions[[0, 3, 6]], [[17, 30], [20, 5], [23, 30]])
    (tmp_path / "d.csv").write_text("scorer,N,N\nbodyparts,apex,apex\ncoords,x,y\n0,1,2\n5,3,4\n")
    assert read_start(tmp_path / "d.csv", CINE, 5).positions.tolist() == [[3, 4]]
    points = '<track label="apex"><points frame="2" outside="0" occluded="0" keyframe="1" points="1.5,2.5"/></track>'
    (tmp_path / "c.xml").write_text(f"<annotations>{points}</annotations>")
    assert read_start(tmp_path / "c.xml", CINE) == (("apex",), pytest.approx(np.array([[1, 2]])), 2)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("p.csv", "label,x_px,y_px\na,1,2\n", False),
        ("p.mrk.json", json.dumps({"markups": []}), False),
        ("p.json", "{", False),
        ("p.npz", "no", False),
        ("p.txt", "label,x_px,y_px\n", False),
        ("a.xml", "", True),
    ],
)
def test_points_on_one_frame_stay_with_their_reader(tmp_path, name, content, expected):
    (tmp_path / name).write_text(content)
    assert holds_series(tmp_path / name) is expected
