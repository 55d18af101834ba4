"""Dense optical flow from frame to frame, joined up: common baselines; OpenCV's DIS and Farneback's.

Sources: Kroeger et al., Fast optical flow using dense inverse search, ECCV 2016; Farneback, Two-frame motion estimation
based on polynomial expansion, SCIA 2003, with the settings of OpenCV's tutorial.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any, Callable, Optional

import numpy as np

from ..cine.cine import Cine
from ..i18n import tr as _
from ..progress import IsCancelled, Progress, never_cancelled, no_progress
from ..tracks.tracks import Tracks
from .checks import check_request, make_tracks, stoppable
from .tracker import OPENCV, TrackerInfo, TrackerOptions
from .wall import regularised

Flow = Callable[[np.ndarray, np.ndarray], np.ndarray]  # two frames uint8 [rows, cols] -> (x, y) px [rows, cols, 2]

DIS = TrackerInfo(
    name="optical-flow",
    title=_("Optical flow (OpenCV DIS)"),
    licence="Apache-2.0 (OpenCV)",
    citation="Kroeger et al., Fast optical flow using dense inverse search, ECCV 2016",
    weights="",
    points_interact=False,
    native_size=None,
    query_frames="any",
    packages=(OPENCV,),
    wall_by_default=False,
)
FARNEBACK = replace(
    DIS,
    name="farneback",
    title=_("Optical flow (Farneback)"),
    citation="Farneback, Two-frame motion estimation based on polynomial expansion, SCIA 2003",
)
INFOS = (DIS, FARNEBACK)


class FlowTracker:
    """Follows points through the flow between consecutive frames, forwards and backwards from the query frame."""

    def __init__(
        self,
        info: TrackerInfo,
        flow: Flow,
        options: TrackerOptions,
        facts: Optional[dict[str, object]] = None,
        sha256: str = "",
    ) -> None:
        self.info, self.flow, self.options, self.facts, self.sha256 = info, flow, options, facts or {}, sha256

    def track(
        self,
        cine: Cine,
        queries: np.ndarray,
        query_frame: int = 0,
        progress: Progress = no_progress,
        cancelled: IsCancelled = never_cancelled,
    ) -> Tracks:
        """See `Tracker.track`."""
        from scipy.ndimage import map_coordinates

        points = check_request(cine, queries, query_frame)
        positions = np.empty((cine.n_frames, *points.shape))
        positions[query_frame] = points
        report, done = stoppable(progress, cancelled), 0
        report(0.0)
        for direction, last in ((1, cine.n_frames - 1), (-1, 0)):
            for t in range(query_frame, last, direction):
                field = self.flow(cine.frames[t], cine.frames[t + direction])
                at = positions[t].T[::-1]
                step = [map_coordinates(field[..., k], at, order=1, mode="nearest") for k in (0, 1)]
                positions[t + direction] = positions[t] + np.stack(step, axis=-1)
                done += 1
                report(done / (cine.n_frames - 1))
        tracks = make_tracks(cine, positions.transpose(1, 0, 2), query_frame, self.info.name, self.facts, self.sha256)
        return regularised(tracks, cine) if self.options.wall else tracks


def create(info: TrackerInfo, options: TrackerOptions) -> FlowTracker:
    """Return the tracker."""
    cv2: Any = importlib.import_module("cv2")
    if info is FARNEBACK:
        return FlowTracker(
            info, lambda a, b: cv2.calcOpticalFlowFarneback(a, b, None, 0.5, 3, 15, 3, 5, 1.2, 0), options
        )
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return FlowTracker(info, lambda a, b: dis.calc(a, b, None), options)
