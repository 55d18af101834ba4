"""R waves and heart rate stay with the clip: through our formats, tracking, and tracks in every format."""

from __future__ import annotations

import json

import numpy as np
import pytest
from dicom_clips import grey_cine

from EchoTrackerLib.cine.export import write_dicom, write_npz
from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.commands.info import describe
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracking.registry import create_tracker
from EchoTrackerLib.tracks.files import read_tracks, write_tracks

R_TIMES = np.array([-0.25, 0.0125, 0.8455])


@pytest.fixture
def cine():
    return grey_cine(r_times_s=R_TIMES, heart_rate_bpm=72.0)


@pytest.mark.parametrize("name", ["clip.dcm", "clip.npz"])
def test_through_our_clips(cine, tmp_path, name):
    path = tmp_path / name
    write_dicom(path, cine) if name.endswith("dcm") else write_npz(path, cine)
    read = read_cine(path)
    np.testing.assert_allclose(read.r_times_s, R_TIMES, atol=1e-9)
    assert read.heart_rate_bpm == 72
    facts = json.loads(json.dumps(describe(read)))
    assert facts["r_times_s"] == R_TIMES.tolist() and facts["heart_rate_bpm"] == 72


@pytest.mark.parametrize("suffix", [".npz", ".tapvid.npz", ".json", ".csv"])
def test_through_tracking_and_tracks(cine, tmp_path, suffix):
    points = np.array([[20.0, 15.0], [25.0, 18.0]], np.float32)
    tracks = create_tracker("static").track(cine, points, 0)
    write_tracks(tmp_path / f"a{suffix}", tracks)
    back = read_tracks(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(back.r_times_s, R_TIMES)
    assert back.heart_rate_bpm == 72


def test_r_times_must_rise():
    with pytest.raises(BadInput, match="R-wave"):
        grey_cine(r_times_s=np.array([0.5, 0.5]))
