"""What the sections do with plain widgets; no Qt is imported for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ...resources import resource_path
from .dialogs import guarded


def add_section(panel_widget: Any, name: str) -> tuple[Any, Any]:
    """Load Resources/UI/NAME.ui at the end of the panel; return its widget and an object with its named widgets."""
    import slicer

    widget = slicer.util.loadUI(str(resource_path(f"UI/{name}.ui")))
    layout = panel_widget.layout()
    layout.insertWidget(max(layout.count() - 1, 0), widget)  # above the stretch at the end
    return widget, slicer.util.childWidgetVariables(widget)


Action = tuple[Any, Callable[..., None], str]  # widget, what it does, sentence for the user when that fails


def on(signal: str, *actions: Action) -> None:
    """Let the signals of widgets call what they are for, with the signal's arguments."""
    for widget, action, message in actions:
        widget.connect(signal, _slot(action, message))


def on_click(*actions: Action) -> None:
    """Let buttons call what they are for."""
    on("clicked()", *actions)


def on_toggle(*actions: Action) -> None:
    """The same for buttons that stay down; the action is told whether the button is."""
    on("toggled(bool)", *actions)


def on_choice(*actions: Action) -> None:
    """The same for combo boxes; the action is told the value of the entry, "" for none."""
    for combo, action, message in actions:
        combo.connect("currentIndexChanged(int)", _slot(_value_to(combo, action), message))


def _value_to(combo: Any, action: Callable[[str], None]) -> Callable[[int], None]:
    return lambda index: action(combo.itemData(index) or "")


def _slot(action: Callable[..., None], message: str) -> Callable[..., Any]:
    @guarded(message)
    def call(_owner: Any, *arguments: Any) -> None:
        action(*arguments)

    return lambda *arguments: call(None, *arguments)


def fill(combo: Any, entries: Sequence[tuple[str, str]], current: str) -> None:
    """Fill a combo box with (value, title), only if they changed, without telling anybody."""
    shown = [(combo.itemData(i), combo.itemText(i)) for i in range(combo.count)]
    was_blocked = combo.blockSignals(True)
    if shown != list(entries):
        combo.clear()
        for value, title in entries:
            combo.addItem(title, value)
    index = combo.findData(current)
    if combo.currentIndex != index:
        combo.setCurrentIndex(index)
    combo.blockSignals(was_blocked)


def enable(on: bool, *widgets: Any) -> None:
    """Enable or disable widgets; who has the keyboard gives it back."""
    for widget in widgets:
        if not on:
            _give_keyboard_back(widget)
        if widget.enabled != on:
            widget.enabled = on


def show(on: bool, *widgets: Any) -> None:
    """Show or hide widgets; who has the keyboard gives it back."""
    for widget in widgets:
        if not on:
            _give_keyboard_back(widget)
        widget.visible = on


def _give_keyboard_back(widget: Any) -> None:
    """Qt would hand it to the next widget that can be used, wherever that is, and scroll the panel there."""
    import qt

    for each in (widget, *widget.findChildren(qt.QWidget)):
        if each.focus:
            each.clearFocus()


def explain(reason: str, *widgets: Any) -> None:
    """Disable widgets with the reason as tool tip; without a reason enable them, with their own tool tip again."""
    for widget in widgets:
        own = widget.property("EchoTrackerToolTip")
        if own is None:
            own = widget.toolTip
            widget.setProperty("EchoTrackerToolTip", own)
        enable(not reason, widget)
        if widget.toolTip != (reason or own):
            widget.toolTip = reason or own


def scroll_to(widget: Any) -> None:
    """Scroll the panel so that this widget of it is at its top."""
    import qt

    area = widget.parent()
    while area is not None and area.className() != "QScrollArea" and not hasattr(area, "ensureWidgetVisible"):
        area = area.parent()
    if area is not None:
        area.verticalScrollBar().value = widget.mapTo(area.widget(), qt.QPoint(0, 0)).y()


def show_text(label: Any, text: str) -> None:
    """Show a line of text; an empty one hides it."""
    label.text = text
    label.visible = bool(text)


def check(button: Any, checked: bool) -> None:
    """Check or uncheck a button, only if that changes it."""
    if button.checked != checked:
        button.checked = checked


def set_quietly(button: Any, checked: bool) -> None:
    """The same without telling anybody."""
    was_blocked = button.blockSignals(True)
    check(button, checked)
    button.blockSignals(was_blocked)
