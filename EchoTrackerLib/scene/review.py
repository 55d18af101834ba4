"""A reviewer's decisions and sample in the scene, and the ring around the point that is being looked at."""

from __future__ import annotations

import json
import logging
from typing import Any, Optional

import numpy as np

from ..errors import BadInput
from ..review.sample import Sample, sample_document, sample_from_document
from ..tracks.decisions import Review, review_document, review_from_document
from .mrml import nodes, plane
from .mrml.colors import DISTINCT

_LOGGER = logging.getLogger("EchoTracker")
_REVIEW = "EchoTracker.Review"
_SAMPLE = "EchoTracker.Sample"
_RING_NAME = "EchoTracker selected point"
_RING_ROLE = "selected point"
_RING_PERCENT = 4.0


def write_review(sequence: Any, review: Review) -> None:
    """Keep the decisions with a tracks sequence; they are part of the saved scene."""
    text = json.dumps(review_document(review)) if review else None
    if sequence.GetAttribute(_REVIEW) != text:
        sequence.SetAttribute(_REVIEW, text)


def read_review(sequence: Any) -> Review:
    """Return the decisions kept with a tracks sequence; none when there are none or they are damaged."""
    text = sequence.GetAttribute(_REVIEW)
    if not text:
        return Review()
    try:
        return review_from_document(json.loads(text))
    except (BadInput, ValueError):
        _LOGGER.warning("The review decisions stored with '%s' are damaged.", sequence.GetName())
        return Review()


def write_sample(sequence: Any, sample: Optional[Sample]) -> None:
    """Keep a sample and what was found in it with a tracks sequence; None forgets it."""
    sequence.SetAttribute(_SAMPLE, None if sample is None else json.dumps(sample_document(sample)))


def read_sample(sequence: Any) -> Optional[Sample]:
    """Return the sample kept with a tracks sequence; None when there is none or it is damaged."""
    text = sequence.GetAttribute(_SAMPLE)
    if not text:
        return None
    try:
        return sample_from_document(json.loads(text))
    except (BadInput, ValueError):
        _LOGGER.warning("The sample stored with '%s' is damaged.", sequence.GetName())
        return None


def show_ring(scene: Any, volume: Any, position: np.ndarray, label: str) -> None:
    """Put a ring with a name around a position (x, y) px of a clip's volume; one ring a scene, never saved.

    A position that is not known (NaN) hides the ring.
    """
    ring = _ring(scene)
    if not np.isfinite(position).all():
        ring.GetDisplayNode().SetVisibility(False)
        return
    world = plane.pixels_to_world(np.asarray(position, dtype=np.float64)[None], volume)[0]
    ring.SetNthControlPointPositionWorld(0, *world.tolist())
    ring.SetNthControlPointLabel(0, label)
    ring.GetDisplayNode().SetVisibility(True)


def hide_ring(scene: Any) -> None:
    """Remove the ring."""
    for node in nodes.nodes_of(scene, "vtkMRMLMarkupsFiducialNode"):
        if nodes.role_of(node) == _RING_ROLE:
            nodes.remove_with_display(scene, node)


def _ring(scene: Any) -> Any:
    for node in nodes.nodes_of(scene, "vtkMRMLMarkupsFiducialNode"):
        if nodes.role_of(node) == _RING_ROLE:
            return node
    node = nodes.add_hidden(scene, "vtkMRMLMarkupsFiducialNode", _RING_NAME)
    node.SetSaveWithScene(False)
    nodes.mark(node, _RING_ROLE)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetSaveWithScene(False)
    display.SetGlyphTypeFromString("Circle2D")
    display.SetGlyphScale(_RING_PERCENT)
    display.SetOpacity(0.55)
    for colour in (display.SetColor, display.SetSelectedColor):
        colour(*DISTINCT[6])
    node.AddControlPoint(0.0, 0.0, 0.0, "")
    node.SetLocked(True)
    return node
