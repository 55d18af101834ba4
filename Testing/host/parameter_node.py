"""Stand-in of `slicer.parameterNodeWrapper`: the types and connectors of Slicer 5.8 that this module may use."""

from __future__ import annotations

import dataclasses
import enum
import pathlib
import typing
import weakref
from typing import Any

import slicer
import vtk
from ctk_widgets import ctkPathLineEdit, ctkSliderWidget
from PySide6 import QtWidgets
from qmrml_widgets import qMRMLNodeComboBox


@dataclasses.dataclass
class WithinRange:
    minimum: float
    maximum: float

    def check(self, value: Any) -> None:
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"{value} is not within {self.minimum} and {self.maximum}")


@dataclasses.dataclass
class Choice:
    choices: list

    def check(self, value: Any) -> None:
        if value not in self.choices:
            raise ValueError(f"{value!r} is not one of {self.choices}")


def _parts(hint: Any) -> tuple[Any, list[Any]]:
    return (hint.__origin__, list(hint.__metadata__)) if hasattr(hint, "__metadata__") else (hint, [])


def _is_node(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, slicer.vtkMRMLNode)


class _Parameter:
    """Reads and writes one parameter of a parameter node, as the serializers do."""

    def __init__(self, name: str, hint: Any, default: Any) -> None:
        self.name = name
        self.kind, self.checks = _parts(hint)
        known = (bool, int, float, str, pathlib.Path)
        if not (
            _is_node(self.kind)
            or self.kind in known
            or (isinstance(self.kind, type) and issubclass(self.kind, enum.Enum))
        ):
            raise TypeError(f"parameterNodeWrapper: no serializer for '{name}: {hint}'")
        self.default = default

    def read(self, node: Any) -> Any:
        if _is_node(self.kind):
            return node.GetNodeReference(self.name)
        text = node.GetParameter(self.name)
        if not text and self.kind is not str:
            self.write(node, self.default)
            text = node.GetParameter(self.name)
        if self.kind is bool:
            return text == "True"
        if isinstance(self.kind, type) and issubclass(self.kind, enum.Enum):
            return self.kind[text]
        return self.kind(text) if self.kind is not pathlib.Path else pathlib.Path(text)

    def write(self, node: Any, value: Any) -> None:
        if _is_node(self.kind):
            if value is not None and not isinstance(value, self.kind):
                raise TypeError(f"{self.name} must be a {self.kind.__name__}, not {type(value).__name__}")
            node.SetNodeReferenceID(self.name, value.GetID() if value is not None else None)
            return
        if isinstance(self.kind, type) and issubclass(self.kind, enum.Enum):
            node.SetParameter(self.name, value.name)
            return
        accepted = (int, float) if self.kind is float else (self.kind,)
        if not isinstance(value, accepted) or (isinstance(value, bool) and self.kind is not bool):
            raise TypeError(f"{self.name} must be {self.kind.__name__}, not {type(value).__name__} ({value!r})")
        for check in self.checks:
            check.check(value)
        node.SetParameter(self.name, str(value))


class _Cached:
    """The value of a parameter as it was at the last Modified event of the node, as in Slicer's wrapper.

    While a scene is imported that is before its nodes are there: references are read as None, and stay so.
    """

    def __init__(self, parameter: _Parameter, node: Any) -> None:
        self._parameter, self._node, self._writing = parameter, node, False
        self.value = parameter.read(node)
        this = weakref.ref(self)
        self._tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: this() and this()._onModified())

    def __del__(self) -> None:
        self._node.RemoveObserver(self._tag)

    def _onModified(self) -> None:
        if not self._writing:
            self.value = self._parameter.read(self._node)

    def write(self, value: Any) -> None:
        self._writing = True
        try:
            with slicer.util.NodeModify(self._node):
                self._parameter.write(self._node, value)
                self.value = self._parameter.read(self._node)
        finally:
            self._writing = False


def _connector(widget: Any, parameter: _Parameter) -> tuple[str, str, Any]:
    """Return (property, signal, values) for an allowed pair of widget class and type; RuntimeError as in Slicer."""
    kind, exact = parameter.kind, type(widget)
    if _is_node(kind) and exact is qMRMLNodeComboBox:
        return "node", "currentNodeChanged", None
    if kind is bool and exact in (QtWidgets.QCheckBox, QtWidgets.QPushButton):
        return "checked", "toggled", None
    ranges = [c for c in parameter.checks if isinstance(c, WithinRange)]
    if kind is int and exact in (QtWidgets.QSpinBox, QtWidgets.QSlider):
        if ranges:
            widget.minimum, widget.maximum = int(ranges[0].minimum), int(ranges[0].maximum)
        return "value", "valueChanged", None
    if kind is float and exact in (QtWidgets.QDoubleSpinBox, ctkSliderWidget):
        if ranges:
            widget.minimum, widget.maximum = ranges[0].minimum, ranges[0].maximum
        return "value", "valueChanged", None
    if kind is str and exact is QtWidgets.QLineEdit:
        return "text", "textChanged", None
    if kind is pathlib.Path and exact is ctkPathLineEdit:
        return "currentPath", "currentPathChanged", None
    if exact is QtWidgets.QComboBox:
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            values = list(kind)
            labels = [kind.label(v) if hasattr(kind, "label") else v.name for v in values]
        else:
            values = next((c.choices for c in parameter.checks if isinstance(c, Choice)), None)
            if values is None:
                raise RuntimeError("ComboBoxToStringableConnector requires the Choice annotation to be used.")
            labels = [str(v) for v in values]
        widget.clear()
        for label in labels:
            widget.addItem(label)
        return "index", "currentIndexChanged", values
    raise RuntimeError(f"Unable to create GUI connector from datatype '{kind}' to widget type '{exact}'")


class _Binding:
    def __init__(self, wrapper: Any, name: str, widget: Any) -> None:
        self.wrapper, self.name, self.widget = wrapper, name, widget
        self.property, self.signal, self.values = _connector(widget, wrapper.allParameters[name])
        self.write()
        getattr(widget, self.signal).connect(self.changed)

    def write(self) -> None:
        value = getattr(self.wrapper, self.name)
        if self.property == "node":
            self.widget.setCurrentNode(value)
        elif self.property == "index":
            self.widget.currentIndex = self.values.index(value)
        else:
            setattr(self.widget, self.property, str(value) if self.property == "currentPath" else value)

    def changed(self, *_arguments: Any) -> None:
        if self.wrapper._updating:
            return
        if self.property == "node":
            value = self.widget.currentNode()
        elif self.property == "index":
            value = self.values[self.widget.currentIndex]
        else:
            value = getattr(self.widget, self.property)
        kind = self.wrapper.allParameters[self.name].kind
        setattr(self.wrapper, self.name, kind(value) if kind is pathlib.Path else value)


def _init(self: Any, parameterNode: Any, prefix: Any = None) -> None:
    self.parameterNode, self._bindings, self._next, self._updating = parameterNode, {}, 0, False
    for name, parameter in self.allParameters.items():
        stored = (
            parameterNode.GetNodeReferenceID(name) if _is_node(parameter.kind) else parameterNode.GetParameter(name)
        )
        if not stored:
            parameter.write(parameterNode, parameter.default)
    self._cached = {name: _Cached(parameter, parameterNode) for name, parameter in self.allParameters.items()}


def _update(self: Any, *_arguments: Any) -> None:
    if self._updating:
        return
    self._updating = True
    try:
        for bindings in self._bindings.values():
            for binding in bindings:
                binding.write()
    finally:
        self._updating = False


_observing: list[Any] = []


def _connectParametersToGui(self: Any, widgets: dict[str, Any]) -> int:
    for name in widgets:
        if name not in self.allParameters:
            raise ValueError(f"Cannot find a param with the given name: {name}")
    tag, self._next = self._next, self._next + 1
    self._bindings[tag] = [_Binding(self, name, widget) for name, widget in widgets.items()]
    _observing.append(self)  # else Python collects the observer's function while the node still calls it
    self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: _update(self))
    return tag


def _connectGui(self: Any, gui: Any) -> None:
    """No tag is returned: that was forgotten until Slicer 5.12 (Slicer's pull request 8667)."""
    named = {w.property("SlicerParameterName"): w for w in gui.findChildren(QtWidgets.QWidget)}
    _connectParametersToGui(self, {name: widget for name, widget in named.items() if name})


def _disconnectGui(self: Any, tag: Any) -> None:
    """The observer of the node stays, as until Slicer 5.12; a tag that is not known does nothing."""
    for binding in self._bindings.pop(tag, []):
        getattr(binding.widget, binding.signal).disconnect(binding.changed)


def parameterNodeWrapper(cls: type) -> type:
    """Make `cls` a typed view of a parameter node."""
    parameters = {}
    for name, hint in typing.get_type_hints(cls, include_extras=True).items():
        kind, checks = _parts(hint)
        empty = None if _is_node(kind) else next(iter(kind)) if issubclass(kind, enum.Enum) else kind()
        empty = next((c.choices[0] for c in checks if isinstance(c, Choice)), empty)
        empty = next((kind(c.minimum) for c in checks if isinstance(c, WithinRange)), empty)
        parameters[name] = _Parameter(name, hint, getattr(cls, name, empty))
        setattr(
            cls,
            name,
            property(
                lambda self, n=name: self._cached[n].value,
                lambda self, value, n=name: self._cached[n].write(value),
            ),
        )
    reserved = {
        "allParameters": parameters,
        "__init__": _init,
        "connectGui": _connectGui,
        "connectParametersToGui": _connectParametersToGui,
        "disconnectGui": _disconnectGui,
        "getValue": lambda self, name: getattr(self, name),
        "setValue": lambda self, name, value: setattr(self, name, value),
        "StartModify": lambda self: self.parameterNode.StartModify(),
        "EndModify": lambda self, was: self.parameterNode.EndModify(was),
        "AddObserver": lambda self, event, callback, priority=0.0: self.parameterNode.AddObserver(
            event, callback, priority
        ),
        "RemoveObserver": lambda self, tag: self.parameterNode.RemoveObserver(tag),
        "Modified": lambda self: self.parameterNode.Modified(),
    }
    for name, value in reserved.items():
        setattr(cls, name, value)
    return cls
