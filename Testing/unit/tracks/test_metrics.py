"""The evaluation protocol: golden figures and cases small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from shared_data import shared

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.metrics import THRESHOLDS, native_metrics, point_tracking_metrics


def test_golden_figures():
    with np.load(shared("parity/metrics_1.npz"), allow_pickle=False) as golden:
        figures = point_tracking_metrics(golden["truth"], golden["estimate"], golden["visible"], (1, 1), 0)
        for k in THRESHOLDS:
            assert figures[f"delta_{k}"] == pytest.approx(100 * float(golden[f"pts_within_{k}"]), abs=1e-9)
        assert figures["delta_avg"] == pytest.approx(100 * float(golden["average_pts_within_thresh"]), abs=1e-9)
        assert figures["mte_px"] == pytest.approx(float(golden["median_traj_error"]), abs=1e-9)
        assert figures["survival"] == pytest.approx(float(golden["survival"]), abs=1e-9)


def errors(*rows):
    """Truth at the origin, estimates shifted along x by the given errors."""
    distance = np.array(rows, dtype=float)
    truth = np.zeros((*distance.shape, 2))
    estimate = truth.copy()
    estimate[..., 0] = distance
    return truth, estimate, np.ones(distance.shape, dtype=bool)


def test_by_hand_on_the_grid_itself():
    truth, estimate, visible = errors([99, 0.5, 1.0, 3.0, 20.0], [0, 0, 0, 60.0, 0])
    figures = point_tracking_metrics(truth, estimate, visible, (256, 256), 0)
    assert figures["delta_1"] == 50.0  # 0.5, 0, 0, 0 of 8; 1.0 is not strictly below 1
    assert figures["delta_4"] == 75.0
    assert figures["delta_16"] == 75.0
    assert figures["survival"] == 75.0  # (4 of 4 + 2 of 4) / 2
    assert figures["mte_px"] == pytest.approx((2.0 + 0.0) / 2)


def test_each_axis_is_scaled_by_itself():
    truth, estimate, visible = errors([0, 2.0])
    assert point_tracking_metrics(truth, estimate, visible, (512, 128))["mte_px"] == pytest.approx(1.0)
    swapped = estimate[..., ::-1]
    assert point_tracking_metrics(truth, swapped, visible, (512, 128))["mte_px"] == pytest.approx(4.0)


def test_only_visible_frames_after_the_query_count():
    truth, estimate, visible = errors([100, 100, 0, 100, 1.5])
    visible[0, 3] = False
    figures = point_tracking_metrics(truth, estimate, visible, (256, 256), 1)
    assert figures["delta_1"] == 50.0 and figures["survival"] == 100.0 and figures["mte_px"] == 0.75


def test_lost_estimates_are_misses_and_unknown_truth_is_left_out():
    truth, estimate, visible = errors([0, 0, 0, 0, 0])
    estimate[0, 3] = np.nan
    truth[0, 1] = np.nan
    figures = point_tracking_metrics(truth, estimate, visible, (256, 256), 0)
    assert figures["delta_16"] == pytest.approx(200 / 3)
    assert figures["survival"] == pytest.approx(100 / 3)  # frames 2, 3, 4 count, lost at 3
    assert figures["mte_px"] == 0.0


def test_survival_counts_the_visible_frames_of_each_point():
    truth, estimate, visible = errors(*np.zeros((4, 21)))
    visible[:, [4, 6, 8, 10]] = False  # 16 of the 20 frames after the query count
    for point, frame in ((2, 2), (3, 3)):
        estimate[point, frame:, 0] = 51.0
    figures = point_tracking_metrics(truth, estimate, visible, (256, 256), 0)
    assert figures["survival"] == 100 * (16 + 16 + 1 + 2) / (4 * 16)  # 54.69; with the invisible frames 43 / 80, 53.75
    visible[1] = False  # a point that is never seen does not count; one that is seen once counts as much as any other
    visible[2, :20] = False
    figures = point_tracking_metrics(truth, estimate, visible, (256, 256), 0)
    assert figures["survival"] == pytest.approx(100 * (1 + 0 / 1 + 2 / 16) / 3)


def test_native_units():
    truth, estimate, visible = errors([0, 3.0, 3.0])
    figures = native_metrics(truth, estimate, visible, 0, spacing_mm=(9.0, 0.5))
    assert figures["mte_native_px"] == 3.0 and figures["delta_2_native_px"] == 0.0
    assert figures["mte_mm"] == 1.5 and figures["delta_2_mm"] == 100.0
    assert not any(key.endswith("_mm") for key in native_metrics(truth, estimate, visible, 0))


def test_input_that_cannot_be_evaluated():
    truth, estimate, visible = errors([0, 1.0])
    with pytest.raises(BadInput, match=r"\[N, T, 2\]"):
        point_tracking_metrics(truth, estimate[:, :1], visible, (1, 1))
    with pytest.raises(BadInput, match="visible"):
        point_tracking_metrics(truth, estimate, visible[:, :1], (1, 1))
    with pytest.raises(BadInput, match="Query frame 2"):
        point_tracking_metrics(truth, estimate, visible, (1, 1), 2)
    with pytest.raises(BadInput, match="Nothing to evaluate"):
        point_tracking_metrics(truth, estimate, visible, (1, 1), 1)
