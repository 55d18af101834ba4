"""The classical tracker: speckle matching without training."""

from __future__ import annotations

from typing import Callable

import numpy as np

from ...cine.cine import Cine
from ...i18n import tr as _
from ...progress import IsCancelled, Progress, never_cancelled, no_progress, raise_if_cancelled
from ...tracks.tracks import Tracks
from ..checks import check_request, make_tracks
from ..tracker import TrackerInfo, TrackerOptions
from .chain import chain
from .frames import Pyramid, build_pyramid
from .measure import measure
from .pairs import choose_pairs
from .settings import Settings
from .solve import solve
from .support import neighbour_links, wall_links

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

    def __init__(self, options: TrackerOptions = TrackerOptions(), settings: Settings = Settings()) -> None:
        self.options = options
        self.settings = settings

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
            chained = chain(pyramid, start, query_frame, lambda done: report(0.3 * done)).numpy().astype(np.float64)
            found = self._refine(pyramid, chained, query_frame, lambda done: report(0.3 + 0.7 * done))
        positions = pyramid.to_clip(found).transpose(1, 0, 2)
        positions[:, query_frame] = points
        return make_tracks(cine, positions, query_frame, INFO.name, {"wall": self.options.wall})

    def _refine(
        self, pyramid: Pyramid, positions: np.ndarray, query_frame: int, report: Callable[[float], None]
    ) -> np.ndarray:
        """Return positions [T, N, 2] after rounds of measuring along them and solving for all together."""
        settings = self.settings
        rest = positions[query_frame]
        links = (wall_links if self.options.wall else neighbour_links)(rest, settings)
        groups = choose_pairs(pyramid.levels[-1][:, 0], query_frame, settings)
        for k in range(settings.rounds):
            measured = []
            for number, group in enumerate(groups):
                done = (k + number / len(groups)) / settings.rounds
                limit = 6.0 / (k + 1)
                measured.append(measure(pyramid, positions, group, settings, 4, limit, lambda done=done: report(done)))
            positions = solve(positions, query_frame, measured, links, settings.acceleration_px, settings.cauchy)
        return positions


def create(options: TrackerOptions) -> ClassicalTracker:
    """Return the tracker with these options."""
    return ClassicalTracker(options)
