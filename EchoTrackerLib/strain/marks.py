"""Which phases of which beats are marked in charts, and what is said of those that are not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..i18n import tr as _
from .result import Strain
from .timing.moved import ED, ES


class Mark(NamedTuple):
    """A phase in a chart: `ED`, also the one that ends a cycle, or `ES`, and its 0-based frame."""

    kind: str
    frame: int


def phase_marks(strain: Strain) -> list[Mark]:
    """Return the phases of all beats in the order of their time, each frame once; none that is not in the clip."""
    found: dict[Mark, None] = {}
    for beat in strain.beats:
        phases = beat.phases
        if np.isfinite(phases.es_doubt_ms):
            found[Mark(ES, phases.es)] = None
        if np.isfinite(phases.ed_doubt_ms) or beat is strain.beat:
            found[Mark(ED, phases.ed)] = None
        if phases.cycle_end is not None:
            found[Mark(ED, phases.cycle_end)] = None
    return sorted(found, key=lambda mark: mark.frame)


def opening_times_s(strain: Strain) -> list[float]:
    """Return when the mitral valve opens in the beats whose end-diastole is in the clip, s; none where it is not known.

    A time after the clip's end or the beat's own is none.
    """
    if strain.mvo_s is None:
        return []
    found = []
    for beat in strain.beats:
        end = len(strain.times_s) - 1 if beat.phases.cycle_end is None else beat.phases.cycle_end
        time_s = float(strain.times_s[beat.phases.ed]) + strain.mvo_s
        if np.isfinite(beat.phases.ed_doubt_ms) and time_s <= strain.times_s[end]:
            found.append(time_s)
    return found


def unmarked_sentences(strain: Strain) -> list[str]:
    """Return which beats lack a mark, and why: their end-diastole or end-systole is not in the clip."""
    said = []
    for number, beat in enumerate(strain.beats):
        phases = beat.phases
        if not phases.void_because or (np.isfinite(phases.es_doubt_ms) and np.isfinite(phases.ed_doubt_ms)):
            continue
        missing = "ED" if np.isfinite(phases.es_doubt_ms) else "ES"
        said.append(
            _("Beat {number} has no mark of {missing}: {why}.").format(
                number=number + 1, missing=missing, why=phases.void_because
            )
        )
    return said
