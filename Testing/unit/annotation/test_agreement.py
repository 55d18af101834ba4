"""Agreement of two annotation sets against figures known beforehand."""

from __future__ import annotations

import csv
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from EchoTrackerLib.annotation.agreement import compare_annotations
from EchoTrackerLib.annotation.agreement_files import write_agreement
from EchoTrackerLib.annotation.annotation import State, from_tracks
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.tracks import Tracks


def make(shift=(0.0, 0.0), noise=0.0, seed=0, spacing=(0.5, 0.25)):
    rng = np.random.default_rng(seed)
    t = np.arange(40)
    motion = np.stack([8 * np.sin(t / 6), 5 * np.cos(t / 6)], axis=-1)
    start = np.array([[20.0, 90.0], [60.0, 15.0], [110.0, 95.0]])
    positions = start[:, None] + motion + shift + noise * rng.normal(size=(3, 40, 2))
    tracks = Tracks(positions.astype(np.float32), np.ones((3, 40), bool), ("l", "a", "r"), t / 50, spacing)
    return replace(from_tracks(tracks), segments=("basal", "apical", "basal"))


def test_constant_shift_is_bias():
    found = compare_annotations(make(shift=(3.0, 4.0)), make())
    assert found.overall.n == 120
    assert found.overall.mean_px == pytest.approx(5, abs=1e-4)
    assert found.overall.sd_px == pytest.approx(0, abs=1e-4)
    assert found.overall.mean_mm == pytest.approx(np.hypot(3 * 0.25, 4 * 0.5), abs=1e-4)
    assert found.x.bias == pytest.approx(0.75, abs=1e-4)
    assert found.y.bias == pytest.approx(2.0, abs=1e-4)
    assert found.y.icc_consistency == pytest.approx(1, abs=1e-6)
    assert found.y.icc_absolute < 0.8


def test_random_error_sets_limits_and_icc_of_motion():
    found = compare_annotations(make(noise=1.0, seed=1), make(noise=1.0, seed=2))
    assert found.x.sd == pytest.approx(np.sqrt(2) * 0.25, rel=0.15)
    assert found.x.upper_limit - found.x.lower_limit == pytest.approx(2 * 1.96 * found.x.sd)
    expected = 32 / (32 + 1)  # variance of the motion 8^2 / 2 against that of the error
    assert found.x.icc_absolute == pytest.approx(expected, abs=0.02)


def test_only_cells_that_both_sets_annotate_count_by_name():
    first, second = make(shift=(3.0, 4.0)), make()
    states = second.states.copy()
    states[0, 5:] = State.OCCLUDED
    second = replace(second, states=states, labels=("l", "x", "r"))
    found = compare_annotations(first, second)
    assert found.labels == ("l", "r")
    assert found.by_point["l"].n == 5
    assert found.by_segment["basal"].n == 45
    assert set(found.by_segment) == {"basal"}
    assert np.isnan(found.distance_px[0, 5:]).all()


def test_worst_episodes_name_a_stretch_of_a_point_once():
    second = make(spacing=None)
    positions = second.positions.copy()
    positions[1, 5:10, 0] += (8, 14, 30, 20, 14)  # one stretch about frame 7, with flanks below half
    positions[1, 25, 0] += 12  # another of the same point
    positions[2, 9, 1] -= 40
    states = second.states.copy()
    states[2, 8] = State.OCCLUDED
    found = compare_annotations(make(spacing=None), replace(second, positions=positions, states=states))
    worst = found.worst_episodes(3)
    assert [(e.label, e.frame, e.first, e.last) for e in worst] == [("r", 9, 9, 9), ("a", 7, 7, 8), ("a", 25, 25, 25)]
    assert [e.distance for e in worst] == pytest.approx([40, 30, 12], abs=1e-4)
    assert len(found.worst_episodes()) <= 20
    assert found.over_time[7] == pytest.approx(10, abs=1e-4)


def test_a_point_that_is_off_all_the_time_is_one_episode():
    found = compare_annotations(make(noise=0.2, seed=1), make(shift=(20, 0), noise=0.2, seed=2))
    assert [(e.first, e.last) for e in found.worst_episodes()] == [(0, 39)] * 3


def test_icc_is_of_points_that_have_a_motion():
    first, second = make(noise=1.0, seed=1), make(noise=1.0, seed=2)
    few = np.zeros((3, 40), dtype=np.uint8)
    few[1:, 7] = State.PLACED
    alone = compare_annotations(replace(first, states=few), replace(second, states=few))
    assert np.isnan([alone.x.icc_absolute, alone.y.icc_absolute, alone.x.icc_consistency]).all()
    assert alone.overall.n == 2
    assert np.isfinite(alone.x.bias)
    few[0] = State.PLACED
    both = compare_annotations(replace(first, states=few), replace(second, states=few))
    few[1:] = 0
    left = compare_annotations(replace(first, states=few), replace(second, states=few))
    assert both.x.icc_absolute == pytest.approx(left.x.icc_absolute)
    assert both.x.n == 42


def test_only_what_people_placed_counts_when_asked():
    first, second = make(shift=(3.0, 4.0)), make()
    states = first.states.copy()
    states[:2, 3] = State.PLACED
    states[0, 5] = State.PLACED
    first = replace(first, states=states, annotator="A")
    second = replace(second, states=np.where(states == State.PLACED, states, State.INTERPOLATED), annotator="A")
    found = compare_annotations(first, second, (State.PLACED,))
    assert found.overall.n == 3
    assert found.counted == ("placed",)
    assert found.is_intra_observer
    assert not compare_annotations(first, replace(second, annotator="B")).is_intra_observer
    assert not compare_annotations(replace(first, annotator=""), replace(second, annotator="")).is_intra_observer


def test_files_hold_every_distance_with_segment_and_the_figures(tmp_path):
    found = compare_annotations(make(shift=(3.0, 4.0)), make())
    write_agreement(tmp_path / "a.csv", found, ("one", "two"))
    lines = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert any("segment basal" in line and "mean 5.000" in line and "px" in line for line in comments)
    assert any("ICC(2,1)" in line for line in comments)
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(rows) == 120
    assert rows[41]["segment"] == "apical"
    assert float(rows[41]["distance_mm"]) == pytest.approx(np.hypot(0.75, 2.0), abs=1e-3)
    write_agreement(tmp_path / "a.svg", found, ("<one>", "two"))
    picture = ET.fromstring((tmp_path / "a.svg").read_text(encoding="utf-8"))
    titles = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert sum(title.startswith("frame 7:") for title in titles) == 4  # three points and their mean
    with pytest.raises(BadInput, match=r"a\.xls"):
        write_agreement(tmp_path / "a.xls", found, ("one", "two"))


def test_unknown_spacing_and_refusals(tmp_path):
    found = compare_annotations(make(shift=(1, 0), spacing=None), make(spacing=None))
    assert found.distance_mm is None
    assert np.isnan(found.overall.mean_mm)
    assert found.x.bias == pytest.approx(1, abs=1e-4)
    write_agreement(tmp_path / "a.csv", found, ("one", "two"))
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[-1].endswith(",")
    with pytest.raises(BadInput, match="no point name"):
        compare_annotations(make(), replace(make(), labels=("u", "v", "w")))
    with pytest.raises(BadInput, match="two positions"):
        compare_annotations(make(), replace(make(), states=np.zeros((3, 40), np.uint8)))
