"""What README tells a stranger to type works."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from EchoTrackerLib.commands.main import COMMANDS
from EchoTrackerLib.tracking.registry import tracker_infos

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_python_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from EchoTrackerLib.cine.cine import Cine
    from EchoTrackerLib.cine.export import write_dicom

    angle = np.linspace(np.pi, 2 * np.pi, 12)
    points = np.stack([64 + 30 * np.cos(angle), 90 + 60 * np.sin(angle)], axis=1)
    (tmp_path / "wall.csv").write_text(
        "\n".join(["label,x_px,y_px", *(f"W{i},{x:.2f},{y:.2f}" for i, (x, y) in enumerate(points))]), encoding="utf-8"
    )
    texture = np.random.default_rng(0).integers(0, 256, (128, 128), dtype=np.uint8)
    write_dicom(tmp_path / "clip.dcm", Cine(np.stack([texture] * 25), np.arange(25) / 25, (0.5, 0.5)))
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README", "exec"), {})
    assert re.fullmatch(r"GLS -?0\.[0-9] %\n", capsys.readouterr().out), "still tissue has no strain"


def test_every_command_is_in_the_readme_and_every_tracker_in_its_page() -> None:
    for command in COMMANDS:
        name = command.rpartition(".")[2]  # as its file is called
        assert re.search(rf"`{name}\b", README), command
    page = (ROOT / "docs" / "trackers.md").read_text(encoding="utf-8")
    for info in tracker_infos():
        assert f"`{info.name}`" in page, info.name
        assert not info.needs_licence_consent or info.licence.split()[0] in page, info.name
