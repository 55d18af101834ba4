"""What the section "Compare" shows: its rows, the figures of frame and clip, the legend."""

from __future__ import annotations

import math
from html import escape
from typing import Optional

from ...i18n import tr as _
from ...review.comparison import (
    APART,
    BORDERS_PX,
    CLOSE,
    FAR,
    NEAR,
    UNCOMPARED,
    ComparedPoint,
    Figures,
    TracksComparison,
    distance_classes,
)
from ...scene.compare.marks import COLOURS, SIGNS
from ...tracks.metrics import THRESHOLDS
from ..qt.tables import StripRow

# Places in the cells of a row: label, now, median, worst (px of the 256 grid), worst in mm or px, frame of the worst
# (1-based), missing frames.
NOW = 1
NUMBERS = range(1, 7)
BAR_HEIGHTS = {NEAR: 3, CLOSE: 6, APART: 10, FAR: 14, UNCOMPARED: 0}  # px


def bar_colours() -> dict[int, str]:
    """Return the color of each class of distance as HTML knows it."""
    colours = {kind: "#" + "".join(f"{round(255 * part):02x}" for part in colour) for kind, colour in COLOURS.items()}
    return {**colours, UNCOMPARED: "#202020"}


def compared_row(point: int, row: ComparedPoint, comparison: TracksComparison, frame: int) -> StripRow:
    """Return the row of a point; its classes are those of the distance on each frame."""
    cells = (
        row.label,
        known(comparison.grid_px[point, frame]),
        known(row.median_px),
        known(row.worst_px),
        known(row.worst_length),
        None if row.worst_frame is None else row.worst_frame + 1,
        row.missing,
    )
    return StripRow(point, cells, distance_classes(comparison.grid_px[point]))


def known(value: float) -> Optional[float]:
    """Return a distance as it stands in the table, None when it is not known."""
    return round(float(value), 2) if math.isfinite(value) else None


def length_unit(unit: str) -> str:
    """Return what the user reads for the clip's own unit of length, told apart from px of the 256 x 256 grid."""
    return _("image px") if unit == "px" else unit


def figures_html(frame: int, now: Optional[Figures], clip: Optional[Figures], unit: str) -> str:
    """Return a small table: one line for the frame (0-based), one for the clip."""
    titles = [
        "%",
        *(f"&lt; {k}" for k in THRESHOLDS),
        _("mean"),
        _("error px"),
        _("error {unit}").format(unit=length_unit(unit)),
    ]
    head = "".join(f'<td align="right">&nbsp;{title}</td>' for title in titles)
    rows = [(_("Frame {frame}").format(frame=frame + 1), now), (_("Clip"), clip)]
    lines = "".join(_figures_row(title, figures) for title, figures in rows)
    return f"<table><tr>{head}</tr>{lines}</table>"


def legend_html() -> str:
    """Return the signs of the drawn differences with their colors and classes."""
    low, middle, high = (f"{border:g}" for border in BORDERS_PX)
    texts = {
        NEAR: _("below {low}"),
        CLOSE: _("{low} to {middle}"),
        APART: _("{middle} to {high}"),
        FAR: _("{high} px or more"),
    }
    colours = bar_colours()
    parts = [
        f'<b style="color:{colours[kind]}">{SIGNS[kind]}</b> '
        + escape(text.format(low=low, middle=middle, high=high)).replace(" ", "&nbsp;")
        for kind, text in texts.items()
    ]
    dark = '<table bgcolor="#202020" cellpadding="3"><tr><td style="color:#ffffff">'  # as the image they are drawn on
    note = escape(_("All in px of a 256 x 256 grid. Signs are drawn at the points on the right."))
    return dark + " &nbsp; ".join(parts) + "</td></tr></table>" + note


def _figures_row(title: str, figures: Optional[Figures]) -> str:
    cells = [f"<td><b>{escape(title)}</b></td>"]
    if figures is None:
        nothing = escape(_("nothing to compare"))
        return f"<tr>{cells[0]}<td colspan=8>&nbsp;{nothing}</td></tr>"
    values = [f"{share:.0f}" for share in (*figures.within, figures.average)]
    values += [f"{value:.2f}" if math.isfinite(value) else "-" for value in (figures.error_px, figures.error_length)]
    return "<tr>" + "".join([*cells, *(f'<td align="right">&nbsp;{value}</td>' for value in values)]) + "</tr>"
