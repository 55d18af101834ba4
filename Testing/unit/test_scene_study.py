"""Trajectories, strain, layouts, and all results of a clip in one place."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import scene_data
import slicer
from vtk.util.numpy_support import vtk_to_numpy

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.scene import colours, frames, layout, nodes, study, trajectories
from EchoTrackerLib.scene import strain as strain_scene
from EchoTrackerLib.scene.cine import add_cine
from EchoTrackerLib.scene.editing import Change
from EchoTrackerLib.scene.environment import new_scene
from EchoTrackerLib.scene.tracks import read_tracks
from EchoTrackerLib.strain.strain import Strain, measure_strain


@pytest.fixture()
def environment():
    return new_scene()


@pytest.fixture()
def scene(environment):
    return environment.scene


@pytest.fixture()
def cine():
    return scene_data.make_cine(30)


@pytest.fixture()
def clip(scene, cine):
    return add_cine(scene, cine)


def points_of(model, name):
    return vtk_to_numpy(model.GetPolyData().GetPointData().GetArray(name))


def segments_of(model):
    return vtk_to_numpy(model.GetPolyData().GetLines().GetConnectivityArray()).reshape(-1, 2)


def same_strain(a: Strain, b: Strain) -> None:
    for field in fields(a):
        first, second = getattr(a, field.name), getattr(b, field.name)
        if field.name == "times_s":
            np.testing.assert_array_equal(first, second)
        elif field.name not in ("curve", "segments"):
            assert first == second, field.name
    for one, two in zip((a.curve, *a.segments), (b.curve, *b.segments)):
        assert (one.name, one.n_points) == (two.name, two.n_points)
        for name in ("percent", "uncompensated_percent", "length", "drift_percent"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


# -- trajectories --------------------------------------------------------------------------------


def test_trajectories_lie_where_the_points_are(scene, cine, clip):
    tracks = scene_data.make_tracks(cine)
    model = trajectories.add_trajectories(scene, clip.browser, tracks)
    vertices = vtk_to_numpy(model.GetPolyData().GetPoints().GetData()).reshape(5, 30, 3)
    row, col = scene_data.SPACING
    np.testing.assert_allclose(vertices[..., 0], -tracks.positions[..., 0] * np.float64(col), atol=1e-6)
    np.testing.assert_allclose(vertices[..., 1], -tracks.positions[..., 1] * np.float64(row), atol=1e-6)
    np.testing.assert_array_equal(points_of(model, "confidence").reshape(5, 30), tracks.confidence)


def test_tail_follows_the_frame_and_leaves_lost_stretches_out(scene, cine, clip):
    tracks = scene_data.make_tracks(cine)
    model = trajectories.add_trajectories(scene, clip.browser, tracks, tail=4)
    for frame, tail in ((10, 4), (2, 4), (29, 100), (0, 4), (20, 0)):
        trajectories.set_tail(model, tail, frame)
        expected = [
            (n * 30 + k, n * 30 + k + 1)
            for n in range(5)
            for k in range(max(0, frame - tail), frame)
            if tracks.visible[n, k] and tracks.visible[n, k + 1]
        ]
        assert [tuple(pair) for pair in segments_of(model)] == expected
    assert trajectories.tail_of(model) == 0


def test_trajectories_follow_an_edit(scene, cine, clip):
    wall = scene_data.make_wall(cine)
    model = trajectories.add_trajectories(scene, clip.browser, wall, tail=100)
    frames.go_to_frame(clip.browser, 29)
    changes = [Change(3, 7, "defined", (9.0, 11.0)), Change(3, 20, "missing", (1.0, 2.0))]
    trajectories.follow_changes(clip.browser, model, changes)
    vertices = vtk_to_numpy(model.GetPolyData().GetPoints().GetData())
    row, col = scene_data.SPACING
    np.testing.assert_allclose(vertices[3 * 30 + 7], (-9 * col, -11 * row, 0))
    drawn = {tuple(pair) for pair in segments_of(model)}
    assert (97, 98) in drawn and (109, 110) not in drawn and (110, 111) not in drawn
    assert len(drawn) == 40 * 29 - 2


def test_scalars_have_units_only_where_the_spacing_is_known(cine):
    tracks = scene_data.make_tracks(cine)
    scalars = trajectories.track_scalars(tracks)
    row, col = scene_data.SPACING
    dx, dy = (tracks.positions[2, 7] - tracks.positions[2, 3]).astype(float)
    assert scalars["displacement_mm"][2, 7] == pytest.approx(np.hypot(dx * col, dy * row))
    assert np.all(scalars["displacement_mm"][:, tracks.query_frame] == 0)
    step = (tracks.positions[1, 9] - tracks.positions[1, 7]).astype(float) * (col, row)
    assert scalars["speed_mm_s"][1, 8] == pytest.approx(np.hypot(*step) * 50 / 2)
    unknown = trajectories.track_scalars(replace(tracks, spacing_mm=None))
    assert {"displacement_px", "speed_px_s"} <= set(unknown) and "displacement_mm" not in unknown


def test_colouring(scene, cine, clip):
    tracks = scene_data.make_tracks(cine)
    strain = np.linspace(-20, 5, 150).reshape(5, 30)
    model = trajectories.add_trajectories(scene, clip.browser, tracks, scalars={"strain_percent": strain})
    names = {"track", "time_s", "displacement_mm", "speed_mm_s", "confidence", "strain_percent"}
    assert set(trajectories.scalar_names(model)) == names
    display = model.GetDisplayNode()
    for name in sorted(names):
        trajectories.colour_by(scene, model, name)
        assert display.GetActiveScalarName() == name
        low, high = display.GetScalarRange()
        assert low < high
        if name == "strain_percent":
            assert low == -high
            assert display.GetColorNode() is colours.colour_node(scene, "signed")
    with pytest.raises(KeyError):
        trajectories.colour_by(scene, model, "nothing")
    assert (
        len([n for n in nodes.nodes_of(scene, "vtkMRMLColorTableNode") if n.GetName().startswith("EchoTracker")]) == 2
    )


def test_colour_tables_rise_in_lightness_and_stay_visible():
    def lightness(rgb):
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return 116 * np.cbrt(linear @ np.array([0.2126, 0.7152, 0.0722])) - 16

    amount = lightness(colours.colours("amount"))
    assert np.all(np.diff(amount) > -0.6) and amount[-1] - amount[0] > 40
    signed = lightness(colours.colours("signed"))
    assert signed[:100].mean() > signed[128] and signed[156:].mean() > signed[128]
    assert min(amount.min(), signed.min()) > 40  # the image's dark is below 20


# -- strain --------------------------------------------------------------------------------------


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
    assert made.values.GetCellText(0, 1) == f"{strain.gls_percent:.1f}"
    chart = made.chart
    assert not chart.GetXAxisRangeAuto() and not chart.GetYAxisRangeAuto()
    low, high = chart.GetYAxisRange()
    assert low < strain.curve.percent.min() and high > 0
    series = [chart.GetNthPlotSeriesNode(i) for i in range(chart.GetNumberOfPlotSeriesNodes())]
    assert len(series) <= 10 and all(one.GetHideFromEditors() for one in series)
    assert {"global", "mid inferoseptal", "current frame"} <= {one.GetName() for one in series}
    cursor = next(one for one in series if one.GetName() == "current frame").GetTableNode()
    strain_scene.show_frame(scene, clip.browser, 17)
    np.testing.assert_array_equal(slicer.util.arrayFromTableColumn(cursor, "time (s)"), [strain.times_s[17]] * 2)
    np.testing.assert_allclose(slicer.util.arrayFromTableColumn(cursor, "strain (%)"), [low, high])
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
    shown = [n.GetName() for n in nodes.nodes_of(scene, "vtkMRMLTableNode") if not n.GetHideFromEditors()]
    assert shown == ["clip strain curves", "clip strain values"]


# -- frames and layouts --------------------------------------------------------------------------


def test_frame_observer_tells_changes_once(scene, clip):
    told = []
    observer = frames.FrameObserver(clip.browser, told.append)
    clip.browser.SetSelectedItemNumber(3)
    clip.browser.SetSelectedItemNumber(3)
    clip.browser.SetPlaybackActive(True)
    clip.browser.SetPlaybackRateFps(11)
    clip.browser.SetName("renamed")
    frames.stop_playback(clip.browser)
    frames.go_to_frame(clip.browser, 999)
    frames.go_to_frame(clip.browser, -5)
    assert told == [3, 29, 0]
    assert not clip.browser.GetPlaybackActive()
    observer.stop()
    observer.stop()
    clip.browser.SetSelectedItemNumber(7)
    assert told == [3, 29, 0]


def test_frame_observer_sees_updated_proxies(scene, cine, clip):
    seen = []
    observer = frames.FrameObserver(
        clip.browser, lambda k: seen.append(slicer.util.arrayFromVolume(clip.proxy)[0].copy())
    )
    frames.go_to_frame(clip.browser, 9)
    np.testing.assert_array_equal(seen[0], cine.frames[9])
    observer.stop()


def test_frame_observer_coalesces(scene, clip):
    told, waiting = [], []
    observer = frames.FrameObserver(clip.browser, told.append, later=waiting.append)
    for k in (4, 5, 6):
        frames.go_to_frame(clip.browser, k)
    assert told == [] and len(waiting) == 1
    waiting.pop()()
    assert told == [6]
    frames.go_to_frame(clip.browser, 8)
    observer.stop()
    waiting.pop()()  # a timer that fires after the module was left
    assert told == [6]


def test_layouts_are_set_and_restored(scene):
    logic = slicer.vtkMRMLLayoutLogic()
    logic.SetMRMLScene(scene)
    node = logic.GetLayoutNode()
    node.SetViewArrangement(node.SlicerLayoutFourUpView)
    before = layout.show_layout(node)
    assert node.GetViewArrangement() == layout.CLIP_AND_CHART >= 100
    layout.show_layout(node, layout.SIDE_BY_SIDE)
    tags = {n.GetLayoutName() for n in nodes.nodes_of(scene, "vtkMRMLSliceNode")}
    assert {"Red", layout.COMPARISON_VIEW} <= tags
    assert [n.GetLayoutName() for n in nodes.nodes_of(scene, "vtkMRMLPlotViewNode")] == ["PlotView1"]
    layout.restore_layout(node, before)
    assert node.GetViewArrangement() == node.SlicerLayoutFourUpView
    layout.show_layout(node)
    node.SetViewArrangement(node.SlicerLayoutOneUp3DView)  # the user chose another one
    layout.restore_layout(node, before)
    assert node.GetViewArrangement() == node.SlicerLayoutOneUp3DView


def test_chart_and_table_are_shown_in_their_views(scene, cine, clip):
    logic = slicer.vtkMRMLLayoutLogic()
    logic.SetMRMLScene(scene)
    layout.show_layout(logic.GetLayoutNode())
    made = strain_scene.add_strain(scene, clip.browser, measure_strain(scene_data.make_wall(cine)))
    layout.show_results(scene, made.chart, made.values)
    assert nodes.nodes_of(scene, "vtkMRMLPlotViewNode")[0].GetPlotChartNodeID() == made.chart.GetID()
    assert nodes.nodes_of(scene, "vtkMRMLTableViewNode")[0].GetTableNodeID() == made.values.GetID()
