"""A start from the clip at half size, for weights whose coarse stage was not trained.

Motion is half as large there, so the refinement, started from points that stay, reaches where it does not reach at
full size; its result is where the refinement at full size begins. The network and its weights are the same.
"""

from __future__ import annotations

from typing import Optional

import torch.nn.functional as F
from torch import Tensor

from .network import EchoTrackerNet, Groups, Report


def follow_from_half_size(
    network: EchoTrackerNet,
    video: Tensor,
    queries: Tensor,
    query_frame: Optional[int],
    groups: Groups,
    report_half: Report,
    report: Report,
) -> Tensor:
    """Return predictions as `EchoTrackerNet.forward` does; the first is the result at half size.

    Args:
        network, video, queries, query_frame, groups, report: as for `EchoTrackerNet.forward`; rows and columns of
            the video at least 128.
        report_half: as `report`, for the pass at half size.
    """
    half = F.interpolate(video, scale_factor=0.5, mode="area")  # pixel x of it lies at 2 x + 0.5
    found = network(half, (queries - 0.5) / 2, query_frame, groups=groups, report=report_half)[-1]
    return network(video, queries, query_frame, groups=groups, report=report, start=2 * found + 0.5)
