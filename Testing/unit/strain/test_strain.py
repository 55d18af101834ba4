"""Strain of walls whose strain is known by construction."""

from __future__ import annotations

from dataclasses import replace

import known_walls
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wall_examples import beat, half_ellipse, moved_wall, scaled_wall

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.strain.segments import segment_names
from EchoTrackerLib.strain.strain import LAGRANGIAN, NATURAL, measure_strain, natural_strain
from EchoTrackerLib.strain.timing.contraction import find_course
from EchoTrackerLib.strain.timing.moved import Moved
from EchoTrackerLib.strain.timing.phases import find_phases
from EchoTrackerLib.strain.timing.sources import GIVEN
from EchoTrackerLib.strain.values import curve_values, mechanical_dispersion_s
from EchoTrackerLib.strain.wall.contour import crosses_itself, fill_gaps, line_length


def test_uniform_scaling_is_measured_exactly():
    strain = measure_strain(scaled_wall(0.2), view="A4C")
    times = strain.times_s
    np.testing.assert_allclose(strain.percent, -20 * beat(times / 0.9), atol=2e-3)
    assert strain.gls_percent == pytest.approx(-20, abs=0.05)  # the frame nearest to the true nadir
    assert (strain.ed, strain.phases.cycle_end) == (0, len(times) - 1)
    assert times[strain.es] == pytest.approx(0.36 * 0.9, abs=0.011)
    for piece in strain.segments:
        np.testing.assert_allclose(piece.percent, strain.percent, atol=5e-3)
    assert strain.definition == LAGRANGIAN and strain.unit == "mm" and strain.warnings == ()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000))
def test_segments_are_equal_at_ed_and_average_to_the_global_curve(seed):
    rng = np.random.default_rng(seed)
    tracks = scaled_wall(0.15, n=int(rng.integers(12, 50)), drift=float(rng.uniform(-4, 4)))
    tracks = replace(tracks, positions=tracks.positions + rng.normal(0, 0.5, tracks.positions.shape).astype(np.float32))
    strain = measure_strain(tracks)
    at_ed = np.array([piece.length[strain.ed] for piece in strain.segments])
    whole, sides = strain.curve.length[strain.ed], np.repeat([strain.apex, 1 - strain.apex], 3)
    np.testing.assert_allclose(at_ed, whole * sides / 3, rtol=1e-9)
    np.testing.assert_allclose(sum(piece.length for piece in strain.segments), strain.curve.length, rtol=1e-9)
    mean = np.average([piece.percent for piece in strain.segments], axis=0, weights=at_ed)
    np.testing.assert_allclose(mean, strain.percent, atol=1e-9)


def test_one_stiff_segment_is_found_in_its_place():
    """A straight wall of six parts whose fourth does not shorten."""
    t = np.linspace(0, 0.9, 46)
    shortening = 0.2 * beat(t / 0.9)
    steps = np.full((60, len(t)), 10.0) * (1 - shortening)
    steps[30:40] = 10.0
    y = np.concatenate([np.zeros((1, len(t))), np.cumsum(steps, axis=0)])
    tracks = replace(scaled_wall(n=61), positions=np.stack([np.full_like(y, 50), y], axis=2).astype(np.float32))
    strain = measure_strain(tracks, view="A4C")
    values = {piece.name: piece.percent[strain.es] for piece in strain.segments}
    assert values.pop("apical anterolateral") == pytest.approx(0, abs=1e-3)
    np.testing.assert_allclose(list(values.values()), -20, atol=0.05)
    assert strain.gls_percent == pytest.approx(-20 * 5 / 6, abs=0.05)


def test_anisotropic_spacing_counts():
    """Motion along y only: in mm the long axis weighs more than the short one."""
    points = np.array([[0.0, 0], [30, 0], [30, 40]])
    scale = 1 - 0.2 * beat(np.linspace(0, 1, 46))
    positions = np.repeat(points[:, None], 46, axis=1).astype(np.float32)
    positions[2, :, 1] = 40 * scale
    tracks = replace(scaled_wall(n=3), positions=positions, spacing_mm=(1.0, 0.5))
    low = 40 * scale.min()
    assert measure_strain(tracks).gls_percent == pytest.approx((15 + low - 55) / 55 * 100, abs=1e-3)
    unknown = measure_strain(replace(tracks, spacing_mm=None))
    assert unknown.gls_percent == pytest.approx((30 + low - 70) / 70 * 100, abs=1e-3)
    assert unknown.unit == "px" and any("spacing is unknown" in text for text in unknown.warnings)


@pytest.mark.parametrize("drift", [-4.0, -1.0, 2.0, 4.0])
def test_linear_drift_is_taken_out_and_reported(drift):
    strain = measure_strain(scaled_wall(0.2, drift=drift))
    assert strain.drift_compensated
    assert strain.curve.drift_percent == pytest.approx(drift, abs=0.2)
    assert strain.percent[strain.phases.cycle_end] == pytest.approx(0, abs=1e-9)
    assert strain.gls_percent == pytest.approx(-20, abs=0.15)
    raw = measure_strain(scaled_wall(0.2, drift=drift), drift_compensation=False)
    np.testing.assert_array_equal(raw.percent, raw.curve.uncompensated_percent)
    assert raw.curve.drift_percent == pytest.approx(drift, abs=0.2)
    assert raw.gls_percent == pytest.approx(-20 + 0.36 * drift, abs=0.15)


def test_reference_is_the_tracked_wall_at_ed_not_the_query_frame():
    tracks = replace(scaled_wall(0.2), query_frame=30)
    assert measure_strain(tracks).gls_percent == pytest.approx(-20, abs=0.05)
    assert measure_strain(tracks, ed=5).percent[5] == 0


def test_several_beats():
    tracks = scaled_wall(0.2, cycles=3.3)
    first = measure_strain(tracks)
    assert (first.ed, first.phases.cycle_end) == (0, 45)
    assert first.phases.n_beats == 4  # the fourth is cut off
    assert any("3 complete cycles" in text for text in first.warnings)
    second = measure_strain(tracks, beat=1)
    assert second.ed == pytest.approx(45, abs=1) and second.phases.cycle_end == pytest.approx(90, abs=1)
    assert second.gls_percent == pytest.approx(-20, abs=0.1)
    with pytest.raises(BadInput, match="3 complete"):
        measure_strain(tracks, beat=3)


def test_beats_are_chosen_by_the_numbers_that_are_given_out():
    tracks = scaled_wall(0.2, cycles=2.6, start=0.25)
    whole = measure_strain(tracks)
    assert [bool(b.phases.void_because) for b in whole.beats][:2] == [True, False]  # the first is cut off
    chosen = measure_strain(tracks, beat=1).used
    assert [b.phases.ed for b in chosen] == [whole.used[0].phases.ed]
    with pytest.raises(BadInput, match="complete cycle"):
        measure_strain(tracks, beat=0)


def test_a_beat_is_left_out_by_a_time_in_it():
    tracks = scaled_wall(0.2, cycles=3.3)
    assert [b.used for b in measure_strain(tracks, without_s=[1.2]).beats] == [True, False, True, False]
    none = measure_strain(tracks, without_s=[0.4, 1.2, 2.2])
    assert np.isnan(none.gls_percent) and "left out" in none.void_because


def test_a_moved_phase_is_found_again_where_it_was():
    tracks = scaled_wall(0.2, cycles=3.3)
    es, ed = measure_strain(tracks).beats[1].phases.es, measure_strain(tracks).beats[1].phases.ed
    for near in (-2, 0, 2):
        beats = measure_strain(tracks, moved=[Moved("es", es + near, es + 3), Moved("ed", ed + near, ed + 1)]).beats
        assert (beats[1].phases.es, beats[1].phases.ed, beats[0].phases.cycle_end) == (es + 3, ed + 1, ed + 1)
        assert beats[0].phases.es_source != GIVEN == beats[1].phases.es_source
    with pytest.raises(BadInput, match="follow each other"):
        measure_strain(tracks, moved=[Moved("es", es, ed - 1)])


def test_clip_that_starts_in_systole_uses_the_next_complete_cycle():
    strain = measure_strain(scaled_wall(0.2, cycles=2.0, start=0.25))
    assert strain.times_s[strain.ed] == pytest.approx(0.75 * 0.9, abs=0.03)
    assert strain.es > strain.ed and strain.gls_percent == pytest.approx(-20, abs=0.1)


def test_a_clip_without_a_whole_beat_has_no_value_and_says_why():
    strain = measure_strain(scaled_wall(0.2, cycles=0.8, start=0.25))
    assert strain.es < strain.ed and not strain.drift_compensated
    assert np.isnan(strain.gls_percent) and "begins after" in strain.void_because
    assert any("before end-diastole" in text for text in strain.warnings)
    typed = measure_strain(scaled_wall(0.2, cycles=0.8, start=0.25), ed=strain.ed, es=strain.es)
    assert typed.gls_percent == pytest.approx(-20, abs=0.3)


def test_a_clip_that_was_triggered_at_end_diastole_begins_with_it():
    """One beat at 31 frames/s, as a tracker followed it: the first two frames are the same to its noise."""
    percent = (
        "0 -.037 -.487 -1.482 -2.735 -3.797 -4.389 -4.938 -5.506 -6.425 "
        "-7.565 -8.515 -8.427 -6.441 -3.774 -2.126 -1.495 -1.088 -.574 -.150"
    )
    times = np.arange(20) * 0.0326416
    course = np.array([float(value) for value in percent.split()]) / 100
    positions = known_walls.wall(lambda s, t: course[None] + 0 * s, times)
    strain = measure_strain(known_walls.tracks(positions, times))
    assert strain.ed <= 1 and "onset of shortening" in strain.phases.ed_source
    assert "begins after" not in strain.void_because  # it ends a frame or two before the next end-diastole
    typed = measure_strain(known_walls.tracks(positions, times), ed=0, es=11)
    assert typed.gls_percent == pytest.approx(-8.5, abs=0.1)


def test_clip_shorter_than_a_cycle_is_not_compensated():
    strain = measure_strain(scaled_wall(0.2, cycles=0.45, drift=-3))
    assert strain.phases.cycle_end is None and not strain.drift_compensated
    assert np.isnan(strain.curve.drift_percent)
    assert any("no complete cycle" in text for text in strain.warnings)


def test_frames_given_by_the_user_are_kept():
    strain = measure_strain(scaled_wall(0.2), ed=2, es=15, cycle_end=40)
    assert (strain.ed, strain.es, strain.phases.cycle_end) == (2, 15, 40)
    assert strain.phases.ed_source == strain.phases.es_source == "given by the user"
    for es in (13, 19):  # a little beside the nadir: the rest of the cycle is found all the same
        beside = measure_strain(scaled_wall(0.2, cycles=2), es=es)
        assert (beside.ed, beside.phases.cycle_end) == (0, 45)
    assert measure_strain(scaled_wall(0.2), ed=2).es == measure_strain(scaled_wall(0.2)).es
    assert measure_strain(scaled_wall(0.2, cycles=2), es=61).ed == pytest.approx(45, abs=1)
    assert measure_strain(scaled_wall(0.2), ed=30, es=10).gls_percent < 0


@pytest.mark.parametrize(
    "frames", [{"ed": 46}, {"es": -1}, {"ed": 3, "es": 3}, {"cycle_end": 0}, {"es": 9, "cycle_end": 8}]
)
def test_frames_that_cannot_be(frames):
    with pytest.raises(BadInput, match="frame"):
        measure_strain(scaled_wall(0.2), **frames)


def test_a_still_wall_has_no_strain():
    strain = measure_strain(moved_wall(half_ellipse(), np.ones(20), np.arange(20) / 50))
    np.testing.assert_allclose(strain.percent, 0, atol=1e-9)
    assert any("keeps its length" in text for text in strain.warnings)


def test_two_points_two_frames_and_one_point():
    tracks = moved_wall(np.array([[200.0, 200], [200, 300]]), np.array([1.0, 0.9]), np.array([0.0, 0.1]))
    strain = measure_strain(tracks, ed=0, es=1)
    assert strain.gls_percent == pytest.approx(-10, abs=1e-4) and strain.segments == ()
    with pytest.raises(BadInput, match="8"):
        measure_strain(tracks)
    with pytest.raises(BadInput, match="two points"):
        measure_strain(tracks.select(np.array([0])))
    with pytest.raises(BadInput, match="two frames"):
        measure_strain(moved_wall(half_ellipse(), np.ones(1), np.zeros(1)))
    same = moved_wall(np.array([[200.0, 200], [200, 200]]), np.array([1.0, 0.9]), np.array([0.0, 0.1]))
    with pytest.raises(BadInput, match="no length"):
        measure_strain(same, ed=0, es=1)


@pytest.mark.parametrize("n", [2, 4, 31])
@pytest.mark.parametrize("known", [{}, {"ed": 0, "es": 15}, {"r_times_s": [0.0, 0.9]}])
@pytest.mark.filterwarnings("error")
def test_points_on_one_spot_all_the_time_are_refused_without_a_warning(n, known):
    """Short walls were divided by their length of zero first."""
    times = np.arange(50) / 50
    with pytest.raises(BadInput, match="all its points lie on one spot"):
        measure_strain(known_walls.tracks(np.full((n, 50, 2), 50, np.float32), times), view="A4C", **known)


def test_rejected_points_leave_the_line():
    tracks = scaled_wall(0.2)
    bad = tracks.positions.copy()
    bad[10, 5:] += 15
    wrong = replace(tracks, positions=bad)
    assert abs(measure_strain(wrong).gls_percent + 20) > 1
    strain = measure_strain(wrong, excluded=("W11",))
    assert strain.gls_percent == pytest.approx(-20, abs=0.05) and strain.excluded == ("W11",)
    with pytest.raises(BadInput, match="W99"):
        measure_strain(tracks, excluded=("W99",))
    ends = measure_strain(tracks, excluded=("W01",))
    assert any("end point" in text for text in ends.warnings)


def test_a_segment_without_points_is_named():
    tracks = scaled_wall(0.2, n=37)
    near = np.flatnonzero(np.abs(np.arange(37) - 8.5) < 6)
    strain = measure_strain(tracks, excluded=tuple(tracks.labels[i] for i in near), view="A4C")
    empty = [piece.name for piece in strain.segments if piece.n_points == 0]
    assert empty and all(any(name in text for text in strain.warnings) for name in empty)


def test_gaps_in_time_are_closed_and_lost_points_left_out():
    tracks = scaled_wall(0.2)
    visible, positions = tracks.visible.copy(), tracks.positions.copy()
    visible[3, 10:13] = False
    positions[3, 10:13] = np.nan
    visible[8, 5:] = False
    positions[8, 5:] = 0
    strain = measure_strain(replace(tracks, visible=visible, positions=positions))
    assert strain.excluded == ()
    assert strain.gls_percent == pytest.approx(-20, abs=0.1)
    assert any("W09" in text for text in strain.warnings) and any("bridged" in text for text in strain.warnings)


def test_fill_gaps_by_hand():
    positions = np.array([[np.nan, np.nan], [1, 10], [99, 99], [3, 30], [7, 70]])
    measured = np.array([False, True, False, True, False])
    np.testing.assert_allclose(fill_gaps(positions, measured), [[1, 10], [1, 10], [2, 20], [3, 30], [7, 70]])


def test_a_wall_that_crosses_itself_is_reported():
    assert crosses_itself(half_ellipse()) is None
    line = np.array([[0.0, 0], [10, 0], [10, 10], [5, -5]])
    assert crosses_itself(line) == (0, 2)
    tracks = scaled_wall(0.2)
    order = np.arange(37)
    order[[10, 25]] = order[[25, 10]]
    assert any("crosses itself" in text for text in measure_strain(tracks.select(order)).warnings)


def test_natural_strain_is_named_and_right():
    strain = natural_strain(measure_strain(scaled_wall(0.2)))
    assert strain.definition == NATURAL
    assert strain.gls_percent == pytest.approx(100 * np.log(0.8), abs=0.07)
    with pytest.raises(BadInput, match="already"):
        natural_strain(strain)


def test_values_of_a_post_systolic_curve():
    strain = measure_strain(scaled_wall(0.2), es=10)
    values = curve_values(strain.curve, strain.phases, strain.times_s)
    assert values.end_systolic == strain.percent[10] == values.peak_systolic
    assert values.peak == pytest.approx(-20, abs=0.05) and values.peak_frame == 16
    assert values.post_systolic_index == pytest.approx((values.peak - values.end_systolic) / values.peak * 100)
    assert values.time_to_peak_s == pytest.approx(0.324, abs=0.01)
    whole = measure_strain(scaled_wall(0.2))
    assert curve_values(whole.curve, whole.phases, whole.times_s).post_systolic_index == 0
    assert mechanical_dispersion_s(whole) == pytest.approx(0, abs=1e-6)
    assert np.isnan(mechanical_dispersion_s(measure_strain(scaled_wall(0.2, n=5))))


def test_phases_in_noise():
    rng = np.random.default_rng(0)
    wall = scaled_wall(0.2, cycles=2.2, drift=-2)
    length = line_length(wall.positions.astype(float))
    for _ in range(20):
        noisy = length * (1 + rng.normal(0, 0.003, len(length)))
        phases = find_phases(find_course(noisy, np.zeros((0, len(noisy))), wall.times_s))[0]
        assert abs(phases.ed - 0) <= 5 and abs(phases.es - 16) <= 3 and abs(phases.cycle_end - 45) <= 5


def test_segment_names():
    assert segment_names("A2C") == (
        "basal inferior",
        "mid inferior",
        "apical inferior",
        "apical anterior",
        "mid anterior",
        "basal anterior",
    )
    assert segment_names("A4C")[0] == "basal inferoseptal" and segment_names("APLAX")[-1] == "basal anteroseptal"
    assert segment_names()[5] == "segment 6"
    assert segment_names("SAX") == segment_names("LA") == segment_names()
    with pytest.raises(BadInput, match="PLAX"):
        segment_names("PLAX")


def test_the_doubt_of_end_systole_spans_the_ends_of_all_segments():
    """Valve closure may lie before the first of them as well as among them."""
    times = np.arange(101) / 100
    late = np.repeat([-0.03, -0.01, 0.0, 0.0, 0.02, 0.03], 10)
    steps = 3.0 * (1 - 0.2 * beat((times[None] - 0.05 - late[:, None]) / 0.9))
    heading = np.linspace(np.pi / 2 + 0.3, -np.pi / 2 - 0.3, 60)
    line = np.cumsum(steps[..., None] * np.stack([np.cos(heading), -np.sin(heading)], 1)[:, None], axis=0) + 300
    tracks = replace(
        scaled_wall(n=60), positions=line.astype(np.float32), times_s=times, visible=np.ones((60, 101), bool)
    )
    phases = measure_strain(tracks, view="A4C").phases
    assert 50 <= phases.es_doubt_ms <= 80
