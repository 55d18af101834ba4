"""Layout manager with real slice views, plots and tables; layouts come from the scene's layout node."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import vtk
from plot_view import PlotWidget
from PySide6 import QtCore, QtWidgets
from slice_view import SliceWidget


class TableWidget(QtWidgets.QTableWidget):
    """Stand-in of qMRMLTableWidget: shows the table that is active in the selection node."""

    def __init__(self, mrml: Any, name: str) -> None:
        super().__init__()
        self._mrml = mrml
        self.node = mrml.scene.GetSingletonNode(name, "vtkMRMLTableViewNode")
        if self.node is None:
            self.node = mrml.scene.CreateNodeByClass("vtkMRMLTableViewNode")
            self.node.SetSingletonTag(name)
            self.node = mrml.scene.AddNode(self.node)
        self.node.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self.fill())
        mrml.scene.AddObserver(mrml.scene.EndImportEvent, lambda *_: self.fill())  # now its table is there
        self._tag: Any = None
        self.verticalHeader().setVisible(False)

    def mrmlTableViewNode(self) -> Any:
        return self.node

    def fill(self) -> None:
        node = self.node.GetTableNode()
        if node is None or node.GetTable() is None:
            self.setRowCount(0)
            return
        table = node.GetTable()
        self.setColumnCount(table.GetNumberOfColumns())
        self.setRowCount(table.GetNumberOfRows())
        self.setHorizontalHeaderLabels([table.GetColumnName(c) for c in range(table.GetNumberOfColumns())])
        for row in range(table.GetNumberOfRows()):
            for column in range(table.GetNumberOfColumns()):
                self.setItem(row, column, QtWidgets.QTableWidgetItem(table.GetValue(row, column).ToString()))
        self.resizeColumnsToContents()


class LayoutManager(QtCore.QObject):
    """Stand-in of qSlicerLayoutManager."""

    layoutChanged = QtCore.Signal(int)

    def __init__(self, mrml: Any, parent: QtWidgets.QWidget) -> None:
        super().__init__()
        self._mrml, self._viewport = mrml, parent
        self._box = QtWidgets.QVBoxLayout(parent)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._slices: dict[str, SliceWidget] = {}
        self._plots: dict[str, PlotWidget] = {}
        self._tables: dict[str, TableWidget] = {}
        self._root: Any = None
        self._shown = None
        self._mrml.layoutNode.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._update())
        self._update()

    def _view(self, element: Any) -> QtWidgets.QWidget:
        kind, tag = element.get("class"), element.get("singletontag") or "1"
        properties = {p.get("name"): p.text for p in element.findall("property")}
        if kind == "vtkMRMLSliceNode":
            if tag not in self._slices:
                colour, label = properties.get("viewcolor") or "#F34A33", properties.get("viewlabel") or tag[0]
                self._slices[tag] = SliceWidget(tag, self._mrml, label, colour)
            return self._slices[tag]
        if kind == "vtkMRMLPlotViewNode":
            return (
                self._plots.setdefault(tag, None)
                or self._plots.update({tag: PlotWidget(self._mrml, tag)})
                or self._plots[tag]
            )
        if kind == "vtkMRMLTableViewNode":
            return (
                self._tables.setdefault(tag, None)
                or self._tables.update({tag: TableWidget(self._mrml, tag)})
                or self._tables[tag]
            )
        label = QtWidgets.QLabel("3D")
        label.setStyleSheet("background: #9797d1;")
        label.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        return label

    def _build(self, element: Any) -> QtWidgets.QWidget:
        if element.tag == "view":
            return self._view(element)
        vertical = element.get("type", "horizontal") == "vertical"
        splitter = QtWidgets.QSplitter(QtCore.Qt.Orientation.Vertical if vertical else QtCore.Qt.Orientation.Horizontal)
        sizes = []
        for item in element.findall("item"):
            child = next((c for c in item if c.tag in ("view", "layout")), None)
            if child is not None:
                splitter.addWidget(self._build(child))
                sizes.append(int(item.get("splitSize", "500")))
        splitter.setSizes(sizes)
        return splitter

    def _update(self) -> None:
        number = self._mrml.layoutNode.GetViewArrangement()
        if number == self._shown or not self._mrml.layoutNode.IsLayoutDescription(number):
            return
        text = self._mrml.layoutNode.GetLayoutDescription(number)
        if not text:
            return  # between closing a scene and the next layout
        try:
            element = ET.fromstring(text)
        except ET.ParseError as error:
            raise ValueError(f"layout {number} is not XML: {error}") from error
        self._shown = number
        for widget in (*self._slices.values(), *self._plots.values(), *self._tables.values()):
            widget.setParent(None)
        if self._root is not None:
            self._box.removeWidget(self._root)
            self._root.hide()
            self._root.deleteLater()
        self._root = self._build(element)
        self._box.addWidget(self._root)
        for widget in self._root.findChildren(QtWidgets.QWidget):
            widget.show()
        self.layoutChanged.emit(number)

    # -- what Slicer offers ------------------------------------------------------------------
    def setLayout(self, number: int) -> None:
        self._mrml.layoutNode.SetViewArrangement(number)

    layout = QtCore.Property(int, lambda self: self._mrml.layoutNode.GetViewArrangement(), setLayout)

    def layoutLogic(self) -> Any:
        return self._mrml.layoutLogic

    def viewport(self) -> Any:
        return self._viewport

    def sliceViewNames(self) -> list[str]:
        return list(self._slices)

    def sliceWidget(self, name: str) -> Any:
        return self._slices.get(name)

    def mrmlSliceLogics(self) -> Any:
        return self._mrml.applicationLogic.GetSliceLogics()

    def _visible(self, widgets: dict[str, Any], index: int) -> Any:
        shown = list(widgets.values())
        return shown[index] if index < len(shown) else None

    def plotWidget(self, index: int) -> Any:
        return self._visible(self._plots, index)

    def tableWidget(self, index: int) -> Any:
        return self._visible(self._tables, index)

    plotViewCount = QtCore.Property(int, lambda self: len(self._plots))
    threeDViewCount = QtCore.Property(int, lambda self: 0)

    def resetSliceViews(self) -> None:
        for widget in self._slices.values():
            widget.view.fit()

    def resetThreeDViews(self) -> None:
        """Nothing: this host has no 3D view."""
