"""Tracks kept for comparison, everything of a clip that can be compared, and what is shown in which view meanwhile.

A kept set is a markups sequence beside the clip like the tracks themselves, under its own role, so that a new run
leaves it alone.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from ...i18n import tr as _
from ...review.comparison import trusted_tracks
from ...tracks.tracks import Tracks
from .. import results as study
from .. import trajectories
from ..annotation import sequence as annotation
from ..annotation.sequence import read_annotation
from ..mrml import nodes
from ..mrml.colors import DISTINCT
from ..tracks import TracksNodes, add_tracks, play_again, read_tracks

_LOGGER = logging.getLogger("EchoTracker")
_BEFORE = "EchoTracker.ViewsBefore"
_TRACKER = "EchoTracker.Tracker"  # what a sequence of tracks says of its tracker, see `tracks`
_GLYPH_SCALE = 1.5
_GROUND_TRUTH = ("truth", "annotation")  # as `Tracks.tracker` says it


class Candidate(NamedTuple):
    """Something that can be compared: the ID of its sequence node, and what the user reads."""

    id: str
    title: str


def keep_tracks(scene: Any, browser: Any, tracks: Tracks, name: str) -> TracksNodes:
    """Add a named copy of tracks that the next run leaves alone, hidden, in the clip's folder.

    Raises:
        BadInput: the tracks have another number of frames than the clip.
    """
    kept = add_tracks(scene, browser, tracks, name=name, role=study.KEPT_ROLE)
    _finish(scene, browser, kept.sequence)
    return kept


def keep_on_screen(scene: Any, browser: Any) -> list[Any]:
    """Make the point lists of kept tracks again, hidden, that somebody deleted; return their sequence nodes."""
    back = [sequence for sequence in find_kept(scene, browser) if play_again(scene, browser, sequence, study.KEPT_ROLE)]
    for sequence in back:
        _finish(scene, browser, sequence)
    return back


def _finish(scene: Any, browser: Any, sequence: Any) -> None:
    """Give a new point list of kept tracks its look, hidden, and its place in the clip's folder."""
    proxy = browser.GetProxyNode(sequence)
    display = proxy.GetDisplayNode()
    if sequence.GetAttribute(_TRACKER) not in _GROUND_TRUTH:  # which has the crosses of everything that people placed
        display.SetGlyphTypeFromString("Diamond2D")  # other than the discs of the clip's own tracks
        display.SetGlyphScale(_GLYPH_SCALE)
        for set_colour in (display.SetColor, display.SetSelectedColor):
            set_colour(*DISTINCT[4])
    display.SetPointLabelsVisibility(False)
    display.SetVisibility(False)
    study.put_in_folder(scene, browser, [proxy])


def find_kept(scene: Any, browser: Any) -> list[Any]:
    """Return the sequence nodes of the clip's kept tracks in the order they were kept."""
    return nodes.results_of(scene, browser.GetMasterSequenceNode(), study.KEPT_ROLE, "vtkMRMLSequenceNode")


def candidates(scene: Any, browser: Any) -> list[Candidate]:
    """Return what can be compared: the clip's own tracks, kept ones, annotation sets."""
    found: list[Candidate] = []
    for sequence in nodes.nodes_of(scene, "vtkMRMLSequenceNode"):
        role = nodes.role_of(sequence)
        if nodes.clip_of(sequence) is not browser.GetMasterSequenceNode() or browser.GetProxyNode(sequence) is None:
            continue
        if nodes.is_without_data(sequence):
            continue
        name = browser.GetProxyNode(sequence).GetName()
        if role == study.TRACKS_ROLE:
            tracker = sequence.GetAttribute(_TRACKER) or _("unknown")
            found.insert(0, Candidate(sequence.GetID(), _("These tracks ({tracker})").format(tracker=tracker)))
        elif role == study.KEPT_ROLE:
            found.append(Candidate(sequence.GetID(), name))
        elif role == annotation.ROLE:
            found.append(Candidate(sequence.GetID(), _("{name} (ground truth)").format(name=name)))
    return found


def is_ground_truth(sequence: Any) -> bool:
    """Return whether a candidate is an annotation set."""
    return nodes.role_of(sequence) == annotation.ROLE


def read_compared(scene: Any, sequence: Any) -> Tracks:
    """Return the tracks of a candidate; of an annotation set what a person placed or interpolated.

    Raises:
        BadInput: nothing of the set was placed by hand, or it is not played with a clip.
    """
    if is_ground_truth(sequence):
        return trusted_tracks(read_annotation(scene, sequence))
    return read_tracks(scene, sequence)


def show_apart(scene: Any, browser: Any, first: Any, second: Any, views: Sequence[str]) -> None:
    """Show two candidates side by side: the first only in one slice view, the second only in the other.

    The clip's own tracks are hidden when they are neither, and their trajectories go with them. `show_together` takes
    all that back; what is noted for it is saved with the scene.

    Args:
        scene: the scene of the browser.
        browser: the clip's sequence browser.
        first: sequence node of a candidate.
        second: another one.
        views: IDs of the two slice nodes.
    """
    show_together(scene)
    places = {first.GetID(): views[0], second.GetID(): views[1]}
    own = nodes.results_of(scene, browser.GetMasterSequenceNode(), study.TRACKS_ROLE, "vtkMRMLSequenceNode")
    for sequence in (first, second, *(s for s in own if s.GetID() not in places)):
        _restrict(browser.GetProxyNode(sequence), places.get(sequence.GetID()), sequence not in own)
    for model in nodes.results_of(scene, browser.GetMasterSequenceNode(), trajectories.ROLE, "vtkMRMLModelNode"):
        place = next((places[s.GetID()] for s in own if s.GetID() in places), None)
        _restrict(model, place, False)


def show_together(scene: Any) -> None:
    """Show everything again where it was shown before `show_apart`; safe to call at any time."""
    for display in nodes.nodes_of(scene, "vtkMRMLDisplayNode"):
        text = display.GetAttribute(_BEFORE)
        if text is None:
            continue
        try:
            before = json.loads(text)
            visible, views = bool(before["visible"]), [str(view) for view in before["views"]]
        except (ValueError, KeyError, TypeError):
            _LOGGER.warning("What '%s' looked like before the comparison is not known.", display.GetName())
            visible, views = True, []
        display.SetAttribute(_BEFORE, None)
        display.RemoveAllViewNodeIDs()
        for view in views:
            display.AddViewNodeID(view)
        display.SetVisibility(visible)


def _restrict(node: Any, view: Any, show: bool) -> None:
    """Show a node in one view only, or in none; `show` makes it visible there."""
    display = node.GetDisplayNode()
    if display is None:
        return
    views = [display.GetNthViewNodeID(i) for i in range(display.GetNumberOfViewNodeIDs())]
    display.SetAttribute(_BEFORE, json.dumps({"visible": bool(display.GetVisibility()), "views": views}))
    if view is None:
        display.SetVisibility(False)
        return
    display.RemoveAllViewNodeIDs()
    display.AddViewNodeID(view)
    if show:
        display.SetVisibility(True)
