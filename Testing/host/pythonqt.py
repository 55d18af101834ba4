"""`qt` and `ctk` on PySide6 with PythonQt's habits, strictly: what PythonQt would reject is rejected here.

* Qt properties are attributes (`button.text = "Track"`); calling one raises TypeError, as a string is not callable.
* `connect("signal(types)", slot)` checks that the signal exists; the slot gets the arguments of that signature, cut
  to what a plain function or method takes (all of them when it takes `*arguments`), as PythonQtSignalReceiver.cpp does.
* An unknown attribute of a Qt object cannot be set.
* Static file dialogs return a plain string (or tuple of strings).
* Cells and combo boxes take plain numbers only: a numpy scalar becomes an opaque object in the variant, invisible.
"""

from __future__ import annotations

import inspect
import types
import xml.etree.ElementTree as ET
from typing import Any

from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

_FLAT = types.ModuleType("qt")
_done: set[type] = set()
# Stand-ins of C++ classes announce signals of MRML types by their C++ signature.
_SIGNATURES = "_pythonqt_signals"


# Virtual methods as well as properties: PySide would take the attribute for an override of the method.
_VIRTUAL = ("sizeHint", "minimumSizeHint")
_read, _write = QtCore.QObject.property, QtCore.QObject.setProperty


class _Property:
    """A Qt property as an attribute of instances; the class keeps a static method of that name (singleShot)."""

    def __init__(self, name: str, original: Any = None) -> None:
        self._name, self._original = name, original

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self if self._original is None else self._original
        return _read(instance, self._name)

    def __set__(self, instance: Any, value: Any) -> None:
        if not _write(instance, self._name, value):
            raise AttributeError(f"Property '{self._name}' of {type(instance).__name__} could not be set to {value!r}")


def expose_properties(cls: type) -> None:
    """Make the Qt properties declared by `cls` itself attributes of it."""
    meta = cls.staticMetaObject  # type: ignore[attr-defined]
    for index in range(meta.propertyOffset(), meta.propertyCount()):
        name = meta.property(index).name()
        if name in _VIRTUAL:
            continue
        setattr(cls, name, _Property(name, getattr(cls, name, None)))


def _signal(sender: Any, signature: str) -> tuple[Any, str]:
    """Return (the signal, its signature without spaces); a signal that the class does not have is refused."""
    normalized = bytes(QtCore.QMetaObject.normalizedSignature(signature)).decode()
    name = normalized.split("(")[0]
    known = any(normalized in getattr(cls, _SIGNATURES, {}) for cls in type(sender).__mro__)
    if not known and sender.metaObject().indexOfSignal(normalized) < 0:
        raise ValueError(f"QObject::connect: {type(sender).__name__} has no signal '{signature}'")
    return getattr(sender, name), normalized


def accepted(slot: Any, given: int) -> int:
    """Return how many of the signal's arguments PythonQt passes to `slot`."""
    function, bound = slot, 0
    if isinstance(slot, types.MethodType):
        function, bound = slot.__func__, 1
    if not isinstance(function, types.FunctionType) or function.__code__.co_flags & inspect.CO_VARARGS:
        return given
    return min(given, function.__code__.co_argcount - bound)


def _connect(self: Any, signature: Any, slot: Any, *internal: Any) -> bool:
    if internal:  # PySide itself, e.g. in QTimer.singleShot
        return bool(QtCore.QObject.connect(signature, slot, *internal))
    if not callable(slot):
        raise TypeError(f"connect('{signature}'): {slot!r} is not callable")
    signal, normalized = _signal(self, signature)
    types_text = normalized.split("(", 1)[1][:-1]
    given = len(types_text.split(",")) if types_text else 0
    count = accepted(slot, given)
    # PySide chooses what it passes by the number of parameters.
    call = (lambda: slot(), lambda a: slot(*(a,)[:count]), lambda a, b: slot(*(a, b)[:count]))[given]
    signal.connect(call)
    self.__dict__.setdefault("_pythonqt_slots", []).append((normalized, slot, call))
    return True


def _disconnect(self: Any, signature: str, slot: Any) -> bool:
    signal, normalized = _signal(self, signature)
    made = self.__dict__.setdefault("_pythonqt_slots", [])
    for index, (its_signature, its_slot, call) in enumerate(made):
        if its_signature == normalized and its_slot == slot:
            signal.disconnect(call)
            del made[index]
            return True
    return False


def _setattr(self: Any, name: str, value: Any) -> None:
    """Refuse new attributes on C++ objects, as PythonQt does (subclasses written in Python may have them)."""
    cls = type(self)
    for base in cls.__mro__:
        found = base.__dict__.get(name)
        if isinstance(found, QtCore.Property):
            found.fset(self, value)
            return
        if hasattr(found, "__set__"):
            found.__set__(self, value)
            return
    if cls.__module__.startswith("PySide6") and not isinstance(value, QtCore.SignalInstance):
        raise AttributeError(
            f"Attribute '{name}' does not exist and creating new attributes on C++ objects is not allowed "
            f"({cls.__name__})"
        )
    self.__dict__[name] = value


_bound = {"connect": _connect, "disconnect": _disconnect}
_getattr = QtCore.QObject.__getattribute__


def _getattribute(self: Any, name: str) -> Any:
    # PySide resolves `connect` of an instance before the class's attributes, so it is replaced here.
    if name in _bound:
        return types.MethodType(_bound[name], self)
    return _getattr(self, name)


def _first(function: Any) -> Any:
    def call(*arguments: Any, **keywords: Any) -> Any:
        answer = function(*arguments, **keywords)
        return tuple(answer[0]) if isinstance(answer[0], list) else answer[0]

    return staticmethod(call)


def _plain(function: Any) -> Any:
    """Refuse what PythonQtConv::PyObjToQVariant would wrap as an opaque Python object."""

    def call(self: Any, *arguments: Any) -> Any:
        for value in arguments:
            kind = type(value)
            if kind.__module__.split(".")[0] == "numpy" and not isinstance(value, (str, float)):
                raise TypeError(f"{function.__name__}: {kind.__name__} is no value that Qt can show")
        return function(self, *arguments)

    return call


def _invalid(*_arguments: Any) -> None:
    raise TypeError("not available in PythonQt")


def make_qt() -> types.ModuleType:
    """Return the module `qt`: QtCore, QtGui, QtWidgets and QUiLoader in one flat namespace."""
    if _done:
        return _FLAT
    for module in (QtCore, QtGui, QtWidgets):
        for name in dir(module):
            if name.startswith("Q"):
                setattr(_FLAT, name, getattr(module, name))
    # QAction and QShortcut live in QtWidgets in Qt 5 and in QtGui in Qt 6: flat anyway.
    for value in list(vars(_FLAT).values()):
        if isinstance(value, type) and issubclass(value, QtCore.QObject) and value not in _done:
            expose_properties(value)
            value.__setattr__ = _setattr  # type: ignore[method-assign]
            _done.add(value)
    QtCore.QObject.__getattribute__ = _getattribute  # type: ignore[method-assign]
    QtCore.QObject.name = _Property("objectName")
    _FLAT.SIGNAL = lambda signature: "2" + signature
    QtCore.QObject.className = lambda self: self.metaObject().className()
    # QTimer's and QWidget's getters that are properties in Qt are covered above; these are missing in PythonQt:
    QtGui.QGuiApplication.primaryScreen = staticmethod(_invalid)
    for cls, name in (
        (QtWidgets.QTableWidgetItem, "setData"),
        (QtWidgets.QTableWidgetItem, "setText"),
        (QtWidgets.QComboBox, "addItem"),
        (QtWidgets.QComboBox, "findData"),
    ):
        setattr(cls, name, _plain(getattr(cls, name)))
    for name in ("getOpenFileName", "getSaveFileName", "getOpenFileNames"):
        setattr(QtWidgets.QFileDialog, name, _first(getattr(QtWidgets.QFileDialog, name)))
    return _FLAT


class UiLoader(QtUiTools.QUiLoader):
    """Loads an unchanged .ui with stand-ins for the ctk and qMRML classes in it."""

    classes: dict[str, type] = {}  # noqa: RUF012

    def load(self, device: Any, parent: Any = None) -> Any:
        """Load the .ui; its connections, whose MRML types Qt does not know here, are made in Python."""
        tree = ET.fromstring(bytes(device.readAll().data()))
        connections = tree.find("connections")
        if connections is not None:
            tree.remove(connections)
        buffer = QtCore.QBuffer()
        buffer.setData(ET.tostring(tree))
        buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        widget = super().load(buffer, parent)
        for connection in connections if connections is not None else ():
            ends = []
            for end, call in (("sender", "signal"), ("receiver", "slot")):
                name = connection.findtext(end)
                owner = widget if _read(widget, "objectName") == name else widget.findChild(QtCore.QObject, name)
                ends.append((owner, connection.findtext(call)))
            (sender, signal), (receiver, slot) = ends
            _connect(sender, signal, getattr(receiver, slot.split("(")[0]))
        return widget

    def createWidget(self, className: str, parent: Any = None, name: str = "") -> Any:
        if className in self.classes:
            widget = self.classes[className](parent)
            QtCore.QObject.setProperty(widget, "objectName", name)
            return widget
        if className not in self.availableWidgets():
            raise ValueError(f"The .ui uses {className}, which this host does not know.")
        return super().createWidget(className, parent, name)
