"""Points that stay where they were put: the error that no tracking at all would make."""

from __future__ import annotations

import numpy as np

from ..cine.cine import Cine
from ..i18n import tr as _
from ..progress import IsCancelled, Progress, never_cancelled, no_progress
from ..tracks.tracks import Tracks
from .checks import check_request, make_tracks, stoppable
from .tracker import TrackerInfo, TrackerOptions

INFO = TrackerInfo(
    name="static",
    title=_("Static points (baseline)"),
    licence="MIT",
    citation="",
    weights="",
    points_interact=False,
    native_size=None,
    query_frames="any",
    wall_by_default=False,
)
INFOS = (INFO,)


class StaticTracker:
    """Leaves every point at its query."""

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
        points = check_request(cine, queries, query_frame)
        positions = np.repeat(points[:, None], cine.n_frames, axis=1)
        stoppable(progress, cancelled)(1.0)
        return make_tracks(cine, positions, query_frame, INFO.name, {})


def create(info: TrackerInfo, options: TrackerOptions) -> StaticTracker:
    """Return the tracker; it has no options."""
    return StaticTracker()
