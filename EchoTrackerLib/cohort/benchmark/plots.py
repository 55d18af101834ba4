"""Pictures to Table 1: error over time, cumulative error, error by part of the wall."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...strain.pictures.drawing import new_figure, save
from .figures import ERROR_EDGES_PX, LEVELS, PHASE_BINS
from .report import compared
from .run import Result, figure

# Okabe and Ito's palette, told apart with any color vision; line styles tell them apart in gray.
_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000", "#999999")
_STYLES = ("-", "--", "-.", ":")
_LARGEST_PX = 16.0


def save_plots(folder: Path, results: Sequence[Result], trackers: Sequence[str]) -> list[Path]:
    """Save error-over-cycle.png, cumulative-error.png and, where the wall's parts are known, error-by-segment.png."""
    common = compared(results, trackers)
    drawn = {"error-over-cycle": _over_cycle, "cumulative-error": _cumulative, "error-by-segment": _by_segment}
    paths = []
    for name, draw in drawn.items():
        picture = draw(common, trackers)
        if picture is not None:
            paths.append(folder / f"{name}.png")
            save(picture, paths[-1])
    return paths


def _over_cycle(results: Sequence[Result], trackers: Sequence[str]) -> Any:
    figure_, axes = _axes(
        "share of the time from the query frame to the end of the clip", "mean error (px of the 256 grid)"
    )
    middles = (np.arange(PHASE_BINS) + 0.5) / PHASE_BINS
    for k, tracker in enumerate(trackers):
        curves = np.array([r.facts["cycle"] for r in results if r.tracker == tracker], dtype=np.float64)
        known = np.isfinite(curves).any(axis=0)
        axes.plot(middles[known], np.nanmean(curves[:, known], axis=0), label=tracker, **_look(k))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return figure_


def _cumulative(results: Sequence[Result], trackers: Sequence[str]) -> Any:
    figure_, axes = _axes("error (px of the 256 grid)", "positions with a smaller error (%)")
    shown = ERROR_EDGES_PX[ERROR_EDGES_PX <= _LARGEST_PX]
    for k, tracker in enumerate(trackers):
        shares = []
        for result in (r for r in results if r.tracker == tracker):
            counts = np.array(result.facts["histogram"], dtype=np.float64)
            shares.append(np.concatenate([[0.0], np.cumsum(counts)])[: len(shown)] / counts.sum())
        axes.plot(shown, 100 * np.mean(shares, axis=0), label=tracker, **_look(k))
    axes.set_xlim(0, _LARGEST_PX)
    axes.set_ylim(0, 100)
    axes.legend(frameon=False, loc="lower right")
    return figure_


def _by_segment(results: Sequence[Result], trackers: Sequence[str]) -> Any:
    kind = "segments" if len({r.facts["view"] for r in results}) == 1 else "levels"
    found = dict.fromkeys(name for result in results for name in result.facts[kind])
    names = [*found] if kind == "segments" else [level for level in LEVELS if level in found]
    if not names:
        return None
    figure_, axes = _axes("", "MTE (px of the 256 grid)")
    width = 0.8 / len(trackers)
    for k, tracker in enumerate(trackers):
        mine = [r for r in results if r.tracker == tracker]
        means = [np.nanmean([figure(r, "mte_px", (kind, name)) for r in mine]) for name in names]
        axes.bar(np.arange(len(names)) + (k - (len(trackers) - 1) / 2) * width, means, width, label=tracker,
                 color=_COLORS[k % len(_COLORS)], edgecolor="black", linewidth=0.4)  # fmt: skip
    slanted = {"rotation": 20, "ha": "right"} if kind == "segments" else {}
    axes.set_xticks(np.arange(len(names)), names, **slanted)
    axes.legend(frameon=False)
    return figure_


def _axes(x: str, y: str) -> Any:
    figure_ = new_figure(6.4, 4.2)
    axes = figure_.add_subplot()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure_, axes


def _look(k: int) -> dict[str, Any]:
    return {"color": _COLORS[k % len(_COLORS)], "linestyle": _STYLES[k % len(_STYLES)], "linewidth": 1.6}
