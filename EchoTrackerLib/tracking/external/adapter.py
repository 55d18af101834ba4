"""What the adapters share: one call of a foreign model on a clip prepared as its authors prepare theirs.

Each model has its own order of query coordinates; the adapters speak (x, y) on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Callable, Optional

import numpy as np

from ...cine.cine import Cine
from ...errors import BadInput, EchoTrackerError, OutOfMemory
from ...i18n import tr as _
from ...progress import IsCancelled, Progress, never_cancelled, no_progress
from ...tracks.tracks import Tracks
from ..checks import check_request, make_tracks, stoppable, tracked_both_ways
from ..device import choose_device, full_digits, is_out_of_memory, on_cpu_if_short
from ..tracker import TrackerInfo, TrackerOptions
from ..wall import regularised

# predict(frames float32 tensor [T, rows, cols] 0..255, points float64 [N, 2] (x, y), query frame, device)
#   -> positions [N, T, 2] (x, y) and visible bool [N, T] or None
Predict = Callable[[Any, np.ndarray, int, Any], "tuple[np.ndarray, Optional[np.ndarray]]"]


@dataclass(frozen=True)
class Preparation:
    """How a model's authors resize a clip and its points.

    Attributes:
        resize: frames uint8 [T, rows, cols], (width, height) -> float32 [T, height, width].
        corner: where the model's own image begins: position -`corner` px of the model is the clip's left or top edge,
            which is -0.5 px in the clip. 0.5 for models that count from the center of the first pixel; 0 for those that
            count from the edge. None: the authors multiply by the ratio of the sizes, whatever is counted from.
    """

    resize: Callable[[np.ndarray, tuple[int, int]], np.ndarray]
    corner: Optional[float] = 0.5

    def to_model(self, points: np.ndarray, ratio: np.ndarray) -> np.ndarray:
        """Positions in the clip -> positions of the model, whose image is `ratio` (x, y) times as large."""
        return points * ratio if self.corner is None else (points + 0.5) * ratio - self.corner

    def to_clip(self, points: np.ndarray, ratio: np.ndarray) -> np.ndarray:
        """Invert `to_model`."""
        return points / ratio if self.corner is None else (points + self.corner) / ratio - 0.5


class ExternalTracker:
    """Prepares the clip as the model's authors do, calls the model, and maps the result back.

    A model that knows queries on the first frame only is run forwards and backwards from a later one.
    """

    def __init__(
        self,
        info: TrackerInfo,
        predict: Predict,
        preparation: Preparation,
        options: TrackerOptions,
        sha256: str = "",
        longest: Optional[int] = None,
    ) -> None:
        self.info, self.predict, self.preparation, self.options = info, predict, preparation, options
        self.device = choose_device(options.device)
        self.sha256 = sha256
        self.longest = longest

    def track(
        self,
        cine: Cine,
        queries: np.ndarray,
        query_frame: int = 0,
        progress: Progress = no_progress,
        cancelled: IsCancelled = never_cancelled,
    ) -> Tracks:
        """See `Tracker.track`; a foreign model cannot be interrupted while it runs."""
        points = check_request(cine, queries, query_frame)
        report = stoppable(progress, cancelled)
        report(0.0)
        (found, seen), device, warnings = on_cpu_if_short(
            lambda device: self._follow(cine.frames, points, query_frame, device), self.device
        )
        report(1.0)
        found[:, query_frame] = points
        facts: dict[str, object] = {"device": device.type, "precision": "float32"}
        if warnings := [*warnings, *self._warnings(cine.n_frames)]:
            facts["warnings"] = warnings
        tracks = make_tracks(cine, found, query_frame, self.info.name, facts, self.sha256)
        if seen is not None:
            seen[:, query_frame] = True
            tracks = replace(tracks, visible=tracks.visible & seen)
        return regularised(tracks, cine) if self.options.wall else tracks

    def _warnings(self, n_frames: int) -> Sequence[str]:
        if self.longest is None or n_frames <= self.longest:
            return []
        text = _("{title} was made for clips of up to {most} frames, this one has {n}: its tracks may be worse.")
        return [text.format(title=self.info.title, most=self.longest, n=n_frames)]

    def _follow(
        self, frames: np.ndarray, points: np.ndarray, query_frame: int, device: Any
    ) -> tuple[np.ndarray, Optional[np.ndarray]]:
        if self.info.query_frames != "first":
            return self._call(frames, points, query_frame, device)
        return tracked_both_ways(lambda part, _name: self._call(part, points, 0, device)[0], frames, query_frame), None

    def _call(
        self, frames: np.ndarray, points: np.ndarray, query_frame: int, device: Any
    ) -> tuple[np.ndarray, Optional[np.ndarray]]:
        """Positions [N, T, 2] px of the clip, and which are visible."""
        import torch

        title, size = self.info.title, frames.shape[:0:-1]
        native = self.info.native_size or size
        ratio = np.array(native) / np.array(size)
        expected = (len(points), len(frames), 2)
        if len(frames) == 1:
            return points[:, None].copy(), None
        try:
            with torch.inference_mode(), full_digits():
                video = torch.from_numpy(self.preparation.resize(frames, native))
                start = self.preparation.to_model(points, ratio)
                found, seen = self.predict(video, start, query_frame, device)
        except EchoTrackerError:
            raise
        except Exception as error:  # foreign code raises whatever it likes
            if is_out_of_memory(error):
                raise OutOfMemory(
                    _("{title}: memory does not suffice; try the CPU.").format(title=title), "--device cpu"
                ) from error
            reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
            raise BadInput(
                _("{title}: the model cannot be run on this clip ({reason}).").format(title=title, reason=reason[0])
            ) from error
        if found.shape != expected:
            raise BadInput(
                _("{title} answered {value} instead of {expected}.").format(
                    title=title, value=list(found.shape), expected=list(expected)
                )
            )
        return self.preparation.to_clip(found.astype(np.float64), ratio), seen


def bilinear(frames: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize as `torch.nn.functional.interpolate` does with `align_corners=False`, without smoothing before."""
    import torch
    import torch.nn.functional as F

    video = np.empty((len(frames), size[1], size[0]), dtype=np.float32)
    for t, frame in enumerate(frames):
        image = torch.from_numpy(np.array(frame))[None, None].float()
        video[t] = F.interpolate(image, size[::-1], mode="bilinear", align_corners=False)[0, 0].numpy()
    return video


def unchanged(frames: np.ndarray, _size: tuple[int, int]) -> np.ndarray:
    """Keep the clip's own size."""
    return frames.astype(np.float32)


def lanczos(frames: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize as Pillow's Lanczos filter does, to whole gray values."""
    from PIL import Image

    images = (Image.fromarray(np.ascontiguousarray(frame)) for frame in frames)
    resized = [np.asarray(image.resize(size, Image.Resampling.LANCZOS)) for image in images]
    return np.stack(resized).astype(np.float32)
