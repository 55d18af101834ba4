"""WallNet as a tracker: the classical tracker's trajectories, with learned matches as further witnesses.

Those pairs of frames that are further apart and that the classical tracker compares are compared by the network, too.
Speckle matching is the more precise where speckle survives; the network was trained to find tissue again where it does
not, and says how sure it is. Both go into the same robust solution.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import numpy as np

from ...cine.cine import Cine
from ...errors import BadInput
from ...i18n import tr as _
from ...progress import IsCancelled, Progress, never_cancelled, no_progress, raise_if_cancelled
from ...resources import resource_path
from ...tracks.tracks import Tracks
from ..checks import check_request, make_tracks, stoppable
from ..classical.settings import Settings
from ..classical.tracker import follow
from ..matching.measurement import Measurement
from ..matching.pairs import PairGroup
from ..matching.pyramid import build_pyramid
from ..tracker import SAFETENSORS, TORCH, TrackerInfo, TrackerOptions
from .weights import read_weights

SIZE = 256  # rows and columns that a clip is resized to for the network
LEVEL = 0  # of the features that displacements are measured with
TRUST = 0.3  # in the network's precision: matches of neighboring frames and points share their errors
NEAR_FRAMES = 3  # nearer pairs are left to speckle matching alone: there the speckle survives
FRAME_GROUP = 8  # frames encoded at once
WINDOW_GROUP = 2000  # windows matched at once: bounds the memory
BUNDLED_WEIGHTS = "Models/wallnet.safetensors"

INFO = TrackerInfo(
    name="wallnet",
    title=_("WallNet (learned and classical matching)"),
    licence="MIT (code and weights)",
    citation="this project",
    weights=_("bundled; trained here on synthetic clips and real frames moved by known motion"),
    points_interact=True,
    native_size=(SIZE, SIZE),
    query_frames="any",
    packages=(TORCH, SAFETENSORS),
    precisions=("auto", "float32"),
)
INFOS = (INFO,)


class WallNetTracker:
    """Learned and classical matching, solved for together."""

    info = INFO

    def __init__(self, options: TrackerOptions, settings: Settings = Settings()) -> None:
        from .network import WallNet

        if options.device not in ("auto", "cpu"):
            raise BadInput(
                _("WallNet runs on the CPU; device '{device}' is not offered.").format(device=options.device)
            )
        weights = read_weights(Path(options.weights) if options.weights is not None else _bundled())
        self.options, self.settings = options, settings
        self.sha256 = weights.sha256
        self.net = WallNet().eval()
        self.net.load_state_dict(weights.state)

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
        report = stoppable(progress, cancelled)
        report(0.0)
        with torch.no_grad():
            maps = self._features(cine.frames, lambda fraction: report(0.2 * fraction))
            pyramid = build_pyramid(cine, points)
            to_network = SIZE / np.array(cine.size, dtype=np.float64)

            def also(positions: np.ndarray, group: PairGroup) -> list[Measurement]:
                if np.abs(group.second - group.first).min() < NEAR_FRAMES:
                    return []
                small = (pyramid.to_clip(positions) + 0.5) * to_network - 0.5  # resizing takes pixels as areas
                inside = torch.as_tensor(small, dtype=torch.float32)
                found = learned_displacements(
                    self.net, maps[LEVEL], inside, group.every_second(), lambda: raise_if_cancelled(cancelled)
                )
                return [_rescaled(found, to_network / pyramid.scale)]

            start = pyramid.from_clip(points)
            steady = _Rising(report, 0.2)
            found = follow(pyramid, start, query_frame, self.options.wall, self.settings, steady, also)
        positions = pyramid.to_clip(found).transpose(1, 0, 2)
        positions[:, query_frame] = points
        facts: dict[str, object] = {"wall": self.options.wall, "device": "cpu", "precision": "float32"}
        return make_tracks(cine, positions, query_frame, INFO.name, facts, self.sha256)

    def _features(self, frames: np.ndarray, report: Callable[[float], None]) -> list[Any]:
        """Maps [T, C, h, w] of each level."""
        import torch

        from .encoder import network_input

        views = network_input(resized(frames))
        parts = []
        for start in range(0, len(views), FRAME_GROUP):
            report(start / len(views))
            parts.append(self.net.encoder(views[start : start + FRAME_GROUP]))
        return [torch.cat([part[level] for part in parts]) for level in range(len(parts[0]))]


class _Rising:
    """Puts the fractions of a part of the work behind those of the part before it."""

    def __init__(self, report: Callable[[float], None], first: float) -> None:
        self.report, self.first = report, first

    def __call__(self, fraction: float) -> None:
        self.report(self.first + (1 - self.first) * fraction)


def learned_displacements(
    net: Any, maps: Any, positions: Any, group: PairGroup, alive: Callable[[], None] = lambda: None
) -> Measurement:
    """Return the network's displacements between the frames of `group`, px of the network.

    Args:
        net: `WallNet`.
        maps: tensor [T, C, h, w], features of level `LEVEL`.
        positions: tensor [T, N, 2] px of the network, the present trajectories.
        group: pairs of frames.
        alive: called between groups of pairs; may raise to stop.
    """
    import torch

    from .encoder import STRIDES, sample

    seen = sample(maps, positions / STRIDES[LEVEL])  # [T, N, C]
    size = max(1, WINDOW_GROUP // positions.shape[1])
    displacement, precision = [], []
    for start in range(0, len(group.first), size):
        alive()
        a, b = (torch.as_tensor(f[start : start + size]) for f in (group.first, group.second))
        window = net.matched_window(seen[a].transpose(0, 1), maps[b], positions[b].transpose(0, 1), LEVEL)
        mean, covariance = net.displacement(window, LEVEL)
        displacement.append((positions[b] - positions[a] + mean.transpose(0, 1)).double().numpy())
        precision.append(TRUST * torch.linalg.inv(covariance).transpose(0, 1).double().numpy())
    return Measurement(group.first, group.second, np.concatenate(displacement), np.concatenate(precision))


def _rescaled(m: Measurement, factor: np.ndarray) -> Measurement:
    """The same measurement in px that are `factor` (x, y) times as large."""
    return replace(m, displacement=m.displacement / factor, precision=m.precision * np.outer(factor, factor))


def resized(frames: np.ndarray) -> Any:
    """Gray frames uint8 [T, rows, cols] -> float32 tensor [T, 256, 256], 0..255.

    Frames larger than that are averaged over the pixels that fall together, so that fine speckle doesn't alias.
    """
    import torch
    import torch.nn.functional as F

    out = torch.empty(len(frames), SIZE, SIZE)
    for t, frame in enumerate(frames):
        image = torch.from_numpy(np.array(frame))[None, None].float()
        out[t] = F.interpolate(image, (SIZE, SIZE), mode="bilinear", align_corners=False, antialias=True)[0, 0]
    return out


def _bundled() -> Path:
    try:
        return resource_path(BUNDLED_WEIGHTS)
    except FileNotFoundError:
        raise BadInput(
            _("WallNet: its weights are not in this installation. Pick a file, or use the classical tracker."),
            "--weights FILE or --tracker classical",
        ) from None


def create(info: TrackerInfo, options: TrackerOptions) -> WallNetTracker:
    """Return the tracker with the user's weights or the bundled ones.

    Raises:
        BadInput: the weights cannot be used.
    """
    return WallNetTracker(options)
