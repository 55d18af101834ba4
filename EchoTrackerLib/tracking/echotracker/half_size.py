"""A start from the clip at half size, for weights whose coarse stage was not trained.

Motion is half as large there, so the refinement, started from points that stay, reaches where it does not reach at
full size; its result is where the refinement at full size begins. The network and its weights are the same.
"""

from __future__ import annotations

from typing import Optional

import torch.nn.functional as F
from torch import Tensor

from .delta_block import full_precision
from .network import EchoTrackerNet, Groups, Report, no_report


def half_size_start(
    network: EchoTrackerNet,
    video: Tensor,
    queries: Tensor,
    query_frame: Optional[int],
    groups: Groups = Groups(),
    report: Report = no_report,
) -> Tensor:
    """Return positions [S, N, 2] px of the full size, from which the refinement there may begin.

    Arguments as for `EchoTrackerNet.forward`; rows and columns of the video at least 128.
    """
    half = F.interpolate(video, scale_factor=0.5, mode="area")  # pixel x of it lies at 2 x + 0.5
    with full_precision(video):  # else its rounding would add to that at full size
        found = network(half, (queries - 0.5) / 2, query_frame, groups=groups, report=report)[-1]
    return 2 * found + 0.5
