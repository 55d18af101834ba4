"""Every route of a scene through files, with a Save dialog that skips what is hidden, as that of Slicer 5.8 does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import save_dialog
import scene_data
from scene_data import same_strain
from vtk.util.numpy_support import vtk_to_numpy

from EchoTrackerLib.annotation.annotation import State, empty_annotation
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.annotation.sequence import add_annotation, find_annotations, read_annotation
from EchoTrackerLib.scene.clip.cine import find_cine_browsers, read_cine
from EchoTrackerLib.scene.compare.compared import find_kept, keep_tracks
from EchoTrackerLib.scene.mrml import nodes
from EchoTrackerLib.scene.mrml.environment import new_scene
from EchoTrackerLib.scene.strain import read_strain
from EchoTrackerLib.scene.tracks import read_tracks
from EchoTrackerLib.strain.strain import measure_strain

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
        if colour:  # a grey of its own, as that of YBR clips
            self.cine = replace(self.cine, frames=np.roll(self.cine.frames, 1, axis=1))
        self.wall = scene_data.make_wall(self.cine)
        self.kept = scene_data.make_tracks(self.cine)
        self.strain = measure_strain(self.wall)
        scene = environment.scene
        clip, results = study.add_study(scene, self.cine, self.wall, self.strain)
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
        scene_data.same_tracks(self.wall, read_tracks(scene, found.tracks.sequence))
        (kept,) = find_kept(scene, browser)
        scene_data.same_tracks(self.kept, read_tracks(scene, kept))
        same_strain(self.strain, read_strain(scene, browser))
        (set_a,) = find_annotations(scene, browser)
        annotation = read_annotation(scene, set_a)
        np.testing.assert_array_equal(annotation.states, self.annotation.states)
        np.testing.assert_allclose(annotation.positions, self.annotation.positions, atol=1e-3)
        assert annotation.annotator == "A"
        chart = found.strain.chart
        assert chart.GetNumberOfPlotSeriesNodes() == 2 + 1 + len(self.strain.segments)
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


@pytest.mark.parametrize("order", [list, lambda found: found[::-1], lambda found: sorted(found, key=lambda n: n.GetName())])
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
