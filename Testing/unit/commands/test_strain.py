"""The commands strain, evaluate and convert, as a user calls them."""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from shared_data import shared
from wall_examples import scaled_wall

from EchoTrackerLib.cine.regions import not_square_source
from EchoTrackerLib.commands import convert, evaluate, strain, study
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.files import read_tracks, write_tracks


def call(*words):
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers()
    for command in (strain, study, evaluate, convert):
        command.add_parser(subparsers)
    arguments = parser.parse_args([str(word) for word in words])
    return arguments.run(arguments)


@pytest.fixture
def wall(tmp_path):
    path = tmp_path / "tracks.npz"
    write_tracks(path, replace(scaled_wall(0.2, drift=-2), size=(400, 600)))
    return path


def test_pixels_that_are_not_square_give_no_headline_without_spacing(tmp_path, capsys):
    """Nor does a study of them, nor a file of tracks that went through CSV."""
    skewed = replace(
        scaled_wall(0.2, spacing=None), spacing_source=not_square_source("8:9"), size=(400, 600), avc_s=0.324
    )
    for name in ("tracks.npz", "tracks.csv", "tracks.json"):
        write_tracks(tmp_path / name, skewed)
        assert call("strain", tmp_path / name, "--view", "A4C", "--report", "--out", tmp_path / "out") == 0
        report = json.loads((tmp_path / "out" / "strain.json").read_text())
        assert report["gls_percent"] is None and "8:9" in report["void_because"]
        assert all(part["end_systolic_percent"] is None for part in report["segments"])
        assert report["beats"][0]["gls_percent"] is None
        assert "GLS void" in capsys.readouterr().out
    (tmp_path / "heart.csv").write_text("view,tracks\nA4C,tracks.npz\n")
    assert call("study", tmp_path / "heart.csv", "--out", tmp_path / "study") == 0
    assert "A4C GLS void: scale unknown" in capsys.readouterr().out
    square = replace(skewed, spacing_source="unknown")
    write_tracks(tmp_path / "square.npz", square)
    call("strain", tmp_path / "square.npz", "--out", tmp_path / "square")
    assert json.loads((tmp_path / "square" / "strain.json").read_text())["gls_percent"] == pytest.approx(-20, abs=0.05)


def test_aortic_valve_closure_comes_from_the_user_then_from_the_file(wall, tmp_path):
    for suffix in (".npz", ".csv", ".json", ".tapvid.npz"):
        path = tmp_path / f"closure{suffix}"
        write_tracks(path, replace(read_tracks(wall), avc_s=0.28))
        call("strain", path, "--out", tmp_path / "out")
        report = json.loads((tmp_path / "out" / "strain.json").read_text())
        assert report["es_frame"] == 14
        assert report["es_source"] == "aortic valve closure, 280 ms after end-diastole, in the clip's file"
    call("strain", path, "--avc-ms", "320", "--out", tmp_path / "out")
    report = json.loads((tmp_path / "out" / "strain.json").read_text())
    assert (report["es_frame"], report["es_source"][-17:]) == (16, "given by the user")
    table = (tmp_path / "closure.csv").read_text().replace("0.28", "280")
    (tmp_path / "closure.csv").write_text(table)
    with pytest.raises(BadInput, match="avc_s is 280"):
        call("strain", tmp_path / "closure.csv", "--out", tmp_path / "out")


def test_strain_writes_three_files_that_agree(wall, tmp_path, capsys):
    assert call("strain", wall, "--view", "A4C", "--layer", "mid", "--out", tmp_path / "out") == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["strain.csv", "strain.json", "strain.png"]
    with (tmp_path / "out" / "strain.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:4] == ["frame", "time_s", "strain_percent", "strain_uncompensated_percent"]
    assert "basal inferoseptal percent" in rows[0] and len(rows) == 46
    report = json.loads((tmp_path / "out" / "strain.json").read_text())
    es, end = report["es_frame"], report["cycle_end_frame"]
    assert report["gls_percent"] == pytest.approx(float(rows[es]["strain_percent"]), abs=1e-6)
    assert report["gls_percent"] == pytest.approx(-20, abs=0.15)
    assert report["drift_percent"] == pytest.approx(float(rows[end]["strain_uncompensated_percent"]), abs=1e-6)
    assert report["ed_frame"] == 0 and report["es_time_s"] == pytest.approx(float(rows[es]["time_s"]))
    assert "surrogate" in report["es_found_by"] and report["drift_compensated"] is True
    assert "Lagrangian" in report["definitions"]["strain"] and "ED" in report["definitions"]["reference"]
    assert (report["view"], report["layer"], report["n_points_excluded"]) == ("A4C", "mid", 0)
    assert [s["name"] for s in report["segments"]][2] == "apical inferoseptal"
    assert "GLS" in capsys.readouterr().out


def test_strain_options(wall, tmp_path):
    call("strain", wall, "--ed", 1, "--es", 14, "--no-drift-compensation", "--exclude", "W05", "--out", tmp_path)
    report = json.loads((tmp_path / "strain.json").read_text())
    assert (report["ed_frame"], report["es_frame"], report["ed_found_by"]) == (1, 14, "given by the user")
    assert report["drift_compensated"] is False and report["drift_percent"] == pytest.approx(-2, abs=0.3)
    assert report["points_excluded"] == ["W05"]
    call("strain", wall, "--natural", "--out", tmp_path / "n")
    natural = json.loads((tmp_path / "n" / "strain.json").read_text())
    assert "natural" in natural["definitions"]["strain"] and natural["gls_percent"] < -22


def test_unknown_numbers_are_null(tmp_path):
    write_tracks(tmp_path / "a.npz", scaled_wall(0.2, cycles=0.4, n=5, spacing=None))
    call("strain", tmp_path / "a.npz", "--out", tmp_path)
    report = json.loads((tmp_path / "strain.json").read_text())
    assert report["drift_percent"] is None and report["cycle_end_frame"] is None and report["segments"] == []
    assert report["mechanical_dispersion_s"] is None and report["length_unit"] == "px"


def test_bad_input_leaves_nothing(wall, tmp_path):
    with pytest.raises(BadInput, match="ED frame 99"):
        call("strain", wall, "--ed", 99, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_evaluate_golden_figures(tmp_path, capsys):
    with np.load(shared("parity/metrics_1.npz"), allow_pickle=False) as golden:
        np.savez(tmp_path / "a.npz", positions=golden["truth"].astype(np.float32), visible=golden["visible"])
        np.savez(tmp_path / "b.npz", positions=golden["estimate"].astype(np.float32))
        expected = 100 * float(golden["average_pts_within_thresh"]), float(golden["median_traj_error"])
    call("evaluate", "--truth", tmp_path / "a.npz", "--estimate", tmp_path / "b.npz", "--json")
    figures = json.loads(capsys.readouterr().out)
    assert (figures["delta_avg"], figures["mte_px"]) == pytest.approx(expected, abs=1e-4)
    assert figures["survival"] == 100 and "mte_mm" not in figures


def test_evaluate_by_label_in_px_and_mm(wall, tmp_path, capsys):
    tracks = read_tracks(wall)
    moved = tracks.positions.copy()
    moved[:, 1:, 0] += 5
    shuffled = replace(tracks, positions=moved).select(np.arange(tracks.n_points)[::-1])
    write_tracks(tmp_path / "b.npz", shuffled)
    call("evaluate", "--truth", wall, "--estimate", tmp_path / "b.npz", "--json")
    figures = json.loads(capsys.readouterr().out)
    assert figures["mte_native_px"] == pytest.approx(5, abs=1e-4) and figures["mte_mm"] == pytest.approx(2, abs=1e-4)
    assert figures["mte_px"] == pytest.approx(5 * 256 / 400, abs=1e-4) and figures["size"] == [400, 600]
    call("evaluate", "--truth", wall, "--estimate", tmp_path / "b.npz")
    text = capsys.readouterr().out
    assert "delta_avg" in text and "mm" in text and "survival" in text


def test_evaluate_refuses_what_does_not_fit(wall, tmp_path, capsys):
    tracks = read_tracks(wall)
    write_tracks(tmp_path / "few.npz", tracks.select(np.arange(5)))
    with pytest.raises(BadInput, match=r"tracks\.npz.*few\.npz.*W06"):
        call("evaluate", "--truth", wall, "--estimate", tmp_path / "few.npz")
    short = replace(
        tracks, positions=tracks.positions[:, :9], visible=tracks.visible[:, :9], times_s=tracks.times_s[:9]
    )
    write_tracks(tmp_path / "short.npz", short)
    with pytest.raises(BadInput, match="46 frames"):
        call("evaluate", "--truth", wall, "--estimate", tmp_path / "short.npz")
    write_tracks(tmp_path / "sizeless.npz", replace(tracks, size=None))
    with pytest.raises(BadInput, match="--size"):
        call("evaluate", "--truth", tmp_path / "sizeless.npz", "--estimate", tmp_path / "sizeless.npz")
    small = replace(tracks, size=None, positions=tracks.positions / 4)
    write_tracks(tmp_path / "small.npz", small)
    call("evaluate", "--truth", tmp_path / "small.npz", "--estimate", tmp_path / "small.npz", "--json")
    captured = capsys.readouterr()
    assert "assumed" in captured.err and json.loads(captured.out)["size"] == [256, 256]


@pytest.mark.parametrize("name", ["b.csv", "b.json", "b.npz", "b.tapvid.npz"])
def test_convert_there_and_back(wall, tmp_path, name):
    call("convert", wall, tmp_path / name)
    call("convert", tmp_path / name, tmp_path / "back.npz")
    before, after = read_tracks(wall), read_tracks(tmp_path / "back.npz")
    np.testing.assert_allclose(after.positions, before.positions, atol=1e-4)
    np.testing.assert_array_equal(after.times_s, before.times_s)
    assert after.labels == before.labels and after.spacing_mm == pytest.approx(before.spacing_mm)


def test_convert_to_an_unknown_format(wall, tmp_path):
    with pytest.raises(BadInput, match="unknown track format"):
        call("convert", wall, tmp_path / "a.xlsx")
