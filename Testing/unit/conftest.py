"""The stand-in host with the module's panel in it, for the tests of panel, module and host."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def running_host() -> Iterator[Any]:
    """The host with the module entered; `dialogs.target` and `runner.target` are Slicer's own until set by a test."""
    import host as host_module
    from panel_host import Exchangeable

    from EchoTrackerLib.panel import panel as panels
    from EchoTrackerLib.panel.qt.dialogs import SlicerDialogs
    from EchoTrackerLib.tracking.job import ProcessRunner

    host = host_module.start(testing=True)
    if not os.environ.get("ECHOTRACKER_SCREENSHOTS"):
        host.window.resize(1000, 640)  # pictures are drawn without a graphics card here
    if not hasattr(host, "dialogs"):  # one host serves all test files of a process; panels made anew get the same two
        host.dialogs, host.runner = Exchangeable(SlicerDialogs()), Exchangeable(ProcessRunner())
        panels.Panel = functools.partial(panels.Panel, dialogs=host.dialogs, runner=host.runner)
    host.selectModule("EchoTracker")
    yield host
    host.uninstall()


@pytest.fixture
def bench(running_host: Any) -> Iterator[Any]:
    """An empty scene, all sections open, answers instead of dialogs, a runner that ends when told."""
    import panel_host
    import slicer

    slicer.mrmlScene.Clear()
    slicer.app.layoutManager().setLayout(6)  # one red slice view
    ui = running_host.widget.ui
    for section in (ui.clipSection, ui.pointsSection, ui.trackSection, ui.resultsSection):
        section.collapsed = False  # whatever a test before has closed
    running_host.widget.panel.annotation.section.widget.collapsed = True  # or opened
    running_host.settle()
    own = running_host.dialogs.target, running_host.runner.target
    running_host.log.halves.clear()
    yield panel_host.Bench(running_host)
    running_host.widget.panel.track.close()
    running_host.dialogs.target, running_host.runner.target = own
    assert running_host.log.halves == [], "views were shown half of a change"
