"""Whether long messages squash or cover anything: `python long_messages.py [PICTURE]` prints what they do, as JSON.

The window is 1280 x 800 of a screen whose scaling QT_SCALE_FACTOR sets, in Slicer's dark style; every message of the
panel grows while it is shown, as they do in use.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import host as host_module
from module_panel import dark_palette
from PySide6 import QtCore, QtWidgets

LONG = (
    "The clip has colored pixels (0.4 % of the middle frame): color flow, a tint or burned-in marks. Tracking uses "
    "their brightness (Rec. 601 luma); do not put points on marks. "
)
_FIXED = (QtWidgets.QPushButton, QtWidgets.QAbstractSpinBox, QtWidgets.QComboBox, QtWidgets.QLineEdit)


def squashed(panel: QtWidgets.QWidget) -> list[str]:
    """Names of visible widgets that are lower than what they show."""
    found = []
    for widget in panel.findChildren(QtWidgets.QWidget):
        if not widget.objectName or widget.objectName.startswith("qt_") or not widget.isVisibleTo(panel):
            continue
        needed = 0
        if isinstance(widget, QtWidgets.QLabel) and widget.wordWrap:
            needed = widget.heightForWidth(widget.width)
        elif isinstance(widget, _FIXED):
            needed = widget.minimumSizeHint().height()
        if widget.height < needed:
            found.append(f"{widget.objectName} ({widget.height} of {needed} px)")
    return found


def overlapping(panel: QtWidgets.QWidget) -> list[str]:
    """Pairs of named widgets side by side in one parent that cover each other."""
    found = []
    for parent in [panel, *panel.findChildren(QtWidgets.QWidget)]:
        option = QtCore.Qt.FindChildOption.FindDirectChildrenOnly
        children = [c for c in parent.findChildren(QtWidgets.QWidget, options=option) if c.isVisibleTo(panel)]
        shown = [c for c in children if c.objectName and not c.objectName.startswith("qt_")]
        for one, other in itertools.combinations(shown, 2):
            if QtWidgets.QWidget.layout(parent) is not None and one.geometry.intersects(other.geometry):
                found.append(f"{one.objectName} and {other.objectName}")
    return found


def main() -> int:
    host = host_module.start(testing=True)
    host.application.setPalette(dark_palette())
    scale = float(os.environ.get("QT_SCALE_FACTOR", "1"))
    host.window.resize(round(1280 / scale), round(800 / scale))
    widget = host.selectModule("EchoTracker")
    panel = widget.parent
    review = panel.findChild(QtWidgets.QWidget, "reviewSection")
    review.collapsed = False
    host.settle(0.1)
    facts = {}
    steps = (
        ("a long message in the section Clip", "clipMessageLabel", LONG),
        ("a pixel size", "spacingValueLabel", "0.189 x 0.189 mm (calibrated: a line of 265 px is 50 mm)"),
        ("calibration opened", "", ""),
        ("the strain with warnings", "resultMessageLabel", "<b>GLS -15.2 %</b> at end-systole<br>" + LONG * 2),
        ("a selected point", "pointLabel", LONG),
        ("a shorter message", "resultMessageLabel", "Short."),
    )
    for number, (name, label, text) in enumerate(steps):
        if label:
            shown = panel.findChild(QtWidgets.QLabel, label)
            shown.text, shown.visible = text, True
        else:
            widget.ui.calibrationGroup.collapsed = False
        host.settle(0.1)
        facts[name] = {"squashed": squashed(panel), "overlapping": overlapping(panel)}
        if len(sys.argv) > 1:
            picture = Path(sys.argv[1])
            target = panel.findChild(QtWidgets.QWidget, label or "calibrationGroup")
            host.panelScroll.ensureWidgetVisible(target)
            host.settle(0.1)
            host.window.grab().save(str(picture.with_name(f"{picture.stem}-{number}{picture.suffix}")))
    print(json.dumps(facts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
