"""TAPIR and BootsTAPIR (Google DeepMind), through the package `tapnet`. Query order: (t, y, x)."""

from __future__ import annotations

import pickle
from typing import Any, Optional

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ..tracker import TORCH, Package, TrackerInfo, TrackerOptions
from .adapter import ExternalTracker, Predict, need_weights

SIZE = (256, 256)
TAPNET = Package("tapnet", "pip install 'tapnet[torch] @ git+https://github.com/google-deepmind/tapnet.git'")


def tapnet_info(name: str, title: str, citation: str) -> TrackerInfo:
    """Return the facts of one version."""
    return TrackerInfo(
        name=name,
        title=title,
        licence="Apache-2.0 (code and weights)",
        citation=citation,
        weights=_("a file picked by the user, from storage.googleapis.com/dm-tapnet"),
        points_interact=False,
        native_size=SIZE,
        query_frames="any",
        needs_licence_consent=True,
        packages=(TORCH, TAPNET),
    )


def predictor(model: Any) -> Predict:
    """Return the call of a TAPIR model: video [1,T,H,W,3] in -1..1, queries [1,N,3] = (t, y, x) px."""

    def predict(
        frames: Any, points: np.ndarray, query_frame: int, device: Any
    ) -> tuple[np.ndarray, Optional[np.ndarray]]:
        import torch

        video = (2 * frames / 255 - 1)[None, ..., None].expand(-1, -1, -1, -1, 3).to(device)
        queries = np.column_stack([np.full(len(points), query_frame), points[:, 1], points[:, 0]])
        answer = model(video, torch.from_numpy(queries)[None].float().to(device))
        hidden, doubt = torch.sigmoid(answer["occlusion"][0]), torch.sigmoid(answer["expected_dist"][0])
        visible = (1 - hidden) * (1 - doubt) > 0.5
        return answer["tracks"][0].cpu().numpy(), visible.cpu().numpy()

    return predict


def create_tapnet(info: TrackerInfo, options: TrackerOptions, **architecture: Any) -> ExternalTracker:
    """Return the tracker.

    Raises:
        BadInput: no weights, or not those of this model.
    """
    path = need_weights(options, info.title, "storage.googleapis.com/dm-tapnet")
    import torch
    from tapnet.torch import tapir_model

    model = tapir_model.TAPIR(**architecture)
    try:
        model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except (RuntimeError, pickle.UnpicklingError, TypeError, AttributeError) as error:
        raise BadInput(f"{path.name}: is not a checkpoint of {info.title}.") from error
    return ExternalTracker(info, lambda *a: predictor(model.to(a[3]).eval())(*a), options)
