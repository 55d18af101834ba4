"""The module's panel in the stand-in host: `python panel.py --screenshot FILE`, or interactively with a display.

The picture shows the sample clip with its tracks, strain chart and table.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def main() -> int:
    """Run the host."""
    parser = argparse.ArgumentParser(prog="panel", description="The panel of EchoTracker in a stand-in for 3D Slicer.")
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help="save the window as PNG and end")
    parser.add_argument("--empty", action="store_true", help="an empty scene, as Slicer starts")
    parser.add_argument("--panel-only", action="store_true", help="save the panel at its full height, not the window")
    arguments = parser.parse_args()
    import host as host_module

    host = host_module.start(testing=arguments.screenshot is not None)
    widget = host.selectModule("EchoTracker")
    if not arguments.empty:
        show_sample(host, widget)
    if arguments.screenshot is None:
        return int(host.application.exec())
    target = None
    if arguments.panel_only:
        target = host.panelScroll.take_module()
        target.resize(440, target.sizeHint().height())
        target.show()
    host.picture(arguments.screenshot, target)
    return 0


def show_sample(host, widget) -> None:
    """Load the sample clip, track its points, wait for the strain."""
    _volume, points, browser = host.sampleData.press("Echo A4C (synthetic)")
    parameters = widget._parameterNode
    parameters.browser = browser
    parameters.points = points
    parameters.withConfidence = False  # for the picture one pass is enough
    host.settle(0.2)
    widget.ui.trackButton.click()
    host.waitFor(lambda: not widget.panel.session.busy, 300)
    browser.SetSelectedItemNumber(12)
    host.settle(0.5)


if __name__ == "__main__":
    sys.exit(main())
