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


def test_redo_that_ends_disabled_does_not_scroll(low):
    """Its row is the last one in sight: Qt gave the keyboard to the next section and scrolled there."""
    low.put(7)
    click(low, low.ui.undoButton)
    low.host.panelScroll.ensureWidgetVisible(low.ui.clipSelector)
    before = scrolled(low, low.ui.redoButton)
    click(low, low.ui.redoButton)
    assert not low.ui.redoButton.enabled
    assert scrolled(low) == before


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
