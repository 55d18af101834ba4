"""The segments of the measured wall over the clip, in the colors of their curves; the chosen one is lit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...strain.pictures.colors import segment_rgb
from ...strain.segments import segment_names
from ...strain.strain import Strain
from ...tracks.tracks import Tracks
from ..mrml import nodes, plane
from ..mrml.strokes import add_strokes, round_px, set_strokes
from ..strain import SERIES_ROLE

ROLE = "study wall"
_NAME = "EchoTracker wall segments"
_BORDER = 0.012  # half the length of a border, as a share of the image's width
_LIT = 0.006  # half the distance of the lines beside a lit part, likewise
_THIN, _GLOBAL, _THICK = 2, 4, 6


def add_wall(scene: Any, browser: Any, strain: Strain) -> Any:
    """Add the model that draws the segments; it is not saved with the scene."""
    return add_strokes(scene, browser, ROLE, _NAME, [*map(segment_rgb, segment_names(strain.view)), (1.0, 1.0, 1.0)])


def remove_wall(scene: Any) -> None:
    """Remove the models of `add_wall`."""
    for model in nodes.nodes_of(scene, "vtkMRMLModelNode"):
        if nodes.role_of(model) == ROLE:
            nodes.remove_with_display(scene, model)


def show_wall(browser: Any, model: Any, strain: Strain, tracks: Tracks, frame: int, lit: str = "") -> None:
    """Draw the segments on a frame (0-based) with their borders; the one called `lit` between white lines; cheap."""
    width = plane.image_size(browser.GetMasterSequenceNode().GetNthDataNode(frame))[0]
    strokes = wall_strokes(strain, tracks, frame, width * round_px(browser, frame), lit)
    set_strokes(browser, model, frame, *strokes)


def wall_strokes(
    strain: Strain, tracks: Tracks, frame: int, width: np.ndarray, lit: str = ""
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what is drawn on a frame: (vertices [M, 2] px, vertices of each stroke [S], color of each stroke [S]).

    Pieces with a point that was left out are not drawn. `width` (x, y) is that of the image in px.
    """
    names = segment_names(strain.view)
    index = {label: i for i, label in enumerate(tracks.labels)}
    line = tracks.positions[np.array([index[label] for label in strain.line]), frame].astype(np.float64)
    usable = np.isfinite(line).all(axis=1) & ~np.isin(strain.line, strain.excluded)
    vertices: list[np.ndarray] = []
    colors: list[int] = []
    white = len(names)
    for i, j in zip(range(len(line)), (*range(1, len(line)), *([0] if strain.closed else []))):
        if not (usable[i] and usable[j]):
            continue
        piece, number = line[[i, j]], strain.point_segments[i]
        along = (piece[1] - piece[0]) / width
        across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-12) * width
        vertices.append(piece)
        colors.append(number)
        if names[number] == lit:
            vertices += [piece + _LIT * across, piece - _LIT * across]
            colors += [white, white]
        if strain.point_segments[j] != number:
            middle = piece.mean(axis=0)
            vertices.append(np.stack([middle - _BORDER * across, middle + _BORDER * across]))
            colors.append(white)
    if not vertices:
        return np.zeros((0, 2)), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
    lengths = np.full(len(vertices), 2, dtype=np.int64)
    return np.concatenate(vertices), lengths, np.array(colors, dtype=np.int32)


def light_curve(scene: Any, browser: Any, lit: str) -> None:
    """Make the curve of a segment thick in the clip's chart and the others as they were; "" for none."""
    for series in nodes.results_of(scene, browser.GetMasterSequenceNode(), SERIES_ROLE, "vtkMRMLPlotSeriesNode"):
        usual = _GLOBAL if series.GetName().startswith("global") else _THIN
        width = _THICK if lit and series.GetName().startswith(lit) else usual
        if series.GetLineWidth() != width and series.GetLineStyle() != series.LineStyleNone:
            series.SetLineWidth(width)
