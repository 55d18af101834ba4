"""Points one by one, as other programs list them, into tracks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ...cine.times import UNKNOWN
from ...errors import BadInput
from ...i18n import frame_number
from ...i18n import tr as _
from ..known import Known
from ..sheet import cell_text
from ..tracks import Tracks


class Spot(NamedTuple):
    """A point on a frame (from 0): (x, y) px, NaN where unknown, and its score in 0..1, NaN where a person set it."""

    label: str
    frame: int
    x: float
    y: float
    score: float = float("nan")


def tracks_of_spots(spots: Iterable[Spot], known: Known, program: str, least_score: float = 0.0) -> Tracks:
    """Return tracks of points that are listed one by one; times are unknown.

    Args:
        spots: each label at most once a frame.
        known: of the clip.
        program: that wrote them.
        least_score: points below it are not visible.

    Raises:
        BadInput: no points, a label twice on a frame, or frames that the clip does not have.
    """
    listed = list(spots)
    labels = tuple(dict.fromkeys(spot.label for spot in listed))
    if not labels or not any(np.isfinite([spot.x, spot.y]).all() for spot in listed):
        raise BadInput(_("holds no points ({program}).").format(program=program))
    index = {label: i for i, label in enumerate(labels)}
    shape = (len(labels), known.frame_count(max(spot.frame for spot in listed)))
    positions, scores = np.full((*shape, 2), np.nan, dtype=np.float32), np.full(shape, np.nan, dtype=np.float32)
    seen = np.zeros(shape, dtype=bool)
    for spot in listed:
        cell = index[spot.label], spot.frame
        if seen[cell]:
            raise BadInput(
                _("'{label}' is there twice on frame {frame}; keep one.").format(
                    label=spot.label, frame=frame_number(spot.frame)
                )
            )
        seen[cell], positions[cell], scores[cell] = True, (spot.x, spot.y), spot.score
    known_cells = np.isfinite(positions).all(axis=2)
    positions[~known_cells] = np.nan
    return Tracks(
        positions=positions,
        visible=known_cells & ~(scores < least_score),
        labels=labels,
        times_s=np.arange(shape[1], dtype=np.float64),
        tracker=program,
        confidence=None if np.isnan(scores).all() else scores,
        size=known.size,
        time_source=UNKNOWN,
    )


def number(text: str, where: str) -> float:
    """Return the number in a cell, NaN for an empty one.

    Raises:
        BadInput: it holds something else; `where` says which cell.
    """
    try:
        return float(text) if text else float("nan")
    except ValueError:
        raise BadInput(_("{where} is '{text}', not a number.").format(where=where, text=cell_text(text))) from None


def frame_of(text: str, where: str) -> int:
    """Return the frame number in a cell, also written as "3.0".

    Raises:
        BadInput: it holds something else.
    """
    value = number(text, where)
    if not 0 <= value < 1_000_000 or value != int(value):
        raise BadInput(
            _("{where} is '{text}', not a frame number (0, 1, 2, ...).").format(where=where, text=cell_text(text))
        )
    return int(value)
