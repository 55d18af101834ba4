"""The report as one HTML file that needs nothing else; it prints on one page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..pictures.bullseye import draw_bullseye
from ..pictures.chart import draw_chart
from ..pictures.colors import segment_color
from ..pictures.drawing import new_figure, save
from ..pictures.scales import QUANTITIES
from ..pictures.wall import draw_wall
from .content import RESEARCH, Part, Report, ecg_of, r_times

_STYLE = (
    "body{font:13px/1.4 sans-serif;max-width:1180px;margin:20px auto;padding:0 16px;color:#111}"
    "h1{font-size:18px;font-weight:normal;margin:0}h2{font-size:20px;margin:2px 0 12px}"
    ".row{display:flex;gap:10px;flex-wrap:wrap;align-items:flex-start}.row figure{flex:1;min-width:260px;margin:0}"
    "img{max-width:100%}table{border-collapse:collapse;font-size:11.5px}td,th{border:1px solid #ccc;padding:2px 6px;"
    "text-align:left;vertical-align:top}figcaption{font-size:11.5px}"
    "@page{size:A4;margin:8mm}@media print{body{font-size:8px;margin:0;max-width:none}table{font-size:7px}"
    "td,th{padding:0 3px}h1{font-size:12px}h2{font-size:13px}.row figure{min-width:0}}"
)


def write_html(path: Path, report: Report) -> None:
    """Write the page; the same report gives the same bytes."""
    path.write_text(report_html(report), encoding="utf-8", newline="\n")


def report_html(report: Report) -> str:
    """Return the page."""
    title = escape(report.title)
    parts = [
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1><h2>{escape(report.headline)}</h2>",
        '<div class="row">',
        *(
            _figure(_wall(part), f"{part.strain.view}, end-diastole, frame {part.strain.ed + 1}")
            for part in report.parts
        ),
        '</div><div class="row">',
        *(_figure(draw_chart(part.strain, r_times(part), ecg_of(part)), "") for part in report.parts),
        "</div>",
    ]
    if report.study is not None:
        pictures = [
            _figure(draw_bullseye(report.study.values(q.source), report.model, q, q.label.capitalize()), "")
            for q in QUANTITIES
        ]
        parts += ['<div class="row">', *pictures, "</div>"]
    parts += ['<div class="row">', _segments(report), _table(report.facts), "</div>"]
    parts += [f"<p><b>{escape(name)}:</b> {escape(' '.join(texts))}</p>" for name, texts in report.paragraphs]
    return "".join([*parts, f"<p>{escape(report.versions)} {RESEARCH}</p></body></html>\n"])


def _wall(part: Part) -> Any:
    figure = new_figure(3.6, 3.2)
    axes = figure.add_subplot()
    draw_wall(axes, part.strain, part.tracks, part.cine, part.strain.ed)
    return figure


def _figure(drawn: Any, caption: str) -> str:
    buffer = io.BytesIO()
    save(drawn, buffer, dpi=110)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    alt = escape(caption or "picture")
    text = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure><img alt="{alt}" src="data:image/png;base64,{data}">{text}</figure>'


def _segments(report: Report) -> str:
    header, rows = report.table
    lines = ["<tr>" + "".join(f"<th>{escape(name)}</th>" for name in header) + "</tr>"]
    for row in rows:
        mark = f'<span style="color:{segment_color(row[0])}">\N{BLACK SQUARE}</span> '
        cells = "".join(f"<td>{mark if i == 0 else ''}{escape(cell)}</td>" for i, cell in enumerate(row))
        lines.append(f"<tr>{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [
        f"<tr><th>{escape(name)}</th>" + "".join(f"<td>{escape(value)}</td>" for value in values) + "</tr>"
        for name, *values in rows
    ]
    return f"<table>{''.join(lines)}</table>"
