"""Differences of two sets of tracks as drawn vectors: from one to the other, with a head that says how far.

The classes of a difference are told apart by the shape of the head as well as by its color.
"""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from ...review.comparison import APART, CLOSE, FAR, NEAR, TracksComparison, distance_classes
from ..mrml import nodes, plane
from ..mrml.colors import DISTINCT
from ..mrml.strokes import add_strokes, regular, round_px, set_strokes

ROLE = "comparison marks"
# Bluish green, yellow, orange, vermillion (Okabe and Ito), and white for the selected point.
COLOURS = {NEAR: DISTINCT[2], CLOSE: DISTINCT[6], APART: DISTINCT[1], FAR: DISTINCT[5]}
SIGNS = {
    NEAR: "\N{WHITE CIRCLE}",
    CLOSE: "\N{WHITE DIAMOND}",
    APART: "\N{WHITE UP-POINTING TRIANGLE}",
    FAR: "\N{BALLOT BOX WITH X}",
}
_SELECTED, _WHITE = 4, (1.0, 1.0, 1.0)
_NAME = "EchoTracker differences"
_SIZE_SHARE, _RING_SHARE = 0.009, 0.022  # half the size of a head and of the ring, of the image's width


# One closed stroke each; the crossed square draws its diagonals without lifting the pen.
_SHAPES = {
    NEAR: regular(12),
    CLOSE: regular(4),
    APART: regular(3, -np.pi / 2),
    FAR: np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1], [1, 1], [1, -1], [-1, 1]], dtype=np.float64),
}


def add_differences(scene: Any, browser: Any) -> Any:
    """Add the model that draws the differences; it is not saved with the scene."""
    return add_strokes(scene, browser, ROLE, _NAME, [*COLOURS.values(), _WHITE])


def remove_differences(scene: Any) -> None:
    """Remove the models of `add_differences`."""
    for model in nodes.nodes_of(scene, "vtkMRMLModelNode"):
        if nodes.role_of(model) == ROLE:
            nodes.remove_with_display(scene, model)


def show_differences(
    browser: Any, model: Any, comparison: TracksComparison, frame: int, selected: Optional[int] = None
) -> None:
    """Draw the differences on a frame (0-based), and a ring around the selected point; cheap."""
    width = plane.image_size(browser.GetMasterSequenceNode().GetNthDataNode(frame))[0]
    strokes = difference_strokes(comparison, frame, width * round_px(browser, frame), selected)
    set_strokes(browser, model, frame, *strokes)


def difference_strokes(
    comparison: TracksComparison, frame: int, width: np.ndarray, selected: Optional[int] = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what is drawn on a frame: (vertices [M, 2] px, vertices of each stroke [S], color of each stroke [S]).

    A line runs from each compared position to the reference's, where the head is. `width` (x, y) is that of the image
    in px, as long on screen in both directions.
    """
    first = comparison.tracks[:, frame].astype(np.float64)
    second = comparison.reference[:, frame].astype(np.float64)
    classes = distance_classes(comparison.grid_px[:, frame])
    vertices: list[np.ndarray] = []
    lengths: list[int] = []
    colours: list[int] = []
    for kind, shape in _SHAPES.items():
        chosen = (classes == kind) & np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1)
        count = int(chosen.sum())
        lines = np.stack([first[chosen], second[chosen]], axis=1)
        heads = second[chosen][:, None] + _SIZE_SHARE * width * shape
        vertices += [lines.reshape(-1, 2), heads.reshape(-1, 2)]
        lengths += [2] * count + [len(shape)] * count
        colours += [kind] * (2 * count)
    if selected is not None:
        centre = first[selected] if np.isfinite(first[selected]).all() else second[selected]
        if np.isfinite(centre).all():
            ring = centre + _RING_SHARE * width * regular(24)
            vertices.append(ring)
            lengths.append(len(ring))
            colours.append(_SELECTED)
    return np.concatenate(vertices), np.array(lengths, dtype=np.int64), np.array(colours, dtype=np.int32)
