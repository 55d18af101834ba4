"""`track` from its arguments to its files."""

from __future__ import annotations

import csv
import json
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.commands.main import main
from EchoTrackerLib.tracks.files import read_tracks

T, ROWS, COLS = 6, 96, 128
STEP = (0.8, -0.5)  # px a frame, x and y: asymmetric on purpose
POINTS = ((40.0, 60.0), (64.0, 40.0), (90.0, 62.0))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A smooth random texture that moves by STEP from frame to frame."""
    from scipy.ndimage import gaussian_filter, shift

    rng = np.random.default_rng(3)
    texture = gaussian_filter(rng.standard_normal((ROWS + 40, COLS + 40)), 2.0)
    texture = 128 + 60 * texture / texture.std()
    moved = [shift(texture, (STEP[1] * t, STEP[0] * t), order=3, mode="nearest")[20:-20, 20:-20] for t in range(T)]
    path = tmp_path_factory.mktemp("clip") / "texture.npz"
    np.savez(
        path,
        frames=np.clip(moved, 0, 255).astype(np.uint8),
        times_s=np.array([0, 0.02, 0.04, 0.07, 0.09, 0.1]),
        spacing_mm=np.array([0.4, 0.3]),
    )
    return path


@pytest.fixture
def points(tmp_path: Path) -> Path:
    path = tmp_path / "points.csv"
    rows = [f"P{i},{x},{y}" for i, (x, y) in enumerate(POINTS)]
    path.write_text("\n".join(["label,x_px,y_px", *rows]) + "\n", encoding="utf-8")
    return path


def test_follows_the_motion_and_writes_all_files(clip: Path, points: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--points", str(points), "--query-frame", "2", "--tracker", "classical", "--wall", "off"]
    assert main(["track", str(clip), *options, "--out", str(out)]) == 0
    names = {path.name for path in out.iterdir()}
    assert names == {"tracks.npz", "tracks.csv", "overlay.mp4", "scene.mrb", "summary.json"}

    stored = np.load(out / "tracks.npz", allow_pickle=False)
    motion = (np.arange(T) - 2)[:, None] * np.array(STEP)
    truth = np.array(POINTS)[:, None] + motion[None]
    assert stored["positions"].dtype == np.float32
    assert np.abs(stored["positions"] - truth).max() < 0.25
    assert stored["visible"].dtype == bool
    assert stored["confidence"].shape == (3, T)
    assert stored["labels"].tolist() == ["P0", "P1", "P2"]
    assert stored["spacing_mm"].tolist() == [0.4, 0.3]
    assert int(stored["query_frame"]) == 2
    assert str(stored["tracker"]) == "classical"

    with (out / "tracks.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["frame", "time_s", "label", "x_px", "y_px", "x_mm", "y_mm", "visible", "confidence"]
    assert len(rows) == 3 * T
    row = next(r for r in rows if r["frame"] == "2" and r["label"] == "P1")
    assert float(row["x_mm"]) == pytest.approx(64 * 0.3, abs=0.1)
    assert float(row["y_mm"]) == pytest.approx(40 * 0.4, abs=0.1)

    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["wall"] == {"asked": "off", "used": False}
    assert {"versions", "device", "options", "seconds", "warnings"} <= set(summary)
    assert zipfile.is_zipfile(out / "scene.mrb")


def test_spacing_from_the_user_wins(clip: Path, points: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--points", str(points), "--tracker", "static", "--spacing", "0.5", "0.25"]
    assert main(["track", str(clip), *options, "--out", str(out)]) == 0
    assert np.load(out / "tracks.npz")["spacing_mm"].tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--query-frame", "6"], "0 to 5"),
        (["--query-frame", "-1"], "0 to 5"),
        (["--tracker", "static", "--points", "missing.csv"], "missing.csv"),
        (["--spacing", "0", "1"], "not positive"),
        (["--view", "A4C"], "--view and --wall-from belong to --landmarks"),
        (["--wall-from", "image"], "belong to --landmarks"),
        (["--tracker", "cotracker3"], "--accept-licence"),
    ],
)
def test_bad_options_write_nothing(
    clip: Path, points: Path, tmp_path: Path, options: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["track", str(clip), "--points", str(points), *options, "--out", str(out)]) == 2
    assert expected in capsys.readouterr().err
    assert not out.exists()


def test_number_of_threads(
    clip: Path, points: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    command = ["track", str(clip), "--points", str(points), "--tracker", "static", "--out", str(tmp_path / "out")]
    assert main(command) == 0 and os.environ["OMP_NUM_THREADS"] == "2"
    assert main([*command, "--threads", "1"]) == 0 and os.environ["OMP_NUM_THREADS"] == "1"
    with pytest.raises(SystemExit):
        main([*command, "--threads", "0"])
    assert "1 or more" in capsys.readouterr().err


def test_interruption_writes_nothing(
    clip: Path, points: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("EchoTrackerLib.cohort.clip.write_steps", interrupt)
    out = tmp_path / "out"
    assert main(["track", str(clip), "--points", str(points), "--tracker", "static", "--out", str(out)]) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["points.csv"]
    assert "Interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(("module", "file"), [("slicer", "scene.mrb"), ("av", "overlay.mp4")])
def test_a_missing_optional_package_leaves_out_its_file_and_says_so(
    clip: Path, points: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, file: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    out = tmp_path / "out"
    assert main(["track", str(clip), "--points", str(points), "--tracker", "static", "--out", str(out)]) == 0
    assert not (out / file).exists()
    assert (out / "tracks.npz").exists()
    warnings = json.loads((out / "summary.json").read_text(encoding="utf-8"))["warnings"]
    assert any(file in warning and "pip install" in warning for warning in warnings)


def test_three_landmarks_instead_of_points(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cine = read_cine(clip)
    width, height = cine.size
    marks = [(0.3 * width, 0.8 * height), (0.5 * width, 0.2 * height), (0.7 * width, 0.8 * height)]
    texts = [f"{x},{y}" for x, y in marks]
    options = ["--tracker", "static", "--view", "A4C", "--out"]
    assert main(["track", str(clip), "--landmarks", *texts, *options, str(tmp_path / "out")]) == 0
    tracks = read_tracks(tmp_path / "out/tracks.npz")
    line = tracks.positions[:, 0]
    place = tracks.clicked_apex
    assert place is not None
    np.testing.assert_allclose([line[0], line[round(place)], line[-1]], marks, atol=0.04 * width)
    beside = [texts[0], f"{2 * width},{height}", texts[2]]
    assert main(["track", str(clip), "--landmarks", *beside, *options, str(tmp_path / "no")]) != 0
    assert "leaves the image" in capsys.readouterr().err and not (tmp_path / "no").exists()
    with pytest.raises(SystemExit):
        main(["track", str(clip), "--landmarks", "1;2", *texts[1:], *options, str(tmp_path / "no")])
    assert "give it as X,Y in px" in capsys.readouterr().err
