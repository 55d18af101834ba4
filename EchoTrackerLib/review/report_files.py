"""The QA report as files: one HTML page that needs nothing else, and two CSV tables."""

from __future__ import annotations

import base64
import csv
import io
import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Optional

import numpy as np

from ..cine.cine import Cine
from ..i18n import readable, true_minus
from ..tracks.decisions import ACCEPTED, REJECTED, TO_CORRECT, UNDECIDED
from ..tracks.tracks import Tracks
from .report import QaReport, make_report
from .report_charts import LIGHT_COLOURS, LIGHT_NAMES, strain_svg, strips_svg
from .rows import BAD_BELOW, GOOD_FROM, LIGHT_LETTERS, MEASURES, find_problems

_STYLE = (
    "body{font:14px/1.45 sans-serif;max-width:1180px;margin:24px auto;padding:0 16px;color:#111}"
    "h1{font-size:22px}h2{font-size:17px;margin-top:28px;border-bottom:1px solid #ccc}"
    "table{border-collapse:collapse;font-size:12.5px}td,th{border:1px solid #ccc;padding:3px 6px;text-align:left}"
    "td:first-child{white-space:nowrap}td.n{text-align:right}.facts td.n{text-align:left}.wide{overflow-x:auto}"
    "@media print{table{font-size:8.5px}td,th{padding:2px 3px}svg{max-width:100%;height:auto}}"
    "tr.rejected td{background:#fbe6dc}tr.correct td{background:#fdf3d8}"
    "figure{display:inline-block;margin:4px 12px 4px 0}figure img{max-width:300px;border:1px solid #ccc}"
    "figcaption{font-size:12px}.key{margin-right:14px}.warning{background:#fdf3d8;padding:4px 8px;margin:3px 0}"
)
_ROW_CLASSES = {REJECTED: ' class="rejected"', TO_CORRECT: ' class="correct"'}
_MEASURE_TITLES = ("forward-backward (px)", "closure (px)", "jitter (px)", "appearance")  # of `MEASURES`
_STRIPS_KEY = (
    "One row a point, left to right by frame (numbered from 1). "
    "\N{MULTIPLICATION X} and a name struck through: rejected."
)
_PICTURE_KEY = (
    "Colored disc with its way over the last frames: a point, from blue to yellow along the wall. Ring: not visible, "
    "says the tracker. White cross: rejected."
)
_CONTENT_WIDTH = 480  # px of the embedded pictures


def write_report(
    folder: Path, tracks: Tracks, cine: Optional[Cine] = None, view: str = "", **settings: object
) -> list[Path]:
    """Write qa-report.html, qa-points.csv and qa-segments.csv into an existing folder; return their paths.

    Equal inputs give equal bytes. Pictures of the clip need `cine` and Pillow, and are left out without them.

    Raises:
        BadInput: the tracks do not fit the clip.
    """
    report = make_report(tracks, cine, view, **settings)
    pictures = [] if cine is None else frame_pictures(report, tracks, cine)
    paths = [folder / "qa-report.html", folder / "qa-points.csv", folder / "qa-segments.csv"]
    paths[0].write_text(report_html(report, pictures), encoding="utf-8", newline="\n")
    _write_csv(paths[1], *points_table(report))
    _write_csv(paths[2], *segments_table(report))
    return paths


def report_html(report: QaReport, pictures: Sequence[tuple[str, bytes]] = ()) -> str:
    """Return the page; pictures are (caption, PNG)."""
    strain = report.strain
    title = "EchoTracker quality report"
    parts = [
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>",
        f"<p>{escape(_summary(report))}</p>",
        *(f'<p class="warning">{escape(text)}</p>' for text in report.warnings),
        "<h2>Strain before and after the review</h2>",
    ]
    if strain is None:
        parts.append(f"<p>No strain: {escape(report.no_strain)}</p>")
    else:
        parts += [_strain_table(report), strain_svg(strain)]
        parts.append("<p>Dashed: all points; bold: without rejected points; dots: end-systole.</p>")
    parts += ["<h2>Segments</h2>", f'<div class="wide">{_table(*segments_table(report))}</div>']
    parts.append(
        "<p>Quality measures: medians over points and frames but the query frame; px of a 256 x 256 grid. Shares of "
        f"frames by confidence: good from {GOOD_FROM:g}, bad below {BAD_BELOW:g}.</p>"
    )
    parts += ["<h2>Quality over time</h2>", _key(), f"<p>{_STRIPS_KEY}</p>"]
    rejected = [row.label for row in report.points if row.decision.status == REJECTED]
    parts.append(strips_svg(report.lights, [row.label for row in report.points], rejected))
    if pictures:
        parts += ["<h2>Pictures</h2>", f"<p>{_PICTURE_KEY}</p>"]
        for caption, png in pictures:
            data = base64.b64encode(png).decode("ascii")
            name = escape(caption)
            parts.append(
                f'<figure><img alt="{name}" src="data:image/png;base64,{data}"><figcaption>{name}</figcaption></figure>'
            )
    header, rows = points_table(report)
    classes = [_ROW_CLASSES.get(row.decision.status, "") for row in report.points]
    parts += ["<h2>Points</h2>", f'<div class="wide">{_table(header, rows, classes)}</div>']
    parts += ["<h2>Clip, tracker, settings</h2>", f'<div class="facts">{_table(("", ""), report.facts)}</div>']
    return "".join([*parts, "</body></html>\n"])


def points_table(report: QaReport) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return (header, rows) of the points; frames are 1-based as on screen."""
    unit = report.points[0].unit if report.points else "px"
    header = ("point", "segment", "decision", "reason", "confidence", "worst frame", f"drift ({unit})")
    rows: list[tuple[str, ...]] = [
        (
            row.label,
            row.segment,
            row.decision.status,
            row.decision.reason,
            _number(row.confidence, 3),
            "" if row.worst_frame is None else str(row.worst_frame + 1),
            _number(row.drift, 2),
            _number(row.displacement, 2),
            *(_number(row.worst[name], 2) for name in MEASURES),
        )
        for row in report.points
    ]
    return (*header, f"displacement ({unit})", *(f"worst {name}" for name in _MEASURE_TITLES)), rows


def segments_table(report: QaReport) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return (header, rows) of the segments; distances in px of the 256 x 256 grid."""
    header = (
        *("segment", "points", "rejected", "decision", "reason", "confidence"),
        *("good (%)", "check (%)", "bad (%)", "lost (%)"),
        *_MEASURE_TITLES,
        *("strain before (%)", "strain after (%)"),
    )
    rows = [
        (
            *(row.name, str(row.n_points), str(row.n_rejected), row.decision.status, row.decision.reason),
            _number(row.confidence, 3),
            *(_number(share, 1) for share in row.shares),
            *(_number(value, 2) for value in row.measures.values()),
            *(_number(row.before, 2), _number(row.after, 2)),
        )
        for row in report.segments
    ]
    return header, rows


def frame_pictures(report: QaReport, tracks: Tracks, cine: Cine) -> list[tuple[str, bytes]]:
    """Return (caption, PNG) of end-diastole, end-systole and the worst problem; nothing without Pillow."""
    try:
        from PIL import Image
    except ImportError:
        return []
    from ..cine.overlay import draw_overlay

    wanted = [("query frame", tracks.query_frame)]
    if report.strain is not None:
        wanted = [("end-diastole", report.strain.before.ed), ("end-systole", report.strain.before.es)]
    problems = find_problems(tracks)
    if problems:
        wanted.append((f"lowest confidence, at '{tracks.labels[problems[0].point]}'", problems[0].worst))
    out = np.array([row.decision.status == REJECTED for row in report.points], dtype=bool)
    pictures = []
    for name, frame in wanted:
        image = Image.fromarray(draw_overlay(cine, tracks.positions, frame, tracks.visible, crossed=out))
        image.thumbnail((_CONTENT_WIDTH, _CONTENT_WIDTH))
        buffer = io.BytesIO()
        image.save(buffer, format="PNG", optimize=True)
        pictures.append((f"{name}, frame {frame + 1}", buffer.getvalue()))
    return pictures


def _summary(report: QaReport) -> str:
    """Return the first sentence: how many points, what was decided."""
    statuses = [row.decision.status for row in report.points]
    counts = [(statuses.count(status), status) for status in (ACCEPTED, REJECTED, TO_CORRECT, UNDECIDED)]
    text = f"{len(statuses)} points: " + ", ".join(f"{count} {status}" for count, status in counts) + "."
    if report.strain is not None and report.strain.after is not None:
        before, after = report.strain.before.gls_percent, report.strain.after.gls_percent
        values = f"{readable(before, 2)} % with all points, {readable(after, 2)} % without the rejected."
        text += f" Global strain at end-systole {values}"
    return text


def _strain_table(report: QaReport) -> str:
    strain = report.strain
    assert strain is not None
    header = ("", "global strain at ES (%)", "ED frame", "ES frame", "drift (%)", "points", "definition")
    rows = [
        (
            name,
            *(_number(s.gls_percent, 2), str(s.ed + 1), str(s.es + 1), _number(s.curve.drift_percent, 2)),
            *(str(len(s.labels)), s.definition),
        )
        for name, s in (("before", strain.before), ("after", strain.after))
        if s is not None
    ]
    return _table(header, rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], classes: Optional[Sequence[str]] = None) -> str:
    """Return an HTML table; cells that read as numbers are set to the right."""
    parts = ["<table>"]
    if any(header):
        parts.append("<tr>" + "".join(f"<th>{escape(name)}</th>" for name in header) + "</tr>")
    for i, row in enumerate(rows):
        cells = "".join(map(_cell, row))
        parts.append(f"<tr{classes[i] if classes else ''}>{cells}</tr>")
    return "".join([*parts, "</table>"])


def _cell(text: str) -> str:
    """Return one cell; its table may be written to a CSV file too, whose numbers have the sign that programs read."""
    if text.replace(".", "", 1).removeprefix("-").isdigit():
        return f'<td class="n">{true_minus(text)}</td>'
    return f"<td>{escape(text)}</td>"


def _key() -> str:
    """Return the legend of the traffic lights."""
    keys = []
    for light, name in LIGHT_NAMES.items():
        sign = f"\N{BLACK SQUARE} {LIGHT_LETTERS[light].strip()}"
        keys.append(f'<span class="key"><b style="color:{LIGHT_COLOURS[light]}">{sign}</b> {name}</span>')
    return f"<p>{''.join(keys)}</p>"


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else ""


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
