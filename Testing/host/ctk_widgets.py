"""Stand-ins of the ctk widgets in use, with the real classes' properties, slots and signals (and no other names)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

Property, Signal = QtCore.Property, QtCore.Signal
FOLDED = 14  # px below the header of a closed section


def stored(kind: Any, name: str, default: Any, changed: str = "") -> Any:
    """Return a Qt property kept in `_name`; `changed` is the method called after it was set."""

    def read(self: Any) -> Any:
        return self.__dict__.get("_" + name, default)

    def write(self: Any, value: Any) -> None:
        self.__dict__["_" + name] = value
        if changed:
            getattr(self, changed)()

    return Property(kind, read, write)


class _Folding:
    """What both collapsible widgets of CTK do with their children: a child hidden on purpose stays hidden when opened.

    Children are left alone until the widget itself was created, and while it hides or shows them it does not take that
    for somebody's purpose.
    """

    def _closed(self) -> bool:
        raise NotImplementedError

    def _follow(self, child: QtWidgets.QWidget) -> None:
        attribute = QtCore.Qt.WidgetAttribute
        if not self.testAttribute(attribute.WA_WState_Created):
            return
        before, self.__dict__["_forcing"] = self.__dict__.get("_forcing", False), True
        wanted = child.property("visibilityToParent") is not False
        shown = wanted and not self._closed()
        if child.testAttribute(attribute.WA_WState_Created) or not shown:
            child.setVisible(shown)
        if wanted:
            child.setAttribute(attribute.WA_WState_ExplicitShowHide, False)
        self.__dict__["_forcing"] = before

    def _follow_all(self) -> None:
        for child in self.children():
            if child.isWidgetType():
                self._follow(child)

    def childEvent(self, event: Any) -> None:
        child = event.child()
        if event.added() and child.isWidgetType():
            attribute = QtCore.Qt.WidgetAttribute
            if child.testAttribute(attribute.WA_WState_ExplicitShowHide) and child.isHidden():
                child.setProperty("visibilityToParent", False)
            child.installEventFilter(self)
            self._follow(child)
        super().childEvent(event)

    def setVisible(self, shown: bool) -> None:
        self.__dict__["_forcing"] = True
        super().setVisible(shown)
        self.__dict__["_forcing"] = False
        if not self.__dict__.get("_made") and self.testAttribute(QtCore.Qt.WidgetAttribute.WA_WState_Created):
            self.__dict__["_made"] = True
            self._follow_all()

    def eventFilter(self, child: Any, event: Any) -> bool:
        kinds = QtCore.QEvent.Type
        if event.type() in (kinds.ShowToParent, kinds.HideToParent) and not self.__dict__.get("_forcing"):
            child.setProperty("visibilityToParent", event.type() == kinds.ShowToParent)
            if event.type() == kinds.ShowToParent:
                self._follow(child)
        return False


class ctkCollapsibleButton(_Folding, QtWidgets.QAbstractButton):
    """A titled section that opens and closes."""

    contentsCollapsed = Signal(bool)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setChecked(True)
        policy = QtWidgets.QSizePolicy.Policy
        self.setSizePolicy(QtWidgets.QSizePolicy(policy.Minimum, policy.Preferred))
        self.setContentsMargins(0, self._button().height(), 0, 0)
        self.toggled.connect(lambda on: self._fold(not on))

    def _closed(self) -> bool:
        return bool(self.__dict__.get("_collapsed", False))

    def _button(self) -> QtCore.QSize:
        style, option = QtWidgets.QApplication.style(), QtWidgets.QStyleOptionButton()
        option.initFrom(self)
        text = QtGui.QFontMetrics(self.font).size(QtCore.Qt.TextFlag.TextShowMnemonic, self.text or "XXXX")
        inner = QtCore.QSize(text.width() + 20, max(text.height(), 14))
        return style.sizeFromContents(QtWidgets.QStyle.ContentsType.CT_PushButton, option, inner, self)

    def _fold(self, collapsed: bool) -> None:
        if collapsed == self._closed():
            return
        self.__dict__["_collapsed"] = collapsed
        self.setMaximumHeight(self.sizeHint().height() if collapsed else 16777215)
        self._follow_all()
        self.updateGeometry()
        self.contentsCollapsed.emit(collapsed)

    collapsed = Property(bool, _closed, lambda self, value: self.setChecked(not value))

    def sizeHint(self) -> QtCore.QSize:
        folded = self._button() + QtCore.QSize(0, FOLDED)
        inner = super().layout()
        return folded if self._closed() or inner is None else inner.totalSizeHint().expandedTo(folded)

    def minimumSizeHint(self) -> QtCore.QSize:
        if self._closed():
            return self._button() + QtCore.QSize(0, FOLDED)
        inner = super().layout()
        return self._button() if inner is None else inner.totalMinimumSize().expandedTo(self._button())

    def hitButton(self, position: QtCore.QPoint) -> bool:
        return position.y() < self._button().height()

    def paintEvent(self, _event: Any) -> None:
        painter, style = QtGui.QPainter(self), QtWidgets.QApplication.style()
        option = QtWidgets.QStyleOptionButton()
        option.initFrom(self)
        option.rect.setHeight(self._button().height())
        style.drawControl(QtWidgets.QStyle.ControlElement.CE_PushButtonBevel, option, painter, self)
        text = option.rect.adjusted(24, 0, 0, 0)
        option.rect = QtCore.QRect(6, (option.rect.height() - 10) // 2, 10, 10)
        arrow = QtWidgets.QStyle.PrimitiveElement
        which = arrow.PE_IndicatorArrowRight if self._closed() else arrow.PE_IndicatorArrowDown
        style.drawPrimitive(which, option, painter, self)
        painter.setPen(self.palette.color(QtGui.QPalette.ColorRole.ButtonText))
        painter.drawText(text, int(QtCore.Qt.AlignmentFlag.AlignVCenter), self.text)
        painter.end()


class ctkCollapsibleGroupBox(_Folding, QtWidgets.QGroupBox):
    """A group box that opens and closes by its check mark."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.__dict__["_size"] = QtCore.QSize(self.size)
        self.setCheckable(True)
        self.setChecked(True)
        self.toggled.connect(self._fold)

    def _closed(self) -> bool:
        return not self.checked

    def _fold(self, shown: bool) -> None:
        if not shown:
            self.__dict__["_size"] = QtCore.QSize(self.size)
        self._follow_all()
        if shown:
            self.setMaximumHeight(16777215)
            self.resize(self.__dict__["_size"])
        else:
            self.setMaximumHeight(QtGui.QFontMetrics(self.font).height() + 6 + FOLDED)

    collapsed = Property(bool, _closed, lambda self, value: self.setChecked(not value))


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
