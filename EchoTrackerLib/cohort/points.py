"""The points to follow on a clip, of a manifest's row or as asked: a file of points, or the wall through landmarks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..annotation.starts import read_start
from ..cine.cine import Cine
from ..cine.reading import read_cine
from ..errors import BadInput
from ..strain.outline.search import find_wall
from ..strain.wall_template import WALL_FROM, apex_along, curve_from_clicks, wall_points, wall_template
from .manifest import LANDMARKS, Row
from .store import digest, key_of
from .tracked import PointsOnClip

WALL_POINTS = 31  # as the panel draws a wall from three clicks
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
    path, given = row.path("points"), row.frame("query_frame")
    if path is not None:
        points = PointsOnClip(cine, digest(clip), *read_start(path, cine, given))
    else:
        view, wall_from = row.text("view", "other"), row.text("wall_from", WALL_FROM[0])
        points = wall_through(cine, digest(clip), _landmarks(row), view, given or 0, wall_from, str(row.line))
    frame = points.query_frame
    if frame >= cine.n_frames:
        raise BadInput(f"{row.line}: query frame {frame} is outside the clip; its frames are 0 to {cine.n_frames - 1}.")
    return points


def wall_through(
    cine: Cine, clip_digest: str, landmarks: np.ndarray, view: str, frame: int, wall_from: str, where: str
) -> PointsOnClip:
    """Return points along the mid-wall through three landmarks, which know where the apex is.

    Args:
        cine, clip_digest: see `PointsOnClip`.
        landmarks: [3, 2] px on `frame`: left annulus, apex, right annulus.
        view: any but SAX; one without a template of its own is taken as "other".
        frame: 0-based.
        wall_from: "template": a fixed curve of the view; "image": the wall is looked for near it.
        where: begins the text of errors.

    Raises:
        BadInput: no such `wall_from`, a short-axis view, or the wall leaves the image.
    """
    if view == "SAX":
        raise BadInput(f"{where}: a short-axis view (SAX) has no annulus and no apex; give points instead.")
    if wall_from not in WALL_FROM:
        raise BadInput(f"{where}: wall_from is '{wall_from}'; it is one of {', '.join(WALL_FROM)}.")
    landmarks = np.asarray(landmarks, dtype=np.float64)
    template = wall_template(view)
    curve = curve_from_clicks(landmarks, template)
    if wall_from == "image" and frame < cine.n_frames:
        found = find_wall(cine.frames, landmarks, view, frame)
        curve, template = found.line, found.template
    labels, points = wall_points(curve, 1, WALL_POINTS, template)
    inside = ((points >= -0.5) & (points <= np.array(cine.size) - 0.5)).all(axis=1)
    if not inside.all():
        raise BadInput(
            f"{where}: the wall through the landmarks leaves the image of {cine.size[0]} x {cine.size[1]} px."
        )
    apex = {"place": apex_along(curve, landmarks[1], WALL_POINTS), "of": WALL_POINTS}
    return PointsOnClip(cine, clip_digest, labels, points.astype(np.float32), frame, apex)


def row_digest(row: Row) -> str:
    """Return the digest of a row's clip, points and what else it says about how they are measured.

    Raises:
        BadInput: a file is missing.
    """
    files = {name: digest(path) for name in ("clip", "points") if (path := row.path(name)) is not None}
    return key_of(files=files, facts={name: row.text(name) for name in _USED})


def _landmarks(row: Row) -> np.ndarray:
    """Return the landmarks [3, 2] px of a row."""
    values = [row.number(name) for name in LANDMARKS]
    missing = [name for name, value in zip(LANDMARKS, values) if value is None]
    if missing:
        what = "no points" if len(missing) == len(LANDMARKS) else f"no {', '.join(missing)}"
        raise BadInput(f"{row.line}: has {what}. Name a file in the column 'points', or all of {', '.join(LANDMARKS)}.")
    return np.array(values, dtype=np.float64).reshape(3, 2)
