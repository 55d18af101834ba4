"""PIPs++ (Stanford), by its repository. Coordinates: (x, y), queries on the first frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Optional

import numpy as np

from ...errors import Package
from ...i18n import tr as _
from ..tracker import TORCH, TrackerInfo, TrackerOptions
from ..weights import load_state, read_tensors
from .adapter import ExternalTracker, Predict, Preparation, bilinear
from .source import AuthorsCode, need_weights

CODE = AuthorsCode("aharley/pips2", "8b5bd9ecb27274f76f75fcaeff0dbdf13de0b977", "nets.pips2")
PREPARATION = Preparation(bilinear, corner=None)  # as in the authors' test_on_tap.py
FRAMES_AT_ONCE = 4
LONGEST = 100  # frames; trained on 36, fine-tuned on 64

INFO = TrackerInfo(
    name="pips2",
    title=_("PIPs++"),
    licence="MIT (code; weights published with it)",
    citation="Zheng et al., PointOdyssey: A Large-Scale Synthetic Dataset for Long-Term Point Tracking, ICCV 2023",
    weights=_("a file picked by the user, fetched by get_reference_model.sh of github.com/aharley/pips2"),
    points_interact=False,
    native_size=(896, 512),
    query_frames="first",
    needs_licence_consent=True,
    packages=(TORCH, Package("einops"), Package("prettytable")),
    precisions=("auto", "float32"),
    wall_by_default=False,
)
INFOS = (INFO,)


def predictor(model: Any) -> Predict:
    """Return the call of a PIPs++ model: start [1,T,N,2] (x, y) px, video [1,T,3,H,W] 0..255."""

    def predict(
        frames: Any, points: np.ndarray, query_frame: int, device: Any
    ) -> tuple[np.ndarray, Optional[np.ndarray]]:
        import torch

        video = frames[None, :, None].expand(-1, -1, 3, -1, -1).to(device)
        start = torch.from_numpy(points).float().to(device)[None, None].repeat(1, len(frames), 1, 1)
        with _on(device):
            predictions = model.to(device).eval()(start, video, iters=16, beautify=True)[0]
        return predictions[-1][0].cpu().numpy().transpose(1, 0, 2), None

    return predict


@contextmanager
def _on(device: Any) -> Iterator[None]:
    """Keep tensors where they are: the authors' code moves one, which it does not use, to a CUDA card by name."""
    import torch

    if device.type == "cuda":
        yield
        return
    to_cuda = torch.Tensor.cuda
    torch.Tensor.cuda = lambda tensor, *_args, **_options: tensor  # type: ignore[method-assign]
    try:
        yield
    finally:
        torch.Tensor.cuda = to_cuda  # type: ignore[method-assign]


def _in_parts(encoder: Any) -> Any:
    """Return the encoder, a few frames at once: it looks at each by itself, so only the memory differs."""
    import torch

    class InParts(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, frames: Any) -> Any:
            return torch.cat([self.encoder(part) for part in frames.split(FRAMES_AT_ONCE)])

    return InParts()


def create(info: TrackerInfo, options: TrackerOptions) -> ExternalTracker:
    """Return the tracker.

    Raises:
        BadInput: no weights, or not those of this model.
        MissingDependency: the authors' code is not here.
    """
    module = CODE.load(info, options)
    file = need_weights(options, info.title, "get_reference_model.sh of github.com/aharley/pips2")
    model, look = module.Pips(stride=8), _("It needs the file of get_reference_model.sh (model-000200000.pth).")
    load_state(model, read_tensors(file, look)[0], file.name, info.title, look)
    model.fnet = _in_parts(model.fnet)
    return ExternalTracker(info, predictor(model), PREPARATION, options, file.sha256, LONGEST)
