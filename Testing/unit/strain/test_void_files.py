"""What the command writes where a value cannot be given."""

from __future__ import annotations

import json
from dataclasses import replace

import known_walls as w
import numpy as np
import pytest
from known_walls import SIX, near, rejecting, ring

from EchoTrackerLib.commands.main import main
from EchoTrackerLib.tracks.files import write_tracks


def test_times_that_cannot_be_and_too_few_frames(tmp_path, capsys):
    positions = w.wall(SIX)
    for times in (np.zeros(46), w.TIMES[::-1], np.where(np.arange(46) == 7, np.nan, w.TIMES)):
        write_tracks(tmp_path / "t.npz", w.tracks(positions, times))
        assert main(["strain", str(tmp_path / "t.npz"), "--out", str(tmp_path / "o")]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    write_tracks(tmp_path / "t.npz", w.tracks(positions[:, ::8], w.TIMES[::8]))
    assert main(["strain", str(tmp_path / "t.npz"), "--out", str(tmp_path / "o")]) == 2
    assert "frames a beat" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_void_is_null_and_an_empty_cell(tmp_path):
    tracks = replace(w.tracks(w.wall(SIX)), review=rejecting("basal inferoseptal", "mid inferoseptal"))
    write_tracks(tmp_path / "t.npz", tracks)
    assert main(["strain", str(tmp_path / "t.npz"), "--view", "A4C", "--out", str(tmp_path / "o")]) == 0
    report = json.loads((tmp_path / "o" / "strain.json").read_text(encoding="utf-8"))
    assert report["gls_percent"] is None and "one sixth" in report["void_because"]
    first = report["segments"][0]
    assert first["end_systolic_percent"] is None and first["void_because"] == "rejected by the reviewer"
    assert report["beats"][0]["gls_percent"] is None and report["beats"][0]["used"] is False
    row = (tmp_path / "o" / "strain.csv").read_text(encoding="utf-8").splitlines()[17].split(",")
    assert row[2] == "" and row[4] == "" and float(row[6]) == pytest.approx(-15, abs=0.1)


def test_closed_contours_have_no_gls_in_the_file(tmp_path):
    write_tracks(tmp_path / "t.npz", w.tracks(ring()))
    assert main(["strain", str(tmp_path / "t.npz"), "--out", str(tmp_path / "o")]) == 0
    report = json.loads((tmp_path / "o" / "strain.json").read_text(encoding="utf-8"))
    assert report["gls_percent"] is None and report["measure"] == "GCS"
    near(report["gcs_percent"], -20)
