"""The classical tracker: speckle matching without training.

Windows are matched over many gaps of time; one robust least-squares problem makes of all these displacements the
trajectories that agree best with them, smooth in time and between neighbors. Along a wall windows take the shape that
its neighbours' motion gives them. Where speckle stays although the heart moves (haze, reverberation), windows are
matched in frames from which it was taken away.
"""

from __future__ import annotations

import importlib.util
import shutil
from typing import Any, Callable, Optional

import numpy as np

from ...cine.cine import Cine
from ...errors import BadInput
from ...i18n import tr as _
from ...progress import IsCancelled, Progress, never_cancelled, no_progress
from ...tracks.tracks import Tracks
from ..checks import check_request, make_tracks, stoppable
from ..device import choose_device
from ..matching.arrays import like, to_numpy
from ..matching.pyramid import Pyramid, build_pyramid
from ..tracker import TrackerInfo, TrackerOptions
from .chain import first_guess
from .clutter import find_clutter
from .even_points import even_points
from .rounds import MoreMeasurements, expected_together, refined
from .settings import Settings

INFO = TrackerInfo(
    name="classical",
    title=_("Classical speckle tracking"),
    licence="MIT",
    citation="Lucas and Kanade, IJCAI 1981; Baker and Matthews, IJCV 56 (2004); Crivelli et al., IEEE TIP 24 (2015)",
    weights="",
    points_interact=True,
    native_size=None,
    query_frames="any",
)
INFOS = (INFO,)


class ClassicalTracker:
    """Pyramidal sub-pixel matching of speckle, joined over the whole clip."""

    info = INFO

    def __init__(self, options: TrackerOptions = TrackerOptions(), settings: Settings = Settings()) -> None:
        self.options = options
        self.settings = settings
        self.device = gpu_for(options.device)

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
        report = stoppable(progress, cancelled)
        report(0.0)
        pyramid = build_pyramid(cine, points)
        found, device = follow_on(
            self.device, pyramid, pyramid.from_clip(points), query_frame, self.options.wall, self.settings, report
        )
        positions = pyramid.to_clip(found).transpose(1, 0, 2)
        positions[:, query_frame] = points
        return make_tracks(cine, positions, query_frame, INFO.name, {"wall": self.options.wall, "device": device})


def follow_on(
    device: Optional[Any],
    pyramid: Pyramid,
    points: np.ndarray,
    query_frame: int,
    wall: bool,
    settings: Settings,
    report: Callable[[float], None],
) -> tuple[np.ndarray, str]:
    """Return what `follow` finds on a torch device (None: the CPU, in numpy), and the type of the device that did it.

    Where the device's memory is too small, the CPU does it.
    """
    if device is None:
        return follow(pyramid, points, query_frame, wall, settings, report), "cpu"
    import torch

    precision = torch.float32 if device.type == "mps" else torch.float64
    try:
        with torch.inference_mode():
            there = torch.as_tensor(points, dtype=precision, device=device)
            return to_numpy(follow(pyramid.on(device), there, query_frame, wall, settings, report)), device.type
    except torch.cuda.OutOfMemoryError:
        return follow(pyramid, points, query_frame, wall, settings, _Rising(report)), "cpu"


class _Rising:
    """Reports no fraction that is less than one before it."""

    def __init__(self, report: Callable[[float], None]) -> None:
        self.report, self.most = report, 0.0

    def __call__(self, fraction: float) -> None:
        self.most = max(self.most, fraction)
        self.report(self.most)


def gpu_for(wanted: str) -> Optional[Any]:
    """Return the torch device to compute on, or None for the CPU, which computes with numpy.

    "auto" takes a CUDA device where there is one; torch is not even imported where there can't be.

    Raises:
        BadInput: no such device here.
    """
    if wanted == "cpu" or (wanted == "auto" and shutil.which("nvidia-smi") is None):
        return None
    if importlib.util.find_spec("torch") is None:
        if wanted == "auto":
            return None
        raise BadInput(_("Device '{name}' needs PyTorch, which is not installed; choose cpu.").format(name=wanted))
    device = choose_device(wanted)
    return None if device.type == "cpu" else device


def follow(
    pyramid: Pyramid,
    points: Any,
    query_frame: int,
    wall: bool,
    settings: Settings,
    report: Callable[[float], None],
    also: Optional[MoreMeasurements] = None,
) -> Any:
    """Return positions [T, N, 2] of `points` [N, 2], px of the pyramid's finest level; numpy or torch, both alike.

    First from frame to frame, then in rounds of measuring along the trajectories and solving for all together.
    `also` adds measurements of another kind to those by speckle matching.
    """
    along = even_points(to_numpy(points), settings.spacing_px) if wall else None
    if along is not None:
        points = like(along.points, points)
    clutter = find_clutter(pyramid)
    steps = expected_together(to_numpy(points), wall, settings, settings.step_share)
    positions, clutter = first_guess(pyramid, clutter, points, query_frame, steps, settings, lambda x: report(0.3 * x))
    positions = refined(pyramid, clutter, positions, query_frame, wall, settings, lambda x: report(0.3 + 0.7 * x), also)
    return positions if along is None else along.of_given(positions)


def create(info: TrackerInfo, options: TrackerOptions) -> ClassicalTracker:
    """Return the tracker with these options."""
    return ClassicalTracker(options)
