"""Mitral valve opening of one clip for the other clips of a study, scaled by their RR intervals; it is only marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Optional

import numpy as np

from ...i18n import tr as _
from ..strain import Strain
from ..timing.sources import AVC, GIVEN, can_open
from .timing import rr_s, scaled_avc_s, scaled_source


def without_shared(strain: Strain) -> Strain:
    """Return a measurement without an opening that is from another clip."""
    return strain if strain.mvo_source == GIVEN else replace(strain, mvo_s=None, mvo_source="")


def share_mvo(names: Sequence[str], strains: Sequence[Strain], source: int) -> tuple[list[Strain], list[str]]:
    """Mark the opening that the user gave for one clip in the clips without one of their own.

    Args:
        names: of the clips; several may have the same.
        strains: their measurements.
        source: number of the clip whose opening is used.

    Returns:
        (measurements in the same order, notes)
    """
    found, notes = [without_shared(strain) for strain in strains], []
    opening, rr = found[source].mvo_s, rr_s(strains[source])
    if opening is None:
        return found, []
    for number, (name, strain) in enumerate(zip(names, found)):
        if strain.mvo_s is not None:
            continue
        scaled = scaled_avc_s(opening, rr, rr_s(strain))
        if scaled is not None and can_open(scaled, _closure_s(strain)):
            text = _(
                "{name}: mitral valve opening {scaled:.0f} ms after ED, that of {name2} ({mvo:.0f} ms) scaled by RR."
            )
            notes.append(text.format(name=name, scaled=1000 * scaled, name2=names[source], mvo=1000 * opening))
            found[number] = replace(strain, mvo_s=scaled, mvo_source=scaled_source(names[source]))
            continue
        why = _("an RR interval is unknown")
        if scaled is not None:
            why = _("scaled by RR it would be {scaled:.0f} ms, which cannot be").format(scaled=1000 * scaled)
        text = _("{name}: mitral valve opening of {name2} is not used: {why}.")
        notes.append(text.format(name=name, name2=names[source], why=why))
    return found, notes


def _closure_s(strain: Strain) -> Optional[float]:
    """Return the latest that the aortic valve closes in a clip, s after end-diastole; None where it is not known."""
    times, phases = strain.times_s, strain.phases
    if not phases.es_source.startswith(AVC):
        return None
    return float(times[phases.es] - times[phases.ed] + np.median(np.diff(times)))
