"""Stand-ins of the ctk widgets in use, with the real classes' properties, slots and signals (and no other names)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctk_collapsible import ctkCollapsibleButton, ctkCollapsibleGroupBox
from PySide6 import QtCore, QtWidgets

Property, Signal = QtCore.Property, QtCore.Signal


def stored(kind: Any, name: str, default: Any, changed: str = "") -> Any:
    """Return a Qt property kept in `_name`; `changed` is the method called after it was set."""

    def read(self: Any) -> Any:
        return self.__dict__.get("_" + name, default)

    def write(self: Any, value: Any) -> None:
        self.__dict__["_" + name] = value
        if changed:
            getattr(self, changed)()

    return Property(kind, read, write)


class ctkSliderWidget(QtWidgets.QWidget):
    """A slider with a spin box."""

    valueChanged = Signal(float)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        box = QtWidgets.QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self._slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self._spin = QtWidgets.QDoubleSpinBox()
        box.addWidget(self._slider, 1)
        box.addWidget(self._spin)
        self._spin.valueChanged.connect(self._spinChanged)
        self._slider.valueChanged.connect(self._slid)
        self._sync()

    def _slid(self, value: int) -> None:
        if abs(self._spin.value - value * self._spin.singleStep) >= self._spin.singleStep:
            self._spin.setValue(value * self._spin.singleStep)

    def _spinChanged(self, value: float) -> None:
        self._slider.setValue(round(value / self._spin.singleStep))
        self.valueChanged.emit(value)

    def _sync(self) -> None:
        step = self._spin.singleStep or 1.0
        self._slider.setRange(round(self._spin.minimum / step), round(self._spin.maximum / step))
        self._slider.setValue(round(self._spin.value / step))

    def _of(name: str, kind: Any) -> Any:
        def write(self: Any, value: Any) -> None:
            self._spin.setProperty(name, value)
            self._sync()

        return Property(kind, lambda self: self._spin.property(name), write)

    value, minimum, maximum = _of("value", float), _of("minimum", float), _of("maximum", float)
    singleStep, decimals, suffix = _of("singleStep", float), _of("decimals", int), _of("suffix", str)
    pageStep = stored(float, "pageStep", 1.0)


class ctkPathLineEdit(QtWidgets.QWidget):
    """A path with a browse button."""

    currentPathChanged = Signal(str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        box = QtWidgets.QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self._edit, self._button = QtWidgets.QComboBox(), QtWidgets.QToolButton()
        self._edit.setEditable(True)
        self._button.setText("...")
        box.addWidget(self._edit, 1)
        box.addWidget(self._button)
        self._edit.editTextChanged.connect(self.currentPathChanged)

    def setCurrentPath(self, path: str) -> None:
        self._edit.setEditText(str(path))

    currentPath = Property(str, lambda self: self._edit.currentText, setCurrentPath)
    nameFilters = stored("QStringList", "nameFilters", [])
    settingKey = stored(str, "settingKey", "")
    showHistoryButton = stored(bool, "showHistoryButton", True)

    def addCurrentPathToHistory(self) -> None:
        self._edit.addItem(self.currentPath)


class ctkDirectoryButton(QtWidgets.QWidget):
    """A folder on a button."""

    directoryChanged = Signal(str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        box = QtWidgets.QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self._button = QtWidgets.QPushButton()
        box.addWidget(self._button)
        self._show(str(Path.cwd()))

    def _show(self, directory: str) -> None:
        changed = directory != self.__dict__.get("_directory")
        self.__dict__["_directory"] = directory
        self._button.setText(directory)
        if changed:
            self.directoryChanged.emit(directory)

    directory = Property(str, lambda self: self.__dict__["_directory"], _show)


class ctkComboBox(QtWidgets.QComboBox):
    """A combo box whose current user data is a property."""

    def _choose(self, data: str) -> None:
        index = self.findData(data)
        if index >= 0:
            self.setCurrentIndex(index)

    currentUserDataAsString = Property(str, lambda self: str(self.currentData or ""), _choose)


class ctkBooleanMapper(QtCore.QObject):
    """A boolean property of another object as 0 or 1."""

    valueAsIntChanged = Signal(int)

    def __init__(self, target: Any, name: str, signal: str) -> None:
        super().__init__(target)
        self._target, self._name = target, name
        getattr(target, signal[1:].split("(")[0]).connect(lambda *_: self.valueAsIntChanged.emit(self.valueAsInt))

    valueAsInt = Property(
        int,
        lambda self: int(bool(self._target.property(self._name))),
        lambda self, value: self._target.setProperty(self._name, bool(int(value))),
    )


class ctkSettingsPanel(QtWidgets.QWidget):
    """Binds settings to properties of widgets."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._settings: Any = None
        self._properties: dict[str, tuple[Any, str]] = {}

    def registerProperty(self, key: str, target: Any, name: str, signal: str, *_more: Any) -> None:
        """Bind; the setting is written now and at every change, as ctkSettingsPanel.cpp does."""
        if not signal.startswith("2") or target.metaObject().indexOfSignal(signal[1:]) < 0:
            raise ValueError(f"{key}: {type(target).__name__} has no signal {signal!r}")
        self._properties[key] = (target, name)
        getattr(target, signal[1:].split("(")[0]).connect(lambda *_: self._write(key))
        self._read(key)

    def _write(self, key: str) -> None:
        if self._settings is not None:
            target, name = self._properties[key]
            self._settings.setValue(key, target.property(name))

    def _read(self, key: str) -> None:
        target, name = self._properties[key]
        if self._settings is None:
            return
        if self._settings.contains(key):
            if not target.setProperty(name, self._settings.value(key)):
                raise ValueError(f"{key}: property {name} could not be set")
        else:
            self._write(key)

    def _use(self, settings: Any) -> None:
        self._settings = settings
        for key in self._properties:
            self._read(key)


class ctkSettingsDialog(QtWidgets.QDialog):
    """Slicer's Edit > Application Settings: pages by name."""

    def __init__(self, settings: Any) -> None:
        super().__init__()
        self._settings, self.pages = settings, QtWidgets.QTabWidget()
        QtWidgets.QVBoxLayout(self).addWidget(self.pages)

    def addPanel(self, label: str, panel: ctkSettingsPanel) -> None:
        panel._use(self._settings)
        self.pages.addTab(panel, label)


CTK = (
    ctkBooleanMapper,
    ctkCollapsibleButton,
    ctkCollapsibleGroupBox,
    ctkComboBox,
    ctkDirectoryButton,
    ctkPathLineEdit,
    ctkSettingsDialog,
    ctkSettingsPanel,
    ctkSliderWidget,
)
