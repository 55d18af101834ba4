"""What the adapters share: one call of a foreign model on a clip of its native size.

Each model has its own order of query coordinates; the adapters speak (x, y) on both sides.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np

from ...cine.cine import Cine
from ...errors import BadInput, EchoTrackerError, OutOfMemory
from ...progress import IsCancelled, Progress, never_cancelled, no_progress
from ...tracks.tracks import Tracks
from ..checks import check_request, make_tracks, stoppable
from ..device import choose_device
from ..tracker import TrackerInfo, TrackerOptions

# predict(frames float32 [T, rows, cols] 0..255, points float64 [N, 2] (x, y), query frame, device)
#   -> positions [N, T, 2] (x, y) and visible bool [N, T] or None
Predict = Callable[[Any, np.ndarray, int, Any], "tuple[np.ndarray, Optional[np.ndarray]]"]


class ExternalTracker:
    """Resizes the clip to the model's native size, calls it once, and maps the result back."""

    def __init__(self, info: TrackerInfo, predict: Predict, options: TrackerOptions, sha256: str = "") -> None:
        self.info = info
        self.predict = predict
        self.device = choose_device(options.device)
        self.sha256 = sha256

    def track(
        self,
        cine: Cine,
        queries: np.ndarray,
        query_frame: int = 0,
        progress: Progress = no_progress,
        cancelled: IsCancelled = never_cancelled,
    ) -> Tracks:
        """See `Tracker.track`; a foreign model cannot be interrupted while it runs."""
        points = check_request(cine, queries, query_frame, self.info)
        report = stoppable(progress, cancelled)
        size = self.info.native_size or cine.size
        scale = (np.array(size) - 1) / np.maximum(np.array(cine.size) - 1, 1)
        report(0.0)
        found, visible = self._guarded(resized(cine.frames, size), points * scale, query_frame)
        report(1.0)
        expected = (len(points), cine.n_frames, 2)
        if found.shape != expected:
            raise BadInput(f"{self.info.title} answered {list(found.shape)} instead of {list(expected)}.")
        facts: dict[str, object] = {"device": self.device.type}
        tracks = make_tracks(cine, found / scale, query_frame, self.info.name, facts, self.sha256)
        return tracks if visible is None else replace(tracks, visible=tracks.visible & visible)

    def _guarded(
        self, frames: np.ndarray, points: np.ndarray, query_frame: int
    ) -> tuple[np.ndarray, Optional[np.ndarray]]:
        import torch

        try:
            with torch.inference_mode():
                return self.predict(torch.from_numpy(frames), points, query_frame, self.device)
        except EchoTrackerError:
            raise
        except (RuntimeError, MemoryError) as error:
            if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
                raise OutOfMemory(f"{self.info.title}: memory does not suffice; try --device cpu.") from error
            raise BadInput(f"{self.info.title}: the model cannot be run on this clip ({error}).") from error


def resized(frames: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Grey frames uint8 [T, rows, cols] -> float32 [T, height, width] of `size` (width, height)."""
    import torch
    import torch.nn.functional as F

    video = np.empty((len(frames), size[1], size[0]), dtype=np.float32)
    for t, frame in enumerate(frames):
        image = torch.from_numpy(np.array(frame))[None, None].float()
        video[t] = F.interpolate(image, size[::-1], mode="bilinear", align_corners=False)[0, 0].numpy()
    return video


def need_weights(options: TrackerOptions, title: str, where: str) -> Path:
    """Return the weights' file that the user picked.

    Raises:
        BadInput: none was picked, or it does not exist.
    """
    if options.weights is None:
        raise BadInput(f"{title}: pick its weights file (--weights FILE); it comes from {where}.")
    path = Path(options.weights)
    if not path.is_file():
        raise BadInput(f"{path.name}: no such weights file.")
    return path
