"""The report as one page of A4: image, wall, curves, bull's-eye, table, settings, warnings. No browser is needed."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...i18n import tr as _
from ..pictures.bullseye import draw_into
from ..pictures.chart import draw_curves
from ..pictures.colors import segment_color
from ..pictures.drawing import new_figure, plain, save, wrapped
from ..pictures.scales import STRAIN
from ..pictures.wall import draw_wall
from .content import RESEARCH, Part, Report, ecg_of, r_times

_A4 = (8.27, 11.69)
_LEFT, _RIGHT = 0.06, 0.96
_LINE = 0.0086  # height of a line of small text, as a share of the page
_SMALL = 6.2
_BOTTOM = 0.028


def save_page(path: Path, report: Report) -> None:
    """Save the page as PDF (or PNG, SVG by the suffix); the same report gives the same bytes."""
    save(draw_page(report), path, dpi=110)


def draw_page(report: Report) -> Any:
    """Return the page as a matplotlib figure."""
    figure = new_figure(*_A4, tight=False)
    figure.text(_LEFT, 0.972, plain(report.title), fontsize=12, va="center")
    lines = wrapped(report.headline, (_RIGHT - _LEFT) * _A4[0] / 1.1, 11.5)  # bold is wider
    figure.text(_LEFT, 0.957, plain("\n".join(lines[:2])), fontsize=11.5, fontweight="bold", va="top", linespacing=1.2)
    _draw_parts(figure, report.parts)
    low = 0.315
    if report.study is not None:
        _draw_bullseye(figure, report, low)
    _draw_table(figure, report, low + 0.225, 0.50 if report.study is not None else _LEFT)
    y = _draw_facts(figure, report.facts, low - 0.022)
    _draw_paragraphs(figure, report.paragraphs, y - 0.006)
    figure.text(_LEFT, 0.012, f"{report.versions} {RESEARCH}", fontsize=_SMALL, color="0.35")
    return figure


def _draw_parts(figure: Any, parts: Sequence[Part]) -> None:
    """Draw image with wall, and curves below it (beside it for one part), of each part; one scale for all curves."""
    gap = 0.055
    width = (_RIGHT - _LEFT - gap * 2) / 3
    charts = []
    for k, part in enumerate(parts):
        left = _LEFT + k * (width + gap)
        phases = part.strain.phases
        axes = figure.add_axes((left - 0.02, 0.738, width + 0.04, 0.172))
        draw_wall(axes, part.strain, part.tracks, part.cine, phases.ed)
        axes.set_title(
            f"{part.strain.view or plain(part.name)}, end-diastole, frame {phases.ed + 1}", fontsize=7.5, pad=3
        )
        place = (left + 0.005, 0.588, width, 0.118) if len(parts) > 1 else (left + width + 0.09, 0.61, 0.52, 0.28)
        charts.append(figure.add_axes(place))
        draw_curves(charts[-1], part.strain, r_times(part), ecg_of(part))
        _shrink(charts[-1])
        if k:
            charts[-1].set_ylabel("")
    limits = [axes.get_ylim() for axes in charts]
    for axes in charts:
        axes.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def _shrink(axes: Any) -> None:
    """Make text and lines fit a small chart."""
    axes.tick_params(labelsize=6, length=2, pad=1.5)
    axes.xaxis.label.set_size(6.5)
    axes.yaxis.label.set_size(6.5)
    for text in axes.texts:
        text.set_fontsize(6)
    for line in axes.lines:
        line.set_linewidth(0.7 * line.get_linewidth())
        line.set_markersize(0.55 * line.get_markersize())


def _draw_bullseye(figure: Any, report: Report, low: float) -> None:
    assert report.study is not None
    axes = figure.add_axes((0.02, low + 0.016, 0.45, 0.235))
    values = report.study.values("end_systolic_percent")
    colors = draw_into(axes, values, report.model, STRAIN, size=6.3)
    bar = figure.colorbar(
        colors, cax=figure.add_axes((0.11, low + 0.012, 0.26, 0.006)), orientation="horizontal", extend="both"
    )
    bar.ax.tick_params(labelsize=6, length=2, pad=1)
    bar.set_label(f"{STRAIN.label}; hatched: void; {report.model} segments", fontsize=6.2, labelpad=1)


def _draw_table(figure: Any, report: Report, top: float, left: float) -> None:
    """Draw the segments with their colors, which are those of the curves and the wall."""
    header, rows = report.table
    share = (0.0, 0.33, 0.46, 0.62, 0.77, 0.89) if len(header) > 3 else (0.0, 0.34, 0.60)
    places = [left + 0.014 + s * (_RIGHT - left) for s in share]
    step = min(0.0119, 0.225 / max(len(rows), 1))
    short = [name.replace(" (", "\n(") for name in header]
    for x, name in zip(places, short):
        figure.text(x, top + 0.001, name, fontsize=6.4, fontweight="bold", va="bottom", linespacing=1.1)
    for i, row in enumerate(rows):
        y = top - (i + 0.75) * step
        figure.text(left, y, "\N{BLACK SQUARE}", fontsize=8, color=segment_color(row[0]), va="center")
        for x, cell in zip(places, row):
            figure.text(x, y, plain(textwrap.shorten(cell, 40, placeholder=" ...")), fontsize=6.6, va="center")


def _draw_facts(figure: Any, facts: Sequence[Sequence[str]], top: float) -> float:
    """Draw names and a column for each part; return where they end."""
    first = 0.105
    width = (_RIGHT - _LEFT - first) / max(len(facts[0]) - 1, 1)
    y = top
    for name, *values in facts:
        columns = [wrapped(value, (width - 0.012) * _A4[0], _SMALL) or [""] for value in values]
        figure.text(_LEFT, y, name, fontsize=_SMALL, fontweight="bold", va="top")
        for k, lines in enumerate(columns):
            text = plain("\n".join(lines))
            figure.text(_LEFT + first + k * width, y, text, fontsize=_SMALL, va="top", linespacing=1.15)
        y -= _LINE * max(map(len, columns)) + 0.0016
    return y


def _draw_paragraphs(figure: Any, paragraphs: Sequence[tuple[str, Sequence[str]]], top: float) -> None:
    """Draw what else there is to say; where the page is full, it says so."""
    y = top
    for title, texts in paragraphs:
        lines = wrapped(f"{title}: {' '.join(texts)}", (_RIGHT - _LEFT) * _A4[0], _SMALL)
        room = int((y - _BOTTOM) / _LINE)
        full = len(lines) >= room
        if full:
            lines = [*lines[: max(room - 1, 0)], _("The page is full: the HTML report says the rest.")]
        figure.text(_LEFT, y, plain("\n".join(lines)), fontsize=_SMALL, va="top", linespacing=1.15)
        if full:
            return
        y -= _LINE * len(lines) + 0.003
