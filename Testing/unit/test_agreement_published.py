"""Agreement statistics: published examples, and equal to pingouin, statsmodels and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from EchoTrackerLib.agreement import compare
from EchoTrackerLib.strain.pictures.drawing import new_figure

# Bland and Altman, Lancet 1986;327:307-310, table: peak expiratory flow (l/min), first readings of both meters.
LARGE = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427.0])
MINI = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451.0])


def published():
    pingouin = pytest.importorskip("pingouin")
    giavarina = pingouin.read_dataset("blandaltman")  # Giavarina, Biochem Med 2015;25:141, 30 pairs
    return {"peak flow": (LARGE, MINI), "Giavarina": (giavarina["A"].to_numpy(float), giavarina["B"].to_numpy(float))}


def test_bland_and_altmans_own_figures():
    found = compare(LARGE, MINI)
    assert (found.n, round(found.bias, 1), round(found.sd, 1)) == (17, -2.1, 38.8)
    assert found.bias_interval == pytest.approx((-22.0, 17.8), abs=0.06)  # as printed there
    # They take 2 SD and a standard error of sqrt(3 s^2 / n) = 16.3 with t = 2.12: half of the interval is 34.6.
    low, high = found.lower_limit_interval
    assert (high - low) / 2 == pytest.approx(34.6, abs=0.15)
    assert np.mean(found.upper_limit_interval) == pytest.approx(found.upper_limit)


@pytest.mark.parametrize("name", ["peak flow", "Giavarina"])
def test_equal_to_pingouin(name):
    pandas = pytest.importorskip("pandas")
    pingouin = pytest.importorskip("pingouin")
    first, second = published()[name]
    found = compare(first, second)
    n = len(first)
    table = pandas.DataFrame(
        {"subject": [*range(n), *range(n)], "rater": ["a"] * n + ["b"] * n, "value": np.r_[first, second]}
    )
    icc = pingouin.intraclass_corr(data=table, targets="subject", raters="rater", ratings="value")
    absolute, consistency = icc.iloc[1], icc.iloc[2]  # ICC2 and ICC3, called ICC(A,1) and ICC(C,1) since 0.6
    interval = next(column for column in icc.columns if column.startswith("CI95"))
    assert found.icc_absolute == pytest.approx(absolute["ICC"], abs=1e-9)
    assert found.icc_consistency == pytest.approx(consistency["ICC"], abs=1e-9)
    assert found.icc_absolute_interval == pytest.approx(tuple(absolute[interval]), abs=0.0051)  # printed to 0.01
    assert found.icc_consistency_interval == pytest.approx(tuple(consistency[interval]), abs=0.0051)
    axes = new_figure(4, 3).add_subplot()
    pingouin.plot_blandaltman(first, second, ax=axes)
    lines = [line.get_ydata()[0] for line in axes.get_lines()]
    for value in (found.bias, found.lower_limit, found.upper_limit):
        assert min(abs(value - line) for line in lines) < 1e-9
    bands = sorted((patch.get_y(), patch.get_y() + patch.get_height()) for patch in axes.patches)
    ours = sorted((found.bias_interval, found.lower_limit_interval, found.upper_limit_interval))
    assert np.allclose(bands, ours, atol=1e-6)


@pytest.mark.parametrize("name", ["peak flow", "Giavarina"])
def test_equal_to_statsmodels(name):
    statsmodels = pytest.importorskip("statsmodels.api")
    weights = pytest.importorskip("statsmodels.stats.weightstats")
    first, second = published()[name]
    found = compare(first, second)
    means, differences = (first + second) / 2, first - second
    fit = statsmodels.OLS(differences, statsmodels.add_constant(means)).fit()
    assert (found.intercept, found.slope) == pytest.approx(tuple(fit.params))
    assert found.slope_interval == pytest.approx(tuple(fit.conf_int()[1]))
    assert found.slope_p == pytest.approx(fit.pvalues[1])
    described = weights.DescrStatsW(differences)
    assert found.bias_interval == pytest.approx(described.tconfint_mean())
    assert found.sd == pytest.approx(described.std_ddof(1))


def test_a_difference_of_five_throughout_is_seen():
    first = -np.array([20.0, 18, 22, 15, 17, 21])
    found = compare(first, first + 5 + np.array([0.1, -0.1, 0.1, -0.1, 0.1, -0.1]))
    assert found.within_subject_sd == pytest.approx(5 / np.sqrt(2), abs=0.01)
    assert found.minimal_detectable_change == pytest.approx(1.96 * 5, abs=0.02)
    assert found.within_subject_cv_percent > 20 and found.icc_absolute < 0.6
    assert found.minimal_detectable_change_without_bias < 0.3 and found.cv_without_bias_percent < 1
    assert found.icc_consistency > 0.99


def test_what_cannot_be_known_is_not_given():
    two = compare(np.array([1.0, 2.0]), np.array([1.5, 2.0]))
    assert np.isnan(two.slope) and np.isfinite(two.bias)
    signs = compare(np.array([-1.0, 2.0, 3.0]), np.array([1.0, 2.5, 3.0]))
    assert np.isnan(signs.within_subject_cv_percent) and np.isfinite(signs.within_subject_sd)
    equal = compare(np.arange(1.0, 6), np.arange(1.0, 6))
    assert equal.icc_absolute_interval == (1, 1) and equal.icc_consistency_interval == (1, 1)
    assert np.isnan(compare(np.ones(4), np.ones(4)).icc_absolute_interval).all()


numbers = st.lists(st.tuples(st.floats(-30, -1), st.floats(-30, -1)), min_size=3, max_size=20)


@settings(max_examples=60, deadline=None)
@given(numbers)
def test_invariances(values):
    first, second = np.array(values).T
    a, b = compare(first, second), compare(second, first)
    assert a.bias == pytest.approx(-b.bias) and a.lower_limit == pytest.approx(-b.upper_limit, abs=1e-9)
    assert a.within_subject_sd == pytest.approx(b.within_subject_sd)
    assert a.within_subject_sd >= a.sd / np.sqrt(2) * np.sqrt((a.n - 1) / a.n) - 1e-9
    assert a.within_subject_sd**2 == pytest.approx((a.bias**2 + a.sd**2 * (a.n - 1) / a.n) / 2)
    low, high = a.icc_absolute_interval
    if np.isfinite([low, high]).all() and a.icc_absolute > 0:  # the approximation does not hold below
        assert low - 1e-9 <= a.icc_absolute <= high + 1e-9
