"""Clips open in one large view, fitted to them, again after each change of the layout; the results come back."""

from __future__ import annotations

import numpy as np
import pytest
from panel_host import make_cine
from PySide6 import QtGui

from EchoTrackerLib.scene.mrml import layout, nodes, plane

FOUR_UP = 3
RING = "EchoTracker selected point"


def corners_on_screen(bench):
    """Where the corners of the image are in the red view, as shares of its size."""
    import slicer

    proxy = bench.panel.session.proxy
    width, height = plane.image_size(proxy)
    world = plane.pixels_to_world(np.array([[-0.5, -0.5], [width - 0.5, height - 0.5]]), proxy)
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    places = np.array([bench.host.viewPosition("Red", ras) for ras in world], dtype=float)
    return places / (view.width, view.height)


def is_fitted(bench):
    shares = corners_on_screen(bench)
    inside = shares.min() > -0.02 and shares.max() < 1.02
    return bool(inside and np.ptp(shares, axis=0).max() > 0.95)


@pytest.fixture
def four_up(bench):
    import slicer

    slicer.app.layoutManager().setLayout(FOUR_UP)
    bench.host.settle(0.2)
    yield bench
    slicer.app.layoutManager().setLayout(6)


def test_a_clip_opens_large_and_the_users_layout_comes_back(four_up):
    import slicer

    bench, manager = four_up, slicer.app.layoutManager()
    bench.load()
    bench.host.settle(0.3)
    assert manager.layout == layout.ONE_VIEW
    assert is_fitted(bench)
    bench.put()
    bench.track()
    assert bench.host.waitFor(lambda: manager.layout == layout.CLIP_AND_CHART, 10)
    assert bench.host.waitFor(lambda: is_fitted(bench), 10)  # the whole sector
    bench.host.leaveModule()
    assert manager.layout == FOUR_UP
    bench.host.selectModule("EchoTracker")
    assert manager.layout == layout.CLIP_AND_CHART
    assert bench.host.waitFor(lambda: is_fitted(bench), 10)
    bench.ui.layoutButton.click()
    assert manager.layout == FOUR_UP


def test_a_layout_that_the_user_chose_is_left_alone_and_fitted(four_up):
    import slicer

    bench, manager = four_up, slicer.app.layoutManager()
    bench.load()
    bench.host.settle(0.2)
    node = manager.sliceWidget("Red").sliceView().mrmlSliceNode()
    width, height, depth = node.GetFieldOfView()
    node.SetFieldOfView(0.3 * width, 0.3 * height, depth)  # the user looked closely at something
    assert not is_fitted(bench)
    manager.setLayout(FOUR_UP)
    assert bench.host.waitFor(lambda: is_fitted(bench), 10)
    bench.host.leaveModule()
    bench.host.selectModule("EchoTracker")
    bench.host.settle(0.2)
    assert manager.layout == FOUR_UP


def test_a_loaded_scene_is_drawn_as_it_was(bench, tmp_path):
    """The view had its place already when the scene was read, nothing moved it: lines kept the scale before that."""
    import slicer

    from EchoTrackerLib.scene.archive import save_scene
    from EchoTrackerLib.scene.mrml.environment import slicer_environment

    def seen():
        bench.host.settle(0.5)
        view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
        view.forceRender()
        picture = view.grab().toImage().convertToFormat(QtGui.QImage.Format.Format_RGB888)
        rows = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), -1)
        pixels = rows[:, : 3 * picture.width()].reshape(picture.height(), -1, 3).astype(int)
        return np.ptp(pixels, axis=2) > 60  # what is drawn in color

    bench.load(make_cine(frames=21))
    bench.put(24)
    bench.track()
    assert bench.host.waitFor(lambda: is_fitted(bench), 10)
    before = seen()
    save_scene(slicer_environment(), tmp_path / "scene.mrb")
    bench.scene.Clear()
    bench.host.settle(0.2)
    assert bench.scene.ReadFromMRB(str(tmp_path / "scene.mrb"), False, slicer.vtkMRMLMessageCollection())
    after = seen()
    assert before.sum() > 100
    assert (before & after).sum() > 0.8 * before.sum()


def test_tracks_are_hidden_while_annotating(bench, monkeypatch, tmp_path):
    """Tracks, and the ring around the one that was looked at; sets are hidden as long as nobody annotates."""
    import slicer

    from EchoTrackerLib.scene import results as study

    monkeypatch.setattr(slicer.app, "temporaryPath", str(tmp_path))  # the next test is not offered this journal

    browser = bench.load()
    bench.put()
    bench.track()
    found = study.find_results(bench.scene, browser)
    drawn = [found.tracks.proxy.GetDisplayNode(), found.trajectories.GetDisplayNode()]
    assert [bool(d.GetVisibility()) for d in drawn] == [True, True]
    bench.panel._review_section.ui.reviewTable.selectRow(2)
    rings = [n for n in nodes.nodes_of(bench.scene, "vtkMRMLMarkupsFiducialNode") if n.GetName() == RING]
    assert len(rings) == 1
    bench.host.log.messages.clear()
    section = bench.panel.annotation.section
    section.widget.collapsed = False
    section.ui.startComboBox.setCurrentIndex(section.ui.startComboBox.findData("free"))
    section.ui.createSetButton.click()
    bench.host.settle(0.2)
    assert [bool(d.GetVisibility()) for d in drawn] == [False, False]
    assert rings[0].GetScene() is None
    editors = bench.panel.annotation.editors
    of_set = editors.proxy(editors.chosen).GetDisplayNode()
    assert of_set.GetVisibility()
    section.widget.collapsed = True
    bench.host.settle(0.2)
    assert [bool(d.GetVisibility()) for d in drawn] == [True, True]
    assert [n.GetName() for n in nodes.nodes_of(bench.scene, "vtkMRMLMarkupsFiducialNode")].count(RING) == 1
    assert not of_set.GetVisibility()
    section.widget.collapsed = False
    bench.host.settle(0.1)
    assert of_set.GetVisibility()
    section.widget.collapsed = True
    assert bench.host.log.messages == []
