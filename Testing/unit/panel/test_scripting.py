"""EchoTrackerLogic: what the panel can choose is an argument, nonsense is refused clearly, errors keep their kind."""

from __future__ import annotations

from types import SimpleNamespace

import dicom_plugins
import numpy as np
import pytest
from dicom_clips import grey_cine, write_clip
from panel_host import FakeRunner, make_cine

from EchoTrackerLib.errors import BadInput, Cancelled, EchoTrackerError, MissingDependency, OutOfMemory

CLICKS = [[45, 100], [80, 20], [115, 100]]


class Immediate(FakeRunner):
    """Runs a job as soon as it is asked; keeps the job."""

    def __init__(self, kind: str = "") -> None:
        super().__init__()
        self.kind, self.last = kind, None

    def poll(self) -> None:
        self.last = self.job
        self.fail(self.kind, "It ended so.") if self.kind else self.finish()


@pytest.fixture
def logic(bench):
    return bench.host.module.EchoTrackerLogic(runner=Immediate())


@pytest.fixture
def clip(bench):
    from EchoTrackerLib.scene.clip.cine import add_cine

    return add_cine(bench.scene, make_cine()).browser


def test_from_three_clicks_to_strain_without_the_panel(logic, clip, tmp_path, monkeypatch):
    points = logic.placeWall(clip, CLICKS, queryFrame=2, view="A2C", layers=3, pointsAlong=15)
    assert points.GetNumberOfControlPoints() == 45
    assert logic.placeWall(clip, CLICKS, view="A2C", search=True).GetNumberOfControlPoints() == 31
    logic.track(clip, points, wall="off", threads=2, precision="float32", device="cpu", withConfidence=False)
    job = logic.runner.last
    assert (job.query_frame, job.threads, job.confidence) == (2, 2, False)
    assert (job.options.precision, job.options.device, job.options.wall) == ("float32", "cpu", False)
    strain = logic.measureStrain(clip, view="A2C", edFrame=1, esFrame=6, driftCompensation=False)
    assert (strain.view, strain.ed, strain.es, strain.drift_compensated) == ("A2C", 1, 6, False)
    assert logic.measureStrain(clip).view == "A4C"  # what the panel has chosen
    times = strain.times_s
    given = logic.measureStrain(
        clip, apex=4, turn=True, rTimes=[float(times[1])], avcMs=1000 * float(times[7] - times[1])
    )
    assert (given.ed, given.es, given.apex_source) == (1, 7, "given by the user")
    assert given.phases.ed_source.startswith("R wave") and given.phases.es_source.startswith("aortic valve closure")
    assert logic.measureStrain(clip, mvoMs=410).mvo_s == 0.41
    monkeypatch.chdir(tmp_path)
    assert "tracks.npz" in logic.export(clip, "a/b/results")
    assert (tmp_path / "a" / "b" / "results" / "tracks.npz").is_file()


def test_3d_echo_of_the_dicom_module_is_refused(logic, bench, tmp_path, monkeypatch):
    import slicer

    def edit(dataset):
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.6.2"

    path = write_clip(tmp_path / "echo.dcm", grey_cine(), edit)
    browser = dicom_plugins.image_sequence(bench.scene, grey_cine().frames)
    database = SimpleNamespace(isOpen=True, fileForInstance=lambda uid: str(path) if uid == "1.2.3" else "")
    monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
    with pytest.raises(BadInput, match="is 3-D echo"):
        logic.placePoints(browser, [[5, 5]])


def test_points_by_their_positions(logic, clip):
    points = logic.placePoints(clip, np.array([[40, 50], [60, 70]]), ["one", "two"], queryFrame=3)
    logic.track(clip, points)
    job = logic.runner.last
    assert (job.labels, job.query_frame) == (("one", "two"), 3)
    np.testing.assert_allclose(job.points, [[40, 50], [60, 70]], atol=1e-3)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda logic, clip, points: logic.track(None, points), "browserNode must be the clip's sequence browser"),
        (lambda logic, clip, points: logic.track(points, points), "not vtkMRMLMarkupsFiducialNode"),
        (lambda logic, clip, points: logic.track(clip, None), "pointsNode must be a point list, not NoneType"),
        (lambda logic, clip, points: logic.track(clip, clip), "not vtkMRMLSequenceBrowserNode"),
        (lambda logic, clip, points: logic.track(clip, points, tracker="nobody"), "No tracker is called 'nobody'"),
        (
            lambda logic, clip, points: logic.track(clip, points, device="gpu"),
            "device 'gpu' is unknown; there is: auto",
        ),
        (lambda logic, clip, points: logic.track(clip, points, wall="maybe"), "wall 'maybe'"),
        (lambda logic, clip, points: logic.track(clip, points, precision="half"), "precision 'half'"),
        (lambda logic, clip, points: logic.track(clip, points, threads=-1), "threads must be a whole number"),
        (lambda logic, clip, points: logic.track(clip, points, queryFrame=12), "queryFrame must be a whole number"),
        (lambda logic, clip, points: logic.track(clip, points, queryFrame=-1), "from 0 to 11, not -1"),
        (lambda logic, clip, points: logic.track(clip, points, queryFrame=1.5), "not 1.5"),
        (lambda logic, clip, points: logic.track(clip, points, queryFrame=5), "was placed on frame"),
        (lambda logic, clip, points: logic.track(clip, points, weights="none.pt"), "none.pt does not exist"),
        (lambda logic, clip, points: logic.makeSample("Echo A3C"), "sample 'Echo A3C' is unknown; there is: Echo A4C"),
        (lambda logic, clip, points: logic.placeWall(clip, CLICKS[:2]), "three clicks"),
        (lambda logic, clip, points: logic.placeWall(clip, CLICKS, view="SAX"), "view 'SAX'"),
        (lambda logic, clip, points: logic.placeWall(clip, CLICKS, layers=0), "layers must be"),
        (lambda logic, clip, points: logic.placeWall(clip, [[0, 0], [1, 1], [999, 1]]), "right annulus"),
        (lambda logic, clip, points: logic.placePoints(clip, "abc"), "positions must be numbers"),
        (lambda logic, clip, points: logic.placePoints(clip, [[1, 2]], ["a", "b"]), "2 labels for 1 points"),
        (lambda logic, clip, points: logic.measureStrain(None), "browserNode must be"),
        (lambda logic, clip, points: logic.measureStrain(clip), "Track points first"),
        (lambda logic, clip, points: logic.measureStrain(clip, view="A3C"), "view 'A3C'"),
        (lambda logic, clip, points: logic.measureStrain(clip, edFrame=99), "edFrame must be"),
        (lambda logic, clip, points: logic.measureStrain(clip, rTimes=[0.3, 0.1]), "rTimes must be rising"),
        (lambda logic, clip, points: logic.measureStrain(clip, avcMs="soon"), "avcMs must be a number"),
        (lambda logic, clip, points: logic.export(None, "results"), "browserNode must be"),
        (lambda logic, clip, points: logic.export(clip, "results"), "Track points first"),
        (lambda logic, clip, points: logic.loadClip("/nowhere/clip.mp4"), "clip.mp4"),
    ],
)
def test_nonsense_is_refused_with_a_sentence_and_changes_nothing(logic, clip, tmp_path, monkeypatch, call, said):
    import slicer

    monkeypatch.chdir(tmp_path)
    points = logic.placePoints(clip, [[40, 50], [60, 70]])
    before = slicer.mrmlScene.GetNumberOfNodes()
    with pytest.raises(BadInput, match=said.replace("(", ".").replace(")", ".")):
        call(logic, clip, points)
    assert slicer.mrmlScene.GetNumberOfNodes() - before <= 1  # the parameter node may be made


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("cancelled", Cancelled),
        ("input", BadInput),
        ("memory", OutOfMemory),
        ("missing", MissingDependency),
        ("killed", EchoTrackerError),
    ],
)
def test_an_error_of_the_worker_keeps_its_kind(bench, clip, kind, error):
    logic = bench.host.module.EchoTrackerLogic(runner=Immediate(kind))
    points = logic.placePoints(clip, [[40, 50]])
    with pytest.raises(error, match="It ended so") as raised:
        logic.track(clip, points)
    assert type(raised.value) is error


def test_a_folder_that_cannot_be_made_is_said(logic, clip, tmp_path):
    (tmp_path / "file").write_text("")
    logic.track(clip, logic.placePoints(clip, [[40, 50]]))
    with pytest.raises(BadInput, match="cannot be made"):
        logic.export(clip, tmp_path / "file" / "results")


def test_scenes_are_read_by_relative_paths(tmp_path, monkeypatch):
    from EchoTrackerLib.scene.archive import read_scene, write_scene

    write_scene(tmp_path / "scene.mrb", make_cine())
    monkeypatch.chdir(tmp_path)
    from pathlib import Path

    assert read_scene(Path("scene.mrb")).scene.GetFirstNodeByClass("vtkMRMLSequenceBrowserNode") is not None


def test_the_panel_counts_frames_from_one_in_its_messages():
    """It said "its frames are 0 to 11" to who had typed 13 into a field that counts from 1."""
    from types import SimpleNamespace

    from EchoTrackerLib.panel.strain_settings import StrainSettings, measure_wall

    tracks = SimpleNamespace(n_frames=12)
    with pytest.raises(BadInput, match="ED frame 13 is outside the clip; its frames are 1 to 12"):
        measure_wall(tracks, StrainSettings(edFrame=13))
    with pytest.raises(BadInput, match="both frame 5"):
        measure_wall(tracks, StrainSettings(edFrame=5, esFrame=5))


def test_a_short_axis_is_measured_as_one():
    from EchoTrackerLib.panel.strain_settings import StrainSettings, wall_settings

    assert [wall_settings(StrainSettings(view=view))["view"] for view in ("SAX", "RV", "other")] == ["SAX", "RV", ""]
