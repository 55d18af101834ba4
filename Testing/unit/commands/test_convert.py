"""`convert` and `evaluate` with files of other programs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from EchoTrackerLib.annotation.annotation import State
from EchoTrackerLib.annotation.files import read_annotation
from EchoTrackerLib.commands.main import main
from EchoTrackerLib.tracks.files import read_tracks, write_tracks
from EchoTrackerLib.tracks.tracks import Tracks

XML = """<annotations><meta><task><size>4</size><original_size><width>64</width><height>48</height></original_size>
</task></meta><track label="apex"><points frame="1" keyframe="1" outside="0" occluded="0" points="10.5,20.5"/>
<points frame="2" keyframe="0" outside="0" occluded="0" points="11.5,20.5"/>
<points frame="3" keyframe="1" outside="0" occluded="0" points="12.5,20.5"/></track></annotations>"""
POSES = """scorer,N,N,N
bodyparts,apex,apex,apex
coords,x,y,likelihood
0,9,20,0.9
1,10,20,0.9
2,11,20,0.9
3,12,20,0.9
"""


@pytest.mark.parametrize("target", ["a.npz", "a.json", "a.csv", "a.coco.json", "a.tapvid.npz"])
def test_annotations_of_cvat_stay_annotations(tmp_path, target, capsys):
    (tmp_path / "c.xml").write_text(XML)
    assert main(["convert", str(tmp_path / "c.xml"), str(tmp_path / target)]) == 0
    assert "1 points, 4 frames" in capsys.readouterr().out
    found = read_annotation(tmp_path / target)
    np.testing.assert_allclose(found.positions[0, 1:], [[10, 20], [11, 20], [12, 20]], atol=1e-4)
    states = [0, State.PLACED, State.INTERPOLATED, State.PLACED]
    assert found.states[0].tolist() == (states if "tapvid" not in target else [0, *[State.TRACKER] * 3])


def test_tracks_of_deeplabcut_stay_tracks(tmp_path):
    (tmp_path / "d.csv").write_text(POSES)
    assert main(["convert", str(tmp_path / "d.csv"), str(tmp_path / "t.npz"), "--frames", "6"]) == 0
    tracks = read_tracks(tmp_path / "t.npz")
    assert tracks.n_frames == 6 and tracks.tracker == "DeepLabCut" and tracks.visible.sum() == 4
    assert main(["convert", str(tmp_path / "d.csv"), str(tmp_path / "t.coco.json"), "--size", "64", "48"]) == 0
    assert read_annotation(tmp_path / "t.coco.json").states[0].tolist() == [State.TRACKER] * 4


def test_they_are_truth(tmp_path, capsys):
    estimate = Tracks(
        np.array([[[9, 20], [10, 20], [11, 23], [12, 23]]], np.float32),
        np.ones((1, 4), bool),
        ("apex",),
        np.arange(4) / 30,
        size=(64, 48),
    )
    write_tracks(tmp_path / "e.npz", estimate)
    (tmp_path / "c.xml").write_text(XML)
    (tmp_path / "d.csv").write_text(POSES)
    for name, error in (("c.xml", 3.0), ("d.csv", 3.0)):
        arguments = ["evaluate", "--truth", str(tmp_path / name), "--estimate", str(tmp_path / "e.npz"), "--json"]
        assert main(arguments) == 0
        assert json.loads(capsys.readouterr().out)["mte_native_px"] == pytest.approx(error)


@pytest.mark.parametrize(("option", "says"), [("--frames 0", "at least one"), ("--size 0 4", "must be positive")])
def test_facts_that_cannot_be(tmp_path, capsys, option, says):
    (tmp_path / "d.csv").write_text(POSES)
    assert main(["convert", str(tmp_path / "d.csv"), str(tmp_path / "t.npz"), *option.split()]) == 2
    assert says in capsys.readouterr().err
