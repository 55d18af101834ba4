"""What the section "Review" shows: the rows of its table, the signs of decisions, the line about a point."""

from __future__ import annotations

import math
from typing import Optional

import numpy as np

from ...i18n import tr as _
from ...review.rows import MEASURES, PointRow
from ...tracks.decisions import ACCEPTED, REJECTED, TO_CORRECT, UNDECIDED
from ...tracks.tracks import Tracks
from ..qt.tables import StripRow

# Places in the cells of a row: label, status, confidence, worst frame (1-based), the worst of each quality measure,
# drift, displacement, segment.
STATUS = 1
MEASURE_CELLS = (4, 5, 6, 7)
NUMBERS = range(2, 10)


def status_title(status: str) -> str:
    """Return what the user reads for a decision, with a sign for readers who see no colors."""
    titles = {
        UNDECIDED: "",
        ACCEPTED: "\N{CHECK MARK} " + _("accepted"),
        REJECTED: "\N{MULTIPLICATION X} " + _("rejected"),
        TO_CORRECT: "! " + _("needs correction"),
    }
    return titles[status]


def measure_titles() -> tuple[str, ...]:
    """Return what the user reads for each of `MEASURES`."""
    return _("Fwd-back"), _("Closure"), _("Jitter"), _("Appear.")


def shown_row(point: int, row: PointRow, lights: np.ndarray) -> StripRow:
    """Return the row of a point; its tool tip is the reason of the decision."""
    cells = (
        row.label,
        status_title(row.decision.status),
        _known(row.confidence, 3),
        None if row.worst_frame is None else row.worst_frame + 1,
        *(_known(row.worst.get(name, math.nan), 2) for name in MEASURES),
        _known(row.drift, 2),
        _known(row.displacement, 2),
        row.segment,
    )
    return StripRow(point, cells, lights, row.decision.reason)


def point_text(tracks: Tracks, point: int, frame: int) -> str:
    """Return what is known of a point on a frame: its confidence and each quality measure there."""
    parts = []
    if tracks.confidence is not None:
        parts.append(_("confidence {value:.2f}").format(value=tracks.confidence[point, frame]))
    for name, title in zip(MEASURES, measure_titles()):
        value = tracks.quality[name][point, frame] if name in tracks.quality else math.nan
        if math.isfinite(value):
            parts.append(f"{title.lower()} {value:.2f}")
    if not tracks.visible[point, frame]:
        parts.append(_("lost"))
    return _("{label}, frame {frame}: {values}").format(
        label=tracks.labels[point], frame=frame + 1, values=", ".join(parts) or _("no quality measures")
    )


def _known(value: float, digits: int) -> Optional[float]:
    return round(value, digits) if math.isfinite(value) else None
