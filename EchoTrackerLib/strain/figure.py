"""The picture of a strain measurement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .strain import LAGRANGIAN, Strain

# Okabe and Ito's palette, told apart with any colour vision; line styles differ too.
_COLOURS = ("#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7")
_STYLES = ("-", "--", ":", "-", "--", ":")
_SIZE_INCHES = (8.0, 5.0)


def save_figure(path: Path, strain: Strain) -> None:
    """Save the curves as PNG (1200 x 750 px)."""
    draw_strain(strain).savefig(path, dpi=150)


def draw_strain(strain: Strain) -> Any:
    """Return a matplotlib figure: segments thin, global curve bold, uncompensated curve dotted, ED and ES marked."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    times = strain.times_s
    for piece, colour, style in zip(strain.segments, _COLOURS, _STYLES):
        label = f"{piece.name}  {piece.percent[strain.phases.es]:.1f} %"
        axes.plot(times, piece.percent, style, color=colour, linewidth=1.2, label=label)
    if strain.drift_compensated:
        label = f"global, drift not compensated ({strain.curve.drift_percent:+.1f} %)"
        axes.plot(times, strain.curve.uncompensated_percent, color="0.55", linewidth=1.0, label=label)
    axes.plot(times, strain.curve.percent, color="black", linewidth=2.8, label=f"global  {strain.gls_percent:.1f} %")
    _mark_phases(axes, strain)
    axes.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    axes.set_xlim(times[0], times[-1])
    axes.set_xlabel("time (s)")
    axes.set_ylabel("longitudinal strain (%)" if strain.definition == LAGRANGIAN else "natural longitudinal strain (%)")
    axes.spines[["top", "right"]].set_visible(False)
    view = f"  ·  {strain.view}" if strain.view else ""
    axes.set_title(f"GLS {strain.gls_percent:.1f} % at end-systole{view}", loc="left", fontweight="bold", pad=24)
    figure.legend(
        loc="outside right upper", frameon=False, fontsize=8.5, title="value at end-systole", alignment="left"
    )
    figure.supxlabel(_caption(strain), fontsize=7.5, color="0.35", x=0.01, ha="left")
    return figure


def _mark_phases(axes: Any, strain: Strain) -> None:
    """Draw vertical lines at ED, ES and the cycle's end, and a dot at the value that is GLS."""
    phases, times = strain.phases, strain.times_s
    marks = [("ED", phases.ed), ("ES", phases.es)]
    if phases.cycle_end is not None:
        marks.append(("ED", phases.cycle_end))
    for name, frame in marks:
        axes.axvline(times[frame], color="0.4", linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
        axes.annotate(
            f"{name}\n{times[frame]:.3f} s",
            (times[frame], 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha=_alignment(times, frame),
            va="bottom",
            fontsize=8,
        )
    axes.plot(times[phases.es], strain.gls_percent, "o", color="black", markersize=7, zorder=5)


def _alignment(times: np.ndarray, frame: int) -> str:
    """Return where a mark's text goes so that it stays inside the axes."""
    share = (times[frame] - times[0]) / (times[-1] - times[0])
    return "left" if share < 0.05 else "right" if share > 0.95 else "center"


def _caption(strain: Strain) -> str:
    """Return the definition below the curves."""
    parts = [f"{strain.definition[0].upper()}{strain.definition[1:]}; reference: tracked wall at ED."]
    if strain.drift_compensated:
        parts.append("Linear drift over the cycle removed.")
    else:
        parts.append("Drift not compensated.")
    found = "given by the user" if "user" in strain.phases.es_source else "from the tracked wall's length"
    parts.append(f"ED/ES {found}.")
    if strain.layer:
        parts.append(f"Layer: {strain.layer}.")
    if strain.excluded:
        parts.append(f"{len(strain.excluded)} point(s) left out.")
    parts.append("Research use only.")
    return " ".join(parts)
