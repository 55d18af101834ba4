"""The clip prepared for re-tracking in small pieces between the user's actions: nobody has to wait."""

from __future__ import annotations

from collections.abc import Generator
from typing import Optional

import numpy as np

from ...cine.cine import Cine
from ...tracking.matching.pyramid import Pyramid, joined
from ...tracking.retrack import clip_features
from ..qt.timers import Ticker

_INTERVAL_MS = 60  # between two frames: the window stays responsive


class Preparation:
    """Makes the pyramid of a clip, one frame a tick."""

    def __init__(self, ticker: Ticker) -> None:
        self._ticker = ticker
        self._cine: Optional[Cine] = None
        self._parts: list[Pyramid] = []
        self._features: Optional[Pyramid] = None

    def start(self, cine: Cine) -> None:
        """Begin with a clip; does nothing for the same clip."""
        if self._cine is cine:
            if self._features is None:
                self._ticker.start(_INTERVAL_MS, self._tick)
            return
        self._cine, self._parts, self._features = cine, [], None
        self._ticker.start(_INTERVAL_MS, self._tick)

    def steps(self, cine: Cine) -> Generator[float, None, Pyramid]:
        """Make what is missing a frame a step, yielding the share that is done; return the features of the clip."""
        self.start(cine)
        self.pause()  # who takes the steps does the work
        while self._features is None:
            self._tick()
            yield len(self._parts) / cine.n_frames
        return self._features

    def pause(self) -> None:
        """Prepare no further until `start`."""
        self._ticker.stop()

    def stop(self) -> None:
        """Forget the clip."""
        self._ticker.stop()
        self._cine, self._parts, self._features = None, [], None

    def _tick(self) -> None:
        cine = self._cine
        if cine is None or self._features is not None:
            self._ticker.stop()
            return
        frame = len(self._parts)
        self._parts.append(clip_features(Cine(cine.frames[frame : frame + 1], np.zeros(1))))
        if len(self._parts) == cine.n_frames:
            self._features = joined(self._parts, cine)
            self._parts = []
            self._ticker.stop()
