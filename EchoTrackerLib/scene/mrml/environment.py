"""A MRML scene with the logics that EchoTracker needs, with or without Slicer's window."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import MissingDependency, Package
from ...i18n import tr as _

# Name of the module -> class of its logic. The Sequences logic also registers the sequence nodes with the scene.
_LOGIC_CLASSES = {
    "Units": "vtkSlicerUnitsLogic",
    "Sequences": "vtkSlicerSequencesLogic",
    "Markups": "vtkSlicerMarkupsLogic",
    "Models": "vtkSlicerModelsLogic",
    "Plots": "vtkSlicerPlotsLogic",
    "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "Tables": "vtkSlicerTablesLogic",
    "Texts": "vtkSlicerTextsLogic",
    "Transforms": "vtkSlicerTransformLogic",
    "Volumes": "vtkSlicerVolumesLogic",
}


@dataclass(frozen=True)
class Environment:
    """A scene and what keeps it working; hold on to it as long as the scene is used.

    Attributes:
        scene: the `vtkMRMLScene`.
        application_logic: the `vtkSlicerApplicationLogic` (selection, colors, slice logics).
        logics: module name -> module logic.
    """

    scene: Any
    application_logic: Any
    logics: Mapping[str, Any]
    _alive: tuple[Any, ...] = field(default=(), repr=False)


def new_scene() -> Environment:
    """Return an empty scene of its own, able to hold sequences and to read and write .mrb, without Slicer's window.

    Raises:
        MissingDependency: neither Slicer nor slicer-core is there.
    """
    slicer = _import_slicer()
    scene = slicer.vtkMRMLScene()
    application_logic = slicer.vtkSlicerApplicationLogic()
    application_logic.SetMRMLScene(scene)
    application_logic.GetColorLogic().SetMRMLScene(scene)
    application_logic.GetColorLogic().AddDefaultColorNodes()
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)
    logics = {}
    for name, class_name in _LOGIC_CLASSES.items():
        logic = getattr(slicer, class_name)()
        logic.SetMRMLScene(scene)
        logic.SetMRMLApplicationLogic(application_logic)
        application_logic.SetModuleLogic(name, logic)
        logics[name] = logic
    return Environment(scene, application_logic, logics, _add_storage(slicer, scene, application_logic))


def slicer_environment() -> Environment:
    """Return the scene of the running Slicer with its own logics.

    Raises:
        MissingDependency: this Python does not run inside Slicer's application.
    """
    slicer = _import_slicer()
    if not hasattr(slicer, "modules") or not hasattr(slicer, "app"):
        raise MissingDependency(_("This needs the 3D Slicer application. Use new_scene() outside it."))
    logics = {
        name: getattr(slicer.modules, name.lower()).logic()
        for name in _LOGIC_CLASSES
        if hasattr(slicer.modules, name.lower())
    }
    return Environment(slicer.mrmlScene, slicer.app.applicationLogic(), logics)


def _import_slicer() -> Any:
    try:
        import slicer
    except ImportError as error:
        raise MissingDependency(
            _("Scenes need 3D Slicer or the package slicer-core."), Package("slicer", "slicer-core>=5.12.4,<5.13")
        ) from error
    return slicer


def _add_storage(slicer: Any, scene: Any, application_logic: Any) -> tuple[Any, ...]:
    """Give the scene what Slicer's application gives it for reading and writing bundles."""
    folder = tempfile.TemporaryDirectory(prefix="EchoTracker-")
    remote = slicer.vtkMRMLRemoteIOLogic()
    remote.SetMRMLScene(scene)
    remote.SetMRMLApplicationLogic(application_logic)
    remote.GetCacheManager().SetRemoteCacheDirectory(folder.name)
    manager = slicer.vtkDataIOManagerLogic()
    manager.SetMRMLScene(scene)
    manager.SetMRMLApplicationLogic(application_logic)
    manager.SetAndObserveDataIOManager(remote.GetDataIOManager())
    remote.AddDataIOToScene()
    return (remote, manager, folder)
