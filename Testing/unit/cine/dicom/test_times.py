"""Frame times, heart beats and scales of DICOM headers that are wrong, contradictory or absurd."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from dicom_clips import SPACING, grey_cine, region, speckle, write_clip

from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.cine.regions import Scale, scale_at

N = 50  # one second at 50 frames/s: one beat at 60 per minute


def read(tmp_path, n_frames=N, pointer=None, items=None, **header):
    def edit(dataset):
        for keyword in ("FrameTime", "CineRate", "FrameTimeVector", "FrameIncrementPointer"):
            if keyword in dataset:
                delattr(dataset, keyword)
        for keyword, value in header.items():
            setattr(dataset, keyword, value)
        if pointer is not None:
            dataset.FrameIncrementPointer = pointer
        if items is not None:
            dataset.SequenceOfUltrasoundRegions = pydicom.Sequence(items)

    cine = grey_cine(frames=np.resize(speckle(), (n_frames, 33, 47)), times_s=np.arange(n_frames) / 50.0)
    return read_cine(write_clip(tmp_path / "clip.dcm", cine, edit=edit))


CUMULATIVE = [20.0 * k for k in range(N)]
EVEN = [0.0] + [20.0] * (N - 1)
# what is stored, what proves how it is meant
MENDED = [
    ({"FrameTime": 0.02}, "seconds"),
    ({"FrameTime": 20_000}, "microseconds"),
    ({"FrameTimeVector": [0.0] + [0.02] * (N - 1)}, "seconds"),
    ({"FrameTimeVector": [0.0] + [20_000.0] * (N - 1)}, "microseconds"),
    ({"FrameTimeVector": CUMULATIVE}, "times since the first frame"),
    ({"FrameTimeVector": [t / 1000 for t in CUMULATIVE]}, "times since the first frame in seconds"),
]
PROOFS = [
    ({"CineRate": 50}, "Cine Rate"),
    ({"RecommendedDisplayFrameRate": 50}, "Recommended Display Frame Rate"),
    ({"EffectiveDuration": 1.0}, "duration"),
    ({"HeartRate": 60}, "heart rate"),
]


@pytest.mark.parametrize(("proof", "named"), PROOFS)
@pytest.mark.parametrize(("stored", "meant"), MENDED)
def test_a_rate_that_cannot_be_is_mended_when_another_field_proves_it(tmp_path, stored, meant, proof, named):
    clip = read(tmp_path, **stored, **proof)
    assert clip.fps == pytest.approx(50) and clip.time_source == next(iter(stored))
    assert any(f"holds {meant}, as the {named} proves" in warning for warning in clip.warnings)


@pytest.mark.parametrize(("stored", "meant"), MENDED)
def test_a_rate_that_cannot_be_is_unknown_without_proof(tmp_path, stored, meant):
    clip = read(tmp_path, **stored)
    assert clip.time_source == "unknown"
    assert any(f"may hold {meant}, but no other field proves it" in warning for warning in clip.warnings)
    assert any("30 frames/s is assumed" in warning for warning in clip.warnings)


@pytest.mark.parametrize("step_ms", [1e-30, 1e-6, 0.5, 1.9, 201, 1e4, 1e12, 1e300])
def test_no_absurd_rate_is_ever_used(tmp_path, step_ms):
    clip = read(tmp_path, FrameTime=f"{step_ms:g}")
    assert clip.time_source == "unknown" and clip.warnings


@pytest.mark.parametrize("step_ms", [2, 2.1, 7, 20, 54.2, 199])
def test_rates_of_an_echo_are_taken_at_their_word(tmp_path, step_ms):
    clip = read(tmp_path, FrameTime=step_ms)
    assert clip.fps == pytest.approx(1000 / step_ms) and clip.time_source == "FrameTime" and not clip.warnings


@pytest.mark.parametrize(("pointer", "fps"), [(0x00181063, 50), (0x00181065, 25), ([0x00181065, 0x00181063], 50)])
def test_frame_increment_pointer_is_obeyed(tmp_path, pointer, fps):
    clip = read(tmp_path, pointer=pointer, FrameTime=20, FrameTimeVector=[0.0] + [40.0] * (N - 1))
    assert clip.fps == pytest.approx(fps)


def test_pointer_to_what_is_missing_falls_back(tmp_path):
    assert read(tmp_path, pointer=0x00181063, FrameTimeVector=EVEN).fps == pytest.approx(50)
    assert read(tmp_path, pointer=0x00181065, FrameTime=20).fps == pytest.approx(50)


def test_an_impossible_value_gives_way_to_a_possible_one(tmp_path):
    clip = read(tmp_path, FrameTimeVector=[0.0] + [0.001] * (N - 1), FrameTime=20)
    assert clip.fps == pytest.approx(50)


@pytest.mark.parametrize(
    "header", [{"EffectiveDuration": 4.0}, {"CineRate": 90}, {"HeartRate": 300, "CineRate": 5}], ids=str
)
def test_contradictions_are_said(tmp_path, header):
    clip = read(tmp_path, FrameTime=20, **header)
    assert clip.time_source == "FrameTime" and "Check them against the ECG" in clip.warnings[0]


def test_a_slower_display_is_no_contradiction(tmp_path):
    assert not read(tmp_path, FrameTime=20, RecommendedDisplayFrameRate=30).warnings


@pytest.mark.parametrize("rate", [0.001, 4, 600, 1e9])
def test_absurd_rates_of_display_are_not_guessed_from(tmp_path, rate):
    assert read(tmp_path, RecommendedDisplayFrameRate=int(rate)).time_source == "unknown"


# -------------------------------------------------------------------------------------------------------- heart


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ([100.0, 1100.0], [0.1, 1.1]),
        ([-900.0, 100.0], [-0.9, 0.1]),
        ([0.1, 1.1], [0.1, 1.1]),  # seconds, proven by the heart rate
        ([100_000.0, 1_100_000.0], [0.1, 1.1]),  # microseconds
        ([1100.0, 100.0], None),
        ([100.0, 130.0], None),  # 2,000 beats a minute
        ([5e7, 5e7 + 1000], None),  # on another clock
        ([], None),
    ],
)
def test_r_waves(tmp_path, stored, expected):
    clip = read(tmp_path, FrameTime=20, HeartRate=60, RWaveTimeVector=stored)
    if expected is None:
        assert clip.r_times_s is None
        assert bool(stored) == any("R-wave times do not fit" in w for w in clip.warnings)
    else:
        np.testing.assert_allclose(clip.r_times_s, expected, rtol=1e-6)
        assert any("R-wave times are in" in w for w in clip.warnings) == (abs(stored[1]) not in (1100.0, 100.0))


def test_r_waves_in_another_unit_need_a_heart_rate(tmp_path):
    assert read(tmp_path, FrameTime=20, RWaveTimeVector=[0.1, 1.1]).r_times_s is None


@pytest.mark.parametrize(
    ("rate", "expected"), [(60, 60), (0, None), (-5, None), (19, None), (351, None), (10**8, None)]
)
def test_heart_rates(tmp_path, rate, expected):
    clip = read(tmp_path, FrameTime=20, HeartRate=rate)
    assert clip.heart_rate_bpm == expected
    assert any("heart rate" in w for w in clip.warnings) == (expected is None and rate != 0)


def test_heart_rate_of_the_nominal_interval(tmp_path):
    assert read(tmp_path, FrameTime=20, NominalInterval=800).heart_rate_bpm == pytest.approx(75)


# -------------------------------------------------------------------------------------------------------- scale


@pytest.mark.parametrize("delta", [1e-9, 1e-5, 0.6, 50.0, 1e30])
def test_absurd_scales_are_ignored_and_said(tmp_path, delta):
    clip = read(tmp_path, items=[region(delta=(delta, delta))])
    assert clip.spacing_mm is None and any("no echo has; its scale is ignored" in w for w in clip.warnings)


@pytest.mark.parametrize("spacing", [[1e-6, 1e-6], [33, 33], [0.1, 4.9]])
def test_absurd_pixel_spacing_is_ignored_and_said(tmp_path, spacing):
    clip = read(tmp_path, items=[], PixelSpacing=spacing)
    assert clip.spacing_mm is None and any("none that an echo has" in w for w in clip.warnings)


def test_a_region_outside_the_image_does_not_count(tmp_path):
    clip = read(tmp_path, items=[region(delta=(0.1, 0.1), bounds=(500, 500, 900, 900)), region()])
    np.testing.assert_allclose(clip.spacing_mm, SPACING)


def test_tissue_and_color_flow_of_different_scale_are_warned_of(tmp_path):
    items = [region(), region(kind=2, delta=(0.02, 0.02), bounds=(10, 10, 20, 20))]
    clip = read(tmp_path, items=items)
    np.testing.assert_allclose(clip.spacing_mm, SPACING)
    assert any("differ in scale" in w for w in clip.warnings)


LEFT, RIGHT, FLOW = (0, 0, 22, 32), (23, 0, 46, 32), (5, 5, 12, 12)


@pytest.mark.parametrize(
    ("points", "expected", "source"),
    [
        ([(3, 20), (20, 30)], (0.31, 0.42), "DICOM region 1 (tissue)"),
        ([(30, 20), (40, 30)], (0.2, 0.2), "DICOM region 2 (tissue)"),
        ([(6, 6), (11, 9)], (0.1, 0.1), "DICOM region 3 (color flow)"),
        ([(3, 20), (30, 20)], None, "DICOM region 1 (tissue) and DICOM region 2 (tissue)"),
        ([(3, 20), (6, 6)], None, "DICOM region 1 (tissue) and DICOM region 3 (color flow)"),
        ([(np.nan, np.nan), (30, 20)], (0.2, 0.2), "DICOM region 2 (tissue)"),
    ],
)
def test_scale_of_the_region_that_holds_the_points(tmp_path, points, expected, source):
    items = [
        region(bounds=LEFT),
        region(delta=(0.02, 0.02), bounds=RIGHT),
        region(kind=2, delta=(0.01, 0.01), bounds=FLOW),
    ]
    clip = read(tmp_path, items=items)
    own = Scale((0.31, 0.42), "DICOM region 1 (tissue)")
    scale = scale_at(clip.regions, own, np.array(points))
    assert source in scale.source
    if expected is None:
        assert scale.spacing_mm is None and "differ in scale" in scale.source
    else:
        np.testing.assert_allclose(scale.spacing_mm, expected, rtol=1e-6)
    calibrated = Scale((0.5, 0.5), "calibrated: a line of 100 px is 50 mm")
    assert scale_at(clip.regions, calibrated, np.array(points)) == calibrated
