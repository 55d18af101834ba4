"""A clip that was tracked and measured, for the tests of the section Results."""

from __future__ import annotations

import pytest
from panel_host import make_cine


@pytest.fixture
def measured(bench):
    bench.load(make_cine(frames=21))
    bench.put()
    bench.track()
    bench.host.settle(0.2)
    return bench


@pytest.fixture
def chart(measured):
    """Return the strain chart's view."""
    import slicer

    return slicer.app.layoutManager().plotWidget(0).plotView()
