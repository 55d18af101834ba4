"""CVAT's own XML, "for images" and "for video", version 1.1.

| mode | points |
| --- | --- |
| images | `image` (id, name, width, height) with `points`, `polyline`, `polygon` or `skeleton` (of labeled `points`) |
| video | `track` (label, source) with the same shapes, each with frame, keyframe, outside, occluded |

A shape of one point is called by its label; of several by label and number; a point of a skeleton by its own label.
In video, frames between keyframes are interpolated by CVAT; before the first and after the last, CVAT only repeats
them, which counts as a tracker's and not as a person's. A point that is outside is not annotated. Frames count from
0 in the original video. Coordinates are px, 0 is the outer edge of the first pixel (a line across an image of 1200 rows
goes from 0.00 to 1200.00), so that pixel centers lie at +0.5.

Sources: https://docs.cvat.ai/docs/other/xml_format, and https://github.com/cvat-ai/cvat
(cvat/apps/dataset_manager/formats/cvat.py: skeletons; single shapes as tracks of one frame).
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn, Optional
from xml.etree import ElementTree as ET

import numpy as np

from ...cine.times import UNKNOWN
from ...errors import BadInput
from ...i18n import frame_number
from ...i18n import tr as _
from ...tracks.imports.series import frame_of
from ...tracks.known import Known
from ..annotation import Annotation, State, empty_annotation
from .frame_names import frames_by_name, name_numbers, ranks

_LOGGER = logging.getLogger("EchoTracker")
_SHAPES = ("points", "polyline", "polygon", "skeleton")
_OTHERS = ("box", "ellipse", "cuboid", "mask")
_EDGE = 0.5


class _Part(NamedTuple):
    """A point of a shape: its name within the shape ("" where that is one point), (x, y), state, if on a keyframe."""

    name: str
    x: float
    y: float
    state: State
    is_key: bool

    @property
    def is_there(self) -> bool:
        return self.state != State.NOT_ANNOTATED


@dataclass
class _Series:
    """What is one object through the clip: its label, and its parts on each frame on which any is there."""

    label: str
    frames: dict[int, list[_Part]] = field(default_factory=dict)
    is_skeleton: bool = False

    @property
    def seen(self) -> set[int]:
        """The frames on which any part is there."""
        return {frame for frame, parts in self.frames.items() if any(part.is_there for part in parts)}


class _Builder(ET.TreeBuilder):
    """Refuses document types, whose entities could grow without bounds."""

    def doctype(self, name: str, pubid: Optional[str], system: Optional[str]) -> NoReturn:
        raise BadInput(_("declares a document type, which no file of CVAT does; it is not read."))


def annotation_from_cvat(content: bytes, known: Known) -> Annotation:
    """Return the annotation of an XML file; keyframes and single shapes are placed by hand, unless CVAT made them.

    Raises:
        BadInput: no CVAT file, no points, objects that cannot be told apart, or frames that the clip does not have.
    """
    try:
        root = ET.fromstring(content, ET.XMLParser(target=_Builder()))
    except (ET.ParseError, LookupError, ValueError) as error:  # of the text, and of the encoding it names
        raise BadInput(_("is damaged, or no XML ({error}). Export it from CVAT again.").format(error=error)) from error
    if root.tag != "annotations":
        raise BadInput(_("is XML of '{tag}', not of CVAT ('annotations').").format(tag=root.tag))
    left_out = sorted({other for other in _OTHERS if root.find(f".//{other}") is not None})
    if left_out:
        _LOGGER.warning("CVAT's %s are no points and are left out.", " and ".join(left_out))
    tasks = {one.get("task_id") for one in (*root.iter("image"), *root.iter("track"))}
    if len(tasks) > 1:
        raise BadInput(
            _("is of a project of {count} tasks; export the task of this clip alone.").format(count=len(tasks))
        )
    images = root.findall("image")
    series = _of_images(images, _image_frames(images, root, known)) if images else _of_tracks(root.findall("track"))
    if not any(one.seen for one in series):
        raise BadInput(_("holds no points, polylines or skeletons."))
    last = max(max(one.seen) for one in series if one.seen)
    n_frames = known.frame_count(last if known.n_frames is not None else max(last, _last_frame(root)))
    return _annotation(series, n_frames, _size(root, images) or known.size)


def _annotation(series: list[_Series], n_frames: int, size: Optional[tuple[int, int]]) -> Annotation:
    several = sum(one.is_skeleton for one in series) > 1
    cells: dict[str, dict[int, _Part]] = {}
    for one in series:
        names = {tuple(part.name for part in parts) for parts in one.frames.values()}
        if not one.is_skeleton and len(names) > 1:
            counts = ", ".join(str(len(name)) for name in sorted(names, key=len))
            raise BadInput(
                _(
                    "'{label}' has {counts} points on different frames; a line that is followed needs the same number."
                ).format(label=one.label, counts=counts)
            )
        for frame, parts in one.frames.items():
            for part in parts:
                owner = one.label if several or not one.is_skeleton else ""
                label = f"{owner} {part.name}".strip()
                before = cells.setdefault(label, {}).get(frame)
                if before is not None and before.is_there and part.is_there:
                    raise BadInput(
                        _("two points are called '{label}' on frame {frame}; rename one in CVAT.").format(
                            label=label, frame=frame_number(frame)
                        )
                    )
                if before is None or not before.is_there:
                    cells[label][frame] = part
    made = empty_annotation(tuple(cells), np.arange(n_frames, dtype=np.float64), size=size)
    for k, found in enumerate(cells.values()):
        keys = {frame: part.is_there for frame, part in found.items() if part.is_key}
        for frame, part in found.items():
            if part.is_there:
                between = part.state != State.INTERPOLATED or is_between(frame, keys)
                made.states[k, frame] = part.state if between else State.TRACKER
                made.positions[k, frame] = part.x - _EDGE, part.y - _EDGE
    return Annotation(**{**vars(made), "source": "CVAT", "time_source": UNKNOWN})


def is_between(frame: int, keys: Mapping[int, bool]) -> bool:
    """Return whether a frame lies between two keyframes on both of which the point is there.

    Args:
        frame: from 0.
        keys: whether the point is there, by keyframe.
    """
    order = sorted(keys)
    place = bisect_left(order, frame)
    return 0 < place < len(order) and keys[order[place - 1]] and keys[order[place]]


# -- images ------------------------------------------------------------------------------------
def _of_images(images: list[ET.Element], frames: list[int]) -> list[_Series]:
    found: dict[str, _Series] = {}
    for image, frame in zip(images, frames):
        here = set()
        for shape in _shapes(image):
            label = shape.get("label", "")
            if label in here:
                raise BadInput(
                    _(
                        "frame {frame} has two objects '{label}', which cannot be told apart over time. In "
                        "CVAT give each point its own label, use a skeleton, or annotate as a video with tracks."
                    ).format(frame=frame_number(frame), label=label)
                )
            here.add(label)
            one = found.setdefault(label, _Series(label, is_skeleton=shape.tag == "skeleton"))
            parts = _parts(shape, shape.get("source") == "auto")
            if parts:
                one.frames[frame] = parts
    return list(found.values())


def _image_frames(images: list[ET.Element], root: ET.Element, known: Known) -> list[int]:
    """Return the frame of each image: its id, unless CVAT sorted the images otherwise than by their numbers."""
    ids = [int(image.get("id", "-1")) for image in images]
    names = [image.get("name", "") for image in images]
    numbers = name_numbers(names)
    if min(ids) < 0 or len(set(ids)) != len(ids):
        raise BadInput(_("has images without an id of their own; export it from CVAT again."))
    if numbers is None or ranks(numbers) == ranks(ids):
        return ids
    return frames_by_name(names, known.n_frames or _number(root, "size"))


# -- video -------------------------------------------------------------------------------------
def _of_tracks(tracks: list[ET.Element]) -> list[_Series]:
    by_label: dict[str, list[_Series]] = {}
    for track in tracks:
        one = _Series(track.get("label", ""))
        for shape in _shapes(track):
            one.is_skeleton = shape.tag == "skeleton"
            parts = _parts(shape, track.get("source") == "auto")
            if parts:
                one.frames[frame_of(shape.get("frame", "none"), f"a frame of track '{one.label}'")] = parts
        if one.seen:
            by_label.setdefault(one.label, []).append(one)
    return [one for found in by_label.values() for one in _told_apart(found)]


def _told_apart(found: list[_Series]) -> list[_Series]:
    """Return tracks of one label: one object where they never meet on a frame, else each by its number."""
    seen = [frame for one in found for frame in one.seen]
    if len(set(seen)) == len(seen):
        joined: dict[int, list[_Part]] = {}
        for one in found:
            for frame, parts in one.frames.items():
                if frame not in joined or frame in one.seen:
                    joined[frame] = parts
        return [_Series(found[0].label, joined, found[0].is_skeleton)]
    return [_Series(f"{one.label} {k}", one.frames, one.is_skeleton) for k, one in enumerate(found, start=1)]


# -- shapes ------------------------------------------------------------------------------------
def _shapes(element: ET.Element) -> Iterator[ET.Element]:
    return (child for child in element if child.tag in _SHAPES)


def _parts(shape: ET.Element, is_automatic: bool) -> list[_Part]:
    """Return the points of a shape."""
    if shape.tag == "skeleton":
        return [
            part for point in shape.findall("points") for part in _points(point, point.get("label", ""), is_automatic)
        ]
    return _points(shape, "", is_automatic)


def _points(shape: ET.Element, name: str, is_automatic: bool) -> list[_Part]:
    is_key = shape.get("keyframe", "1") == "1"
    state = State.PLACED if is_key else State.INTERPOLATED
    if is_automatic:
        state = State.TRACKER
    if shape.get("occluded") == "1":
        state = State.OCCLUDED
    if shape.get("outside") == "1":
        state = State.NOT_ANNOTATED
    pairs = [pair.split(",") for pair in shape.get("points", "").split(";") if pair]
    numbers = np.array([[float(x), float(y)] for x, y in pairs])
    if not np.isfinite(numbers).all():
        raise BadInput(_("'{label}' has a point without a position.").format(label=shape.get("label", name)))
    alone = len(pairs) == 1
    return [
        _Part(name if alone else f"{name} {k}".strip(), x, y, state, is_key)
        for k, (x, y) in enumerate(numbers.tolist(), start=1)
    ]


# -- the task ----------------------------------------------------------------------------------
def _number(root: ET.Element, name: str) -> Optional[int]:
    """Return a number of the task or job, None where there is none."""
    for kind in ("task", "job"):
        text = (root.findtext(f"meta/{kind}/{name}") or "").strip()
        if text.isdigit():
            return int(text)
    return None


def _last_frame(root: ET.Element) -> int:
    """Return the last frame of the task in the original video, -1 where it is not said."""
    stop, size = _number(root, "stop_frame"), _number(root, "size")
    return stop if stop is not None else (size or 0) - 1


def _size(root: ET.Element, images: list[ET.Element]) -> Optional[tuple[int, int]]:
    found = {(image.get("width"), image.get("height")) for image in images}
    if len(found) > 1:
        raise BadInput(_("its images differ in size; they are not the frames of one clip."))
    pairs = [*found, *((root.findtext(f"{path}width"), root.findtext(f"{path}height")) for path in _SIZES)]
    for width, height in pairs:
        if width and height and int(width) > 0 and int(height) > 0:
            return int(width), int(height)
    return None


_SIZES = ("meta/task/original_size/", "meta/original_size/", "meta/job/original_size/")
