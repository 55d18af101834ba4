"""The parts of Slicer's application that slicer-core has no Qt-free form of: scene, logics, `slicer.modules`."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import slicer
import vtk
from application import scratch


class Module:
    """`slicer.modules.NAME`: an object with `logic()` and a few functions of the real module."""

    def __init__(self, name: str, logic: Any = None) -> None:
        self.name, self.title, self._logic, self.path = name, name, logic, ""

    def logic(self) -> Any:
        return self._logic


class SequencesModule(Module):
    """Has the tool bar, which is shown when a scene is loaded or the user wants it."""

    activeBrowser: Any = None
    bar: Any = None

    def toolBar(self) -> Any:
        return self.bar

    def setToolBarActiveBrowserNode(self, browser: Any) -> None:
        self.activeBrowser = browser
        if self.bar is not None:
            self.bar.setActiveBrowserNode(browser)

    def showSequenceBrowser(self, browser: Any) -> None:
        self.activeBrowser = browser


class Mrml:
    """Scene, application logic and module logics, as qSlicerCoreApplication sets them up."""

    handles_mouse = False  # whether a view is handling an event of the mouse

    def __init__(self) -> None:
        self.scene = slicer.vtkMRMLScene()
        cache = slicer.vtkCacheManager()
        self._io = (cache, slicer.vtkDataIOManager(), slicer.vtkMRMLRemoteIOLogic())
        cache.SetRemoteCacheDirectory(str(scratch("cache")))
        self._io[1].SetCacheManager(cache)
        self.scene.SetCacheManager(cache)
        self.scene.SetDataIOManager(self._io[1])
        self._io[2].SetMRMLScene(self.scene) if hasattr(self._io[2], "SetMRMLScene") else None
        self.applicationLogic = slicer.vtkSlicerApplicationLogic()
        self.applicationLogic.SetMRMLScene(self.scene)
        crosshair = slicer.vtkMRMLCrosshairNode()
        crosshair.SetCrosshairName("default")
        self.scene.AddNode(crosshair)
        self.applicationLogic.GetColorLogic().SetMRMLScene(self.scene)
        self.applicationLogic.GetColorLogic().AddDefaultColorNodes()
        self.applicationLogic.SetSliceLogics(vtk.vtkCollection())
        self.applicationLogic.SetViewLogics(vtk.vtkCollection())
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(self.scene, True)
        for name, singleton in (("vtkMRMLInteractionNode", "Singleton"), ("vtkMRMLSelectionNode", "Singleton")):
            if self.scene.GetSingletonNode(singleton, name) is None:
                node = self.scene.CreateNodeByClass(name)
                node.SetSingletonTag(singleton)
                self.scene.AddNode(node)
        self.modules = types.SimpleNamespace()
        for name, class_name in (
            ("sequences", "vtkSlicerSequencesLogic"),
            ("markups", "vtkSlicerMarkupsLogic"),
            ("plots", "vtkSlicerPlotsLogic"),
            ("volumes", "vtkSlicerVolumesLogic"),
            ("models", "vtkSlicerModelsLogic"),
            ("tables", "vtkSlicerTablesLogic"),
            ("subjecthierarchy", "vtkSlicerSubjectHierarchyModuleLogic"),
            ("data", "vtkSlicerDataModuleLogic"),
        ):
            logic = getattr(slicer, class_name)()
            logic.SetMRMLScene(self.scene)
            logic.SetMRMLApplicationLogic(self.applicationLogic)
            self.applicationLogic.SetModuleLogic(name.capitalize(), logic)
            kind = SequencesModule if name == "sequences" else Module
            setattr(self.modules, name, kind(name, logic))
        self.layoutLogic = slicer.vtkMRMLLayoutLogic()
        self.layoutLogic.SetMRMLScene(self.scene)

    @property
    def layoutNode(self) -> Any:
        return self.layoutLogic.GetLayoutNode()

    def writeScene(self, path: Path) -> bool:
        """Save the scene as .mrb."""
        return bool(self.scene.WriteToMRB(str(path), None))
