"""Tracks in the scene: a markups sequence played by the clip's browser, one point list on screen (the proxy).

Positions in the items are what the user sees and edits. The exact float32 positions (also of lost points), the
confidence and the quality measures are kept beside them; `read_tracks` joins both, an edit winning over the original.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

import numpy as np

from ..cine.geometry import pixels_to_ras, ras_to_pixels
from ..cine.regions import Scale, scale_at
from ..errors import BadInput
from ..i18n import tr as _
from ..tracks.tracks import Tracks
from .clip.cine import cine_nodes
from .clip.facts import is_spacing_known, read_facts
from .mrml import nodes, plane, values
from .mrml.colors import PLACED, PREDICTED, REJECTED
from .review import read_review, write_review

_QUALITY = "quality_"
_TRACKER, _WEIGHTS, _QUERY_FRAME = "EchoTracker.Tracker", "EchoTracker.WeightsSHA256", "EchoTracker.QueryFrame"
# Stored positions pass through RAS and text; a bigger difference than this is an edit by the user.
_EDIT_PX = 1e-3
# Percent of the view's size; with more points than this their names cover the image.
_GLYPH_SCALE = 1.5
_TEXT_SCALE = 2.0
MOST_LABELS = 12
_SUFFIX = " sequence"  # of the sequence's name, after that of the point list


class TracksNodes(NamedTuple):
    """The sequence of point lists and the point list on screen."""

    sequence: Any
    proxy: Any


def add_tracks(
    scene: Any, browser: Any, tracks: Tracks, name: Optional[str] = None, role: str = "tracks"
) -> TracksNodes:
    """Add tracks to the clip that `browser` plays; lost points are "missing" there, all items are locked.

    Args:
        scene: the scene of the browser.
        browser: the clip's sequence browser.
        tracks: as many frames as the clip; a NaN position becomes a point that was never placed.
        name: of the point list on screen; by default "<clip> tracks".
        role: what the tracks are to EchoTracker ("tracks", "annotation", "truth"...).

    Raises:
        BadInput: the tracks have another number of frames than the clip.
    """
    clip = cine_nodes(browser)
    count = clip.sequence.GetNumberOfDataNodes()
    if tracks.n_frames != count:
        raise BadInput(
            _("The tracks have {n} frames, the clip '{clip}' has {count}. Choose the clip they were made on.").format(
                n=tracks.n_frames, clip=clip.sequence.GetName(), count=count
            )
        )
    name = nodes.unique_name(scene, name or f"{clip.sequence.GetName()} {role}")
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", f"{name}{_SUFFIX}")
    sequence.SetIndexName(clip.sequence.GetIndexName())
    sequence.SetIndexUnit(clip.sequence.GetIndexUnit())
    sequence.SetIndexType(clip.sequence.GetIndexType())
    sequence.SetNumericIndexValueTolerance(clip.sequence.GetNumericIndexValueTolerance())
    nodes.mark(sequence, role, clip.sequence)
    _fill(sequence, clip.sequence, tracks)
    sequence.SetAttribute(nodes.SPACING_KNOWN, "true" if is_spacing_known(clip.sequence) else "false")
    _write_exact(sequence, tracks)
    write_review(sequence, tracks.review)
    proxy = play(scene, browser, sequence, name)
    style(proxy.GetDisplayNode(), role, tracks.n_points)
    proxy.SetAndObserveTransformNodeID(clip.proxy.GetTransformNodeID())
    proxy.SetNodeReferenceID(nodes.CLIP_REFERENCE, clip.sequence.GetID())
    return TracksNodes(sequence, proxy)


def read_tracks(scene: Any, sequence: Any) -> Tracks:
    """Return the tracks of a markups sequence, with every edit that was made to its points.

    A point is visible on a frame where its position is defined. Sequences that EchoTracker did not make are read
    too: as many points as the first item has, without confidence.

    Raises:
        BadInput: the sequence is not played with a clip, or its items differ in their points.
    """
    browser = nodes.browser_of(scene, sequence)
    if browser is None:
        raise BadInput(_("'{name}' is not played together with a clip.").format(name=sequence.GetName()))
    clip = cine_nodes(browser)
    labels, positions, defined = _read_items(sequence, clip, browser.GetProxyNode(sequence))
    stored = values.read_values(sequence)
    facts = read_facts(browser)  # spacing and heart beats may have become known since
    if stored is None or stored[0]["positions"].shape != positions.shape:
        scale = scale_at(facts.regions, Scale(facts.spacing_mm, facts.spacing_source), positions[defined])
        return Tracks(
            positions.astype(np.float32),
            defined,
            labels,
            facts.times_s,
            spacing_mm=scale.spacing_mm,
            query_frame=_noted_query_frame(sequence, facts.times_s),
            tracker=sequence.GetAttribute(_TRACKER) or "annotation",
            weights_sha256=sequence.GetAttribute(_WEIGHTS) or "",
            review=read_review(sequence),
            r_times_s=facts.r_times_s,
            heart_rate_bpm=facts.heart_rate_bpm,
            avc_s=facts.avc_s,
            time_source=facts.time_source,
            spacing_source=scale.source,
        )
    arrays, noted = stored
    exact = arrays["positions"]
    unchanged = np.abs(positions - exact).max(axis=-1) <= _EDIT_PX  # false where there was no position before
    edited = defined & ~unchanged
    start = exact[:, noted["query_frame"]]
    scale = scale_at(facts.regions, Scale(facts.spacing_mm, facts.spacing_source), start)
    return Tracks(
        positions=np.where(edited[..., None], positions.astype(np.float32), exact),
        visible=defined,
        labels=labels,
        times_s=arrays["times_s"],
        spacing_mm=scale.spacing_mm,
        query_frame=noted["query_frame"],
        tracker=noted["tracker"],
        weights_sha256=noted["weights_sha256"],
        confidence=arrays.get("confidence"),
        quality={key[len(_QUALITY) :]: value for key, value in arrays.items() if key.startswith(_QUALITY)},
        options=noted["options"],
        review=read_review(sequence),
        r_times_s=arrays.get("r_times_s") if facts.r_times_s is None else facts.r_times_s,
        heart_rate_bpm=noted.get("heart_rate_bpm") if facts.heart_rate_bpm is None else facts.heart_rate_bpm,
        avc_s=noted.get("avc_s") if facts.avc_s is None else facts.avc_s,
        time_source=facts.time_source,
        spacing_source=scale.source,
    )


def find_tracks(scene: Any, browser: Any, role: str = "tracks") -> list[Any]:
    """Return EchoTracker's tracks sequences of the clip that `browser` plays."""
    return nodes.results_of(scene, browser.GetMasterSequenceNode(), role, "vtkMRMLSequenceNode")


def set_rejected(browser: Any, sequence: Any, rejected: np.ndarray) -> None:
    """Show points, bool [N], as rejected on all frames: gray. They are what Slicer calls not selected."""
    import slicer

    for k in range(sequence.GetNumberOfDataNodes()):
        item = sequence.GetNthDataNode(k)
        changed = [n for n, out in enumerate(rejected.tolist()) if item.GetNthControlPointSelected(n) == out]
        if changed:
            with slicer.util.NodeModify(item):
                for n in changed:
                    item.SetNthControlPointSelected(n, not rejected[n])
    nodes.show_current_frame(browser)


def item_positions(item: Any) -> np.ndarray:
    """Return the positions [N, 3] of a stored point list, all at once (it has no parent transform of its own)."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    points = vtk.vtkPoints()
    points.SetDataTypeToDouble()
    item.GetControlPointPositionsWorld(points)
    return vtk_to_numpy(points.GetData()).astype(np.float64).reshape(-1, 3)


def item_defined(item: Any) -> np.ndarray:
    """Return bool [N]: which points of a stored point list have a position."""
    count = item.GetNumberOfControlPoints()
    if item.GetNumberOfDefinedControlPoints() == count:
        return np.ones(count, dtype=bool)
    states = [item.GetNthControlPointPositionStatus(n) for n in range(count)]
    return np.array(states, dtype=int) == item.PositionDefined


def _fill(sequence: Any, clip_sequence: Any, tracks: Tracks) -> None:
    import slicer

    points = slicer.vtkMRMLMarkupsFiducialNode()
    points.SetName(sequence.GetName())
    points.SetLocked(True)
    for label in tracks.labels:
        points.AddControlPoint(0.0, 0.0, 0.0, label)
    for k in range(tracks.n_frames):
        ras = pixels_to_ras(tracks.positions[:, k], plane.pixel_matrix(clip_sequence.GetNthDataNode(k)))
        with slicer.util.NodeModify(points):  # one event for all points: 20 times faster
            for n, position in enumerate(ras.tolist()):
                _set_point(points, n, position, bool(tracks.visible[n, k]))
        sequence.SetDataNodeAtValue(points, clip_sequence.GetNthIndexValue(k))


def _set_point(points: Any, n: int, ras: list[float], visible: bool) -> None:
    if not np.isfinite(ras).all():
        points.UnsetNthControlPointPosition(n)
        return
    points.SetNthControlPointPosition(n, *ras)
    if not visible:
        points.SetNthControlPointPositionMissing(n)


def _write_exact(sequence: Any, tracks: Tracks) -> None:
    arrays = {"positions": tracks.positions, "times_s": tracks.times_s}
    if tracks.confidence is not None:
        arrays["confidence"] = tracks.confidence
    if tracks.r_times_s is not None:
        arrays["r_times_s"] = tracks.r_times_s
    arrays.update({f"{_QUALITY}{name}": measure for name, measure in tracks.quality.items()})
    facts = {
        "tracker": tracks.tracker,
        "weights_sha256": tracks.weights_sha256,
        "query_frame": tracks.query_frame,
        "options": dict(tracks.options),
        "heart_rate_bpm": tracks.heart_rate_bpm,
        "avc_s": tracks.avc_s,
    }
    values.write_values(sequence, arrays, facts)
    # The same facts readable in Slicer's own panels.
    sequence.SetAttribute(_TRACKER, tracks.tracker)
    sequence.SetAttribute(_WEIGHTS, tracks.weights_sha256)
    sequence.SetAttribute(_QUERY_FRAME, str(tracks.query_frame))


def write_options(sequence: Any, options: Mapping[str, object]) -> None:
    """Replace the options of tracks of ours, see `Tracks.options`; tracks of others hold none."""
    stored = values.read_values(sequence)
    if stored is not None:
        values.write_values(sequence, stored[0], {**stored[1], "options": dict(options)})


def _noted_query_frame(sequence: Any, times_s: np.ndarray) -> int:
    text = sequence.GetAttribute(_QUERY_FRAME) or ""
    return int(text) if text.isdigit() and int(text) < len(times_s) else 0


def play(scene: Any, browser: Any, sequence: Any, name: str) -> Any:
    """Add the sequence to the browser with a point list of its own; return the point list."""
    proxy = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", name)
    proxy.CreateDefaultDisplayNodes()
    browser.AddProxyNode(proxy, sequence, False)
    browser.SetSaveChanges(sequence, True)
    browser.SetOverwriteProxyName(sequence, False)
    # Visiting a frame without an item must not copy the previous frame's points into it.
    browser.SetMissingItemMode(sequence, browser.MissingItemCreateFromDefault)
    nodes.show_current_frame(browser)
    return proxy


def play_again(scene: Any, browser: Any, sequence: Any, role: str) -> bool:
    """Make a sequence's point list on screen again after somebody deleted it; return whether that was so."""
    made, clip = browser.GetProxyNode(sequence), cine_nodes(browser)
    if made is not None and made.GetNodeReferenceID(nodes.CLIP_REFERENCE):
        return False
    name = sequence.GetName()
    name = name[: -len(_SUFFIX)] if name.endswith(_SUFFIX) else name
    proxy = play(scene, browser, sequence, nodes.unique_name(scene, name))
    if made is not None:  # by Slicer, without name and look; it would make another if this were the one that is played
        nodes.remove_with_display(scene, made)
    style(proxy.GetDisplayNode(), role, proxy.GetNumberOfControlPoints())
    proxy.SetAndObserveTransformNodeID(clip.proxy.GetTransformNodeID())
    proxy.SetNodeReferenceID(nodes.CLIP_REFERENCE, clip.sequence.GetID())
    return True


def style(display: Any, role: str, n_points: int) -> None:
    """Make predictions small discs and everything placed by people crosses: told apart by shape and by color."""
    predicted = role == "tracks"
    display.SetGlyphTypeFromString("Circle2D" if predicted else "CrossDot2D")
    display.SetGlyphScale(_GLYPH_SCALE if predicted else 1.5 * _GLYPH_SCALE)
    colour = PREDICTED if predicted else PLACED
    display.SetSelectedColor(*colour)
    display.SetColor(*(REJECTED if predicted else colour))
    display.SetTextScale(_TEXT_SCALE)
    display.SetPointLabelsVisibility(n_points <= MOST_LABELS)


def _read_items(sequence: Any, clip: Any, proxy: Optional[Any]) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Return (labels, positions float64 [N, T, 2] px, defined bool [N, T])."""
    first = sequence.GetNthDataNode(0)
    labels = tuple(first.GetNthControlPointLabel(n) for n in range(first.GetNumberOfControlPoints()))
    count = clip.sequence.GetNumberOfDataNodes()
    positions = np.zeros((len(labels), count, 2))
    defined = np.zeros((len(labels), count), dtype=bool)
    own = proxy.GetParentTransformNode() if proxy is not None else None
    theirs = clip.proxy.GetParentTransformNode()
    for k in range(count):
        item = sequence.GetDataNodeAtValue(clip.sequence.GetNthIndexValue(k), True)
        if item is None or item.GetNumberOfControlPoints() == 0:
            continue
        if item.GetNumberOfControlPoints() != len(labels):
            raise BadInput(
                _("'{name}': frame {k} has {n} points, the first frame has {first}.").format(
                    name=sequence.GetName(), k=k + 1, n=item.GetNumberOfControlPoints(), first=len(labels)
                )
            )
        ras = item_positions(item)
        matrix = plane.pixel_matrix(clip.sequence.GetNthDataNode(k))
        positions[:, k] = ras_to_pixels(plane.transform_points(ras, own, theirs), matrix)
        defined[:, k] = item_defined(item)
    return labels, positions, defined
