"""Whether the panel fits: `python fit.py WIDTH [PICTURE]` opens every section and lists what is cut off, as JSON.

Run it with QT_SCALE_FACTOR=1.5 or 2 for other scalings of the screen.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import host as host_module
from PySide6 import QtWidgets


def cut_off(panel: QtWidgets.QWidget) -> list[str]:
    """Names of visible widgets that are narrower or lower than their text needs, or that stick out of the panel."""
    found = []
    for widget in panel.findChildren(QtWidgets.QWidget):
        if not widget.isVisibleTo(panel) or not widget.objectName:
            continue
        where = widget.mapTo(panel, widget.rect.topLeft()).x()
        outside = where < 0 or where + widget.width > panel.width
        text = isinstance(widget, (QtWidgets.QPushButton, QtWidgets.QCheckBox, QtWidgets.QLabel))
        wraps = isinstance(widget, QtWidgets.QLabel) and widget.wordWrap
        needed = QtWidgets.QWidget.sizeHint(widget) if not wraps else widget.size
        narrow = text and needed.width() > widget.width + 1
        low = wraps and widget.heightForWidth(widget.width) > widget.height + 1
        if outside or narrow or low:
            found.append(f"{widget.objectName} ({widget.width} of {needed.width()} px)")
    return found


def main() -> int:
    width = int(sys.argv[1])
    host = host_module.start(testing=True)
    widget = host.selectModule("EchoTracker")
    panel = host.panelScroll.take_module()
    for name in ("ctkCollapsibleButton", "ctkCollapsibleGroupBox"):
        for section in panel.findChildren(QtWidgets.QWidget):
            if type(section).__name__ == name:
                section.collapsed = False
    for bar in (widget.ui.progressBar, widget.ui.cancelButton, widget.ui.headerButton):
        bar.visible = True
    panel.resize(width, 400)
    panel.show()
    host.settle(0.2)
    layout = QtWidgets.QWidget.layout(panel)
    panel.resize(width, max(layout.heightForWidth(width), layout.sizeHint().height()))
    host.settle(0.3)
    picture = panel.grab()
    if len(sys.argv) > 2:
        picture.save(sys.argv[2])
    facts = {
        "minimum_width": layout.minimumSize().width(),
        "width": panel.width,
        "picture_width": picture.width(),
        "cut_off": cut_off(panel),
    }
    print(json.dumps(facts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
