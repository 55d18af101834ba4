"""Bland-Altman and scatter plots of a comparison."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from ...i18n import tr as _
from ..pictures.drawing import BLUE, GREY, ORANGE, new_figure, plain, save
from .pairs import Comparison, Pairs
from .tables import figure as printed


def save_plots(folder: Path, found: Comparison) -> list[Path]:
    """Save bland-altman-MEASURE and scatter-MEASURE as PNG and SVG of each measure; return their paths."""
    paths = []
    for pairs in found.pairs:
        name = re.sub(r"[^\w.-]+", "-", pairs.measure)
        for kind, draw in (("bland-altman", draw_bland_altman), ("scatter", draw_scatter)):
            for suffix in ("png", "svg"):
                paths.append(folder / f"{kind}-{name}.{suffix}")
                save(draw(pairs, found.names), paths[-1])
    return paths


def draw_bland_altman(pairs: Pairs, names: tuple[str, str]) -> Any:
    """Return a matplotlib figure: differences over means, bias and limits with their intervals, the slope."""
    a = pairs.agreement
    figure = new_figure(7.2, 4.6)
    axes = figure.add_subplot()
    means = (pairs.first + pairs.second) / 2
    axes.axhline(0, color="0.75", linewidth=0.8, zorder=0)
    lines = (
        ("upper limit", a.upper_limit, a.upper_limit_interval, "--"),
        ("bias", a.bias, a.bias_interval, "-"),
        ("lower limit", a.lower_limit, a.lower_limit_interval, "--"),
    )
    place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "va": "center"}
    for name, value, (low, high), style in lines if a.sd > 0 else lines[1:2]:
        axes.axhspan(low, high, color=BLUE, alpha=0.10, linewidth=0, zorder=0)
        axes.axhline(value, color=BLUE, linestyle=style, linewidth=1.4, zorder=1)
        text = f"{name} {printed(value)}\n[{printed(low)}, {printed(high)}]"
        axes.annotate(text, (1.0, value), xytext=(6, 0), fontsize=8.5, **place)
    axes.scatter(means, pairs.first - pairs.second, s=26, color=ORANGE, edgecolor="black", linewidth=0.6, zorder=3)
    if np.isfinite(a.slope) and a.slope_p < 0.05:
        ends = np.array([means.min(), means.max()])
        axes.plot(ends, a.intercept + a.slope * ends, color=GREY, linestyle=":", linewidth=1.6, zorder=2)
    axes.margins(x=0.06)
    axes.set_xlabel(f"mean of both, {_label(pairs.measure)}")
    axes.set_ylabel(plain(f"{names[0]} \N{MINUS SIGN} {names[1]}"))
    axes.set_title(f"{_label(pairs.measure)}: bias and 95 % limits of agreement, n = {a.n}", loc="left", fontsize=10.5)
    slope = f"Slope of the differences on the means {printed(a.slope)} (p = {printed(a.slope_p, 3)})"
    dotted = ", dotted" if np.isfinite(a.slope) and a.slope_p < 0.05 else ""
    figure.supxlabel(
        _("{slope}{dotted}. Bands: 95 % intervals.").format(slope=slope, dotted=dotted),
        fontsize=8,
        color="0.35",
        x=0.01,
        ha="left",
    )
    return figure


def draw_scatter(pairs: Pairs, names: tuple[str, str]) -> Any:
    """Return a matplotlib figure: second over first with the line of identity, on equal axes."""
    a = pairs.agreement
    figure = new_figure(5.4, 5.6)
    axes = figure.add_subplot()
    values = np.concatenate([pairs.first, pairs.second])
    room = 0.07 * max(float(np.ptp(values)), 1e-6)
    low, high = values.min() - room, values.max() + room
    axes.plot([low, high], [low, high], color=GREY, linewidth=1, zorder=1)
    axes.scatter(pairs.first, pairs.second, s=26, color=ORANGE, edgecolor="black", linewidth=0.6, zorder=3)
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_aspect("equal")
    axes.set_xlabel(plain(names[0]))
    axes.set_ylabel(plain(names[1]))
    axes.set_title(f"{_label(pairs.measure)}, n = {a.n}", loc="left", fontsize=10.5)
    icc = f"ICC(2,1) {printed(a.icc_absolute)} [{', '.join(printed(v) for v in a.icc_absolute_interval)}]"
    figure.supxlabel(f"{icc}. Line: identity.", fontsize=8, color="0.35", x=0.01, ha="left")
    return figure


def _label(measure: str) -> str:
    """Return a measure's name as a reader writes it, e.g. "gls (%)"."""
    parts = (f"{part[: -len('_percent')]} (%)" if part.endswith("_percent") else part for part in measure.split(" = "))
    return plain(" = ".join(parts).replace("_", " "))
