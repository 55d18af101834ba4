"""Annotation as COCO keypoints (https://cocodataset.org/#format-data), also as CVAT exports them.

CVAT's exporter is Datumaro: https://github.com/cvat-ai/datumaro (coco format, converter),
https://github.com/cvat-ai/cvat (cvat/apps/dataset_manager/formats/coco.py).
"""

from __future__ import annotations

import json
from typing import Any, Optional

import numpy as np

from ..cine.times import UNKNOWN
from ..errors import BadInput
from ..i18n import frame_number
from ..i18n import tr as _
from ..tracks.known import NOTHING_KNOWN, Known
from .annotation import STATE_NAMES, Annotation, State
from .document import CONVENTION, clip_facts, clip_facts_from, provenance, texts_from
from .imports.cvat import is_between
from .imports.frame_names import frames_by_name, ranks

_DATUMARO = ("contributor", "date_created", "description", "url", "version", "year")


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
        "provenance": provenance(annotation),
        "coordinates": CONVENTION,
        **clip_facts(annotation),
        "state_names": STATE_NAMES,
    }
    objects = [_coco_object(annotation, t) for t in frames if annotation.states[:, t].any()]
    document = {"info": info, "images": images, "categories": [category], "annotations": objects}
    return json.dumps(document, ensure_ascii=False) + "\n"


def annotation_from_coco(document: dict[str, Any], known: Known = NOTHING_KNOWN) -> Annotation:
    """Return the annotation of parsed COCO keypoints with one category; without `states`, v = 2 is placed by hand.

    Objects of other categories are left out. CVAT writes its own coordinates into COCO, in which 0 is the outer edge of
    the first pixel; whole numbers are pixel centers in COCO of others.

    Raises:
        BadInput: no keypoints, two objects on one frame, or images whose frames cannot be told.
    """
    categories = [c for c in document["categories"] if c.get("keypoints")]
    if len(categories) != 1:
        raise BadInput(
            _(
                "has {count} categories with keypoints; one is needed (in CVAT: one skeleton, exported as "
                "COCO Keypoints)."
            ).format(count=len(categories))
        )
    category, images = categories[0], document["images"]
    frames = _frames(images, known)
    index = {image["id"]: t for image, t in zip(images, frames)}
    shape = (len(category["keypoints"]), known.frame_count(max(frames)))
    states = np.zeros(shape, dtype=np.uint8)
    positions = np.full((*shape, 2), np.nan, dtype=np.float32)
    edge = 0.5 if _is_cvat(document) else 0.0
    seen = set()
    keys: dict[int, bool] = {}
    for item in document["annotations"]:
        if item.get("category_id", category.get("id")) != category.get("id") or not item.get("keypoints"):
            continue
        t = index[item["image_id"]]
        if t in seen:
            raise BadInput(_("frame {frame} has two objects; one is expected.").format(frame=frame_number(t)))
        seen.add(t)
        points = np.array(item["keypoints"], dtype=np.float64).reshape(shape[0], 3)
        there = points[:, 2] > 0
        positions[there, t] = points[there, :2] - edge
        by_visibility = np.array([State.NOT_ANNOTATED, State.OCCLUDED, State.PLACED], dtype=np.uint8)
        states[:, t] = item.get("states", by_visibility[points[:, 2].astype(int)])
        keys[t] = (item.get("attributes") or {}).get("keyframe", True)
    _note_interpolated(states, keys)
    info = document.get("info") or {}
    times = _times(images, frames, shape[1])
    return Annotation(
        states=states,
        positions=positions,
        confidence=np.full(shape, np.nan, dtype=np.float32),
        labels=tuple(str(label) for label in category["keypoints"]),
        segments=tuple(str(s) for s in category.get("segments", [""] * shape[0])),
        times_s=np.arange(shape[1], dtype=np.float64) if times is None else times,
        size=_size(images),
        **texts_from(info.get("provenance") or {}),
        **{**clip_facts_from(info), **({"time_source": UNKNOWN} if times is None else {})},
    )


def _note_interpolated(states: np.ndarray, keys: dict[int, bool]) -> None:
    """Note in states [N, T] what CVAT put between keyframes or repeated beyond them; `keys`: which frames are."""
    true = {t: True for t, is_key in keys.items() if is_key}
    for t in (t for t, is_key in keys.items() if not is_key):
        derived = State.INTERPOLATED if is_between(t, true) else State.TRACKER
        states[:, t] = np.where(states[:, t] == State.PLACED, derived, states[:, t])


def _frames(images: list[dict[str, Any]], known: Known) -> list[int]:
    """Return the frame of each image: its frame index, else by the numbers in the file names, else the order of ids."""
    if not images:
        raise BadInput(_("lists no images."))
    if all("frame_index" in image for image in images):
        return [int(image["frame_index"]) for image in images]
    names = [str(image.get("file_name") or "") for image in images]
    return frames_by_name(names, known.n_frames) if any(names) else ranks([image["id"] for image in images])


def _times(images: list[dict[str, Any]], frames: list[int], count: int) -> Optional[np.ndarray]:
    """Return the times [count] that the images state, None unless all frames have one."""
    stated = {t: image.get("time_s") for t, image in zip(frames, images)}
    if len(stated) != count or any(time is None for time in stated.values()):
        return None
    return np.array([stated[t] for t in range(count)], dtype=np.float64)


def _size(images: list[dict[str, Any]]) -> Optional[tuple[int, int]]:
    width, height = int(images[0].get("width") or 0), int(images[0].get("height") or 0)
    return (width, height) if width > 0 and height > 0 else None


def _is_cvat(document: dict[str, Any]) -> bool:
    """Return whether CVAT wrote a document: Datumaro, its exporter, writes a header of these fields, all empty."""
    info = document.get("info") or {}
    return set(_DATUMARO) <= set(info) and not any(info[name] for name in _DATUMARO)


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
