"""The mouse on the points of a set on screen: which one is touched, and when a drag has ended."""

from __future__ import annotations

from typing import Any, Callable

_TOUCHED = "Markups.MovingMarkupIndex"  # Slicer notes the number of the point on the list


class PointDrag:
    """Observes one point list at a time.

    Attributes:
        node: the point list, or None.
        is_dragging: whether the mouse moves a point now.
    """

    def __init__(
        self, touched: Callable[[int], None], dragged: Callable[[], None], changed: Callable[[], None]
    ) -> None:
        """Begin without a list.

        Args:
            touched: told the number of the point, -1 when it is not known.
            dragged: called when a drag has ended.
            changed: called with every other change, also by ourselves: Slicer's context menu clears and renames points,
                its module Markups takes coordinates as numbers.
        """
        self._touched, self._dragged, self._changed = touched, dragged, changed
        self._tags: list[int] = []
        self.node: Any = None
        self.is_dragging = False

    def observe(self, node: Any) -> None:
        """Tell of this point list from now on; None: of none."""
        for tag in self._tags:
            self.node.RemoveObserver(tag)
        self.node, self._tags, self.is_dragging = node, [], False
        if node is not None:
            self._tags = [
                node.AddObserver(node.PointStartInteractionEvent, self._on_start),
                node.AddObserver(node.PointEndInteractionEvent, self._on_end),
                node.AddObserver(node.PointPositionUndefinedEvent, self._on_change),
                node.AddObserver(node.PointModifiedEvent, self._on_change),
            ]

    def _on_start(self, node: Any, _event: str) -> None:
        self.is_dragging = True
        number = node.GetAttribute(_TOUCHED) or ""
        self._touched(int(number) if number.isdigit() else -1)

    def _on_change(self, *_arguments: Any) -> None:
        if not self.is_dragging:  # the end of the drag is one edit
            self._changed()

    def _on_end(self, *_arguments: Any) -> None:
        self.is_dragging = False
        self._dragged()
        self._changed()  # what else changed meanwhile
