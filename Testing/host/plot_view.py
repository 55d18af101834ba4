"""A plot view in a Qt widget: the chart node drawn off screen by vtkChartXY, as qMRMLPlotView does it."""

from __future__ import annotations

from typing import Any

import vtk
from PySide6 import QtCore, QtGui, QtWidgets
from vtkmodules.util.numpy_support import vtk_to_numpy

_AXES = (vtk.vtkAxis.BOTTOM, vtk.vtkAxis.TOP, vtk.vtkAxis.LEFT, vtk.vtkAxis.RIGHT)
_BUTTONS = {QtCore.Qt.MouseButton.LeftButton: "Left", QtCore.Qt.MouseButton.RightButton: "Right"}


class PlotView(QtWidgets.QWidget):
    """Stand-in of qMRMLPlotView."""

    dataSelected = QtCore.Signal(object, object)
    _pythonqt_signals = {"dataSelected(vtkStringArray*,vtkCollection*)": 1}  # noqa: RUF012

    def __init__(self, mrml: Any, name: str) -> None:
        super().__init__()
        self._mrml, self._plots, self._watched, self._image = mrml, {}, {}, QtGui.QImage()
        self.node = mrml.scene.GetSingletonNode(name, "vtkMRMLPlotViewNode")
        if self.node is None:
            self.node = mrml.scene.CreateNodeByClass("vtkMRMLPlotViewNode")
            self.node.UnRegister(None)
            self.node.SetSingletonTag(name)
            self.node = mrml.scene.AddNode(self.node)
        self.setMinimumSize(100, 80)
        self.setMouseTracking(True)  # as QVTKOpenGLNativeWidget: the chart drags the point that the mouse came to
        self._make_chart()
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.draw)
        self.node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._later)
        for event in (mrml.scene.NodeAddedEvent, mrml.scene.NodeRemovedEvent):
            mrml.scene.AddObserver(event, self._later)

    def _make_chart(self) -> None:
        renderer = vtk.vtkRenderer()
        renderer.SetBackground(1, 1, 1)
        self._window = vtk.vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.ShowWindowOff()
        self._window.SetMultiSamples(4)
        self._window.AddRenderer(renderer)
        self._actor = vtk.vtkContextActor()
        renderer.AddActor(self._actor)
        self._chart = vtk.vtkChartXY()
        self._actor.GetScene().AddItem(self._chart)
        self._actor.GetScene().SetRenderer(renderer)
        self._interactor = vtk.vtkGenericRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        style = vtk.vtkContextInteractorStyle()
        style.SetScene(self._actor.GetScene())
        self._interactor.SetInteractorStyle(style)
        self._interactor.Initialize()
        self._chart.GetBackgroundBrush().SetColor(255, 253, 246, 255)
        self._chart.AddObserver(vtk.vtkCommand.SelectionChangedEvent, self._emit_selection)

    # -- what Slicer offers ------------------------------------------------------------------
    def chart(self) -> Any:
        return self._chart

    def renderWindow(self) -> Any:
        return self._window

    def fitToContent(self) -> None:
        self.draw()

    def saveAsSVG(self, path: str) -> None:
        self._image.save(path + ".png")

    # -- the chart node ----------------------------------------------------------------------
    def _later(self, *_arguments: Any) -> None:
        self._timer.start(30)

    def _series(self) -> list[Any]:
        chart = self.node.GetPlotChartNode()
        found = [chart.GetNthPlotSeriesNode(i) for i in range(chart.GetNumberOfPlotSeriesNodes())] if chart else []
        return [series for series in found if series is not None]

    def draw(self) -> None:
        chart, series = self.node.GetPlotChartNode(), self._series()
        for node in [chart, *series, *(one.GetTableNode() for one in series)]:
            if node is not None and node.GetID() not in self._watched:
                self._watched[node.GetID()] = node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._later)
        if chart is not None:
            _interact(self._chart, self.node, chart)
        self._update_plots(series)
        if chart is not None:
            _style(self._chart, chart)
        self._render()

    def _update_plots(self, series: list[Any]) -> None:
        """Update the plots that are there, remove those without series, add the missing ones at the end."""
        known = {one.GetID(): one for one in series}
        for plot, name in list(self._plots.items()):
            if name not in known or _plot(known[name], plot) is None:
                self._chart.RemovePlotInstance(plot)
                del self._plots[plot]
        for one in series:
            plot = _plot(one) if one.GetID() not in self._plots.values() else None
            if plot is not None:
                self._chart.AddPlot(plot)
                self._plots[plot] = one.GetID()

    def _render(self) -> None:
        ratio = self.devicePixelRatioF()
        size = max(round(self.width * ratio), 16), max(round(self.height * ratio), 16)
        self._window.SetSize(*size)
        self._interactor.SetSize(*size)
        self._actor.GetScene().SetDirty(True)
        self._window.Render()
        grab = vtk.vtkWindowToImageFilter()
        grab.SetInput(self._window)
        grab.ReadFrontBufferOff()
        grab.Update()
        columns, rows, _ = grab.GetOutput().GetDimensions()
        pixels = vtk_to_numpy(grab.GetOutput().GetPointData().GetScalars()).reshape(rows, columns, -1)
        pixels = pixels[::-1, :, :3].copy()
        self._image = QtGui.QImage(pixels.data, columns, rows, 3 * columns, QtGui.QImage.Format.Format_RGB888).copy()
        self._image.setDevicePixelRatio(ratio)
        self.update()

    def _emit_selection(self, *_arguments: Any) -> None:
        names, selections = vtk.vtkStringArray(), vtk.vtkCollection()
        for plot, series in self._plots.items():
            selection = plot.GetSelection()
            if selection is not None and selection.GetNumberOfValues():
                selections.AddItem(selection)
                names.InsertNextValue(series)
        self.dataSelected.emit(names, selections)

    # -- Qt ----------------------------------------------------------------------------------
    def paintEvent(self, _event: Any) -> None:
        painter = QtGui.QPainter(self)
        painter.drawImage(0, 0, self._image)
        painter.end()

    def resizeEvent(self, _event: Any) -> None:
        self._later()

    def _send(self, event: Any, name: str) -> None:
        ratio, position = self.devicePixelRatioF(), event.position()
        self._interactor.SetEventInformationFlipY(round(position.x() * ratio), round(position.y() * ratio), 0, 0)
        self._interactor.InvokeEvent(name)

    def mousePressEvent(self, event: Any) -> None:
        self._send(event, f"{_BUTTONS[event.button()]}ButtonPressEvent")

    def mouseReleaseEvent(self, event: Any) -> None:
        self._send(event, f"{_BUTTONS[event.button()]}ButtonReleaseEvent")
        self._emit_selection()  # each click tells of what is selected, also of what was selected before

    def mouseMoveEvent(self, event: Any) -> None:
        self._send(event, "MouseMoveEvent")


def _interact(view: Any, node: Any, chart: Any) -> None:
    """Set the mouse's actions by the view node's mode, as qMRMLPlotView::updateWidgetFromMRML of 5.8 does."""
    none, left, middle, right = (
        getattr(vtk.vtkContextMouseEvent, f"{name}_BUTTON") for name in ("NO", "LEFT", "MIDDLE", "RIGHT")
    )
    actions = vtk.vtkChart
    mode = node.GetInteractionMode()
    by_left = {
        node.InteractionModePanView: actions.PAN,
        node.InteractionModeSelectPoints: actions.SELECT,
        node.InteractionModeFreehandSelectPoints: actions.SELECT_POLYGON,
        node.InteractionModeMovePoints: actions.CLICK_AND_DRAG,
    }
    pans = mode == node.InteractionModePanView
    view.SetClickActionToButton(actions.SELECT, none if mode == node.InteractionModeMovePoints else left)
    view.SetActionToButton(by_left[mode], left)
    view.SetActionToButton(actions.ZOOM if pans else actions.PAN, middle)
    view.SetActionToButton(actions.ZOOM_AXIS, right)
    view.SetDragPointAlongX(node.GetEnablePointMoveAlongX() and chart.GetEnablePointMoveAlongX())
    view.SetDragPointAlongY(node.GetEnablePointMoveAlongY() and chart.GetEnablePointMoveAlongY())


def _plot(series: Any, existing: Any = None) -> Any:
    """Return the vtkPlotLine of a series, `existing` brought up to date; None where a column is missing."""
    table = series.GetTableNode().GetTable() if series.GetTableNode() is not None else None
    columns = (series.GetXColumnName() or "", series.GetYColumnName() or "")
    if table is None or any(table.GetColumnByName(column) is None for column in columns):
        return None
    plot = existing or vtk.vtkPlotLine()
    plot.SetWidth(series.GetLineWidth())
    plot.SetColorF(*series.GetColor())
    pens = {
        series.LineStyleNone: vtk.vtkPen.NO_PEN,
        series.LineStyleSolid: vtk.vtkPen.SOLID_LINE,
        series.LineStyleDash: vtk.vtkPen.DASH_LINE,
        series.LineStyleDot: vtk.vtkPen.DOT_LINE,
        series.LineStyleDashDot: vtk.vtkPen.DASH_DOT_LINE,
        series.LineStyleDashDotDot: vtk.vtkPen.DASH_DOT_DOT_LINE,
    }
    plot.GetPen().SetLineType(pens[series.GetLineStyle()])
    plot.SetMarkerSize(series.GetMarkerSize())
    markers = ("None", "Cross", "Plus", "Square", "Circle", "Diamond")
    styles = [getattr(series, f"MarkerStyle{name}") for name in markers]
    plot.SetMarkerStyle(styles.index(series.GetMarkerStyle()))
    plot.SetInputData(table, *columns)
    plot.SetLabel(series.GetName())
    return plot


def _style(view: Any, chart: Any) -> None:
    view.SetTitle(chart.GetTitle() if chart.GetTitleVisibility() and chart.GetTitle() else "")
    view.GetTitleProperties().SetFontSize(chart.GetTitleFontSize())
    view.SetShowLegend(bool(chart.GetLegendVisibility()))
    view.GetLegend().GetLabelProperties().SetFontSize(chart.GetLegendFontSize())
    for number in _AXES:
        axis = view.GetAxis(number)
        letter = "X" if number in _AXES[:2] else "Y"
        axis.SetTitle(getattr(chart, f"Get{letter}AxisTitle")() or "")
        if getattr(chart, f"Get{letter}AxisRangeAuto")():
            axis.SetBehavior(vtk.vtkAxis.AUTO)
        else:
            axis.SetBehavior(vtk.vtkAxis.FIXED)
            axis.SetUnscaledRange(*getattr(chart, f"Get{letter}AxisRange")())
        axis.SetGridVisible(bool(chart.GetGridVisibility()))
        axis.GetTitleProperties().SetFontSize(chart.GetAxisTitleFontSize())
        axis.GetLabelProperties().SetFontSize(chart.GetAxisLabelFontSize())


class PlotWidget(QtWidgets.QWidget):
    """Stand-in of qMRMLPlotWidget."""

    def __init__(self, mrml: Any, name: str) -> None:
        super().__init__()
        box = QtWidgets.QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self.view = PlotView(mrml, name)
        box.addWidget(self.view)

    def plotView(self) -> PlotView:
        return self.view

    def mrmlPlotViewNode(self) -> Any:
        return self.view.node
