"""Query points on the clip: pixels <-> markups, with rotated volumes and parent transforms."""

from __future__ import annotations

import dicom_plugins
import numpy as np
import pytest
import scene_data
import slicer
import vtk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.scene import points
from EchoTrackerLib.scene.clip.cine import add_cine
from EchoTrackerLib.scene.mrml import plane
from EchoTrackerLib.scene.mrml.environment import new_scene

POINTS = points.Points(("base", "apex", "Ö; 3"), np.array([[3.25, 40.5], [60, 2], [0, 47]], dtype=np.float32))


def rotation(angle, scale=1.0):
    matrix = np.eye(4)
    matrix[:3, :3] = scale * np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    matrix[:3, 3] = (100, -30, 12)
    return matrix


@pytest.fixture()
def environment():
    return new_scene()


@pytest.fixture()
def clip(environment):
    return add_cine(environment.scene, scene_data.make_cine())


def add_transform(scene, matrix):
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "transform")
    node.SetMatrixTransformToParent(plane.matrix_to_vtk(matrix))
    return node


def test_round_trip_and_screen_position(environment, clip):
    node = points.add_points(environment.scene, clip.proxy, POINTS, "points")
    row, col = scene_data.SPACING
    np.testing.assert_allclose(node.GetNthControlPointPosition(0), (-3.25 * col, -40.5 * row, 0), atol=1e-6)
    read = points.read_points(node, clip.proxy)
    assert read.labels == POINTS.labels
    np.testing.assert_allclose(read.positions, POINTS.positions, atol=1e-4)
    assert read.positions.dtype == np.float32


@pytest.mark.parametrize("volume_moves", [False, True])
@pytest.mark.parametrize("markups_move", [False, True])
def test_parent_transforms_of_both_are_respected(environment, clip, volume_moves, markups_move):
    scene = environment.scene
    if volume_moves:
        clip.proxy.SetAndObserveTransformNodeID(add_transform(scene, rotation(0.4)).GetID())
    node = points.add_points(scene, clip.proxy, POINTS, "points")
    world = np.array([node.GetNthControlPointPositionWorld(i) for i in range(3)])
    if markups_move:
        node.SetAndObserveTransformNodeID(add_transform(scene, rotation(-1.1)).GetID())
        for i, position in enumerate(world.tolist()):
            node.SetNthControlPointPositionWorld(i, position)
    np.testing.assert_allclose(points.read_points(node, clip.proxy).positions, POINTS.positions, atol=1e-4)


def test_moving_the_volume_alone_moves_the_points_on_the_image(environment, clip):
    node = points.add_points(environment.scene, clip.proxy, POINTS, "points")
    shift = np.eye(4)
    shift[0, 3] = scene_data.SPACING[1] * -2  # the image moves two columns to the right on screen
    clip.proxy.SetAndObserveTransformNodeID(add_transform(environment.scene, shift).GetID())
    node.SetAndObserveTransformNodeID(None)
    node.RemoveNthControlPoint(2)
    moved = points.read_points(node, clip.proxy).positions
    np.testing.assert_allclose(moved, POINTS.positions[:2] - (2, 0), atol=1e-4)


def test_non_linear_parent_transform(environment, clip):
    scene = environment.scene
    transform = vtk.vtkThinPlateSplineTransform()
    transform.SetBasisToR2LogR()
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for x, y in ((0, 0), (-17, 0), (0, -15), (-17, -15), (-8, -7)):
        source.InsertNextPoint(x, y, 0)
        target.InsertNextPoint(x + (0.6 if (x, y) == (-8, -7) else 0), y, 0)
    transform.SetSourceLandmarks(source)
    transform.SetTargetLandmarks(target)
    node = scene.AddNewNodeByClass("vtkMRMLTransformNode", "warp")
    node.SetAndObserveTransformToParent(transform)
    clip.proxy.SetAndObserveTransformNodeID(node.GetID())
    world = plane.pixels_to_world(POINTS.positions, clip.proxy)
    back, distance = plane.world_to_pixels(world, clip.proxy)
    np.testing.assert_allclose(back, POINTS.positions, atol=0.01)
    assert distance.max() < 0.01


_ENVIRONMENT = new_scene()


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(x=st.floats(0, 63), y=st.floats(0, 47), angle=st.floats(-3, 3), row=st.floats(0.05, 3), col=st.floats(0.05, 3))
def test_pixels_to_world_and_back_for_any_volume(x, y, angle, row, col):
    volume = slicer.vtkMRMLScalarVolumeNode()
    slicer.util.updateVolumeFromArray(volume, np.zeros((1, 48, 64), np.uint8))
    volume.SetIJKToRASMatrix(plane.matrix_to_vtk(rotation(angle) @ np.diag([-col, -row, 1, 1])))
    world = plane.pixels_to_world(np.array([[x, y]]), volume)
    back, distance = plane.world_to_pixels(world, volume)
    np.testing.assert_allclose(back, [[x, y]], atol=1e-9 * 1e3)
    assert distance[0] < 1e-9


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.42, 0.31)])
def test_points_placed_on_pixels_of_1_mm_of_the_dicom_module_are_refused(environment, clip, spacing):
    browser = dicom_plugins.image_sequence(environment.scene, scene_data.make_cine().frames, spacing=spacing)
    shown = browser.GetProxyNode(browser.GetMasterSequenceNode())
    node = points.add_points(environment.scene, clip.proxy, POINTS, "points")
    node.SetNthControlPointAssociatedNodeID(1, clip.proxy.GetID())
    points.read_points(node, clip.proxy)
    node.SetNthControlPointAssociatedNodeID(1, shown.GetID())
    if spacing != (1.0, 1.0):
        points.read_points(node, clip.proxy)
        return
    with pytest.raises(BadInput, match=r"'apex' was placed on .* pixels of 1 mm"):
        points.read_points(node, clip.proxy)
    points.read_points(points.add_points(environment.scene, shown, POINTS, "own"), shown)


def test_points_not_placed_yet_are_left_out(environment, clip):
    node = points.add_points(environment.scene, clip.proxy, POINTS, "points")
    node.UnsetNthControlPointPosition(1)
    assert points.read_points(node, clip.proxy).labels == ("base", "Ö; 3")


def refused(node, clip, text):
    with pytest.raises(BadInput, match=text):
        points.read_points(node, clip.proxy)


def test_kind_refusals(environment, clip):
    scene = environment.scene
    empty = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "empty")
    refused(empty, clip, "no points yet")
    beside = points.add_points(scene, clip.proxy, points.Points(("out",), np.array([[64.2, 5]])), "beside")
    refused(beside, clip, "'out' lies beside the image")
    behind = points.add_points(scene, clip.proxy, points.Points(("deep",), np.array([[5.0, 5]])), "behind")
    behind.SetNthControlPointPosition(0, -1, -1, 9)
    refused(behind, clip, "'deep' lies 9.0 mm")
    twice = points.add_points(scene, clip.proxy, points.Points(("a", "a"), np.array([[5.0, 5], [6, 6]])), "twice")
    refused(twice, clip, "Two points are called 'a'")


def test_the_outer_half_pixel_belongs_to_the_image(environment, clip):
    node = points.add_points(environment.scene, clip.proxy, points.Points(("e",), np.array([[63.4, -0.4]])), "edge")
    np.testing.assert_array_equal(points.read_points(node, clip.proxy).positions, [[63, 0]])


def test_curve_is_sampled_at_equal_distances(environment, clip):
    curve = environment.scene.AddNewNodeByClass("vtkMRMLMarkupsCurveNode", "wall")
    wall = points.Points(("l", "a", "r"), np.array([[10.0, 40], [30, 5], [50, 40]]))
    points.set_points(curve, clip.proxy, wall)
    assert points.read_points(curve, clip.proxy).labels == ("l", "a", "r")
    sampled = points.read_points(curve, clip.proxy, count=25)
    np.testing.assert_allclose(sampled.positions[[0, -1]], wall.positions[[0, -1]], atol=1e-3)
    steps = np.linalg.norm(np.diff(sampled.positions, axis=0) * scene_data.SPACING[::-1], axis=1)
    assert steps.std() / steps.mean() < 0.02
    assert len(set(sampled.labels)) == 25


def test_frame_of_placing_is_noted_and_checked(environment, clip):
    node = points.add_points(environment.scene, clip.proxy, POINTS, "points")
    points.refuse_points_on_another_frame(node, 4)  # nothing noted: nothing to refuse
    points.note_frame(node, 1, 4)
    assert points.frame_noted(node, 1) == 4 and points.frame_noted(node, 0) is None
    points.refuse_points_on_another_frame(node, 4)
    with pytest.raises(BadInput, match="frame 5, but tracking starts on frame 3"):
        points.refuse_points_on_another_frame(node, 2)
