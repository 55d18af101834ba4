"""The export button: everything into a folder, between the user's actions, with progress and Cancel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Optional

from ...errors import BadInput, Cancelled, EchoTrackerError, MissingDependency, Package
from ...i18n import tr as _
from ...scene import results as study
from ..qt.dialogs import Dialogs
from ..qt.packages import offer_packages
from ..qt.timers import Ticker
from ..session import Session
from .export import Export, Step
from .view import ExportSection

_TICK_MS = 10
_BUSY_S = 0.05  # work done in one tick before the window gets its turn
_PACKAGES = (Package("av"), Package("matplotlib"))  # Slicer has neither of its own


class ExportPresenter:
    """Runs an export in small steps from a timer."""

    def __init__(self, session: Session, view: ExportSection, dialogs: Dialogs, ticker: Ticker) -> None:
        self._session, self._view, self._dialogs, self._ticker = session, view, dialogs, ticker
        self._export: Optional[Export] = None
        self._steps: Optional[Iterator[Step]] = None
        self._clip: Any = None
        self._text = ""
        session.changed.connect(self.refresh)

    @property
    def running(self) -> bool:
        """Whether an export is being written."""
        return self._steps is not None

    def refresh(self) -> None:
        """Enable the button where there is something to export."""
        session = self._session
        if session.browser is not self._clip and not self.running:
            self._clip, self._text = session.browser, ""
        has_tracks = session.is_clip and study.find_results(session.scene, session.browser).tracks is not None
        self._view.set_enabled(has_tracks and not session.busy and not self.running)
        if not self.running:
            self._view.show_progress(False, 0.0, self._text)

    def export(self) -> None:
        """Ask for a folder and write everything into it.

        Raises:
            BadInput: there are no tracks.
        """
        session = self._session
        if not session.is_clip or study.find_results(session.scene, session.browser).tracks is None:
            raise BadInput(_("Track points first."))
        folder = self._dialogs.open_folder(_("Export results into a folder"))
        if folder is not None:
            self._offer_packages()
            self.start(folder)

    def _offer_packages(self) -> None:
        missing = [package for package in _PACKAGES if not package.is_installed]
        if missing:
            reason = _("The overlay video and the strain picture need Python packages that are not installed.")
            error = MissingDependency(reason, *missing)
            with suppress(Cancelled):  # the export leaves out what needs them, and says so
                offer_packages(error, self._dialogs)

    def start(self, folder: Path) -> None:
        """Begin to write everything into `folder`; a second start while one is running does nothing."""
        if self.running:
            return
        session = self._session
        self._export = Export(session.scene, session.browser, session.need_cine(), folder)
        self._steps, self._clip, self._text = self._export.steps(), session.browser, ""
        self._folder = folder.name
        self._view.set_enabled(False)
        self._view.show_progress(True, 0.0, _("Exporting"))
        self._ticker.start(_TICK_MS, self._tick)

    def _tick(self) -> None:
        end = time.monotonic() + _BUSY_S
        while self._steps is not None:
            try:
                text, fraction = next(self._steps)
            except StopIteration:
                self._finish()
                return
            except EchoTrackerError as error:
                self._end(str(error))
                return
            except BaseException:
                self._end("")
                raise
            if time.monotonic() > end:
                self._view.show_progress(True, fraction, text)
                return

    def _finish(self) -> None:
        assert self._export is not None
        text = _("Exported to {folder}: {names}.").format(folder=self._folder, names=", ".join(self._export.names))
        self._end("<br>".join([text, *self._export.notes]))

    def cancel(self) -> None:
        """Stop; nothing is left in the folder."""
        if self.running:
            self._end(_("Canceled; nothing was written."))

    def close(self) -> None:
        """Stop at once; the scene or the application is closing."""
        if self.running:
            self._end("")
        self._clip, self._text = None, ""

    def _end(self, text: str) -> None:
        self._ticker.stop()
        steps, self._steps, self._export, self._text = self._steps, None, None, text
        if steps is not None:
            steps.close()  # type: ignore[attr-defined]  # removes what was written so far
        self.refresh()
