"""Exact arrays in a scene: a hidden text node with an npz document.

Slicer's table files keep six digits; a text node keeps every bit, is small, and is part of the .mrb.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Mapping
from typing import Any, Optional

import numpy as np

from ...errors import (
    BadInput,
)
from ...npz import (
    read_npz,
)
from .nodes import VALUES_REFERENCE, add_hidden

_FACTS = "facts_json"


def write_values(scene: Any, owner: Any, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> Any:
    """Keep arrays and JSON facts with `owner` (a node that is not a proxy); return the hidden text node."""
    buffer = io.BytesIO()
    everything: dict[str, Any] = {**arrays, _FACTS: np.array(json.dumps(dict(facts), sort_keys=True, default=str))}
    np.savez_compressed(buffer, **everything)
    node = owner.GetNodeReference(VALUES_REFERENCE)
    if node is None:
        node = add_hidden(scene, "vtkMRMLTextNode", f"{owner.GetName()} values")
        owner.SetNodeReferenceID(VALUES_REFERENCE, node.GetID())
    node.SetText(base64.b64encode(buffer.getvalue()).decode("ascii"))
    return node


def read_values(owner: Any) -> Optional[tuple[dict[str, np.ndarray], dict[str, Any]]]:
    """Return (arrays, facts) kept with `owner`, or None when there are none or they are damaged."""
    node = owner.GetNodeReference(VALUES_REFERENCE)
    if node is None or not node.GetText():
        return None
    try:
        arrays = read_npz(io.BytesIO(base64.b64decode(node.GetText(), validate=True)))
        facts = json.loads(str(arrays.pop(_FACTS)))
    except (binascii.Error, BadInput, ValueError, KeyError):
        return None
    return arrays, facts
