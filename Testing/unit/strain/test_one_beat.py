"""A clip of one beat that ends in the atrial kick, just before the next end-diastole, as many stored clips do."""

from __future__ import annotations

import numpy as np
import pytest
from known_walls import known_motion, tracks

from EchoTrackerLib.phantom.sample import SAMPLE_NOISY, wall_points
from EchoTrackerLib.strain.strain import measure_strain


@pytest.mark.parametrize("error_percent", [0.0, 0.25, 0.3])
def test_a_clip_that_ends_at_end_diastole_holds_its_beat_although_its_last_frames_are_tracked_less_well(error_percent):
    """The curve comes back to nearly, not exactly, the level of its beginning, and is not seen to come to rest."""
    phantom = known_motion(SAMPLE_NOISY)
    truth = phantom.track(wall_points(phantom, "mid", 31), phantom.ed_frame)
    times = phantom.cine.times_s
    longer = np.ones(len(times))
    longer[-3:] += error_percent / 100 * np.array([-2.5, -1.0, 1.0])
    strain = measure_strain(tracks(truth * longer[:, None], times), view="A4C")
    (beat,) = strain.beats
    assert not beat.phases.void_because and beat.phases.cycle_end == len(times) - 1
    assert strain.gls_percent == pytest.approx(measure_strain(tracks(truth, times), view="A4C").gls_percent, abs=0.2)
