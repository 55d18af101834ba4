"""Dense optical flow from frame to frame (OpenCV's DIS), joined up: a common baseline; needs OpenCV.

Source: Kroeger et al., Fast optical flow using dense inverse search, ECCV 2016.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from ..cine.cine import Cine
from ..i18n import tr as _
from ..progress import IsCancelled, Progress, never_cancelled, no_progress
from ..tracks.tracks import Tracks
from .checks import check_request, make_tracks, stoppable
from .tracker import Package, TrackerInfo, TrackerOptions

INFO = TrackerInfo(
    name="optical-flow",
    title=_("Optical flow (OpenCV DIS)"),
    licence="Apache-2.0 (OpenCV)",
    citation="Kroeger et al., Fast optical flow using dense inverse search, ECCV 2016",
    weights="",
    points_interact=False,
    native_size=None,
    query_frames="any",
    packages=(Package("cv2", "pip install opencv-python-headless"),),
)


class OpticalFlowTracker:
    """Follows points through the flow between consecutive frames, forwards and backwards from the query frame."""

    info = INFO

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

        points = check_request(cine, queries, query_frame, INFO)
        cv2: Any = importlib.import_module("cv2")
        flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        positions = np.empty((cine.n_frames, *points.shape))
        positions[query_frame] = points
        report, done = stoppable(progress, cancelled), 0
        report(0.0)
        for direction, last in ((1, cine.n_frames - 1), (-1, 0)):
            for t in range(query_frame, last, direction):
                field = flow.calc(cine.frames[t], cine.frames[t + direction], None)
                at = positions[t].T[::-1]
                step = [map_coordinates(field[..., k], at, order=1, mode="nearest") for k in (0, 1)]
                positions[t + direction] = positions[t] + np.stack(step, axis=-1)
                done += 1
                report(done / (cine.n_frames - 1))
        return make_tracks(cine, positions.transpose(1, 0, 2), query_frame, INFO.name, {})


def create(options: TrackerOptions) -> OpticalFlowTracker:
    """Return the tracker; it has no options."""
    return OpticalFlowTracker()
