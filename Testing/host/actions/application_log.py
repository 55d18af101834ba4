"""Slicer's application log: errors and warnings of VTK, of Python, and of the application's own Qt classes."""

from __future__ import annotations

import logging
from typing import Any

import vtk
from event_order import DrawnData

# Of Slicer itself, whoever uses it: point lists inside a sequence know no units, in the stand-in as in the application.
_OF_SLICER = ("GetUnitNode failed: selection node not found",)


class Log(logging.Handler):
    """Collects what Slicer would write into its log, as `messages`; `halves` are those of data shown half changed."""

    def __init__(self, mrml: Any) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self.halves: list[str] = []
        self._mrml, scene = mrml, mrml.scene
        logging.getLogger().addHandler(self)
        window = vtk.vtkOutputWindow.GetInstance()
        for event in ("ErrorEvent", "WarningEvent"):
            window.AddObserver(event, self._on_vtk)
        scene.AddObserver(scene.NodeAboutToBeRemovedEvent, self._on_removal)
        self._drawn = DrawnData(scene, self._on_half)

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())

    def _on_half(self, text: str) -> None:
        self.halves.append(text)
        self.messages.append(text)

    @vtk.calldata_type(vtk.VTK_STRING)
    def _on_vtk(self, _caller: Any, _event: str, text: str) -> None:
        if not any(known in text for known in _OF_SLICER):
            self.messages.append(text.strip())

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_removal(self, scene: Any, _event: str, node: Any) -> None:
        """As qSlicerSubjectHierarchyPluginLogic::onNodeAboutToBeRemoved: it asks the node for its scene."""
        if not scene.IsClosing() and node.GetScene() is None:
            text = "onNodeAboutToBeRemoved: Failed to access subject hierarchy node"
            self.messages.append(f"{text} ({node.GetClassName()}, {node.GetName()})")
        if self._mrml.handles_mouse and node.IsA("vtkMRMLMarkupsNode"):
            # Not a message of Slicer's: its widgets go on with the node that the mouse acts on, and crash.
            self.messages.append(f"{node.GetName()} was removed while a view handles the mouse")
