"""CoTracker 2 and 3 (Meta), through torch.hub. Query order: (t, x, y)."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from ...errors import MissingDependency
from ...i18n import tr as _
from ..tracker import TORCH, TrackerInfo, TrackerOptions
from .adapter import ExternalTracker, Predict

REPOSITORY = "facebookresearch/co-tracker"


def cotracker_info(name: str, title: str, citation: str) -> TrackerInfo:
    """Return the facts of one version."""
    return TrackerInfo(
        name=name,
        title=title,
        licence="CC BY-NC 4.0 (code and weights; not for commercial use)",
        citation=citation,
        weights=_("downloaded by torch.hub from its authors when first used"),
        points_interact=True,
        native_size=None,
        query_frames="any",
        needs_licence_consent=True,
        packages=(TORCH,),
    )


def predictor(model: Any) -> Predict:
    """Return the call of a CoTracker predictor: video [1,T,3,H,W] 0..255, queries [1,N,3] = (t, x, y) px."""

    def predict(
        frames: Any, points: np.ndarray, query_frame: int, device: Any
    ) -> tuple[np.ndarray, Optional[np.ndarray]]:
        import torch

        video = frames[None, :, None].expand(-1, -1, 3, -1, -1).to(device)
        queries = np.column_stack([np.full(len(points), query_frame), points])
        tracks, visible = model(
            video, queries=torch.from_numpy(queries)[None].float().to(device), backward_tracking=True
        )
        shown = visible[0].reshape(tracks.shape[1:3]).cpu().numpy().astype(bool).T
        return tracks[0].cpu().numpy().transpose(1, 0, 2), shown

    return predict


def create_cotracker(info: TrackerInfo, entry: str, options: TrackerOptions) -> ExternalTracker:
    """Return the tracker; torch.hub fetches code and weights.

    Raises:
        MissingDependency: they can be neither found nor fetched.
    """
    import torch

    try:
        model = torch.hub.load(REPOSITORY, entry, trust_repo=True)
    except Exception as error:
        raise MissingDependency(
            f"{info.title} could not be fetched by torch.hub from {REPOSITORY} ({type(error).__name__}: {error}). "
            "Connect to the internet once, or put a copy into torch.hub's folder."
        ) from error
    return ExternalTracker(info, lambda *a: predictor(model.to(a[3]).eval())(*a), options)
