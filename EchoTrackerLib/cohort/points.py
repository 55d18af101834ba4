"""The clip and the points of a manifest's row: a file of points, or the wall through three landmarks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..annotation.starts import Start, read_start
from ..cine.cine import Cine
from ..cine.reading import read_cine
from ..errors import BadInput
from ..strain.outline.search import find_wall
from ..strain.wall_template import curve_from_clicks, wall_points, wall_template
from .manifest import LANDMARKS, Row
from .store import digest, key_of
from .tracked import PointsOnClip

WALL_POINTS = 31  # as the panel draws a wall from three clicks
WALL_FROM = ("template", "image")
_USED = (*LANDMARKS, "wall_from", "query_frame", "ed", "es", "spacing_row_mm", "spacing_col_mm", "view")


def read_row(row: Row) -> PointsOnClip:
    """Read a row's clip, with the spacing that the row gives, and its points.

    Raises:
        BadInput: one of them cannot be read, or the query frame is outside the clip.
    """
    clip = row.path("clip")
    assert clip is not None
    cine = read_cine(clip)
    spacing = row.spacing_mm()
    if spacing is not None:
        cine = replace(cine, spacing_mm=spacing, spacing_source="given in the manifest")
    start = _start(row, cine)
    frame = start.frame
    if frame >= cine.n_frames:
        raise BadInput(f"{row.line}: query frame {frame} is outside the clip; its frames are 0 to {cine.n_frames - 1}.")
    return PointsOnClip(cine, digest(clip), *start)


def row_digest(row: Row) -> str:
    """Return the digest of a row's clip, points and what else it says about how they are measured.

    Raises:
        BadInput: a file is missing.
    """
    files = {name: digest(path) for name in ("clip", "points") if (path := row.path(name)) is not None}
    return key_of(files=files, facts={name: row.text(name) for name in _USED})


def _start(row: Row, cine: Cine) -> Start:
    """Return the points of the file, or those along the wall through the landmarks."""
    path, given = row.path("points"), row.frame("query_frame")
    if path is not None:
        return read_start(path, cine, given)
    values = [row.number(name) for name in LANDMARKS]
    missing = [name for name, value in zip(LANDMARKS, values) if value is None]
    if missing:
        what = "no points" if len(missing) == len(LANDMARKS) else f"no {', '.join(missing)}"
        raise BadInput(f"{row.line}: has {what}. Name a file in the column 'points', or all of {', '.join(LANDMARKS)}.")
    source = row.text("wall_from", WALL_FROM[0])
    if source not in WALL_FROM:
        raise BadInput(f"{row.line}: wall_from is '{source}'; it is one of {', '.join(WALL_FROM)}.")
    clicks, view = np.array(values, dtype=np.float64).reshape(3, 2), row.text("view", "other")
    template = wall_template(view)
    curve = curve_from_clicks(clicks, template)
    if source == "image" and (given or 0) < cine.n_frames:
        found = find_wall(cine.frames, clicks, view, given or 0)
        curve, template = found.line, found.template
    labels, points = wall_points(curve, 1, WALL_POINTS, template)
    inside = ((points >= -0.5) & (points <= np.array(cine.size) - 0.5)).all(axis=1)
    if not inside.all():
        raise BadInput(
            f"{row.line}: the wall through the landmarks leaves the image of {cine.size[0]} x {cine.size[1]} px."
        )
    return Start(labels, points.astype(np.float32), given or 0)
