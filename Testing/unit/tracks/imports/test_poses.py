"""DeepLabCut and SLEAP: tables and HDF5 as their own programs write them."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from EchoTrackerLib.annotation.annotation import State
from EchoTrackerLib.annotation.files import read_annotation
from EchoTrackerLib.errors import BadInput, MissingDependency
from EchoTrackerLib.tracks.files import read_tracks
from EchoTrackerLib.tracks.known import Known

PREDICTED = """scorer,Net,Net,Net,Net,Net,Net
bodyparts,Apex,Apex,Apex,base,base,base
coords,x,y,likelihood,x,y,likelihood
0,10.5,20.25,0.98,50,60,0.3
1,11.5,21.25,0.97,51,61,0.61
2,12.5,22.25,0.96,,,
"""
LABELED = """scorer,,,JD,JD,JD,JD
bodyparts,,,apex,apex,base,base
coords,,,x,y,x,y
labeled-data,clip A,img0002.png,1,2,3,4
labeled-data,clip A,img0005.png,5,6,,
"""
SEVERAL = """scorer,Net,Net,Net,Net,Net,Net
individuals,lv,lv,rv,rv,single,single
bodyparts,apex,apex,apex,apex,ecg,ecg
coords,x,y,x,y,x,y
0,1,2,3,4,5,6
"""
SLEAP = """track,frame_idx,instance.score,Apex.x,Apex.y,Apex.score,base.x,base.y,base.score
,0,0.9,1.5,2.5,0.8,3,4,0.7
,3,0.9,5,6,0.6,,,
"""


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_predictions_of_deeplabcut(tmp_path):
    tracks = read_tracks(written(tmp_path / "d.csv", PREDICTED))
    assert tracks.labels == ("Apex", "base") and tracks.tracker == "DeepLabCut" and tracks.time_source == "unknown"
    np.testing.assert_array_equal(tracks.positions[0], [[10.5, 20.25], [11.5, 21.25], [12.5, 22.25]])
    np.testing.assert_array_equal(tracks.visible, [[True] * 3, [False, True, False]])
    np.testing.assert_allclose(tracks.confidence[0], [0.98, 0.97, 0.96])
    states = read_annotation(tmp_path / "d.csv").states
    np.testing.assert_array_equal(states[1], [State.OCCLUDED, State.TRACKER, State.NOT_ANNOTATED])


def test_the_same_of_a_european_spreadsheet(tmp_path):
    text = PREDICTED.replace(",", ";").replace(".", ",")
    np.testing.assert_array_equal(
        read_tracks(written(tmp_path / "e.csv", text)).positions,
        read_tracks(written(tmp_path / "d.csv", PREDICTED)).positions,
    )


@pytest.mark.parametrize("one_cell", [False, True])
def test_frames_labeled_by_hand_are_placed(tmp_path, one_cell):
    text = LABELED.replace("data,clip A,", "data/clip A/").replace(",,,", ",") if one_cell else LABELED
    text = text.replace("5,6\n", "5,6,,\n")
    found = read_annotation(written(tmp_path / "CollectedData_JD.csv", text), Known(n_frames=9))
    P = State.PLACED
    assert found.n_frames == 9
    np.testing.assert_array_equal(found.states[:, [2, 5]], [[P, P], [P, 0]])
    np.testing.assert_array_equal(found.positions[0, 5], [5, 6])
    assert np.flatnonzero(found.annotated.any(axis=0)).tolist() == [2, 5]


def test_frames_of_several_clips_need_the_name(tmp_path):
    path = written(tmp_path / "c.csv", LABELED + "labeled-data,clip B,img0001.png,7,8,9,10\n")
    with pytest.raises(BadInput, match=r"clip A, clip B.*must tell which"):
        read_annotation(path)
    assert np.flatnonzero(read_annotation(path, Known(n_frames=9, clip="clip B")).annotated[0]).tolist() == [1]


def test_individuals(tmp_path):
    assert read_annotation(written(tmp_path / "m.csv", SEVERAL)).labels == ("lv apex", "rv apex", "ecg")


def test_table_of_sleap(tmp_path):
    tracks = read_tracks(written(tmp_path / "s.csv", SLEAP), Known(n_frames=5))
    assert tracks.labels == ("Apex", "base") and tracks.n_frames == 5 and tracks.tracker == "SLEAP"
    np.testing.assert_array_equal(tracks.positions[0, [0, 3]], [[1.5, 2.5], [5, 6]])
    np.testing.assert_array_equal(tracks.visible, [[1, 0, 0, 1, 0], [1, 0, 0, 0, 0]])
    two = SLEAP.replace("\n,", "\nlv,") + "rv,0,0.9,7,8,0.8,9,10,0.7\n"
    assert read_tracks(written(tmp_path / "t.csv", two)).labels == ("lv Apex", "lv base", "rv Apex", "rv base")
    with pytest.raises(BadInput, match="'Apex' is there twice on frame 0"):
        read_tracks(written(tmp_path / "u.csv", SLEAP + ",0,0.9,7,8,0.8,9,10,0.7\n"))


def hdf5(path, points, scores, dims=None, tracks=("lv",)):
    """Write points [track, node, frame, xy] as SLEAP does, or with its axes as `dims` names them."""
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    own = ("track", "node", "frame", "xy")
    with h5py.File(path, "w") as file:
        for name, values, stored in (
            ("tracks", points, dims or ("track", "xy", "node", "frame")),
            ("point_scores", scores, [d for d in dims or ("track", "node", "frame") if d != "xy"]),
        ):
            axes = own[: values.ndim]
            file[name] = values.transpose([axes.index(d) for d in stored])
            if dims:
                file[name].attrs["dims"] = json.dumps(list(stored))
        file["node_names"] = np.array([b"Apex", b"base"])
        file["track_names"] = np.array([name.encode() for name in tracks])
        file["track_occupancy"] = np.ones((points.shape[2], points.shape[0]), np.uint8)


@pytest.mark.parametrize("dims", [None, ("frame", "track", "node", "xy")])
def test_hdf5_of_sleap(tmp_path, dims):
    points = np.arange(1 * 2 * 3 * 2, dtype=float).reshape(1, 2, 3, 2)
    points[0, 1, 2] = np.nan
    scores = np.array([[[0.9, np.nan, 0.7], [0.6, 0.5, np.nan]]])
    hdf5(tmp_path / "a.h5", points, scores, dims)
    tracks = read_tracks(tmp_path / "a.h5")
    assert tracks.labels == ("Apex", "base")
    np.testing.assert_array_equal(tracks.positions, points[0])
    np.testing.assert_array_equal(tracks.visible, [[1, 1, 1], [1, 1, 0]])
    states = read_annotation(tmp_path / "a.h5").states  # what has no score was placed by a person
    np.testing.assert_array_equal(states, [[3, 1, 3], [3, 3, 0]])
    assert read_tracks(tmp_path / "a.h5", Known(n_frames=8)).n_frames == 8


def test_without_h5py(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "a.h5").write_bytes(b"")
    with pytest.raises(MissingDependency, match=r"a\.h5.*pip install h5py"):
        read_tracks(tmp_path / "a.h5")


def test_damaged_hdf5(tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    (tmp_path / "a.h5").write_bytes(b"no HDF5")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["other"] = np.zeros(3)
    for name, says in (("a.h5", "damaged"), ("b.h5", "no analysis file")):
        with pytest.raises(BadInput, match=rf"{name}.*{says}"):
            read_tracks(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PREDICTED.replace("coords,x,y,likelihood,x,y,likelihood", "coords,a,b,c,d,e,f"), "no columns x and y"),
        (PREDICTED.replace("coords,x,y,likelihood,x,y", "coords,x,y,likelihood,x,z"), "'base' lacks a column x or y"),
        (PREDICTED.replace("bodyparts,Apex", "bodyparts,"), "differ in length|lacks|is there"),
        (PREDICTED.replace("10.5", "ten"), "line 4: x is 'ten'"),
        (PREDICTED.replace("\n1,", "\none,"), "line 5: the frame is 'one'"),
        (PREDICTED.replace("\n1,", "\n0,"), "twice on frame 0"),
        (PREDICTED.split("0,10")[0], "holds no points"),
        (SLEAP.replace(",3,0.9", ",-3,0.9"), "line 3: frame_idx is '-3'"),
    ],
)
def test_damaged_tables_are_refused(tmp_path, text, says):
    with pytest.raises(BadInput, match=rf"a\.csv: .*({says})"):
        read_tracks(written(tmp_path / "a.csv", text))


def test_more_frames_than_the_clip(tmp_path):
    with pytest.raises(BadInput, match="3 frames or more, but this clip has 2"):
        read_tracks(written(tmp_path / "a.csv", PREDICTED), Known(n_frames=2))
