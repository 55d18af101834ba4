"""The panel fits into 400 px with every section open, on screens of 100, 150 and 200 %."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from panel_host import ROOT


@pytest.mark.parametrize("scale", [1.0, pytest.param(1.5, marks=pytest.mark.slow), 2.0])
def test_nothing_is_cut_off_at_400_px(scale, tmp_path):
    command = [sys.executable, str(ROOT / "Testing" / "host" / "fit.py"), "400", str(tmp_path / "panel.png")]
    environment = {**os.environ, "QT_SCALE_FACTOR": str(scale), "HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts["minimum_width"] <= 400
    assert facts["width"] == 400
    assert facts["cut_off"] == []
    assert facts["picture_width"] == round(400 * scale)
