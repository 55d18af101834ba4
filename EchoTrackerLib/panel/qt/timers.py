"""Timers and delayed calls of one panel; nothing runs any more once they are closed."""

from __future__ import annotations

import logging
from typing import Callable, Optional, Protocol

from ...i18n import tr as _
from .dialogs import guarded

_LOGGER = logging.getLogger("EchoTracker")
_REDRAW_MS = 66  # charts redraw at most 15 times a second


class Ticker(Protocol):
    """A repeating timer."""

    def start(self, interval_ms: int, tick: Callable[[], None]) -> None:
        """Call `tick` again and again."""
        ...

    def stop(self) -> None:
        """Stop calling."""
        ...


class QtTicker:
    """A repeating QTimer; an error stops it, else its message would come up again and again."""

    def __init__(self) -> None:
        import qt

        self._tick: Optional[Callable[[], None]] = None
        self._timer = qt.QTimer()
        self._timer.connect("timeout()", self._on_timeout)

    def start(self, interval_ms: int, tick: Callable[[], None]) -> None:
        """Call `tick` again and again."""
        self._tick = tick
        self._timer.start(interval_ms)

    def stop(self) -> None:
        """Stop calling."""
        self._tick = None
        self._timer.stop()

    @guarded(_("The work could not be finished."))
    def _on_timeout(self) -> None:
        tick = self._tick
        if tick is None:
            return
        try:
            tick()
        except BaseException:
            self.stop()
            raise


class Timers:
    """Makes them for one panel: Qt would call after the panel's widgets are gone."""

    def __init__(self) -> None:
        self._tickers: list[QtTicker] = []
        self._closed = False

    def ticker(self) -> QtTicker:
        """Return a new repeating timer."""
        ticker = QtTicker()
        self._tickers.append(ticker)
        return ticker

    def later(self, function: Callable[[], None]) -> None:
        """Call once, soon, but so seldom that redrawing does not hold up the player."""
        self._call(_REDRAW_MS, function)

    def soon(self, function: Callable[[], None]) -> None:
        """Call once, as soon as Qt has nothing else to do."""
        self._call(0, function)

    def close(self) -> None:
        """Stop everything for good."""
        self._closed = True
        for ticker in self._tickers:
            ticker.stop()

    def _call(self, delay_ms: int, function: Callable[[], None]) -> None:
        import qt

        qt.QTimer.singleShot(delay_ms, lambda: self._run(function))

    def _run(self, function: Callable[[], None]) -> None:
        if self._closed:
            return
        try:
            function()
        except Exception:  # a dialog for each frame that is played would bury the user
            _LOGGER.exception("A delayed call failed.")
