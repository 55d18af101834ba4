"""Which frame tracking starts on: the one on screen, end-diastole, or the best place in the cycle."""

from __future__ import annotations

from ...scene.strain import read_strain
from ..session import Session

_DIASTASIS = 0.72  # share of the cycle, counted from end-diastole


def proposed_frame(session: Session, which: str) -> int:
    """Return a query frame (0-based) for the chosen clip.

    Args:
        session: with a clip.
        which: "current", "ed" or "cycle" (72 % of the cycle). Without a strain measurement the clip is taken as one
            cycle that begins with end-diastole.
    """
    if which == "current":
        return session.frame
    strain = read_strain(session.scene, session.browser)
    first, last = 0, session.need_cine().n_frames - 1
    if strain is not None:
        first = strain.phases.ed
        last = last if strain.phases.cycle_end is None else strain.phases.cycle_end
    return {"ed": first, "cycle": round(first + _DIASTASIS * (last - first))}[which]
