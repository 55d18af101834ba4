"""Tracks say where times and scale come from, and measure by the region of the image that holds the points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.cine.regions import Region
from EchoTrackerLib.tracking.request import Request, make_job, run_job
from EchoTrackerLib.tracks.files import read_tracks, write_tracks

T = 5
REGIONS = (
    Region((0, 0, 31, 63), "tissue", (0.5, 0.5)),
    Region((32, 0, 63, 63), "tissue", (0.25, 0.25)),
)
CINE = Cine(
    np.random.default_rng(0).integers(0, 255, (T, 64, 64), dtype=np.uint8),
    np.arange(T) / 50.0,
    (0.5, 0.5),
    spacing_source="DICOM region 1 (tissue)",
    time_source="FrameTime",
    regions=REGIONS,
)


def track(points, cine=CINE):
    labels = [f"p{k}" for k in range(len(points))]
    request = Request(tracker="static", wall="off", confidence=False)
    return run_job(make_job(cine, labels, np.array(points, np.float32), 0, request))


def test_the_region_that_holds_the_points_gives_the_scale():
    tracks = track([(40, 20), (50, 30)])
    assert (tracks.spacing_mm, tracks.spacing_source) == ((0.25, 0.25), "DICOM region 2 (tissue)")
    assert tracks.time_source == "FrameTime" and not tracks.warnings


def test_points_in_two_scales_are_measured_in_px_with_the_reason():
    tracks = track([(10, 20), (50, 30)])
    assert tracks.spacing_mm is None
    assert "region 1 (tissue) and DICOM region 2 (tissue), which differ in scale" in tracks.warnings[0]


@pytest.mark.parametrize(
    ("points", "time_source", "spacing", "said"),
    [
        ([(40, 10 + 5 * k) for k in range(9)], "FrameTime", [0.25, 0.25], ""),
        ([(20 + 3 * k, 30) for k in range(9)], "FrameTime", None, "differ in scale"),
        ([(40, 10 + 5 * k) for k in range(9)], "unknown", [0.25, 0.25], "frame times are unknown"),
    ],
)
def test_strain_says_which_region_and_which_times(points, time_source, spacing, said):
    from EchoTrackerLib.strain.files import strain_document
    from EchoTrackerLib.strain.strain import measure_strain

    cine = replace(
        CINE, frames=np.repeat(CINE.frames[:1], 60, axis=0), times_s=np.arange(60) / 50.0, time_source=time_source
    )
    tracks = track(points, cine)
    beat = 1 - 0.1 * np.sin(np.pi * np.arange(60) / 59)  # shrinks and comes back
    tracks = replace(tracks, positions=(tracks.positions * beat[None, :, None]).astype(np.float32))
    document = strain_document(measure_strain(tracks))
    assert document["spacing_mm"] == spacing and document["time_source"] == time_source
    assert document["length_unit"] == ("mm" if spacing else "px")
    assert "DICOM region 2" in document["spacing_source"]
    assert any(said in warning for warning in document["warnings"]) or not said


def test_a_spacing_set_by_the_user_wins():
    tracks = track([(10, 20), (50, 30)], replace(CINE, spacing_mm=(0.4, 0.4), spacing_source="given by the user"))
    assert (tracks.spacing_mm, tracks.spacing_source) == ((0.4, 0.4), "given by the user")


@pytest.mark.parametrize("suffix", [".npz", ".json", ".tapvid.npz", ".csv"])
def test_unknown_times_stay_unknown_in_every_format(tmp_path, suffix):
    tracks = track([(40, 20)], replace(CINE, time_source="unknown"))
    assert "assumed" in tracks.warnings[0]
    write_tracks(tmp_path / f"a{suffix}", tracks)
    back = read_tracks(tmp_path / f"a{suffix}")
    assert back.time_source == "unknown" and back.warnings == tracks.warnings
    if suffix != ".csv":
        assert back.spacing_source == tracks.spacing_source


def test_files_without_times_say_so(tmp_path):
    np.savez(tmp_path / "a.npz", positions=np.zeros((1, T, 2), np.float32))
    (tmp_path / "a.csv").write_text("frame,label,x_px,y_px\n0,a,1,2\n1,a,2,3\n", encoding="utf-8")
    for name in ("a.npz", "a.csv"):
        assert any("assumed" in warning for warning in read_tracks(tmp_path / name).warnings)
