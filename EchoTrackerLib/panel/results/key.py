"""The key of the strain chart: which curve is whose, in the panel, where it covers none of them."""

from __future__ import annotations

from html import escape

from ...strain.pictures.colors import segment_color, segment_line
from ...strain.strain import Strain


def curves_key(strain: Strain) -> str:
    """Return rich text: a piece of each segment's line in its color and dashes, and the segment's name."""
    parts = []
    for curve in strain.segments:
        line = f'<span style="color:{segment_color(curve.name)}">{segment_line(curve.name)}</span>'
        parts.append(f"{line}&nbsp;" + escape(curve.name).replace(" ", "&nbsp;"))
    return " &nbsp; ".join(parts)
