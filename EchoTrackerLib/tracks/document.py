"""Tracks as one JSON document: everything the native npz holds, readable by anything."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from .files import SOURCES, npz_arrays, tracks_from_arrays
from .tracks import Tracks

_FORMAT = "echotracker-tracks"
_VERSION = 1
_PARTS = ("options", "review")  # JSON inside the npz, plain values here
_NO_ARRAYS = ("format", "version", *_PARTS)


def document_text(tracks: Tracks) -> str:
    """Return the JSON text; the keys are those of the native npz, unknown numbers are null."""
    arrays = npz_arrays(tracks)
    parts = {name: json.loads(str(arrays.pop(f"{name}_json"))) for name in _PARTS if f"{name}_json" in arrays}
    body = {key: _plain(values) for key, values in arrays.items()}
    return json.dumps({"format": _FORMAT, "version": _VERSION, **body, **parts}, ensure_ascii=False) + "\n"


def tracks_from_document(text: str) -> Tracks:
    """Return the tracks of a JSON text.

    Raises:
        BadInput: not JSON, not a track document, or of a later version.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(_("is not valid JSON ({error}).").format(error=error)) from error
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise BadInput(_("is not a track document: 'format' must be '{format}'.").format(format=_FORMAT))
    if document.get("version") != _VERSION:
        raise BadInput(
            _("has version {version}; this program reads version {version2}.").format(
                version=document.get("version"), version2=_VERSION
            )
        )
    arrays = {key: _array(key, value) for key, value in document.items() if key not in _NO_ARRAYS}
    arrays.update({f"{name}_json": np.array(json.dumps(document[name])) for name in _PARTS if name in document})
    return tracks_from_arrays(arrays)


def _plain(values: np.ndarray) -> Any:
    """Return nested lists with null for NaN; float32 by its shortest exact decimal."""
    if values.dtype.kind != "f" or values.ndim == 0:
        return values.tolist()
    if values.ndim > 1:
        return [_plain(row) for row in values]
    if values.dtype == np.float32:
        return [float(str(v)) if math.isfinite(v) else None for v in values]
    return [v if math.isfinite(v) else None for v in values.tolist()]


def _array(key: str, value: Any) -> np.ndarray:
    """Return the array of a JSON value; null is NaN."""
    if key in ("labels", "tracker", "weights_sha256", *SOURCES):
        return np.array(value, dtype=np.str_)
    if key == "visible":
        return np.array(value, dtype=bool)
    if key in ("query_frame", "size"):
        return np.array(value, dtype=np.int64)
    return np.array(value, dtype=np.float64)  # None becomes NaN
