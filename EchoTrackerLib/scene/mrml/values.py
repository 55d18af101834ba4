"""Exact arrays in a scene: an npz document as text, in an attribute of the node they belong to.

Slicer's table and markups files keep a few digits; text keeps every bit. An attribute is part of the scene file itself,
whatever Slicer's Save dialog lists: it skips hidden nodes, and says nothing about it.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Mapping
from typing import Any, Optional

import numpy as np

from ...errors import BadInput
from ...npz import read_npz
from .nodes import NOT_IN_TREE, VALUES_REFERENCE, add_helper, remove, unique_name

_VALUES = "EchoTracker.Values"
_FACTS = "facts_json"
_MOST_IN_ATTRIBUTE = 4_000_000  # characters; the time that Slicer takes to read one grows with the square of its length


def write_values(owner: Any, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
    """Keep arrays and JSON facts with `owner` (a node that is not a proxy); up to a few megabytes."""
    owner.SetAttribute(_VALUES, _packed(arrays, facts))


def write_pixels(scene: Any, owner: Any, arrays: Mapping[str, np.ndarray]) -> None:
    """Keep arrays as large as a clip with `owner`, in a text node that the Save dialog lists."""
    node = owner.GetNodeReference(VALUES_REFERENCE)
    if node is None:
        node = add_helper(scene, "vtkMRMLTextNode", unique_name(scene, f"{owner.GetName()} values"))
        owner.SetNodeReferenceID(VALUES_REFERENCE, node.GetID())
    node.SetText(_packed(arrays, {}))


def read_values(owner: Any) -> Optional[tuple[dict[str, np.ndarray], dict[str, Any]]]:
    """Return (arrays, facts) kept with `owner`, or None when there are none or they are damaged."""
    node = owner.GetNodeReference(VALUES_REFERENCE)
    text = owner.GetAttribute(_VALUES) or (node.GetText() if node is not None else "")
    if not text:
        return None
    try:
        arrays = read_npz(io.BytesIO(base64.b64decode(text, validate=True)))
        facts = json.loads(str(arrays.pop(_FACTS)))
    except (binascii.Error, BadInput, ValueError, KeyError):
        return None
    return arrays, facts


def take_over_text(scene: Any, owner: Any) -> None:
    """Move values that an earlier version kept in a hidden text node, which the Save dialog skips."""
    node = owner.GetNodeReference(VALUES_REFERENCE)
    if node is None or not node.GetHideFromEditors() or not node.GetText():
        return
    if len(node.GetText()) > _MOST_IN_ATTRIBUTE:
        node.SetAttribute(NOT_IN_TREE, "1")
        node.SetHideFromEditors(False)
        return
    owner.SetAttribute(_VALUES, node.GetText())
    owner.SetNodeReferenceID(VALUES_REFERENCE, None)
    remove(scene, node.GetStorageNode(), node)


def _packed(arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> str:
    buffer = io.BytesIO()
    everything: dict[str, Any] = {**arrays, _FACTS: np.array(json.dumps(dict(facts), sort_keys=True, default=str))}
    np.savez_compressed(buffer, **everything)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
