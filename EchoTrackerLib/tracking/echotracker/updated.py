"""The updated EchoTracker (ICCV-W 2025): the same layers, tracked from any query frame in one call."""

from __future__ import annotations

from dataclasses import replace

from ...errors import BadInput
from ...i18n import tr as _
from ..tracker import TrackerOptions
from .tracker import INFO as ORIGINAL
from .tracker import EchoTracker, load_weights

INFO = replace(
    ORIGINAL,
    name="echotracker-updated",
    title=_("EchoTracker, updated form"),
    citation="Azad et al., follow-up of EchoTracker with impartial motion, ICCV Workshops 2025",
)


def create(options: TrackerOptions) -> EchoTracker:
    """Return the tracker.

    Raises:
        BadInput: the weights' file says that it was trained for queries on the first frame only.
    """
    checkpoint = load_weights(options)
    if checkpoint.query_mode == "first":
        raise BadInput(
            "These weights were trained for queries on the first frame; use the tracker 'echotracker' with them."
        )
    return EchoTracker(INFO, checkpoint, pinned=True, options=options)
