"""CoTracker 3 in the registry."""

from __future__ import annotations

from ...i18n import tr as _
from ..tracker import TrackerOptions
from .adapter import ExternalTracker
from .cotracker import cotracker_info, create_cotracker

INFO = cotracker_info(
    "cotracker3",
    _("CoTracker 3"),
    "Karaev et al., CoTracker3: Simpler and Better Point Tracking by Pseudo-Labelling Real Videos, 2024",
)


def create(options: TrackerOptions) -> ExternalTracker:
    """Return the tracker (see `create_cotracker`)."""
    return create_cotracker(INFO, "cotracker3_offline", options)
