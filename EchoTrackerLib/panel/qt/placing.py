"""Placing control points by mouse: Slicer's place mode, switched on for one node and restored afterwards.

Slicer 5.8 leaves the mode by a right click only: Esc is bound here while points are placed.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from .shortcuts import add_shortcut, remove_shortcut


class Placing:
    """Puts Slicer into place mode for a markups node, until told to stop.

    When the user leaves the mode (Esc, right click, the tool bar), `ended` is called.
    """

    def __init__(self, scene: Any, ended: Callable[[], None]) -> None:
        self._scene, self._ended = scene, ended
        self._node: Any = None
        self._tag: Optional[int] = None
        self._mode_before = 0
        self._persistence_before = 0
        self._escape: Any = None

    @property
    def node(self) -> Optional[Any]:
        """The node that points are placed into, None outside place mode."""
        interaction = self._interaction()
        if self._node is None or interaction is None:
            return None
        placing = interaction.GetCurrentInteractionMode() == interaction.Place
        return self._node if placing and self._selection().GetActivePlaceNodeID() == self._node.GetID() else None

    def start(self, node: Any) -> None:
        """Let clicks in the views add points to `node` until `stop`."""
        interaction, selection = self._interaction(), self._selection()
        if self._node is None:
            self._mode_before = interaction.GetCurrentInteractionMode()
            self._persistence_before = interaction.GetPlaceModePersistence()
        self._node = node
        selection.SetReferenceActivePlaceNodeClassName(node.GetClassName())
        selection.SetActivePlaceNodeID(node.GetID())
        interaction.SetPlaceModePersistence(1)
        interaction.SetCurrentInteractionMode(interaction.Place)
        if self._tag is None:
            self._tag = interaction.AddObserver("ModifiedEvent", self._on_modified)
        if self._escape is None:
            self._escape = add_shortcut("Esc", self._on_escape)

    def _on_escape(self) -> None:
        if self._node is not None:
            self.stop()
            self._ended()

    def _on_modified(self, interaction: Any, _event: str) -> None:
        if self._node is not None and interaction.GetCurrentInteractionMode() != interaction.Place:
            self.stop()
            self._ended()

    def stop(self) -> None:
        """Leave place mode, if it is still ours, and restore what was before; safe to call at any time."""
        if self._node is None:
            return
        interaction = self._interaction()
        ours = self.node is not None
        self._node = None
        if interaction is not None and self._tag is not None:
            interaction.RemoveObserver(self._tag)
        self._tag = None
        escape, self._escape = self._escape, None
        remove_shortcut(escape)
        if interaction is not None and ours:
            before = self._mode_before
            interaction.SetPlaceModePersistence(self._persistence_before)
            interaction.SetCurrentInteractionMode(before if before != interaction.Place else interaction.ViewTransform)

    def _interaction(self) -> Any:
        return self._scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")

    def _selection(self) -> Any:
        return self._scene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
