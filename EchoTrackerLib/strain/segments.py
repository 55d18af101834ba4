"""The six segments of a wall in one view, named after ASE/EACVI.

A wall is drawn as the views are displayed: apex at the top, from the base on the image's left over the apex to the
base on its right (Lang et al., J Am Soc Echocardiogr 2015, doi 10.1016/j.echo.2014.10.003). Each third of a wall is one
segment; the six have equal lengths at end-diastole (Voigt et al. 2015, doi 10.1093/ehjci/jeu184).
"""

from __future__ import annotations

import numpy as np

from ..errors import BadInput
from .contour import arc_fractions, line_length, material_points

N_SEGMENTS = 6
MIN_POINTS = 12  # two a segment

_WALLS = {  # view: (wall on the image's left, wall on its right)
    "A4C": ("inferoseptal", "anterolateral"),
    "A2C": ("inferior", "anterior"),
    "APLAX": ("inferolateral", "anteroseptal"),
    "RV": ("RV free wall", "septal"),
}
VIEWS = tuple(_WALLS)


def segment_names(view: str = "") -> tuple[str, ...]:
    """Return the six names along the contour; "segment 1 (start of the wall)" and so on without a view.

    Raises:
        BadInput: the view has no six-segment model.
    """
    if not view:
        return tuple(f"segment {i + 1}" for i in range(N_SEGMENTS))
    if view not in _WALLS:
        raise BadInput(f"View '{view}' has no segment model. Use one of {', '.join(VIEWS)}.")
    left, right = _WALLS[view]
    levels = ("basal", "mid", "apical")
    return (*(f"{level} {left}" for level in levels), *(f"{level} {right}" for level in reversed(levels)))


def segment_lengths(points: np.ndarray, ed: int) -> np.ndarray:
    """Return the length [6, T] of the six segments, which have equal lengths on frame `ed` and add up to the wall's.

    Args:
        points: float [N, T, 2], in order along the wall.
        ed: 0-based frame of end-diastole.
    """
    return np.stack([line_length(piece) for piece in segment_lines(points, ed)])


def segment_lines(points: np.ndarray, ed: int) -> list[np.ndarray]:
    """Return the line [M, T, 2] of each segment: its borders as material points and the tracked points between."""
    borders = np.linspace(0, 1, N_SEGMENTS + 1)
    along = arc_fractions(points, ed)
    ends = material_points(points, ed, borders)
    lines = []
    for k in range(N_SEGMENTS):
        inside = (along > borders[k] + 1e-9) & (along < borders[k + 1] - 1e-9)
        lines.append(np.concatenate([ends[k : k + 1], points[inside], ends[k + 1 : k + 2]]))
    return lines


def segment_of_points(points: np.ndarray, ed: int) -> np.ndarray:
    """Return the segment 0..5 [N] in which each tracked point lies on frame `ed`."""
    return np.minimum((arc_fractions(points, ed) * N_SEGMENTS + 1e-9).astype(int), N_SEGMENTS - 1)
