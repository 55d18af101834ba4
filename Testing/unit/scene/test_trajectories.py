"""Trajectories: where they lie, their tail, their colors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scene_data
from vtk.util.numpy_support import vtk_to_numpy

from EchoTrackerLib.scene import trajectories
from EchoTrackerLib.scene.editing import Change
from EchoTrackerLib.scene.mrml import colors as colours
from EchoTrackerLib.scene.mrml import frames, nodes
from EchoTrackerLib.scene.mrml.strokes import add_strokes, set_strokes


def points_of(model, name):
    return vtk_to_numpy(model.GetPolyData().GetPointData().GetArray(name))


def segments_of(model):
    return vtk_to_numpy(model.GetPolyData().GetLines().GetConnectivityArray()).reshape(-1, 2)


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
    assert not [n for n in nodes.nodes_of(scene, "vtkMRMLColorTableNode") if n.GetSaveWithScene()]


def test_colour_tables_rise_in_lightness_and_stay_visible(scene):
    def lightness(rgb):
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return 116 * np.cbrt(linear @ np.array([0.2126, 0.7152, 0.0722])) - 16

    def rgb(table):
        return vtk_to_numpy(colours.colour_node(scene, table).GetLookupTable().GetTable())[:, :3]

    amount = lightness(rgb("amount") / 255)
    assert np.all(np.diff(amount) > -0.6) and amount[-1] - amount[0] > 30
    np.testing.assert_allclose(
        [colours.amount_color(share) for share in (0, 0.5, 1)], rgb("amount")[[0, 78, 155]], atol=2
    )
    signed = lightness(rgb("signed") / 255)
    assert signed[0] > signed[20] + 30 and signed[42] > signed[22] + 30
    assert min(amount.min(), signed.min()) > 30  # the image's dark is below 20


def test_no_frame_shows_a_view_nothing(scene, cine, clip):
    """A visible model without lines logs an error in each slice view."""
    model = trajectories.add_trajectories(scene, clip.browser, scene_data.make_tracks(cine), tail=4)
    display = model.GetDisplayNode()
    for frame in (0, 3, 0, 12):
        trajectories.show_frame(model, frame)
        assert bool(display.GetVisibility2D()) == bool(model.GetPolyData().GetNumberOfLines()) == (frame > 0)
    trajectories.set_tail(model, 0, 12)
    assert not display.GetVisibility2D()


def test_views_never_see_half_of_a_change(scene, cine, clip):
    """Before VTK 9.3 a shallow copy tells of new lines before their colors are there, and of nothing afterwards."""
    strokes = add_strokes(scene, clip.browser, "marks", "marks", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)])
    seen = []

    def look(model, _event):
        data = model.GetPolyData()
        colors = data.GetCellData().GetScalars()
        seen.append((data.GetNumberOfLines(), colors.GetNumberOfTuples(), data.GetNumberOfPoints()))

    strokes.AddObserver(strokes.PolyDataModifiedEvent, look)
    for count in (3, 18, 23, 0, 7):
        positions = np.zeros((2 * count, 2))
        set_strokes(clip.browser, strokes, 0, positions, np.full(count, 2), np.arange(count) % 2)
        assert set(seen) == {(count, count, 2 * count)}
        assert bool(strokes.GetDisplayNode().GetVisibility2D()) == bool(count)
        seen.clear()
