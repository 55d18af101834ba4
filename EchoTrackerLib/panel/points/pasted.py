"""Points from the clipboard."""

from __future__ import annotations

import csv
import io

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ...scene.points import Points


def parse_points(text: str) -> Points:
    """Return points from lines of "x y", "x, y" or "name, x, y" in px, also pasted from a spreadsheet.

    Raises:
        BadInput: no line has two numbers, or a line cannot be read.
    """
    labels: list[str] = []
    positions: list[tuple[float, float]] = []
    for number, line in enumerate(text.strip().splitlines(), 1):
        if not line.strip():
            continue
        separator = "\t" if "\t" in line else ";" if ";" in line else "," if "," in line else " "
        cells = [c.strip() for c in next(csv.reader(io.StringIO(line.strip()), delimiter=separator)) if c.strip()]
        try:
            x, y = float(cells[-2]), float(cells[-1])
        except (IndexError, ValueError):
            if number == 1 and len(cells) >= 2:
                continue  # a header
            raise BadInput(
                _("Line {n} of the clipboard is not a point: '{line}'.").format(n=number, line=line[:40])
            ) from None
        labels.append(cells[0] if len(cells) > 2 else f"P{len(labels) + 1}")
        positions.append((x, y))
    if not positions:
        raise BadInput(
            _("The clipboard has no points. Copy lines of x and y in pixels, optionally with a name before.")
        )
    return Points(tuple(labels), np.array(positions, dtype=np.float32))
