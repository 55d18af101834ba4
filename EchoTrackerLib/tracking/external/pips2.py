"""PIPs++ (Stanford), from its repository on the Python path. Coordinates: (x, y), queries on the first frame."""

from __future__ import annotations

import pickle
from typing import Any, Optional

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ..tracker import TORCH, Package, TrackerInfo, TrackerOptions
from .adapter import ExternalTracker, Predict, need_weights

INFO = TrackerInfo(
    name="pips2",
    title=_("PIPs++"),
    licence="MIT (code and weights)",
    citation="Zheng et al., PointOdyssey: A Large-Scale Synthetic Dataset for Long-Term Point Tracking, ICCV 2023",
    weights=_("a file picked by the user, by get_reference_model.sh of github.com/aharley/pips2"),
    points_interact=False,
    native_size=(512, 512),
    query_frames="first",
    needs_licence_consent=True,
    packages=(TORCH, Package("nets", "clone github.com/aharley/pips2 and add its folder to PYTHONPATH")),
)


def predictor(model: Any) -> Predict:
    """Return the call of a PIPs++ model: start [1,T,N,2] (x, y) px, video [1,T,3,H,W] 0..255."""

    def predict(
        frames: Any, points: np.ndarray, query_frame: int, device: Any
    ) -> tuple[np.ndarray, Optional[np.ndarray]]:
        import torch

        video = frames[None, :, None].expand(-1, -1, 3, -1, -1).to(device)
        start = torch.from_numpy(points).float().to(device)[None, None].repeat(1, len(frames), 1, 1)
        predictions = model(start, video, iters=16, beautify=True)[0]
        return predictions[-1][0].cpu().numpy().transpose(1, 0, 2), None

    return predict


def create(options: TrackerOptions) -> ExternalTracker:
    """Return the tracker.

    Raises:
        BadInput: no weights, or not those of this model.
    """
    path = need_weights(options, INFO.title, "get_reference_model.sh of github.com/aharley/pips2")
    import torch
    from nets.pips2 import Pips

    model = Pips(stride=8)
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
        model.load_state_dict(loaded.get("model_state_dict", loaded))
    except (RuntimeError, pickle.UnpicklingError, AttributeError, TypeError) as error:
        raise BadInput(f"{path.name}: is not a checkpoint of PIPs++.") from error
    return ExternalTracker(INFO, lambda *a: predictor(model.to(a[3]).eval())(*a), options)
