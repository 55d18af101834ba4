"""The annotation sets of a clip as a list: their names, which one is chosen, shown, removed."""

from __future__ import annotations

from typing import Any, Optional

from ..mrml import nodes
from ..tracks import MOST_LABELS
from .sequence import find_annotations

_CHOSEN_REFERENCE = "EchoTracker.AnnotationSet"  # on the browser, so that it is saved with the scene


def set_name(scene: Any, sequence: Any) -> str:
    """Return the name that users know the set by: that of its point list."""
    proxy = proxy_of(scene, sequence)
    return str((proxy or sequence).GetName())


def proxy_of(scene: Any, sequence: Any) -> Optional[Any]:
    """Return the set's point list on screen, None when somebody removed it."""
    browser = nodes.browser_of(scene, sequence)
    return browser.GetProxyNode(sequence) if browser is not None else None


def rename_set(scene: Any, sequence: Any, name: str) -> str:
    """Rename a set; return its name, which has a number when another node is called so."""
    if name == set_name(scene, sequence):
        return name
    name = nodes.unique_name(scene, name)
    proxy = proxy_of(scene, sequence)
    if proxy is not None:
        proxy.SetName(name)
    sequence.SetName(f"{name} sequence")
    return name


def remove_set(scene: Any, sequence: Any) -> None:
    """Remove a set with everything that exists only for it."""
    browser, proxy = nodes.browser_of(scene, sequence), proxy_of(scene, sequence)
    owners = [node for node in (proxy, sequence) if node is not None]
    roles = ("display", "storage")
    helpers = [node.GetNthNodeReference(role, 0) for node in owners for role in roles]
    if browser is not None:
        browser.RemoveSynchronizedSequenceNode(sequence.GetID())
        if chosen_set(browser) is sequence:
            choose_set(browser, None)
    nodes.remove(scene, *owners)
    nodes.remove(
        scene, *(helper for helper in helpers if helper is not None and not nodes.is_referenced(scene, helper))
    )


def show_sets(scene: Any, browser: Any, chosen: Optional[Any], others: list[Any]) -> None:
    """Show the chosen set of a clip, with names if it is not too many, and others without; hide all that are left."""
    identifiers = {sequence.GetID() for sequence in (chosen, *others) if sequence is not None}
    for sequence in find_annotations(scene, browser):
        proxy = browser.GetProxyNode(sequence)
        display = proxy.GetDisplayNode() if proxy is not None else None
        if display is None:
            continue
        visible = sequence.GetID() in identifiers
        if bool(display.GetVisibility()) != visible:
            display.SetVisibility(visible)
        named = sequence is chosen and proxy.GetNumberOfControlPoints() <= MOST_LABELS
        if visible and bool(display.GetPointLabelsVisibility()) != named:
            display.SetPointLabelsVisibility(named)


def chosen_set(browser: Any) -> Optional[Any]:
    """Return the sequence node of the set that is worked on, None when there is none."""
    return browser.GetNodeReference(_CHOSEN_REFERENCE)


def choose_set(browser: Any, sequence: Optional[Any]) -> None:
    """Remember the set that is worked on; None forgets it."""
    identifier = sequence.GetID() if sequence is not None else None
    if browser.GetNodeReferenceID(_CHOSEN_REFERENCE) != identifier:
        browser.SetNodeReferenceID(_CHOSEN_REFERENCE, identifier)
