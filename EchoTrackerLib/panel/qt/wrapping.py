"""Wrapped texts that keep their height: Slicer's panel does not grow with them by itself.

The column that Slicer puts a module into knows only the smallest sizes of its widgets, and that of a wrapped text is
one line. What a longer text needs more is taken from other widgets, which are squashed or painted over.
"""

from __future__ import annotations

from typing import Any


class WrappedTexts:
    """Gives every visible wrapped label below a widget the height of its text."""

    def __init__(self, widget: Any) -> None:
        import qt

        class Filter(qt.QObject):  # a class of its own here: qt is only there inside Slicer
            """Tells of changes of the layout or the width."""

            def eventFilter(self, _watched: Any, event: Any) -> bool:
                """Look at the event, let it pass."""
                if event.type() in (qt.QEvent.LayoutRequest, qt.QEvent.Resize):
                    fit()
                return False

        fit = self.fit
        self._widget = widget
        self._labels = [label for label in widget.findChildren(qt.QLabel) if label.wordWrap]
        self._filter = Filter()
        widget.installEventFilter(self._filter)

    def fit(self) -> None:
        """Set the heights that changed; each change makes Qt lay out the panel again."""
        for label in self._labels:
            if label.visible:
                needed = max(label.heightForWidth(label.width), 0)  # -1 before there is a text
                if label.minimumHeight != needed or label.maximumHeight != needed:
                    label.setFixedHeight(needed)  # fixed: a form layout may give a row of wrapped text too much

    def close(self) -> None:
        """Let go of the widgets."""
        self._widget.removeEventFilter(self._filter)
        self._labels = []
