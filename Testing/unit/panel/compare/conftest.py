"""Two sets of tracks of a clip, shown in the panel."""

from __future__ import annotations

import pytest
from panel_host import made_tracks, make_cine

from EchoTrackerLib.tracking.job import Outcome


@pytest.fixture
def two(bench):
    """Tracks of 18 points, kept as "first", and tracked again: "mid 05" by (8, 0) px off from frame 6 on."""
    panel = bench.panel
    bench.load(make_cine(frames=24))
    bench.put(18)
    bench.track()
    panel.compare.keep("first")
    bench.ui.trackButton.click()
    tracks = made_tracks(bench.runner.job)
    tracks.positions[4, 6:] += (8, 0)
    bench.runner._end(Outcome("done", tracks))
    bench.host.settle(0.2)
    yield bench
    panel.compare.stop()
