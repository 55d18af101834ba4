"""Calibration figures of the confidence: expected calibration error, the curve, the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata

THRESHOLDS = (2.0, 4.0, 8.0)
BINS = 10


def bins_of(chance: np.ndarray, hit: np.ndarray) -> list[tuple[float, float, int]]:
    """(mean predicted, share true, count) of each bin that is not empty, ten equal bins of the prediction."""
    index = np.minimum((chance * BINS).astype(int), BINS - 1)
    return [
        (float(chance[index == b].mean()), float(hit[index == b].mean()), int((index == b).sum()))
        for b in np.unique(index)
    ]


def expected_calibration_error(chance: np.ndarray, hit: np.ndarray) -> float:
    """Mean distance of predicted from true share over the bins, weighted by their counts (Naeini et al., AAAI 2015)."""
    return sum(count * abs(mean - share) for mean, share, count in bins_of(chance, hit)) / len(hit)


def area_under_curve(score: np.ndarray, hit: np.ndarray) -> float:
    """The chance that a hit has a higher score than a miss."""
    ranks, n = rankdata(score), int(hit.sum())
    return float((ranks[hit].sum() - n * (n + 1) / 2) / (n * (len(hit) - n))) if 0 < n < len(hit) else float("nan")


def _figure(value: float) -> str:
    """A number with three decimals; "-" where there is none, as of the AUC without a miss."""
    return f"{value:.3f}" if np.isfinite(value) else "-"


def clip_interval(chance: np.ndarray, hit: np.ndarray, clip: np.ndarray, draws: int = 200) -> tuple[float, float]:
    """95 % interval of the expected calibration error when whole clips are drawn again (bootstrap)."""
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(clip == c) for c in np.unique(clip)]
    errors = []
    for _ in range(draws):
        chosen = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        errors.append(expected_calibration_error(chance[chosen], hit[chosen]))
    low, high = np.percentile(errors, [2.5, 97.5])
    return float(low), float(high)


def table_text(
    tracker: str,
    known: dict[str, np.ndarray],
    unseen: dict[str, np.ndarray],
    chances: dict[float, np.ndarray],
    hits: dict[float, np.ndarray],
    models: dict[float, Any],
) -> str:
    """The report as Markdown."""
    lines = [
        "# Calibration of the confidence",
        "",
        f"Tracker `{tracker}`; models fitted on {len(np.unique(known['clip']))} phantom clips "
        f"({len(known['error'])} positions), judged on {len(np.unique(unseen['clip']))} other clips "
        f"({len(unseen['error'])} positions) that no fit has seen. Errors in px of the 256 x 256 grid. Made by "
        "`python Testing/benchmarks/calibrate_confidence.py --write`. ECE: expected calibration error over ten equal "
        "bins; its interval by drawing whole clips again; AUC: chance that a hit has the higher confidence.",
        "",
        "| within | true share | mean predicted | ECE | 95 % interval | AUC |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for threshold in THRESHOLDS:
        chance, hit = chances[threshold], hits[threshold]
        low, high = clip_interval(chance, hit, unseen["clip"])
        lines.append(
            f"| {threshold:g} px | {hit.mean():.3f} | {chance.mean():.3f} | "
            f"{expected_calibration_error(chance, hit):.3f} | {low:.3f} to {high:.3f} | "
            f"{_figure(area_under_curve(chance, hit))} |"
        )
    lines += ["", "| within | predicted | true | positions |", "| --- | --- | --- | --- |"]
    for threshold in THRESHOLDS:
        for mean, share, count in bins_of(chances[threshold], hits[threshold]):
            lines.append(f"| {threshold:g} px | {mean:.2f} | {share:.2f} | {count} |")
    lines += ["", "| within | constant | forward-backward | closure | jitter | appearance |", "| --- " * 6 + "|"]
    for threshold, model in models.items():
        weights = " | ".join(f"{model.weights[name]:.2f}" for name in model.weights)
        lines.append(f"| {threshold:g} px | {model.constant:.2f} | {weights} |")
    return "\n".join(lines) + "\n"


def save_curve(path: Path, chances: dict[float, np.ndarray], hits: dict[float, np.ndarray]) -> None:
    """Save the calibration curves as PNG: predicted against true share, marker area by the number of positions."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(THRESHOLDS), sharey=True)
    for place, threshold in zip(axes, THRESHOLDS):
        bins = np.array(bins_of(chances[threshold], hits[threshold]))
        place.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle=(0, (4, 3)), label="perfect")
        place.plot(bins[:, 0], bins[:, 1], color="#0072B2", linewidth=1.6, zorder=2)
        area = 20 + 180 * bins[:, 2] / bins[:, 2].sum()
        place.scatter(bins[:, 0], bins[:, 1], s=area, color="#0072B2", edgecolor="white", zorder=3, label="measured")
        error = expected_calibration_error(chances[threshold], hits[threshold])
        place.set_title(f"within {threshold:g} px: ECE {error:.3f}", loc="left", fontsize=11)
        place.set_xlabel("predicted")
        place.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
        place.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("true share of positions")
    axes[0].legend(frameon=False, loc="upper left", fontsize=8.5)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
