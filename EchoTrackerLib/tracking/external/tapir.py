"""TAPIR and BootsTAPIR (Google DeepMind), by their package `tapnet`. Query order: (t, y, x), counted from the edge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import numpy as np

from ...errors import Package
from ...i18n import tr as _
from ..tracker import TORCH, TrackerInfo, TrackerOptions
from ..weights import load_state, read_tensors
from .adapter import ExternalTracker, Predict, Preparation, lanczos
from .source import AuthorsCode, need_weights

CODE = AuthorsCode("google-deepmind/tapnet", "c2cbab81cc06092b5f05bfe2da7bfec54e2079c9", "tapnet.torch.tapir_model")
# Positions are raster coordinates, in which the first pixel's center is 0.5 (`map_coordinates_3d`, `soft_argmax...`).
PREPARATION = Preparation(lanczos, corner=0.0)

_URLS = {
    "tapir": "storage.googleapis.com/dm-tapnet/tapir_checkpoint_panning.pt",
    "bootstapir": "storage.googleapis.com/dm-tapnet/bootstap/bootstapir_checkpoint_v2.pt",
}
TAPIR = TrackerInfo(
    name="tapir",
    title=_("TAPIR"),
    licence="Apache-2.0 (code and weights)",
    citation="Doersch et al., TAPIR: Tracking Any Point with per-frame Initialization and temporal Refinement, "
    "ICCV 2023",
    weights=_("a file picked by the user, from {url}").format(url=_URLS["tapir"]),
    points_interact=False,
    native_size=(256, 256),
    query_frames="any",
    needs_licence_consent=True,
    packages=(TORCH, Package("tree", "dm-tree"), Package("einshape")),
    precisions=("auto", "float32"),
    wall_by_default=False,
)
BOOTSTAPIR = replace(
    TAPIR,
    name="bootstapir",
    title=_("BootsTAPIR"),
    citation="Doersch et al., BootsTAP: Bootstrapped Training for Tracking-Any-Point, 2024",
    weights=_("a file picked by the user, from {url}").format(url=_URLS["bootstapir"]),
)
INFOS = (BOOTSTAPIR, TAPIR)
_ARCHITECTURES: dict[str, dict[str, Any]] = {
    TAPIR.name: {"pyramid_level": 0, "extra_convs": False},
    BOOTSTAPIR.name: {"pyramid_level": 1},
}


def predictor(model: Any) -> Predict:
    """Return the call of a TAPIR model: video [1,T,H,W,3] in -1..1, queries [1,N,3] = (t, y, x) px."""

    def predict(
        frames: Any, points: np.ndarray, query_frame: int, device: Any
    ) -> tuple[np.ndarray, Optional[np.ndarray]]:
        import torch

        video = (frames / 255 * 2 - 1)[None, ..., None].expand(-1, -1, -1, -1, 3).to(device)
        queries = np.column_stack([np.full(len(points), query_frame), points[:, 1], points[:, 0]])
        answer = model.to(device).eval()(video, torch.from_numpy(queries)[None].float().to(device))
        hidden, doubt = torch.sigmoid(answer["occlusion"][0]), torch.sigmoid(answer["expected_dist"][0])
        visible = (1 - hidden) * (1 - doubt) > 0.5
        return answer["tracks"][0].cpu().numpy(), visible.cpu().numpy()

    return predict


def create(info: TrackerInfo, options: TrackerOptions) -> ExternalTracker:
    """Return the tracker.

    Raises:
        BadInput: no weights, or not those of this model.
        MissingDependency: the authors' code is not here.
    """
    module = CODE.load(info, options)
    file = need_weights(options, info.title, _URLS[info.name])
    model = module.TAPIR(**_ARCHITECTURES[info.name])
    look = _("It needs the file from {url}.").format(url=_URLS[info.name])
    load_state(model, read_tensors(file, look)[0], file.name, info.title, look)
    return ExternalTracker(info, predictor(model), PREPARATION, options, file.sha256)
