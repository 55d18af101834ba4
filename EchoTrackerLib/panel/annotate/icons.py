"""Small pictures of the section "Annotation": shapes of states, states over time, distances over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...annotation.annotation import State
from ...scene.annotation.marks import COLOURS, SHAPES
from ...scene.mrml.colors import amount_color

_ICON = 16  # px
_FILLED = 0.36  # of it from the middle, so that the pen stays inside
_WIDTH, _HEIGHT = 110, 14
_BACKGROUND = "#202020"
# px of a state in the strip: told apart by height as well as by color.
_BARS = {State.PLACED: 14, State.TRACKER: 10, State.INTERPOLATED: 7, State.OCCLUDED: 3}
_icons: dict[int, Any] = {}


def state_icon(state: int) -> Any:
    """Return a pixmap with the shape that marks a state in the view."""
    import qt

    if state not in _icons:
        pixmap = qt.QPixmap(_ICON, _ICON)
        pixmap.fill(qt.QColor(_BACKGROUND))
        painter = qt.QPainter(pixmap)
        painter.setRenderHint(qt.QPainter.Antialiasing)
        pen = qt.QPen(_colour(COLOURS[state]))
        pen.setWidth(2)
        painter.setPen(pen)
        for stroke in SHAPES.get(State(state), []):
            corners = np.rint(_ICON / 2 + _FILLED * _ICON * stroke * _largest(state)).astype(int).tolist()
            for (x0, y0), (x1, y1) in zip(corners, corners[1:]):
                painter.drawLine(x0, y0, x1, y1)
        painter.end()
        _icons[state] = pixmap
    return _icons[state]


def states_strip(states: np.ndarray) -> Any:
    """Return a pixmap with the states [T] of a point over time."""
    import qt

    pixmap, painter = _begin()
    step = _WIDTH / max(len(states), 1)
    edges = np.flatnonzero(np.diff(states)) + 1
    for first, stop in zip([0, *edges.tolist()], [*edges.tolist(), len(states)]):
        state = int(states[first]) if len(states) else 0
        height = _BARS.get(State(state), 0)
        x, end = round(first * step), round(stop * step)
        if height:
            painter.fillRect(x, _HEIGHT - height, max(end - x, 1), height, qt.QBrush(_colour(COLOURS[state])))
    painter.end()
    return pixmap


def distance_strip(distances: np.ndarray, limit: float) -> Any:
    """Return a pixmap with distances [T] over time: the higher and the lighter, the further apart; NaN is empty."""
    import qt

    pixmap, painter = _begin()
    step = _WIDTH / max(len(distances), 1)
    for t in np.flatnonzero(np.isfinite(distances)).tolist():
        share = min(float(distances[t]) / limit, 1.0)
        height = 2 + round((_HEIGHT - 2) * share)
        x, end = round(t * step), round((t + 1) * step)
        brush = qt.QBrush(qt.QColor(*amount_color(share)))
        painter.fillRect(x, _HEIGHT - height, max(end - x, 1), height, brush)
    painter.end()
    return pixmap


def _begin() -> tuple[Any, Any]:
    import qt

    pixmap = qt.QPixmap(_WIDTH, _HEIGHT)
    pixmap.fill(qt.QColor(_BACKGROUND))
    return pixmap, qt.QPainter(pixmap)


def _colour(rgb: Any) -> Any:
    import qt

    return qt.QColor(*(round(255 * float(value)) for value in rgb))


def _largest(state: int) -> float:
    """Return the factor that makes a shape fill its icon."""
    return 1.0 / max(float(np.abs(stroke).max()) for stroke in SHAPES[State(state)])
