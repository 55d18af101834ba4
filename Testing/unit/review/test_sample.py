"""Samples that people look at: drawing, labelling, forms through a spreadsheet, the estimate; and the command."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from EchoTrackerLib.commands.main import main
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.review.sample import (
    error_counts,
    error_rate,
    new_sample,
    next_unexamined,
    read_form,
    sample_document,
    sample_from_document,
    with_errors,
    write_form,
    write_results,
)
from EchoTrackerLib.review.sampling import estimate_error_rate
from EchoTrackerLib.tracks.files import write_tracks
from EchoTrackerLib.tracks.tracks import Tracks


def confidences():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.uniform(0, 0.5, 10), rng.uniform(0.5, 0.8, 30), rng.uniform(0.95, 1, 60)])


def sample(n=30):
    names = [(f"study {i // 10}.npz", f"mid {i % 10:02d}") for i in range(100)]
    return new_sample(names, confidences(), n, seed=3)


def test_the_estimate_is_that_of_the_strata():
    drawn = sample()
    assert error_rate(drawn) is None
    for i, track in enumerate(drawn.tracks):
        wrong = track.stratum == 0 or i % 7 == 0
        drawn = with_errors(drawn, i, ["drift", "jump"] if wrong else [])
    counts = {}
    for track in drawn.tracks:
        errors, examined = counts.get(track.stratum, (0, 0))
        counts[track.stratum] = (errors + bool(track.errors), examined + 1)
    expected = estimate_error_rate(counts, {0: 10, 1: 30, 3: 60})
    assert error_rate(drawn) == expected
    assert expected.low < expected.rate < expected.high
    wrong = sum(errors for errors, _examined in counts.values())
    assert error_counts(drawn) == {"drift": wrong, "jump": wrong, "swap": 0, "off wall": 0}


def test_every_stratum_is_drawn_from():
    drawn = sample(n=1)
    assert sorted(track.stratum for track in drawn.tracks) == [0, 1, 3]
    with pytest.raises(BadInput, match="at least one"):
        sample(n=0)
    with pytest.raises(BadInput, match="no tracks"):
        new_sample([], np.zeros(0), 5, 0)


def test_next_track_goes_around_what_is_done():
    drawn = sample(n=5)
    assert next_unexamined(drawn, -1) == 0
    drawn = with_errors(with_errors(drawn, 0, []), 3, ["swap"])
    assert [next_unexamined(drawn, i) for i in range(5)] == [1, 2, 4, 4, 1]
    for i in range(5):
        drawn = with_errors(drawn, i, [])
    assert next_unexamined(drawn, 2) is None
    assert drawn.examined == 5
    assert with_errors(drawn, 2, None).examined == 4


def test_unknown_errors_are_refused_and_order_does_not_matter():
    drawn = with_errors(sample(), 0, ["off wall", "drift", "drift"])
    assert drawn.tracks[0].errors == ("drift", "off wall")
    with pytest.raises(BadInput, match="no error type"):
        with_errors(drawn, 0, ["blur"])


def test_document_round_trip():
    drawn = with_errors(with_errors(sample(), 0, []), 4, ["swap", "jump"])
    drawn = replace(drawn, tracks=(*drawn.tracks, replace(drawn.tracks[0], confidence=0.25, point='"æ" <&>')))
    assert sample_from_document(json.loads(json.dumps(sample_document(drawn)))) == drawn
    unknown = new_sample([("", "a")], np.array([np.nan]), 1, 0)
    assert np.isnan(sample_from_document(sample_document(unknown)).tracks[0].confidence)


@pytest.mark.parametrize("damage", [lambda d: None, lambda d: {}, lambda d: {**d, "sizes": [[0, 1]]},
                                    lambda d: {**d, "tracks": [{}]},
                                    lambda d: {**d, "tracks": [{**d["tracks"][0], "errors": ["blur"]}]}])  # fmt: skip
def test_damaged_documents_are_refused(damage):
    with pytest.raises(BadInput):
        sample_from_document(damage(sample_document(sample())))


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_form_filled_in_a_spreadsheet_comes_back(tmp_path, delimiter):
    drawn = sample(n=6)
    write_form(tmp_path / "sample.csv", drawn)
    with (tmp_path / "sample.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["number", "file", "point", "errors"]  # nothing tells the stratum
    for row, text in zip(rows, ("none", "Drift", "drift; off wall", "swap,jump", "", " NONE ")):
        row["errors"] = text
    with (tmp_path / "sample.csv").open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(reversed(rows))  # sorted by somebody
    found = read_form(tmp_path / "sample.csv", drawn)
    assert [track.errors for track in found.tracks] == [
        (), ("drift",), ("drift", "off wall"), ("jump", "swap"), None, ()
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("number", "nummer", "needs the columns"), ("1,", "99,", "line 2"), (",none", ",blurred", "no error type")],
)
def test_a_form_of_something_else_is_refused(tmp_path, old, new, message):
    drawn = with_errors(sample(n=3), 0, [])
    path = tmp_path / "sample.csv"
    write_form(path, drawn)
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(BadInput, match=message):
        read_form(path, drawn)


def test_results_tell_everything(tmp_path):
    drawn = with_errors(with_errors(sample(n=3), 0, []), 1, ["swap", "jump"])
    write_results(tmp_path / "r.csv", drawn)
    with (tmp_path / "r.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["errors"] for row in rows] == ["none", "jump ; swap", ""]
    for row, track in zip(rows, drawn.tracks):
        assert int(row["tracks_in_stratum"]) == {0: 10, 1: 30, 3: 60}[int(row["stratum"])]
        assert float(row["confidence"]) == pytest.approx(track.confidence, abs=1e-4)


@pytest.fixture
def studies(tmp_path):
    """Three track files of 20 points; every tenth point has a low confidence."""
    paths = []
    for k in range(3):
        confidence = np.full((20, 6), 0.97, dtype=np.float32)
        confidence[::10] = 0.2
        tracks = Tracks(
            np.zeros((20, 6, 2), dtype=np.float32),
            np.ones((20, 6), dtype=bool),
            tuple(f"p{i}" for i in range(20)),
            np.arange(6) / 25,
            confidence=confidence,
        )
        paths.append(tmp_path / f"study{k}.npz")
        write_tracks(paths[-1], tracks)
    return [str(path) for path in paths]


def test_command_draws_and_estimates(studies, tmp_path, capsys):
    out = tmp_path / "qa"
    assert main(["sample", "draw", *studies, "--n", "20", "--seed", "4", "--out", str(out)]) == 0
    assert "20 of 60 tracks drawn" in capsys.readouterr().out
    first = (out / "sample.csv").read_bytes()
    assert main(["sample", "draw", *studies, "--n", "20", "--seed", "4", "--out", str(out)]) == 0
    assert (out / "sample.csv").read_bytes() == first
    capsys.readouterr()
    assert main(["sample", "estimate", str(out)]) == 2
    assert "0 of 20" in capsys.readouterr().err
    with (out / "sample.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["errors"] = "drift" if row["point"] in ("p0", "p10") else "none"
    with (out / "sample.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert main(["sample", "estimate", str(out), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["error_rate"] == pytest.approx(0.1)
    assert figures["low_95"] <= 0.1 <= figures["high_95"]
    assert (figures["with_errors"], figures["examined"], figures["tracks"]) == (6, 20, 60)
    assert main(["sample", "estimate", str(out)]) == 0
    assert "10.0 %" in capsys.readouterr().out
    assert (out / "sample-results.csv").is_file()


def test_command_refuses_what_it_cannot_read(studies, tmp_path, capsys):
    assert main(["sample", "estimate", str(tmp_path / "nowhere")]) == 2
    assert main(["sample", "draw", str(tmp_path / "no.npz"), "--out", str(tmp_path / "qa")]) == 2
    assert not (tmp_path / "qa").exists()
    assert main(["sample", "draw", *studies, "--n", "0", "--out", str(tmp_path / "qa")]) == 2
    assert not (tmp_path / "qa").exists()
    assert "at least one" in capsys.readouterr().err
