"""Aortic valve closure of one clip for the other clips of a study, scaled by their RR intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Optional

import numpy as np

from ...i18n import tr as _
from ...tracks.tracks import Tracks
from ..layers import measure_layers
from ..strain import Strain
from ..timing.sources import GIVEN


def scaled_avc_s(avc_s: float, rr: float, other_rr: float) -> Optional[float]:
    """Return aortic valve closure (s after the R wave) of a clip with another RR interval; None when one is unknown."""
    if not (math.isfinite(rr) and math.isfinite(other_rr) and rr > 0):
        return None
    return avc_s * other_rr / rr


def rr_s(strain: Strain) -> float:
    """Return the RR interval of a measurement in s, NaN when unknown."""
    return 60.0 / strain.heart_rate_bpm if strain.heart_rate_bpm > 0 else math.nan


def scaled_source(name: str) -> str:
    """Return what is said of a closure that comes from the clip of this name."""
    return f"that of {name} scaled by RR"


def share_avc(
    measured: Mapping[str, tuple[Strain, Tracks]], source: str, avc_s: Optional[float]
) -> tuple[dict[str, Strain], Sequence[str]]:
    """Measure clips again with the aortic valve closure of one of them.

    End-diastoles that the user gave are kept, and so is a clip whose end-systole the user gave.

    Args:
        measured: (measurement, tracks) by the clips' names.
        source: the clip in which closure is known.
        avc_s: closure in s after the R wave or end-diastole; None: not known, the curves decide.

    Returns:
        (new measurements by name, notes); clips that keep theirs are not among them.

    Raises:
        BadInput: the closure cannot be.
    """
    rr = rr_s(measured[source][0])
    found: dict[str, Strain] = {}
    notes = []
    for name, (strain, tracks) in measured.items():
        if any(beat.phases.es_source == GIVEN for beat in strain.beats):
            notes.append(_("{name}: keeps the end-systole that was given.").format(name=name))
            continue
        if name != source and tracks.avc_s is not None:
            notes.append(_("{name}: keeps the aortic valve closure of its file.").format(name=name))
            continue
        own = avc_s
        if name != source and avc_s is not None:
            own = scaled_avc_s(avc_s, rr, rr_s(strain))
            if own is None:
                notes.append(
                    _("{name}: closure of {source} is not used: an RR interval is unknown.").format(
                        name=name, source=source
                    )
                )
                continue
        said = GIVEN if name == source else scaled_source(source)
        found[name] = measure_layers(tracks, avc_s=own, avc_source=said, **settings_of(strain, tracks)).main
    return found, notes


def settings_of(strain: Strain, tracks: Tracks) -> dict[str, Any]:
    """Return what the user chose for a measurement of these tracks, as arguments that measure it again."""
    order = np.array([tracks.labels.index(label) for label in strain.line])
    settings: dict[str, Any] = {
        "view": strain.view,
        "layer": strain.layer,
        "drift_compensation": strain.drift_compensated or strain.phases.cycle_end is None,
        "smoothing": strain.smoothing,
        "closed": strain.closed,
        "turn": bool(order[0] > order[-1]),
        "mvo_s": strain.mvo_s,
        "mvo_source": strain.mvo_source,
    }
    if strain.apex_source == GIVEN:
        row, col = tracks.spacing_mm or (1.0, 1.0)
        line = tracks.positions[order, strain.ed].astype(np.float64) * (col, row)
        along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        settings["apex"] = strain.line[int(np.nanargmin(np.abs(along / along[-1] - strain.apex)))]
    if strain.phases.ed_source == GIVEN:
        settings["ed"] = tuple(beat.phases.ed for beat in strain.beats)
        last = strain.beats[-1].phases
        settings["cycle_end"] = last.cycle_end if last.cycle_end_source == GIVEN else None
    complete = [beat for beat in strain.beats if not beat.phases.void_because]
    if len(strain.used) < len(complete):
        settings["beat"] = tuple(i for i, beat in enumerate(strain.beats) if beat.used)
    return settings
