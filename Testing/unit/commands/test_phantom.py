"""`echotracker phantom`: files that other commands and readers take."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.commands.main import main
from EchoTrackerLib.phantom.parameters import PhantomParameters
from EchoTrackerLib.phantom.phantom import generate
from EchoTrackerLib.tracks.files import read_tracks


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("phantom") / "out"
    assert main(["phantom", "--seed", "7", "--view", "A2C", "--size", "96", "--frames", "6", "--out", str(out)]) == 0
    return out


def test_clip_and_truth_are_written_in_all_formats(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "overlay.mp4",
        "parameters.json",
        "phantom.dcm",
        "phantom.mp4",
        "phantom.npz",
        "truth.npz",
        "truth_strain.csv",
    }
    made = generate(PhantomParameters.from_json((folder / "parameters.json").read_text()))
    assert made.parameters.view == "A2C" and made.parameters.seed == 7
    with np.load(folder / "phantom.npz") as stored:
        assert np.array_equal(stored["frames"], made.cine.frames)
        assert stored["tracks"].shape == (144, 6, 2) and stored["visible"].shape == (144, 6)
        assert np.allclose(stored["tracks"][48:96], made.contours["mid"])
        assert list(stored["labels"][[0, 48, 96]]) == ["endo-1", "mid-1", "epi-1"]
    dicom = read_cine(folder / "phantom.dcm")
    assert np.array_equal(dicom.frames, made.cine.frames)
    assert dicom.spacing_mm == pytest.approx(made.cine.spacing_mm, rel=1e-3)
    assert read_cine(folder / "phantom.mp4").frames.shape[0] == 6
    truth = read_tracks(folder / "truth.npz")
    assert truth.tracker == "truth" and np.allclose(truth.positions, made.truth.positions)
    rows = list(csv.DictReader((folder / "truth_strain.csv").open()))
    written = [float(row["mid_percent"]) for row in rows]
    assert np.allclose(written, made.true_strain_percent, atol=1e-3)
    assert float(rows[3]["mid_segment_6_percent"]) == pytest.approx(made.segment_strain_percent[5, 3], abs=1e-3)


def test_the_same_parameters_file_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    arguments = ["phantom", "--parameters", str(folder / "parameters.json"), "--out", str(tmp_path / "again")]
    assert main(arguments) == 0
    for name in ("parameters.json", "phantom.dcm", "truth_strain.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_bad_input_is_refused_and_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"view": 3, "depth')
    out = tmp_path / "out"
    assert main(["phantom", "--parameters", str(broken), "--out", str(out)]) == 2
    assert "broken.json" in capsys.readouterr().err
    broken.write_text("[1, 2]")
    assert main(["phantom", "--parameters", str(broken), "--out", str(out)]) == 2
    broken.write_text('{"fps": "fast"}')
    assert main(["phantom", "--parameters", str(broken), "--out", str(out)]) == 2
    assert main(["phantom", "--seed", "-4", "--out", str(out)]) == 2
    assert main(["phantom", "--size", "8", "--out", str(out)]) == 2
    assert not out.exists()
