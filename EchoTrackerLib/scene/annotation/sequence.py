"""Annotation sets in the scene: a markups sequence each, beside the clip; any number of sets a clip.

The stored items are the truth: each control point carries its position, and its state and confidence as its
description ("placed", "tracker 0.83"). There is an item for every frame from the start, so that visiting a frame makes
nothing; a point counts as annotated by its state, never because an item exists. An occluded point is "missing" to
Slicer and keeps where it was.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, NamedTuple, Optional

import numpy as np

from ...annotation.annotation import STATE_NAMES, Annotation, Cells, Edit, State, empty_annotation, to_tracks
from ...cine.geometry import pixels_to_ras, ras_to_pixels
from ...errors import BadInput
from ...i18n import tr as _
from ..clip.cine import CineNodes, cine_nodes
from ..clip.facts import read_facts
from ..editing import write_labels
from ..mrml import nodes, plane
from ..mrml.frames import current_frame, stop_playback
from ..tracks import add_tracks, play_again

ROLE = "annotation"
EDITED = "UserEvent"  # of a set's sequence node, after an edit was carried out in its items
_FACTS = "EchoTracker.Annotation"
_NOTED = ("annotator", "schema", "clip", "source", "created", "modified")
_GLYPH_SCALE = 1.5  # a thin cross; the state is drawn around it by `annotation_marks`


class AnnotationNodes(NamedTuple):
    """The sequence of point lists and the point list on screen."""

    sequence: Any
    proxy: Any


def add_annotation(scene: Any, browser: Any, annotation: Annotation, name: str) -> AnnotationNodes:
    """Add a set to the clip that `browser` plays; its points are locked until `set_editable`.

    Raises:
        BadInput: another number of frames than the clip.
    """
    tracks = replace(to_tracks(annotation), query_frame=0)
    sequence, proxy = add_tracks(scene, browser, tracks, name=name, role=ROLE)
    clip = cine_nodes(browser)
    everything = np.arange(annotation.n_points)
    for frame in range(annotation.n_frames):
        cells = annotation.cells(everything, np.full(annotation.n_points, frame))
        _write_cells(clip, proxy, sequence.GetNthDataNode(frame), frame, everything, cells)
    write_facts(sequence, annotation)
    _style(proxy.GetDisplayNode())
    nodes.show_current_frame(browser)
    return AnnotationNodes(sequence, proxy)


def find_annotations(scene: Any, browser: Any) -> list[Any]:
    """Return the sequence nodes of the clip's annotation sets in the order they were made."""
    return nodes.results_of(scene, browser.GetMasterSequenceNode(), ROLE, "vtkMRMLSequenceNode")


def read_annotation(scene: Any, sequence: Any) -> Annotation:
    """Return a set with everything that was done to it, also by Slicer's own markups panel.

    A point that was moved or placed by other means than EchoTracker counts as placed by hand.

    Raises:
        BadInput: the set is not played with a clip, or its frames differ in their points.
    """
    browser = nodes.browser_of(scene, sequence)
    if browser is None:
        raise BadInput(_("'{name}' is not played together with a clip.").format(name=sequence.GetName()))
    clip, proxy, facts = cine_nodes(browser), browser.GetProxyNode(sequence), read_facts(browser)
    first = sequence.GetNthDataNode(0)
    labels = tuple(first.GetNthControlPointLabel(n) for n in range(first.GetNumberOfControlPoints()))
    noted = _stored_facts(sequence)
    segments = tuple(str(s) for s in noted.get("segments", ()))
    if len(segments) != len(labels):
        segments = ("",) * len(labels)
    texts: dict[str, Any] = {key: str(noted.get(key, "")) for key in _NOTED}
    empty = empty_annotation(labels, facts.times_s, segments, facts.spacing_mm, facts.size)
    states, positions, confidence = empty.states.copy(), empty.positions.copy(), empty.confidence.copy()
    for frame in range(empty.n_frames):
        item = sequence.GetDataNodeAtValue(clip.sequence.GetNthIndexValue(frame), True)
        if item is None or item.GetNumberOfControlPoints() == 0:
            continue
        if item.GetNumberOfControlPoints() != len(labels):
            raise BadInput(
                _("'{name}': frame {k} has {n} points, the first frame has {first}.").format(
                    name=sequence.GetName(), k=frame + 1, n=item.GetNumberOfControlPoints(), first=len(labels)
                )
            )
        states[:, frame], positions[:, frame], confidence[:, frame] = _read_cells(clip, proxy, item, frame)
    return replace(
        empty,
        states=states,
        positions=positions,
        confidence=confidence,
        r_times_s=facts.r_times_s,
        heart_rate_bpm=facts.heart_rate_bpm,
        avc_s=facts.avc_s,
        time_source=facts.time_source,
        spacing_source=facts.spacing_source,
        **texts,
    )


def write_facts(sequence: Any, annotation: Annotation) -> None:
    """Note annotator, schema, segments and times on the set."""
    facts = {key: getattr(annotation, key) for key in _NOTED}
    sequence.SetAttribute(_FACTS, json.dumps({**facts, "segments": annotation.segments}))


def write_edit(browser: Any, sequence: Any, edit: Edit) -> None:
    """Carry an edit out in the stored items; the points on screen follow when it concerns the current frame.

    Playback stops first: Slicer drops edits that are made while a clip plays. The points on screen are written like the
    stored ones: letting Slicer show the frame again would draw the image and all other results anew with each edit.
    """
    stop_playback(browser)
    clip, proxy, shown = cine_nodes(browser), browser.GetProxyNode(sequence), current_frame(browser)
    for frame in np.unique(edit.frames).tolist():
        here = np.flatnonzero(edit.frames == frame)
        item = sequence.GetDataNodeAtValue(clip.sequence.GetNthIndexValue(frame), True)
        cells = Cells(*(values[here] for values in edit.new))
        for node in (item, proxy) if frame == shown else (item,):
            _write_cells(clip, proxy, node, frame, edit.points[here], cells)
    _stored_items_changed(sequence)
    sequence.InvokeEvent(EDITED)


def write_point(browser: Any, sequence: Any, label: str) -> None:
    """Add a point to every frame, placed on none."""
    import slicer

    for k in range(sequence.GetNumberOfDataNodes()):
        item = sequence.GetNthDataNode(k)
        with slicer.util.NodeModify(item):
            fixed = item.GetFixedNumberOfControlPoints()
            item.SetFixedNumberOfControlPoints(False)
            item.UnsetNthControlPointPosition(item.AddControlPoint(0.0, 0.0, 0.0, label))
            item.SetFixedNumberOfControlPoints(fixed)
    _stored_items_changed(sequence)
    nodes.show_current_frame(browser)


def write_label(browser: Any, sequence: Any, point: int, label: str) -> None:
    """Give a point another name on every frame."""
    for k in range(sequence.GetNumberOfDataNodes()):
        sequence.GetNthDataNode(k).SetNthControlPointLabel(point, label)
    _stored_items_changed(sequence)
    nodes.show_current_frame(browser)


def set_editable(browser: Any, sequence: Any, editable: bool) -> None:
    """Unlock or lock the points on every frame; their number is fixed either way.

    Slicer's Delete key would otherwise remove the point under the mouse from this frame only.
    """
    for k in range(sequence.GetNumberOfDataNodes()):
        item = sequence.GetNthDataNode(k)
        item.SetLocked(not editable)
        item.SetFixedNumberOfControlPoints(True)
    nodes.show_current_frame(browser)


def read_screen(browser: Any, sequence: Any) -> Cells:
    """Return the points as they are on screen, e.g. after one was dragged."""
    return Cells(*_read_cells(cine_nodes(browser), browser.GetProxyNode(sequence), browser.GetProxyNode(sequence)))


def count_on_screen(browser: Any, sequence: Any) -> int:
    """Return the number of points on screen."""
    return int(browser.GetProxyNode(sequence).GetNumberOfControlPoints())


def read_item(browser: Any, sequence: Any, frame: int) -> tuple[tuple[str, ...], Cells]:
    """Return labels and points as they are stored for a frame."""
    clip, proxy = cine_nodes(browser), browser.GetProxyNode(sequence)
    item = sequence.GetDataNodeAtValue(clip.sequence.GetNthIndexValue(frame), True)
    labels = tuple(item.GetNthControlPointLabel(n) for n in range(item.GetNumberOfControlPoints()))
    return labels, Cells(*_read_cells(clip, proxy, item, frame))


def keep_on_screen(scene: Any, browser: Any, sequence: Any) -> bool:
    """Make a set's point list on screen again after somebody deleted it; return whether that was so."""
    if not play_again(scene, browser, sequence, ROLE):
        return False
    _style(browser.GetProxyNode(sequence).GetDisplayNode())
    return True


def _style(display: Any) -> None:
    display.SetGlyphTypeFromString("Cross2D")
    display.SetGlyphScale(_GLYPH_SCALE)
    display.SetPropertiesLabelVisibility(False)


def write_frame(browser: Any, sequence: Any, annotation: Annotation, frame: int) -> None:
    """Write all points of a frame, e.g. to take back that the whole list was dragged, or a point removed."""
    clip, points = cine_nodes(browser), np.arange(annotation.n_points)
    item = sequence.GetDataNodeAtValue(clip.sequence.GetNthIndexValue(frame), True)
    cells = annotation.cells(points, np.full(len(points), frame))
    write_labels(item, annotation.labels)
    _write_cells(clip, browser.GetProxyNode(sequence), item, frame, points, cells)
    nodes.show_current_frame(browser)


def _stored_items_changed(sequence: Any) -> None:
    """Tell Slicer that the sequence differs from its file: it does not look into the items, and would not save them."""
    sequence.StorableModified()


def _stored_facts(sequence: Any) -> dict[str, Any]:
    try:
        facts = json.loads(sequence.GetAttribute(_FACTS) or "{}")
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _write_cells(clip: CineNodes, proxy: Any, item: Any, frame: int, points: np.ndarray, cells: Cells) -> None:
    import slicer

    ras = pixels_to_ras(np.nan_to_num(cells.positions), plane.pixel_matrix(clip.sequence.GetNthDataNode(frame)))
    ras = plane.transform_points(ras, clip.proxy.GetParentTransformNode(), proxy.GetParentTransformNode())
    known = np.isfinite(cells.positions).all(axis=-1)
    with slicer.util.NodeModify(item):
        for k, point in enumerate(points.tolist()):
            if known[k]:
                item.SetNthControlPointPosition(point, *ras[k].tolist())
            if cells.states[k] == State.OCCLUDED:
                item.SetNthControlPointPositionMissing(point)
            elif not known[k]:
                item.UnsetNthControlPointPosition(point)
            item.SetNthControlPointDescription(point, _text(cells.states[k], cells.confidence[k], cells.positions[k]))


def _read_cells(
    clip: CineNodes, proxy: Any, item: Any, frame: Optional[int] = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = item.GetNumberOfControlPoints()
    volume = clip.proxy if frame is None else clip.sequence.GetNthDataNode(frame)
    ras = np.array([item.GetNthControlPointPosition(n) for n in range(count)]).reshape(-1, 3)
    ras = plane.transform_points(ras, proxy.GetParentTransformNode(), clip.proxy.GetParentTransformNode())
    positions = ras_to_pixels(ras, plane.pixel_matrix(volume)).astype(np.float32)
    states, confidence = np.zeros(count, dtype=np.uint8), np.full(count, np.nan, dtype=np.float32)
    for n in range(count):
        state, numbers = _parse(item.GetNthControlPointDescription(n) or "")
        if item.GetNthControlPointPositionStatus(n) == item.PositionDefined:
            states[n] = state if state in (State.INTERPOLATED, State.TRACKER) else State.PLACED
            confidence[n] = numbers[0] if len(numbers) == 1 else np.nan
        else:
            states[n] = State.OCCLUDED if state == State.OCCLUDED else State.NOT_ANNOTATED
            positions[n] = numbers if len(numbers) == 2 else np.nan
    return states, positions, confidence


def _text(state: int, confidence: np.floating, position: np.ndarray) -> str:
    """Return the description of a control point; it is stored in scenes: never translate.

    Slicer's files forget where a missing point was, so an occluded one has its px here.
    """
    name = STATE_NAMES[state]
    if state == State.OCCLUDED and np.isfinite(position).all():
        return f"{name} {position[0]!s} {position[1]!s}"
    if state in (State.INTERPOLATED, State.TRACKER) and np.isfinite(confidence):
        return f"{name} {confidence!s}"
    return name if state != State.NOT_ANNOTATED else ""


def _parse(text: str) -> tuple[State, list[float]]:
    """Return (state, numbers behind it) of a description; a text by somebody else says nothing."""
    name, *rest = text.split(" ")
    if name not in STATE_NAMES:
        return State.NOT_ANNOTATED, []
    try:
        return State(STATE_NAMES.index(name)), [float(number) for number in rest]
    except ValueError:
        return State(STATE_NAMES.index(name)), []
