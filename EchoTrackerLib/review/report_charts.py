"""Charts of the QA report as SVG text: the same input gives the same bytes, without a drawing library."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from ..i18n import readable
from ..strain.strain import Strain
from ..svg import open_svg, ticks
from .rows import BAD, CHECK, GOOD, LIGHT_LETTERS, LOST, UNKNOWN
from .strain import ReviewedStrain

LIGHT_NAMES = {GOOD: "good", CHECK: "check", BAD: "bad", LOST: "lost", UNKNOWN: "unknown"}
# Okabe and Ito's colors; bars also differ in height and letter, for readers who see no colors.
LIGHT_COLOURS = {GOOD: "#009E73", CHECK: "#E69F00", BAD: "#D55E00", LOST: "#666666", UNKNOWN: "#CCCCCC"}
_LIGHT_HEIGHTS = {GOOD: 0.35, CHECK: 0.65, BAD: 1.0, LOST: 1.0, UNKNOWN: 0.35}
_ROW, _LABEL_WIDTH, _STRIP_WIDTH = 14, 150, 640
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 800, 300, 50, 34, 18


def strips_svg(lights: np.ndarray, labels: Sequence[str], rejected: Sequence[str]) -> str:
    """Return the traffic lights [N, T] as one row a point; rejected points are struck through."""
    n, t = lights.shape
    step = _STRIP_WIDTH / max(t, 1)
    height = n * _ROW + 22
    parts = [open_svg(_LABEL_WIDTH + _STRIP_WIDTH + 10, height, "Traffic lights over time")]
    for i, label in enumerate(labels):
        top = i * _ROW
        strike, sign = (' text-decoration="line-through"', "\N{MULTIPLICATION X} ") if label in rejected else ("", "")
        place = f'x="{_LABEL_WIDTH - 6}" y="{top + 10}" text-anchor="end"'
        parts.append(f"<text {place}{strike}>{sign}{escape(label)}</text>")
        parts += [_run(light, first, stop, top, step) for light, first, stop in light_runs(lights[i])]
    for frame in ticks(t):
        x = _LABEL_WIDTH + (frame + 0.5) * step
        parts.append(f'<text x="{x:.1f}" y="{height - 6}" text-anchor="middle" fill="#555">{frame + 1}</text>')
    return "".join([*parts, "</svg>"])


def light_runs(row: np.ndarray) -> list[tuple[int, int, int]]:
    """Return (light, first frame, stop frame) of each stretch of the same traffic light [T]."""
    if not len(row):
        return []
    edges = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), len(row)]
    return [(int(row[first]), first, stop) for first, stop in zip(edges, edges[1:])]


def strain_svg(reviewed: ReviewedStrain) -> str:
    """Return the global strain curves before (thin, dashed) and after (bold) the decisions."""
    after = reviewed.after
    curves = [reviewed.before] if after is None else [reviewed.before, after]
    times = reviewed.before.times_s
    values = np.concatenate([curve.percent for curve in curves])
    low, high = 5 * np.floor(min(0.0, values.min()) / 5), 5 * np.ceil(max(0.1, values.max()) / 5)

    def x(time_s: float) -> float:
        return float(_LEFT + (time_s - times[0]) / (times[-1] - times[0]) * (_WIDTH - _LEFT - 20))

    def y(percent: float) -> float:
        return float(_TOP + (high - percent) / (high - low) * (_HEIGHT - _TOP - _BOTTOM))

    parts = [open_svg(_WIDTH, _HEIGHT, "Global strain before and after the review")]
    for level in np.arange(low, high + 1, 5):
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 20}" y1="{y(level):.1f}" y2="{y(level):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y(level) + 4:.1f}" text-anchor="end">{readable(level, 0)}</text>')
    for frame in ticks(len(times)):
        place = f'x="{x(times[frame]):.1f}" y="{_HEIGHT - 18}"'
        parts.append(f'<text {place} text-anchor="middle">{times[frame]:.2f}</text>')
    parts.append(f'<text x="{_WIDTH - 20}" y="{_HEIGHT - 4}" text-anchor="end">time (s); strain in %</text>')
    looks = [("#777", "1.5", ' stroke-dasharray="6 4"'), ("#000", "2.6", "")]
    for curve, (colour, width, dash) in zip(curves, looks if after is not None else looks[1:]):
        line = " ".join(f"{x(t):.2f},{y(v):.2f}" for t, v in zip(times, curve.percent))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}/>')
        parts.append(_end_systole(curve, x(times[curve.es]), y(curve.gls_percent), colour))
    return "".join([*parts, "</svg>"])


def _end_systole(curve: Strain, x: float, y: float, colour: str) -> str:
    title = f"<title>ES {readable(curve.gls_percent, 2)} %</title>"
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4.5" fill="{colour}">{title}</circle>'


def _run(light: int, first: int, stop: int, top: int, step: float) -> str:
    """Return one stretch: a bar of its own height, with a letter where it is wide enough."""
    width, height = (stop - first) * step, _LIGHT_HEIGHTS[light] * (_ROW - 2)
    x, y = _LABEL_WIDTH + first * step, top + 1 + (_ROW - 2) - height
    bar = (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{LIGHT_COLOURS[light]}">'
        f"<title>{LIGHT_NAMES[light]}: frames {first + 1} to {stop}</title></rect>"
    )
    if light in (GOOD, UNKNOWN) or width < 7:
        return bar
    middle = f'x="{x + width / 2:.1f}" y="{top + 11}"'
    return f'{bar}<text {middle} text-anchor="middle" fill="#000" font-weight="bold">{LIGHT_LETTERS[light]}</text>'
