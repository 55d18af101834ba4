"""What the user said of a clip: valve closure, direction of the wall, moved phases, beats. Saved with the clip."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..strain.study.timing import scaled_source
from ..strain.timing.moved import ED, ES, Moved
from ..strain.timing.sources import GIVEN

_CLOSURE, _TURNED = "EchoTracker.GivenClosureMs", "EchoTracker.WallTurned"
_OPENING, _OPENING_FROM = "EchoTracker.GivenOpeningMs", "EchoTracker.OpeningFrom"
_VIEW = "EchoTracker.GivenView"
_FROM, _ALONE = "EchoTracker.ClosureFrom", "EchoTracker.ClosureAlone"
_MOVED, _WITHOUT = "EchoTracker.MovedPhases", "EchoTracker.BeatsLeftOut"


class Given(NamedTuple):
    """What was said.

    Attributes:
        closure_ms: aortic valve closure, ms after end-diastole or the R wave, 0 for not given.
        turned: whether the wall is turned round.
        moved: end-diastoles and end-systoles that were moved in the chart.
        without_s: times, s, in the beats that are left out.
        closure_from: the clip of the study whose closure, scaled by RR, it is; "" for the user's own.
        alone: the user took such a closure away: it does not come back by itself.
        opening_ms, opening_from: mitral valve opening, as closure.
    """

    closure_ms: float = 0.0
    turned: bool = False
    moved: tuple[Moved, ...] = ()
    without_s: tuple[float, ...] = ()
    closure_from: str = ""
    alone: bool = False
    opening_ms: float = 0.0
    opening_from: str = ""

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of `measure_strain`."""
        return {
            "avc_s": self.closure_ms / 1000 if self.closure_ms > 0 else None,
            "avc_source": scaled_source(self.closure_from) if self.closure_from else GIVEN,
            "mvo_s": self.opening_ms / 1000 if self.opening_ms > 0 else None,
            "mvo_source": scaled_source(self.opening_from) if self.opening_from else GIVEN,
            "turn": self.turned,
            "moved": self.moved,
            "without_s": self.without_s,
        }


def given(browser: Any) -> Given:
    """Return what was said of the clip that `browser` plays; what cannot be read was not said."""
    sequence = browser.GetMasterSequenceNode()
    closure_ms, opening_ms = ((_numbers(sequence.GetAttribute(key)) or (0.0,))[0] for key in (_CLOSURE, _OPENING))
    return Given(
        closure_ms if 0 < closure_ms < 1000 else 0.0,
        sequence.GetAttribute(_TURNED) == "true",
        _moved(sequence.GetAttribute(_MOVED) or ""),
        _numbers(sequence.GetAttribute(_WITHOUT)),
        sequence.GetAttribute(_FROM) or "",
        sequence.GetAttribute(_ALONE) == "true",
        opening_ms if 0 < opening_ms < 1200 else 0.0,
        sequence.GetAttribute(_OPENING_FROM) or "",
    )


def set_given(browser: Any, said: Given) -> None:
    """Keep it with the clip."""
    sequence = browser.GetMasterSequenceNode()
    sequence.SetAttribute(_CLOSURE, f"{said.closure_ms:g}" if said.closure_ms > 0 else None)
    sequence.SetAttribute(_OPENING, f"{said.opening_ms:g}" if said.opening_ms > 0 else None)
    sequence.SetAttribute(_OPENING_FROM, said.opening_from or None)
    sequence.SetAttribute(_TURNED, "true" if said.turned else None)
    sequence.SetAttribute(_MOVED, "; ".join(f"{m.kind} {m.found} {m.given}" for m in said.moved) or None)
    sequence.SetAttribute(_FROM, said.closure_from or None)
    sequence.SetAttribute(_ALONE, "true" if said.alone else None)
    sequence.SetAttribute(_WITHOUT, " ".join(f"{time:.4f}" for time in said.without_s) or None)


def kept_view(browser: Any) -> str:
    """Return the view that was chosen in the panel while this clip was, "" when it never was."""
    return browser.GetMasterSequenceNode().GetAttribute(_VIEW) or ""


def keep_view(browser: Any, view: str) -> None:
    """Keep the view with the clip."""
    sequence = browser.GetMasterSequenceNode()
    if sequence.GetAttribute(_VIEW) != view:
        sequence.SetAttribute(_VIEW, view)


def _numbers(text: Any) -> tuple[float, ...]:
    try:
        return tuple(float(word) for word in (text or "").split())
    except ValueError:
        return ()


def _moved(text: str) -> tuple[Moved, ...]:
    found = []
    for part in text.split(";"):
        words = part.split()
        if len(words) == 3 and words[0] in (ED, ES) and words[1].isdigit() and words[2].isdigit():
            found.append(Moved(words[0], int(words[1]), int(words[2])))
    return tuple(found)
