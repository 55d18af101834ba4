"""The EchoTracker tracker: a clip of any size in, tracks in its own pixels out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional

import numpy as np

from ...cine.cine import Cine
from ...errors import BadInput, OutOfMemory
from ...i18n import tr as _
from ...progress import IsCancelled, Progress, never_cancelled, no_progress, raise_if_cancelled
from ...resources import resource_path
from ...tracks.tracks import Tracks
from ..checks import check_request, make_tracks, tracked_both_ways
from ..device import PRECISIONS, choose_device, choose_precision, full_digits, is_out_of_memory, on_cpu_if_short
from ..tracker import SAFETENSORS, TORCH, TrackerInfo, TrackerOptions
from ..wall import regularised
from .checkpoint import Checkpoint, read_checkpoint

if TYPE_CHECKING:
    from .network import Groups

SIZE = 256  # the network's rows and columns
BUNDLED_WEIGHTS = "Models/echotracker-synthetic.safetensors"

INFO = TrackerInfo(
    name="echotracker",
    title=_("EchoTracker"),
    licence="MIT (code here); weights: see their source",
    citation="Azad et al., EchoTracker: Advancing Myocardial Point Tracking in Echocardiography, MICCAI 2024",
    weights=_("a checkpoint file picked by the user, or preliminary ones trained here on synthetic motion"),
    points_interact=False,
    native_size=(SIZE, SIZE),
    query_frames="any",
    packages=(TORCH, SAFETENSORS),
    precisions=PRECISIONS,
)
UPDATED = replace(
    INFO,
    name="echotracker-updated",
    title=_("EchoTracker, updated form"),
    citation="Azad et al., follow-up of EchoTracker with impartial motion, ICCV Workshops 2025",
)
INFOS = (INFO, UPDATED)
_log = logging.getLogger("EchoTracker")


class EchoTracker:
    """Runs the network; `pinned` is the updated form, in which any query frame is one call."""

    def __init__(self, info: TrackerInfo, checkpoint: Checkpoint, pinned: bool, options: TrackerOptions) -> None:
        from .network import EchoTrackerNet

        self.info, self.options = info, options
        self.pinned = pinned
        self.sha256 = checkpoint.sha256
        self.warning = checkpoint.warning
        self.start = checkpoint.start
        self.device = choose_device(options.device)
        self.dtype = choose_precision(options.precision, self.device)
        self.net = EchoTrackerNet().eval()
        self.net.load_state_dict(checkpoint.state)

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
        raise_if_cancelled(cancelled)
        width, height = cine.size
        scale = (SIZE - 1) / np.maximum(np.array([width, height]) - 1, 1)

        def follow(device: Any) -> np.ndarray:
            return self._follow(cine.frames, points * scale, query_frame, device, progress, cancelled)

        found, device, warnings = on_cpu_if_short(follow, self.device)
        if self.warning:
            warnings.insert(0, self.warning)
        options: dict[str, object] = {
            "device": device.type,
            "precision": str(self.dtype).replace("torch.", ""),
            "form": "updated" if self.pinned else "original",
            "start": self.start,
        }
        if warnings:
            options["warnings"] = warnings
        positions = found / scale
        positions[:, query_frame] = points  # given, not tracked; the network's own answer there is up to 1.5 px off
        tracks = make_tracks(cine, positions, query_frame, self.info.name, options, self.sha256)
        return regularised(tracks, cine) if self.options.wall else tracks

    def _follow(
        self,
        frames: np.ndarray,
        points: np.ndarray,
        query_frame: int,
        device: Any,
        progress: Progress,
        cancelled: IsCancelled,
    ) -> np.ndarray:
        """Positions [N, T, 2] in the network's pixels, on one device."""

        def run(part: np.ndarray, frame: Optional[int], prefix: str) -> np.ndarray:
            report_half = _reporter(progress, cancelled, prefix + _("Half size: "))
            return self._run(part, points, frame, device, report_half, _reporter(progress, cancelled, prefix))

        if self.pinned:
            return run(frames, query_frame, "")
        return tracked_both_ways(lambda part, prefix: run(part, None, prefix), frames, query_frame)

    def _run(
        self,
        frames: np.ndarray,
        points: np.ndarray,
        query_frame: Optional[int],
        device: Any,
        report_half: Callable[[str, float], None],
        report: Callable[[str, float], None],
    ) -> np.ndarray:
        """One call of the network, in smaller and smaller groups while memory does not suffice."""
        import torch

        from .half_size import half_size_start

        half = self.dtype == torch.bfloat16
        dtype = torch.float32 if half else self.dtype
        for groups in _groups(device.type):
            try:
                autocast = torch.autocast(device.type, torch.bfloat16) if half else nullcontext()
                with torch.inference_mode(), full_digits(), autocast:
                    net = self.net.to(device, dtype)
                    video = resize_frames(frames).to(device, dtype)
                    queries = torch.from_numpy(points).to(device, dtype)
                    start = None
                    if self.start == "half":
                        start = half_size_start(net, video, queries, query_frame, groups, report_half)
                    result = net(video, queries, query_frame, groups=groups, report=report, start=start)[-1]
                    return result.double().cpu().numpy().transpose(1, 0, 2)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                _log.info("Out of memory on %s with %s", device.type, groups)
            if device.type == "cuda":
                torch.cuda.empty_cache()
        raise OutOfMemory(
            _("The memory of device '{0}' does not suffice for {1} frames; track fewer frames.").format(
                device.type, len(frames)
            )
        )


def _groups(device_type: str) -> Iterator[Groups]:
    """Group sizes to try, the fastest first."""
    from .network import Groups

    groups = Groups(frames=1, point_frames=2048) if device_type == "cpu" else Groups(frames=16, point_frames=1 << 16)
    for _attempt in range(4):
        yield groups
        groups = Groups(frames=max(1, groups.frames // 4), point_frames=max(1, groups.point_frames // 4))


def _reporter(progress: Progress, cancelled: IsCancelled, prefix: str) -> Callable[[str, float], None]:
    titles = {"reading": prefix + _("Reading the image"), "following": prefix + _("Following points")}

    def report(stage: str, fraction: float) -> None:
        raise_if_cancelled(cancelled)
        progress(titles[stage], fraction)

    return report


def resize_frames(frames: np.ndarray) -> Any:
    """Gray frames uint8 [T, rows, cols] -> float32 tensor [T, 1, 256, 256], 0..255 (bilinear, align_corners False)."""
    import torch
    import torch.nn.functional as F

    video = torch.empty(len(frames), 1, SIZE, SIZE)
    for t, frame in enumerate(frames):
        image = torch.from_numpy(np.array(frame))[None, None].float()
        video[t] = F.interpolate(image, (SIZE, SIZE), mode="bilinear", align_corners=False)[0]
    return video


def load_weights(options: TrackerOptions) -> Checkpoint:
    """Return the user's weights, or the bundled ones.

    Raises:
        BadInput: the file cannot be used, or none was picked and none is bundled.
    """
    if options.weights is not None:
        return read_checkpoint(Path(options.weights))
    try:
        path = resource_path(BUNDLED_WEIGHTS)
    except FileNotFoundError:
        raise BadInput(
            _("EchoTracker: no trained weights are bundled. Pick a checkpoint file, or use the classical tracker."),
            "--weights FILE or --tracker classical",
        ) from None
    return read_checkpoint(path)


def create(info: TrackerInfo, options: TrackerOptions) -> EchoTracker:
    """Return the original form, or the updated one (ICCV-W 2025), in which any query frame is one call.

    The weights' file can say which it is (`query_mode`). The original form knows only queries on the first frame; from
    a later one it is run forwards and backwards, and the two parts are joined there.

    Raises:
        BadInput: the weights cannot be used, or were trained for the other form.
    """
    checkpoint = load_weights(options)
    if info is UPDATED and checkpoint.query_mode == "first":
        raise BadInput(
            _("These weights were trained for queries on the first frame; use the tracker 'echotracker' with them.")
        )
    return EchoTracker(info, checkpoint, info is UPDATED or checkpoint.query_mode == "any", options)
