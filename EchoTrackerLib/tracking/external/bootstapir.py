"""BootsTAPIR in the registry."""

from __future__ import annotations

from ...i18n import tr as _
from ..tracker import TrackerOptions
from .adapter import ExternalTracker
from .tapnet import create_tapnet, tapnet_info

INFO = tapnet_info(
    "bootstapir",
    _("BootsTAPIR"),
    "Doersch et al., BootsTAP: Bootstrapped Training for Tracking-Any-Point, 2024",
)


def create(options: TrackerOptions) -> ExternalTracker:
    """Return the tracker; weights: bootstapir_checkpoint_v2.pt (see `create_tapnet`)."""
    return create_tapnet(INFO, options, pyramid_level=1)
