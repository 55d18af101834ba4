"""What the user said of a clip beside the frames: valve closure, direction of the wall. Saved with the clip."""

from __future__ import annotations

from typing import Any, NamedTuple

_CLOSURE, _TURNED = "EchoTracker.GivenClosureMs", "EchoTracker.WallTurned"


class Given(NamedTuple):
    """Aortic valve closure, ms after end-diastole or the R wave, 0 for not given; whether the wall is turned round."""

    closure_ms: float = 0.0
    turned: bool = False

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of `measure_strain`."""
        return {"avc_s": self.closure_ms / 1000 if self.closure_ms > 0 else None, "turn": self.turned}


def given(browser: Any) -> Given:
    """Return what was said of the clip that `browser` plays."""
    sequence = browser.GetMasterSequenceNode()
    try:
        closure_ms = float(sequence.GetAttribute(_CLOSURE) or 0)
    except ValueError:
        closure_ms = 0.0
    return Given(closure_ms if 0 < closure_ms < 1000 else 0.0, sequence.GetAttribute(_TURNED) == "true")


def set_given(browser: Any, said: Given) -> None:
    """Keep it with the clip."""
    sequence = browser.GetMasterSequenceNode()
    sequence.SetAttribute(_CLOSURE, f"{said.closure_ms:g}" if said.closure_ms > 0 else None)
    sequence.SetAttribute(_TURNED, "true" if said.turned else None)
