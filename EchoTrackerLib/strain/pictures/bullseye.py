"""Pictures of the bull's-eye: strain, time to peak, post-systolic index."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...i18n import readable
from ...i18n import tr as _
from ..study.bullseye import NAMES_18, WALLS, Place, combined, layout, partly_known, parts_of
from .colors import segment_color
from .drawing import new_figure, save, wrapped
from .scales import STRAIN, Quantity, is_dark

_NOT_SEEN = "#ececec"
_SIZE_INCHES = (7.0, 7.8)
_MARK = 0.022  # width of the edge in the segment's color


def save_bullseye(path: Path, values: Mapping[str, float], model: int, quantity: Quantity, title: str) -> None:
    """Save a bull's-eye as PNG (1050 x 1170 px), SVG or PDF; arguments as for `draw_bullseye`."""
    save(draw_bullseye(values, model, quantity, title), path)


def draw_bullseye(values: Mapping[str, float], model: int, quantity: Quantity = STRAIN, title: str = "") -> Any:
    """Return a matplotlib figure of one quantity.

    Args:
        values: by the names of the 18 segments; NaN is a void segment (hatched), a missing name one that no view
            shows (blank).
        model: 16, 17 or 18.
        quantity: what the values are.
        title: above the picture.
    """
    figure = new_figure(*_SIZE_INCHES)
    axes = figure.add_subplot()
    colors = draw_into(axes, values, model, quantity)
    bar = figure.colorbar(colors, ax=axes, orientation="horizontal", shrink=0.62, pad=0.02, extend="both", aspect=32)
    bar.set_label(quantity.label)
    axes.set_title(title, fontweight="bold", pad=12)
    figure.supxlabel(_caption(values, model), fontsize=7.5, color="0.35", x=0.01, ha="left")
    return figure


def draw_into(axes: Any, values: Mapping[str, float], model: int, quantity: Quantity = STRAIN, size: float = 11) -> Any:
    """Draw the bull's-eye into axes, text in points; return the color scale for a bar."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    colors = ScalarMappable(Normalize(quantity.low, quantity.high), quantity.colormap())
    shown = combined(values, model)
    partly = partly_known(values, model)
    for place in layout(model):
        seen = any(part in values for part in parts_of(place.name))
        mark = "*" if place.name in partly else ""
        _draw_segment(axes, place, shown[place.name], seen, colors, quantity, mark, size)
    for k, wall in enumerate(WALLS):
        angle = math.radians(90 + 60 * k)
        turn = (90 + 60 * k - 90 + 90) % 180 - 90  # along the rim, never upside down
        x, y = 1.09 * math.cos(angle), 1.09 * math.sin(angle)
        axes.text(x, y, wall, ha="center", va="center", rotation=turn, fontsize=0.86 * size, color="0.2")
    axes.set_xlim(-1.2, 1.2)
    axes.set_ylim(-1.2, 1.2)
    axes.set_aspect("equal")
    axes.axis("off")
    return colors


def _draw_segment(
    axes: Any, place: Place, value: float, seen: bool, colors: Any, quantity: Quantity, mark: str, size: float
) -> None:
    """Draw one piece of a ring, with an edge in its segment's color and its value in the middle."""
    from matplotlib.patches import Wedge

    known = math.isfinite(value)
    face = colors.to_rgba(value) if known else "white" if seen else _NOT_SEEN
    hatch = "////" if seen and not known else None

    def ring(outer: float, width: float, **looks: Any) -> None:
        axes.add_patch(Wedge((0, 0), outer, place.start, place.end, width=width, **looks))

    ring(place.outer, place.outer - place.inner, facecolor=face, edgecolor="0.5", hatch=hatch, linewidth=0)
    if seen and place.name != "apex":
        ring(place.outer - 0.006, _MARK, facecolor=segment_color(parts_of(place.name)[0]), edgecolor="none")
    ring(place.outer, place.outer - place.inner, facecolor="none", edgecolor="0.25", linewidth=1.0)
    if not seen:
        return
    text = quantity.number(value) + mark if known else "\N{EN DASH}"
    light = known and is_dark(colors.to_rgba(value)[:3])
    box = None if known else {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    color = "white" if light else "black"
    axes.text(*place.middle, text, ha="center", va="center", fontsize=size, color=color, bbox=box)


def _caption(values: Mapping[str, float], model: int) -> str:
    """Return what the signs mean, as far as they are there."""
    parts = [f"{model} segments."]
    if any(not math.isfinite(value) for value in values.values()):
        parts.append("Hatched: void.")
    if any(name not in values for name in NAMES_18):
        parts.append(_("Blank: not in a view that was measured."))
    if partly_known(values, model):
        parts.append("*: from a part of the segments that it is made of.")
    parts.append(_("Edges: colors of the curves. Research use only."))
    return "\n".join(wrapped(" ".join(parts), 0.97 * _SIZE_INCHES[0], 7.5))


def title_of(gls: Mapping[str, float]) -> str:
    """Return the title for GLS by view: of one view alone, or the mean of several; void ones are named."""
    if len(gls) == 1:
        ((view, value),) = gls.items()
        return f"{view} alone: GLS {printed(value)}"
    known = [value for value in gls.values() if math.isfinite(value)]
    whole = printed(math.fsum(known) / len(known)) if len(known) == len(gls) else "void"
    return f"GLS {whole}  (" + ", ".join(f"{view} {printed(value)}" for view, value in gls.items()) + ")"


def printed(value: float, digits: int = 1, unit: str = " %") -> str:
    """Return a number with its unit, or "void"."""
    if not math.isfinite(value):
        return "void"
    return f"{readable(value, digits)}{unit}"


def model_for(views: Sequence[str], model: int) -> int:
    """Return the model to draw: one view alone is drawn as its own six segments, never as means."""
    return 18 if len(views) == 1 else model
