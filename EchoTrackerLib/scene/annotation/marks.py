"""The states of an annotation set as drawn shapes: one color and one shape a state, and where the points were before.

Slicer draws all points of a list alike; these outlines around them tell the states apart, by shape as well as color.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np

from ...annotation.annotation import Annotation, State
from ..mrml.colors import DISTINCT
from ..mrml.strokes import add_strokes, regular, round_px, set_strokes

ROLE = "annotation marks"
ONION_FRAMES = 4
_SIZE_SHARE = 0.014  # half the size of a mark, of the image's width
_TRAIL, _CHOSEN = len(State), len(State) + 1  # their numbers in the color table
# Placed orange, interpolated sky blue, tracker purple, occluded yellow, trail gray (Okabe and Ito), chosen white.
COLOURS = (DISTINCT[7], DISTINCT[1], DISTINCT[4], DISTINCT[3], DISTINCT[6], DISTINCT[7], (1.0, 1.0, 1.0))


# Strokes of each mark, [M, 2] each, in half sizes: circle, diamond, triangle, crossed square.
SHAPES = {
    State.PLACED: [regular(20)],
    State.INTERPOLATED: [regular(4)],
    State.TRACKER: [regular(3, -np.pi / 2)],
    State.OCCLUDED: [
        regular(4, np.pi / 4),
        0.7 * np.array([[-1.0, -1.0], [1.0, 1.0]]),
        0.7 * np.array([[-1.0, 1.0], [1.0, -1.0]]),
    ],
}

# Four corners around the chosen point.
_CORNERS = [
    1.7 * np.array([[0.5 * x, y], [x, y], [x, 0.5 * y]])
    for x, y in ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))
]


def add_marks(scene: Any, browser: Any, annotation: Annotation, name: str) -> Any:
    """Add the model that draws the states of a set; it is not saved, make it again when a scene was loaded."""
    model = add_strokes(scene, browser, ROLE, name, COLOURS)
    show_marks(browser, model, annotation, browser.GetSelectedItemNumber())
    return model


def show_marks(
    browser: Any,
    model: Any,
    annotation: Annotation,
    frame: int,
    onion: int = ONION_FRAMES,
    chosen: Optional[int] = None,
    scale: float = 1.0,
    partners: Optional[np.ndarray] = None,
) -> None:
    """Draw the states of a frame, cheaply.

    Args:
        browser: of the clip.
        model: from `add_marks`.
        annotation: the set.
        frame: 0-based.
        onion: trails lead to where the points were on so many frames before.
        chosen: number of the point to put corners around.
        scale: of the marks, smaller where the view is zoomed.
        partners: (x, y) px [N, 2] of the same points in another set; a line leads there, NaN for none.
    """
    strokes = _strokes(annotation, frame, onion, chosen, scale * round_px(browser, frame))
    if partners is not None:
        both = annotation.annotated[:, frame] & np.isfinite(partners).all(axis=-1)
        ends = np.stack([annotation.positions[both, frame], partners[both]], axis=1).astype(np.float64)
        strokes.append(_Strokes(ends.reshape(-1, 2), np.full(len(ends), 2), _CHOSEN))
    positions = np.concatenate([stroke.positions for stroke in strokes] or [np.zeros((0, 2))])
    lengths = np.concatenate([stroke.lengths for stroke in strokes] or [np.zeros(0, np.int64)])
    colours = np.repeat([stroke.colour for stroke in strokes], [len(stroke.lengths) for stroke in strokes])
    set_strokes(browser, model, frame, positions, lengths, colours)


class _Strokes(NamedTuple):
    """Lines of one color: positions [M, 2] px one after the other, points of each line [K], number of the color."""

    positions: np.ndarray
    lengths: np.ndarray
    colour: int


def _strokes(
    annotation: Annotation, frame: int, onion: int, chosen: Optional[int], circle_px: np.ndarray
) -> list[_Strokes]:
    """Return the lines of a frame; `circle_px` (x, y) px make a circle on screen."""
    width = annotation.size[0] if annotation.size is not None else 256
    half = _SIZE_SHARE * width * circle_px
    recent = annotation.positions[:, max(frame - onion, 0) : frame + 1].astype(np.float64)
    known = np.asarray(np.isfinite(recent).all(axis=-1))
    found = []
    counts = known.sum(axis=1)
    trails = counts > 1
    if onion and trails.any():
        found.append(_Strokes(recent[trails][known[trails]], counts[trails], _TRAIL))
    for state, shapes in SHAPES.items():
        here = recent[(annotation.states[:, frame] == state) & known[:, -1], -1]
        found += [_copies(here, half * shape, int(state)) for shape in shapes if len(here)]
    if chosen is not None and known[chosen, -1]:
        found += [_copies(recent[[chosen], -1], half * corner, _CHOSEN) for corner in _CORNERS]
    return found


def _copies(centres: np.ndarray, shape: np.ndarray, colour: int) -> _Strokes:
    """Return a line [M, 2] around each center [K, 2]."""
    return _Strokes((centres[:, None] + shape).reshape(-1, 2), np.full(len(centres), len(shape)), colour)
