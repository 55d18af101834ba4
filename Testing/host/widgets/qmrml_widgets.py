"""Stand-ins of the qMRML widgets in use, with the real classes' properties, slots and signals."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from ctk_widgets import stored
from PySide6 import QtCore, QtGui, QtWidgets
from shiboken6 import isValid

Property, Signal = QtCore.Property, QtCore.Signal


class qMRMLWidget(QtWidgets.QWidget):
    """A widget that knows the scene and passes it on, as the connections of a .ui do."""

    mrmlSceneChanged = Signal(object)
    _pythonqt_signals = {"mrmlSceneChanged(vtkMRMLScene*)": 1}  # noqa: RUF012
    _scene: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        self.__dict__["_scene"] = scene
        self.mrmlSceneChanged.emit(scene)

    def mrmlScene(self) -> Any:
        return self.__dict__.get("_scene")


class qMRMLNodeComboBox(QtWidgets.QWidget):
    """Chooses a node of the scene."""

    currentNodeChanged = Signal(object)
    currentNodeIDChanged = Signal(str)
    nodeAddedByUser = Signal(object)
    _pythonqt_signals = {"currentNodeChanged(vtkMRMLNode*)": 1, "nodeAddedByUser(vtkMRMLNode*)": 1}  # noqa: RUF012
    _EVENTS = (
        slicer.vtkMRMLScene.NodeAddedEvent,
        slicer.vtkMRMLScene.NodeRemovedEvent,
        slicer.vtkMRMLScene.EndCloseEvent,
        slicer.vtkMRMLScene.EndImportEvent,
    )

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        box = QtWidgets.QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self._combo = QtWidgets.QComboBox()
        box.addWidget(self._combo)
        self._ids: list[str] = []
        self._currentID = ""
        self._scene: Any = None
        self._combo.activated.connect(self._picked)
        self._filling = False

    nodeTypes = stored("QStringList", "nodeTypes", [], "_fill")
    noneEnabled = stored(bool, "noneEnabled", False, "_fill")
    addEnabled = stored(bool, "addEnabled", True, "_fill")
    removeEnabled, renameEnabled = stored(bool, "removeEnabled", True), stored(bool, "renameEnabled", False)
    editEnabled, showHidden = stored(bool, "editEnabled", False), stored(bool, "showHidden", False)
    showChildNodeTypes = stored(bool, "showChildNodeTypes", True)
    selectNodeUponCreation = stored(bool, "selectNodeUponCreation", True)
    baseName, noneDisplay = stored(str, "baseName", ""), stored(str, "noneDisplay", "None", "_fill")
    interactionNodeSingletonTag = stored(str, "interactionNodeSingletonTag", "")

    def setMRMLScene(self, scene: Any) -> None:
        if scene is self._scene:
            return
        for tag in self.__dict__.pop("_tags", []):
            self._scene.RemoveObserver(tag)
        self._scene = scene
        if scene is not None:
            self.__dict__["_tags"] = [scene.AddObserver(event, lambda *_: self._fill()) for event in self._EVENTS]
        self._fill()

    def mrmlScene(self) -> Any:
        return self._scene

    def addAttribute(self, nodeType: str, name: str, value: Any = None) -> None:
        self.__dict__.setdefault("_attributes", []).append((nodeType, name, value))
        self._fill()

    def _nodes(self) -> list[Any]:
        found = []
        for nodeType in (self.nodeTypes or []) if self._scene is not None else []:
            collection = self._scene.GetNodesByClass(nodeType)
            found += [collection.GetItemAsObject(i) for i in range(collection.GetNumberOfItems())]
        wanted = self.__dict__.get("_attributes", [])
        return [
            node
            for node in found
            if (self.showHidden or not node.GetHideFromEditors())
            and all(
                node.GetAttribute(n) is not None and (v is None or node.GetAttribute(n) == str(v)) for _, n, v in wanted
            )
        ]

    def _fill(self) -> None:
        if not isValid(self) or self.__dict__.get("_filling", True):
            return
        self._filling = True
        nodes = self._nodes()
        self._ids = ([""] if self.noneEnabled else []) + [node.GetID() for node in nodes]
        self._combo.clear()
        if self.noneEnabled:
            self._combo.addItem(self.noneDisplay)
        for node in nodes:
            self._combo.addItem(node.GetName())
        if self.addEnabled and self.nodeTypes:
            self._combo.addItem(f"Create new {self.baseName or 'node'}")
        previous = self._currentID
        if previous not in self._ids:
            self._currentID = self._ids[0] if self._ids else ""
        self._combo.setCurrentIndex(self._ids.index(self._currentID) if self._currentID in self._ids else -1)
        self._filling = False
        if self._currentID != previous:
            self._emit()

    def _picked(self, index: int) -> None:
        if index >= len(self._ids):
            node = self._scene.AddNewNodeByClass(
                self.nodeTypes[0], self._scene.GenerateUniqueName(self.baseName or "Node")
            )
            self._fill()
            self.setCurrentNode(node)
            self.nodeAddedByUser.emit(node)
            return
        self.setCurrentNodeID(self._ids[index])

    def _emit(self) -> None:
        self.currentNodeChanged.emit(self.currentNode())
        self.currentNodeIDChanged.emit(self._currentID)

    def currentNode(self) -> Any:
        return self._scene.GetNodeByID(self._currentID) if self._scene is not None and self._currentID else None

    def setCurrentNode(self, node: Any) -> None:
        self.setCurrentNodeID(node.GetID() if node is not None else "")

    def setCurrentNodeID(self, identifier: str) -> None:
        identifier = identifier if identifier in self._ids else ""
        if identifier == self._currentID:
            return
        self._currentID = identifier
        self._combo.setCurrentIndex(self._ids.index(identifier) if identifier in self._ids else -1)
        self._emit()

    currentNodeID = Property(str, lambda self: self._currentID, setCurrentNodeID)


def _icon(style: Any) -> QtGui.QIcon:
    return QtWidgets.QApplication.style().standardIcon(style)


class _BrowserWidget(QtWidgets.QWidget):
    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._box = QtWidgets.QHBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._browser: Any = None
        self._tag: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        self.__dict__["_scene"] = scene

    def setMRMLSequenceBrowserNode(self, browser: Any) -> None:
        if self._browser is not None and self._tag is not None:
            self._browser.RemoveObserver(self._tag)
        self._browser = browser
        self._tag = browser.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._refresh()) if browser else None
        self._refresh()

    def mrmlSequenceBrowserNode(self) -> Any:
        return self._browser

    def _refresh(self) -> None:
        self.setEnabled(self._browser is not None)


class qMRMLSequenceBrowserPlayWidget(_BrowserWidget):
    """First, previous, play, next, last, loop, speed."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        pixmap = QtWidgets.QStyle.StandardPixmap
        for style, action in (
            (pixmap.SP_MediaSkipBackward, lambda b: b.SelectFirstItem()),
            (pixmap.SP_MediaSeekBackward, lambda b: b.SelectNextItem(-1)),
            (pixmap.SP_MediaPlay, lambda b: b.SetPlaybackActive(not b.GetPlaybackActive())),
            (pixmap.SP_MediaSeekForward, lambda b: b.SelectNextItem(1)),
            (pixmap.SP_MediaSkipForward, lambda b: b.SelectLastItem()),
        ):
            button = QtWidgets.QToolButton()
            button.setIcon(_icon(style))
            button.clicked.connect(lambda *_, act=action: act(self._browser))
            self._box.addWidget(button)
        self._fps = QtWidgets.QDoubleSpinBox()
        self._fps.setSuffix(" fps")
        self._fps.setMaximum(1000)
        self._box.addWidget(self._fps)
        self._box.addStretch(1)
        # Every play widget registers the same keys in its window; where two of them are shown, Qt calls neither.
        for keys, action in (
            ("Ctrl+Shift+Down", lambda b: b.SetPlaybackActive(not b.GetPlaybackActive())),
            ("Ctrl+Shift+Left", lambda b: b.SelectNextItem(-1)),
            ("Ctrl+Shift+Right", lambda b: b.SelectNextItem(1)),
        ):
            shortcut = QtGui.QShortcut(QtGui.QKeySequence(keys), self)
            shortcut.activated.connect(lambda act=action: self._browser is not None and act(self._browser))

    def _refresh(self) -> None:
        if not isValid(self):
            return
        super()._refresh()
        if self._browser is not None:
            self._fps.setValue(self._browser.GetPlaybackRateFps())


class qMRMLSequenceBrowserSeekWidget(_BrowserWidget):
    """A slider over the frames."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self._label = QtWidgets.QLabel("")
        self._box.addWidget(self._slider, 1)
        self._box.addWidget(self._label)
        self._slider.valueChanged.connect(lambda k: self._browser and self._browser.SetSelectedItemNumber(k))

    def slider(self) -> Any:
        return self._slider

    def _refresh(self) -> None:
        if not isValid(self):
            return
        super()._refresh()
        browser = self._browser
        if browser is None:
            self._label.setText("")
            return
        self._slider.setRange(0, max(browser.GetNumberOfItems() - 1, 0))
        self._slider.setValue(browser.GetSelectedItemNumber())
        self._label.setText(f"{browser.GetSelectedItemNumber() + 1} / {browser.GetNumberOfItems()}")


class qMRMLSequenceBrowserToolBar(QtWidgets.QToolBar):
    """The tool bar of the module Sequences."""

    def __init__(self) -> None:
        super().__init__("Sequence browser")
        self.play = qMRMLSequenceBrowserPlayWidget()
        self.addWidget(self.play)

    def setActiveBrowserNode(self, browser: Any) -> None:
        self.play.setMRMLSequenceBrowserNode(browser)


SLICER = (qMRMLWidget, qMRMLNodeComboBox, qMRMLSequenceBrowserPlayWidget, qMRMLSequenceBrowserSeekWidget)
