"""Every kind of wall that a lab meets, with its right value: to 0.1 point and one frame, or void with the reason."""

from __future__ import annotations

import json
from dataclasses import replace

import known_walls as w
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from EchoTrackerLib.commands.main import main
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.strain.layers import measure_layers
from EchoTrackerLib.strain.strain import Smoothing, measure_strain
from EchoTrackerLib.strain.values import (
    annular_displacement,
    atrial_values,
    free_wall_percent,
    mean_values,
    mechanical_dispersion_floor_s,
    mechanical_dispersion_s,
    rotation_deg,
)
from EchoTrackerLib.tracks.decisions import REJECTED, Decision, Review
from EchoTrackerLib.tracks.files import write_tracks

SIX = w.parts(-5, -10, -15, -20, -25, -30)


def near(value, right, by=0.1):
    assert value == pytest.approx(right, abs=by)


def segments(strain):
    return np.array(list(strain.segment_percent.values()))


def rejecting(*names):
    return Review(segments={name: Decision(REJECTED) for name in names})


# -- the wall ------------------------------------------------------------------------------------
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


def ring(shrink=0.2, turn_deg=0.0, n=48):
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)[:, None] - np.radians(turn_deg) * w.beat(w.TIMES / w.CYCLE_S)
    radius = 40 * (1 - shrink * w.beat(w.TIMES / w.CYCLE_S))
    return np.stack([100 + radius * np.cos(angle), 100 + radius * np.sin(angle)], axis=-1)


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


# -- timing --------------------------------------------------------------------------------------
@settings(max_examples=20, deadline=None)
@given(start=st.floats(0, 0.99), beats=st.floats(0.3, 3.2), cycle=st.floats(0.6, 1.6), share=st.floats(0.05, 0.25))
def test_clips_that_begin_and_end_anywhere(start, beats, cycle, share):
    """Every value that is given is right; every beat that lies clearly inside the clip is found."""
    times = np.arange(round(beats * cycle * 60) + 1) / 60
    strain = measure_strain(w.tracks(w.wall(w.uniform(share, start, cycle), times, n=25), times))
    eds = (np.arange(6) - start) * cycle
    for found in strain.used:
        near(found.gls_percent, -100 * share, 0.015 * 100 * share + 0.05)
        assert np.abs(eds - times[found.phases.ed]).min() < 0.03
        assert np.abs(eds + 0.36 * cycle - times[found.phases.es]).min() < 0.03
    inside = [a for a, b in zip(eds, eds[1:]) if a >= 0.02 and b <= times[-1] - 0.12 * cycle]
    assert len(strain.used) >= len(inside)
    assert strain.used or strain.void_because


def test_a_clip_cut_before_end_systole():
    times = w.TIMES[:12]
    strain = measure_strain(w.tracks(w.wall(w.uniform(0.2), times), times))
    assert strain.es == 11 and "last frame" in strain.phases.es_source
    assert np.isnan(strain.gls_percent) and "before end-systole" in strain.void_because


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.floats(0.55, 1.3), st.floats(0.06, 0.2)), min_size=2, max_size=5))
def test_every_irregular_beat_is_measured(beats):
    lengths, strains = zip(*beats)
    times, strain = w.irregular(lengths, strains)
    found = measure_strain(w.tracks(w.wall(strain, times, n=13), times))
    values = [beat.gls_percent for beat in found.used]
    near(values, -100 * np.array(strains)[: len(values)], 0.35)
    assert len(values) >= len(beats) - 1  # the last one may end before its end-diastole, in whole frames
    near(found.gls_percent, np.mean(values), 1e-9)


def test_atrial_fibrillation_and_beats_left_out():
    times, strain = w.irregular()
    tracks = w.tracks(w.wall(strain, times), times)
    found = measure_strain(tracks)
    near([beat.gls_percent for beat in found.beats], [-18, -7, -13, -19])
    near([found.gls_percent, found.gls_sd_percent], [-14.25, 5.5])
    near(measure_strain(tracks, beat=[0, 3]).gls_percent, -18.5)
    near(measure_strain(tracks, beat=1).gls_percent, -7)
    assert [beat.phases.ed for beat in found.beats] == pytest.approx([0, 55, 80, 120], abs=1)


POST = w.parts(*[w.post_systolic] * 3, -18, -18, -18)
EARLY = w.parts(*[w.early_stretch] * 3, -18, -18, -18)


def test_post_systolic_shortening_with_the_valve_closure_known_and_not():
    tracks = w.tracks(w.wall(POST))
    known = measure_strain(tracks, avc_s=0.324)
    near(known.gls_percent, -14)
    near(segments(known), np.array([-10.0] * 3 + [-18.0] * 3))
    near(mean_values(known, 0).post_systolic_index, 54.5)
    assert "aortic valve closure" in known.phases.es_source
    unknown = measure_strain(tracks)
    assert "surrogate" in unknown.phases.es_source and unknown.phases.es_doubt_ms > 60
    assert any("End-systole" in text and "wrong by" in text for text in unknown.warnings)


@pytest.mark.parametrize("known", [{"ed": 0}, {"r_times_s": [0.0, 0.9]}, {"r_times_s": [0.0]}])
def test_early_stretch_with_end_diastole_known(known):
    strain = measure_strain(w.tracks(w.wall(EARLY)), **known)
    near(strain.gls_percent, -15)
    near(segments(strain)[0], -12)
    near(mean_values(strain, 0).positive_peak_systolic, 10)


def test_early_stretch_without_it_is_doubted():
    strain = measure_strain(w.tracks(w.wall(EARLY)))
    assert strain.phases.ed_doubt_ms >= 80
    assert any("End-diastole" in text and "wrong by" in text for text in strain.warnings)


def test_sources_in_their_order():
    tracks = w.tracks(w.wall(w.uniform(0.2)), r_times_s=np.array([0.02, 0.9]))
    assert "in the clip's file" in measure_strain(tracks).phases.ed_source and measure_strain(tracks).ed == 1
    typed = measure_strain(tracks, r_times_s=[0.04, 0.9])
    assert typed.ed == 2 and "given by the user" in typed.phases.ed_source
    assert measure_strain(tracks, ed=0).phases.ed_source == "given by the user"
    with pytest.raises(BadInput, match="R waves"):
        measure_strain(tracks, r_times_s=[900.0])
    with pytest.raises(BadInput, match="closure"):
        measure_strain(tracks, avc_s=320.0)
    two = np.arange(91) / 50
    many = measure_strain(w.tracks(w.wall(w.uniform(0.2), two), two), ed=[0, 45], es=[16, 61])
    assert [b.phases.cycle_end for b in many.used] == [45, 90]


@pytest.mark.parametrize(
    ("strain", "right"),
    [(w.parts(10, 10, 10, 10, -18, -18), 0.67), (w.uniform(-0.05), 5.0), (w.uniform(-0.3), 30.0)],
)
def test_walls_that_lengthen(strain, right):
    found = measure_strain(w.tracks(w.wall(strain)))
    near(found.gls_percent, right)
    assert (found.ed, found.phases.cycle_end) == (0, 45) and abs(found.es - 16) <= 1


def test_one_segment_that_lengthens():
    strain = measure_strain(w.tracks(w.wall(w.parts(10, *[-18] * 5))))
    values = mean_values(strain, 0)
    near([values.end_systolic, values.peak], [10, 10])
    assert values.time_to_peak_s == pytest.approx(0.324, abs=0.02)
    assert mechanical_dispersion_s(strain) == pytest.approx(0, abs=1e-3)


# -- invariances, doubts -------------------------------------------------------------------------
@settings(max_examples=10, deadline=None)
@given(
    angle=st.floats(0, 6.28), flip=st.booleans(), n=st.integers(31, 90), fps=st.floats(45, 120), row=st.floats(0.2, 0.8)
)
def test_invariances(angle, flip, n, fps, row):
    """Turned, mirrored, resampled in time and along the wall, with other pixels: the same strain."""
    times = np.arange(int(0.9 * fps + 1e-6) + 1) / fps
    mm = w.wall(SIX, times, n=n, spacing=(1, 1)).astype(float)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (mm - mm.mean((0, 1))) @ turn.T * [-1 if flip else 1, 1] / [0.3, row]
    strain = measure_strain(w.tracks(moved, times, spacing_mm=(row, 0.3)), ed=0, avc_s=0.324, apex=None)
    at = w.beat(times[strain.es] / w.CYCLE_S)
    places = (np.arange(n - 1) + 0.5) / (n - 1)
    near(strain.gls_percent, 100 * SIX(places[:, None], times[None, [strain.es]]).mean(), 0.1)
    near(segments(strain), np.array([-5.0, -10, -15, -20, -25, -30]) * at, 5 * 3 / n + 0.15)


def test_the_order_of_the_points_does_not_matter_but_for_the_names():
    forth, back = (measure_strain(w.tracks(w.wall(SIX)[::step])) for step in (1, -1))
    near(forth.gls_percent, back.gls_percent, 1e-4)
    near(segments(forth), segments(back)[::-1], 1e-3)


def test_warnings_of_a_poor_recording_and_of_unknown_pixels():
    times = np.arange(19) / 20
    drifting = w.wall(lambda s, t: -0.2 * w.beat(t / 0.9) - 0.04 * t / 0.9, times)
    confidence = np.full((61, 19), 0.2, np.float32)
    said = measure_strain(w.tracks(drifting, times, confidence=confidence)).warnings
    assert len(said) == 3
    for word in ("frame rate", "drift", "confidence"):
        assert sum(word in text for text in said) == 1
    assert any(
        "spacing is unknown" in text for text in measure_strain(w.tracks(drifting, times, spacing_mm=None)).warnings
    )
    inside = measure_strain(w.tracks(w.wall(SIX), size=(400, 150)))
    assert any("leave the image" in text for text in inside.warnings)


def test_noise_alone_makes_no_dispersion_without_a_word():
    times = np.arange(55) / 60
    noise = np.random.default_rng(0).normal(0, 0.6, (61, 55, 2))
    strain = measure_strain(w.tracks(w.wall(w.uniform(0.2), times) + noise, times), view="A4C")
    dispersion, floor = mechanical_dispersion_s(strain), mechanical_dispersion_floor_s(strain)
    assert 0.5 * dispersion < floor < 3 * dispersion
    assert any("dispersion" in text for text in strain.warnings)


def test_displacement_of_the_annulus():
    shape = np.stack([80 * np.cos(a := np.linspace(np.pi, 2 * np.pi, 37)), 180 * np.sin(a)], 1)
    apex = np.array([200.0, 120.0])  # the heart shrinks towards its apex: the base comes up by 20 % of 180 px
    line = np.array([200.0, 300.0]) + shape
    positions = apex + (line - apex)[:, None] * (1 - 0.2 * w.beat(w.TIMES / w.CYCLE_S))[None, :, None]
    moved = annular_displacement(measure_strain(w.tracks(positions)))
    near([moved["left"], moved["right"]], [14.4, 14.4])


def test_times_that_cannot_be_and_too_few_frames(tmp_path, capsys):
    positions = w.wall(SIX)
    for times in (np.zeros(46), w.TIMES[::-1], np.where(np.arange(46) == 7, np.nan, w.TIMES)):
        write_tracks(tmp_path / "t.npz", w.tracks(positions, times))
        assert main(["strain", str(tmp_path / "t.npz"), "--out", str(tmp_path / "o")]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    write_tracks(tmp_path / "t.npz", w.tracks(positions[:, ::8], w.TIMES[::8]))
    assert main(["strain", str(tmp_path / "t.npz"), "--out", str(tmp_path / "o")]) == 2
    assert "frames a beat" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_void_is_null_and_an_empty_cell(tmp_path):
    tracks = replace(w.tracks(w.wall(SIX)), review=rejecting("basal inferoseptal", "mid inferoseptal"))
    write_tracks(tmp_path / "t.npz", tracks)
    assert main(["strain", str(tmp_path / "t.npz"), "--view", "A4C", "--out", str(tmp_path / "o")]) == 0
    report = json.loads((tmp_path / "o" / "strain.json").read_text(encoding="utf-8"))
    assert report["gls_percent"] is None and "one sixth" in report["void_because"]
    first = report["segments"][0]
    assert first["end_systolic_percent"] is None and first["void_because"] == "rejected by the reviewer"
    assert report["beats"][0]["gls_percent"] is None and report["beats"][0]["used"] is False
    row = (tmp_path / "o" / "strain.csv").read_text(encoding="utf-8").splitlines()[17].split(",")
    assert row[2] == "" and row[4] == "" and float(row[6]) == pytest.approx(-15, abs=0.1)


def test_closed_contours_have_no_gls_in_the_file(tmp_path):
    write_tracks(tmp_path / "t.npz", w.tracks(ring()))
    assert main(["strain", str(tmp_path / "t.npz"), "--out", str(tmp_path / "o")]) == 0
    report = json.loads((tmp_path / "o" / "strain.json").read_text(encoding="utf-8"))
    assert report["gls_percent"] is None and report["measure"] == "GCS"
    near(report["gcs_percent"], -20)
