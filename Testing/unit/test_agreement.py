"""Agreement statistics against published examples."""

from __future__ import annotations

import numpy as np
import pytest

from EchoTrackerLib.agreement import compare, icc_2_1, icc_3_1
from EchoTrackerLib.errors import BadInput

# Shrout and Fleiss, Psychol Bull 1979;86:420-428, table 2: six targets, four judges.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


def test_icc_of_shrout_and_fleiss():
    assert round(icc_2_1(SHROUT_FLEISS), 2) == 0.29
    assert round(icc_3_1(SHROUT_FLEISS), 2) == 0.71


def test_icc_limits():
    ramp = np.arange(10.0)
    assert icc_2_1(np.stack([ramp, ramp], 1)) == pytest.approx(1)
    assert icc_3_1(np.stack([ramp, ramp + 5], 1)) == pytest.approx(1)
    assert icc_2_1(np.stack([ramp, ramp + 5], 1)) < 0.5
    assert np.isnan(icc_2_1(np.ones((4, 2))))
    with pytest.raises(BadInput):
        icc_2_1(np.array([[1.0, np.nan], [2, 3]]))


def test_bland_altman_by_hand():
    result = compare(np.array([-18.0, -20, -16, np.nan, -22]), np.array([-19.0, -19, -18, -10, -21]))
    assert result.n == 4 and result.bias == pytest.approx(0.25)
    sd = np.sqrt(((1 - 0.25) ** 2 + 2 * (-1 - 0.25) ** 2 + (2 - 0.25) ** 2) / 3)
    assert result.sd == pytest.approx(sd)
    assert result.mean_absolute_difference == pytest.approx(5 / 4)
    assert (result.lower_limit, result.upper_limit) == pytest.approx((0.25 - 1.96 * sd, 0.25 + 1.96 * sd))
    assert result.minimal_detectable_change_without_bias == pytest.approx(1.96 * sd)
    assert result.cv_without_bias_percent == pytest.approx(100 * sd / np.sqrt(2) / 19.125)
    within = np.sqrt((1 + 1 + 4 + 1) / 8)
    assert result.within_subject_sd == pytest.approx(within)
    assert result.minimal_detectable_change == pytest.approx(1.96 * np.sqrt(2) * within)
    assert result.within_subject_cv_percent == pytest.approx(100 * within / 19.125)


def test_series_that_cannot_be_compared():
    with pytest.raises(BadInput, match="same length"):
        compare(np.ones(3), np.ones(4))
    with pytest.raises(BadInput, match="two complete pairs"):
        compare(np.array([1, np.nan]), np.ones(2))
