"""What the presenters ask of the user and of Slicer's window; the only place that opens dialogs."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Callable, Optional, Protocol

from ...errors import Cancelled, EchoTrackerError
from ...scene.clip.dicom_module import database_file

LAST_FOLDER = "EchoTracker/LastFolder"  # a setting of the user
_LOGGER = logging.getLogger("EchoTracker")


class Dialogs(Protocol):
    """The questions; tests answer them with a list."""

    def open_file(self, title: str, filters: str) -> Optional[Path]:
        """Ask for a file; None when the user cancels."""
        ...

    def save_file(self, title: str, name: str, filters: str) -> Optional[Path]:
        """Ask where to write a file, `name` is proposed; None when the user cancels or does not want it replaced."""
        ...

    def open_folder(self, title: str) -> Optional[Path]:
        """Ask for a folder; None when the user cancels."""
        ...

    def confirm(self, text: str) -> bool:
        """Ask OK or Cancel."""
        ...

    def clipboard(self) -> str:
        """Return the text of the clipboard."""
        ...

    def waiting(self) -> AbstractContextManager[None]:
        """Show the wait cursor during a `with` block."""
        ...

    def setting(self, key: str, value: Optional[str] = None) -> str:
        """Return a setting of the user; set it first when a value is given."""
        ...

    def dicom_file(self, uid: str) -> Optional[Path]:
        """Return the file of a DICOM instance from Slicer's DICOM database; None when it is not there."""
        ...


class SlicerDialogs:
    """The questions through Slicer's dialogs."""

    def open_file(self, title: str, filters: str) -> Optional[Path]:
        """Ask for a file; None when the user cancels."""
        import qt
        import slicer

        parent = slicer.util.mainWindow()
        return self._remember(qt.QFileDialog.getOpenFileName(parent, title, self.setting(LAST_FOLDER), filters))

    def save_file(self, title: str, name: str, filters: str) -> Optional[Path]:
        """Ask where to write a file, `name` is proposed; None when the user cancels or does not want it replaced."""
        import qt
        import slicer

        proposed = str(Path(self.setting(LAST_FOLDER)) / name)
        return self._remember(qt.QFileDialog.getSaveFileName(slicer.util.mainWindow(), title, proposed, filters))

    def open_folder(self, title: str) -> Optional[Path]:
        """Ask for a folder; None when the user cancels."""
        import qt
        import slicer

        parent = slicer.util.mainWindow()
        return self._remember(qt.QFileDialog.getExistingDirectory(parent, title, self.setting(LAST_FOLDER)))

    def _remember(self, answer: str) -> Optional[Path]:
        if not answer:
            return None
        self.setting(LAST_FOLDER, str(Path(answer).parent))
        return Path(answer)

    def confirm(self, text: str) -> bool:
        """Ask OK or Cancel."""
        import slicer

        return bool(slicer.util.confirmOkCancelDisplay(text, windowTitle="EchoTracker"))

    def clipboard(self) -> str:
        """Return the text of the clipboard."""
        import qt

        return str(qt.QApplication.clipboard().text())

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Show the wait cursor during a `with` block."""
        import qt
        import slicer

        slicer.app.setOverrideCursor(qt.Qt.WaitCursor)
        try:
            yield
        finally:
            slicer.app.restoreOverrideCursor()

    def setting(self, key: str, value: Optional[str] = None) -> str:
        """Return a setting of the user; set it first when a value is given."""
        import slicer

        settings = slicer.app.userSettings()
        if value is not None:
            settings.setValue(key, value)
        stored = settings.value(key, "")
        return "" if stored is None else str(stored)

    def dicom_file(self, uid: str) -> Optional[Path]:
        """Return the file of a DICOM instance from Slicer's DICOM database; None when it is not there."""
        return database_file(uid)


def guarded(message: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a slot: an error the user can act on is shown as its sentence, any other with `message` and logged."""

    def decorate(slot: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(slot)
        def call(self: Any, *arguments: Any) -> Any:
            import slicer

            try:
                return slot(self, *arguments)
            except Cancelled:
                return None
            except EchoTrackerError as error:
                slicer.util.warningDisplay(str(error), windowTitle="EchoTracker")
            except Exception as error:  # a slot must not raise into Qt
                _LOGGER.exception(message)
                slicer.util.errorDisplay(f"{message}\n\n{type(error).__name__}: {error}", windowTitle="EchoTracker")
            return None

        return call

    return decorate
