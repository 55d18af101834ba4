"""R waves and heart rate stay with the clip: through our formats, tracking, and tracks in every format."""

from __future__ import annotations

import json

import numpy as np
import pytest
from dicom_clips import grey_cine

from EchoTrackerLib.cine.export import write_dicom, write_mp4, write_npz
from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.cine.regions import Region
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


@pytest.mark.parametrize("name", ["clip.dcm", "clip.npz", "clip.mp4"])
def test_regions_of_different_scale_stay_with_our_clips(tmp_path, name):
    regions = (
        Region((0, 0, 19, 32), "tissue", (0.31, 0.42)),
        Region((20, 0, 46, 32), "tissue", (0.2, 0.2)),
        Region((5, 25, 15, 30), "ecg", None),
    )
    cine = grey_cine(regions=regions, spacing_source="DICOM region 1 (tissue)")
    if name.endswith("mp4"):
        pytest.importorskip("av")
    {"dcm": write_dicom, "npz": write_npz, "mp4": write_mp4}[name[-3:]](tmp_path / name, cine)
    read = read_cine(tmp_path / name)
    assert [(r.bounds_px, r.kind) for r in read.regions] == [(r.bounds_px, r.kind) for r in regions]
    assert read.measured_at(np.array([[30.0, 10.0]])).spacing_mm == pytest.approx((0.2, 0.2))
    assert read.measured_at(np.array([[3.0, 10.0]])).spacing_mm == pytest.approx((0.31, 0.42))
