"""Calibration: mm appear, pixels stay where they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scene_data
from scene_edits import annotated

from EchoTrackerLib.scene import points, trajectories
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.clip.calibration import set_spacing
from EchoTrackerLib.scene.clip.cine import add_cine, read_cine
from EchoTrackerLib.scene.clip.facts import read_facts
from EchoTrackerLib.scene.mrml import frames, nodes, plane
from EchoTrackerLib.scene.mrml.environment import new_scene
from EchoTrackerLib.scene.tracks import add_tracks, read_tracks
from EchoTrackerLib.strain.strain import measure_strain

SPACING = (0.4, 0.25)


@pytest.mark.parametrize("moved", [False, True])
def test_everything_keeps_its_pixels(moved):
    environment = new_scene()
    scene = environment.scene
    cine = scene_data.make_cine(spacing=None)
    clip = add_cine(scene, cine)
    if moved:
        transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "t")
        matrix = np.array([[0, -1, 0, 9], [1, 0, 0, -4], [0, 0, 1, 3], [0, 0, 0, 1.0]])
        transform.SetMatrixTransformToParent(plane.matrix_to_vtk(matrix))
        clip.proxy.SetAndObserveTransformNodeID(transform.GetID())
    queries = points.Points(("a", "b", "c"), np.array([[3.0, 4], [50, 6], [7, 40]], dtype=np.float32))
    node = points.add_points(scene, clip.proxy, queries, "points")
    points.note_frame(node, 1, 5)
    node.UnsetNthControlPointPosition(2)
    wall = scene_data.make_wall(cine)
    study.set_results(scene, clip.browser, wall, measure_strain(wall))
    truth = replace(wall, visible=scene_data.make_tracks(cine, 40).visible)
    annotation = add_tracks(scene, clip.browser, truth, role="annotation")
    frames.go_to_frame(clip.browser, 4)

    set_spacing(scene, clip.browser, SPACING, "line of 50 mm", node)

    facts = read_facts(clip.browser)
    assert facts.spacing_mm == SPACING and facts.spacing_source == "line of 50 mm"
    scene_data.same_cine(replace(cine, spacing_mm=SPACING, spacing_source="line of 50 mm"), read_cine(clip.browser))
    read = points.read_points(node, clip.proxy)
    assert read.labels == ("a", "b")
    np.testing.assert_allclose(read.positions, queries.positions[:2], atol=1e-4)
    assert points.frame_noted(node, 1) == 5
    results = study.find_results(scene, clip.browser)
    assert results.strain is None
    scene_data.same_tracks(replace(wall, spacing_mm=SPACING), read_tracks(scene, results.tracks.sequence))
    scene_data.same_tracks(replace(truth, spacing_mm=SPACING), read_tracks(scene, annotation.sequence))
    np.testing.assert_array_equal(annotated(clip.browser, annotation.sequence), truth.visible)
    assert annotation.sequence.GetAttribute(nodes.SPACING_KNOWN) == "true"
    assert "displacement_mm" in trajectories.scalar_names(results.trajectories)
    shown = np.array(results.tracks.proxy.GetNthControlPointPositionWorld(6))
    np.testing.assert_allclose(shown, plane.pixels_to_world(wall.positions[6:7, 4], clip.proxy)[0], atol=1e-9)
