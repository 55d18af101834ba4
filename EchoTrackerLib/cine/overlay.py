"""Points and their fading tails drawn over the clip, as pictures and as an MP4 video."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..progress import Progress, no_progress
from .cine import Cine
from .export import VideoWriter

MIN_ROWS = 512  # smaller clips are enlarged, so that points stay crisp
_OUTLINE = np.array([12.0, 12.0, 16.0])
# Bright on gray and rising in lightness for every kind of color vision (blue - violet - rose - orange - yellow).
_COLOUR_ANCHORS = np.array(
    [[64, 148, 255], [150, 118, 255], [222, 98, 205], [255, 112, 138], [255, 156, 74], [252, 205, 66], [248, 250, 150]],
    dtype=np.float64,
)
_TAIL_STEP = 1.0  # px between the discs a tail is made of


@dataclass(frozen=True)
class _Style:
    """How large things are drawn, in px of the enlarged picture."""

    scale: float  # picture px per clip px
    radius: float
    tail_radius: float
    font_size: int


def _style(cine: Cine, n_points: int) -> _Style:
    rows = cine.size[1]
    scale = max(1.0, MIN_ROWS / rows)
    height = rows * scale
    radius = height / 512.0 * (3.2 if n_points <= 60 else 2.4)
    return _Style(scale, radius, max(0.45 * radius, 0.9), max(round(height / 36), 12))


def write_overlay(
    path: Path,
    cine: Cine,
    positions: np.ndarray,
    visible: Optional[np.ndarray] = None,
    values: Optional[np.ndarray] = None,
    tail: int = 12,
    progress: Progress = no_progress,
) -> None:
    """Write an MP4 of the clip with moving points, at the clip's own frame times.

    Args:
        path: file to write.
        cine: the clip.
        positions: (x, y) px of the clip [N, T, 2]; points that are not finite are left out.
        visible: bool [N, T]; points not visible are drawn as rings without a tail. None: all are visible.
        values: [N] or [N, T], shown by color from smallest to largest; None: color by order along the wall.
        tail: how many earlier frames a tail reaches back.
        progress: called as frames are written.

    Raises:
        MissingDependency: PyAV is not installed.
    """
    with VideoWriter(path, cine.times_s) as writer:
        for frame in range(cine.n_frames):
            writer.add(draw_overlay(cine, positions, frame, visible, values, tail))
            progress("Writing overlay", (frame + 1) / cine.n_frames)


def draw_overlay(
    cine: Cine,
    positions: np.ndarray,
    frame: int,
    visible: Optional[np.ndarray] = None,
    values: Optional[np.ndarray] = None,
    tail: int = 12,
    crossed: Optional[np.ndarray] = None,
) -> np.ndarray:
    """Return one picture of the overlay video, uint8 RGB [rows, cols, 3]; arguments as in `write_overlay`.

    Points that are `crossed`, bool [N], are drawn as white crosses without a tail, e.g. because they were rejected.
    """
    style = _style(cine, len(positions))
    picture = _background(cine, frame, style.scale)
    placed: np.ndarray = (np.asarray(positions, dtype=np.float64) + 0.5) * style.scale - 0.5
    known: np.ndarray = np.isfinite(placed).all(axis=2)
    struck = np.zeros(len(placed), dtype=bool) if crossed is None else np.asarray(crossed, dtype=bool)
    shown: np.ndarray = known & ~struck[:, np.newaxis]
    seen: np.ndarray = shown if visible is None else shown & np.asarray(visible, dtype=bool)
    colours = _colours(values, len(positions), frame)
    first = max(frame - tail, 0)
    _draw_tails(picture, placed[:, first : frame + 1], seen[:, first : frame + 1], colours, style)
    now, solid, hollow = placed[:, frame], seen[:, frame], shown[:, frame] & ~seen[:, frame]
    _stamp(picture, now[solid], colours[solid], style.radius, np.ones(int(solid.sum())), outline=1.3)
    _stamp(picture, now[hollow], colours[hollow], style.radius, np.full(int(hollow.sum()), 0.8), outline=1.0, hole=0.55)
    _draw_crosses(picture, now[known[:, frame] & struck], style)
    text = f"{frame + 1}/{cine.n_frames}   {cine.times_s[frame]:.3f} s"
    _write_text(picture, text, style)
    return picture


def _background(cine: Cine, frame: int, scale: float) -> np.ndarray:
    from PIL import Image

    pixels = cine.frames[frame] if cine.colour is None else cine.colour[frame]
    if scale > 1:
        width, height = cine.size
        size = (round(width * scale), round(height * scale))
        pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
    return np.repeat(pixels[..., np.newaxis], 3, axis=2) if pixels.ndim == 2 else np.array(pixels)


def _colours(values: Optional[np.ndarray], n_points: int, frame: int) -> np.ndarray:
    """Return RGB float [N, 3] by value, or by order when there are no values."""
    if values is None:
        position = np.linspace(0.0, 1.0, n_points) if n_points > 1 else np.full(n_points, 0.5)
    else:
        table = np.asarray(values, dtype=np.float64)
        finite = table[np.isfinite(table)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        current = table if table.ndim == 1 else table[:, frame]
        position = np.nan_to_num((current - low) / (high - low) if high > low else current * 0 + 0.5, nan=0.0)
    anchors = np.linspace(0.0, 1.0, len(_COLOUR_ANCHORS))
    return np.stack([np.interp(position, anchors, channel) for channel in _COLOUR_ANCHORS.T], axis=1)


def _draw_tails(picture: np.ndarray, placed: np.ndarray, seen: np.ndarray, colours: np.ndarray, style: _Style) -> None:
    """Draw each point's way over the last frames [N, K, 2] as overlapping discs, fainter the older."""
    steps = placed.shape[1] - 1
    if steps < 1:
        return
    drawn = seen[:, 1:] & seen[:, :-1]
    start, end = placed[:, :-1][drawn], placed[:, 1:][drawn]
    if not len(start):
        return
    point, step = np.nonzero(drawn)
    count = np.clip(np.ceil(np.linalg.norm(end - start, axis=1) / _TAIL_STEP), 1, 200).astype(int)
    segment = np.repeat(np.arange(len(start)), count)
    along = (np.arange(len(segment)) - np.repeat(np.cumsum(count) - count, count)) / count[segment]
    centres = start[segment] + along[:, np.newaxis] * (end - start)[segment]
    age = (step[segment] + along) / steps  # 0 oldest, 1 now
    _stamp(picture, centres, colours[point[segment]], style.tail_radius, 0.85 * age**1.5, outline=0.0)


def _draw_crosses(picture: np.ndarray, centres: np.ndarray, style: _Style) -> None:
    """Draw a cross at each of the centers [M, 2] px, as rows of overlapping discs."""
    reach = 1.9 * style.radius
    along = np.arange(-reach, reach + 0.5, 0.5)
    strokes = np.concatenate([np.stack([along, along], axis=1), np.stack([along, -along], axis=1)])
    discs = (centres[:, np.newaxis] + strokes).reshape(-1, 2)
    _stamp(
        picture, discs, np.full((len(discs), 3), 255.0), max(0.4 * style.radius, 1.0), np.ones(len(discs)), outline=1.2
    )


def _stamp(
    picture: np.ndarray,
    centres: np.ndarray,
    colours: np.ndarray,
    radius: float,
    opacity: np.ndarray,
    outline: float,
    hole: float = 0.0,
) -> None:
    """Blend anti-aliased discs (centers [M, 2] px, colors [M, 3], opacity [M]) into `picture` uint8 [rows, cols, 3].

    A dark outline of that many px surrounds each; `hole` is the part of the radius left open in the middle. Where
    discs of one call overlap, the most opaque counts, so that a tail does not add up to a blot.
    """
    rows, cols = picture.shape[:2]
    reach = int(np.ceil(radius + outline + 1))
    near = np.all((centres > -reach) & (centres < [cols + reach, rows + reach]), axis=1)
    centres, colours, opacity = centres[near], colours[near], opacity[near]
    if not len(centres):
        return
    base = np.rint(centres).astype(np.int32)
    offset = np.arange(-reach, reach + 1, dtype=np.int32)
    dx = offset + (base[:, :1] - centres[:, :1])
    dy = offset + (base[:, 1:] - centres[:, 1:])
    distance = np.sqrt((dx * dx)[:, np.newaxis, :] + (dy * dy)[:, :, np.newaxis]).astype(np.float32)  # [M, dy, dx]
    x, y = base[:, :1] + offset, base[:, 1:] + offset
    inside = ((y >= 0) & (y < rows))[:, :, np.newaxis] & ((x >= 0) & (x < cols))[:, np.newaxis, :]
    disc, line, column = np.nonzero(inside & (distance < radius + outline + 0.5))
    flat, distance = y[disc, line] * cols + x[disc, column], distance[disc, line, column]
    body = np.clip(radius + 0.5 - distance, 0, 1)
    rim = np.clip(radius + outline + 0.5 - distance, 0, 1)
    if hole:
        body *= np.clip(distance - hole * radius + 0.5, 0, 1)
        rim *= np.clip(distance - hole * radius + 1.0, 0, 1)
    share = (np.minimum(body, rim) / np.maximum(rim, 1e-6))[:, np.newaxis]
    alpha = rim * opacity[disc]
    shade = share * colours[disc] + (1 - share) * _OUTLINE
    order = np.lexsort((alpha + body, flat))
    top = order[np.append(np.diff(flat[order]) != 0, True)]  # of each pixel the most opaque
    canvas, weight = picture.reshape(-1, 3), alpha[top, np.newaxis]
    canvas[flat[top]] = np.rint(canvas[flat[top]] * (1 - weight) + shade[top] * weight)


def _write_text(picture: np.ndarray, text: str, style: _Style) -> None:
    """Write into the lower left corner, on a soft dark ground."""
    mask = _text_mask(text, style.font_size)
    margin = style.font_size // 2
    height, width = min(mask.shape[0], picture.shape[0]), min(mask.shape[1], picture.shape[1])
    top, left = max(picture.shape[0] - height - margin, 0), min(margin, picture.shape[1] - width)
    area = picture[top : top + height, left : left + width]
    ink = mask[:height, :width, np.newaxis]
    area[:] = np.rint(area * 0.45 * (1 - ink) + 235.0 * ink)


@lru_cache(maxsize=8)
def _font(size: int) -> Any:
    from PIL import ImageFont

    try:
        return ImageFont.load_default(size)
    except TypeError:  # Pillow before 10.1 has one small bitmap font
        return ImageFont.load_default()


def _text_mask(text: str, size: int) -> np.ndarray:
    """Return how much ink the text puts on each pixel, float32 [rows, cols] in 0..1, with a border."""
    from PIL import Image, ImageDraw

    font = _font(size)
    left, _, right, bottom = font.getbbox(text)
    border = max(size // 4, 2)
    image = Image.new("L", (int(right - left) + 2 * border, int(size * 1.1) + 2 * border))
    ImageDraw.Draw(image).text((border - left, border + int(size * 1.1 - bottom) // 2), text, fill=255, font=font)
    return np.asarray(image, dtype=np.float32) / 255.0
