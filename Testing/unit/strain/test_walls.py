"""Every kind of wall that a lab meets, with its right value: to 0.1 point and one frame, or void with the reason."""

from __future__ import annotations

import known_walls as w
import numpy as np
import pytest
from known_walls import SIX, near, rejecting, ring, segments

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.strain.layers import measure_layers
from EchoTrackerLib.strain.strain import Smoothing, measure_strain
from EchoTrackerLib.strain.values import (
    atrial_values,
    free_wall_percent,
    rotation_deg,
)


@pytest.mark.parametrize("hidden", [np.nan, 0.0, 7.0])
def test_points_lost_for_a_while_are_bridged_and_that_is_said(hidden):
    positions, visible = w.wall(w.uniform(0.2)), np.ones((61, 46), dtype=bool)
    positions[29:32, 8:25], visible[29:32, 8:25] = hidden, False
    strain = measure_strain(w.tracks(positions, visible=visible))
    near(strain.gls_percent, -20)
    near(segments(strain), np.full(6, -20.0))
    assert any("bridged" in text for text in strain.warnings)


def test_points_of_low_confidence_are_lost_too_but_not_where_all_are_equally_uncertain():
    positions, confidence = w.wall(w.uniform(0.2)), np.full((61, 46), 0.9, np.float32)
    positions[29:32, 8:25] += 9
    confidence[29:32, 8:25] = 0.2
    near(measure_strain(w.tracks(positions, confidence=confidence)).gls_percent, -20)
    low = measure_strain(w.tracks(w.wall(w.uniform(0.2)), confidence=np.full((61, 46), 0.2, np.float32)))
    near(low.gls_percent, -20)
    assert any("confidence is low" in text for text in low.warnings)
    with pytest.raises(BadInput, match="not tracked"):
        measure_strain(w.tracks(positions, confidence=np.full((61, 46), 0.05, np.float32)), ed=0, es=16)


def test_a_gap_of_half_a_segment_voids_the_segment_on_these_frames_only():
    positions, visible = w.wall(SIX), np.ones((61, 46), dtype=bool)
    visible[2:8, 12:20], positions[2:8, 12:20] = False, np.nan
    strain = measure_strain(w.tracks(positions, visible=visible), view="A4C")
    near(segments(strain)[1:], np.array([-10.0, -15, -20, -25, -30]))
    assert list(strain.segment_void) == ["basal inferoseptal"]
    assert np.isfinite(strain.segments[0].percent[[0, 11, 20]]).all()
    assert np.isnan(strain.segments[0].percent[12:20]).all()


def test_the_whole_wall_lost_around_end_systole_has_no_value():
    visible = np.ones((61, 46), dtype=bool)
    visible[:, 8:25] = False
    strain = measure_strain(w.tracks(w.wall(w.uniform(0.2)), visible=visible))
    assert np.isnan(strain.gls_percent) and "not tracked" in strain.void_because
    assert np.isnan(segments(strain)).all()


@pytest.mark.parametrize("name", ["basal inferoseptal", "mid anterolateral", "apical inferoseptal"])
@pytest.mark.parametrize("view", ["", "A4C"])
def test_a_rejected_segment_is_void_and_its_neighbours_are_not(name, view):
    strain = measure_strain(w.tracks(w.wall(SIX), review=rejecting(name)), view=view)
    right = dict(zip(strain.segment_percent, (-5.0, -10, -15, -20, -25, -30)))
    rest = [value for other, value in right.items() if other != name]
    assert strain.view == "A4C" and np.isnan(strain.segment_percent[name])
    near([strain.segment_percent[other] for other in right if other != name], rest)
    near(strain.gls_percent, np.mean(rest))
    assert any("rest of the wall" in text for text in strain.warnings)


def test_two_rejected_segments_leave_no_global_value_and_names_need_their_view():
    strain = measure_strain(w.tracks(w.wall(SIX), review=rejecting("mid anterolateral", "basal anterolateral")))
    assert np.isnan(strain.gls_percent) and "one sixth" in strain.void_because
    near(segments(strain)[:4], np.array([-5.0, -10, -15, -20]))
    with pytest.raises(BadInput, match="view"):
        measure_strain(w.tracks(w.wall(SIX), review=rejecting("basal inferoseptal")), view="A2C")
    with pytest.raises(BadInput, match="view") as caught:
        measure_strain(w.tracks(w.wall(SIX), review=rejecting("no such segment")))
    assert caught.value.command_line == "--view VIEW"


def test_rejected_points_at_the_base_shift_no_names():
    strain = measure_strain(w.tracks(w.wall(SIX)), view="A4C", excluded=tuple(f"W{i + 1:02d}" for i in range(20)))
    assert np.isnan(strain.gls_percent)
    assert list(strain.segment_void) == ["basal inferoseptal", "mid inferoseptal"]
    near(segments(strain)[2:], np.array([-15.0, -20, -25, -30]))


def test_the_apex_is_a_place():
    positions = w.wall(lambda s, t: np.where(s < 0.4, -0.1, -0.2) * w.beat(t / w.CYCLE_S))
    strain = measure_strain(w.tracks(positions), view="A4C", apex="W25")
    near(segments(strain), np.array([-10.0] * 3 + [-20.0] * 3))
    labels = tuple("apex" if i == 24 else f"W{i}" for i in range(61))
    near(segments(measure_strain(w.tracks(positions, labels=labels))), np.array([-10.0] * 3 + [-20.0] * 3))
    assert "farthest" in measure_strain(w.tracks(positions)).apex_source
    with pytest.raises(BadInput, match="apex"):
        measure_strain(w.tracks(positions), apex="nobody")


def test_a_wall_from_right_to_left_is_noticed_and_turned_on_consent():
    tracks = w.tracks(w.wall(SIX)[::-1])
    assert any("right to its left" in text for text in measure_strain(tracks, view="A4C").warnings)
    turned = measure_strain(tracks, view="A4C", turn=True)
    near(segments(turned), np.array([-5.0, -10, -15, -20, -25, -30]))
    upright = measure_strain(w.tracks(w.wall(SIX)), view="A4C", turn=True)
    assert upright.warnings == ()


def test_a_closed_contour_is_measured_all_round_and_named_so():
    positions = ring(turn_deg=8)
    strain = measure_strain(w.tracks(positions))
    assert strain.closed and strain.measure == "GCS"
    near(strain.gls_percent, -20)
    near(rotation_deg(strain), 8)  # y runs down, so a falling angle turns counterclockwise on the screen
    near(measure_strain(w.tracks(positions), closed=False).gls_percent, -20)
    repeated = np.concatenate([positions, positions[:1]])
    near(measure_strain(w.tracks(repeated)).gls_percent, -20)
    assert not measure_strain(w.tracks(w.wall(SIX))).closed


def test_right_ventricle_and_left_atrium():
    heart = measure_strain(w.tracks(w.wall(w.parts(-30, -27, -24, -12, -12, -12))), view="RV")
    assert heart.measure == "RV four-chamber strain"
    near(free_wall_percent(heart), -27)
    near(heart.gls_percent, -19.5)
    atrium = atrial_values(measure_strain(w.tracks(w.wall(w.uniform(-0.3))), view="LA"))
    near([atrium.reservoir, atrium.conduit, atrium.contraction], [30, 27, 3], 0.2)


def layered(shares):
    names = ("endo", "mid", "epi")
    shape = np.stack([80 * np.cos(a := np.linspace(np.pi, 2 * np.pi, 37)), 180 * np.sin(a)], 1)
    scales = [1 - share * w.beat(w.TIMES / w.CYCLE_S) for share in shares]
    lines = [
        np.array([200.0, 300]) + (1 + 0.05 * k) * shape[:, None] * scale[None, :, None]
        for k, scale in enumerate(scales)
    ]
    labels = tuple(f"{name} {i + 1:02d}" for name in names for i in range(37))
    return w.tracks(np.concatenate(lines), labels=labels)


def test_layers_are_measured_each_on_its_own():
    found = measure_layers(layered((0.25, 0.2, 0.15)))
    assert found.main.layer == "mid"
    near(found.main.gls_percent, -20)
    near([found.others[name].gls_percent for name in ("endo", "epi")], [-25, -15])
    near(segments(found.main), np.full(6, -20.0))
    near(measure_layers(layered((0.25, 0.2, 0.15)), layer="epi").main.gls_percent, -15)
    assert found.transverse_percent[16] > 20  # the wall thickens
    with pytest.raises(BadInput, match="no layer"):
        measure_layers(layered((0.2, 0.2, 0.2)), layer="L4")


def test_smoothing_is_off_and_changes_little_when_on():
    tracks = w.tracks(w.wall(SIX))
    plain = measure_strain(tracks)
    assert plain.smoothing == Smoothing()
    smooth = measure_strain(tracks, smoothing=Smoothing(20.0, 5.0))
    near(smooth.gls_percent, -17.5, 0.4)
    assert abs(segments(smooth)[0] + 5) > abs(segments(plain)[0] + 5)
