"""The ratios of `bench speed`."""

from __future__ import annotations

import pytest

from EchoTrackerLib.commands.bench import speed


def test_classical_tracker_against_optical_flow(monkeypatch):
    pytest.importorskip("cv2", reason="OpenCV is optional")
    figures = speed.measure_classical(frames=6, points=8, repeats=1)
    seconds = figures["seconds"]
    assert figures["to_optical_flow"] == pytest.approx(seconds["classical"] / seconds["optical-flow"], rel=0.2)
    assert min(seconds.values()) > 0
    monkeypatch.setattr(speed, "missing_packages", lambda info: info.packages)
    assert speed.measure_classical(frames=6, points=8, repeats=1)["to_optical_flow"] is None
