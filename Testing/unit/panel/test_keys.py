"""Keys of Slicer and of its widgets: Esc while placing, and the Sequences tool bar's own."""

from __future__ import annotations

import pytest


def placing(bench) -> bool:
    interaction = bench.scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    return interaction.GetCurrentInteractionMode() == interaction.Place


def test_esc_ends_placing(bench):
    """Slicer 5.8 ends it by a right click only."""
    bench.load()
    for button in (bench.ui.placeButton, bench.ui.wallButton, bench.ui.drawLineButton):
        button.click()
        assert placing(bench)
        bench.host.press("Esc")
        bench.host.settle()
        assert not placing(bench)
        assert not button.checked
    bench.host.press("Esc")  # nothing to end: left to Slicer
    assert not placing(bench)


@pytest.mark.parametrize("shown", [True, False])
def test_keys_of_the_tool_bar_work_whether_it_is_shown_or_not(bench, shown):
    """Our play widget has the same: of two in one window Qt calls neither."""
    import slicer

    browser = bench.load()
    bar = slicer.modules.sequences.toolBar()
    bar.setVisible(shown)
    bench.host.settle()
    try:
        before = browser.GetSelectedItemNumber()
        bench.host.press("Ctrl+Shift+Right")
        assert browser.GetSelectedItemNumber() == before + 1
    finally:
        bar.setVisible(False)


def test_every_gray_button_says_why(bench):
    """In an empty scene, with a clip only, and with tracks."""
    import qt

    root = bench.ui.clipSection.parent()
    for step in (lambda: None, bench.load, bench.put, bench.track):
        step()
        bench.host.settle()
        disabled = qt.Qt.WidgetAttribute.WA_ForceDisabled
        gray = [b for b in root.findChildren(qt.QPushButton) if b.testAttribute(disabled) and b.objectName]
        silent = [b.objectName for b in gray if b.toolTip == (b.property("EchoTrackerToolTip") or b.toolTip)]
        assert set(silent) <= {"trackButton"}, silent  # its presenter writes a tool tip of its own
        if "trackButton" in silent:
            assert "Follow the points" not in bench.ui.trackButton.toolTip


def test_keys_of_a_closed_panel_are_off(bench):
    """Its widgets live until Qt deletes them: another panel's keys would be ambiguous until then."""
    import slicer

    from EchoTrackerLib.panel.qt.shortcuts import PlayKeys

    widget = slicer.qMRMLSequenceBrowserPlayWidget()
    keys = PlayKeys(widget)
    shortcuts = [child for child in widget.children() if child.className() == "QShortcut"]
    assert shortcuts and all(key.enabled for key in shortcuts)
    keys.close()
    assert not any(key.enabled for key in shortcuts)
