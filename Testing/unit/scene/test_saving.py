"""Every route of a scene through files, with a Save dialog that skips what is hidden, as that of Slicer 5.8 does."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import save_dialog
import scene_data
from scene_data import same_strain
from vtk.util.numpy_support import vtk_to_numpy

from EchoTrackerLib.annotation.annotation import State, empty_annotation
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.annotation.sequence import add_annotation, find_annotations, read_annotation
from EchoTrackerLib.scene.archive import read_scene, write_scene
from EchoTrackerLib.scene.clip.cine import find_cine_browsers, read_cine
from EchoTrackerLib.scene.compare.compared import find_kept, keep_tracks
from EchoTrackerLib.scene.mrml import nodes, plane
from EchoTrackerLib.scene.mrml.environment import new_scene
from EchoTrackerLib.scene.restoring import restore
from EchoTrackerLib.scene.strain import MARKS_ROLE, read_strain
from EchoTrackerLib.scene.tracks import read_tracks
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.tracks.decisions import REJECTED, Decision, Review

ROUTES = {
    "mrml": ["mrml"],
    "mrb mrml": ["mrb", "mrml"],
    "mrb mrml mrb": ["mrb", "mrml", "mrb"],
    "mrml mrb mrml": ["mrml", "mrb", "mrml"],
    "mrb mrb mrml mrml": ["mrb", "mrb", "mrml", "mrml"],
}


class Work:
    """A clip with everything that EchoTracker can put beside it."""

    def __init__(self, environment, colour=False):
        self.cine = scene_data.make_cine(14, colour=colour)
        if colour:  # a gray of its own, as that of YBR clips
            self.cine = replace(self.cine, frames=np.roll(self.cine.frames, 1, axis=1))
        self.wall = scene_data.make_wall(self.cine)
        self.wall = replace(self.wall, review=Review({"W03": Decision(REJECTED, "drifts")}))
        self.kept = scene_data.make_tracks(self.cine)
        self.strain = measure_strain(self.wall)
        scene = environment.scene
        clip, _results = study.add_study(scene, self.cine, self.wall, self.strain)
        keep_tracks(scene, clip.browser, self.kept, "kept")
        annotation = empty_annotation(("a", "b"), self.cine.times_s, None, self.cine.spacing_mm, self.cine.size)
        states, positions = annotation.states.copy(), annotation.positions.copy()
        states[0, 3], positions[0, 3] = State.PLACED, (10.0, 12.0)
        states[1, 4], positions[1, 4] = State.OCCLUDED, (20.5, 7.25)
        self.annotation = replace(annotation, states=states, positions=positions, annotator="A")
        add_annotation(scene, clip.browser, self.annotation, "set A")

    def check(self, scene):
        """All of it is in the scene."""
        (browser,) = find_cine_browsers(scene)
        scene_data.same_cine(self.cine, read_cine(browser))
        found = study.find_results(scene, browser)
        tracks = read_tracks(scene, found.tracks.sequence)
        scene_data.same_tracks(self.wall, tracks)
        assert tracks.review == self.wall.review
        (kept,) = find_kept(scene, browser)
        scene_data.same_tracks(self.kept, read_tracks(scene, kept))
        same_strain(self.strain, read_strain(scene, browser))
        (set_a,) = find_annotations(scene, browser)
        annotation = read_annotation(scene, set_a)
        np.testing.assert_array_equal(annotation.states, self.annotation.states)
        np.testing.assert_allclose(annotation.positions, self.annotation.positions, atol=1e-3)
        assert annotation.annotator == "A"
        chart = found.strain.chart
        assert chart.GetNumberOfPlotSeriesNodes() == 3 + 1 + len(self.strain.segments)  # cursor, phases, their lines
        for index in range(chart.GetNumberOfPlotSeriesNodes()):
            series = chart.GetNthPlotSeriesNode(index)
            table = series.GetTableNode().GetTable()
            for column in (series.GetXColumnName(), series.GetYColumnName()):
                assert table.GetColumnByName(column).GetNumberOfValues() >= 2, (series.GetName(), column)
        study.show_frame(scene, browser, 5)
        assert found.trajectories.GetPolyData().GetNumberOfPoints() == self.wall.visible.size
        self.check_colors(found.trajectories)

    def check_colors(self, model):
        colors = model.GetDisplayNode().GetColorNode()
        table = vtk_to_numpy(colors.GetLookupTable().GetTable())
        assert table[:, 3].min() == 255, "trajectories are transparent"
        assert len(np.unique(table[:, :3], axis=0)) > 10


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES.keys())
def test_nothing_is_lost_on_any_route(tmp_path, route, colour):
    environment = new_scene()
    work = Work(environment, colour)
    for number, kind in enumerate(route):
        path = tmp_path / str(number) / f"scene.{kind}"
        (save_dialog.save_as_mrb if kind == "mrb" else save_dialog.save_as_mrml)(environment.scene, path)
        work.check(environment.scene)
        environment = new_scene()
        assert save_dialog.read(environment.scene, path)
        work.check(environment.scene)


@pytest.mark.parametrize(
    "order", [list, lambda found: found[::-1], lambda found: sorted(found, key=lambda n: n.GetName())]
)
def test_a_folder_is_saved_again_and_again_in_any_order(tmp_path, order):
    environment = new_scene()
    work = Work(environment)
    for number in range(3):  # without loading in between, into the same folder and into another
        save_dialog.save_as_mrb(environment.scene, tmp_path / "scene.mrb")
        save_dialog.save_as_mrml(environment.scene, tmp_path / str(number // 2) / "scene.mrml", order, number == 0)
    other = new_scene()
    assert save_dialog.read(other.scene, tmp_path / "1" / "scene.mrml")
    work.check(other.scene)


def test_no_data_of_ours_is_in_a_node_that_the_dialog_skips(tmp_path):
    environment = new_scene()
    Work(environment, colour=True)
    save_dialog.save_as_mrb(environment.scene, tmp_path / "scene.mrb")
    skipped = [
        node.GetName()
        for node in nodes.nodes_of(environment.scene, "vtkMRMLStorableNode")
        if node.GetSaveWithScene() and node.GetHideFromEditors() and node.GetStorageNode() is not None
    ]
    assert skipped == []


def test_a_scene_of_an_earlier_version_is_mended(tmp_path):
    """Exact values in hidden text nodes, a color table read back empty, hidden tables that were never written."""
    environment = new_scene()
    work = Work(environment)
    scene = environment.scene
    (browser,) = find_cine_browsers(scene)
    found = study.find_results(scene, browser)
    for owner in (
        found.tracks.sequence,
        *find_kept(scene, browser),
        *find_annotations(scene, browser),
        found.strain.curves,
    ):
        text = nodes.add_hidden(scene, "vtkMRMLTextNode", "values")
        text.SetText(owner.GetAttribute("EchoTracker.Values"))
        text.AddDefaultStorageNode()
        owner.SetAttribute("EchoTracker.Values", None)
        owner.SetNodeReferenceID(nodes.VALUES_REFERENCE, text.GetID())
    colors = nodes.add_hidden(scene, "vtkMRMLColorTableNode", "EchoTracker amount")
    colors.SetTypeToUser()
    colors.SetNumberOfColors(256)
    colors.SetAttribute("EchoTracker.ColourTable", "amount")
    colors.GetLookupTable().GetTable().Fill(0)
    found.trajectories.GetDisplayNode().SetAndObserveColorNodeID(colors.GetID())
    (marks,) = nodes.results_of(scene, browser.GetMasterSequenceNode(), MARKS_ROLE)
    marks.SetHideFromEditors(True)
    marks.GetTable().Initialize()
    for _again in range(2):
        restore(scene)
        work.check(scene)
    assert not [n for n in nodes.nodes_of(scene, "vtkMRMLTextNode") if n.GetHideFromEditors()]
    save_dialog.save_as_mrb(scene, tmp_path / "scene.mrb")
    save_dialog.save_as_mrml(scene, tmp_path / "folder" / "scene.mrml")
    other = new_scene()
    assert save_dialog.read(other.scene, tmp_path / "folder" / "scene.mrml")
    work.check(other.scene)


@pytest.mark.parametrize("kept", [True, False])
def test_trajectories_get_colors_back_that_were_read_as_nothing(kept):
    """A table of an earlier version, all zero, or none any more; everything else is as it should be."""
    environment = new_scene()
    scene, work = environment.scene, Work(environment)
    (browser,) = find_cine_browsers(scene)
    display = study.find_results(scene, browser).trajectories.GetDisplayNode()
    before = display.GetColorNodeID()
    colors = nodes.add_hidden(scene, "vtkMRMLColorTableNode", "EchoTracker amount")
    colors.SetAttribute("EchoTracker.ColourTable", "amount")
    display.SetAndObserveColorNodeID(colors.GetID())
    if not kept:
        scene.RemoveNode(colors)
    restore(scene)
    assert display is study.find_results(scene, browser).trajectories.GetDisplayNode()
    assert display.GetColorNodeID() == before
    assert colors.GetScene() is None
    work.check(scene)


def test_tracks_whose_exact_values_are_gone_say_what_is_known(tmp_path):
    environment = new_scene()
    work = Work(environment)
    (browser,) = find_cine_browsers(environment.scene)
    sequence = study.find_results(environment.scene, browser).tracks.sequence
    sequence.SetAttribute("EchoTracker.Values", None)
    tracks = read_tracks(environment.scene, sequence)
    assert (tracks.tracker, tracks.confidence) == (work.wall.tracker, None)
    assert tracks.review == work.wall.review
    np.testing.assert_allclose(tracks.positions, work.wall.positions, atol=1e-3)


def bundle_texts(path: Path) -> dict[str, bytes]:
    """The files of a .mrb, those of the bundles inside it too."""
    found = {}
    with zipfile.ZipFile(path) as bundle:
        for name in bundle.namelist():
            if name.endswith(".mrb"):
                inner = zipfile.ZipFile(io.BytesIO(bundle.read(name)))
                found.update({f"{name}/{part}": inner.read(part) for part in inner.namelist()})
            else:
                found[name] = bundle.read(name)
    return found


@pytest.mark.parametrize("colour", [False, True])
def test_slicer_5_8_reads_the_scenes_of_the_command_line(tmp_path, colour):
    """By the files and the classes of the nodes; it reads NRRD sequences and color files wrongly."""
    cine = scene_data.make_cine(14, colour=colour)
    wall = scene_data.make_wall(cine)
    write_scene(tmp_path / "scene.mrb", cine, wall, measure_strain(wall))
    files = bundle_texts(tmp_path / "scene.mrb")
    assert not [name for name in files if name.endswith((".csv", ".ctbl", ".seq.nrrd"))]
    for name, content in files.items():
        if name.endswith(".nrrd"):
            header = content.split(b"\n\n")[0]
            assert b"index values" not in header
    scene_file = ET.fromstring(files["scene/scene.mrml"])
    sequences = [node for node in scene_file if node.tag == "Sequence"]
    storages = {node.get("id"): node.tag for node in scene_file}
    assert len(sequences) == 2
    for sequence in sequences:
        reference = re.search(r"storage:(\S+?);", sequence.get("references")).group(1)
        assert storages[reference] == "SequenceStorage"
    known = {
        "Selection", "Interaction", "View", "Slice", "SliceComposite", "Layout", "Crosshair", "Camera", "UnitNode",
        "SubjectHierarchy", "Folder", "FolderDisplay", "Sequence", "SequenceStorage", "SequenceBrowser", "Volume",
        "VectorVolume", "VolumeDisplay", "VectorVolumeDisplay", "VolumeArchetypeStorage", "MarkupsFiducial",
        "MarkupsFiducialDisplay", "MarkupsFiducialStorage", "MarkupsJsonStorage", "MarkupsDisplay", "Model",
        "ModelDisplay", "ModelStorage", "Table", "TableStorage", "PlotChart", "PlotSeries", "PlotView", "TableView",
        "Text", "TextStorage", "ScriptedModule", "SliceDisplay", "ClipModels", "VectorVolumeStorage",
    }  # fmt: skip
    assert {node.tag for node in scene_file} <= known


@pytest.mark.parametrize("colour", [False, True])
def test_the_scene_of_the_command_line_opens_with_its_clip(tmp_path, capfd, colour):
    matrix = np.array([[0, -0.3, 0, 5.125], [0.2, 0, 0, -7], [0, 0, 1, 2], [0, 0, 0, 1.0]])
    cine = scene_data.make_cine(14, spacing=(0.3, 0.2), ijk_to_ras=matrix, colour=colour)
    write_scene(tmp_path / "scene.mrb", cine)
    assert capfd.readouterr() == ("", "")
    scene = read_scene(tmp_path / "scene.mrb").scene
    (layout,) = nodes.nodes_of(scene, "vtkMRMLLayoutNode")
    assert layout.GetViewArrangement() == layout.SlicerLayoutOneUpRedSliceView
    (composite,) = [n for n in nodes.nodes_of(scene, "vtkMRMLSliceCompositeNode") if n.GetLayoutName() == "Red"]
    (browser,) = find_cine_browsers(scene)
    proxy = browser.GetProxyNode(browser.GetMasterSequenceNode())
    assert composite.GetBackgroundVolumeID() == proxy.GetID()
    assert proxy.IsA("vtkMRMLVectorVolumeNode") == colour
    display = proxy.GetScalarVolumeDisplayNode()
    assert (display.GetAutoWindowLevel(), display.GetWindow(), display.GetLevel()) == (0, 255, 127.5)
    view = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    corners = plane.pixels_to_world(np.array([[0.0, 0.0], [63.0, 0.0], [0.0, 47.0]]), proxy)
    on_screen = np.linalg.inv(plane.matrix_from_vtk(view.GetXYToRAS())) @ np.c_[corners, np.ones(3)].T
    columns, rows, _depth = view.GetDimensions()
    assert np.all((on_screen[:2] >= 0) & (on_screen[:2] <= [[columns], [rows]]))
    np.testing.assert_allclose(on_screen[2], 0, atol=1e-6)
    assert max(np.ptp(on_screen[0]) / columns, np.ptp(on_screen[1]) / rows) > 0.9
