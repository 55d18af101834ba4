"""The color of a segment: one rule for the wall on the image, the curves, the bull's-eye, tables and pictures.

A view has six segments, so six colors of Okabe and Ito's palette (told apart with any color vision) are enough; a
segment has the one of its place along its wall. Line styles differ too, three on each side of the apex.
"""

from __future__ import annotations

from ..segments import VIEWS, segment_names

SEGMENT_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
SEGMENT_STYLES = ("-", "--", ":", "-", "--", ":")
OTHER_COLOR = "#777777"
# Where no color can be shown; stored in scenes: never translate.
_WORDS = dict(zip(SEGMENT_COLORS, ("blue", "orange", "green", "pink", "light blue", "red")))
_LINES = {"-": "\u2501\u2501", "--": "\u254d\u254d", ":": "\u2509\u2509"}
WHOLE_LINE = f"{_LINES['-']} black"  # of the curve of the whole wall, in words


def segment_color(name: str) -> str:
    """Return the color "#rrggbb" of a segment by its name; gray for what is no segment of a view."""
    place = _PLACES.get(name)
    return OTHER_COLOR if place is None else SEGMENT_COLORS[place % len(SEGMENT_COLORS)]


def segment_rgb(name: str) -> tuple[float, float, float]:
    """Return the same color as red, green, blue in 0..1."""
    return hex_rgb(segment_color(name))


def hex_rgb(color: str) -> tuple[float, float, float]:
    """Return a color "#rrggbb" as red, green, blue in 0..1."""
    return int(color[1:3], 16) / 255, int(color[3:5], 16) / 255, int(color[5:7], 16) / 255


def segment_style(name: str) -> str:
    """Return the line style of a segment's curve, as matplotlib writes it."""
    place = _PLACES.get(name)
    return "-" if place is None else SEGMENT_STYLES[place % len(SEGMENT_STYLES)]


def segment_line(name: str) -> str:
    """Return a piece of the segment's line as text, in its dashes."""
    return _LINES[segment_style(name)]


def segment_line_in_words(name: str) -> str:
    """Return a piece of the segment's line and the word for its color."""
    return f"{segment_line(name)} {_WORDS.get(segment_color(name), 'gray')}"


_PLACES = {name: place for view in ("", *VIEWS) for place, name in enumerate(segment_names(view))}
