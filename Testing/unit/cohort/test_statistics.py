"""Means with intervals and paired tests, against scipy and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from EchoTrackerLib.cohort.statistics import holm, mean_interval, paired_p


def test_mean_and_interval_over_clips_and_over_subjects() -> None:
    values = np.random.default_rng(1).normal(10, 2, 40)
    clips = [str(i) for i in range(40)]
    found = mean_interval(values, clips)
    half = 1.96 * values.std(ddof=1) / math.sqrt(40)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.1)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1)
    assert found == mean_interval(values, clips)  # equal figures, equal intervals
    # Ten clips of each of four subjects that are alike: the subjects are what varies.
    alike = np.repeat([1.0, 2.0, 3.0, 10.0], 10)
    narrow = mean_interval(alike, clips)
    wide = mean_interval(alike, [str(i // 10) for i in range(40)])
    assert wide.value == narrow.value == 4.0 and wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_few_and_unknown_values() -> None:
    assert math.isnan(mean_interval([], []).value) and math.isnan(mean_interval([math.nan], ["a"]).value)
    one = mean_interval([3.0, math.nan], ["a", "b"])
    assert one.value == 3.0 and math.isnan(one.low)
    same = mean_interval([2.0, 2.0], ["a", "b"])
    assert (same.low, same.high) == (2.0, 2.0)


def test_paired_p_is_wilcoxons_and_holm_adjusts() -> None:
    first = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    clips = list("abcdef")
    assert paired_p(first, [x - 1 - i / 10 for i, x in enumerate(first)], clips) == pytest.approx(2 / 64)
    assert paired_p(first, first, clips) == 1.0
    assert math.isnan(paired_p(first[:5], first[1:], clips[:5]))
    assert holm([0.01, 0.04, math.nan, 0.03]) == pytest.approx([0.03, 0.06, math.nan, 0.06], nan_ok=True)
