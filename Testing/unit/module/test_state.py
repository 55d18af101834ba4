"""The module's life: set-up, enter and exit, scene save, close and load; logic without the widget."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest
from panel_host import ROOT, Bench, FakeRunner, make_cine

from EchoTrackerLib.errors import EchoTrackerError
from EchoTrackerLib.panel.qt.shortcuts import SHORTCUTS
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.tracks import read_tracks


def save(path: Path) -> None:
    from EchoTrackerLib.scene.archive import save_scene
    from EchoTrackerLib.scene.mrml.environment import slicer_environment

    save_scene(slicer_environment(), path)


def load(bench: Bench, path: Path) -> None:
    bundle = bench.scene
    import slicer
    from vtk import vtkCollection  # noqa: F401

    assert bundle.ReadFromMRB(str(path), False, slicer.vtkMRMLMessageCollection())
    bench.host.settle(0.3)


def test_setup_makes_no_nodes_and_is_fast(running_host):
    import slicer

    slicer.mrmlScene.Clear()
    before = slicer.mrmlScene.GetNumberOfNodes()
    panel = slicer.qMRMLWidget()
    from PySide6 import QtWidgets

    QtWidgets.QVBoxLayout(panel)
    began = time.process_time()  # a busy machine does not matter
    widget = running_host.module.EchoTrackerWidget(panel)
    widget.setup()
    seconds = time.process_time() - began
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert seconds < 2.0
    print(f"setup: {1000 * seconds:.0f} ms")
    widget.cleanup()


def test_nothing_heavy_is_imported_with_the_module():
    import subprocess

    code = (
        f"import sys; sys.path[:0] = [{str(ROOT / 'Testing' / 'host')!r}, {str(ROOT)!r}];"
        "import host; host.start();"
        "assert not {'torch', 'av', 'cv2', 'pandas', 'SimpleITK', 'pydicom'} & set(sys.modules), sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_startup_loads_neither_phantom_nor_trackers():
    """startupCompleted took 0.38 s, most of it the phantom, imported for two names, and the trackers for a list."""
    import subprocess

    code = (
        f"import sys; sys.path[:0] = [{str(ROOT / 'Testing' / 'host')!r}, {str(ROOT)!r}];"
        "import host; host.start();"
        "rooms = {n for n in sys.modules if n.startswith('EchoTrackerLib.')};"
        "names = ('EchoTrackerLib.phantom.phantom', 'EchoTrackerLib.tracking.classical', 'EchoTrackerLib.strain');"
        "heavy = {n for n in rooms if n.startswith(names)};"
        "assert 'EchoTrackerLib.panel.startup' in rooms;"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_enter_and_exit_give_back_what_they_took(bench):
    import slicer

    interaction = bench.scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    manager = slicer.app.layoutManager()
    bench.load()
    bench.put()
    bench.track()
    ours = manager.layout
    bench.ui.placeButton.click()
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    assert bench.panel.shortcuts._made
    bench.host.leaveModule()
    assert interaction.GetCurrentInteractionMode() == interaction.ViewTransform
    assert not bench.panel.shortcuts._made
    assert manager.layout == 6 != ours
    bench.widget.enter()
    for _again in range(2):
        assert len(bench.panel.shortcuts._made) == len(SHORTCUTS)
        bench.widget.enter()


def test_a_layout_chosen_by_the_user_stays(bench):
    import slicer

    bench.load()
    bench.put()
    bench.track()
    slicer.app.layoutManager().setLayout(3)
    bench.host.leaveModule()
    assert slicer.app.layoutManager().layout == 3
    bench.widget.enter()


def test_scene_round_trip_restores_everything(bench, tmp_path):
    browser = bench.load()
    points = bench.put()
    bench.parameters.view = "A2C"
    bench.parameters.tail = 7.0
    bench.parameters.colorBy = "confidence"
    bench.track()
    found = study.find_results(bench.scene, browser)
    tracks = read_tracks(bench.scene, found.tracks.sequence)
    message = bench.ui.resultMessageLabel.text
    browser.SetSelectedItemNumber(5)
    save(tmp_path / "scene.mrb")
    bench.scene.Clear()
    bench.host.settle()
    assert not bench.ui.trackButton.enabled
    assert bench.ui.framesValueLabel.text == "-"
    load(bench, tmp_path / "scene.mrb")
    parameters = bench.parameters
    assert parameters.browser is not None
    assert parameters.browser.GetSelectedItemNumber() == 5
    assert (parameters.view, parameters.tail, parameters.colorBy) == ("A2C", 7.0, "confidence")
    assert bench.ui.viewComboBox.currentText == "A2C"
    again = read_tracks(bench.scene, study.find_results(bench.scene, parameters.browser).tracks.sequence)
    assert np.array_equal(again.positions, tracks.positions)
    assert bench.ui.resultMessageLabel.text == message
    assert np.allclose(bench.panel.points.read().positions, points, atol=1e-3)
    bench.track()  # and goes on


@pytest.mark.parametrize("clear", [False, True])
@pytest.mark.parametrize("clips", [1, 2])
def test_a_scene_loaded_while_the_module_is_shown_has_its_clip_and_points(bench, tmp_path, clips, clear):
    """Slicer's wrapper of the parameter node notes values during import, when the nodes are not there yet."""
    for number in range(clips):
        bench.load(make_cine(name=f"clip {number}"))
    bench.put(7)
    bench.parameters.view = "A2C"
    save(tmp_path / "scene.mrb")
    bench.scene.Clear()
    bench.host.settle(0.2)
    import slicer

    assert bench.scene.ReadFromMRB(str(tmp_path / "scene.mrb"), clear, slicer.vtkMRMLMessageCollection())
    bench.host.settle(0.3)
    assert bench.parameters.browser is not None
    assert bench.parameters.browser.GetMasterSequenceNode().GetName() == f"clip {clips - 1}"
    assert bench.parameters.points.GetNumberOfControlPoints() == 7
    assert bench.parameters.view == "A2C"
    assert bench.ui.clipSelector.currentNode() is bench.parameters.browser
    assert "7 points" in bench.ui.pointsMessageLabel.text


@pytest.mark.parametrize("own", [1, 2])
@pytest.mark.parametrize("doing", ["nothing", "playing", "placing", "three clicks", "tracking"])
def test_a_scene_without_a_clip_that_is_added_leaves_clip_and_points_chosen(bench, tmp_path, own, doing):
    """Its settings replaced those of the panel: the points were gone, and of two clips none was chosen."""
    save(tmp_path / "plain.mrb")
    for number in range(own):
        bench.load(make_cine(name=f"own {number}"))
        bench.put(5)
    browser, points = bench.parameters.browser, bench.parameters.points
    if doing == "playing":
        browser.SetPlaybackActive(True)
    elif doing == "tracking":
        bench.start()
    elif doing == "placing":
        bench.ui.placeButton.click()
        bench.click_px(50, 50)
    elif doing == "three clicks":
        bench.ui.wallButton.click()
        bench.click_px(50, 90)
    bench.host.log.messages.clear()
    load(bench, tmp_path / "plain.mrb")
    browser.SetPlaybackActive(False)
    assert (bench.parameters.browser, bench.parameters.points) == (browser, points)
    assert bench.ui.clipSelector.currentNode() is browser
    assert bench.parameters.points.GetNumberOfDefinedControlPoints() == (6 if doing == "placing" else 5)
    if doing == "tracking":
        bench.runner.finish()
        assert "Tracked 5 points" in bench.ui.trackMessageLabel.text
    assert bench.host.log.messages == []


def test_close_twice_and_work_again(bench):
    for _round in range(2):
        bench.load()
        bench.put()
        bench.track()
        bench.scene.Clear()
        bench.host.settle()
        assert bench.parameters is not None
        assert bench.panel.session.browser is None


def test_the_panel_is_disconnected_when_the_scene_closes(bench):
    spin = bench.ui.layersSpinBox
    old = bench.parameters
    bench.scene.StartState(bench.scene.CloseState)
    spin.value = 4
    assert old.layers == 1
    bench.scene.EndState(bench.scene.CloseState)
    assert bench.parameters is not old
    spin.value = 5
    assert bench.parameters.layers == 5
    bench.parameters.layers = 1
    bench.host.settle()


def test_logic_without_the_widget(bench, tmp_path):
    from EchoTrackerLib.scene.clip.cine import add_cine
    from EchoTrackerLib.scene.points import Points, add_points

    class Immediate(FakeRunner):
        def poll(self) -> None:
            self.finish()

    logic = bench.host.module.EchoTrackerLogic(runner=Immediate())
    clip = add_cine(bench.scene, make_cine())
    points = np.array([[40, 100], [50, 60], [80, 20], [110, 60], [120, 100]], dtype=np.float32)
    node = add_points(bench.scene, clip.proxy, Points(tuple(f"mid {i + 1}" for i in range(5)), points), "p")
    stages = []
    sequence = logic.track(clip.browser, node, progress=lambda *event: stages.append(event))
    assert read_tracks(bench.scene, sequence).n_points == 5
    strain = logic.measureStrain(clip.browser)
    assert np.nanmin(strain.curve.percent) < -10
    assert "tracks.npz" in logic.export(clip.browser, tmp_path)


def test_logic_reports_failures(bench):
    from EchoTrackerLib.scene.clip.cine import add_cine
    from EchoTrackerLib.scene.points import Points, add_points

    class Failing(FakeRunner):
        def poll(self) -> None:
            self.fail("memory", "There was not enough memory.")

    logic = bench.host.module.EchoTrackerLogic(runner=Failing())
    clip = add_cine(bench.scene, make_cine())
    node = add_points(bench.scene, clip.proxy, Points(("a",), np.array([[40, 50]], dtype=np.float32)), "p")
    with pytest.raises(EchoTrackerError, match="memory"):
        logic.track(clip.browser, node)


def test_file_reader_loads_a_video(bench):
    import slicer
    from shared_data import shared

    class Parent:
        loadedNodes: list = []  # noqa: RUF012
        messages: list = []  # noqa: RUF012

        def supportedNameFilters(self, path: str) -> list:
            return ["*.mp4"] if path.endswith(".mp4") else []

        def userMessages(self):
            return self

        def AddMessage(self, event, text) -> None:
            self.messages.append(text)

    reader = bench.host.module.EchoTrackerFileReader(Parent())
    path = shared("data/a4c_45f_1024x768.mp4")
    assert reader.canLoadFileConfidence(str(path)) > 0.5
    assert reader.canLoadFileConfidence("x.txt") == 0
    assert reader.load({"fileName": str(path)})
    assert len(reader.parent.loadedNodes) == 3
    assert all(slicer.mrmlScene.GetNodeByID(i) for i in reader.parent.loadedNodes)
    assert not reader.load({"fileName": "/nowhere.mp4"})
    assert "nowhere" in reader.parent.messages[0]
