"""A tracked wall with faults, shown in the panel."""

from __future__ import annotations

import numpy as np
import pytest
from panel_host import made_tracks, make_cine

from EchoTrackerLib.tracking.job import Outcome


@pytest.fixture
def tracked(bench):
    """A tracked wall of 18 points; "mid 05" runs away and says so, "mid 09" is doubtful for three frames."""
    from dataclasses import replace

    bench.load(make_cine(frames=24))
    bench.put(18)
    bench.ui.trackButton.click()
    tracks = made_tracks(bench.runner.job)
    positions, confidence = tracks.positions.copy(), tracks.confidence.copy()
    positions[4, :, 1] += 20 * np.sin(np.pi * np.arange(24) / 23)
    confidence[4, 6:] = np.linspace(0.4, 0.05, 18)
    confidence[8, 10:13] = 0.3
    bench.runner._end(Outcome("done", replace(tracks, positions=positions, confidence=confidence)))
    bench.host.settle()
    return bench
