"""The six segments of a wall in one view, named after ASE/EACVI, and the apex between them.

A wall is drawn as the views are displayed: apex at the top, from the base on the image's left over the apex to the
base on its right (Lang et al., J Am Soc Echocardiogr 2015, doi 10.1016/j.echo.2014.10.003). Between each annulus point
and the apex lie three segments of equal length at end-diastole (Voigt et al. 2015, doi 10.1093/ehjci/jeu184). A closed
contour has six equal segments from its first point on.
"""

from __future__ import annotations

from typing import Optional, Union

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _

N_SEGMENTS = 6
MIN_POINTS = 12  # two a segment

_WALLS = {  # view: (wall on the image's left, wall on its right)
    "A4C": ("inferoseptal", "anterolateral"),
    "A2C": ("inferior", "anterior"),
    "APLAX": ("inferolateral", "anteroseptal"),
    "RV": ("RV free wall", "septal"),
}
_LEVELS = ("basal", "mid", "apical")
VIEWS = tuple(_WALLS)
MEASURED_VIEWS = (*VIEWS, "LA", "SAX")  # the last two have numbered segments
CLICKED = "the click on the apex"
_FITTED_SHARE = 0.08  # of the wall's length on each side of the farthest point, over which its place is refined


def segment_names(view: str = "") -> tuple[str, ...]:
    """Return the six names along the contour; "segment 1" (start of the wall) and so on where a view has none.

    Raises:
        BadInput: the view is not one of `MEASURED_VIEWS` or "".
    """
    if view and view not in MEASURED_VIEWS:
        raise BadInput(
            _("View '{view}' has no segment model. Use one of {names}.").format(
                view=view, names=", ".join(MEASURED_VIEWS)
            )
        )
    if view not in _WALLS:
        return tuple(f"segment {i + 1}" for i in range(N_SEGMENTS))
    left, right = _WALLS[view]
    return (*(f"{level} {left}" for level in _LEVELS), *(f"{level} {right}" for level in reversed(_LEVELS)))


def view_of_segments(names: tuple[str, ...]) -> str:
    """Return the only view that has all these segments, "" when they are numbered ones.

    Raises:
        BadInput: no view has them all, or several have.
    """
    if set(names) <= set(segment_names()):
        return ""
    found = [view for view in VIEWS if set(names) <= set(segment_names(view))]
    if len(found) != 1:
        raise BadInput(
            _("Segments are rejected ({names}), but which view this is must be said.").format(names=", ".join(names)),
            "--view VIEW",
        )
    return found[0]


def segment_borders(apex: float = 0.5) -> np.ndarray:
    """Return the seven borders as shares of the length at end-diastole; `apex` is the share at which the apex lies."""
    return np.concatenate([np.linspace(0.0, apex, 4), np.linspace(apex, 1.0, 4)[1:]])


def segment_weights(rest: np.ndarray, borders: np.ndarray) -> np.ndarray:
    """Return which share of each step belongs to each segment, [K, S].

    Args:
        rest: lengths [S] of the steps at end-diastole.
        borders: [K + 1], see `segment_borders`.
    """
    along = _shares(rest)
    overlap = np.minimum(along[1:], borders[1:, None]) - np.maximum(along[:-1], borders[:-1, None])
    step = np.diff(along)
    return np.where(step > 0, overlap.clip(0) / np.where(step > 0, step, 1.0), 0.0)


def segment_of_points(points: np.ndarray, frame: int, apex: float = 0.5) -> np.ndarray:
    """Return the segment 0..5 [N] in which each point of a line [N, T, 2] lies on a frame."""
    along = _shares(np.linalg.norm(np.diff(points[:, frame], axis=0), axis=1))
    return segments_at(along, segment_borders(apex))


def segments_at(along: np.ndarray, borders: np.ndarray) -> np.ndarray:
    """Return the segment 0..K-1 [N] at shares [N] of the length; a point on a border belongs to the following one."""
    return np.clip(np.searchsorted(borders, along + 1e-9, side="right") - 1, 0, len(borders) - 2)


def find_apex(
    line: np.ndarray,
    labels: tuple[str, ...],
    apex: Optional[Union[str, int]] = None,
    clicked: Optional[float] = None,
) -> tuple[float, str]:
    """Return where the apex lies, as a point's number (0-based, between two points as a fraction), and how it is known.

    Args:
        line: points [N, 2] at end-diastole, any unit.
        labels: their names; one that says "apex" is the apex.
        apex: the label of the point at the apex, or its number.
        clicked: where the wall was clicked at the apex (`Tracks.clicked_apex`).

    Raises:
        BadInput: no such point, or the apex would be an end of the wall.
    """
    named = [i for i, label in enumerate(labels) if "apex" in label.lower()]
    if apex is not None:
        place = labels.index(apex) if apex in labels else int(apex) if str(apex).isdigit() else -1
        if not 0 < place < len(labels) - 1:
            raise BadInput(
                _("There is no point '{apex}' between the ends of the wall that could be the apex.").format(apex=apex)
            )
        return float(place), "given by the user"
    if clicked is not None:
        return clicked, CLICKED
    if len(named) == 1 and 0 < named[0] < len(labels) - 1:
        return float(named[0]), f"the point labeled '{labels[named[0]]}'"
    farthest = _farthest(line)
    if farthest is None:
        return 0.5 * (len(line) - 1), "the middle of the line (not given, and no point stands out)"
    return farthest, "the point farthest from the middle of the annulus (not given)"


def _farthest(line: np.ndarray) -> Optional[float]:
    """Return the place of the point farthest from the middle between the ends, refined by a parabola around it.

    None where that is no apex: nearer than the ends themselves, or outside the middle half of the line.
    """
    distance = np.linalg.norm(line - (line[0] + line[-1]) / 2, axis=1)
    n = len(line)
    along = _shares(np.linalg.norm(np.diff(line, axis=0), axis=1))
    top = int(distance[1:-1].argmax()) + 1
    if distance[top] <= distance[0] or not 0.25 <= along[top] <= 0.75:
        return None
    near = np.flatnonzero(np.abs(along - along[top]) <= _FITTED_SHARE)
    near = near if len(near) >= 4 else np.arange(max(top - 2, 0), min(top + 3, n))
    if len(near) >= 3 and np.ptp(along[near]) > 0:
        a, b, _c = np.polyfit(along[near] - along[top], distance[near], 2)
        if a < 0 and abs(-b / (2 * a)) <= _FITTED_SHARE:
            return float(np.interp(along[top] - b / (2 * a), along, np.arange(n)))
    return float(top)


def share_of_place(place: float, rest: np.ndarray) -> float:
    """Return the share of the length at which a place along the points lies, with steps of lengths [S]."""
    along = _shares(rest)
    return float(np.interp(place, np.arange(len(along)), along))


def need_length(lengths: np.ndarray) -> None:
    """Raise BadInput for lengths that are all zero: of the steps of a line, or of a wall on all frames."""
    if not lengths.sum() > 0:
        raise BadInput(_("The wall has no length at end-diastole: all its points lie on one spot."))


def _shares(steps: np.ndarray) -> np.ndarray:
    """Return the share of the length at the points, from the lengths [S] of the steps.

    Raises:
        BadInput: the line has no length.
    """
    need_length(steps)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(along / along[-1])
