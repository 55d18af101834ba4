"""RAFT (torchvision's large model), from frame to frame, joined up.

Source: Teed and Deng, RAFT: Recurrent All-Pairs Field Transforms for Optical Flow, ECCV 2020.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import BadInput, OutOfMemory
from ...i18n import tr as _
from ..device import choose_device, full_digits, is_out_of_memory
from ..optical_flow import Flow, FlowTracker
from ..tracker import TORCH, TORCHVISION, TrackerInfo, TrackerOptions
from ..weights import load_state, read_tensors
from .source import weights_or_fetched

URL = "https://download.pytorch.org/models/raft_large_C_T_SKHT_V2-ff5fadd5.pth"
SMALLEST = 128  # px; smaller images vanish in the model's coarsest level

INFO = TrackerInfo(
    name="raft",
    title=_("RAFT"),
    licence="BSD-3-Clause (code and weights of torchvision; trained on FlyingChairs, FlyingThings3D, Sintel, KITTI, "
    "HD1K, whose own terms may bind you)",
    citation="Teed and Deng, RAFT: Recurrent All-Pairs Field Transforms for Optical Flow, ECCV 2020",
    weights=_("a file picked by the user, or downloaded from torchvision's authors when first used"),
    points_interact=False,
    native_size=None,
    query_frames="any",
    needs_licence_consent=True,
    packages=(TORCH, TORCHVISION),
    precisions=("auto", "float32"),
    wall_by_default=False,
)
INFOS = (INFO,)


def flow(model: Any, device: Any) -> Flow:
    """Return the flow by a RAFT model: images [1,3,H,W] in -1..1, sides multiples of 8, filled up at their edges."""
    import torch
    import torch.nn.functional as F

    def image(frame: np.ndarray, padding: tuple[int, int, int, int]) -> Any:
        grey = torch.from_numpy(np.array(frame)).float().div(255).sub(0.5).div(0.5)
        return F.pad(grey[None, None], padding, mode="replicate").expand(-1, 3, -1, -1).contiguous().to(device)

    def between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        rows, cols = first.shape
        more = [max(SMALLEST, -(-n // 8) * 8) - n for n in (cols, rows)]
        left, top = more[0] // 2, more[1] // 2
        padding = (left, more[0] - left, top, more[1] - top)
        try:
            with torch.inference_mode(), full_digits():
                found = model.to(device).eval()(image(first, padding), image(second, padding))[-1][0]
        except Exception as error:  # foreign code raises whatever it likes
            if is_out_of_memory(error):
                raise OutOfMemory(_("RAFT: memory does not suffice; try the CPU."), "--device cpu") from error
            raise BadInput(_("RAFT: the model cannot be run on this clip ({error}).").format(error=error)) from error
        inside = found[:, top : top + rows, left : left + cols]
        return np.asarray(inside.permute(1, 2, 0).cpu().numpy())

    return between


def create(info: TrackerInfo, options: TrackerOptions) -> FlowTracker:
    """Return the tracker.

    Raises:
        BadInput: the weights cannot be used.
        MissingDependency: they cannot be fetched.
    """
    from torchvision.models.optical_flow import raft_large

    file = weights_or_fetched(options, info.title, URL)
    model, look = raft_large(weights=None), _("Its own is {url}.").format(url=URL)
    load_state(model, read_tensors(file, look)[0], file.name, info.title, look)
    device = choose_device(options.device)
    facts: dict[str, object] = {"device": device.type, "precision": "float32"}
    return FlowTracker(info, flow(model, device), options, facts, file.sha256)
