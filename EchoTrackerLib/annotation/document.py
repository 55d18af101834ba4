"""Annotation as JSON: a document with provenance, and COCO keypoints."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from .annotation import STATE_NAMES, Annotation, State

_FORMAT, _VERSION = "echotracker-annotation", 1
_PROVENANCE = ("annotator", "created", "modified", "schema", "clip", "source")
_CONVENTION = "x = column, y = row in px; 0, 0 is the center of the top left pixel; frames from 0"


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
        "provenance": _provenance(annotation),
        "coordinates": _CONVENTION,
        "size": annotation.size,
        "spacing_mm": annotation.spacing_mm,
        "times_s": annotation.times_s.tolist(),
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
        raise BadInput(_("is not an annotation: 'format' must be '{format}'.").format(format=_FORMAT))
    if document.get("version") != _VERSION:
        raise BadInput(
            _("has version {version}; this program reads version {version2}.").format(
                version=document.get("version"), version2=_VERSION
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
        spacing_mm=_two(document.get("spacing_mm")),
        size=None if document.get("size") is None else (int(document["size"][0]), int(document["size"][1])),
        **{key: str(document.get("provenance", {}).get(key, "")) for key in _PROVENANCE},
    )


def coco_text(annotation: Annotation) -> str:
    """Return COCO keypoints (https://cocodataset.org/#format-data): one image a frame, one object with all points.

    Visibility is 2 for an annotated point, 1 for an occluded one with a position, 0 otherwise. What COCO has no place
    for (states, times, spacing, segments) is in keys of its own, which other programs skip.

    Raises:
        BadInput: the image size is unknown.
    """
    if annotation.size is None:
        raise BadInput(_("COCO files name the image size, which is unknown here. Open the clip first."))
    width, height = annotation.size
    n, frames = annotation.n_points, range(annotation.n_frames)
    images = [
        {
            "id": t + 1,
            "file_name": f"frame_{t:05d}.png",
            "width": width,
            "height": height,
            "frame_index": t,
            "time_s": float(annotation.times_s[t]),
        }
        for t in frames
    ]
    category = {
        "id": 1,
        "name": annotation.schema or "points",
        "supercategory": "heart",
        "keypoints": list(annotation.labels),
        "skeleton": [[i, i + 1] for i in range(1, n)],
        "segments": list(annotation.segments),
    }
    info = {
        "description": "Points on the heart, annotated on an ultrasound clip",
        "provenance": _provenance(annotation),
        "coordinates": _CONVENTION,
        "spacing_mm": annotation.spacing_mm,
        "state_names": STATE_NAMES,
    }
    objects = [_coco_object(annotation, t) for t in frames if annotation.states[:, t].any()]
    document = {"info": info, "images": images, "categories": [category], "annotations": objects}
    return json.dumps(document, ensure_ascii=False) + "\n"


def annotation_from_coco(document: dict[str, Any]) -> Annotation:
    """Return the annotation of parsed COCO keypoints with one category; without `states`, v = 2 is placed by hand.

    Raises:
        BadInput: no keypoints, or two objects on one frame.
    """
    categories = [c for c in document["categories"] if "keypoints" in c]
    if len(categories) != 1:
        raise BadInput(_("needs one category with keypoints."))
    category, images = (
        categories[0],
        sorted(document["images"], key=_frame_order(document["images"])),
    )
    index = {image["id"]: t for t, image in enumerate(images)}
    n = len(category["keypoints"])
    states = np.zeros((n, len(images)), dtype=np.uint8)
    positions = np.full((n, len(images), 2), np.nan, dtype=np.float32)
    seen = set()
    for item in document["annotations"]:
        t = index[item["image_id"]]
        if t in seen:
            raise BadInput(_("frame {t} has two objects; one is expected.").format(t=t))
        seen.add(t)
        points = np.array(item["keypoints"], dtype=np.float64).reshape(n, 3)
        known = points[:, 2] > 0
        positions[known, t] = points[known, :2]
        by_visibility = np.array([State.NOT_ANNOTATED, State.OCCLUDED, State.PLACED], dtype=np.uint8)
        states[:, t] = item.get("states", by_visibility[points[:, 2].astype(int)])
    info = document.get("info", {})
    times = [image.get("time_s") for image in images]
    return Annotation(
        states=states,
        positions=positions,
        confidence=np.full(states.shape, np.nan, dtype=np.float32),
        labels=tuple(str(label) for label in category["keypoints"]),
        segments=tuple(str(s) for s in category.get("segments", [""] * n)),
        times_s=np.arange(len(images), dtype=np.float64) if None in times else np.array(times, dtype=np.float64),
        spacing_mm=_two(info.get("spacing_mm")),
        size=(int(images[0]["width"]), int(images[0]["height"])),
        **{key: str(info.get("provenance", {}).get(key, "")) for key in _PROVENANCE},
    )


def _frame_order(images: list[dict[str, Any]]) -> Callable[[dict[str, Any]], Any]:
    """Return the key that sorts COCO's images by time: their frame index, else the last number in their file names.

    Raises:
        BadInput: neither tells the order.
    """
    if all("frame_index" in image for image in images):
        return lambda image: image["frame_index"]
    numbers = [re.findall(r"\d+", Path(str(image.get("file_name", ""))).stem) for image in images]
    last = [int(found[-1]) if found else None for found in numbers]
    if None not in last and len(set(last)) == len(last):
        order = {id(image): number for image, number in zip(images, last)}
        return lambda image: order[id(image)]
    if any(image.get("file_name") for image in images):
        raise BadInput(_("the file names of its images do not tell the order of the frames. Number them."))
    return lambda image: image["id"]


def _coco_object(annotation: Annotation, t: int) -> dict[str, Any]:
    known = np.isfinite(annotation.positions[:, t]).all(axis=-1)
    seen = annotation.annotated[:, t]
    keypoints: list[float] = []
    for i in range(annotation.n_points):
        x, y = annotation.positions[i, t]
        keypoints += [float(str(x)), float(str(y)), 2 if seen[i] else 1] if known[i] else [0, 0, 0]
    where = annotation.positions[known, t].astype(np.float64)
    low, high = (where.min(axis=0), where.max(axis=0)) if known.any() else (np.zeros(2), np.zeros(2))
    extent = high - low
    return {
        "id": t + 1,
        "image_id": t + 1,
        "category_id": 1,
        "keypoints": keypoints,
        "num_keypoints": int(known.sum()),
        "bbox": [*low.tolist(), *extent.tolist()],
        "area": float(extent.prod()),
        "iscrowd": 0,
        "states": annotation.states[:, t].tolist(),
    }


def _provenance(annotation: Annotation) -> dict[str, str]:
    from .. import __version__

    return {**{key: getattr(annotation, key) for key in _PROVENANCE}, "tool": f"EchoTracker {__version__}"}


def _number(value: np.floating) -> Optional[float]:
    """Return a float32 by its shortest exact decimal, None for NaN."""
    return float(str(value)) if math.isfinite(value) else None


def _pair(xy: np.ndarray) -> Optional[list[Optional[float]]]:
    return [_number(v) for v in xy] if np.isfinite(xy).all() else None


def _two(value: Any) -> Optional[tuple[float, float]]:
    return None if value is None else (float(value[0]), float(value[1]))
