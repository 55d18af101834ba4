"""The clip every other room works on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from .ecg import Ecg
from .regions import Region, Scale, scale_at
from .times import UNKNOWN, rising


@dataclass(frozen=True)
class Cine:
    """An ultrasound clip.

    Attributes:
        frames: uint8 [T, rows, cols], gray.
        times_s: float64 [T], strictly rising, first frame 0.
        spacing_mm: (row, col) or None when unknown; never assumed.
        name: a short name without patient data, e.g. the file's stem.
        source: where it comes from, for reports: a file name without its folder, or "array", "phantom".
        spacing_source: how the spacing was found, e.g. "DICOM region 1 (tissue)", "unknown".
        time_source: how the times were found, e.g. "FrameTimeVector"; "unknown" for assumed ones.
        colour: uint8 [T, rows, cols, 3] RGB for display, or None for a gray clip.
        regions: calibrated areas in the file's order.
        ijk_to_ras: float64 [4, 4] of the volume (column, row, slice) -> RAS mm; None: the display convention
            of `geometry.default_ijk_to_ras`.
        warnings: sentences the user should read.
        heart_rate_bpm: beats per minute as the device stored it, or None.
        r_times_s: float64 [K] rising, R waves in s after the first frame as the device found them; None when unknown.
        avc_s: aortic valve closure, s after the R wave, as somebody stored it with the clip; None when unknown.
        ecg: as the device stored it, to be shown; None when there is none.
    """

    frames: np.ndarray
    times_s: np.ndarray
    spacing_mm: Optional[tuple[float, float]] = None
    name: str = "cine"
    source: str = "array"
    spacing_source: str = "unknown"
    time_source: str = "given"
    colour: Optional[np.ndarray] = None
    regions: tuple[Region, ...] = ()
    ijk_to_ras: Optional[np.ndarray] = None
    warnings: tuple[str, ...] = field(default=())
    heart_rate_bpm: Optional[float] = None
    r_times_s: Optional[np.ndarray] = None
    avc_s: Optional[float] = None
    ecg: Optional[Ecg] = None

    def __post_init__(self) -> None:
        frames, times = self.frames, self.times_s
        if frames.ndim != 3 or frames.dtype != np.uint8 or 0 in frames.shape:
            raise BadInput(
                _("{source}: frames must be uint8 [T, rows, cols] and not empty, not {dtype} {value}.").format(
                    source=self.source, dtype=frames.dtype, value=list(frames.shape)
                )
            )
        if times.shape != (len(frames),):
            raise BadInput(
                _("{source}: {n} frames but {size} frame times.").format(
                    source=self.source, n=len(frames), size=times.size
                )
            )
        if not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
            raise BadInput(_("{source}: the frame times do not rise from frame to frame.").format(source=self.source))
        if self.spacing_mm is not None and not all(np.isfinite(s) and s > 0 for s in self.spacing_mm):
            raise BadInput(
                _("{source}: pixel spacing {spacing_mm} is not positive.").format(
                    source=self.source, spacing_mm=self.spacing_mm
                )
            )
        if self.r_times_s is not None and rising(self.r_times_s) is None:
            raise BadInput(_("{source}: the R-wave times do not rise.").format(source=self.source))
        if self.colour is not None and self.colour.shape != (*frames.shape, 3):
            raise BadInput(_("{source}: color frames do not match the gray frames.").format(source=self.source))

    def measured_at(self, positions: np.ndarray) -> Cine:
        """Return the clip with the scale of the region that holds positions (x, y) px [..., 2], see `scale_at`."""
        scale = scale_at(self.regions, Scale(self.spacing_mm, self.spacing_source), positions)
        return replace(self, spacing_mm=scale.spacing_mm, spacing_source=scale.source)

    @property
    def n_frames(self) -> int:
        """Number of frames T."""
        return int(self.frames.shape[0])

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return int(self.frames.shape[2]), int(self.frames.shape[1])

    @property
    def fps(self) -> float:
        """Frames per second by the median frame interval; NaN for a single frame."""
        return float(1.0 / np.median(np.diff(self.times_s))) if self.n_frames > 1 else float("nan")

    @property
    def known_fps(self) -> Optional[float]:
        """`fps`, None for a single frame and where the times are only assumed."""
        return None if self.n_frames == 1 or self.time_source == UNKNOWN else self.fps
