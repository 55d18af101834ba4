"""What a tracker is: its facts, its options, its one method."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Optional, Protocol

import numpy as np

from ..cine.cine import Cine
from ..progress import IsCancelled, Progress, never_cancelled, no_progress
from ..tracks.tracks import Tracks


class Package(NamedTuple):
    """A Python package that a tracker needs beyond numpy and SciPy."""

    module: str  # what is imported
    install: str  # what to type or do where it is missing


TORCH = Package("torch", "pip install torch")
SAFETENSORS = Package("safetensors", "pip install safetensors")


@dataclass(frozen=True)
class TrackerInfo:
    """Facts about a tracker, shown to the user and used by panel, command line and benchmark alike."""

    name: str  # registry key, e.g. "echotracker"
    title: str  # user-visible name
    licence: str  # of the code and of the weights
    citation: str
    weights: str  # where weights come from; "" for none
    points_interact: bool  # whether points influence each other
    native_size: Optional[tuple[int, int]]  # (width, height) the clip is resized to, None for the clip's own
    query_frames: str  # "first" or "any"
    needs_licence_consent: bool = False
    packages: tuple[Package, ...] = ()


@dataclass(frozen=True)
class TrackerOptions:
    """What a user can choose.

    Attributes:
        device: "auto", "cpu", "cuda" or "mps".
        precision: "auto", "float32", "float64" (and "bfloat16" where a tracker has it).
        weights: a checkpoint picked by the user; None for the tracker's own.
        wall: the points are in order along the wall and may be regularised together.
    """

    device: str = "auto"
    precision: str = "auto"
    weights: Optional[Path] = None
    wall: bool = False


class Tracker(Protocol):
    """Follows points through a clip."""

    info: TrackerInfo

    def track(
        self,
        cine: Cine,
        queries: np.ndarray,
        query_frame: int = 0,
        progress: Progress = no_progress,
        cancelled: IsCancelled = never_cancelled,
    ) -> Tracks:
        """Track `queries` [N, 2] (x, y) px, given on `query_frame`, through all frames of `cine`.

        Raises:
            BadInput: a query outside the image, a query frame outside the clip, a clip of one frame.
            Cancelled: `cancelled()` became true.
            OutOfMemory: not even the smallest groups fit.
        """
        ...
