"""MyoTracker (TorchScript file of its authors). Coordinates: (y, x) on both sides, queries on the first frame."""

from __future__ import annotations

import io
from typing import Any, Optional

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ..tracker import TORCH, TrackerInfo, TrackerOptions
from ..weights import check_archive, is_torchscript
from .adapter import ExternalTracker, Predict, Preparation, bilinear
from .source import need_weights

# Queries and tracks are in px of the resized image, whose pixels stay where they are in the clip.
PREPARATION = Preparation(bilinear)

INFO = TrackerInfo(
    name="myotracker",
    title=_("MyoTracker"),
    licence="CC BY-NC 4.0 (code and weights; not for commercial use)",
    citation="Chernyshov et al., Low-complexity point tracking of the myocardium in 2D echocardiography, 2025",
    weights=_("a TorchScript file picked by the user, from github.com/artemcher/myotracker"),
    points_interact=True,
    native_size=(256, 256),
    query_frames="first",
    needs_licence_consent=True,
    packages=(TORCH,),
    precisions=("auto", "float32"),
    wall_by_default=False,
)
INFOS = (INFO,)


def predictor(model: Any) -> Predict:
    """Return the call of MyoTracker: video [1,T,1,256,256] in 0..1, queries [1,N,2] = (y, x) px."""

    def predict(
        frames: Any, points: np.ndarray, query_frame: int, device: Any
    ) -> tuple[np.ndarray, Optional[np.ndarray]]:
        import torch

        queries = torch.from_numpy(points[:, ::-1].copy())[None].float().to(device)
        answer = model.to(device).eval()((frames / 255)[None, :, None].to(device), queries)
        tracks = answer[0] if isinstance(answer, (tuple, list)) else answer
        return tracks[0].cpu().numpy().transpose(1, 0, 2)[..., ::-1], None

    return predict


def create(info: TrackerInfo, options: TrackerOptions) -> ExternalTracker:
    """Return the tracker.

    Raises:
        BadInput: no file was picked, or it is not a TorchScript program.
    """
    file = need_weights(options, info.title, "its authors' repository")
    import torch

    check_archive(file)
    if not is_torchscript(file):
        raise BadInput(_("{name}: is not a TorchScript file, as MyoTracker's is.").format(name=file.name))
    try:
        model = torch.jit.load(io.BytesIO(file.content), map_location="cpu")
    except Exception as error:  # whatever the bytes: the reader raises anything
        raise BadInput(_("{name}: is a damaged TorchScript file. Fetch it again.").format(name=file.name)) from error
    return ExternalTracker(info, predictor(model), PREPARATION, options, file.sha256)
