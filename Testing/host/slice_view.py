"""A slice view in a Qt widget, drawn off screen by Slicer's own displayable managers."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from PySide6 import QtCore, QtGui, QtWidgets
from vtkmodules.util.numpy_support import vtk_to_numpy

MANAGERS = (
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLScalarBarDisplayableManager",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
)
_BUTTONS = {
    QtCore.Qt.MouseButton.LeftButton: "Left",
    QtCore.Qt.MouseButton.MiddleButton: "Middle",
    QtCore.Qt.MouseButton.RightButton: "Right",
}


class _ImageActor:
    """The image of the slice logic (in Slicer: vtkLightBoxRendererManager, which is not wrapped)."""

    def __init__(self, renderer: Any) -> None:
        self.mapper = vtk.vtkImageMapper()
        self.mapper.SetColorWindow(255)
        self.mapper.SetColorLevel(127.5)
        self.actor = vtk.vtkActor2D()
        self.actor.SetMapper(self.mapper)
        self.actor.GetProperty().SetDisplayLocationToBackground()
        renderer.AddViewProp(self.actor)

    def setConnection(self, connection: Any) -> None:
        self.mapper.SetInputConnection(connection)
        self.actor.SetVisibility(bool(connection))


class SliceView(QtWidgets.QWidget):
    """Stand-in of qMRMLSliceView."""

    def __init__(self, name: str, mrml: Any, parent: Any = None) -> None:
        super().__init__(parent)
        self._mrml, self._image = mrml, QtGui.QImage()
        self.setMouseTracking(True)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(80, 80)
        self._renderer, overlay = vtk.vtkRenderer(), vtk.vtkRenderer()
        self._window = vtk.vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.ShowWindowOff()
        self._window.SetMultiSamples(0)
        self._window.SetNumberOfLayers(2)
        overlay.SetLayer(1)
        for renderer in (self._renderer, overlay):
            renderer.GetActiveCamera().ParallelProjectionOn()
            self._window.AddRenderer(renderer)
        self._interactor = vtk.vtkGenericRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        self._interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
        self._interactor.Initialize()
        self._imageActor = _ImageActor(self._renderer)
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        factory.SetMRMLApplicationLogic(mrml.applicationLogic)
        for manager in MANAGERS:
            if not factory.IsDisplayableManagerRegistered(manager):
                factory.RegisterDisplayableManager(manager)
        self._group = slicer.vtkMRMLDisplayableManagerGroup()
        self._group.SetRenderer(self._renderer)
        self._group.Initialize(factory, self._renderer)
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.forceRender)
        self._group.AddObserver(vtk.vtkCommand.UpdateEvent, self.scheduleRender)
        self.logic = slicer.vtkMRMLSliceLogic()
        self.logic.SetMRMLApplicationLogic(mrml.applicationLogic)
        mrml.applicationLogic.GetSliceLogics().AddItem(self.logic)
        self.logic.AddObserver(vtk.vtkCommand.ModifiedEvent, self.scheduleRender)
        self._style = slicer.vtkMRMLSliceViewInteractorStyle()
        self._style.SetSliceLogic(self.logic)
        self._style.SetDisplayableManagers(self._group)
        self.logic.SetMRMLScene(mrml.scene)
        self._node = mrml.scene.GetSingletonNode(name, "vtkMRMLSliceNode")  # made by the layout logic
        if self._node is None:
            self._node = self.logic.AddSliceNode(name)
        self.logic.SetSliceNode(self._node)
        self._node.SetOrientation("Axial")
        self._group.SetMRMLDisplayableNode(self._node)
        self._style.SetInteractor(self._interactor)
        self.logic.GetSliceCompositeNode().AddObserver(vtk.vtkCommand.ModifiedEvent, self.scheduleRender)

    # -- what Slicer offers ------------------------------------------------------------------
    def interactorObserver(self) -> Any:
        return self._style

    def renderWindow(self) -> Any:
        return self._window

    def interactor(self) -> Any:
        return self._interactor

    def mrmlSliceNode(self) -> Any:
        return self._node

    def scheduleRender(self, *_arguments: Any) -> None:
        if not self._timer.active:
            self._timer.start(0)

    def forceRender(self) -> None:
        self._timer.stop()
        width, height = max(self.width, 16), max(self.height, 16)
        if tuple(self._window.GetSize()) != (width, height):
            self._window.SetSize(width, height)
            self._interactor.SetSize(width, height)
            self.logic.ResizeSliceNode(width, height)
        self._imageActor.setConnection(self.logic.GetImageDataConnection())
        grab = vtk.vtkWindowToImageFilter()
        grab.SetInput(self._window)
        grab.ReadFrontBufferOff()
        grab.Update()
        image = grab.GetOutput()
        columns, rows, _ = image.GetDimensions()
        pixels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(rows, columns, -1)[::-1, :, :3].copy()
        self._image = QtGui.QImage(pixels.data, columns, rows, 3 * columns, QtGui.QImage.Format.Format_RGB888).copy()
        self.update()

    def fit(self) -> None:
        self.logic.ResizeSliceNode(max(self.width, 16), max(self.height, 16))
        self.logic.FitSliceToBackground()
        self.logic.SnapSliceOffsetToIJK()
        self.scheduleRender()

    # -- Qt ----------------------------------------------------------------------------------
    def paintEvent(self, _event: Any) -> None:
        painter = QtGui.QPainter(self)
        painter.fillRect(QtCore.QRect(0, 0, self.width, self.height), QtGui.QColor("black"))
        painter.drawImage(0, 0, self._image)
        painter.end()

    def resizeEvent(self, _event: Any) -> None:
        # As Slicer: what is shown keeps its scale, nothing is fitted.
        self.logic.ResizeSliceNode(max(self.width, 16), max(self.height, 16))
        self.scheduleRender()

    def _send(self, event: Any, name: str) -> None:
        position = event.position()
        modifiers = event.modifiers()
        control = bool(modifiers & QtCore.Qt.KeyboardModifier.ControlModifier)
        shift = bool(modifiers & QtCore.Qt.KeyboardModifier.ShiftModifier)
        self._interactor.SetEventInformationFlipY(int(position.x()), int(position.y()), control, shift)
        self._mrml.handles_mouse = True
        self._interactor.InvokeEvent(name)
        self._mrml.handles_mouse = False
        self.scheduleRender()

    def enterEvent(self, event: Any) -> None:
        self._send(event, "EnterEvent")

    def mousePressEvent(self, event: Any) -> None:
        self._send(event, f"{_BUTTONS[event.button()]}ButtonPressEvent")

    def mouseReleaseEvent(self, event: Any) -> None:
        self._send(event, f"{_BUTTONS[event.button()]}ButtonReleaseEvent")

    def mouseMoveEvent(self, event: Any) -> None:
        self._send(event, "MouseMoveEvent")

    def wheelEvent(self, event: Any) -> None:
        self._send(event, "MouseWheelForwardEvent" if event.angleDelta().y() > 0 else "MouseWheelBackwardEvent")


class SliceWidget(QtWidgets.QWidget):
    """Stand-in of qMRMLSliceWidget: a colored bar with the view's letter above the view."""

    def __init__(self, name: str, mrml: Any, label: str, colour: str, parent: Any = None) -> None:
        super().__init__(parent)
        box = QtWidgets.QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        bar = QtWidgets.QLabel(f" {label}")
        bar.setStyleSheet(f"background: {colour}; color: black; font-weight: bold;")
        bar.setFixedHeight(18)
        self.view = SliceView(name, mrml)
        box.addWidget(bar)
        box.addWidget(self.view, 1)

    def sliceView(self) -> SliceView:
        return self.view

    def sliceLogic(self) -> Any:
        return self.view.logic

    def mrmlSliceNode(self) -> Any:
        return self.view.mrmlSliceNode()

    def sliceController(self) -> Any:
        return self

    def fitSliceToBackground(self) -> None:
        self.view.fit()
