"""Tracks as a markups sequence, and editing them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scene_data
from scene_edits import annotated, apply_changes, set_locked

from EchoTrackerLib.cine.regions import Region
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.scene import archive
from EchoTrackerLib.scene.clip.cine import add_cine, find_cine_browsers
from EchoTrackerLib.scene.editing import Change
from EchoTrackerLib.scene.mrml import frames, nodes, plane
from EchoTrackerLib.scene.mrml.environment import new_scene
from EchoTrackerLib.scene.tracks import add_tracks, find_tracks, read_tracks


@pytest.fixture()
def environment():
    return new_scene()


@pytest.fixture()
def scene(environment):
    return environment.scene


@pytest.fixture()
def cine():
    return scene_data.make_cine()


@pytest.fixture()
def clip(scene, cine):
    return add_cine(scene, cine)


def test_tracks_come_back_exactly(scene, cine, clip):
    tracks = scene_data.make_tracks(cine)
    made = add_tracks(scene, clip.browser, tracks)
    scene_data.same_tracks(tracks, read_tracks(scene, made.sequence))
    assert find_tracks(scene, clip.browser) == [made.sequence]


def test_beats_come_with_the_tracks_and_with_a_clip_that_learns_them_later(scene, cine, clip):
    tracks = replace(scene_data.make_tracks(cine), r_times_s=np.array([0.02, 0.51]), heart_rate_bpm=61.5)
    back = read_tracks(scene, add_tracks(scene, clip.browser, tracks).sequence)
    np.testing.assert_array_equal(back.r_times_s, tracks.r_times_s)
    assert back.heart_rate_bpm == 61.5
    later = add_cine(scene, replace(cine, r_times_s=np.array([0.1]), heart_rate_bpm=80.0))
    back = read_tracks(scene, add_tracks(scene, later.browser, scene_data.make_tracks(cine)).sequence)
    np.testing.assert_array_equal(back.r_times_s, [0.1])
    assert back.heart_rate_bpm == 80.0


def test_scale_is_that_of_the_region_that_holds_the_points(scene, cine):
    regions = (
        Region((0, 0, 31, 47), "tissue", cine.spacing_mm),
        Region((32, 0, 63, 47), "tissue", (0.1, 0.1)),
    )
    name = "DICOM region 1 (tissue)"
    browser = add_cine(scene, replace(cine, regions=regions, spacing_source=name)).browser
    for x, spacing in ((10, cine.spacing_mm), (40, (0.1, 0.1))):
        tracks = scene_data.make_tracks(cine, 1)
        tracks.positions[..., 0] = x
        assert read_tracks(scene, add_tracks(scene, browser, tracks).sequence).spacing_mm == spacing
    tracks = scene_data.make_tracks(cine, 2)
    tracks.positions[0, :, 0], tracks.positions[1, :, 0] = 10, 40
    back = read_tracks(scene, add_tracks(scene, browser, tracks).sequence)
    assert back.spacing_mm is None and any("differ in scale" in warning for warning in back.warnings)


def test_without_confidence(scene, cine, clip):
    tracks = replace(scene_data.make_tracks(cine), confidence=None, quality={})
    read = read_tracks(scene, add_tracks(scene, clip.browser, tracks).sequence)
    assert read.confidence is None and not read.quality


def test_points_follow_the_player_and_lost_ones_are_missing(scene, cine, clip):
    tracks = scene_data.make_tracks(cine)
    proxy = add_tracks(scene, clip.browser, tracks).proxy
    for k in (0, 5, 11, 2):
        frames.go_to_frame(clip.browser, k)
        world = np.array([proxy.GetNthControlPointPositionWorld(n) for n in range(tracks.n_points)])
        np.testing.assert_allclose(world, plane.pixels_to_world(tracks.positions[:, k], clip.proxy), atol=1e-9)
        defined = [proxy.GetNthControlPointPositionStatus(n) == proxy.PositionDefined for n in range(tracks.n_points)]
        np.testing.assert_array_equal(defined, tracks.visible[:, k])
        assert proxy.GetNthControlPointLabel(2) == "p2"
        assert proxy.GetLocked()


def test_facts_lie_on_the_sequence_where_frame_changes_cannot_erase_them(scene, cine, clip):
    made = add_tracks(scene, clip.browser, scene_data.make_tracks(cine))
    frames.go_to_frame(clip.browser, 4)
    assert made.sequence.GetAttribute("EchoTracker.Tracker") == "classical"
    assert made.sequence.GetAttribute("EchoTracker.QueryFrame") == "3"
    assert made.sequence.GetAttribute(nodes.SPACING_KNOWN) == "true"
    assert nodes.clip_of(made.sequence) is clip.sequence
    assert nodes.clip_of(made.proxy) is clip.sequence


def test_tracks_of_another_clip_are_refused(scene, clip):
    with pytest.raises(BadInput, match="7 frames, the clip"):
        add_tracks(scene, clip.browser, scene_data.make_tracks(scene_data.make_cine(7)))
    assert find_tracks(scene, clip.browser) == []


def test_transformed_clip_carries_its_points(scene, cine, clip):
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "t")
    matrix = np.eye(4)
    matrix[:3, 3] = (5, 6, 7)
    transform.SetMatrixTransformToParent(plane.matrix_to_vtk(matrix))
    clip.proxy.SetAndObserveTransformNodeID(transform.GetID())
    tracks = scene_data.make_tracks(cine)
    made = add_tracks(scene, clip.browser, tracks)
    frames.go_to_frame(clip.browser, 3)
    expected = plane.pixels_to_world(tracks.positions[:1, 3], clip.proxy)[0]
    np.testing.assert_allclose(made.proxy.GetNthControlPointPositionWorld(0), expected, atol=1e-9)
    assert expected[2] == pytest.approx(7)
    scene_data.same_tracks(tracks, read_tracks(scene, made.sequence))
    made.proxy.SetAndObserveTransformNodeID(None)  # points now lie elsewhere in the world: off by (5, 6) mm
    shifted = read_tracks(scene, made.sequence)
    row, col = scene_data.SPACING
    moved = np.where(tracks.visible[..., None], tracks.positions + np.array([5 / col, 6 / row]), tracks.positions)
    np.testing.assert_allclose(shifted.positions, moved, atol=1e-3)


def test_edit_on_screen_is_kept_and_wins(scene, cine, clip):
    tracks = scene_data.make_tracks(cine)
    made = add_tracks(scene, clip.browser, tracks)
    set_locked(clip.browser, made.sequence, False)
    frames.go_to_frame(clip.browser, 6)
    assert not made.proxy.GetLocked()
    made.proxy.SetNthControlPointPositionWorld(1, plane.pixels_to_world(np.array([[10.0, 20.0]]), clip.proxy)[0])
    frames.go_to_frame(clip.browser, 0)
    frames.go_to_frame(clip.browser, 6)
    read = read_tracks(scene, made.sequence)
    np.testing.assert_allclose(read.positions[1, 6], (10, 20), atol=1e-4)
    assert read.visible[1, 6]
    others = np.ones(tracks.visible.shape, bool)
    others[1, 6] = False
    np.testing.assert_array_equal(read.positions[others], tracks.positions[others])


def test_changes_and_their_undo(scene, cine, clip):
    tracks = scene_data.make_tracks(cine)
    made = add_tracks(scene, clip.browser, tracks)
    frames.go_to_frame(clip.browser, 5)
    clip.browser.SetPlaybackActive(True)
    undo = apply_changes(
        clip.browser,
        made.sequence,
        [
            Change(0, 5, "defined", (11.0, 12.0)),
            Change(0, 9, "defined", (1.0, 2.0)),
            Change(2, 5, "missing"),
            Change(3, 1, "undefined"),
            Change(0, 5, "defined", (13.0, 14.0)),
        ],
    )
    assert not clip.browser.GetPlaybackActive()
    screen = np.array(made.proxy.GetNthControlPointPositionWorld(0))
    np.testing.assert_allclose(screen, plane.pixels_to_world(np.array([[13.0, 14.0]]), clip.proxy)[0])
    read = read_tracks(scene, made.sequence)
    np.testing.assert_allclose(read.positions[0, [5, 9]], [(13, 14), (1, 2)])
    assert not read.visible[2, 5] and not read.visible[3, 1]
    redo = apply_changes(clip.browser, made.sequence, undo)
    scene_data.same_tracks(tracks, read_tracks(scene, made.sequence))
    apply_changes(clip.browser, made.sequence, redo)
    np.testing.assert_allclose(read_tracks(scene, made.sequence).positions[0, 5], (13, 14))


def test_a_thousand_edits_survive_saving_and_undo(environment, scene, cine, clip, tmp_path):
    tracks = scene_data.make_tracks(cine)
    made = add_tracks(scene, clip.browser, tracks)
    rng = np.random.default_rng(0)
    stack = []
    for _ in range(1000):
        point, frame = int(rng.integers(5)), int(rng.integers(12))
        position = (float(rng.uniform(0, 63)), float(rng.uniform(0, 47)))
        state = ("defined", "missing", "undefined")[int(rng.integers(3))]
        change = Change(point, frame, state, None if state == "undefined" else position)
        stack.append(apply_changes(clip.browser, made.sequence, [change]))
    edited = read_tracks(scene, made.sequence)
    archive.save_scene(environment, tmp_path / "edited.mrb")
    other = archive.read_scene(tmp_path / "edited.mrb").scene
    browser = find_cine_browsers(other)[0]
    again = read_tracks(other, find_tracks(other, browser)[0])
    np.testing.assert_array_equal(again.visible, edited.visible)
    np.testing.assert_allclose(again.positions, edited.positions, atol=1e-4)
    for undo in stack[::-1]:
        apply_changes(clip.browser, made.sequence, undo)
    scene_data.same_tracks(tracks, read_tracks(scene, made.sequence))


def sparse(cine):
    empty = np.full((3, cine.n_frames, 2), np.nan, dtype=np.float32)
    empty[:, 4] = [(1, 2), (3, 4), (5, 6)]
    visible = np.isfinite(empty[..., 0])
    return replace(
        scene_data.make_tracks(cine, 3), positions=empty, visible=visible, confidence=None, quality={}, query_frame=4
    )


def test_visiting_a_frame_never_annotates_it(scene, cine, clip):
    truth = sparse(cine)
    made = add_tracks(scene, clip.browser, truth, name="annotator A", role="annotation")
    assert made.proxy.GetName() == "annotator A"
    set_locked(clip.browser, made.sequence, False)
    for k in [*range(12), 7, 3]:
        frames.go_to_frame(clip.browser, k)
    np.testing.assert_array_equal(annotated(clip.browser, made.sequence), truth.visible)
    read = read_tracks(scene, made.sequence)
    np.testing.assert_array_equal(read.positions, truth.positions)
    apply_changes(clip.browser, made.sequence, [Change(2, 8, "defined", (9.0, 9.0))])
    assert annotated(clip.browser, made.sequence)[2].nonzero()[0].tolist() == [4, 8]


def test_items_that_do_not_exist_are_made_on_demand(scene, cine, clip):
    made = add_tracks(scene, clip.browser, sparse(cine), role="annotation")
    made.sequence.RemoveDataNodeAtValue(clip.sequence.GetNthIndexValue(9))
    frames.go_to_frame(clip.browser, 9)
    frames.go_to_frame(clip.browser, 2)
    assert not annotated(clip.browser, made.sequence)[:, 9].any()
    undo = apply_changes(clip.browser, made.sequence, [Change(1, 9, "defined", (5.0, 6.0))])
    read = read_tracks(scene, made.sequence)
    np.testing.assert_allclose(read.positions[1, 9], (5, 6), atol=1e-5)
    assert read.visible[:, 9].tolist() == [False, True, False]
    apply_changes(clip.browser, made.sequence, undo)
    assert not annotated(clip.browser, made.sequence)[:, 9].any()


def test_several_sets_on_one_clip(scene, cine, clip):
    a = add_tracks(scene, clip.browser, scene_data.make_tracks(cine, seed=1), role="annotation")
    b = add_tracks(scene, clip.browser, scene_data.make_tracks(cine, seed=2), role="annotation")
    assert a.proxy.GetName() != b.proxy.GetName()
    assert find_tracks(scene, clip.browser, "annotation") == [a.sequence, b.sequence]
    apply_changes(clip.browser, a.sequence, [Change(0, 0, "defined", (1.0, 1.0))])
    scene_data.same_tracks(scene_data.make_tracks(cine, seed=2), read_tracks(scene, b.sequence))
    assert (
        a.proxy.GetDisplayNode().GetGlyphType()
        != add_tracks(scene, clip.browser, scene_data.make_tracks(cine)).proxy.GetDisplayNode().GetGlyphType()
    )


def test_sequence_made_by_others_is_read(scene, cine, clip):
    made = add_tracks(scene, clip.browser, scene_data.make_tracks(cine))
    for name in made.sequence.GetAttributeNames():
        if name not in (nodes.ROLE, nodes.SPACING_KNOWN, "DataNodeClassName"):
            made.sequence.SetAttribute(name, None)
    read = read_tracks(scene, made.sequence)
    truth = scene_data.make_tracks(cine)
    assert read.tracker == "annotation" and read.labels == truth.labels
    np.testing.assert_allclose(read.positions[read.visible], truth.positions[truth.visible], atol=1e-4)


def test_sequence_without_clip_is_refused(scene):
    lonely = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "lonely")
    with pytest.raises(BadInput, match="not played together with a clip"):
        read_tracks(scene, lonely)


def test_stepping_and_editing_are_fast(scene):
    import time

    cine = scene_data.make_cine(120)
    clip = add_cine(scene, cine)
    from EchoTrackerLib.scene import results as study
    from EchoTrackerLib.strain.strain import measure_strain

    wall = scene_data.make_wall(cine, 100)
    results = study.set_results(scene, clip.browser, wall, measure_strain(wall))
    observer = frames.FrameObserver(clip.browser, lambda k: study.show_frame(scene, clip.browser, k))
    steps, edits = [], []  # processor time: a busy machine does not matter
    for k in range(119, -1, -1):
        start = time.process_time()
        frames.go_to_frame(clip.browser, k)
        steps.append(time.process_time() - start)
    for k in range(120):
        start = time.process_time()
        apply_changes(clip.browser, results.tracks.sequence, [Change(k % 100, k, "defined", (3.0, 4.0))])
        edits.append(time.process_time() - start)
    step, edit = np.median(steps), np.median(edits)
    observer.stop()
    assert step < 0.015, f"{1000 * step:.1f} ms a frame"
    assert edit < 0.030, f"{1000 * edit:.1f} ms an edit"
