"""Phases that the user moved: each remembers where it was found, so that it is recognized when it is found again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from ...errors import BadInput
from ...i18n import frame_number
from ...i18n import tr as _
from .phases import Phases
from .sources import GIVEN

ED, ES = "ed", "es"


class Moved(NamedTuple):
    """A phase (`ED`, also the one that ends a cycle, or `ES`), the 0-based frame of its finding, the frame given."""

    kind: str
    found: int
    given: int


def with_moved(beats: Sequence[Phases], moved: Sequence[Moved], half_frame_ms: float) -> tuple[Phases, ...]:
    """Return the beats with every moved phase at the frame that the user gave; of several the nearest found one moves.

    Raises:
        BadInput: end-diastole, end-systole and the next end-diastole are no longer in this order.
    """
    now = list(beats)
    for kind, found, given in moved:
        frames = [f for beat in beats for f in _frames(beat, kind)]
        if not frames:
            continue
        old = min(frames, key=lambda frame, found=found: abs(frame - found))  # type: ignore[misc]
        for i, beat in enumerate(beats):
            if kind == ES and beat.es == old:
                now[i] = replace(now[i], es=given, es_source=GIVEN, es_doubt_ms=half_frame_ms)
            if kind == ED and beat.ed == old:
                now[i] = replace(now[i], ed=given)
                if beat.ed < beat.es:  # else it is the next beat's, this one's own is not in the clip
                    now[i] = replace(now[i], ed_source=GIVEN, ed_doubt_ms=half_frame_ms)
            if kind == ED and beat.cycle_end == old:
                now[i] = replace(now[i], cycle_end=given, cycle_end_source=GIVEN)
    for before, beat in zip(beats, now):
        _check(before, beat)
    return tuple(now)


def _frames(beat: Phases, kind: str) -> list[int]:
    if kind == ES:
        return [beat.es]
    return [beat.ed] if beat.cycle_end is None else [beat.ed, beat.cycle_end]


def _check(before: Phases, beat: Phases) -> None:
    late = before.ed < before.es and beat.ed >= beat.es
    if late or (beat.cycle_end is not None and beat.cycle_end <= max(beat.ed, beat.es)):
        end = "" if beat.cycle_end is None else f", ED {frame_number(beat.cycle_end)}"
        raise BadInput(
            _("ED, ES and the next ED must follow each other; these do not: ED {ed}, ES {es}{end} (frames).").format(
                ed=frame_number(beat.ed), es=frame_number(beat.es), end=end
            )
        )
