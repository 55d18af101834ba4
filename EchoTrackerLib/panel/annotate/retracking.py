"""Tracking points of a set again beside the window, and the clip prepared for it: nobody has to wait."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Callable, Optional

import numpy as np

from ...cine.cine import Cine
from ...errors import BadInput
from ...i18n import tr as _
from ...scene.annotation.editor import AnnotationEditor
from ...tracking.matching.pyramid import Pyramid, joined
from ...tracking.retrack import clip_features
from ..qt.timers import Ticker

_INTERVAL_MS = 60  # between two frames: the window stays responsive


class ClipPreparation:
    """Makes the pyramid of a clip in small pieces between the user's actions, one frame a tick."""

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


class Retracking:
    """Tracks points again, a frame of a point a tick; an edit meanwhile ends it.

    Attributes:
        preparation: of the clip.
    """

    def __init__(self, ticker: Callable[[], Ticker], is_alive: Callable[[], bool], said: Callable[[str], None]) -> None:
        """Begin idle.

        Args:
            ticker: returns a new timer.
            is_alive: whether the set that is edited is still there.
            said: told after each step what the user is to read.
        """
        self.preparation, self._ticker = ClipPreparation(ticker()), ticker()
        self._is_alive, self._said = is_alive, said
        self._steps: Optional[Iterator[Optional[float]]] = None
        self._begun = 0.0

    @property
    def running(self) -> bool:
        """Whether points are being tracked again."""
        return self._steps is not None

    def start(self, editor: AnnotationEditor, cine: Cine, neighbors: int, every: bool) -> None:
        """Track the chosen point and so many on each side; with `every` all points."""
        self._steps = self._make_steps(editor, cine, neighbors, every)
        self._begun = time.perf_counter()
        self._ticker.start(0, self._step)
        self._said(_("Tracking again."))

    def stop(self) -> None:
        """Track no further."""
        self._steps = None
        self._ticker.stop()

    def cancel(self) -> None:
        """Stop because the user wants it: no point changes."""
        self._end(_("Stopped; no point was changed."))

    def _make_steps(
        self, editor: AnnotationEditor, cine: Cine, neighbors: int, every: bool
    ) -> Iterator[Optional[float]]:
        editor.features = yield from self.preparation.steps(cine)
        yield from editor.retrack_steps(neighbors, every)

    def _step(self) -> None:
        steps = self._steps
        if steps is None or not self._is_alive():
            self.stop()
            return
        try:
            share = next(steps)
        except StopIteration:
            self._end(_("Tracked again in {t:.1f} s.").format(t=time.perf_counter() - self._begun))
        except BadInput as error:
            self._end(str(error))
        else:
            if share is not None:
                self._said(_("Tracking again, {p:.0f} %.").format(p=100 * share))

    def _end(self, said: str) -> None:
        self.stop()
        self._said(said)
