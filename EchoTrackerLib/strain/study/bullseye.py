"""The segments of a bull's-eye: names, places, and how three apical views fill them.

Numbers and names: Cerqueira et al., Circulation 2002, doi 10.1161/hc0402.102975 (17 segments) and Lang et al., J Am Soc
Echocardiogr 2015, doi 10.1016/j.echo.2014.10.003. Anterior is at the top, the septum on the left, inferior at the
bottom, lateral on the right; numbers run anticlockwise from the top, from the base inwards.

Three views give 18 segments, six on each ring. Of the six apical ones the four of the other models are made like this:
septal is the mean of inferoseptal and anteroseptal, lateral the mean of anterolateral and inferolateral, anterior and
inferior stay; the apical cap of 17 segments is the mean of all six, and void with fewer than three of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple, Optional

from ...errors import BadInput
from ...i18n import tr as _

MODELS = (16, 17, 18)
APICAL_VIEWS = ("A4C", "A2C", "APLAX")
WALLS = ("anterior", "anteroseptal", "inferoseptal", "inferior", "inferolateral", "anterolateral")
NAMES_18 = tuple(f"{level} {wall}" for level in ("basal", "mid", "apical") for wall in WALLS)
NAMES_16 = (*NAMES_18[:12], "apical anterior", "apical septal", "apical inferior", "apical lateral")
NAMES_17 = (*NAMES_16, "apex")
_APICAL = NAMES_18[12:]
_MADE_OF = {
    "apical septal": ("apical inferoseptal", "apical anteroseptal"),
    "apical lateral": ("apical anterolateral", "apical inferolateral"),
    "apex": _APICAL,
}
_LEAST_FOR_APEX = 3
_CAP = 0.25  # radius of the apical cap; the rings end at 1, 0.75 and 0.5


class Place(NamedTuple):
    """Where a segment is drawn: degrees anticlockwise from the right, radii as shares of the whole."""

    name: str
    start: float
    end: float
    inner: float
    outer: float

    @property
    def middle(self) -> tuple[float, float]:
        """(x, y) of its middle in -1..1, y upwards."""
        if self.inner == 0 and self.end - self.start >= 360:
            return 0.0, 0.0
        angle = math.radians((self.start + self.end) / 2)
        radius = (self.inner + self.outer) / 2 if self.inner else 0.6 * self.outer
        return radius * math.cos(angle), radius * math.sin(angle)


def names(model: int) -> tuple[str, ...]:
    """Return the names of a model's segments, number 1 first.

    Raises:
        BadInput: there is no such model.
    """
    if model not in MODELS:
        raise BadInput(_("A bull's-eye has 16, 17 or 18 segments, not {model}.").format(model=model))
    return {16: NAMES_16, 17: NAMES_17, 18: NAMES_18}[model]


def layout(model: int) -> tuple[Place, ...]:
    """Return the places of a model's segments, in the order of `names`."""
    rim = _CAP if model == 17 else 0.0
    rings = [(1.0, 0.75, 60.0), (0.75, 0.5, 60.0), (0.5, rim, 60.0 if model == 18 else 90.0)]
    places = []
    labels = iter(names(model))
    for outer, inner, width in rings:
        for k in range(round(360 / width)):
            start = 90.0 - width / 2 + k * width
            places.append(Place(next(labels), start, start + width, inner, outer))
    if model == 17:
        places.append(Place(next(labels), 0.0, 360.0, 0.0, _CAP))
    return tuple(places)


def segment_at(x: float, y: float, model: int) -> Optional[str]:
    """Return the name of the segment at (x, y) in -1..1, y upwards, or None outside."""
    radius, angle = math.hypot(x, y), math.degrees(math.atan2(y, x))
    for place in layout(model):
        if place.inner <= radius < place.outer and (angle - place.start) % 360 < place.end - place.start:
            return place.name
    return None


def parts_of(name: str) -> tuple[str, ...]:
    """Return which of the 18 segments a segment of any model is made of; that of A4C first."""
    return _MADE_OF.get(name, (name,))


def combined(values: Mapping[str, float], model: int) -> dict[str, float]:
    """Return the values of a model's segments from those of the 18; NaN where there is none (see the module's text)."""
    result = {}
    for name in names(model):
        known = [values[part] for part in parts_of(name) if math.isfinite(values.get(part, math.nan))]
        enough = len(known) >= (_LEAST_FOR_APEX if name == "apex" else 1)
        result[name] = math.fsum(known) / len(known) if enough else math.nan
    return result


def partly_known(values: Mapping[str, float], model: int) -> tuple[str, ...]:
    """Return the segments of a model that have a value though some of their parts have none."""
    found = combined(values, model)
    return tuple(
        name
        for name, value in found.items()
        if math.isfinite(value) and not all(math.isfinite(values.get(part, math.nan)) for part in parts_of(name))
    )
