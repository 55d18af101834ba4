"""Strain in the scene, and all results of a clip in one place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scene_data
import slicer
from scene_data import points_of, same_strain
from vtk.util.numpy_support import vtk_to_numpy

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene import strain as strain_scene
from EchoTrackerLib.scene import trajectories
from EchoTrackerLib.scene.clip.cine import add_cine
from EchoTrackerLib.scene.mrml import colors as colours
from EchoTrackerLib.scene.mrml import frames, nodes
from EchoTrackerLib.scene.tracks import read_tracks
from EchoTrackerLib.strain.strain import measure_strain


def segments_of(model):
    return vtk_to_numpy(model.GetPolyData().GetLines().GetConnectivityArray()).reshape(-1, 2)


def test_strain_comes_back_exactly(scene, cine, clip):
    strain = measure_strain(scene_data.make_wall(cine), view="A4C")
    strain_scene.add_strain(scene, clip.browser, strain)
    same_strain(strain, strain_scene.read_strain(scene, clip.browser))


def test_chart_tables_and_cursor(scene, cine, clip):
    strain = measure_strain(scene_data.make_wall(cine), view="A4C")
    made = strain_scene.add_strain(scene, clip.browser, strain)
    np.testing.assert_array_equal(slicer.util.arrayFromTableColumn(made.curves, "global (%)"), strain.curve.percent)
    np.testing.assert_array_equal(slicer.util.arrayFromTableColumn(made.curves, "time (s)"), strain.times_s)
    assert made.curves.GetCellText(0, 0) == "1"  # frames on screen count from 1
    assert made.values.GetNumberOfRows() == 7
    assert made.values.GetCellText(0, 1).endswith("black")  # its curve
    assert made.values.GetCellText(0, 2) == f"{strain.gls_percent:.1f}".replace("-", "\N{MINUS SIGN}")
    chart = made.chart
    assert not chart.GetXAxisRangeAuto() and not chart.GetYAxisRangeAuto()
    low, high = chart.GetYAxisRange()
    assert low < strain.curve.percent.min() and high > 0
    series = [chart.GetNthPlotSeriesNode(i) for i in range(chart.GetNumberOfPlotSeriesNodes())]
    assert len(series) <= 10 and all(one.GetHideFromEditors() for one in series)
    assert {"global", "mid inferoseptal", "current frame"} <= {one.GetName() for one in series}
    cursor = next(one for one in series if one.GetName() == "current frame").GetTableNode()
    strain_scene.show_frame(scene, clip.browser, 17)
    np.testing.assert_array_equal(
        slicer.util.arrayFromTableColumn(cursor, "current frame (s)"), [strain.times_s[17]] * 2
    )
    np.testing.assert_allclose(slicer.util.arrayFromTableColumn(cursor, "height (%)"), [low, high])
    assert strain_scene.frame_at(strain, strain.times_s[17] + 0.004) == 17


def test_no_strain_is_none(scene, clip):
    assert strain_scene.read_strain(scene, clip.browser) is None
    strain_scene.show_frame(scene, clip.browser, 3)


# -- all together --------------------------------------------------------------------------------


def everything(scene):
    """Class and name of all nodes; display nodes are numbered by Slicer."""
    named = [(node.GetClassName(), node.GetName() or "") for node in nodes.nodes_of(scene, "vtkMRMLNode")]
    return sorted((kind, name.rstrip("_0123456789") if "Display" in kind else name) for kind, name in named)


def hierarchy(scene):
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def test_a_new_run_replaces_its_own_results_and_keeps_the_users_choices(scene, cine, clip):
    wall = scene_data.make_wall(cine)
    first = study.set_results(scene, clip.browser, wall, measure_strain(wall))
    trajectories.set_tail(first.trajectories, 7, 0)
    trajectories.colour_by(scene, first.trajectories, "confidence")
    before = everything(scene)
    other = replace(wall, positions=wall.positions + np.float32(0.5))
    second = study.set_results(scene, clip.browser, other, measure_strain(other))
    assert everything(scene) == before
    scene_data.same_tracks(other, read_tracks(scene, second.tracks.sequence))
    assert trajectories.tail_of(second.trajectories) == 7
    assert second.trajectories.GetDisplayNode().GetActiveScalarName() == "confidence"
    found = study.find_results(scene, clip.browser)
    assert found == second
    assert clip.browser.GetNumberOfSynchronizedSequenceNodes(True) == 2


def test_nodes_of_others_are_never_replaced(scene, cine, clip):
    wall = scene_data.make_wall(cine)
    users = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "clip tracks")
    table = scene.AddNewNodeByClass("vtkMRMLTableNode", "clip strain curves")
    other_clip = add_cine(scene, cine)
    others = study.set_results(scene, other_clip.browser, wall, measure_strain(wall))
    truth = study.add_tracks(scene, clip.browser, wall, role="annotation")
    for _ in range(2):
        study.set_results(scene, clip.browser, wall, measure_strain(wall))
    study.remove_results(scene, clip.browser)
    for node in (users, table, others.tracks.sequence, others.tracks.proxy, others.strain.chart, truth.sequence):
        assert node.GetScene() is scene, node.GetName()
    assert study.find_results(scene, clip.browser) == study.Results(None, None, None)
    assert study.find_results(scene, other_clip.browser) == others


def test_removing_leaves_the_scene_as_before(scene, cine, clip):
    colours.colour_node(scene, "amount")  # shared by all clips, stays
    study.put_in_folder(scene, clip.browser, [])
    before = everything(scene)
    wall = scene_data.make_wall(cine)
    study.set_results(scene, clip.browser, wall, measure_strain(wall))
    study.remove_results(scene, clip.browser)
    assert everything(scene) == before


def test_results_that_do_not_fit_change_nothing(scene, cine, clip):
    wall = scene_data.make_wall(cine)
    made = study.set_results(scene, clip.browser, wall)
    before = everything(scene)
    with pytest.raises(BadInput):
        study.set_results(scene, clip.browser, scene_data.make_tracks(scene_data.make_cine(5)))
    assert everything(scene) == before
    assert study.find_results(scene, clip.browser) == made


def test_results_lie_in_one_folder_beside_the_clip(scene, cine, clip):
    wall = scene_data.make_wall(cine)
    tree = hierarchy(scene)
    patient = tree.CreateFolderItem(tree.GetSceneItemID(), "study of the user")
    tree.SetItemParent(tree.CreateItem(patient, clip.proxy), patient)
    made = study.set_results(scene, clip.browser, wall, measure_strain(wall))
    folder = tree.GetItemParent(tree.GetItemByDataNode(made.trajectories))
    assert tree.GetItemName(folder) == "clip EchoTracker"
    assert tree.GetItemParent(folder) == patient
    children = tree.GetNumberOfItemChildren(folder)
    tree.SetItemParent(folder, tree.GetSceneItemID())  # the user may move it
    again = study.set_results(scene, clip.browser, wall, measure_strain(wall))
    assert tree.GetItemParent(tree.GetItemByDataNode(again.tracks.proxy)) == folder
    assert tree.GetNumberOfItemChildren(folder) == children == 5


def test_strain_alone_is_replaced_after_a_point_was_rejected(scene, cine, clip):
    wall = scene_data.make_wall(cine)
    made = study.set_results(scene, clip.browser, wall, measure_strain(wall))
    model = made.trajectories
    trajectories.colour_by(scene, model, "strain_percent")
    fewer = measure_strain(wall, excluded=("W05",))
    study.set_strain(scene, clip.browser, fewer)
    assert np.isnan(points_of(model, "strain_percent").reshape(40, 30)[4]).all()
    np.testing.assert_allclose(
        points_of(model, "strain_percent").reshape(40, 30)[39], fewer.segments[5].percent, rtol=1e-6, atol=1e-6
    )
    found = study.find_results(scene, clip.browser)
    assert found.tracks == made.tracks and found.strain != made.strain
    same_strain(fewer, strain_scene.read_strain(scene, clip.browser))
    assert found.strain.chart.GetName() == "clip strain"
    study.set_strain(scene, clip.browser, None)
    assert model.GetDisplayNode().GetActiveScalarName() == "track"
    assert "strain_percent" not in trajectories.scalar_names(model)
    assert study.find_results(scene, clip.browser).strain is None


def test_results_follow_a_clip_that_was_moved(scene, cine, clip):
    wall = scene_data.make_wall(cine)
    results = study.set_results(scene, clip.browser, wall)
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "t")
    clip.proxy.SetAndObserveTransformNodeID(transform.GetID())
    study.follow_clip(scene, clip.browser)
    assert results.trajectories.GetParentTransformNode() is transform
    assert results.tracks.proxy.GetParentTransformNode() is transform
    frames.go_to_frame(clip.browser, 9)
    scene_data.same_tracks(wall, read_tracks(scene, results.tracks.sequence))
    clip.proxy.SetAndObserveTransformNodeID(None)
    study.follow_clip(scene, clip.browser)
    assert results.tracks.proxy.GetParentTransformNode() is None
    scene_data.same_tracks(wall, read_tracks(scene, results.tracks.sequence))


def test_helpers_are_hidden(scene, cine, clip):
    wall = scene_data.make_wall(cine)
    study.set_results(scene, clip.browser, wall, measure_strain(wall))
    for class_name in ("vtkMRMLTextNode", "vtkMRMLPlotSeriesNode"):
        assert all(node.GetHideFromEditors() for node in nodes.nodes_of(scene, class_name))
    tables = nodes.nodes_of(scene, "vtkMRMLTableNode")
    assert not any(table.GetHideFromEditors() for table in tables)  # the Save dialog would skip them
    shown = [table.GetName() for table in tables if table.GetAttribute(nodes.NOT_IN_TREE) is None]
    assert shown == ["clip strain curves", "clip strain values"]
