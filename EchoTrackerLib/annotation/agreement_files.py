"""The agreement of two annotation sets as files: a table of every distance, and a heat strip a point as SVG."""

from __future__ import annotations

import csv
import math
from html import escape
from pathlib import Path

import numpy as np

from ..agreement import Agreement
from ..errors import BadInput
from ..files import complete_file
from ..i18n import readable
from ..i18n import tr as _
from ..svg import open_svg, ticks
from .agreement import AnnotationAgreement, Distances

COLUMNS = ("label", "segment", "frame", "time_s", "distance_px", "distance_mm")
_ROW, _LABEL_WIDTH, _STRIP_WIDTH, _MEAN_WIDTH, _TOP = 14, 150, 640, 60, 34
# From small to large, rising in lightness for every kind of color vision (cividis at five places).
_ANCHORS = np.array([[0, 34, 78], [65, 77, 107], [124, 123, 120], [188, 175, 111], [254, 232, 56]], dtype=np.float64)
_UNCOMPARED = "#e8e8e8"


def write_agreement(path: Path, found: AnnotationAgreement, names: tuple[str, str]) -> None:
    """Write the agreement of two sets with these names by the file's suffix; the file appears only when complete.

    A .csv file has one line a point and frame that count in both sets, frames from 0, and the figures in comment lines
    before; an .svg file has the distances over time.

    Raises:
        BadInput: another suffix.
    """
    path = Path(path)
    if path.suffix.lower() == ".svg":
        with complete_file(path) as partial:
            partial.write_text(agreement_svg(found, names), encoding="utf-8")
        return
    if path.suffix.lower() != ".csv":
        raise BadInput(
            _("{name}: unknown format. Use .csv for the table or .svg for the picture over time.").format(
                name=path.name
            )
        )
    with complete_file(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        for line in _figures(found, names):
            file.write(f"# {line}\n")
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for i, t in zip(*np.nonzero(np.isfinite(found.distance_px))):
            mm = "" if found.distance_mm is None else f"{found.distance_mm[i, t]:.4f}"
            facts = (found.labels[i], found.segments[i], int(t), f"{found.times_s[t]:.6g}")
            writer.writerow((*facts, f"{found.distance_px[i, t]:.4f}", mm))


def agreement_svg(found: AnnotationAgreement, names: tuple[str, str]) -> str:
    """Return the distances over time as SVG text: a row a point and one for their mean, a column a frame."""
    means = [found.overall, *(found.by_point[label] for label in found.labels)]
    rows = list(zip(("all points", *found.labels), (found.over_time, *found.distance), means))
    width, height = _LABEL_WIDTH + _STRIP_WIDTH + _MEAN_WIDTH, _TOP + len(rows) * _ROW + 54
    limit = found.full_scale
    parts = [open_svg(width, height, "Distance between two annotation sets over time")]
    parts.append(f'<rect width="{width}" height="{height}" fill="#fff"/>')
    title = f"'{names[0]}' and '{names[1]}': distance in {found.unit} over time"
    parts.append(f'<text x="{_LABEL_WIDTH}" y="14" font-size="12">{escape(title)}</text>')
    parts.append(f'<text x="{width - 6}" y="{_TOP - 6}" text-anchor="end">mean</text>')
    step = _STRIP_WIDTH / max(len(found.times_s), 1)
    for k, (label, distances, d) in enumerate(rows):
        top, mean = _TOP + k * _ROW, d.mean_mm if found.unit == "mm" else d.mean_px
        parts.append(f'<text x="{_LABEL_WIDTH - 6}" y="{top + 10}" text-anchor="end">{escape(label)}</text>')
        parts.append(f'<text x="{width - 6}" y="{top + 10}" text-anchor="end">{_number(mean)}</text>')
        parts += [_cell(distances[t], t, top, step, limit, found.unit) for t in range(len(distances))]
    bottom = _TOP + len(rows) * _ROW
    for frame in ticks(len(found.times_s)):
        x = _LABEL_WIDTH + (frame + 0.5) * step
        parts.append(f'<text x="{x:.1f}" y="{bottom + 12}" text-anchor="middle" fill="#555">{frame + 1}</text>')
    return "".join([*parts, *_scale(bottom + 24, limit, found.unit), "</svg>\n"])


def _cell(distance: float, frame: int, top: int, step: float, limit: float, unit: str) -> str:
    colour, title = _UNCOMPARED, "not compared"
    if math.isfinite(distance):
        colour, title = _colour(distance / limit), f"{distance:.2f} {unit}"
    place = f'x="{_LABEL_WIDTH + frame * step:.2f}" y="{top + 1}" width="{step + 0.05:.2f}" height="{_ROW - 2}"'
    return f'<rect {place} fill="{colour}"><title>frame {frame + 1}: {title}</title></rect>'


def _scale(top: int, limit: float, unit: str) -> list[str]:
    """Return the legend: shades from 0 to the limit, and the shade of what was not compared."""
    parts = [
        f'<rect x="{_LABEL_WIDTH + 4 * k}" y="{top}" width="4.1" height="10" fill="{_colour(k / 49)}"/>'
        for k in range(50)
    ]
    text = f'y="{top + 22}" text-anchor'
    parts.append(f'<text x="{_LABEL_WIDTH}" {text}="start">0</text>')
    parts.append(f'<text x="{_LABEL_WIDTH + 200}" {text}="end">{limit:.2f} {unit} or more</text>')
    parts.append(f'<rect x="{_LABEL_WIDTH + 240}" y="{top}" width="20" height="10" fill="{_UNCOMPARED}"/>')
    parts.append(f'<text x="{_LABEL_WIDTH + 266}" y="{top + 9}">does not count in both sets</text>')
    return parts


def _colour(share: float) -> str:
    place = min(max(share, 0.0), 1.0) * (len(_ANCHORS) - 1)
    rgb = [round(float(np.interp(place, range(len(_ANCHORS)), channel))) for channel in _ANCHORS.T]
    return "#" + "".join(f"{part:02x}" for part in rgb)


def _figures(found: AnnotationAgreement, names: tuple[str, str]) -> list[str]:
    states = ", ".join(found.counted)
    lines = [
        f"first set '{names[0]}' by {found.annotators[0] or 'nobody named'}, "
        f"second set '{names[1]}' by {found.annotators[1] or 'nobody named'}",
        f"counted where both sets are one of: {states}",
        f"all points: {_distances(found.overall)}",
        *(f"segment {name}: {_distances(d)}" for name, d in found.by_segment.items()),
        *(f"point {name}: {_distances(d)}" for name, d in found.by_point.items()),
        f"across (x), first minus second: {_limits(found.x, found.unit)}",
        f"down (y), first minus second: {_limits(found.y, found.unit)}",
    ]
    return [line.replace("\n", " ") for line in lines]


def _distances(d: Distances) -> str:
    px = f"mean {_number(d.mean_px)} SD {_number(d.sd_px)} 95 % below {_number(d.upper_px)} px"
    mm = f"mean {_number(d.mean_mm)} SD {_number(d.sd_mm)} 95 % below {_number(d.upper_mm)} mm"
    return f"n {d.n}, {px}, {mm}"


def _limits(agreement: Agreement, unit: str) -> str:
    limits = f"95 % limits {readable(agreement.lower_limit, 3)} to {readable(agreement.upper_limit, 3)} {unit}"
    return f"bias {readable(agreement.bias, 3)} {unit}, {limits}, ICC(2,1) {agreement.icc_absolute:.3f}"


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "unknown"
