"""`info` on the command line."""

from __future__ import annotations

import argparse
import json

import numpy as np
import pytest
from dicom_clips import grey_cine, region, write_clip

from EchoTrackerLib.commands import info

KEYS = {
    "name", "frames", "rows", "cols", "fps", "irregular_times", "times_s", "spacing_mm", "spacing_source",
    "time_source", "regions", "colour", "warnings", "heart_rate_bpm", "r_times_s", "avc_s", "ecg",
}  # fmt: skip


def _run(capsys, *arguments):
    parser = argparse.ArgumentParser()
    info.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["info", *map(str, arguments)])
    assert parsed.run(parsed) == 0
    return capsys.readouterr().out


def test_json_has_the_promised_keys_and_values(tmp_path, capsys):
    times = np.cumsum([0, 17.9, 35.8, 17.9]) / 1000

    def edit(dataset):
        dataset.SequenceOfUltrasoundRegions = [region(kind=10, spatial=4, units=5), region()]

    facts = json.loads(_run(capsys, write_clip(tmp_path / "clip.dcm", grey_cine(times_s=times), edit), "--json"))
    assert set(facts) == KEYS
    assert (facts["name"], facts["frames"], facts["rows"], facts["cols"]) == ("clip", 4, 33, 47)
    assert facts["irregular_times"] is True and facts["time_source"] == "FrameTimeVector"
    np.testing.assert_allclose(facts["times_s"], times)
    np.testing.assert_allclose(facts["fps"], 1 / 0.0179, rtol=1e-5)
    np.testing.assert_allclose(facts["spacing_mm"], (0.31, 0.42))
    assert [r["kind"] for r in facts["regions"]] == ["ecg", "tissue"]
    assert facts["regions"][0]["spacing_mm"] is None and facts["regions"][1]["bounds_px"] == [0, 0, 46, 32]
    assert facts["colour"] is False and facts["warnings"] == []
    assert str(tmp_path) not in json.dumps(facts)


def test_text_says_what_is_unknown(tmp_path, capsys):
    np.save(tmp_path / "clip.npy", grey_cine().frames)
    text = _run(capsys, tmp_path / "clip.npy")
    assert "47 x 33" in text and "lengths will be in px" in text and "warning: The frame rate is unknown" in text
    assert "times    unknown: 4 frames" in text
    facts = json.loads(_run(capsys, tmp_path / "clip.npy", "--json"))
    assert facts["fps"] is None and facts["time_source"] == "unknown" and "unknown" in facts["warnings"][0]


def test_a_rate_that_is_only_assumed_is_stated_nowhere(tmp_path):
    from EchoTrackerLib.cine.reading import read_cine
    from EchoTrackerLib.cohort.result_folder import clip_facts

    np.save(tmp_path / "clip.npy", grey_cine().frames)
    assert clip_facts(read_cine(tmp_path / "clip.npy"))["fps"] is None
    assert clip_facts(grey_cine())["fps"] == pytest.approx(50)


def test_one_frame_has_no_rate(tmp_path, capsys):
    np.save(tmp_path / "clip.npy", grey_cine().frames[:1])
    assert json.loads(_run(capsys, tmp_path / "clip.npy", "--json"))["fps"] is None


def test_help_names_the_keys(capsys):
    parser = argparse.ArgumentParser()
    info.add_parser(parser.add_subparsers())
    with pytest.raises(SystemExit):
        parser.parse_args(["info", "--help"])
    text = capsys.readouterr().out
    assert all(key in text for key in KEYS) and "example" in text
