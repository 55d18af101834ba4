"""Clips that Slicer's DICOM module loaded: nodes shaped as its plugins make them, and the header read later."""

from __future__ import annotations

import dicom_plugins
import numpy as np
import pytest
from dicom_clips import grey_cine, region, write_clip
from panel_host import make_cine

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.clip.cine import read_cine
from EchoTrackerLib.scene.tracks import read_tracks

FRAMES = grey_cine().frames
VECTOR_MS = [0.0, 20.0, 25.0, 22.5]


def two_regions(dataset):
    """What DICOMImageSequencePlugin cannot use: two regions, and frame times of different length."""
    dataset.SequenceOfUltrasoundRegions = [region(), region(kind=3, bounds=(0, 28, 46, 32))]
    if "FrameTime" in dataset:
        del dataset.FrameTime
    dataset.FrameTimeVector = VECTOR_MS


@pytest.fixture
def loaded(bench, tmp_path):
    """The file in the database, its clip in the scene as the plugin leaves it: no times, 1 mm."""
    path = write_clip(tmp_path / "echo.dcm", grey_cine(), two_regions)
    browser = dicom_plugins.image_sequence(bench.scene, FRAMES)
    bench.answers.dicom["1.2.3"] = path
    bench.parameters.browser = browser
    bench.host.settle()
    return browser


def test_header_of_a_clip_from_the_dicom_module(bench, loaded):
    assert "is assumed" in bench.ui.clipMessageLabel.text
    assert "unknown" in bench.ui.spacingValueLabel.text
    assert bench.ui.headerButton.visible
    bench.ui.headerButton.click()
    bench.host.settle()
    cine = read_cine(loaded)
    assert np.allclose(cine.times_s, np.cumsum(VECTOR_MS) / 1000)
    assert cine.time_source == "FrameTimeVector"
    assert cine.spacing_mm == pytest.approx((0.31, 0.42))
    assert [r.kind for r in cine.regions] == ["tissue", "doppler"]
    assert "0.420 x 0.310 mm (DICOM region 1 (tissue))" in bench.ui.spacingValueLabel.text
    assert "is assumed" not in bench.ui.clipMessageLabel.text
    assert not bench.ui.headerButton.visible
    assert np.array_equal(cine.frames, FRAMES)


def test_3d_echo_of_the_dicom_module_is_refused(bench, tmp_path):
    def edit(dataset):
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.6.2"

    browser = dicom_plugins.image_sequence(bench.scene, FRAMES)
    bench.answers.dicom["1.2.3"] = write_clip(tmp_path / "echo.dcm", grey_cine(), edit)
    bench.parameters.browser = browser
    bench.host.settle()
    assert "is 3-D echo" in bench.ui.clipMessageLabel.text
    assert not bench.panel.session.is_clip and not bench.ui.headerButton.visible
    with pytest.raises(BadInput, match="is 3-D echo"):
        read_cine(browser)


def test_tracks_made_before_keep_their_pixels_and_get_the_times(bench, loaded):
    points = bench.put()
    bench.track()
    bench.ui.headerButton.click()
    bench.host.settle()
    tracks = read_tracks(bench.scene, study.find_results(bench.scene, loaded).tracks.sequence)
    assert np.allclose(tracks.times_s, np.cumsum(VECTOR_MS) / 1000)
    assert tracks.spacing_mm == pytest.approx((0.31, 0.42))
    assert np.allclose(tracks.positions[:, 0], points, atol=1e-2)
    assert np.allclose(bench.panel.points.read().positions, points, atol=1e-2)


def test_scene_round_trip_keeps_the_header(bench, loaded, tmp_path):
    import slicer

    from EchoTrackerLib.scene.archive import save_scene
    from EchoTrackerLib.scene.mrml.environment import slicer_environment

    bench.ui.headerButton.click()
    save_scene(slicer_environment(), tmp_path / "scene.mrb")
    bench.scene.Clear()
    bench.host.settle()
    assert bench.scene.ReadFromMRB(str(tmp_path / "scene.mrb"), False, slicer.vtkMRMLMessageCollection())
    bench.host.settle(0.2)
    cine = read_cine(bench.parameters.browser)
    assert np.allclose(cine.times_s, np.cumsum(VECTOR_MS) / 1000)
    assert cine.spacing_mm == pytest.approx((0.31, 0.42))


def test_file_that_is_gone_ends_in_a_sentence(bench, loaded):
    bench.answers.dicom.clear()
    with pytest.raises(BadInput, match="no longer"):
        bench.panel.clip.read_header()


def test_header_with_another_number_of_frames_gives_no_times(bench, tmp_path):
    path = write_clip(tmp_path / "echo.dcm", grey_cine(), two_regions)
    browser = dicom_plugins.image_sequence(bench.scene, FRAMES[:3])
    bench.answers.dicom["1.2.3"] = path
    bench.parameters.browser = browser
    bench.panel.clip.read_header()
    cine = read_cine(browser)
    assert len(cine.times_s) == 3
    assert cine.time_source == "unknown"
    assert cine.spacing_mm == pytest.approx((0.31, 0.42))


@pytest.mark.parametrize("colour", [False, True])
def test_clip_with_frame_time_and_one_region_is_tracked_at_once(bench, colour):
    frames = np.stack([FRAMES] * 3, axis=-1) if colour else FRAMES
    browser = dicom_plugins.image_sequence(bench.scene, frames, frame_time_ms=18.18, spacing=(0.42, 0.31))
    bench.host.settle()
    assert bench.parameters.browser is browser  # the only clip
    assert browser.GetSelectedItemNumber() == 0
    cine = bench.panel.session.cine()
    assert cine.spacing_mm == pytest.approx((0.31, 0.42))
    assert np.allclose(cine.times_s, [0, 0.018, 0.036, 0.055])
    assert not bench.ui.headerButton.visible  # its file is not in the database
    bench.put()
    bench.track()
    assert "frames a beat" in bench.ui.resultMessageLabel.text  # too few of them for strain; the tracks are there


def test_unknown_pixel_size_of_the_dicom_module_can_be_calibrated_by_a_line(bench):
    browser = dicom_plugins.image_sequence(bench.scene, make_cine().frames, frame_time_ms=20.0)
    bench.parameters.browser = browser
    bench.host.settle()
    bench.ui.drawLineButton.click()
    bench.click_px(20, 20)
    bench.click_px(20, 100)
    bench.host.settle()
    bench.ui.lengthSpinBox.value = 40.0
    bench.ui.calibrateButton.click()
    assert bench.panel.session.cine().spacing_mm == pytest.approx((0.5, 0.5), rel=0.02)


def test_clip_that_was_loaded_as_one_volume_is_explained(bench):
    dicom_plugins.scalar_volume(bench.scene, FRAMES)
    bench.host.settle()
    assert "one volume of 4 slices" in bench.ui.clipMessageLabel.text
    assert "Load clip..." in bench.ui.clipMessageLabel.text


def test_3d_clip_of_slicerheart_is_explained(bench):
    volumes = np.zeros((3, 5, 20, 30), np.uint8)
    bench.parameters.browser = dicom_plugins.heart_sequence(bench.scene, volumes)
    bench.host.settle()
    assert "5 slices per frame" in bench.ui.clipMessageLabel.text
    assert "2-D" in bench.ui.trackButton.toolTip


def test_slicers_database_is_asked(bench, tmp_path, monkeypatch):
    import slicer

    from EchoTrackerLib.panel.qt.dialogs import SlicerDialogs

    class Database:
        isOpen = True

        def fileForInstance(self, uid):
            return {"1.2.3": str(tmp_path / "a.dcm"), "gone": "/nowhere/b.dcm"}.get(uid, "")

    (tmp_path / "a.dcm").write_bytes(b"")
    ask = SlicerDialogs().dicom_file
    assert ask("1.2.3") is None  # Slicer without DICOM
    monkeypatch.setattr(slicer, "dicomDatabase", None, raising=False)
    assert ask("1.2.3") is None
    monkeypatch.setattr(slicer, "dicomDatabase", Database())
    assert ask("1.2.3") == tmp_path / "a.dcm"
    assert ask("gone") is None
    assert ask("") is None
