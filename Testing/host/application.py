"""Stand-ins of the application and of a module's C++ side."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

from PySide6 import QtCore, QtWidgets


@functools.lru_cache(maxsize=1)
def _root() -> Path:
    root = tempfile.mkdtemp(prefix="echotracker-host-")
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return Path(root)


def scratch(name: str) -> Path:
    """Return the folder of this name, made when it isn't there."""
    folder = _root() / name
    folder.mkdir(exist_ok=True)
    return folder


class App(QtCore.QObject):
    """Stand-in of qSlicerApplication."""

    startupCompleted = QtCore.Signal()
    aboutToQuit = QtCore.Signal()

    def __init__(self, mrml: Any, testing: bool) -> None:
        super().__init__()
        self._mrml, self._testing, self._layoutManager = mrml, testing, None
        self._settings = QtCore.QSettings(str(scratch("settings") / "Slicer.ini"), QtCore.QSettings.Format.IniFormat)
        self._dialog: Any = None
        self.applicationName, self.majorVersion, self.minorVersion = "Slicer", 5, 8
        self.applicationVersion = "5.8.1 (stand-in)"
        self.temporaryPath = str(scratch("temporary")) if testing else tempfile.gettempdir()
        self.slicerHome = ""
        self.documentationBaseUrl = ""

    def applicationLogic(self) -> Any:
        return self._mrml.applicationLogic

    def layoutManager(self) -> Any:
        return self._layoutManager

    def mrmlScene(self) -> Any:
        return self._mrml.scene

    def testingEnabled(self) -> bool:
        return self._testing

    def userSettings(self) -> Any:
        return self._settings

    settings = userSettings

    def settingsDialog(self) -> Any:
        return self._dialog

    def processEvents(self, *_arguments: Any) -> None:
        QtWidgets.QApplication.processEvents()

    def topLevelWidgets(self) -> Any:
        return QtWidgets.QApplication.topLevelWidgets()

    def setOverrideCursor(self, cursor: Any) -> None:
        QtWidgets.QApplication.setOverrideCursor(cursor)

    def restoreOverrideCursor(self) -> None:
        QtWidgets.QApplication.restoreOverrideCursor()

    def moduleManager(self) -> Any:
        return self

    def moduleNames(self) -> list[str]:
        return []

    def pauseRender(self) -> None:
        """Views render from a timer here anyway."""

    resumeRender = pauseRender


class ModuleParent(QtCore.QObject):
    """Stand-in of qSlicerScriptedLoadableModule: carries what the module writes about itself."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = str(path)
        self.title = self.helpText = self.acknowledgementText = ""
        self.categories, self.dependencies, self.contributors = [], [], []
        self.icon, self.hidden = None, False
        self._widget: Any = None

    def widgetRepresentation(self) -> Any:
        return self._widget

    def logic(self) -> Any:
        return None
