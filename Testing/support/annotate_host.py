"""A bench for the tests of the section "Annotation": journals in a folder of the test, answers instead of dialogs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from panel_host import Bench

from EchoTrackerLib.annotation.annotation import Annotation
from EchoTrackerLib.scene.annotation.sequence import read_annotation

LANDMARKS = "schema:4"  # annulus and apex: three points


class AnnotateBench:
    """The open section with a clip of 12 frames."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        import slicer

        self.bench, self.host, self.scene, self.folder = bench, bench.host, bench.scene, folder
        slicer.app.temporaryPath = str(folder)
        self.scene.SetURL("")  # journals are also written beside the last scene file
        self.annotation = bench.panel.annotation
        self.ui = self.annotation.section.ui
        self.answers = bench.answers
        self.annotation.restore._asked.clear()
        self.open(True)

    def open(self, is_open: bool) -> None:
        self.annotation.section.widget.collapsed = not is_open
        self.host.settle()

    @property
    def editor(self) -> Any:
        return self.annotation.editors.editor

    @property
    def browser(self) -> Any:
        return self.bench.parameters.browser

    @property
    def proxy(self) -> Any:
        return self.annotation.editors.proxy(self.annotation.editors.chosen)

    @property
    def message(self) -> str:
        return self.ui.annotationMessageLabel.text

    def start(self, key: str, name: str = "") -> Any:
        """Make a set that begins with `key` by the button; return its sequence node."""
        combo = self.ui.startComboBox
        combo.setCurrentIndex(combo.findData(key))
        self.ui.createSetButton.click()
        self.host.settle()
        if name:
            self.annotation.sets.rename(name)
        return self.annotation.editors.chosen

    def stored(self) -> Annotation:
        """What the scene holds of the chosen set."""
        return read_annotation(self.scene, self.annotation.editors.chosen)

    def check(self) -> None:
        """The scene holds what the editor says."""
        np.testing.assert_array_equal(self.stored().states, self.editor.annotation.states)
        np.testing.assert_allclose(self.stored().positions, self.editor.annotation.positions, atol=1e-3)

    def screen(self, x: float, y: float) -> tuple[int, int]:
        """Return where an image position is in the red view."""
        from EchoTrackerLib.scene.mrml import plane

        ras = plane.pixels_to_world(np.array([[x, y]]), self.bench.panel.session.proxy)[0]
        return self.host.viewPosition("Red", ras)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag with the mouse from one image position to another."""
        import slicer

        view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
        self.host.settle()
        self.host.drag(view, self.screen(*start), self.screen(*end))
        self.host.settle()

    def go(self, frame: int) -> None:
        self.browser.SetSelectedItemNumber(frame)

    def tracks(self, count: int = 6) -> None:
        """Track an arch of points with the fake runner."""
        self.bench.put(count)
        self.bench.parameters.showTrajectories = False
        self.bench.track()

    def journals(self) -> list[Path]:
        return sorted(self.folder.rglob("*.journal"))


def states(editing: AnnotateBench, point: int) -> list[int]:
    """The states of a point over time."""
    return editing.editor.annotation.states[point].tolist()


def place(editing: AnnotateBench, point: int, frame: int, position: tuple[float, float]) -> None:
    """Place a point by hand on a frame."""
    editing.go(frame)
    editing.editor.point = point
    editing.editor.place(position)
    editing.annotation.points.refresh()


def cell(editing: AnnotateBench, row: int, column: int) -> str:
    """The text of a cell of the table of points."""
    return editing.ui.pointsTable.item(row, column).text()


def names(editing: AnnotateBench) -> list[str]:
    """The names of the sets that can be chosen."""
    combo = editing.ui.setComboBox
    return [combo.itemText(i) for i in range(combo.count)]


def visible(editing: AnnotateBench) -> list[str]:
    """The names of the sets that are shown."""
    proxies = {
        editing.annotation.editors.name(s): editing.annotation.editors.proxy(s) for s in editing.annotation.editors.sets
    }
    return [name for name, proxy in proxies.items() if proxy.GetDisplayNode().GetVisibility()]
