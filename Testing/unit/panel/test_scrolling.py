"""The panel stays where the user scrolled it: nothing that a button or shortcut does moves it."""

from __future__ import annotations

import pytest


@pytest.fixture
def low(bench):
    """The panel with Review open, scrolled to its end."""
    bench.host.window.resize(1280, 420)
    review = bench.panel._review_section.widget
    review.collapsed = False
    bench.load()
    bench.put()
    bench.track()
    bench.host.settle(0.1)
    yield bench
    review.collapsed = True
    bench.host.window.resize(1000, 640)


def scrolled(bench, to=None) -> int:
    bar = bench.host.panelScroll.verticalScrollBar()
    if to is not None:
        bench.host.panelScroll.ensureWidgetVisible(to, 0, 0)
        bench.host.settle(0.1)
    return bar.value


def click(bench, button) -> None:
    from PySide6 import QtCore, QtTest

    QtTest.QTest.mouseClick(button, QtCore.Qt.MouseButton.LeftButton)
    bench.host.settle(0.1)


def test_a_field_that_is_disabled_while_tracking_does_not_scroll(low):
    low.ui.queryFrameSpinBox.setFocus()
    before = scrolled(low, low.panel._review_section.ui.reportButton)
    low.ui.trackButton.click()
    low.host.settle(0.1)
    assert not low.ui.queryFrameSpinBox.enabled
    assert scrolled(low) == before
    low.runner.finish()


def test_the_section_annotation_comes_to_the_top_when_it_is_opened(low):
    section = low.panel.annotation.section.widget
    scrolled(low, low.ui.clipSelector)
    section.collapsed = False
    area = low.host.panelScroll

    def at_top() -> bool:
        from PySide6 import QtCore

        return abs(section.mapTo(area.viewport(), QtCore.QPoint(0, 0)).y()) <= 2

    assert low.host.waitFor(at_top, 20)
    section.collapsed = True


def press_space(bench, button) -> None:
    """Tab until the button has the keyboard, then Space."""
    from PySide6 import QtCore, QtTest

    button.setFocus(QtCore.Qt.FocusReason.TabFocusReason)
    QtTest.QTest.keyClick(button, QtCore.Qt.Key.Key_Space)
    bench.host.settle(0.1)


@pytest.mark.parametrize("act", [click, press_space])
def test_a_button_that_hides_itself_does_not_scroll(low, act):
    low.start()
    low.host.panelScroll.ensureWidgetVisible(low.ui.clipSelector)
    before = scrolled(low, low.ui.cancelButton)
    act(low, low.ui.cancelButton)
    assert not low.ui.cancelButton.visible
    assert scrolled(low) == before


@pytest.mark.parametrize("act", [click, press_space])
def test_a_button_that_ends_disabled_does_not_scroll(low, act):
    low.put(7)
    low.ui.undoButton.click()
    before = scrolled(low, low.ui.redoButton)
    act(low, low.ui.redoButton)
    assert not low.ui.redoButton.enabled
    assert scrolled(low) == before


@pytest.mark.parametrize("act", [click, press_space])
def test_a_button_whose_row_is_hidden_does_not_scroll(low, act):
    section = low.panel.annotation.section
    section.widget.collapsed = False
    low.panel.annotation.restore._view.show_lost("Lost work.", True)
    low.host.settle(0.3)
    low.host.panelScroll.ensureWidgetVisible(low.ui.clipSelector)
    before = scrolled(low, section.ui.discardButton)
    act(low, section.ui.discardButton)
    assert not section.ui.lostWidget.visible
    assert scrolled(low) == before
    section.widget.collapsed = True
