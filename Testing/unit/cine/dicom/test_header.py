"""Regions, spacing, times and folders of DICOM clips, on files written here."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from dicom_clips import SPACING, colour_cine, grey_cine, region, speckle, write_clip

from EchoTrackerLib.cine.export import write_dicom, write_npz
from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.cine.regions import is_not_square
from EchoTrackerLib.errors import BadInput


def test_grey_clip_comes_back_exactly(tmp_path):
    cine = grey_cine()
    read = read_cine(write_clip(tmp_path / "clip.dcm", cine))
    np.testing.assert_array_equal(read.frames, cine.frames)
    np.testing.assert_allclose(read.times_s, cine.times_s, atol=1e-9)
    np.testing.assert_allclose(read.spacing_mm, SPACING)
    assert (read.colour, read.name, read.source, read.time_source) == (None, "clip", "clip.dcm", "FrameTime")
    assert read.spacing_source == "DICOM region 1 (tissue)"
    assert read.warnings == ()


def test_colour_clip_comes_back_exactly_with_luma(tmp_path):
    cine = colour_cine()
    read = read_cine(write_clip(tmp_path / "clip.dcm", cine))
    np.testing.assert_array_equal(read.colour, cine.colour)
    expected = cine.colour @ np.array([0.299, 0.587, 0.114])
    assert np.abs(read.frames - expected).max() <= 1.0
    assert "colored pixels" in read.warnings[0]


def test_export_holds_no_patient_and_is_deterministic_with_a_seed(tmp_path):
    first = write_clip(tmp_path / "a.dcm").read_bytes()
    assert first == write_clip(tmp_path / "b.dcm").read_bytes()
    dataset = pydicom.dcmread(tmp_path / "a.dcm")
    assert str(dataset.PatientName) == "" and dataset.PatientBirthDate == "" and dataset.StudyDate == ""
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.3.1"
    assert dataset.FrameIncrementPointer == pydicom.tag.Tag("FrameTime")


@pytest.mark.parametrize(
    ("items", "expected", "source"),
    [
        ([region(delta=(-0.031, 0.042))], SPACING, "DICOM region 1 (tissue)"),
        ([region(kind=10, spatial=4, units=5), region()], SPACING, "DICOM region 2 (tissue)"),
        ([region(kind=2)], SPACING, "DICOM region 1 (color flow)"),
        ([region(kind=2, delta=(0.1, 0.1)), region()], SPACING, "DICOM region 2 (tissue)"),
        ([region(kind=1, spatial=2)], None, "unknown"),  # M-mode
        ([region(kind=3, spatial=3)], None, "unknown"),  # spectral Doppler
        ([region(units=4)], None, "unknown"),
        ([region(delta=(0.0, 0.042))], None, "unknown"),
        ([region(delta=(0.1, 0.1), bounds=(0, 0, 3, 3)), region()], SPACING, "DICOM region 2 (tissue)"),
    ],
)
def test_spacing_comes_from_the_tissue_region(tmp_path, items, expected, source):
    def edit(dataset):
        dataset.SequenceOfUltrasoundRegions = pydicom.Sequence(items)

    read = read_cine(write_clip(tmp_path / "clip.dcm", edit=edit))
    assert read.spacing_source == source
    assert (read.spacing_mm is None) == (expected is None)
    if expected is not None:
        np.testing.assert_allclose(read.spacing_mm, expected)
    assert len(read.regions) == len(items)


def test_regions_of_different_scale_are_named_in_a_warning(tmp_path):
    def edit(dataset):
        small = region(delta=(0.1, 0.1), bounds=(0, 0, 9, 9))
        dataset.SequenceOfUltrasoundRegions = pydicom.Sequence([small, region()])

    assert any("differ in scale" in w for w in read_cine(write_clip(tmp_path / "clip.dcm", edit=edit)).warnings)


@pytest.mark.parametrize(
    ("value", "spacing", "source"),
    [([0.2, 0.3], (0.2, 0.3), "PixelSpacing"), ([1, 1], None, "unknown"), (None, None, "unknown")],
)
def test_pixel_spacing_is_the_fallback_but_never_the_1_mm_placeholder(tmp_path, value, spacing, source):
    def edit(dataset):
        del dataset.SequenceOfUltrasoundRegions
        if value is not None:
            dataset.PixelSpacing = value

    read = read_cine(write_clip(tmp_path / "clip.dcm", edit=edit))
    assert (read.spacing_mm, read.spacing_source) == (spacing, source)


def _without_times(dataset):
    for keyword in ("FrameTime", "CineRate", "FrameTimeVector", "FrameIncrementPointer"):
        if keyword in dataset:
            delattr(dataset, keyword)


@pytest.mark.parametrize(
    ("header", "steps_ms", "source", "warned"),
    [
        ({"FrameTimeVector": [0, 17.9, 35.8, 17.9]}, [17.9, 35.8, 17.9], "FrameTimeVector", False),
        ({"FrameTimeVector": [20, 20, 20, 20]}, [20, 20, 20], "FrameTimeVector", False),
        ({"FrameTimeVector": [17.9, 35.8, 17.9]}, [17.9, 35.8, 17.9], "FrameTimeVector", False),
        ({"FrameTimeVector": [0, 0, 0, 0], "FrameTime": 40}, [40, 40, 40], "FrameTime", True),
        ({"FrameTimeVector": [0, 10, -5, 10], "CineRate": 25}, [40, 40, 40], "CineRate", True),
        ({"FrameTimeVector": [0, 10], "FrameTime": 40}, [40, 40, 40], "FrameTime", True),
        ({"FrameTimeVector": [0, 30, 30, 30], "FrameTime": 40}, [30, 30, 30], "FrameTimeVector", True),
        ({"FrameTime": 0, "CineRate": 20}, [50, 50, 50], "CineRate", True),
        ({"RecommendedDisplayFrameRate": 40}, [25, 25, 25], "RecommendedDisplayFrameRate", True),
        ({"CineRate": 20, "RecommendedDisplayFrameRate": 40}, [50, 50, 50], "CineRate", True),
        ({}, [1000 / 30] * 3, "unknown", True),
    ],
)
def test_times(tmp_path, header, steps_ms, source, warned):
    def edit(dataset):
        _without_times(dataset)
        for keyword, value in header.items():
            setattr(dataset, keyword, value)

    read = read_cine(write_clip(tmp_path / "clip.dcm", edit=edit))
    assert read.time_source == source
    assert read.times_s[0] == 0
    np.testing.assert_allclose(np.diff(read.times_s) * 1000, steps_ms, rtol=1e-9)
    assert bool(read.warnings) == warned


@pytest.mark.parametrize("steps", [[0, 17.9, 35.8, 17.9], [0, 33, 34, 33]])
def test_irregular_times_are_written_as_a_vector_and_come_back(tmp_path, steps):
    times = np.cumsum(steps) / 1000
    read = read_cine(write_clip(tmp_path / "clip.dcm", grey_cine(times_s=times)))
    assert read.time_source == "FrameTimeVector"
    np.testing.assert_allclose(read.times_s, times, atol=1e-8)


def test_heart_rate_and_r_waves(tmp_path):
    def edit(dataset):
        dataset.HeartRate = 72
        dataset.RWaveTimeVector = [12.0, 845.5]

    read = read_cine(write_clip(tmp_path / "clip.dcm", edit=edit))
    assert read.heart_rate_bpm == 72
    np.testing.assert_allclose(read.r_times_s, [0.012, 0.8455])


def _write_frames(folder, edit=lambda dataset, index: None):
    """Four single-frame files whose names sort in the wrong order."""
    frames = speckle()
    folder.mkdir()
    for index in range(4):
        cine = grey_cine(frames=frames[index : index + 1], times_s=np.zeros(1))

        def number(dataset, index=index):
            del dataset.NumberOfFrames
            dataset.InstanceNumber = index + 1
            dataset.AcquisitionTime = f"2359{10 + index * 0.02:09.6f}"
            edit(dataset, index)

        write_clip(folder / f"{'dbca'[index]}.dcm", cine, number)
    return frames


def test_folder_of_frames_is_sorted_by_instance_number(tmp_path):
    frames = _write_frames(tmp_path / "study")
    (tmp_path / "study" / "notes.txt").write_text("no image")
    read = read_cine(tmp_path / "study")
    np.testing.assert_array_equal(read.frames, frames)
    np.testing.assert_allclose(read.times_s, np.arange(4) * 0.02, atol=1e-9)
    assert (read.name, read.time_source) == ("study", "acquisition times of the frames")


def test_folder_of_frames_is_sorted_by_time_without_instance_numbers(tmp_path):
    def edit(dataset, index):
        dataset.InstanceNumber = 1

    frames = _write_frames(tmp_path / "study", edit)
    np.testing.assert_array_equal(read_cine(tmp_path / "study").frames, frames)


def test_folder_of_two_series_is_refused(tmp_path):
    def edit(dataset, index):
        dataset.SeriesInstanceUID = f"1.2.3.{index % 2}"

    _write_frames(tmp_path / "study", edit)
    with pytest.raises(BadInput, match="frames of 2 series"):
        read_cine(tmp_path / "study")


def test_folder_without_order_is_refused(tmp_path):
    def edit(dataset, index):
        del dataset.InstanceNumber, dataset.AcquisitionTime

    _write_frames(tmp_path / "study", edit)
    with pytest.raises(BadInput, match="order of the frames is unknown"):
        read_cine(tmp_path / "study")


def test_folder_of_clips_asks_for_one(tmp_path):
    write_clip(tmp_path / "a.dcm")
    write_clip(tmp_path / "b.dcm")
    with pytest.raises(BadInput, match="Choose one file"):
        read_cine(tmp_path)


def test_frames_of_two_scales_are_refused(tmp_path):
    def edit(dataset, index):
        dataset.SequenceOfUltrasoundRegions[0].PhysicalDeltaX = 0.1 + index

    _write_frames(tmp_path / "study", edit)
    with pytest.raises(BadInput, match="pixel spacing"):
        read_cine(tmp_path / "study")


def test_nothing_of_the_patient_is_taken_over(tmp_path):
    def edit(dataset):
        dataset.PatientName, dataset.PatientID, dataset.InstitutionName = "Doe^Jane", "4711-XY", "Saint Elsewhere"
        dataset.SeriesDescription = "Doe rest echo"

    read = read_cine(write_clip(tmp_path / "clip.dcm", edit=edit))
    text = f"{read.name} {read.source} {read.warnings} {read.spacing_source} {read.time_source} {read.regions}"
    assert not any(word in text for word in ("Doe", "4711", "Elsewhere"))


@pytest.mark.parametrize(("aspect", "source"), [([9, 8], "8:9"), ([1, 1], "unknown"), (None, "unknown")])
def test_pixels_that_are_not_square_are_told_where_the_scale_is_unknown(tmp_path, aspect, source):
    """Pixel Aspect Ratio is vertical to horizontal; a clip so read keeps what it tells in every file of ours."""

    def edit(dataset):
        del dataset.SequenceOfUltrasoundRegions
        if aspect:
            dataset.PixelAspectRatio = [str(value) for value in aspect]

    read = read_cine(write_clip(tmp_path / "clip.dcm", edit=edit))
    assert source in read.spacing_source and is_not_square(read.spacing_source) is (source == "8:9")
    if aspect == [9, 8]:
        write_npz(tmp_path / "again.npz", read)
        write_dicom(tmp_path / "again.dcm", read)
        for name in ("again.npz", "again.dcm"):
            assert read_cine(tmp_path / name).spacing_source == read.spacing_source
