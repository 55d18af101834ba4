"""The panel fits into 400 px with every section open, on screens of 100, 150 and 200 %; messages squash nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from panel_host import ROOT


def run(script: str, scale: float, folder, *arguments: str) -> dict:
    command = [sys.executable, str(ROOT / "Testing" / "host" / script), *arguments]
    environment = {**os.environ, "QT_SCALE_FACTOR": str(scale), "HOME": str(folder)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("scale", [1.0, pytest.param(1.5, marks=pytest.mark.slow), 2.0])
def test_nothing_is_cut_off_at_400_px(scale, tmp_path):
    facts = run("window/fit.py", scale, tmp_path, "400", str(tmp_path / "panel.png"))
    assert facts["minimum_width"] <= 400
    assert facts["width"] == 400
    assert facts["cut_off"] == []
    assert facts["picture_width"] == round(400 * scale)


def test_long_messages_squash_and_cover_nothing(tmp_path):
    """In Slicer 5.8 the panel does not grow with a wrapped text (Review's buttons lay over its table)."""
    for step, faults in run("window/long_messages.py", 1.5, tmp_path).items():
        assert faults == {"squashed": [], "overlapping": []}, step
