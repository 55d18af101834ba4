"""The command line tells a user's error in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from EchoTrackerLib.commands.main import main


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
