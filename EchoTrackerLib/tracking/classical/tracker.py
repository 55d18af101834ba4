"""The classical tracker: speckle matching without training."""

from __future__ import annotations

import numpy as np

from ...cine.cine import Cine
from ...i18n import tr as _
from ...progress import IsCancelled, Progress, never_cancelled, no_progress, raise_if_cancelled
from ...tracks.tracks import Tracks
from ..checks import check_request, make_tracks
from ..tracker import TrackerInfo, TrackerOptions
from .chain import chain
from .frames import build_pyramid

INFO = TrackerInfo(
    name="classical",
    title=_("Classical speckle tracking"),
    licence="MIT",
    citation="Lucas and Kanade, IJCAI 1981; Baker and Matthews, IJCV 56 (2004)",
    weights="",
    points_interact=False,
    native_size=None,
    query_frames="any",
)


class ClassicalTracker:
    """Pyramidal sub-pixel matching of speckle."""

    info = INFO

    def __init__(self, options: TrackerOptions = TrackerOptions()) -> None:
        self.options = options

    def track(
        self,
        cine: Cine,
        queries: np.ndarray,
        query_frame: int = 0,
        progress: Progress = no_progress,
        cancelled: IsCancelled = never_cancelled,
    ) -> Tracks:
        """See `Tracker.track`."""
        import torch

        points = check_request(cine, queries, query_frame)
        raise_if_cancelled(cancelled)

        def report(fraction: float) -> None:
            raise_if_cancelled(cancelled)
            progress(_("Tracking"), fraction)

        with torch.no_grad():
            pyramid = build_pyramid(cine, points)
            start = torch.as_tensor(pyramid.from_clip(points), dtype=torch.float32)
            found = chain(pyramid, start, query_frame, report)
        positions = pyramid.to_clip(found.numpy().astype(np.float64)).transpose(1, 0, 2)
        positions[:, query_frame] = points
        return make_tracks(cine, positions, query_frame, INFO.name, {})


def create(options: TrackerOptions) -> ClassicalTracker:
    """Return the tracker with these options."""
    return ClassicalTracker(options)
