"""Outputs appear only when complete."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from EchoTrackerLib.commands.main import main
from EchoTrackerLib.commands.output import complete_outputs
from EchoTrackerLib.errors import BadInput


def test_files_appear_at_the_end_and_foreign_files_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("keep")
    (out / "tracks.csv").write_text("old")
    with complete_outputs(out) as folder:
        (folder / "tracks.csv").write_text("new")
        assert (out / "tracks.csv").read_text() == "old"
    assert (out / "tracks.csv").read_text() == "new"
    assert (out / "mine.txt").read_text() == "keep"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [BadInput("no"), KeyboardInterrupt(), RuntimeError("bug")])
def test_an_error_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)), complete_outputs(tmp_path / "out") as folder:
        (folder / "half.csv").write_text("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_out_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(BadInput, match="is a file"), complete_outputs(tmp_path / "out"):
        pass


def test_unreadable_clip_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"not a video")
    points = tmp_path / "points.csv"
    points.write_text("label,x_px,y_px\nA,1,1\n")
    assert main(["track", str(clip), "--points", str(points), "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err.strip()
    assert message.splitlines()[-1].startswith("error: ")
    assert "clip.mp4" in message
    assert "Traceback" not in message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", [["bench", "speed"], ["export", "run", "--out", "w.safetensors"]])
def test_a_missing_package_is_one_line_and_exit_code_2(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("EchoTrackerLib.training.")]:
        monkeypatch.delitem(sys.modules, name)  # they import torch when they are imported
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "'torch'" in error and "pip install" in error and error.count("\n") == 1
