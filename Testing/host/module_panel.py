"""The panel at the left of Slicer's window as qSlicerModulePanel lays it out, and the margins of Slicer's style."""

from __future__ import annotations

from typing import Any

from ctk_collapsible import ctkCollapsibleButton
from PySide6 import QtCore, QtGui, QtWidgets

_METRIC = QtWidgets.QStyle.PixelMetric
_MARGINS = (
    _METRIC.PM_LayoutLeftMargin,
    _METRIC.PM_LayoutTopMargin,
    _METRIC.PM_LayoutRightMargin,
    _METRIC.PM_LayoutBottomMargin,
)
_SPACINGS = (_METRIC.PM_LayoutHorizontalSpacing, _METRIC.PM_LayoutVerticalSpacing)


class Style(QtWidgets.QProxyStyle):
    """Fusion with the margins of qSlicerStyle."""

    def __init__(self) -> None:
        super().__init__("fusion")

    def pixelMetric(self, metric: Any, option: Any = None, widget: Any = None) -> int:
        if metric in _MARGINS:
            return 4 if isinstance(widget, ctkCollapsibleButton) else 6
        if metric in _SPACINGS:
            return 3
        return super().pixelMetric(metric, option, widget)


def dark_palette() -> QtGui.QPalette:
    """The colors of Slicer's dark style."""
    palette, role = QtGui.QPalette(), QtGui.QPalette.ColorRole
    for name, color in (
        ("Window", "#323232"),
        ("Base", "#1e1e1e"),
        ("Button", "#323232"),
        ("AlternateBase", "#323232"),
    ):
        palette.setColor(getattr(role, name), QtGui.QColor(color))
    for name in ("WindowText", "Text", "ButtonText", "ToolTipText"):
        palette.setColor(getattr(role, name), QtGui.QColor("white"))
        palette.setColor(QtGui.QPalette.ColorGroup.Disabled, getattr(role, name), QtGui.QColor("#6d6d6d"))
    palette.setColor(role.Highlight, QtGui.QColor("#3ca4ff"))
    return palette


class _Column(QtWidgets.QVBoxLayout):
    """Slicer's panel does not grow when a wrapped text below it does: it only asks for the smallest size of all."""

    def hasHeightForWidth(self) -> bool:
        return False


class ModulePanel(QtWidgets.QScrollArea):
    """Help above the module's widget, in a column as high as the smallest sizes of what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        contents = QtWidgets.QWidget()
        self._column = _Column(contents)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSizeConstraint(QtWidgets.QLayout.SizeConstraint.SetMinAndMaxSize)
        help_section = ctkCollapsibleButton()
        help_section.setText("Help && Acknowledgement")
        help_section.collapsed = True
        self._column.addWidget(help_section)
        policy = QtWidgets.QSizePolicy.Policy
        self._column.addSpacerItem(QtWidgets.QSpacerItem(0, 0, policy.Minimum, policy.MinimumExpanding))
        self.setWidget(contents)

    def show_module(self, widget: QtWidgets.QWidget) -> None:
        """Put a module's widget into the column."""
        QtWidgets.QWidget.layout(widget).setContentsMargins(0, 0, 0, 0)
        policy = QtWidgets.QSizePolicy.Policy
        widget.setSizePolicy(policy.Minimum, policy.Preferred)
        self._column.insertWidget(1, widget, 1)
        widget.show()

    def take_module(self) -> Any:
        """Take the module's widget out again and return it."""
        item = self._column.takeAt(1)
        widget = item.widget()
        widget.setParent(None)
        return widget

    def minimumSizeHint(self) -> QtCore.QSize:
        bar = self.verticalScrollBar().sizeHint().width()
        return QtCore.QSize(self.widget().minimumSizeHint().width() + bar, super().minimumSizeHint().height())
