"""Bull's-eye of strain from up to three apical views.

Numbers and names of the segments: Cerqueira et al., Circulation 2002, doi 10.1161/hc0402.102975 (17 segments) and Lang
et al., J Am Soc Echocardiogr 2015, doi 10.1016/j.echo.2014.10.003. Anterior is at the top, the septum on the left,
inferior at the bottom, lateral on the right; numbers run anticlockwise from the top, from the base inwards.

Three views give 18 segments, six on each ring. The four apical segments of the 17-segment model are made of them here
like this: septal is the mean of apical inferoseptal and anteroseptal, lateral the mean of apical anterolateral and
inferolateral, anterior and inferior stay, and the apical cap is the mean of all six.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadInput
from .strain import Strain

_WALLS = ("anterior", "anteroseptal", "inferoseptal", "inferior", "inferolateral", "anterolateral")
_LEVELS = ("basal", "mid", "apical")
NAMES_18 = tuple(f"{level} {wall}" for level in _LEVELS for wall in _WALLS)
NAMES_17 = (*NAMES_18[:12], "apical anterior", "apical septal", "apical inferior", "apical lateral", "apex")
_APICAL_17 = ((12,), (13, 14), (15,), (16, 17))  # which of the 18 make segments 13 to 16
_RADII = (1.0, 0.75, 0.5, 0.25)
_RANGE_PERCENT = 25.0


def segment_values(strains: Iterable[Strain]) -> dict[str, float]:
    """Return end-systolic strain in percent by segment name, of measurements in different views.

    Raises:
        BadInput: a view that is not apical or not given, the same view twice, or a wall too short for segments.
    """
    values: dict[str, float] = {}
    for strain in strains:
        if strain.view not in ("A4C", "A2C", "APLAX"):
            raise BadInput(f"A bull's-eye is made of A4C, A2C and APLAX; this measurement has view '{strain.view}'.")
        if not strain.segments:
            raise BadInput(f"The {strain.view} measurement has no segments: it has too few points.")
        for piece in strain.segments:
            if piece.name in values:
                raise BadInput(f"View {strain.view} is given twice.")
            values[piece.name] = float(piece.percent[strain.es]) if piece.n_points else float("nan")
    return values


def bullseye_18(values: Mapping[str, float]) -> np.ndarray:
    """Return the 18 values in the order of `NAMES_18`, NaN where there is none."""
    return np.array([values.get(name, np.nan) for name in NAMES_18], dtype=np.float64)


def bullseye_17(values: Mapping[str, float]) -> np.ndarray:
    """Return the 17 values in the order of `NAMES_17`, NaN where there is none (see the module's text)."""
    rings = bullseye_18(values)
    apical = [_mean(rings[list(index)]) for index in _APICAL_17]
    return np.array([*rings[:12], *apical, _mean(rings[12:])])


def global_strain(strains: Iterable[Strain]) -> float:
    """Return GLS over the views: the mean of their global end-systolic values."""
    values = [strain.gls_percent for strain in strains]
    if not values:
        raise BadInput("GLS over views needs at least one measurement.")
    return float(np.mean(values))


def save_bullseye(path: Path, strains: Iterable[Strain]) -> None:
    """Save the 17-segment bull's-eye of up to three views as PNG (1050 x 1050 px)."""
    measured = list(strains)
    title = f"GLS {global_strain(measured):.1f} %".replace("-", "\N{MINUS SIGN}")
    views = ", ".join(strain.view for strain in measured)
    draw_bullseye(bullseye_17(segment_values(measured)), f"{title}  (mean of {views})").savefig(path, dpi=150)


def draw_bullseye(values: np.ndarray, title: str = "") -> Any:
    """Return a matplotlib figure of 17 or 18 values in percent; segments without a value are hatched.

    Raises:
        BadInput: neither 17 nor 18 values.
    """
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    colours = ScalarMappable(Normalize(-_RANGE_PERCENT, _RANGE_PERCENT), colormaps["RdBu"])
    figure = Figure(figsize=(7, 7), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(projection="polar")
    for (centre, width, outer, inner), value in zip(layout(len(values)), values):
        _draw_segment(axes, centre, width, outer, inner, float(value), colours)
    axes.set_ylim(0, 1.0)
    axes.set_yticks([])
    axes.set_xticks(np.deg2rad([0, 90, 180, 270]), ["lateral", "anterior", "septal", "inferior"])
    axes.tick_params(axis="x", pad=14)
    axes.spines["polar"].set_visible(False)
    axes.grid(False)
    bar = figure.colorbar(colours, ax=axes, shrink=0.6, pad=0.1, orientation="horizontal")
    bar.set_label("end-systolic longitudinal strain (%), shortening negative")
    axes.set_title(title, fontweight="bold", pad=16)
    figure.supxlabel("Research use only.", fontsize=7.5, color="0.35", x=0.01, ha="left")
    return figure


def layout(count: int) -> list[tuple[float, float, float, float]]:
    """Return (centre, width, outer radius, inner radius) of each segment; degrees anticlockwise from the right."""
    if count not in (17, 18):
        raise BadInput(f"A bull's-eye has 17 or 18 segments, not {count}.")
    inner_rim = _RADII[3] if count == 17 else 0.0
    places = []
    for level in range(2 if count == 17 else 3):
        inner = inner_rim if level == 2 else _RADII[level + 1]
        places += [(90.0 + 60 * k, 60.0, _RADII[level], inner) for k in range(6)]
    if count == 17:
        places += [(90.0 + 90 * k, 90.0, _RADII[2], inner_rim) for k in range(4)]
        places.append((90.0, 360.0, inner_rim, 0.0))
    return places


def _draw_segment(
    axes: Any, centre: float, width: float, outer: float, inner: float, value: float, colours: Any
) -> None:
    """Draw one piece of a ring with its value in the middle."""
    known = np.isfinite(value)
    face = colours.to_rgba(value) if known else "white"
    axes.bar(
        np.deg2rad(centre),
        outer - inner,
        np.deg2rad(width),
        bottom=inner,
        color=face,
        edgecolor="0.25",
        linewidth=0.0 if width == 360 else 1.0,  # the cap's rim is the apical ring's; its own edge would show a seam
        hatch=None if known else "///",
    )
    dark = known and abs(value) > 0.6 * _RANGE_PERCENT
    text = f"{value:.0f}".replace("-", "\N{MINUS SIGN}") if known else "n/a"
    radius = 0.0 if width == 360 else (outer + inner) / 2
    box = None if known else {"facecolor": "white", "edgecolor": "none", "pad": 2}
    colour = "white" if dark else "black"
    axes.text(np.deg2rad(centre), radius, text, ha="center", va="center", fontsize=11, color=colour, bbox=box)


def _mean(values: np.ndarray) -> float:
    """Return the mean of the known values, NaN when there is none."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
