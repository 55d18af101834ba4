"""CoTracker 2 in the registry."""

from __future__ import annotations

from ...i18n import tr as _
from ..tracker import TrackerOptions
from .adapter import ExternalTracker
from .cotracker import cotracker_info, create_cotracker

INFO = cotracker_info(
    "cotracker2",
    _("CoTracker 2"),
    "Karaev et al., CoTracker: It is Better to Track Together, ECCV 2024",
)


def create(options: TrackerOptions) -> ExternalTracker:
    """Return the tracker (see `create_cotracker`)."""
    return create_cotracker(INFO, "cotracker2", options)
