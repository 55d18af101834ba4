"""A picture of a slice view without a window or Qt, drawn by Slicer's own displayable managers.

On Linux this needs the Debian packages libegl1, libgl1, libopengl0 and libegl-mesa0 (software rendering).
"""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
import slicer
import vtk
from vtkmodules.util.numpy_support import vtk_to_numpy

MANAGERS = (
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
)


class OffscreenSliceView:
    """Slicer's Red slice view of a scene, off screen."""

    def __init__(self, environment: Any, size: tuple[int, int] = (640, 480)) -> None:
        scene, application_logic = environment.scene, environment.application_logic
        if application_logic.GetSliceLogics() is None:
            application_logic.SetSliceLogics(vtk.vtkCollection())
        self.size = size
        self._image = vtk.vtkImageMapper()
        self._image.SetColorWindow(255)
        self._image.SetColorLevel(127.5)
        self._window, renderer, self._interactor = _window(size, self._image)
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        factory.SetMRMLApplicationLogic(application_logic)
        for manager in MANAGERS:
            if not factory.IsDisplayableManagerRegistered(manager):
                factory.RegisterDisplayableManager(manager)
        self._managers = slicer.vtkMRMLDisplayableManagerGroup()
        self._managers.SetRenderer(renderer)
        self._managers.Initialize(factory, renderer)
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(application_logic)
        application_logic.GetSliceLogics().AddItem(self._logic)
        self._logic.SetMRMLScene(scene)
        self.node = self._logic.AddSliceNode("Red")
        self.node.SetOrientation("Axial")
        self._managers.SetMRMLDisplayableNode(self.node)

    def show(self, volume: Any) -> None:
        """Show a volume, as large as fits, along its own plane."""
        self._logic.GetSliceCompositeNode().SetBackgroundVolumeID(volume.GetID())
        self._logic.ResizeSliceNode(*self.size)
        self.node.RotateToVolumePlane(volume)
        self._logic.FitSliceToBackground()
        self._logic.SnapSliceOffsetToIJK()

    def picture(self) -> np.ndarray:
        """Return what the view shows, uint8 [rows, cols, 3] RGB."""
        self._image.SetInputConnection(self._logic.GetImageDataConnection())
        self._window.Render()
        grab = vtk.vtkWindowToImageFilter()
        grab.SetInput(self._window)
        grab.ReadFrontBufferOff()
        grab.Update()
        columns, rows, _ = grab.GetOutput().GetDimensions()
        pixels = vtk_to_numpy(grab.GetOutput().GetPointData().GetScalars())
        return pixels.reshape(rows, columns, -1)[::-1, :, :3].copy()

    def pixel_on_screen(self, world: tuple[float, float, float]) -> tuple[float, float]:
        """Return (column, row) in `picture` of a world RAS position."""
        inverse = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(self.node.GetXYToRAS(), inverse)
        x, y, _z, _w = inverse.MultiplyPoint((*world, 1.0))
        return x, self.size[1] - 1 - y

    def close(self) -> None:
        """Free the window."""
        self._managers.SetMRMLDisplayableNode(None)
        self._window.Finalize()


def _window(size: tuple[int, int], image: Any) -> tuple[Any, Any, Any]:
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")  # VTK would ask for X first
    window = vtk.vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.ShowWindowOff()
    window.SetMultiSamples(8)
    window.SetNumberOfLayers(2)
    window.SetSize(*size)
    renderer, overlay = vtk.vtkRenderer(), vtk.vtkRenderer()
    overlay.SetLayer(1)
    for each in (renderer, overlay):
        each.GetActiveCamera().ParallelProjectionOn()
        window.AddRenderer(each)
    actor = vtk.vtkActor2D()
    actor.SetMapper(image)
    actor.GetProperty().SetDisplayLocationToBackground()
    renderer.AddViewProp(actor)
    interactor = vtk.vtkGenericRenderWindowInteractor()
    interactor.SetRenderWindow(window)
    interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
    interactor.Initialize()
    return window, renderer, interactor
