"""End-diastole and end-systole of walls whose parts begin or end apart, or all late; what the doubt says of it."""

from __future__ import annotations

import known_walls as w
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from EchoTrackerLib.phantom.parameters import draw_parameters
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.strain.timing.course import noise_of
from EchoTrackerLib.strain.timing.systole import usual_systole_s

FPS = 80


def delayed(late_s, cycle_s=0.9, systole=0.36):
    """Six equal parts that contract by 20 % each, every one so many seconds late; the clip holds 1.4 cycles."""
    times = np.arange(round(1.4 * cycle_s * FPS) + 1) / FPS
    late = np.asarray(late_s)

    def strain(s, t):
        phase = np.mod((t - late[np.minimum((s * 6).astype(int), 5)]) / cycle_s - 0.02, 1.0)
        squeezed = np.where(phase < systole, phase * 0.36 / systole, 0.36 + (phase - systole) * 0.64 / (1 - systole))
        return -0.2 * w.beat(squeezed)

    return measure_strain(w.tracks(w.wall(strain, times), times))


@settings(max_examples=15, deadline=None)
@given(late=st.floats(0.03, 0.09), n=st.integers(2, 3), first=st.integers(0, 5))
def test_the_early_parts_decide_where_parts_are_late(late, n, first):
    """Whatever part is late, both phases are those of the others, to two frames, and the doubt tells of it."""
    delays = np.zeros(6)
    delays[(first + np.arange(n)) % 6] = late
    phases = next(beat.phases for beat in delayed(delays).beats if beat.used)
    ed, es = phases.ed / FPS, phases.es / FPS
    assert abs(ed - 0.018) <= 2 / FPS
    assert abs(es - 0.018 - 0.324) <= 2 / FPS
    assert phases.ed_doubt_ms >= 500 * late and phases.es_doubt_ms >= 500 * late


def test_a_wall_that_ends_late_altogether_is_doubted():
    """All parts end at 0.5 of the cycle: nothing in the curve shows that the valve closed before."""
    usual, long = delayed(np.zeros(6)).phases, delayed(np.zeros(6), systole=0.5).phases
    assert usual.es_doubt_ms < 20
    late_ms = 1000 * (0.45 - usual_systole_s(0.9))
    assert long.es_doubt_ms == pytest.approx(late_ms, abs=20) and late_ms > 60
    assert long.es_source == usual.es_source  # said, not moved
    assert any("systole is long" in text for text in delayed(np.zeros(6), systole=0.5).warnings)


def test_usual_systole_is_that_of_the_source():
    """541 - 2.2 HR and 540 - 2.0 HR ms from the beginning of the QRS complex, at 60 and 100 beats a minute."""
    for cycle, men, women in ((1.0, 0.409, 0.420), (0.6, 0.321, 0.340)):
        assert usual_systole_s(cycle) == pytest.approx((men + women) / 2 - 0.031, abs=1e-3)


def test_the_phantom_closes_its_valve_when_people_do():
    from EchoTrackerLib.phantom.cycle import aortic_closure_s

    for seed in range(20):
        rate = draw_parameters(seed).heart_rate
        assert abs(usual_systole_s(60 / rate) - aortic_closure_s(rate)) < 0.03


def test_a_quick_beat_at_thirty_frames_a_second_is_not_noise():
    """Third differences took the curve's own bends for noise, and end-diastole came a frame late."""
    times = np.arange(40) / 30
    assert noise_of(1 - 0.2 * w.beat(times / 0.55)) < 0.002
    noise = np.random.default_rng(3).normal(0, 0.01, 40)
    assert noise_of(1 - 0.2 * w.beat(times / 0.55) + noise) == pytest.approx(0.01, rel=0.5)
