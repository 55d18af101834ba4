"""Setting the pixel size of a clip that is already in the scene; what lies on the image stays on its pixels."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Optional

import numpy as np

from . import nodes, plane, study
from .cine import cine_nodes
from .points import Points, frame_noted, note_frame, set_points
from .tracks import read_tracks


def set_spacing(
    scene: Any, browser: Any, spacing_mm: tuple[float, float], source: str, points: Optional[Any] = None
) -> None:
    """Give the clip that `browser` plays a pixel size (row, col) in mm.

    Points to track and EchoTracker's tracks keep their pixels; a strain measurement is removed, as its lengths are
    no longer right. Origin and directions of the volumes stay.
    """
    clip = cine_nodes(browser)
    pixels = None if points is None else _pixels_of(points, clip.proxy)
    old = study.find_results(scene, browser).tracks
    tracks = None if old is None else read_tracks(scene, old.sequence)
    for k in range(clip.sequence.GetNumberOfDataNodes()):
        _scale(clip.sequence.GetNthDataNode(k), spacing_mm)
    facts = json.loads(clip.sequence.GetAttribute(nodes.CINE) or "{}")
    facts.update(spacing_mm=list(spacing_mm), spacing_source=source)
    clip.sequence.SetAttribute(nodes.CINE, json.dumps(facts))
    clip.sequence.SetAttribute(nodes.SPACING_KNOWN, "true")
    nodes.show_current_frame(browser)
    if pixels is not None:
        frames = [frame_noted(points, i) for i in range(points.GetNumberOfControlPoints())]
        set_points(points, clip.proxy, pixels)
        for index, frame in enumerate(frames):
            if frame is not None and index < points.GetNumberOfControlPoints():
                note_frame(points, index, frame)
    if tracks is not None:
        study.set_results(scene, browser, replace(tracks, spacing_mm=spacing_mm))


def _pixels_of(points: Any, volume: Any) -> Points:
    """Return all control points in pixels, wherever they are."""
    labels = tuple(points.GetNthControlPointLabel(i) for i in range(points.GetNumberOfControlPoints()))
    world = [points.GetNthControlPointPositionWorld(i) for i in range(points.GetNumberOfControlPoints())]
    return Points(labels, plane.world_to_pixels(np.array(world).reshape(-1, 3), volume)[0])


def _scale(volume: Any, spacing_mm: tuple[float, float]) -> None:
    import vtk

    axis = plane.slice_axis(volume)
    column, row = (a for a in range(3) if a != axis)
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    array = plane.matrix_from_vtk(matrix)
    for index, size in ((column, spacing_mm[1]), (row, spacing_mm[0])):
        array[:3, index] *= size / np.linalg.norm(array[:3, index])
    volume.SetIJKToRASMatrix(plane.matrix_to_vtk(array))
