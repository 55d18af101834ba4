"""Agreement of two measurements of the same things (methods, observers, examinations).

Sources: Bland and Altman, Lancet 1986;327:307-310, doi 10.1016/S0140-6736(86)90837-8 (bias, limits, their confidence
intervals, within-subject deviation) and Stat Methods Med Res 1999;8:135-160, doi 10.1177/096228029900800204
(proportional bias); Shrout and Fleiss, Psychol Bull 1979;86:420-428, and McGraw and Wong, Psychol Methods 1996;1:30-46
(ICC and its intervals). All intervals cover 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import BadInput

Interval = tuple[float, float]
UNKNOWN: Interval = (float("nan"), float("nan"))
_TAIL = 0.975


@dataclass(frozen=True)
class Agreement:
    """Two series compared, first minus second, in their own unit; what the pairs do not give is NaN.

    Attributes:
        n: pairs.
        bias: mean difference, with its interval.
        sd: standard deviation (n - 1) of the differences.
        mean_absolute_difference: mean of their absolute values.
        lower_limit, upper_limit: 95 % limits of agreement, bias -/+ 1.96 sd, with their intervals.
        icc_absolute: ICC(2,1), which sees a bias, with its interval.
        icc_consistency: ICC(3,1), which does not see a bias, with its interval.
        within_subject_sd: sqrt(sum of d^2 / 2n) of the differences d, which sees the bias.
        within_subject_cv_percent: the same over the mean of all values; NaN where the values change sign.
        minimal_detectable_change: 1.96 * sqrt(2) * within_subject_sd, which sees the bias.
        cv_without_bias_percent, minimal_detectable_change_without_bias: the same of sd / sqrt(2), blind to a bias.
        slope, intercept: of the differences on the means of the pairs (proportional bias); slope with interval and p.
    """

    n: int
    bias: float
    bias_interval: Interval
    sd: float
    mean_absolute_difference: float
    lower_limit: float
    lower_limit_interval: Interval
    upper_limit: float
    upper_limit_interval: Interval
    icc_absolute: float
    icc_absolute_interval: Interval
    icc_consistency: float
    icc_consistency_interval: Interval
    within_subject_sd: float
    within_subject_cv_percent: float
    minimal_detectable_change: float
    cv_without_bias_percent: float
    minimal_detectable_change_without_bias: float
    slope: float
    slope_interval: Interval
    slope_p: float
    intercept: float


def compare(first: np.ndarray, second: np.ndarray) -> Agreement:
    """Return the agreement of two series of the same length; pairs with an unknown value (NaN) are left out.

    Raises:
        BadInput: different lengths, or fewer than two complete pairs.
    """
    from scipy.stats import t as student

    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise BadInput(f"The two series must have the same length; they have shapes {a.shape} and {b.shape}.")
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if len(a) < 2:
        raise BadInput(f"Agreement needs at least two complete pairs; there are {len(a)}.")
    n, difference, values = len(a), a - b, np.concatenate([a, b])
    bias, sd = float(difference.mean()), float(difference.std(ddof=1))
    quantile = float(student.ppf(_TAIL, n - 1))
    of_bias, of_limit = quantile * sd / np.sqrt(n), quantile * sd * np.sqrt(3 / n)
    lower, upper = bias - 1.96 * sd, bias + 1.96 * sd
    ratings = np.stack([a, b], axis=1)
    within, without = float(np.sqrt(np.mean(difference**2) / 2)), float(sd / np.sqrt(2))
    one_sign = bool((values > 0).all() or (values < 0).all())
    mean = abs(float(values.mean())) if one_sign else float("nan")
    slope, slope_interval, slope_p, intercept = _regression((a + b) / 2, difference)
    return Agreement(
        n=n,
        bias=bias,
        bias_interval=_around(bias, of_bias),
        sd=sd,
        mean_absolute_difference=float(np.abs(difference).mean()),
        lower_limit=lower,
        lower_limit_interval=_around(lower, of_limit),
        upper_limit=upper,
        upper_limit_interval=_around(upper, of_limit),
        icc_absolute=icc_2_1(ratings),
        icc_absolute_interval=icc_2_1_interval(ratings),
        icc_consistency=icc_3_1(ratings),
        icc_consistency_interval=icc_3_1_interval(ratings),
        within_subject_sd=within,
        within_subject_cv_percent=100 * within / mean,
        minimal_detectable_change=float(1.96 * np.sqrt(2) * within),
        cv_without_bias_percent=100 * without / mean,
        minimal_detectable_change_without_bias=1.96 * sd,
        slope=slope,
        slope_interval=slope_interval,
        slope_p=slope_p,
        intercept=intercept,
    )


def icc_2_1(ratings: np.ndarray) -> float:
    """Return ICC(2,1): two-way random, absolute agreement, one rating.

    Args:
        ratings: float [targets, raters], at least 2 x 2, no NaN. The result is NaN when nothing varies.
    """
    n, k, between, among, residual = _mean_squares(ratings)
    spread = between + (k - 1) * residual + k * (among - residual) / n
    return float((between - residual) / spread) if spread > 0 else float("nan")


def icc_3_1(ratings: np.ndarray) -> float:
    """Return ICC(3,1): two-way mixed, consistency, one rating.

    Args:
        ratings: float [targets, raters], at least 2 x 2, no NaN. The result is NaN when nothing varies.
    """
    _, k, between, _, residual = _mean_squares(ratings)
    spread = between + (k - 1) * residual
    return float((between - residual) / spread) if spread > 0 else float("nan")


def icc_2_1_interval(ratings: np.ndarray) -> Interval:
    """Return the 95 % interval of ICC(2,1) by Satterthwaite's degrees of freedom (McGraw and Wong, table 7)."""
    from scipy.stats import f

    n, k, between, among, residual = _mean_squares(ratings)
    icc = icc_2_1(ratings)
    if not np.isfinite(icc) or between <= 1e-12 * (between + among + residual):
        return UNKNOWN
    own = (n * (1 + (k - 1) * icc) - k * icc) * residual
    above = (k * icc * among + own) ** 2
    below = (k * icc * among) ** 2 / (k - 1) + own**2 / ((n - 1) * (k - 1))
    if residual <= 1e-12 * between and among <= 1e-12 * between:  # equal series
        return icc, icc
    if below <= 0:
        return UNKNOWN
    freedom = above / below
    rest = k * among + (k * n - k - n) * residual
    high, low = f.ppf(_TAIL, n - 1, freedom), f.ppf(_TAIL, freedom, n - 1)
    if not np.isfinite(high):  # next to no degrees of freedom
        return UNKNOWN
    return (
        float(n * (between - high * residual) / (high * rest + n * between)),
        float(n * (low * between - residual) / (rest + n * low * between)),
    )


def icc_3_1_interval(ratings: np.ndarray) -> Interval:
    """Return the 95 % interval of ICC(3,1) (Shrout and Fleiss)."""
    from scipy.stats import f

    n, k, between, _, residual = _mean_squares(ratings)
    if not between > 0:
        return UNKNOWN
    freedom = (n - 1, (n - 1) * (k - 1))
    low = residual * float(f.ppf(_TAIL, *freedom))
    high = residual / float(f.ppf(_TAIL, *freedom[::-1]))
    return (between - low) / (between + (k - 1) * low), (between - high) / (between + (k - 1) * high)


def _around(value: float, half: float) -> Interval:
    return float(value - half), float(value + half)


def _regression(x: np.ndarray, y: np.ndarray) -> tuple[float, Interval, float, float]:
    """Return (slope, its interval, its p, intercept) of y on x by least squares; NaN where they cannot be known."""
    from scipy.stats import linregress
    from scipy.stats import t as student

    unknown = float("nan")
    if len(x) < 3 or np.ptp(x) <= 1e-12 * max(1.0, float(np.abs(x).max())):
        return unknown, UNKNOWN, unknown, unknown
    if np.ptp(y) <= 1e-12 * max(1.0, float(np.abs(y).max())):  # one difference throughout
        return 0.0, (0.0, 0.0), 1.0, float(y[0])
    found = linregress(x, y)
    half = float(student.ppf(_TAIL, len(x) - 2)) * float(found.stderr)
    slope = float(found.slope)
    return slope, _around(slope, half), float(found.pvalue), float(found.intercept)


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
