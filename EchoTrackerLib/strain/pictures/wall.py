"""The measured wall on the image: its segments in their colors, with their borders, and what was left out."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from ...cine.cine import Cine
from ...tracks.tracks import Tracks
from ..segments import segment_names
from ..strain import Strain
from .colors import OTHER_COLOR, segment_color

_BORDER_PX = 7.0  # half the length of a border's tick, in a picture of 500 rows


def draw_wall(axes: Any, strain: Strain, tracks: Tracks, cine: Optional[Cine], frame: int) -> None:
    """Draw one frame (0-based) of the clip with the wall into axes; without the clip the wall alone on gray.

    Points that were left out are white crosses.
    """
    width, height = _background(axes, tracks, cine, frame)
    index = {label: i for i, label in enumerate(tracks.labels)}
    order = np.array([index[label] for label in strain.line])
    line = tracks.positions[order, frame].astype(np.float64)
    names = segment_names(strain.view)
    out = np.isin(strain.line, strain.excluded)
    number = np.array(strain.point_segments) if strain.segments else np.full(len(line), -1)
    pairs = [*zip(range(len(line) - 1), range(1, len(line)))] + ([(len(line) - 1, 0)] if strain.closed else [])
    for i, j in pairs:
        color = segment_color(names[number[i]]) if number[i] >= 0 else OTHER_COLOR
        looks = {"linestyle": ":", "alpha": 0.6} if out[i] or out[j] else {}
        axes.plot(*line[[i, j]].T, color=color, linewidth=2.6, solid_capstyle="round", **looks)
        if number[i] != number[j]:
            _draw_border(axes, line[i], line[j], height)
    axes.plot(*line[out].T, "x", color="white", markersize=5, markeredgewidth=1.3)
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks([])


def _background(axes: Any, tracks: Tracks, cine: Optional[Cine], frame: int) -> tuple[int, int]:
    """Draw the frame; return (width, height) px of what is shown."""
    row, col = tracks.spacing_mm or (1.0, 1.0)
    if cine is not None:
        picture = cine.frames[frame] if cine.colour is None else cine.colour[frame]
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255, aspect=row / col, interpolation="bilinear")
        return cine.size
    axes.set_facecolor("0.25")
    axes.set_aspect(row / col)
    if tracks.size is not None:
        return tracks.size
    finite = tracks.positions[np.isfinite(tracks.positions).all(axis=2)]
    width, height = np.ceil(finite.max(axis=0) + 20).astype(int) if len(finite) else (100, 100)
    return int(width), int(height)


def _draw_border(axes: Any, a: np.ndarray, b: np.ndarray, height: int) -> None:
    """Draw a tick across the line between two points that lie in different segments."""
    along = b - a
    length = float(np.hypot(*along))
    if not length > 0:
        return
    across = np.array([-along[1], along[0]]) / length * _BORDER_PX * height / 500
    middle = (a + b) / 2
    axes.plot(*np.stack([middle - across, middle + across]).T, color="white", linewidth=1.2)
