"""How far estimated tracks lie from the truth."""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..errors import BadInput
from ..i18n import frame_number
from ..i18n import tr as _

THRESHOLDS = (1, 2, 4, 8, 16)
GRID = 256
_SURVIVAL_PX = 50.0


def point_tracking_metrics(
    truth: np.ndarray,
    estimate: np.ndarray,
    visible: np.ndarray,
    size: tuple[float, float],
    query_frame: int = 0,
) -> dict[str, float]:
    """Return the figures of the EchoTracker paper's protocol for one clip.

    Positions are scaled to a 256 x 256 grid on each axis by itself; only frames after the query count, and only where
    the truth is visible (TAP-Vid's 'first' mode: Doersch et al., NeurIPS 2022; survival and MTE: Zheng et al.,
    PointOdyssey, ICCV 2023; Azad et al., EchoTracker, MICCAI 2024). A position the estimate lacks (NaN) counts as a
    miss and as the end of survival, and is left out of the median.

    Args:
        truth: float [N, T, 2] (x, y); NaN where not known.
        estimate: float [N, T, 2].
        visible: bool [N, T], of the truth.
        size: (width, height) in the unit of the positions; (1, 1) for positions in 0..1.
        query_frame: 0-based frame on which the queries were given.

    Returns:
        `delta_1` ... `delta_16`: percent of positions strictly closer than 1 ... 16 px; `delta_avg`: their mean;
        `survival`: mean over the points of the percent of their visible frames before the first error above 50 px;
        `mte_px`: mean over the points of the median distance over time.

    Raises:
        BadInput: shapes that do not fit, or nothing to evaluate.
    """
    scale = GRID / np.asarray(size, dtype=np.float64)
    distance, evaluated = distances(truth, estimate, visible, query_frame, scale)
    figures = threshold_figures(distance, evaluated)
    figures["survival"] = survival(distance, evaluated, _SURVIVAL_PX)
    figures["mte_px"] = median_trajectory_error(distance, evaluated)
    return figures


def native_metrics(
    truth: np.ndarray,
    estimate: np.ndarray,
    visible: np.ndarray,
    query_frame: int = 0,
    spacing_mm: Optional[tuple[float, float]] = None,
) -> dict[str, float]:
    """Return the same figures in the clip's own pixels and, with a spacing (row, col), in mm.

    Keys: `delta_1_native_px` ... `delta_avg_native_px`, `mte_native_px`; `delta_1_mm` ... `delta_avg_mm` (thresholds
    1, 2, 4, 8, 16 mm), `mte_mm`.
    """
    units = {"native_px": np.ones(2)}
    if spacing_mm is not None:
        units["mm"] = np.array([spacing_mm[1], spacing_mm[0]])
    figures = {}
    for unit, scale in units.items():
        distance, evaluated = distances(truth, estimate, visible, query_frame, scale)
        for name, value in threshold_figures(distance, evaluated).items():
            figures[f"{name}_{unit}"] = value
        figures[f"mte_{unit}"] = median_trajectory_error(distance, evaluated)
    return figures


def distances(
    truth: np.ndarray, estimate: np.ndarray, visible: np.ndarray, query_frame: int, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return (distance [N, T] after scaling, inf where the estimate is missing; evaluated bool [N, T])."""
    truth, estimate = np.asarray(truth, dtype=np.float64), np.asarray(estimate, dtype=np.float64)
    if truth.ndim != 3 or truth.shape[2] != 2 or truth.shape != estimate.shape:
        raise BadInput(
            _("Truth and estimate must both be [N, T, 2]; they are {value} and {value2}.").format(
                value=list(truth.shape), value2=list(estimate.shape)
            )
        )
    if np.shape(visible) != truth.shape[:2]:
        raise BadInput(
            _("'visible' must be {value}, not {value2}.").format(
                value=list(truth.shape[:2]), value2=list(np.shape(visible))
            )
        )
    if not 0 <= query_frame < truth.shape[1]:
        raise BadInput(
            _("Query frame {query_frame} is outside the clip's {size} frames.").format(
                query_frame=frame_number(query_frame), size=truth.shape[1]
            )
        )
    evaluated = np.asarray(visible, dtype=bool) & np.isfinite(truth).all(axis=2)
    evaluated[:, : query_frame + 1] = False
    if not evaluated.any():
        raise BadInput(_("Nothing to evaluate: no point is visible in the truth after the query frame."))
    distance = np.linalg.norm((truth - estimate) * scale, axis=2)
    return np.where(np.isfinite(distance), distance, np.inf), evaluated


def threshold_figures(distance: np.ndarray, evaluated: np.ndarray) -> dict[str, float]:
    """Return `delta_k` in percent and their mean `delta_avg` (distances strictly below the threshold)."""
    figures = {f"delta_{k}": 100 * float(np.mean(distance[evaluated] < k)) for k in THRESHOLDS}
    figures["delta_avg"] = float(np.mean(list(figures.values())))
    return figures


def survival(distance: np.ndarray, evaluated: np.ndarray, threshold: float) -> float:
    """Return the percent of a point's evaluated frames before its first error above the threshold, mean over points."""
    counted = evaluated[evaluated.any(axis=1)]
    failed = (distance > threshold)[evaluated.any(axis=1)] & counted
    alive = counted & (np.cumsum(failed, axis=1) == 0)
    return 100 * float(np.mean(alive.sum(axis=1) / counted.sum(axis=1)))


def median_trajectory_error(distance: np.ndarray, evaluated: np.ndarray) -> float:
    """Return the mean over points of the median distance over evaluated frames; NaN when every estimate is missing."""
    usable = evaluated & np.isfinite(distance)
    medians = [np.median(d[u]) for d, u in zip(distance, usable) if u.any()]
    return float(np.mean(medians)) if medians else float("nan")
