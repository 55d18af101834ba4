"""Means over clips with their uncertainty, and one tracker against another on the same clips."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 5000
_SEED = 0  # equal figures give equal intervals
_FEWEST_FOR_TEST = 6  # below, the smallest possible two-sided p is above 0.03


@dataclass(frozen=True)
class Mean:
    """A mean over clips and its 95 % interval by bootstrap (NaN with fewer than two groups)."""

    value: float
    low: float
    high: float


def mean_interval(values: Sequence[float], groups: Sequence[str]) -> Mean:
    """Return the mean and its 95 % percentile interval, resampling whole groups (subjects, or single clips).

    Args:
        values: one a clip; NaN is left out.
        groups: the subject of each clip, or the clip itself.
    """
    from scipy.stats import bootstrap

    sums, counts = _grouped(values, groups)
    if not counts.sum():
        return Mean(math.nan, math.nan, math.nan)
    value = float(sums.sum() / counts.sum())
    if len(counts) < 2:
        return Mean(value, math.nan, math.nan)
    if np.ptp(sums / counts) == 0:
        return Mean(value, value, value)
    found = bootstrap(
        (sums, counts),
        lambda s, c, axis=-1: s.sum(axis=axis) / c.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        method="percentile",
        random_state=np.random.default_rng(_SEED),
    )
    return Mean(value, float(found.confidence_interval.low), float(found.confidence_interval.high))


def paired_p(first: Sequence[float], second: Sequence[float], groups: Sequence[str]) -> float:
    """Return p of Wilcoxon's signed-rank test on the groups' mean differences; NaN with fewer than six groups."""
    from scipy.stats import wilcoxon

    sums, counts = _grouped(np.subtract(first, second).tolist(), groups)
    differences = sums / counts
    if len(differences) < _FEWEST_FOR_TEST:
        return math.nan
    if not np.any(differences):
        return 1.0
    return float(wilcoxon(differences).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values adjusted for their number (Holm, Scand J Stat 1979;6:65); NaN stays and does not count."""
    adjusted = [math.nan] * len(p_values)
    order = sorted((i for i, p in enumerate(p_values) if not math.isnan(p)), key=lambda i: p_values[i])
    highest = 0.0
    for place, i in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - place) * p_values[i]))
        adjusted[i] = highest
    return adjusted


def _grouped(values: Sequence[float], groups: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return (sum, count) of the known values of each group, groups in order of first appearance."""
    sums: dict[str, float] = {}
    counts: dict[str, int] = {}
    for value, group in zip(values, groups):
        if math.isfinite(value):
            sums[group] = sums.get(group, 0.0) + value
            counts[group] = counts.get(group, 0) + 1
    return np.array(list(sums.values()), dtype=np.float64), np.array(list(counts.values()), dtype=np.float64)
