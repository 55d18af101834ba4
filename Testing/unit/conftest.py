"""The stand-in host with the module's panel in it, for the tests of panel, module and host."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def running_host() -> Iterator[Any]:
    import host as host_module

    host = host_module.start(testing=True)
    if not os.environ.get("ECHOTRACKER_SCREENSHOTS"):
        host.window.resize(1000, 640)  # pictures are drawn without a graphics card here
    host.selectModule("EchoTracker")
    yield host
    host.uninstall()


@pytest.fixture
def bench(running_host: Any) -> Iterator[Any]:
    import panel_host
    import slicer

    from EchoTrackerLib.panel.qt.dialogs import SlicerDialogs
    from EchoTrackerLib.tracking.job import ProcessRunner

    slicer.mrmlScene.Clear()
    slicer.app.layoutManager().setLayout(6)  # one red slice view
    ui = running_host.widget.ui
    for section in (ui.clipSection, ui.pointsSection, ui.trackSection, ui.resultsSection):
        section.collapsed = False  # whatever a test before has closed
    running_host.settle()
    made = panel_host.Bench(running_host)
    yield made
    panel = running_host.widget.panel
    panel.track.close()
    panel.track._runner = ProcessRunner()
    for section in (panel.clip, panel.points, panel.track, panel.export):
        section._dialogs = SlicerDialogs()
