"""The bull's-eye as an image made with numpy alone: inside Slicer there need be no matplotlib."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ...i18n import readable
from ..study.bullseye import WALLS, combined, layout, partly_known, parts_of
from .colors import segment_rgb
from .scales import Quantity, is_dark

RADIUS = 0.73  # of the outer ring, as a share of half the image's width
_EDGE, _LINE = 0.024, 0.007  # widths of the edge in the segment's color and of the borders, in units of the radius
_BACKGROUND, _NOT_SEEN, _BORDER = (255, 255, 255), (236, 236, 236), (64, 64, 64)
_HATCH_PX = 9
_BAR = (0.2, 0.8, 0.945, 0.965)  # left, right, top and bottom of the scale, shares of the image


class Label(NamedTuple):
    """A text of the image: where its middle is (px), black or white, size as a share of the image's height."""

    text: str
    x: float
    y: float
    white: bool
    size: float


def bullseye_image(values: Mapping[str, float], model: int, quantity: Quantity, size: int = 640) -> np.ndarray:
    """Return uint8 RGB [size, size, 3] without texts; `values` as for `bullseye.draw_bullseye`."""
    x, y = _grid(size)
    radius, angle = np.hypot(x, y), np.degrees(np.arctan2(y, x))
    image = np.full((size, size, 3), _BACKGROUND, dtype=np.uint8)
    shown = combined(values, model)
    rows, columns = np.mgrid[:size, :size]
    hatch = (rows + columns) % _HATCH_PX < 2
    for place in layout(model):
        turned = (angle - place.start) % 360
        inside = (radius >= place.inner) & (radius < place.outer) & (turned < place.end - place.start)
        seen = any(part in values for part in parts_of(place.name))
        known = math.isfinite(shown[place.name])
        image[inside] = quantity.rgb(np.array(shown[place.name])) if known else (255,) * 3 if seen else _NOT_SEEN
        if seen and not known:
            image[inside & hatch] = (150, 150, 150)
        if seen and place.name != "apex":
            edge = inside & (radius > place.outer - _EDGE - _LINE)
            image[edge] = [round(255 * part) for part in segment_rgb(parts_of(place.name)[0])]
        span = place.end - place.start
        beside = np.minimum(turned, span - turned) * math.pi / 180 * radius < _LINE / 2
        image[inside & beside & (span < 360)] = _BORDER
        image[(np.abs(radius - place.outer) < _LINE / 2) & (turned < span)] = _BORDER
    left, right, top, bottom = (round(share * size) for share in _BAR)
    image[top:bottom, left:right] = quantity.rgb(np.linspace(quantity.low, quantity.high, right - left))[None]
    return image


def bullseye_labels(
    values: Mapping[str, float], model: int, quantity: Quantity, title: str, size: int = 640
) -> list[Label]:
    """Return the texts that belong on the image: values, walls, the ends of the scale, the title."""
    shown, partly = combined(values, model), partly_known(values, model)
    found = [Label(title, size / 2, 0.035 * size, False, 0.036)]

    def at(x: float, y: float) -> tuple[float, float]:
        return (1 + RADIUS * x) * size / 2, _middle(size) - RADIUS * y * size / 2

    for place in layout(model):
        if not any(part in values for part in parts_of(place.name)):
            continue
        value = shown[place.name]
        if math.isfinite(value):
            rgb = quantity.rgb(np.array(value)) / 255.0
            text = quantity.number(value) + ("*" if place.name in partly else "")
            found.append(Label(text, *at(*place.middle), is_dark(rgb.tolist()), 0.028))
        else:
            found.append(Label("\N{EN DASH}", *at(*place.middle), False, 0.04))
    for k, wall in enumerate(WALLS):
        angle = math.radians(90 + 60 * k)
        found.append(Label(wall, *at(1.3 * math.cos(angle), (1.35 if k % 3 else 1.08) * math.sin(angle)), False, 0.026))
    left, right, top, _bottom = (share * size for share in _BAR)
    for value, x in (
        (quantity.low, left),
        (quantity.high, right),
        ((quantity.low + quantity.high) / 2, (left + right) / 2),
    ):
        found.append(Label(readable(value, 0), x, 0.982 * size, False, 0.024))
    found.append(Label(quantity.label, size / 2, top - 0.018 * size, False, 0.024))
    return found


def place_of_pixel(x: float, y: float, size: int = 640) -> tuple[float, float]:
    """Return where a pixel of the image lies on the bull's-eye: (x, y) in -1..1, y upwards."""
    return (2 * x / size - 1) / RADIUS, (_middle(size) - y) * 2 / size / RADIUS


def _middle(size: int) -> float:
    """Return the row of the bull's-eye's middle: a little above that of the image, for the scale below."""
    return 0.485 * size


def _grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    columns = np.arange(size, dtype=np.float64)
    x, _ = place_of_pixel(columns, 0.0, size)  # type: ignore[arg-type]
    _, y = place_of_pixel(0.0, columns, size)  # type: ignore[arg-type]
    return np.broadcast_to(x, (size, size)), np.broadcast_to(np.asarray(y)[:, None], (size, size))
