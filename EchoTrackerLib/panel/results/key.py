"""The key of the strain chart: which curve is whose, in the panel, where it covers none of them."""

from __future__ import annotations

from html import escape

from ...i18n import tr as _
from ...strain.marks import opening_times_s
from ...strain.pictures.chart import es_name
from ...strain.pictures.colors import segment_color, segment_line
from ...strain.strain import Strain


def curves_key(strain: Strain) -> str:
    """Return rich text: a piece of each segment's line in its color and dashes, and the segment's name.

    At the end what the vertical lines are.
    """
    parts = []
    for curve in strain.segments:
        line = f'<span style="color:{segment_color(curve.name)}">{segment_line(curve.name)}</span>'
        parts.append(f"{line}&nbsp;" + escape(curve.name).replace(" ", "&nbsp;"))
    upright = _("upright lines: ED, {es}").format(es=es_name(strain))
    return " &nbsp; ".join([*parts, upright + (_(", MVO (dotted)") if opening_times_s(strain) else "")])
