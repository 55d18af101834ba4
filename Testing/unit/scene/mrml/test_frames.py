"""The current frame, told once and in time; layouts."""

from __future__ import annotations

import numpy as np
import scene_data
import slicer

from EchoTrackerLib.scene import strain as strain_scene
from EchoTrackerLib.scene.mrml import frames, layout, nodes
from EchoTrackerLib.strain.strain import measure_strain


def test_frame_observer_tells_changes_once(scene, clip):
    told = []
    observer = frames.FrameObserver(clip.browser, told.append)
    clip.browser.SetSelectedItemNumber(3)
    clip.browser.SetSelectedItemNumber(3)
    clip.browser.SetPlaybackActive(True)
    clip.browser.SetPlaybackRateFps(11)
    clip.browser.SetName("renamed")
    frames.stop_playback(clip.browser)
    frames.go_to_frame(clip.browser, 999)
    frames.go_to_frame(clip.browser, -5)
    assert told == [3, 29, 0]
    assert not clip.browser.GetPlaybackActive()
    observer.stop()
    observer.stop()
    clip.browser.SetSelectedItemNumber(7)
    assert told == [3, 29, 0]


def test_frame_observer_sees_updated_proxies(scene, cine, clip):
    seen = []
    observer = frames.FrameObserver(
        clip.browser, lambda k: seen.append(slicer.util.arrayFromVolume(clip.proxy)[0].copy())
    )
    frames.go_to_frame(clip.browser, 9)
    np.testing.assert_array_equal(seen[0], cine.frames[9])
    observer.stop()


def test_frame_observer_coalesces(scene, clip):
    told, waiting = [], []
    observer = frames.FrameObserver(clip.browser, told.append, later=waiting.append)
    for k in (4, 5, 6):
        frames.go_to_frame(clip.browser, k)
    assert told == [] and len(waiting) == 1
    waiting.pop()()
    assert told == [6]
    frames.go_to_frame(clip.browser, 8)
    observer.stop()
    waiting.pop()()  # a timer that fires after the module was left
    assert told == [6]


def test_layouts_are_set_and_restored(scene):
    logic = slicer.vtkMRMLLayoutLogic()
    logic.SetMRMLScene(scene)
    node = logic.GetLayoutNode()
    node.SetViewArrangement(node.SlicerLayoutFourUpView)
    before = layout.show_layout(node)
    assert node.GetViewArrangement() == layout.CLIP_AND_CHART >= 100
    layout.show_layout(node, layout.SIDE_BY_SIDE)
    tags = {n.GetLayoutName() for n in nodes.nodes_of(scene, "vtkMRMLSliceNode")}
    assert {"Red", layout.COMPARISON_VIEW} <= tags
    assert [n.GetLayoutName() for n in nodes.nodes_of(scene, "vtkMRMLPlotViewNode")] == ["PlotView1"]
    layout.restore_layout(node, before)
    assert node.GetViewArrangement() == node.SlicerLayoutFourUpView
    layout.show_layout(node)
    node.SetViewArrangement(node.SlicerLayoutOneUp3DView)  # the user chose another one
    layout.restore_layout(node, before)
    assert node.GetViewArrangement() == node.SlicerLayoutOneUp3DView


def test_chart_and_table_are_shown_in_their_views(scene, cine, clip):
    logic = slicer.vtkMRMLLayoutLogic()
    logic.SetMRMLScene(scene)
    layout.show_layout(logic.GetLayoutNode())
    made = strain_scene.add_strain(scene, clip.browser, measure_strain(scene_data.make_wall(cine)))
    layout.show_results(scene, made.chart, made.values)
    assert nodes.nodes_of(scene, "vtkMRMLPlotViewNode")[0].GetPlotChartNodeID() == made.chart.GetID()
    assert nodes.nodes_of(scene, "vtkMRMLTableViewNode")[0].GetTableNodeID() == made.values.GetID()
