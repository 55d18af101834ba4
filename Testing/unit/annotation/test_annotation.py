"""Annotation: states and positions, edits that can be taken back, schemas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from EchoTrackerLib.annotation import edits
from EchoTrackerLib.annotation.annotation import (
    State,
    apply,
    empty_annotation,
    from_tracks,
    next_frame,
    to_tracks,
    uncertain,
    with_point,
)
from EchoTrackerLib.annotation.schema import Schema, read_schema, shipped_schemas, write_schema
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.history import History
from EchoTrackerLib.strain.segments import segment_names, segment_of_points
from EchoTrackerLib.tracks.tracks import Tracks

TIMES = np.array([0.0, 0.02, 0.05, 0.06, 0.09, 0.1, 0.13, 0.15, 0.16, 0.2, 0.21, 0.24])  # uneven


def empty(n=3, size=(160, 120)):
    return empty_annotation(tuple(f"p{i}" for i in range(n)), TIMES, size=size)


def same(a, b):
    for name in ("states", "positions", "confidence"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def placed(*cells, n=3):
    annotation = empty(n)
    for point, frame, position in cells:
        annotation = apply(annotation, edits.place(annotation, point, frame, position))
    return annotation


def test_place_accept_occlude_clear():
    annotation = placed((1, 4, (10.5, 20)))
    assert annotation.states[1, 4] == State.PLACED
    assert annotation.annotated.sum() == 1
    annotation = apply(annotation, edits.occlude(annotation, [1], 4))
    assert annotation.states[1, 4] == State.OCCLUDED
    assert not annotation.annotated.any()
    assert annotation.positions[1, 4].tolist() == [10.5, 20]  # it keeps where it was
    annotation = apply(annotation, edits.clear(annotation, [1], [4], 4))
    same(annotation, empty())


def test_beside_the_image_is_refused():
    with pytest.raises(BadInput, match="beside"):
        edits.place(empty(), 0, 0, (160, 5))
    edits.place(empty(), 0, 0, (159.4, -0.4))  # the outer half of a border pixel belongs to the image


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 11), st.floats(0, 100)), max_size=25))
def test_every_history_goes_back_and_forth(steps):
    annotation = start = empty()
    history, after = History(), []
    for kind, point, frame, x in steps:
        if kind == 0:
            edit = edits.place(annotation, point, frame, (x, 2 * x % 100))
        elif kind == 1:
            edit = edits.occlude(annotation, [point], frame)
        elif kind == 2:
            edit = edits.accept(annotation, [0, 1, 2], [frame, (frame + 3) % 12], frame)
        elif kind == 3:
            edit = edits.clear(annotation, [point], [frame], frame)
        elif annotation.keyframes[point].sum() >= 2:
            edit = edits.interpolate(annotation, [point], frame)
        else:
            continue
        annotation = apply(annotation, edit)
        history.add(edit)
        after.append((annotation, edit.frame))
    end = annotation
    for _state, frame in reversed(after):
        edit = history.undo().inverse()
        assert edit.frame == frame
        annotation = apply(annotation, edit)
    same(annotation, start)
    assert not history.can_undo
    while history.can_redo:
        annotation = apply(annotation, history.redo())
    same(annotation, end)


def test_new_edit_forgets_what_was_undone():
    history, annotation = History(), empty()
    history.add(edits.place(annotation, 0, 0, (1, 1)))
    history.undo()
    history.add(edits.place(annotation, 0, 1, (1, 1)))
    assert history.redo() is None


def test_interpolation_follows_time_not_frames_and_keeps_what_people_said():
    velocity = np.array([100.0, -50.0])
    where = np.array([60.0, 60.0]) + velocity * TIMES[:, None]
    annotation = placed(*((0, f, tuple(where[f])) for f in (1, 5, 10)))
    annotation = apply(annotation, edits.occlude(annotation, [0], 7))
    annotation = apply(annotation, edits.interpolate(annotation, [0, 1], 5))
    np.testing.assert_allclose(annotation.positions[0, [2, 3, 4, 6, 8, 9]], where[[2, 3, 4, 6, 8, 9]], atol=1e-4)
    assert annotation.states[0].tolist() == [0, 1, 2, 2, 2, 1, 2, 4, 2, 2, 1, 0]
    assert not annotation.states[1:].any()
    with pytest.raises(BadInput, match="two frames"):
        edits.interpolate(annotation, [1], 0)


def test_accepted_positions_become_keyframes():
    annotation = placed((0, 0, (10, 10)), (0, 8, (20, 10)))
    annotation = apply(annotation, edits.interpolate(annotation, [0], 0))
    annotation = apply(annotation, edits.accept(annotation, [0, 1, 2], [4, 5], 4))
    assert np.flatnonzero(annotation.keyframes[0]).tolist() == [0, 4, 5, 8]
    assert not annotation.states[1:].any()  # nothing is made where nothing was


def test_blend_meets_every_keyframe_and_weighs_by_distance():
    keys = np.array([2, 6, 9])
    frames = np.arange(12)
    truth = np.stack([frames * 1.0, frames * 2.0], axis=-1)
    forward, backward = truth.copy(), truth.copy()
    for first, last in ((2, 6), (6, 9), (9, 12)):  # each drifts away from its keyframe
        forward[first:last, 0] += np.arange(last - first)
    for last, first in ((2, -1), (6, 2), (9, 6)):
        backward[first + 1 : last + 1, 0] -= np.arange(last - first)[::-1]
    forward[:2], backward[10:] = np.nan, np.nan
    path, apart = edits.blend(keys, forward, backward)
    np.testing.assert_array_equal(path[keys], truth[keys])
    assert path[4, 0] == pytest.approx(4.0)  # halfway: the drifts cancel
    assert path[3, 0] == pytest.approx(0.75 * forward[3, 0] + 0.25 * backward[3, 0])
    np.testing.assert_array_equal(path[:2], backward[:2])
    np.testing.assert_array_equal(path[10:], forward[10:])
    assert np.isnan(apart[[0, 1, 10, 11]]).all()
    assert apart[4] == pytest.approx(4)


def test_tracked_path_leaves_hand_placed_and_occluded_cells():
    annotation = placed((0, 3, (10, 10)))
    annotation = apply(annotation, edits.occlude(annotation, [0], 5))
    path = np.full((6, 2), 50.0)
    path[4] = np.nan
    annotation = apply(annotation, edits.track(annotation, 0, 2, path, np.full(6, 0.7), 3))
    assert annotation.states[0].tolist() == [0, 0, 3, 1, 3, 4, 0, 3, 0, 0, 0, 0]
    assert annotation.positions[0, 3].tolist() == [10, 10]
    assert annotation.confidence[0, 4] == pytest.approx(0.7)
    assert np.isnan(annotation.confidence[0, 3])


def test_propagate_bends_to_the_next_cycles_keyframes():
    annotation = placed(*((0, f, (10 + f, 20)) for f in range(5)), (0, 7, (42, 26)))
    annotation = apply(annotation, edits.propagate(annotation, [0, 1], 0, 5, 0))
    assert annotation.states[0].tolist() == [1] * 5 + [2, 2, 1, 2, 2, 0, 0]
    assert annotation.positions[0, 7].tolist() == [42, 26]
    np.testing.assert_allclose(annotation.positions[0, 8], (43, 26))  # moved as the keyframe was
    without = placed(*((0, f, (10 + f, 20)) for f in range(5)))
    without = apply(without, edits.propagate(without, [0], 0, 5, 0))
    np.testing.assert_array_equal(without.positions[0, 5:10], without.positions[0, :5])
    with pytest.raises(BadInput):
        edits.propagate(annotation, [0], 5, 5, 0)
    with pytest.raises(BadInput, match="nothing to copy"):
        edits.propagate(annotation, [2], 0, 5, 0)


def test_finding_frames():
    annotation = placed((0, 2, (1, 1)), (1, 6, (1, 1)))
    assert next_frame(annotation.keyframes, 2, 1) == 6
    assert next_frame(annotation.keyframes[0], 2, 1) is None
    assert next_frame(annotation.keyframes, 6, -1) == 2


def test_uncertain_frames_by_confidence_or_halfway_of_long_gaps():
    annotation = placed((0, 0, (1, 1)), (0, 11, (1, 1)), (1, 0, (1, 1)), (1, 8, (1, 1)))
    annotation = apply(annotation, edits.interpolate(annotation, [0, 1], 0))
    assert np.argwhere(uncertain(annotation)).tolist() == [[0, 5]]
    annotation = apply(annotation, edits.track(annotation, 2, 3, np.ones((3, 2)), np.array([0.9, 0.4, 0.6]), 0))
    assert np.argwhere(uncertain(annotation)).tolist() == [[0, 5], [2, 4]]


def test_the_far_end_of_a_long_stretch_with_one_placed_frame_is_uncertain():
    nothing = np.full(11, np.nan)
    for key, track_from, far in ((0, 1, [11]), (11, 0, [0]), (4, 5, [])):
        annotation = placed((0, key, (1, 1)))
        path, trust = np.ones((11, 2))[: 12 - track_from], nothing[: 12 - track_from]
        annotation = apply(annotation, edits.track(annotation, 0, track_from, path, trust, 0))
        assert np.flatnonzero(uncertain(annotation)[0]).tolist() == far


def test_tracks_there_and_back():
    rng = np.random.default_rng(1)
    positions = rng.uniform(0, 100, (3, len(TIMES), 2)).astype(np.float32)
    visible = rng.random((3, len(TIMES))) > 0.3
    tracks = Tracks(positions, visible, ("a", "b", "c"), TIMES, (0.3, 0.2), tracker="classical", size=(160, 120))
    annotation = from_tracks(tracks)
    assert (annotation.states == np.where(visible, State.TRACKER, State.OCCLUDED)).all()
    assert annotation.source == "classical"
    back = to_tracks(annotation)
    np.testing.assert_array_equal(back.positions, positions)
    np.testing.assert_array_equal(back.visible, visible)
    assert back.spacing_mm == (0.3, 0.2)


def test_more_points():
    annotation = with_point(placed((0, 0, (1, 2))), "apex", "apical")
    assert annotation.labels == ("p0", "p1", "p2", "apex")
    assert annotation.segments[-1] == "apical"
    with pytest.raises(BadInput, match="same name"):
        with_point(annotation, "apex")


def test_shipped_schemas_name_the_segments_strain_uses():
    schemas = {schema.view: schema for schema in shipped_schemas()}
    angle = np.linspace(0, np.pi, 19)
    arch = np.stack([-np.cos(angle), np.sin(angle)], axis=-1)[:, None]
    for view in ("A4C", "A2C", "APLAX", "RV"):
        names = segment_names(view)
        assert schemas[view].segments == tuple(names[k] for k in segment_of_points(arch, 0))
    assert schemas["other"].labels == ("left annulus", "apex", "right annulus")


def test_schema_round_trip_and_refusals(tmp_path):
    schema = Schema("Études", ("a", "b"), ("", "septal"), "SAX", "two points")
    write_schema(tmp_path / "s.json", schema)
    assert read_schema(tmp_path / "s.json") == schema
    for text in ("{", "[]", '{"format": "echotracker-schema", "version": 1, "name": "x"}', '{"format": "other"}'):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(BadInput, match=r"bad\.json"):
            read_schema(tmp_path / "bad.json")
    with pytest.raises(BadInput, match="a name of its own"):
        Schema("x", ("a", "a"), ("", ""))
