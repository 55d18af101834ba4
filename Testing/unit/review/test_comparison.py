"""Tracks against a reference: the figures of `evaluate`, live by frame, by point; pairing; what counts as truth."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from EchoTrackerLib.annotation.annotation import State, from_tracks
from EchoTrackerLib.annotation.files import write_annotation
from EchoTrackerLib.commands.main import main
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.review.comparison import (
    APART,
    CLOSE,
    FAR,
    NEAR,
    UNCOMPARED,
    clip_figures,
    compare_tracks,
    compared_points,
    distance_classes,
    frame_figures,
    read_reference,
    trusted_tracks,
)
from EchoTrackerLib.tracks.files import write_tracks
from EchoTrackerLib.tracks.known import Known
from EchoTrackerLib.tracks.metrics import native_metrics, point_tracking_metrics
from EchoTrackerLib.tracks.tracks import Tracks

SIZE = (512, 128)  # the grid is 0.5 and 2 px a pixel


def tracks(n=4, t=8, seed=0, **more) -> Tracks:
    rng = np.random.default_rng(seed)
    positions = (rng.random((n, t, 2)) * SIZE).astype(np.float32)
    made = Tracks(
        positions,
        np.ones((n, t), dtype=bool),
        tuple(f"p{i}" for i in range(n)),
        np.arange(t) / 25,
        (0.5, 0.25),
        tracker="classical",
        size=SIZE,
    )
    return replace(made, **more)


def moved(reference: Tracks, offset) -> Tracks:
    return replace(reference, positions=(reference.positions + np.asarray(offset)).astype(np.float32))


def test_figures_are_those_of_evaluate():
    truth, rng = tracks(), np.random.default_rng(1)
    estimate = replace(truth, positions=(truth.positions + rng.normal(0, 6, (4, 8, 2))).astype(np.float32))
    estimate.positions[2, 5:] = np.nan
    visible = rng.random((4, 8)) > 0.3
    truth = replace(truth, visible=visible)
    found = clip_figures(compare_tracks(estimate, truth, SIZE))
    expected = point_tracking_metrics(truth.positions, estimate.positions, visible, SIZE, 0)
    native = native_metrics(truth.positions, estimate.positions, visible, 0, truth.spacing_mm)
    assert found.within == pytest.approx([expected[f"delta_{k}"] for k in (1, 2, 4, 8, 16)])
    assert found.average == pytest.approx(expected["delta_avg"])
    assert found.error_px == pytest.approx(expected["mte_px"])
    assert found.error_length == pytest.approx(native["mte_mm"])
    assert found.count == visible[:, 1:].sum()


def test_distances_are_on_the_grid_and_in_mm():
    truth = tracks()
    compared = compare_tracks(moved(truth, (6, 0)), truth, SIZE)
    assert compared.unit == "mm"
    assert compared.grid_px[:, 1:] == pytest.approx(np.full((4, 7), 3.0), abs=1e-4)
    assert compared.length[:, 1:] == pytest.approx(np.full((4, 7), 1.5), abs=1e-4)
    compared = compare_tracks(moved(truth, (0, 3)), truth, SIZE)
    assert compared.grid_px[:, 1:] == pytest.approx(np.full((4, 7), 6.0), abs=1e-4)
    assert compared.length[:, 1:] == pytest.approx(np.full((4, 7), 1.5), abs=1e-4)
    unknown = replace(truth, spacing_mm=None)
    compared = compare_tracks(moved(unknown, (0, 3)), unknown, SIZE)
    assert compared.unit == "px" and compared.length[0, 3] == pytest.approx(3, abs=1e-4)


def test_the_given_frame_and_what_the_reference_does_not_see_are_left_out():
    truth = tracks(query_frame=3)
    truth.visible[1, 5] = False
    truth.positions[2, 6] = np.nan
    compared = compare_tracks(moved(truth, (1, 0)), truth, SIZE)
    expected = np.ones((4, 8), dtype=bool)
    expected[:, 3] = expected[1, 5] = expected[2, 6] = False
    assert np.array_equal(compared.evaluated, expected)
    assert np.isnan(compared.grid_px[~expected]).all()
    assert frame_figures(compared, 3) is None
    assert frame_figures(compared, 5).count == 3


def test_figures_of_a_frame_count_missing_positions_as_misses():
    truth = tracks()
    estimate = moved(truth, (3, 0))  # 1.5 px on the grid, 0.75 mm
    estimate.positions[0, 4] = np.nan
    found = frame_figures(compare_tracks(estimate, truth, SIZE), 4)
    assert found.within == (0, 75, 75, 75, 75)
    assert found.average == 60
    assert (found.error_px, found.error_length) == pytest.approx((1.5, 0.75), abs=1e-4)


def test_points_know_their_worst_frame():
    truth = tracks()
    estimate = moved(truth, (0.0, 0.0))
    estimate.positions[1, 6] += (40, 0)
    estimate.positions[2, 2:] = np.nan
    estimate.positions[3] = np.nan
    rows = compared_points(compare_tracks(estimate, truth, SIZE))
    assert (rows[1].worst_frame, rows[1].median_px, rows[1].missing) == (6, 0, 0)
    assert (rows[1].worst_px, rows[1].worst_length) == pytest.approx((20, 10), abs=1e-4)
    assert rows[2].missing == 6 and rows[2].worst_frame == 1
    assert rows[3].worst_frame is None and rows[3].missing == 7 and np.isnan(rows[3].worst_px)


def test_points_are_paired_by_name_then_by_order():
    first, second = tracks(), tracks(labels=("p3", "p1", "other", "p0"))
    compared = compare_tracks(first, second, SIZE)
    assert compared.labels == ("p0", "p1", "p3")
    assert set(compared.left_out) == {"p2", "other"}
    assert not compared.by_order
    assert np.array_equal(compared.reference[0], second.positions[3])
    compared = compare_tracks(first, tracks(labels=("a", "b", "c", "d")), SIZE)
    assert compared.by_order and compared.left_out == ()
    assert np.array_equal(compared.reference, second.positions)


@pytest.mark.parametrize("labels", [("a", "b", "c"), ("p0", "p0", "c", "d"), ()])
def test_points_that_cannot_be_paired_are_refused(labels):
    other = tracks(n=len(labels), labels=labels)
    with pytest.raises(BadInput, match="cannot be paired"):
        compare_tracks(tracks(), other, SIZE)


def test_another_number_of_frames_is_refused():
    with pytest.raises(BadInput, match=r"8 frames .* 7"):
        compare_tracks(tracks(), tracks(t=7), SIZE)


def test_nothing_in_common_in_time_gives_no_figures():
    truth = tracks(visible=np.zeros((4, 8), dtype=bool))
    compared = compare_tracks(tracks(seed=1), truth, SIZE)
    assert clip_figures(compared) is None
    assert all(row.worst_frame is None and row.missing == 0 for row in compared_points(compared))


def test_classes():
    values = np.array([0, 1.99, 2, 3.99, 4, 7.9, 8, np.inf, np.nan])
    assert distance_classes(values).tolist() == [NEAR, NEAR, CLOSE, CLOSE, APART, APART, FAR, FAR, UNCOMPARED]


def test_only_what_people_placed_is_a_reference(tmp_path):
    annotation = from_tracks(tracks())
    with pytest.raises(BadInput, match="placed by hand"):
        trusted_tracks(annotation)
    for name in ("set.json", "set.npz", "set.csv"):
        write_annotation(tmp_path / name, annotation)
        with pytest.raises(BadInput, match="placed by hand"):
            read_reference(tmp_path / name)
    annotation.states[1, 2:5] = (State.PLACED, State.INTERPOLATED, State.OCCLUDED)
    expected = np.zeros((4, 8), dtype=bool)
    expected[1, 2:4] = True
    assert np.array_equal(trusted_tracks(annotation).visible, expected)
    for name in ("set.json", "set.npz", "set.csv"):
        write_annotation(tmp_path / name, annotation)
        assert np.array_equal(read_reference(tmp_path / name).visible, expected), name


@pytest.mark.parametrize("name", ["tracks.npz", "tracks.json", "tracks.csv", "tracks.tapvid.npz"])
def test_track_files_are_references_as_they_are(tmp_path, name):
    written = tracks()
    written.visible[0, 3] = False
    write_tracks(tmp_path / name, written)
    found = read_reference(tmp_path / name, Known(SIZE))
    assert np.array_equal(found.visible, written.visible)
    assert found.positions == pytest.approx(written.positions, abs=1e-3)


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "a.json").write_text('{"x": 1}')
    with pytest.raises(BadInput, match=r"a\.json"):
        read_reference(tmp_path / "a.json")


def test_evaluate_takes_annotations_as_truth(tmp_path, capsys):
    estimate = tracks()
    annotation = from_tracks(moved(estimate, (0, 1)))
    annotation.positions[0, 3] += (20, 0)
    annotation.states[0, 3] = annotation.states[1, 3] = State.PLACED
    write_annotation(tmp_path / "set.json", annotation)
    write_tracks(tmp_path / "tracks.npz", estimate)
    command = ["evaluate", "--truth", str(tmp_path / "set.json"), "--estimate", str(tmp_path / "tracks.npz"), "--json"]
    assert main(command) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["delta_4"] == 50  # one of two placed positions; all others are the tracker's own
