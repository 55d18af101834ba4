"""Tracking that fails, or whose scene goes away meanwhile."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("killed", "Tracking was stopped by the operating system, most likely because memory ran out."),
        ("memory", "There was not enough memory. Track fewer points."),
        ("failed", "The CUDA driver is too old."),
        ("input", "This checkpoint is of another network."),
    ],
)
def test_failures_end_in_a_sentence_and_leave_the_scene(bench, kind, message):
    bench.load()
    bench.put()
    before = bench.node_ids()
    bench.start()
    bench.runner.fail(kind, message)
    shown = bench.ui.trackMessageLabel.text
    assert shown == message
    assert bench.node_ids() == before
    assert bench.ui.trackButton.enabled


def test_an_error_while_watching_is_told_once_and_ends_the_job(bench, monkeypatch):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "errorDisplay", lambda text, **_keywords: told.append(text))
    bench.load()
    bench.put()
    bench.start()

    def broken():
        raise PermissionError("events.jsonl")

    monkeypatch.setattr(bench.runner, "poll", broken)
    bench.host.settle(0.4)
    assert len(told) == 1 and "events.jsonl" in told[0]
    assert not bench.runner.running and bench.ui.trackButton.enabled


def test_scene_closed_while_tracking(bench):
    bench.load()
    bench.put()
    bench.start()
    bench.scene.Clear()
    bench.host.settle()
    assert bench.runner.closed
    assert not bench.panel.session.busy
    assert not bench.ui.trackButton.enabled
    bench.load()
    bench.put()
    bench.track()


@pytest.mark.parametrize("which", ["browser", "sequence", "proxy", "points"])
def test_node_deleted_while_tracking(bench, which):
    browser = bench.load()
    bench.put()
    bench.start()
    nodes = {
        "browser": browser,
        "sequence": browser.GetMasterSequenceNode(),
        "proxy": bench.panel.session.proxy,
        "points": bench.parameters.points,
    }
    bench.scene.RemoveNode(nodes[which])
    bench.host.settle()
    bench.runner.finish()
    bench.host.settle()
    assert not bench.panel.session.busy
    if which in ("browser", "sequence"):
        assert "discarded" in bench.ui.trackMessageLabel.text
