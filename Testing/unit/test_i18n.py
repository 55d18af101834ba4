"""Numbers as people read them, wherever they read them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import known_walls as w
import numpy as np
import pytest

from EchoTrackerLib.i18n import readable
from EchoTrackerLib.strain.pictures.bullseye import printed
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.tracks.files import write_tracks

ROOT = Path(__file__).resolve().parents[2]
MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "digits", "signed", "text"),
    [
        (-18.26, 1, False, f"{MINUS}18.3"),
        (-0.04, 1, False, "0.0"),
        (-0.04, 1, True, "0.0"),
        (2.0, 2, True, "+2.00"),
        (np.float32(-3.5), 0, False, f"{MINUS}4"),
    ],
)
def test_numbers(value, digits, signed, text):
    assert readable(value, digits, signed) == text


def test_pictures_and_warnings_have_the_same_sign():
    assert printed(-18.0) == f"{MINUS}18.0 %"
    times = np.arange(91) / 100
    drifting = w.wall(lambda s, t: -0.2 * w.beat(t / 0.9) - 0.04 * t / 0.9, times)
    said = measure_strain(w.tracks(drifting, times)).warnings
    assert any(f"drift over the cycle is {MINUS}4.0 points" in text for text in said)


@pytest.mark.parametrize(("encoding", "sign"), [("utf-8", MINUS), ("cp1252", "-"), ("ascii", "-")])
def test_a_terminal_of_any_code_page_gets_the_number(tmp_path, encoding, sign):
    write_tracks(tmp_path / "wall.npz", w.tracks(w.wall(w.uniform(0.2))))
    command = [sys.executable, "-m", "EchoTrackerLib", "strain", tmp_path / "wall.npz", "--out", tmp_path / "out"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    assert f"GLS {sign}19.99 % at end-systole" in run.stdout.decode(encoding)
