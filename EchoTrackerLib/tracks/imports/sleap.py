"""SLEAP's exports for analysis: CSV with a line an instance, and HDF5.

CSV: the columns `track`, `frame_idx` (from 0), `instance.score`, and `NODE.x`, `NODE.y`, `NODE.score` for each node.
HDF5: `tracks` with the axes that its attribute `dims` names, else (track, x/y, node, frame), `point_scores` alike,
`node_names`, `track_names`. A point without score was placed by a person. Pixel centers lie at whole numbers.

Sources: https://github.com/talmolab/sleap (sleap/info/write_tracking_h5.py) and https://github.com/talmolab/sleap-io
(docs/formats/csv.md, docs/formats/analysis_h5.md).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import BadInput, MissingDependency, Package
from ...i18n import tr as _
from ..known import Known
from ..tracks import Tracks
from .series import Spot, frame_of, number, tracks_of_spots

_LOGGER = logging.getLogger("EchoTracker")
_DIMS = ("track", "xy", "node", "frame")  # of files that do not name them


def is_sleap(cells: list[list[str]]) -> bool:
    """Return whether a table's first line is that of SLEAP's analysis CSV."""
    names = [cell.lower() for cell in cells[0]] if cells else []
    return "frame_idx" in names and any(name.endswith(".x") for name in names)


def tracks_from_sleap_table(cells: list[list[str]], known: Known) -> Tracks:
    """Return the tracks of a table.

    Raises:
        BadInput: damaged cells, two instances of one track on a frame, or frames that the clip does not have.
    """
    names = cells[0]
    place = {name.lower(): k for k, name in enumerate(names)}
    nodes = [name[:-2] for name in names if name.lower().endswith(".x") and f"{name[:-2]}.y".lower() in place]
    rows = [row + [""] * (len(names) - len(row)) for row in cells[1:]]
    owners = {row[place["track"]] for row in rows} if "track" in place else {""}

    def spots() -> Iterator[Spot]:
        for line, row in enumerate(rows, start=2):
            frame = frame_of(row[place["frame_idx"]], f"line {line}: frame_idx")
            for node in nodes:
                values = [
                    number(row[place[key]] if (key := f"{node}.{axis}".lower()) in place else "", f"line {line}: {key}")
                    for axis in ("x", "y", "score")
                ]
                owner = row[place["track"]] if len(owners) > 1 else ""
                yield Spot(f"{owner} {node}".strip(), frame, *values)

    return tracks_of_spots(spots(), known, "SLEAP")


def read_sleap_hdf5(path: Path, known: Known) -> Tracks:
    """Return the tracks of an analysis HDF5 file; a file with fewer frames than the clip ends before it.

    Raises:
        BadInput: damaged, no analysis file of SLEAP (its projects .slp are not read), or more frames than the clip.
        MissingDependency: h5py is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingDependency(
            _("{name}: HDF5 files of SLEAP need h5py.").format(name=path.name), Package("h5py")
        ) from error
    try:
        with h5py.File(path, "r") as file:
            if "tracks" not in file or "node_names" not in file:
                raise BadInput(_("is no analysis file of SLEAP. In SLEAP: File > Export Analysis HDF5."))
            points = _ordered(file["tracks"], ("track", "node", "frame", "xy"))
            scores = _ordered(file["point_scores"], ("track", "node", "frame")) if "point_scores" in file else None
            nodes = _texts(file["node_names"])
            owners = _texts(file["track_names"]) if "track_names" in file else []
    except BadInput:
        raise
    except Exception as error:  # h5py raises whatever a damaged file made it meet
        raise BadInput(_("is damaged, or no HDF5 file ({error}). Export it again.").format(error=error)) from error
    return _tracks(points, scores, nodes, owners, known)


def _tracks(points: np.ndarray, scores: Any, nodes: list[str], owners: list[str], known: Known) -> Tracks:
    """Return the tracks of points [track, node, frame, 2] and scores [track, node, frame] or None."""
    count, n_nodes, n_frames, axes = points.shape
    if n_nodes != len(nodes) or axes != 2 or (scores is not None and scores.shape != points.shape[:3]):
        raise BadInput(
            _("'tracks' is {shape} for {count} nodes; export it from SLEAP again.").format(
                shape=list(points.shape), count=len(nodes)
            )
        )
    owners = owners if len(owners) == count else [f"track_{k}" for k in range(count)]
    if known.n_frames is not None and n_frames < known.n_frames:
        _LOGGER.warning("SLEAP's file has %d frames, the clip %d: the last ones are empty.", n_frames, known.n_frames)
    return tracks_of_spots(
        (
            Spot(
                f"{owners[k] if count > 1 else ''} {nodes[n]}".strip(),
                frame,
                float(points[k, n, frame, 0]),
                float(points[k, n, frame, 1]),
                float("nan") if scores is None else float(scores[k, n, frame]),
            )
            for k in range(count)
            for n in range(n_nodes)
            for frame in range(n_frames)
        ),
        known,
        "SLEAP",
    )


def _ordered(dataset: Any, wanted: tuple[str, ...]) -> np.ndarray:
    """Return an array with its axes in the wanted order."""
    named = dataset.attrs.get("dims")
    if named is None:
        dims = [name for name in _DIMS if name in wanted]
    else:
        dims = json.loads(named.decode() if isinstance(named, bytes) else str(named))
    if sorted(dims) != sorted(wanted) or dataset.ndim != len(wanted):
        raise BadInput(
            _("'{name}' has the axes {names}; cannot be read.").format(
                name=dataset.name.strip("/"), names=", ".join(map(str, dims))
            )
        )
    return np.asarray(dataset[()], dtype=np.float64).transpose([dims.index(name) for name in wanted])


def _texts(dataset: Any) -> list[str]:
    return [text.decode() if isinstance(text, bytes) else str(text) for text in np.ravel(dataset[()])]
