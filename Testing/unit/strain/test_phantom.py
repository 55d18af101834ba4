"""Strain of the phantom's known motion, tracked without error: phases, GLS and segments against the truth."""

from __future__ import annotations

import numpy as np
from known_walls import known_motion

from EchoTrackerLib.phantom.cycle import aortic_closure_s
from EchoTrackerLib.phantom.parameters import draw_parameters
from EchoTrackerLib.phantom.sample import SAMPLE_A4C, SAMPLE_NOISY, wall_points
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.tracks.tracks import Tracks


def known_tracks(parameters):
    """The phantom without images, and the true tracks of 41 points on its mid-wall."""
    phantom = known_motion(parameters)
    truth = phantom.track(wall_points(phantom, n=41), phantom.ed_frame).astype(np.float32)
    labels = tuple(f"W{i + 1}" for i in range(len(truth)))
    visible = np.ones(truth.shape[:2], bool)
    return phantom, Tracks(truth, visible, labels, phantom.cine.times_s, phantom.cine.spacing_mm, phantom.ed_frame)


def test_samples():
    for parameters in (SAMPLE_A4C, SAMPLE_NOISY):
        phantom, tracks = known_tracks(parameters)
        strain = measure_strain(tracks, view="A4C", apex="W21")  # the phantom's segments are sixths of the line
        assert abs(strain.ed - phantom.ed_frame) <= 1 and abs(strain.es - phantom.es_frame) <= 1
        closure = aortic_closure_s(parameters.heart_rate)
        assert abs(strain.times_s[strain.es] - strain.times_s[strain.ed] - closure) < 0.03
        drift = strain.curve.drift_percent * (strain.es - strain.ed) / (strain.phases.cycle_end - strain.ed)
        assert abs(strain.gls_percent + drift - phantom.true_strain_percent[strain.es]) < 0.1
        measured = np.array([piece.percent[strain.es] for piece in strain.segments])
        np.testing.assert_allclose(measured, phantom.segment_strain_percent[:, strain.es], atol=0.3)


def test_drawn_hearts():
    """Forty hearts of all kinds; clips that begin in systole are left out (their ED is not in the clip)."""
    differences, ed_off, es_off, unsaid = [], [], [], []
    for seed in range(40):
        parameters = draw_parameters(seed, view=("A4C", "A2C", "APLAX", "RV")[seed % 4])
        if 0.02 < parameters.start_phase < 0.5:
            continue
        phantom, tracks = known_tracks(parameters)
        strain = measure_strain(tracks)
        cycle, times = parameters.cycle_s, phantom.cine.times_s
        if not strain.used:
            unsaid.append((seed, parameters.start_phase, parameters.beats))
            continue
        ed_off.append((times[strain.ed] - times[phantom.ed_frame] + cycle / 2) % cycle - cycle / 2)
        es_off.append((times[strain.es] - times[phantom.es_frame] + cycle / 2) % cycle - cycle / 2)
        differences.append(strain.gls_percent - phantom.true_strain_percent[phantom.es_frame])
    whole = [heart for heart in unsaid if heart[2] - (1 - heart[1]) % 1 >= 1.02]
    assert len(whole) <= 1, "a beat that lies whole in the clip was not found"
    assert len(differences) >= 20
    assert np.max(np.abs(ed_off)) < 0.08 and np.max(np.abs(es_off)) < 0.08
    assert np.median(np.abs(differences)) < 0.1 and np.max(np.abs(differences)) < 1.0
