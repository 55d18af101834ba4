"""What is known of a clip's phases besides its curve: frames, R waves and valve closure, and who says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ...errors import BadInput
from ...i18n import frame_number
from ...i18n import tr as _

GIVEN = "given by the user"
IN_THE_FILE = "in the clip's file"
AVC = "aortic valve closure"  # what a source of end-systole begins with


@dataclass(frozen=True)
class Timing:
    """What is known about the phases besides the curve.

    Attributes:
        ed, es: 0-based frames given by the user, one a beat.
        cycle_end: 0-based frame given by the user.
        r_times_s: R waves on the scale of the frames' times; `r_source` says from where.
        avc_s: aortic valve closure in s after each R wave, or after end-diastole; `avc_source` says from where.
        mvo_s: mitral valve opening, likewise; it is only marked.
    """

    ed: tuple[int, ...] = ()
    es: tuple[int, ...] = ()
    cycle_end: Optional[int] = None
    r_times_s: tuple[float, ...] = ()
    r_source: str = GIVEN
    avc_s: Optional[float] = None
    avc_source: str = GIVEN
    mvo_s: Optional[float] = None


def can_open(mvo_s: float, avc_s: Optional[float]) -> bool:
    """Return whether a mitral valve can open then, s after end-diastole: not before the aortic valve has closed."""
    return max(0.1, avc_s or 0.0) < mvo_s < 1.2


def check_times(times_s: np.ndarray) -> None:
    """Raise BadInput for frame times [T] that are missing, equal or falling."""
    if not np.isfinite(times_s).all():
        raise BadInput(_("Frame times are missing (not a number): strain needs the time of every frame."))
    if len(times_s) > 1 and not (np.diff(times_s) > 0).all():
        frame = int(np.flatnonzero(np.diff(times_s) <= 0)[0]) + 1
        raise BadInput(
            _("Frame times must rise, but that of frame {frame} is not later than the one before it.").format(
                frame=frame_number(frame)
            )
        )


def check_given(n: int, timing: Timing) -> None:
    """Raise BadInput for frames that cannot be."""
    for name, frames in (("ED", timing.ed), ("ES", timing.es), ("cycle end", (timing.cycle_end,))):
        for frame in frames:
            if frame is not None and not 0 <= frame < n:
                raise BadInput(
                    _("{name} frame {frame} is outside the clip; its frames are {first} to {last}.").format(
                        name=name, frame=frame_number(frame), first=frame_number(0), last=frame_number(n - 1)
                    )
                )
    if timing.ed and timing.es and len(timing.ed) != len(timing.es):
        raise BadInput(
            _("{n} ED frames but {n2} ES frames are given; give one of each a beat.").format(
                n=len(timing.ed), n2=len(timing.es)
            )
        )
    for ed, es in zip(timing.ed, timing.es):
        if ed == es:
            raise BadInput(_("ED and ES are both frame {ed}; they must differ.").format(ed=frame_number(ed)))
    if timing.cycle_end is not None and timing.cycle_end <= max((0, *timing.ed[-1:], *timing.es[-1:])):
        raise BadInput(
            _("The cycle end (frame {cycle_end}) must lie after ED and ES.").format(
                cycle_end=frame_number(timing.cycle_end)
            )
        )
    if timing.avc_s is not None and not 0.05 < timing.avc_s < 1.0:
        raise BadInput(
            _("Aortic valve closure {avc_s:.0f} ms after end-diastole cannot be; it is 50 to 1000 ms.").format(
                avc_s=1000 * timing.avc_s
            )
        )
    if timing.mvo_s is not None and not can_open(timing.mvo_s, timing.avc_s):
        raise BadInput(
            _(
                "Mitral valve opening {mvo_s:.0f} ms after end-diastole cannot be; it is 100 to 1200 ms, and later "
                "than aortic valve closure."
            ).format(mvo_s=1000 * timing.mvo_s)
        )
