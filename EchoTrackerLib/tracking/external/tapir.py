"""TAPIR in the registry."""

from __future__ import annotations

from ...i18n import tr as _
from ..tracker import TrackerOptions
from .adapter import ExternalTracker
from .tapnet import create_tapnet, tapnet_info

INFO = tapnet_info(
    "tapir",
    _("TAPIR"),
    "Doersch et al., TAPIR: Tracking Any Point with per-frame Initialization and temporal Refinement, ICCV 2023",
)


def create(options: TrackerOptions) -> ExternalTracker:
    """Return the tracker; weights: tapir_checkpoint_panning.pt (see `create_tapnet`)."""
    return create_tapnet(INFO, options, pyramid_level=0, extra_convs=False)
