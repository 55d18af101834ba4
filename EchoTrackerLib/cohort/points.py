"""The points of a manifest's row: a file, or the wall through three landmarks."""

from __future__ import annotations

import numpy as np

from ..cine.cine import Cine
from ..errors import BadInput
from ..strain.wall_template import curve_from_clicks, wall_points, wall_template
from ..tracks.queries import read_queries
from .manifest import LANDMARKS, Row

WALL_POINTS = 31  # as the panel draws a wall from three clicks


def row_points(row: Row, cine: Cine) -> tuple[tuple[str, ...], np.ndarray]:
    """Return (labels, points float32 [N, 2] px) on the query frame: of the file in `points`, or along the mid-wall
    through left annulus, apex and right annulus.

    Raises:
        BadInput: neither is given, a landmark is missing, or the points cannot be used.
    """
    path = row.path("points")
    if path is not None:
        return read_queries(path, cine)
    values = [row.number(name) for name in LANDMARKS]
    missing = [name for name, value in zip(LANDMARKS, values) if value is None]
    if missing:
        what = "no points" if len(missing) == len(LANDMARKS) else f"no {', '.join(missing)}"
        raise BadInput(f"{row.line}: has {what}. Name a file in the column 'points', or all of {', '.join(LANDMARKS)}.")
    template = wall_template(row.text("view", "other"))
    curve = curve_from_clicks(np.array(values, dtype=np.float64).reshape(3, 2), template)
    labels, points = wall_points(curve, 1, WALL_POINTS, template)
    inside = ((points >= -0.5) & (points <= np.array(cine.size) - 0.5)).all(axis=1)
    if not inside.all():
        raise BadInput(f"{row.line}: the wall through the landmarks leaves the image of {cine.size[0]} x {cine.size[1]} px.")
    return labels, points.astype(np.float32)
