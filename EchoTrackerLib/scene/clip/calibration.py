"""Setting the pixel size of a clip that is already in the scene; what lies on the image stays on its pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import numpy as np

from ...cine.dicom.reading import ClipHeader
from .. import results as study
from ..mrml import nodes, plane
from ..tracks import read_tracks
from .cine import MAXIMUM_PLAYBACK_FPS, CineNodes, cine_nodes
from .facts import read_facts, write_header, write_spacing_source


def set_spacing(
    scene: Any, browser: Any, spacing_mm: tuple[float, float], source: str, points: Optional[Any] = None
) -> None:
    """Give the clip that `browser` plays a pixel size (row, col) in mm; the place of pixel (0, 0) stays.

    The points to track, EchoTracker's tracks and annotations keep their pixels. A strain measurement is removed, as
    its lengths are no longer right.

    Args:
        scene: the scene of the browser.
        browser: the clip's sequence browser.
        spacing_mm: (row, col) > 0.
        source: how it was found, e.g. "calibrated by a line of 50 mm".
        points: the markups node of the points to track, or None.
    """
    clip = cine_nodes(browser)
    old = study.find_results(scene, browser).tracks
    tracks = None if old is None else read_tracks(scene, old.sequence)
    # One matrix for all frames: a change in volume RAS that leaves every pixel's content under its points.
    before = plane.pixel_matrix(clip.sequence.GetNthDataNode(0))
    for k in range(clip.sequence.GetNumberOfDataNodes()):
        _scale(clip.sequence.GetNthDataNode(k), spacing_mm)
    change = plane.pixel_matrix(clip.sequence.GetNthDataNode(0)) @ np.linalg.inv(before)
    write_spacing_source(clip.sequence, spacing_mm, source)
    for sequence in nodes.nodes_of(scene, "vtkMRMLSequenceNode"):
        if nodes.clip_of(sequence) is clip.sequence and not nodes.is_without_data(sequence):
            proxy = browser.GetProxyNode(sequence)
            sequence.SetAttribute(nodes.SPACING_KNOWN, "true")
            for k in range(sequence.GetNumberOfDataNodes()):
                _move(sequence.GetNthDataNode(k), change, proxy, clip)
    nodes.show_current_frame(browser)
    if points is not None:
        _move(points, change, points, clip)
    if tracks is not None:
        study.set_results(scene, browser, replace(tracks, spacing_mm=spacing_mm, times_s=read_facts(browser).times_s))


def use_header(scene: Any, browser: Any, header: ClipHeader, points: Optional[Any] = None) -> None:
    """Give a clip that Slicer's DICOM module loaded the times, regions and pixel size of its DICOM header.

    Slicer's plugin for image sequences rounds times to ms, ignores Frame Time Vector and Cine Rate, and reads the pixel
    size only where there is exactly one region. Frame times are used when the header has as many frames as the clip.
    """
    clip = cine_nodes(browser)
    old = study.find_results(scene, browser).tracks
    write_header(clip.sequence, header)
    facts = read_facts(browser)
    if np.isfinite(facts.fps):
        browser.SetPlaybackRateFps(min(facts.fps, MAXIMUM_PLAYBACK_FPS))
    if header.spacing_mm is not None:
        set_spacing(scene, browser, header.spacing_mm, header.spacing_source, points)
    elif old is not None:
        study.set_results(scene, browser, replace(read_tracks(scene, old.sequence), times_s=facts.times_s))


def _move(markups: Any, change: np.ndarray, placed: Any, clip: CineNodes) -> None:
    """Apply a change of volume RAS to control points that live below the parent transform of `placed`."""
    import slicer

    count = markups.GetNumberOfControlPoints()
    own, theirs = placed.GetParentTransformNode(), clip.proxy.GetParentTransformNode()
    positions = np.array([markups.GetNthControlPointPosition(n) for n in range(count)]).reshape(-1, 3)
    states = [markups.GetNthControlPointPositionStatus(n) for n in range(count)]
    ras = plane.transform_points(positions, own, theirs)
    moved = plane.transform_points(ras @ change[:3, :3].T + change[:3, 3], theirs, own)
    with slicer.util.NodeModify(markups):
        for n, (position, state) in enumerate(zip(moved.tolist(), states)):
            if state not in (markups.PositionDefined, markups.PositionMissing):
                continue
            markups.SetNthControlPointPosition(n, *position)
            if state == markups.PositionMissing:
                markups.SetNthControlPointPositionMissing(n)


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
