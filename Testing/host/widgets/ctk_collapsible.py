"""Stand-ins of the ctk widgets that open and close: what is hidden in them, and how tall they are."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

Property, Signal = QtCore.Property, QtCore.Signal
FOLDED = 14  # px below the header of a closed section


class _Folding:
    """What both collapsible widgets of CTK do with their children: a child hidden on purpose stays hidden when opened.

    Children are left alone until the widget itself was created, and while it hides or shows them it does not take that
    for somebody's purpose.
    """

    def _closed(self) -> bool:
        raise NotImplementedError

    def _follow(self, child: QtWidgets.QWidget) -> None:
        attribute = QtCore.Qt.WidgetAttribute
        if not self.testAttribute(attribute.WA_WState_Created):
            return
        before, self.__dict__["_forcing"] = self.__dict__.get("_forcing", False), True
        wanted = child.property("visibilityToParent") is not False
        shown = wanted and not self._closed()
        if child.testAttribute(attribute.WA_WState_Created) or not shown:
            child.setVisible(shown)
        if wanted:
            child.setAttribute(attribute.WA_WState_ExplicitShowHide, False)
        self.__dict__["_forcing"] = before

    def _follow_all(self) -> None:
        for child in self.children():
            if child.isWidgetType():
                self._follow(child)

    def childEvent(self, event: Any) -> None:
        child = event.child()
        if event.added() and child.isWidgetType():
            attribute = QtCore.Qt.WidgetAttribute
            if child.testAttribute(attribute.WA_WState_ExplicitShowHide) and child.isHidden():
                child.setProperty("visibilityToParent", False)
            child.installEventFilter(self)
            self._follow(child)
        super().childEvent(event)

    def setVisible(self, shown: bool) -> None:
        self.__dict__["_forcing"] = True
        super().setVisible(shown)
        self.__dict__["_forcing"] = False
        if not self.__dict__.get("_made") and self.testAttribute(QtCore.Qt.WidgetAttribute.WA_WState_Created):
            self.__dict__["_made"] = True
            self._follow_all()

    def eventFilter(self, child: Any, event: Any) -> bool:
        kinds = QtCore.QEvent.Type
        if event.type() in (kinds.ShowToParent, kinds.HideToParent) and not self.__dict__.get("_forcing"):
            child.setProperty("visibilityToParent", event.type() == kinds.ShowToParent)
            if event.type() == kinds.ShowToParent:
                self._follow(child)
        return False


class ctkCollapsibleButton(_Folding, QtWidgets.QAbstractButton):
    """A titled section that opens and closes."""

    contentsCollapsed = Signal(bool)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setChecked(True)
        policy = QtWidgets.QSizePolicy.Policy
        self.setSizePolicy(QtWidgets.QSizePolicy(policy.Minimum, policy.Preferred))
        self.setContentsMargins(0, self._button().height(), 0, 0)
        self.toggled.connect(lambda on: self._fold(not on))

    def _closed(self) -> bool:
        return bool(self.__dict__.get("_collapsed", False))

    def _button(self) -> QtCore.QSize:
        style, option = QtWidgets.QApplication.style(), QtWidgets.QStyleOptionButton()
        option.initFrom(self)
        text = QtGui.QFontMetrics(self.font).size(QtCore.Qt.TextFlag.TextShowMnemonic, self.text or "XXXX")
        inner = QtCore.QSize(text.width() + 20, max(text.height(), 14))
        return style.sizeFromContents(QtWidgets.QStyle.ContentsType.CT_PushButton, option, inner, self)

    def _fold(self, collapsed: bool) -> None:
        if collapsed == self._closed():
            return
        self.__dict__["_collapsed"] = collapsed
        self.setMaximumHeight(self.sizeHint().height() if collapsed else 16777215)
        self._follow_all()
        self.updateGeometry()
        self.contentsCollapsed.emit(collapsed)

    collapsed = Property(bool, _closed, lambda self, value: self.setChecked(not value))

    def sizeHint(self) -> QtCore.QSize:
        folded = self._button() + QtCore.QSize(0, FOLDED)
        inner = super().layout()
        return folded if self._closed() or inner is None else inner.totalSizeHint().expandedTo(folded)

    def minimumSizeHint(self) -> QtCore.QSize:
        if self._closed():
            return self._button() + QtCore.QSize(0, FOLDED)
        inner = super().layout()
        return self._button() if inner is None else inner.totalMinimumSize().expandedTo(self._button())

    def hitButton(self, position: QtCore.QPoint) -> bool:
        return position.y() < self._button().height()

    def paintEvent(self, _event: Any) -> None:
        painter, style = QtGui.QPainter(self), QtWidgets.QApplication.style()
        option = QtWidgets.QStyleOptionButton()
        option.initFrom(self)
        option.rect.setHeight(self._button().height())
        style.drawControl(QtWidgets.QStyle.ControlElement.CE_PushButtonBevel, option, painter, self)
        text = option.rect.adjusted(24, 0, 0, 0)
        option.rect = QtCore.QRect(6, (option.rect.height() - 10) // 2, 10, 10)
        arrow = QtWidgets.QStyle.PrimitiveElement
        which = arrow.PE_IndicatorArrowRight if self._closed() else arrow.PE_IndicatorArrowDown
        style.drawPrimitive(which, option, painter, self)
        painter.setPen(self.palette.color(QtGui.QPalette.ColorRole.ButtonText))
        painter.drawText(text, int(QtCore.Qt.AlignmentFlag.AlignVCenter), self.text)
        painter.end()


class ctkCollapsibleGroupBox(_Folding, QtWidgets.QGroupBox):
    """A group box that opens and closes by its check mark."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.__dict__["_size"] = QtCore.QSize(self.size)
        self.setCheckable(True)
        self.setChecked(True)
        self.toggled.connect(self._fold)

    def _closed(self) -> bool:
        return not self.checked

    def _fold(self, shown: bool) -> None:
        if not shown:
            self.__dict__["_size"] = QtCore.QSize(self.size)
        self._follow_all()
        if shown:
            self.setMaximumHeight(16777215)
            self.resize(self.__dict__["_size"])
        else:
            self.setMaximumHeight(QtGui.QFontMetrics(self.font).height() + 6 + FOLDED)

    collapsed = Property(bool, _closed, lambda self, value: self.setChecked(not value))
