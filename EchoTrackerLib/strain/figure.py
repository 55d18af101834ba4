"""The picture of a strain measurement."""

from __future__ import annotations

import math
import textwrap
from pathlib import Path
from typing import Any

from .strain import LAGRANGIAN, Strain

# Okabe and Ito's palette, told apart with any colour vision; line styles differ too.
_COLOURS = ("#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7")
_STYLES = ("-", "--", ":", "-", "--", ":")
_SIZE_INCHES = (8.0, 5.0)


def save_figure(path: Path, strain: Strain) -> None:
    """Save the curves as PNG (1200 x 750 px)."""
    draw_strain(strain).savefig(path, dpi=150)


def draw_strain(strain: Strain) -> Any:
    """Return a matplotlib figure: global curve bold, the same with drift thin, segments thin, ED and ES marked."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    times = strain.times_s
    label = f"global  {_percent(strain.gls_percent)}"
    axes.plot(times, strain.percent, color="black", linewidth=2.8, zorder=4, label=label)
    if strain.drift_compensated:
        label = f"global, drift of {_percent(strain.curve.drift_percent, '+.1f')} left in"
        axes.plot(times, strain.curve.uncompensated_percent, color="0.55", linewidth=1.0, label=label)
    for piece, colour, style in zip(strain.segments, _COLOURS, _STYLES):
        label = f"{piece.name}  {_percent(strain.segment_percent.get(piece.name, math.nan))}"
        axes.plot(times, piece.percent, style, color=colour, linewidth=1.2, label=label)
    _mark_phases(axes, strain)
    axes.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    axes.set_xlim(times[0], times[-1])
    axes.set_xlabel("time (s)")
    axes.set_ylabel("longitudinal strain (%)" if strain.definition == LAGRANGIAN else "natural longitudinal strain (%)")
    axes.spines[["top", "right"]].set_visible(False)
    view = f"  ·  {strain.view}" if strain.view else ""
    name = strain.measure if strain.definition == LAGRANGIAN else f"Natural {strain.measure}"
    title = f"{name} {_percent(strain.gls_percent)} at end-systole{view}"
    if len(strain.used) > 1:
        title += f"  (mean of {len(strain.used)} beats, SD {strain.gls_sd_percent:.1f})"
    if strain.void_because:
        title = "\n".join(textwrap.wrap(f"No {name}: {strain.void_because}", 60))
    axes.set_title(title, loc="left", fontweight="bold", pad=18)
    figure.legend(
        loc="outside right upper", frameon=False, fontsize=8, title="at end-systole", title_fontsize=9, alignment="left"
    )
    caption = "\n".join(textwrap.wrap(_caption(strain), 135))
    figure.supxlabel(caption, fontsize=7.5, color="0.35", x=0.01, ha="left", linespacing=1.4)
    return figure


def _mark_phases(axes: Any, strain: Strain) -> None:
    """Draw vertical lines at ED, ES and the cycle's end, and a dot at the value that is GLS."""
    phases, times = strain.phases, strain.times_s
    marks = [("ED", phases.ed), ("ES", phases.es)]
    if phases.cycle_end is not None:
        marks.append(("ED", phases.cycle_end))
    for name, frame in marks:
        axes.axvline(times[frame], color="0.4", linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
        place = {"xycoords": ("data", "axes fraction"), "xytext": (0, 3), "textcoords": "offset points"}
        axes.annotate(name, (times[frame], 1.0), ha="center", va="bottom", fontsize=8.5, **place)
    axes.plot(times[phases.es], strain.beat.gls_percent, "o", color="black", markersize=7, zorder=5)


def _percent(value: float, form: str = ".1f") -> str:
    """Return the value with one decimal and a true minus sign, a dash when it is void."""
    if not math.isfinite(value):
        return "\N{EN DASH}"
    return f"{value:{form}} %".replace("-", "\N{MINUS SIGN}")


def _caption(strain: Strain) -> str:
    """Return the definition below the curves."""
    phases, times = strain.phases, strain.times_s
    parts = [f"{strain.definition[0].upper()}{strain.definition[1:]}; reference: tracked wall at ED."]
    parts.append("Linear drift over the cycle removed." if strain.drift_compensated else "Drift not compensated.")
    found = phases.es_source.split(" (")[0]
    parts.append(
        f"ED {times[phases.ed]:.3f}\N{NO-BREAK SPACE}s, ES {times[phases.es]:.3f}\N{NO-BREAK SPACE}s ({found})."
    )
    if strain.layer:
        parts.append(f"Layer: {strain.layer}.")
    if strain.excluded:
        parts.append(f"{len(strain.excluded)} point(s) left out.")
    if strain.unit == "px":
        parts.append("Pixel spacing unknown.")
    parts.append("Research use only.")
    return " ".join(parts)
