"""Tracks kept for comparison, candidates, views side by side and back, drawn differences, linked views."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scene_data import SIZE, make_cine, make_tracks, same_tracks

from EchoTrackerLib.annotation.annotation import State, from_tracks
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.review.comparison import FAR, NEAR, compare_tracks
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.annotation.sequence import add_annotation
from EchoTrackerLib.scene.archive import read_scene, save_scene
from EchoTrackerLib.scene.compare import compared as compare
from EchoTrackerLib.scene.compare.marks import (
    ROLE,
    add_differences,
    difference_strokes,
    remove_differences,
    show_differences,
)
from EchoTrackerLib.scene.compare.views import LinkedViews, copy_view, show_volume, slice_node
from EchoTrackerLib.scene.mrml import nodes
from EchoTrackerLib.scene.mrml.environment import new_scene
from EchoTrackerLib.scene.results import add_study, find_results, remove_results, remove_sequence, set_results
from EchoTrackerLib.scene.tracks import read_tracks


@pytest.fixture
def clip():
    environment = new_scene()
    cine = make_cine()
    made, results = add_study(environment.scene, cine, make_tracks(cine))
    return environment, made.browser, cine, results


def test_kept_tracks_stay_when_the_clip_is_tracked_again(clip):
    environment, browser, cine, results = clip
    scene = environment.scene
    first = read_tracks(scene, results.tracks.sequence)
    kept = compare.keep_tracks(scene, browser, first, "first try")
    same_tracks(read_tracks(scene, kept.sequence), first)
    set_results(scene, browser, make_tracks(cine, seed=5))
    assert compare.find_kept(scene, browser) == [kept.sequence]
    same_tracks(read_tracks(scene, kept.sequence), first)
    assert not kept.proxy.GetDisplayNode().GetVisibility()
    browser.SetSelectedItemNumber(7)
    position = [kept.proxy.GetNthControlPointPosition(1)[i] for i in range(3)]
    assert position == pytest.approx(list(kept.sequence.GetNthDataNode(7).GetNthControlPointPosition(1)))
    remove_results(scene, browser)
    assert compare.find_kept(scene, browser) == [kept.sequence]


def test_kept_tracks_lie_in_the_folder_of_the_clip(clip):
    import slicer

    environment, browser, _cine, results = clip
    scene = environment.scene
    tracks = read_tracks(scene, results.tracks.sequence)
    kept = [compare.keep_tracks(scene, browser, tracks, name).proxy for name in ("a", "a")]
    assert [node.GetName() for node in kept] == ["a", "a (2)"]
    remove_results(scene, browser)
    kept.append(compare.keep_tracks(scene, browser, tracks, "c").proxy)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    assert len({hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) for node in kept}) == 1


def test_removing_kept_tracks_leaves_nothing_behind(clip):
    environment, browser, _cine, results = clip
    scene = environment.scene
    before = scene.GetNumberOfNodes()
    kept = compare.keep_tracks(scene, browser, read_tracks(scene, results.tracks.sequence), "a")
    remove_sequence(scene, browser, kept.sequence)
    assert scene.GetNumberOfNodes() == before
    assert compare.find_kept(scene, browser) == []


def test_tracks_of_another_clip_are_refused(clip):
    environment, browser, _cine, _results = clip
    before = environment.scene.GetNumberOfNodes()
    with pytest.raises(BadInput, match="frames"):
        compare.keep_tracks(environment.scene, browser, make_tracks(make_cine(n_frames=5)), "a")
    assert environment.scene.GetNumberOfNodes() == before


def test_candidates_and_what_is_read_of_them(clip):
    environment, browser, _cine, results = clip
    scene = environment.scene
    tracks = read_tracks(scene, results.tracks.sequence)
    annotation = from_tracks(tracks)
    made = add_annotation(scene, browser, annotation, "set A")
    kept = compare.keep_tracks(scene, browser, tracks, "kept one")
    found = compare.candidates(scene, browser)
    assert [c.title for c in found] == ["These tracks (classical)", "set A (ground truth)", "kept one"]
    assert [c.id for c in found] == [results.tracks.sequence.GetID(), made.sequence.GetID(), kept.sequence.GetID()]
    with pytest.raises(BadInput, match="placed by hand"):
        compare.read_compared(scene, made.sequence)
    annotation.states[2, 4] = State.PLACED
    better = add_annotation(scene, browser, annotation, "set B")
    visible = compare.read_compared(scene, better.sequence).visible
    assert visible[2, 4] and visible.sum() == 1


def test_side_by_side_and_back(clip):
    environment, browser, _cine, results = clip
    scene = environment.scene
    kept = compare.keep_tracks(scene, browser, read_tracks(scene, results.tracks.sequence), "a")
    own, model = results.tracks.proxy.GetDisplayNode(), results.trajectories.GetDisplayNode()
    own.AddViewNodeID("vtkMRMLSliceNodeGreen")
    compare.show_apart(scene, browser, results.tracks.sequence, kept.sequence, ("left", "right"))
    compare.show_apart(scene, browser, results.tracks.sequence, kept.sequence, ("left", "right"))
    assert own.GetViewNodeIDs() == ("left",) == model.GetViewNodeIDs()
    assert kept.proxy.GetDisplayNode().GetViewNodeIDs() == ("right",)
    assert kept.proxy.GetDisplayNode().GetVisibility()
    compare.show_together(scene)
    compare.show_together(scene)
    assert own.GetViewNodeIDs() == ("vtkMRMLSliceNodeGreen",)
    assert own.GetVisibility() and model.GetVisibility()
    assert not kept.proxy.GetDisplayNode().GetVisibility()
    assert kept.proxy.GetDisplayNode().GetNumberOfViewNodeIDs() == 0


def test_own_tracks_hide_while_two_others_are_compared(clip):
    environment, browser, _cine, results = clip
    scene = environment.scene
    tracks = read_tracks(scene, results.tracks.sequence)
    first, second = (compare.keep_tracks(scene, browser, tracks, name).sequence for name in "ab")
    compare.show_apart(scene, browser, first, second, ("left", "right"))
    assert not results.tracks.proxy.GetDisplayNode().GetVisibility()
    assert not results.trajectories.GetDisplayNode().GetVisibility()
    compare.show_together(scene)
    assert results.tracks.proxy.GetDisplayNode().GetVisibility()
    assert results.trajectories.GetDisplayNode().GetVisibility()


def test_a_scene_saved_while_comparing_comes_back_whole(clip, tmp_path):
    environment, browser, _cine, results = clip
    scene = environment.scene
    tracks = read_tracks(scene, results.tracks.sequence)
    kept = compare.keep_tracks(scene, browser, replace(tracks, tracker="optical-flow"), "kept <1> & more")
    add_differences(scene, browser)
    compare.show_apart(scene, browser, results.tracks.sequence, kept.sequence, ("left", "right"))
    save_scene(environment, tmp_path / "scene.mrb")
    loaded = read_scene(tmp_path / "scene.mrb").scene
    compare.show_together(loaded)
    again = nodes.browsers_of(loaded)[0]
    sequence = compare.find_kept(loaded, again)[0]
    same_tracks(read_tracks(loaded, sequence), replace(tracks, tracker="optical-flow"))
    assert not again.GetProxyNode(sequence).GetDisplayNode().GetVisibility()
    own = find_results(loaded, again)
    for display in (own.tracks.proxy.GetDisplayNode(), own.trajectories.GetDisplayNode()):
        assert display.GetNumberOfViewNodeIDs() == 0 and display.GetVisibility()
    models = [node for node in nodes.nodes_of(loaded, "vtkMRMLModelNode") if nodes.role_of(node) == ROLE]
    assert models == []


def test_damaged_notes_make_everything_visible(clip):
    environment, _browser, _cine, results = clip
    display = results.tracks.proxy.GetDisplayNode()
    display.SetVisibility(False)
    display.SetAttribute("EchoTracker.ViewsBefore", "{oops")
    compare.show_together(environment.scene)
    assert display.GetVisibility() and display.GetAttribute("EchoTracker.ViewsBefore") is None


def test_differences_run_from_the_tracks_to_the_reference(clip):
    _environment, _browser, cine, _results = clip
    tracks = make_tracks(cine)
    tracks.visible[:] = True
    other = replace(tracks, positions=tracks.positions.copy())
    other.positions[1] += (10, 0)  # 40 px on the grid
    other.positions[2, 5] = np.nan
    compared = compare_tracks(tracks, other, SIZE)
    vertices, lengths, classes = difference_strokes(compared, 5, np.array([100, 100]))
    assert sum(lengths) == len(vertices)
    assert sorted(classes) == [NEAR] * 6 + [FAR] * 2  # a line and a head for each of four points
    line = np.flatnonzero((np.array(classes) == FAR) & (np.array(lengths) == 2))[0]
    start = int(np.sum(lengths[:line]))
    assert vertices[start : start + 2] == pytest.approx(np.array([tracks.positions[1, 5], other.positions[1, 5]]))
    assert len(difference_strokes(compared, 3, np.array([100, 100]))[1]) == 0  # the query frame
    ringed = difference_strokes(compared, 5, np.array([100, 100]), selected=2)
    assert len(ringed[1]) == len(lengths) + 1 and ringed[2][-1] not in classes
    other.positions[2, 5], tracks.positions[2, 5] = np.nan, np.nan
    compared = compare_tracks(tracks, other, SIZE)
    assert len(difference_strokes(compared, 5, np.array([100, 100]), selected=2)[1]) == len(lengths)


def test_differences_follow_the_frame_and_go_without_a_trace(clip):
    environment, browser, cine, _results = clip
    scene = environment.scene
    tracks = make_tracks(cine, n_points=30)
    compared = compare_tracks(tracks, replace(tracks, positions=tracks.positions + 2), SIZE)
    before = scene.GetNumberOfNodes()
    model = add_differences(scene, browser)
    for frame in range(cine.n_frames):
        show_differences(browser, model, compared, frame, selected=4)
        seen = int(compared.evaluated[:, frame].sum())
        assert model.GetPolyData().GetNumberOfCells() == 2 * seen + 1
    remove_differences(scene)
    remove_differences(scene)
    assert scene.GetNumberOfNodes() <= before + 1  # the colors stay for the next time
    assert not [node for node in nodes.nodes_of(scene, "vtkMRMLModelNode") if nodes.role_of(node) == ROLE]


@pytest.fixture
def views():
    import slicer

    scene = slicer.vtkMRMLScene()
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)
    made = []
    for name, size in (("Red", (400, 300)), ("EchoTrackerComparison", (200, 300))):
        node = slicer.vtkMRMLSliceNode()
        node.SetSingletonTag(name)
        node.SetLayoutName(name)
        scene.AddNode(node)
        node.SetDimensions(*size, 1)
        made.append(node)
    return scene, *made


def place(node, x, y):
    return np.array(node.GetXYToRAS().MultiplyPoint((x, y, 0, 1)))[:3]


def test_linked_views_show_the_same_place_at_the_same_scale(views):
    scene, red, other = views
    assert slice_node(scene, "Red") is red and slice_node(scene, "Nowhere") is None
    red.SetFieldOfView(80, 60, 1)
    link = LinkedViews(red, other)
    for node, partner in ((red, other), (other, red)):
        dims = node.GetDimensions()
        node.SetFieldOfView(dims[0] * 0.07, dims[1] * 0.07, 1)
        node.SetXYZOrigin(11.5, -3.25, 0)
        node.SetOrientation("Coronal" if node is red else "Sagittal")
        assert place(node, dims[0] / 2, 150) == pytest.approx(place(partner, partner.GetDimensions()[0] / 2, 150))
        step = place(node, 1, 0) - place(node, 0, 0)
        assert step == pytest.approx(place(partner, 1, 0) - place(partner, 0, 0))
        assert np.linalg.norm(step) == pytest.approx(0.07)
    link.stop()
    link.stop()
    red.SetXYZOrigin(0, 0, 0)
    assert other.GetXYZOrigin()[:2] == (11.5, -3.25)


def test_linked_views_end_with_their_nodes(views):
    scene, red, other = views
    link = LinkedViews(red, other)
    scene.RemoveNode(other)
    red.SetXYZOrigin(1, 2, 0)
    link.stop()


def test_a_view_without_size_is_left_alone(views):
    _scene, red, other = views
    before = other.GetXYToRAS().GetElement(0, 3)
    red.SetDimensions(0, 0, 1)
    red.SetXYZOrigin(5, 5, 0)
    copy_view(red, other)
    assert other.GetXYToRAS().GetElement(0, 3) == before


def test_showing_and_clearing_a_volume(views, clip):
    import slicer

    environment, browser, _cine, _results = clip
    scene = environment.scene
    composite = slicer.vtkMRMLSliceCompositeNode()
    composite.SetLayoutName("EchoTrackerComparison")
    scene.AddNode(composite)
    proxy = browser.GetProxyNode(browser.GetMasterSequenceNode())
    show_volume(scene, proxy)
    assert composite.GetBackgroundVolumeID() == proxy.GetID()
    show_volume(scene, None)
    assert composite.GetBackgroundVolumeID() is None
    assert study.find_results(scene, browser).tracks is not None
