"""CoTracker 2 and 3 (Meta). Query order: (t, x, y); it resizes the clip by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Optional

import numpy as np

from ...i18n import tr as _
from ..tracker import TORCH, TrackerInfo, TrackerOptions
from ..weights import load_state, read_tensors
from .adapter import ExternalTracker, Predict, Preparation, unchanged
from .source import AuthorsCode, weights_or_fetched

CODE = AuthorsCode("facebookresearch/co-tracker", "82e02e8029753ad4ef13cf06be7f4fc5facdda4d", "cotracker.predictor")

COTRACKER3 = TrackerInfo(
    name="cotracker3",
    title=_("CoTracker 3"),
    licence="CC BY-NC 4.0 (code and weights; not for commercial use)",
    citation="Karaev et al., CoTracker3: Simpler and Better Point Tracking by Pseudo-Labelling Real Videos, 2024",
    weights=_("a file picked by the user, or downloaded from its authors when first used"),
    points_interact=True,
    native_size=None,
    query_frames="any",
    needs_licence_consent=True,
    packages=(TORCH,),
    precisions=("auto", "float32"),
    wall_by_default=False,
)
COTRACKER2 = replace(
    COTRACKER3,
    name="cotracker2",
    title=_("CoTracker 2"),
    citation="Karaev et al., CoTracker: It is Better to Track Together, ECCV 2024",
)
INFOS = (COTRACKER3, COTRACKER2)


@dataclass(frozen=True)
class _Version:
    """What tells one version from the other: entry of torch.hub, arguments of the predictor, weights."""

    entry: str
    arguments: dict[str, Any]
    url: str


_HUB = "https://huggingface.co/facebook"
_VERSIONS = {
    COTRACKER3.name: _Version(
        "cotracker3_offline", {"v2": False, "window_len": 60}, f"{_HUB}/cotracker3/resolve/main/scaled_offline.pth"
    ),
    COTRACKER2.name: _Version(
        "cotracker2", {"v2": True, "window_len": 8}, f"{_HUB}/cotracker/resolve/main/cotracker2.pth"
    ),
}


def predictor(model: Any) -> Predict:
    """Return the call of a CoTracker predictor: video [1,T,3,H,W] 0..255, queries [1,N,3] = (t, x, y) px."""

    def predict(
        frames: Any, points: np.ndarray, query_frame: int, device: Any
    ) -> tuple[np.ndarray, Optional[np.ndarray]]:
        import torch

        video = frames[None, :, None].expand(-1, -1, 3, -1, -1).to(device)
        queries = np.column_stack([np.full(len(points), query_frame), points])
        tracks, visible = model.to(device).eval()(
            video,
            queries=torch.from_numpy(queries)[None].float().to(device),
            backward_tracking=query_frame > 0,  # a second run over the clip
        )
        shown = visible[0].reshape(tracks.shape[1:3]).cpu().numpy().astype(bool).T
        return tracks[0].cpu().numpy().transpose(1, 0, 2), shown

    return predict


def create(info: TrackerInfo, options: TrackerOptions) -> ExternalTracker:
    """Return the tracker: code from a checkout, else by torch.hub; weights from a file, else downloaded.

    Raises:
        BadInput: the weights or the folder cannot be used.
        MissingDependency: code or weights can be neither found nor fetched; the message says which of them.
    """
    version = _VERSIONS[info.name]
    model = _architecture(info, version, options)
    file = weights_or_fetched(options, info.title, version.url)
    look = _("Its own is {url}.").format(url=version.url)
    load_state(model.model, read_tensors(file, look)[0], file.name, info.title, look)
    return ExternalTracker(info, predictor(model), Preparation(unchanged), options, file.sha256)


def _architecture(info: TrackerInfo, version: _Version, options: TrackerOptions) -> Any:
    """Return the predictor without weights."""
    import torch

    if CODE.is_here(options):
        return CODE.load(info, options).CoTrackerPredictor(checkpoint=None, offline=True, **version.arguments)
    try:
        return torch.hub.load(
            f"{CODE.repository}:{CODE.commit}",
            version.entry,
            pretrained=False,
            trust_repo=True,
            skip_validation=True,
            verbose=False,
        )
    except Exception as error:  # whatever the network or the fetched code raises
        raise CODE.absent(info, f"{type(error).__name__}: {error}") from error
