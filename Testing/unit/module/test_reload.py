"""What goes away and comes again: a reload of the module, the end of Slicer."""

from __future__ import annotations

import sys

from panel_host import ROOT


def test_reload_makes_a_working_widget(bench):
    import slicer

    old = bench.widget
    bench.load()
    old.cleanup()
    library = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "EchoTrackerLib"}
    for name in library:
        del sys.modules[name]
    try:
        bench.host.loadModule(ROOT / "EchoTracker" / "EchoTracker.py")
        bench.host.widget = None
        widget = bench.host.selectModule("EchoTracker")
        assert widget is not old
        assert widget._parameterNode.browser is not None
        assert widget.ui.framesValueLabel.text.startswith("12 of")
        assert slicer.modules.EchoTrackerWidget is widget
        widget.cleanup()
    finally:  # the other tests have imported the library that was there before
        for name in [name for name in sys.modules if name.split(".")[0] == "EchoTrackerLib"]:
            del sys.modules[name]
        sys.modules.update(library)
        bench.host.loadModule(ROOT / "EchoTracker" / "EchoTracker.py")
        bench.host.widget = None
        bench.host.selectModule("EchoTracker")


def observers(scene) -> int:
    """How many observers all nodes of the scene and the scene itself have, as VTK prints them."""
    nodes = [scene.GetNthNode(i) for i in range(scene.GetNumberOfNodes())]
    return sum(str(node).count("Priority:") for node in (scene, *nodes))


def test_a_reload_leaves_no_observers(bench):
    """Slicer hides the widgets of the panel before; those of qMRML went on observing the scene."""
    bench.load()
    bench.put()
    bench.host.settle(0.2)
    counts = []
    for _again in range(3):
        bench.host.reload()
        bench.host.settle(0.3)
        counts.append(observers(bench.scene))
    assert counts[0] == counts[1] == counts[2]


def test_a_reload_while_the_module_is_shown_goes_on_at_once(bench):
    """Slicer's Reload sets the new widget up and does not enter it."""
    import slicer
    from PySide6 import QtWidgets

    class Shown(slicer.qMRMLWidget):
        isEntered = True

    bench.load()
    panel = Shown()
    QtWidgets.QVBoxLayout(panel)
    widget = bench.host.module.EchoTrackerWidget(panel)
    widget.setup()
    assert widget.ui.framesValueLabel.text.startswith("12 of")
    widget.cleanup()


def test_the_end_of_slicer_touches_no_widget_that_is_gone(bench, capfd):
    """Slicer's wrapper writes into its widgets at every change of the parameter node, until it is disconnected."""
    bench.load()
    bench.put()
    bench.ui.placeButton.click()
    node = bench.parameters.parameterNode
    bench.host.quit()
    node.SetParameter("layers", "2")
    bench.widget.enter()  # nothing to enter any more
    bench.host.settle(0.2)
    assert "Traceback" not in capfd.readouterr().err
    bench.host.renew()
