"""WallNet as a tracker: a clip of any size in, tracks in its own pixels out."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...cine.cine import Cine
from ...errors import BadInput, OutOfMemory
from ...i18n import tr as _
from ...progress import IsCancelled, Progress, never_cancelled, no_progress, raise_if_cancelled
from ...resources import resource_path
from ...tracks.tracks import Tracks
from ..checks import check_request, make_tracks
from ..device import choose_device
from ..tracker import TrackerInfo, TrackerOptions
from .weights import read_weights

SIZE = 256  # rows and columns that a clip is resized to
ITERATIONS = 4
BUNDLED_WEIGHTS = "Models/wallnet.safetensors"

INFO = TrackerInfo(
    name="wallnet",
    title=_("WallNet"),
    licence="MIT (code and weights)",
    citation="this project",
    weights=_("bundled; trained here on synthetic clips and real frames moved by known motion"),
    points_interact=True,
    native_size=(SIZE, SIZE),
    query_frames="any",
)
_log = logging.getLogger("EchoTracker")


class WallNetTracker:
    """Runs the network; `options.wall` measures the distance between points along the wall."""

    info = INFO

    def __init__(self, options: TrackerOptions) -> None:
        from .network import WallNet

        if options.precision not in ("auto", "float32"):
            raise BadInput(f"WallNet computes in float32; precision '{options.precision}' is not offered.")
        weights = read_weights(Path(options.weights) if options.weights is not None else _bundled())
        self.options = options
        self.sha256 = weights.sha256
        self.device = choose_device(options.device)
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
        """See `Tracker.track`; `quality["expected_error"]` is the network's estimate of its error, px of the clip."""
        points = check_request(cine, queries, query_frame)
        raise_if_cancelled(cancelled)
        scale = (SIZE - 1) / np.maximum(np.array(cine.size) - 1, 1)

        def report(fraction: float) -> None:
            raise_if_cancelled(cancelled)
            progress(_("Tracking"), fraction)

        facts: dict[str, object] = {"wall": self.options.wall, "precision": "float32"}
        device = self.device
        try:
            found, error = self._follow(cine.frames, points * scale, query_frame, device, report)
        except (RuntimeError, MemoryError) as problem:
            if not _out_of_memory(problem):
                raise
            if device.type == "cpu":
                raise OutOfMemory(_("The memory does not suffice; track fewer frames or points.")) from problem
            facts["warnings"] = [
                _("The memory of device '{0}' did not suffice; tracked on the CPU.").format(device.type)
            ]
            device = choose_device("cpu")
            found, error = self._follow(cine.frames, points * scale, query_frame, device, report)
        facts["device"] = device.type
        positions = found / scale
        positions[:, query_frame] = points
        tracks = make_tracks(cine, positions, query_frame, INFO.name, facts)
        expected = (error / np.sqrt(scale.prod())).astype(np.float32)
        return replace(tracks, weights_sha256=self.sha256, quality={"expected_error": expected})

    def _follow(
        self, frames: np.ndarray, points: np.ndarray, query_frame: int, device: Any, report: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """Positions [N, T, 2] and expected errors [N, T] in the network's pixels."""
        import torch

        from .network import coupling

        net = self.net.to(device)
        with torch.no_grad():
            queries = torch.as_tensor(points, dtype=torch.float32, device=device)
            kernels = coupling(queries, wall=self.options.wall)
            state = net(resized(frames).to(device), queries, query_frame, kernels, ITERATIONS, report=report)[-1]
        error = state.log_error.clamp(-3, 5).exp()
        return state.positions.double().cpu().numpy(), error.double().cpu().numpy()


def resized(frames: np.ndarray) -> Any:
    """Grey frames uint8 [T, rows, cols] -> float32 tensor [T, 256, 256], 0..255.

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
            "WallNet: its weights are not in this installation. Pick a file (--weights FILE), "
            "or use the classical tracker (--tracker classical)."
        ) from None


def _out_of_memory(problem: BaseException) -> bool:
    text = str(problem).lower()
    return isinstance(problem, MemoryError) or "out of memory" in text or "can't allocate memory" in text


def create(options: TrackerOptions) -> WallNetTracker:
    """Return the tracker with the user's weights or the bundled ones.

    Raises:
        BadInput: the weights cannot be used.
    """
    return WallNetTracker(options)
