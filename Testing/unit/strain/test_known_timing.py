"""Beats, end-diastole and end-systole of walls whose motion is known, to one frame."""

from __future__ import annotations

import known_walls as w
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_walls import near, segments

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.strain.values import (
    mean_values,
    mechanical_dispersion_s,
)


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
