"""The points to start tracking from: files of points on one frame, or one frame of annotations and tracks."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import NamedTuple, Optional

import numpy as np

from ..cine.cine import Cine
from ..errors import BadInput
from ..i18n import frame_number
from ..i18n import tr as _
from ..npz import read_npz
from ..tracks.files import PICKLE_SUFFIXES
from ..tracks.imports.deeplabcut import is_deeplabcut
from ..tracks.imports.reading import HDF5_SUFFIXES
from ..tracks.imports.sleap import is_sleap
from ..tracks.known import known_of
from ..tracks.queries import NotOnFrame, check_queries, read_queries, start_frame
from ..tracks.sheet import read_cells
from .annotation import Annotation
from .files import read_annotation
from .imports.echonet import is_echonet

_LOGGER = logging.getLogger("EchoTracker")


class Start(NamedTuple):
    """N points on one frame (from 0): labels and positions float32 [N, 2] (x, y) px."""

    labels: tuple[str, ...]
    positions: np.ndarray
    frame: int


def read_start(path: Path, cine: Cine, given: Optional[int] = None) -> Start:
    """Read the points to track.

    Args:
        path: a file of points (`queries.read_queries`), or of annotations or tracks (`files.read_annotation`), of which
            the points that are annotated on the query frame count.
        cine: the clip the points lie on.
        given: the query frame (from 0), None for the file's own: its only frame with all points, else the first frame
            of points that are on all frames.

    Raises:
        NotOnFrame: the points are set on other frames, or on several and none was given.
        BadInput: unreadable, made on another clip, no points, or a point outside the image.
        MissingDependency: HDF5 without h5py.
    """
    path = Path(path)
    if not path.is_file() or not holds_series(path):
        frame = start_frame(path, given)
        return Start(*read_queries(path, cine), frame)
    annotation = read_annotation(path, known_of(cine))
    check_clip(annotation, path, cine)
    frame = _frame(annotation, path.name, given)
    here = annotation.annotated[:, frame]
    labels = tuple(label for label, is_here in zip(annotation.labels, here) if is_here)
    positions = annotation.positions[here, frame]
    try:
        check_queries(labels, positions, cine)
    except BadInput as error:
        raise BadInput(_("{name}: {error}").format(name=path.name, error=error)) from error
    if not here.all():
        missing = [label for label, is_here in zip(annotation.labels, here) if not is_here]
        _LOGGER.warning("%s: not on frame %d and left out: %s.", path.name, frame_number(frame), ", ".join(missing[:8]))
    return Start(labels, positions.astype(np.float32), frame)


def check_clip(annotation: Annotation, path: Path, cine: Cine) -> None:
    """Check that an annotation was made on images like those of a clip.

    Raises:
        BadInput: another number of frames or another size.
    """
    if annotation.n_frames != cine.n_frames:
        raise BadInput(
            _("{name} has {n_frames} frames, this clip has {n_frames2}. Choose the clip it was made on.").format(
                name=path.name, n_frames=annotation.n_frames, n_frames2=cine.n_frames
            )
        )
    if annotation.size is not None and annotation.size != cine.size:
        (a, b), (w, h) = annotation.size, cine.size
        raise BadInput(
            _("{name} was made on images of {a} x {b} px, this clip has {w} x {h} px.").format(
                name=path.name, a=a, b=b, w=w, h=h
            )
        )


def holds_series(path: Path) -> bool:
    """Return whether a file holds annotations or tracks rather than points on one frame."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".json":
            document = json.loads(path.read_text(encoding="utf-8-sig"))
            is_ours = isinstance(document, dict) and str(document.get("format", "")).startswith("echotracker-")
            return is_ours or (isinstance(document, dict) and "categories" in document)
        if suffix == ".npz":
            arrays = read_npz(path)
            series = [arrays[name] for name in ("positions", "tracks", "points") if name in arrays]
            return any(array.ndim == 3 for array in series)
        if suffix == ".csv":
            return _is_series(read_cells(path))
    except (OSError, ValueError, BadInput):
        return False  # its reader says what is wrong
    return suffix in (".xml", ".zip", *HDF5_SUFFIXES, *PICKLE_SUFFIXES)


def _is_series(cells: list[list[str]]) -> bool:
    names = [cell.lower() for cell in cells[0]] if cells else []
    if is_deeplabcut(cells) or is_sleap(cells) or is_echonet(names):
        return True
    column = names.index("frame") if {"frame", "label"} <= set(names) else None
    return column is not None and len({row[column] for row in cells[1:] if column < len(row)}) > 1


def _frame(annotation: Annotation, name: str, given: Optional[int]) -> int:
    count = annotation.annotated.sum(axis=0)
    frames = np.flatnonzero(count)
    if not len(frames):
        raise BadInput(_("{name}: holds no points that are seen.").format(name=name))
    if given is None:
        full = np.flatnonzero(count == annotation.n_points)
        if len(full) == 1 or len(full) == annotation.n_frames:
            return int(full[0])
    elif given in frames:
        return given
    raise NotOnFrame(name, tuple(frames.tolist()), given)
