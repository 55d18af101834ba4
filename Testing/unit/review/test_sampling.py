"""Sampling for quality assurance: stratified draws, intervals against known numbers, coverage in simulation."""

from __future__ import annotations

import numpy as np
import pytest

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.review.sampling import (
    clopper_pearson,
    draw_sample,
    error_type_counts,
    estimate_error_rate,
    strata_of,
    wilson_of_share,
)


def confidences(seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.uniform(0, 0.5, 8), rng.uniform(0.5, 0.8, 60), rng.uniform(0.96, 1, 900)])


def test_sample_is_stratified_and_reproducible():
    drawn, sizes = draw_sample(confidences(), 60, seed=7)
    assert sizes == {0: 8, 1: 60, 3: 900}
    assert len({d.track for d in drawn}) == len(drawn) == 60
    counts = {s: sum(d.stratum == s for d in drawn) for s in sizes}
    assert counts == {0: 8, 1: 26, 3: 26}  # the small stratum is taken whole, the rest is shared
    assert all(strata_of(confidences())[d.track] == d.stratum for d in drawn)
    assert draw_sample(confidences(), 60, seed=7) == (drawn, sizes)
    assert draw_sample(confidences(), 60, seed=8)[0] != drawn
    strata = [d.stratum for d in drawn]
    assert strata != sorted(strata) and strata != sorted(strata, reverse=True)


def test_sample_of_a_small_set_takes_all():
    drawn, _sizes = draw_sample(np.array([0.1, np.nan, 0.9]), 10, seed=0)
    assert sorted(d.track for d in drawn) == [0, 1, 2]
    with pytest.raises(BadInput):
        draw_sample(np.ones(3), 0, seed=0)


@pytest.mark.parametrize(
    ("errors", "examined", "low", "high"),
    # Brown, Cai and DasGupta's and R's (prop.test without correction, binom.test) values.
    [(0, 10, 0.0, 0.27753), (5, 100, 0.02154, 0.11175), (10, 10, 0.72247, 1.0), (1, 20, 0.00888, 0.23613)],
)
def test_wilson_against_known_numbers(errors, examined, low, high):
    assert wilson_of_share(errors / examined, examined, 0.95) == pytest.approx((low, high), abs=2e-5)


@pytest.mark.parametrize(
    ("errors", "examined", "low", "high"),
    [(0, 10, 0.0, 0.30850), (5, 100, 0.01643, 0.11283), (10, 10, 0.69150, 1.0), (1, 20, 0.00127, 0.24873)],
)
def test_clopper_pearson_against_known_numbers(errors, examined, low, high):
    assert clopper_pearson(errors, examined) == pytest.approx((low, high), abs=2e-5)


def test_impossible_counts_are_refused():
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    with pytest.raises(BadInput):
        clopper_pearson(3, 2)
    with pytest.raises(BadInput, match="at least one"):
        estimate_error_rate({0: (1, 5)}, {0: 10, 1: 90})
    with pytest.raises(BadInput):
        estimate_error_rate({0: (1, 11)}, {0: 10})


def test_rate_weighs_the_strata():
    found = estimate_error_rate({0: (5, 10), 1: (0, 10)}, {0: 100, 1: 900})
    assert found.rate == pytest.approx(0.05)
    assert found.low < 0.05 < found.high
    assert (found.examined, found.errors) == (20, 5)
    whole = estimate_error_rate({0: (5, 10)}, {0: 10})
    assert (whole.rate, whole.low, whole.high) == (0.5, 0.5, 0.5)
    one = estimate_error_rate({0: (5, 100)}, {0: 100000})
    assert (one.low, one.high) == clopper_pearson(5, 100)


@pytest.mark.parametrize(
    ("sizes", "rates", "n"),
    [((50, 950), (0.6, 0.01), 60), ((200, 300, 1500), (0.5, 0.1, 0.02), 90), ((100, 400), (0.0, 0.0), 40)],
)
def test_interval_covers_the_truth(sizes, rates, n):
    rng = np.random.default_rng(5)
    confidence = np.repeat([0.2, 0.6, 0.99][: len(sizes)], sizes)
    wrong = np.concatenate([np.arange(size) < round(size * rate) for size, rate in zip(sizes, rates)])
    truth, covered, widths = wrong.mean(), 0, []
    for seed in rng.integers(0, 2**31, 400):
        drawn, strata = draw_sample(confidence, n, int(seed))
        counts = {
            s: (sum(bool(wrong[d.track]) for d in drawn if d.stratum == s), sum(d.stratum == s for d in drawn))
            for s in strata
        }
        found = estimate_error_rate(counts, strata)
        covered += found.low <= truth <= found.high
        widths.append(found.high - found.low)
    assert covered / 400 >= 0.93
    assert np.mean(widths) < 0.25  # an interval that is always right because it is wide says nothing


def test_error_types():
    assert error_type_counts([("drift",), (), ("drift", "jump")]) == {"drift": 2, "jump": 1, "swap": 0, "off wall": 0}
    with pytest.raises(BadInput, match="wobble"):
        error_type_counts([("wobble",)])
