"""Agreement of two or more measurements of the same things (methods, observers, examinations)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import BadInput


@dataclass(frozen=True)
class Agreement:
    """Two series compared, first minus second; Bland and Altman, Lancet 1986, doi 10.1016/S0140-6736(86)90837-8.

    Attributes:
        n: pairs.
        bias: mean difference.
        sd: standard deviation (n - 1) of the differences.
        mean_absolute_difference: mean of their absolute values.
        lower_limit, upper_limit: 95 % limits of agreement, bias -/+ 1.96 sd.
        standard_error_of_measurement: sd / sqrt(2), of one measurement.
        minimal_detectable_change: 1.96 * sqrt(2) * standard error = 1.96 sd.
        coefficient_of_variation_percent: standard error over the mean of all values; NaN when that is 0.
        icc_absolute: ICC(2,1).
        icc_consistency: ICC(3,1).
    """

    n: int
    bias: float
    sd: float
    mean_absolute_difference: float
    lower_limit: float
    upper_limit: float
    standard_error_of_measurement: float
    minimal_detectable_change: float
    coefficient_of_variation_percent: float
    icc_absolute: float
    icc_consistency: float


def compare(first: np.ndarray, second: np.ndarray) -> Agreement:
    """Return the agreement of two series of the same length; pairs with an unknown value (NaN) are left out.

    Raises:
        BadInput: different lengths, or fewer than two complete pairs.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise BadInput(f"The two series must have the same length; they have shapes {a.shape} and {b.shape}.")
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if len(a) < 2:
        raise BadInput(f"Agreement needs at least two complete pairs; there are {len(a)}.")
    difference = a - b
    bias, sd = float(difference.mean()), float(difference.std(ddof=1))
    error = sd / np.sqrt(2)
    mean = abs(float(np.mean([a, b])))
    ratings = np.stack([a, b], axis=1)
    return Agreement(
        n=len(a),
        bias=bias,
        sd=sd,
        mean_absolute_difference=float(np.abs(difference).mean()),
        lower_limit=bias - 1.96 * sd,
        upper_limit=bias + 1.96 * sd,
        standard_error_of_measurement=float(error),
        minimal_detectable_change=1.96 * sd,
        coefficient_of_variation_percent=float(100 * error / mean) if mean > 0 else float("nan"),
        icc_absolute=icc_2_1(ratings),
        icc_consistency=icc_3_1(ratings),
    )


def icc_2_1(ratings: np.ndarray) -> float:
    """Return ICC(2,1): two-way random, absolute agreement, one rating (Shrout and Fleiss, Psychol Bull 1979;86:420).

    Args:
        ratings: float [targets, raters], at least 2 x 2, no NaN. The result is NaN when nothing varies.
    """
    targets, raters, between, among, residual = _mean_squares(ratings)
    spread = between + (raters - 1) * residual + raters * (among - residual) / targets
    return float((between - residual) / spread) if spread > 0 else float("nan")


def icc_3_1(ratings: np.ndarray) -> float:
    """Return ICC(3,1): two-way mixed, consistency, one rating (Shrout and Fleiss, Psychol Bull 1979;86:420).

    Args:
        ratings: float [targets, raters], at least 2 x 2, no NaN. The result is NaN when nothing varies.
    """
    _, raters, between, _, residual = _mean_squares(ratings)
    spread = between + (raters - 1) * residual
    return float((between - residual) / spread) if spread > 0 else float("nan")


def _mean_squares(ratings: np.ndarray) -> tuple[int, int, float, float, float]:
    """Return (targets, raters, mean squares between targets, between raters, residual) of a two-way layout."""
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).all():
        raise BadInput("ICC needs a complete table of at least two targets and two raters.")
    targets, raters = table.shape
    rows = table.mean(axis=1) - table.mean()
    columns = table.mean(axis=0) - table.mean()
    residual = table - table.mean() - rows[:, None] - columns
    return (
        targets,
        raters,
        raters * float(np.sum(rows**2)) / (targets - 1),
        targets * float(np.sum(columns**2)) / (raters - 1),
        float(np.sum(residual**2)) / ((targets - 1) * (raters - 1)),
    )
