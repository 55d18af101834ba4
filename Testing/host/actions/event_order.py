"""What views draw, looked at with every event: VTK before 9.3 copies into shown data in steps and tells of each.

There `vtkPolyData::ShallowCopy` tells of the new lines while the arrays are the old ones, and of nothing afterwards:
views keep half of the change ("Cell array ... has only 18 tuples but there are 23 cells"). Newer versions tell of each
step and of the end; here every step that does not fit is in the log, whichever version runs.
"""

from __future__ import annotations

from typing import Any, Callable

import vtk

_MODIFIED = vtk.vtkCommand.ModifiedEvent


class DrawnData:
    """Observes the data of all models of a scene; `said` is told of each moment at which they do not fit together."""

    def __init__(self, scene: Any, said: Callable[[str], None]) -> None:
        self._said = said
        self._observed: dict[str, tuple[Any, int]] = {}
        scene.AddObserver(scene.NodeAddedEvent, self._on_added)
        scene.AddObserver(scene.NodeRemovedEvent, self._on_removed)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_added(self, _scene: Any, _event: str, node: Any) -> None:
        if node.IsA("vtkMRMLModelNode"):
            node.AddObserver(node.PolyDataModifiedEvent, self._on_model)
            self._on_model(node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_removed(self, _scene: Any, _event: str, node: Any) -> None:
        self._forget(node.GetID() or "")

    def _on_model(self, node: Any, _event: str = "") -> None:
        data, identifier = node.GetPolyData(), node.GetID() or ""
        if data is None:
            return
        if self._observed.get(identifier, (None, 0))[0] is not data:
            self._forget(identifier)
            self._observed[identifier] = data, data.AddObserver(_MODIFIED, lambda *_: self._look(node.GetName(), data))
        self._look(node.GetName(), data)

    def _forget(self, identifier: str) -> None:
        data, tag = self._observed.pop(identifier, (None, 0))
        if data is not None:
            data.RemoveObserver(tag)

    def _look(self, name: str, data: Any) -> None:
        for kind, arrays, count in (
            ("Cell", data.GetCellData(), data.GetNumberOfCells()),
            ("Point", data.GetPointData(), data.GetNumberOfPoints()),
        ):
            for index in range(arrays.GetNumberOfArrays()):
                tuples = arrays.GetAbstractArray(index).GetNumberOfTuples()
                if tuples != count:
                    self._said(f"{kind} array of {name} has {tuples} tuples but there are {count} {kind.lower()}s")
