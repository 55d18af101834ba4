"""What a tracker is: its facts, its options, its one method."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Protocol

import numpy as np

from ..cine.cine import Cine
from ..errors import Package
from ..progress import IsCancelled, Progress, never_cancelled, no_progress
from ..tracks.tracks import Tracks

TORCH = Package("torch")
SAFETENSORS = Package("safetensors")
TORCHVISION = Package("torchvision", steps="Install the torchvision that belongs to your torch (docs/trackers.md)")
OPENCV = Package("cv2", "opencv-python-headless")


@dataclass(frozen=True)
class TrackerInfo:
    """Facts about a tracker, shown to the user and used by panel, command line and benchmark alike.

    Attributes:
        name: registry key, e.g. "echotracker".
        title: user-visible name.
        licence: of the code and of the weights, as published.
        citation: what to cite.
        weights: where weights come from; "" for none.
        points_interact: whether points influence each other.
        native_size: (width, height) the clip is resized to, None for the clip's own.
        query_frames: "any", or "first": from a later frame it runs forwards and backwards, joined there.
        needs_licence_consent: it is run only after the user accepted the license.
        packages: that it needs beyond numpy and SciPy.
        precisions: that it offers; "auto" is the first of its own.
        wall_by_default: whether `wall="auto"` regularizes points in order along the wall. Trackers of other authors
            keep their own result then; with "on" it is regularized afterwards.
    """

    name: str
    title: str
    licence: str
    citation: str
    weights: str
    points_interact: bool
    native_size: Optional[tuple[int, int]]
    query_frames: str
    needs_licence_consent: bool = False
    packages: tuple[Package, ...] = ()
    precisions: tuple[str, ...] = ("auto", "float32", "float64")
    wall_by_default: bool = True


@dataclass(frozen=True)
class TrackerOptions:
    """What a tracker is set up with (see `request.Request` for what a user asks for).

    Attributes:
        device: "auto", "cpu", "cuda" or "mps".
        precision: "auto", "float32", "float64" (and "bfloat16" where a tracker has it).
        weights: a checkpoint picked by the user; None for the tracker's own.
        wall: the points are in order along the wall and are regularized together.
        accept_licence: the user accepted the tracker's license.
        code: folder with its authors' code, for trackers by other authors; None to look in the usual places.
    """

    device: str = "auto"
    precision: str = "auto"
    weights: Optional[Path] = None
    wall: bool = False
    accept_licence: bool = False
    code: Optional[Path] = None


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

        The positions on the query frame are the queries as they were given.

        Raises:
            BadInput: a query outside the image, a query frame outside the clip, a clip of one frame.
            Cancelled: `cancelled()` became true.
            OutOfMemory: not even the smallest groups fit.
        """
        ...
