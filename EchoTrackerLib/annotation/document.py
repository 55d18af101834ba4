"""Annotation as JSON: a document with provenance."""

from __future__ import annotations

import json
import math
from typing import Any, Optional

import numpy as np

from ..cine.times import plausible_avc_s, rising
from ..errors import BadInput
from ..i18n import tr as _
from .annotation import STATE_NAMES, Annotation

_FORMAT, _VERSION = "echotracker-annotation", 1
PROVENANCE = ("annotator", "created", "modified", "schema", "clip", "source")
_SOURCES = ("time_source", "spacing_source")
CONVENTION = "x = column, y = row in px; 0, 0 is the center of the top left pixel; frames from 0"


def document_text(annotation: Annotation) -> str:
    """Return the JSON text: `provenance`, the clip's facts, and for each point its states and positions.

    `states` are numbers that `state_names` names; `positions` and `confidence` are null where there is none.
    """
    points = [
        {
            "label": label,
            "segment": annotation.segments[i],
            "states": annotation.states[i].tolist(),
            "positions": [_pair(xy) for xy in annotation.positions[i]],
            "confidence": [_number(value) for value in annotation.confidence[i]],
        }
        for i, label in enumerate(annotation.labels)
    ]
    document = {
        "format": _FORMAT,
        "version": _VERSION,
        "provenance": provenance(annotation),
        "coordinates": CONVENTION,
        "size": annotation.size,
        "times_s": annotation.times_s.tolist(),
        **clip_facts(annotation),
        "state_names": STATE_NAMES,
        "points": points,
    }
    return json.dumps(document, ensure_ascii=False) + "\n"


def annotation_from_document(document: Any) -> Annotation:
    """Return the annotation of a parsed document.

    Raises:
        BadInput: something else, or of a later version.
    """
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise BadInput(_("is not an annotation: 'format' must be '{FORMAT}'.").format(FORMAT=_FORMAT))
    if document.get("version") != _VERSION:
        raise BadInput(
            _("has version {value}; this program reads version {VERSION}.").format(
                value=document.get("version"), VERSION=_VERSION
            )
        )
    points, count = document["points"], len(document["times_s"])
    return Annotation(
        states=np.array([p["states"] for p in points], dtype=np.uint8).reshape(len(points), count),
        positions=np.array([[xy or (None, None) for xy in p["positions"]] for p in points], dtype=np.float32).reshape(
            len(points), count, 2
        ),
        confidence=np.array([p["confidence"] for p in points], dtype=np.float32).reshape(len(points), count),
        labels=tuple(str(p["label"]) for p in points),
        segments=tuple(str(p.get("segment", "")) for p in points),
        times_s=np.array(document["times_s"], dtype=np.float64),
        size=None if document.get("size") is None else (int(document["size"][0]), int(document["size"][1])),
        **texts_from(document.get("provenance", {})),
        **clip_facts_from(document),
    )


def provenance(annotation: Annotation) -> dict[str, str]:
    """Return who made an annotation, from what, and with which version."""
    from .. import __version__

    return {**{key: getattr(annotation, key) for key in PROVENANCE}, "tool": f"EchoTracker {__version__}"}


def texts_from(stored: Any) -> dict[str, Any]:
    """Return the fields of `Annotation` that `provenance` wrote; each may be missing."""
    return {key: str(stored.get(key, "")) for key in PROVENANCE}


def clip_facts(annotation: Annotation) -> dict[str, Any]:
    """Return scale, beats and where times and scale come from, as plain values; beats and sources where there are."""
    facts: dict[str, Any] = {"spacing_mm": annotation.spacing_mm}
    if annotation.r_times_s is not None:
        facts["r_times_s"] = annotation.r_times_s.tolist()
    if annotation.heart_rate_bpm is not None:
        facts["heart_rate_bpm"] = annotation.heart_rate_bpm
    if annotation.avc_s is not None:
        facts["avc_s"] = annotation.avc_s
    return {**facts, **{name: getattr(annotation, name) for name in _SOURCES if getattr(annotation, name)}}


def clip_facts_from(stored: Any) -> dict[str, Any]:
    """Return the fields of `Annotation` that `clip_facts` wrote; each may be missing."""
    rate = stored.get("heart_rate_bpm")
    return {
        "spacing_mm": _two(stored.get("spacing_mm")),
        "r_times_s": rising(stored.get("r_times_s") or ()),
        "heart_rate_bpm": None if rate is None else float(rate),
        "avc_s": plausible_avc_s(stored.get("avc_s")),
        **{name: str(stored.get(name, "")) for name in _SOURCES},
    }


def _number(value: np.floating) -> Optional[float]:
    """Return a float32 by its shortest exact decimal, None for NaN."""
    return float(str(value)) if math.isfinite(value) else None


def _pair(xy: np.ndarray) -> Optional[list[Optional[float]]]:
    return [_number(v) for v in xy] if np.isfinite(xy).all() else None


def _two(value: Any) -> Optional[tuple[float, float]]:
    return None if value is None else (float(value[0]), float(value[1]))
