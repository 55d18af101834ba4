"""MyoTracker (TorchScript file of its authors). Coordinates: (y, x) on both sides, queries on the first frame."""

from __future__ import annotations

import hashlib
from typing import Any, Optional

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ..tracker import TORCH, TrackerInfo, TrackerOptions
from .adapter import ExternalTracker, Predict, need_weights

INFO = TrackerInfo(
    name="myotracker",
    title=_("MyoTracker"),
    licence=_("see the authors' repository (github.com/artemcher/myotracker)"),
    citation="Chernyshov et al., Low-complexity point tracking of the myocardium in 2D echocardiography, 2025",
    weights=_("a TorchScript file picked by the user"),
    points_interact=True,
    native_size=(256, 256),
    query_frames="first",
    needs_licence_consent=True,
    packages=(TORCH,),
)


def predictor(model: Any) -> Predict:
    """Return the call of MyoTracker: video [1,T,1,256,256] in 0..1, queries [1,N,2] = (y, x) px."""

    def predict(
        frames: Any, points: np.ndarray, query_frame: int, device: Any
    ) -> tuple[np.ndarray, Optional[np.ndarray]]:
        import torch

        queries = torch.from_numpy(points[:, ::-1].copy())[None].float().to(device)
        answer = model((frames / 255)[None, :, None].to(device), queries)
        tracks = answer[0] if isinstance(answer, (tuple, list)) else answer
        return tracks[0].cpu().numpy().transpose(1, 0, 2)[..., ::-1], None

    return predict


def create(options: TrackerOptions) -> ExternalTracker:
    """Return the tracker.

    Raises:
        BadInput: no file was picked, or it is not a TorchScript program.
    """
    path = need_weights(options, INFO.title, "its authors' repository")
    import torch

    try:
        model = torch.jit.load(str(path), map_location="cpu")
    except (RuntimeError, ValueError) as error:
        raise BadInput(f"{path.name}: is not a TorchScript file, as MyoTracker's is.") from error
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return ExternalTracker(INFO, lambda *a: predictor(model.to(a[3]).eval())(*a), options, sha256)
