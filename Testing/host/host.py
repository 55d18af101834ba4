"""A stand-in for 3D Slicer on PySide6 and slicer-core: the real module file, .ui and widget run in it unchanged.

    host = start(testing=True)     # once a process
    host.selectModule("EchoTracker")
    host.widget.ui...              # the module's widgets
    host.picture(path)             # the whole window as PNG

Not Slicer: no 3D view, no extension manager, no DICOM module. Slicer's own `slicer.util`, MRML, displayable managers
and logics run in it; `qt` and `ctk` behave as through PythonQt (see pythonqt.py).
"""

from __future__ import annotations

import importlib.util
import os
import sys
import types
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path[:0] = [str(HERE), str(HERE / "actions"), str(HERE / "widgets")]

import pythonqt  # noqa: E402

qt = pythonqt.make_qt()
ctk = types.ModuleType("ctk")

import slicer  # noqa: E402
import slicer.util  # noqa: E402
import vtk  # noqa: E402
from application import App, ModuleParent  # noqa: E402
from PySide6 import QtCore, QtGui, QtWidgets  # noqa: E402

_host: Host | None = None


class Host:
    """The running stand-in."""

    def __init__(self, testing: bool) -> None:
        self.application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["Slicer"])
        import ctk_widgets
        from module_panel import Style

        self.application.setStyle(Style())
        import parameter_node
        import qmrml_widgets
        import scripted_module
        from application_log import Log
        from mrml import Mrml

        self.mrml = Mrml()
        self.log = Log(self.mrml)
        for cls in (*ctk_widgets.CTK, *qmrml_widgets.SLICER):
            pythonqt.UiLoader.classes[cls.__name__] = cls
        for cls in ctk_widgets.CTK:
            setattr(ctk, cls.__name__, cls)
        self._attributes: dict[str, Any] = {cls.__name__: cls for cls in qmrml_widgets.SLICER}
        qt.QUiLoader = pythonqt.UiLoader
        self._attributes.update(mrmlScene=self.mrml.scene, modules=self.mrml.modules, selfTests={})
        i18n = types.ModuleType("slicer.i18n")
        i18n.tr = lambda text, context=None: text
        i18n.translate = lambda context, text: text
        names = {"i18n": i18n, "ScriptedLoadableModule": scripted_module, "parameterNodeWrapper": parameter_node}
        import sample_data

        self.sampleData = sample_data
        self._modules = {"qt": qt, "ctk": ctk, "SampleData": sample_data}
        self._modules.update({f"slicer.{name}": module for name, module in names.items()})
        self._attributes.update(names)
        self.app = self._attributes["app"] = App(self.mrml, testing)
        self._before: tuple[dict[str, Any], dict[str, Any]] | None = None
        self.install()
        self.app._dialog = ctk_widgets.ctkSettingsDialog(self.app.userSettings())
        self._makeWindow()
        self._player = QtCore.QTimer()
        self._player.timeout.connect(self._play)
        self._player.start(20)
        self.widget: Any = None
        self.module: Any = None

    def install(self) -> None:
        """Make this process look like Slicer: `slicer.app`, `qt`, `ctk`..."""
        if self._before is None:
            attributes = {name: getattr(slicer, name, None) for name in self._attributes}
            self._before = attributes, {name: sys.modules.get(name) for name in self._modules}
        for name, value in self._attributes.items():
            setattr(slicer, name, value)
        sys.modules.update(self._modules)

    def uninstall(self) -> None:
        """Take all that back, so that other tests of the process see slicer-core as it is."""
        if self._before is None:
            return
        attributes, modules = self._before
        self._before = None
        for name, value in attributes.items():
            if value is None:
                delattr(slicer, name)
            else:
                setattr(slicer, name, value)
        for name, module in modules.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module

    def _makeWindow(self) -> None:
        from layout import LayoutManager
        from module_panel import ModulePanel
        from qmrml_widgets import qMRMLSequenceBrowserToolBar

        self.window = QtWidgets.QMainWindow()
        self.window.setObjectName("qSlicerMainWindow")
        self.window.setWindowTitle("3D Slicer stand-in")
        splitter = QtWidgets.QSplitter()
        self.panelScroll = ModulePanel()
        self.panelScroll.setMinimumWidth(420)
        viewport = QtWidgets.QWidget()
        splitter.addWidget(self.panelScroll)
        splitter.addWidget(viewport)
        splitter.setSizes([460, 1000])
        splitter.setStretchFactor(1, 1)
        self.window.setCentralWidget(splitter)
        self.window.resize(1500, 950)
        bar = self.mrml.modules.sequences.bar = qMRMLSequenceBrowserToolBar()
        self.window.addToolBar(bar)
        bar.hide()
        self.app._layoutManager = LayoutManager(self.mrml, viewport)

    def loadModule(self, path: Path) -> Any:
        """Import a scripted module, make its instance and widget as Slicer does, emit startupCompleted."""
        name = path.stem
        if str(path.parent) not in sys.path:
            sys.path.append(str(path.parent))
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        parent = ModuleParent(path)
        instance = getattr(module, name)(parent)
        setattr(slicer.modules, name.lower(), parent)
        setattr(slicer.modules, f"{name}Instance", instance)
        self.app.startupCompleted.emit()
        self.module, self._parent = module, parent
        return module

    def selectModule(self, name: str) -> Any:
        """Make the module's widget (once) and enter it."""
        if self.widget is None:
            panel = slicer.qMRMLWidget()
            QtWidgets.QVBoxLayout(panel)
            panel.setMRMLScene(slicer.mrmlScene)
            self.widget = getattr(self.module, f"{name}Widget")(panel)
            setattr(slicer.modules, f"{name}Widget", self.widget)
            self._parent._widget = panel
            self.widget.setup()
            panel.setMRMLScene(slicer.mrmlScene)
            self.panelScroll.show_module(panel)
        self.widget.enter()
        self.window.show()
        self.settle()
        return self.widget

    def leaveModule(self) -> None:
        self.widget.exit()
        self.settle()

    def quit(self) -> None:
        """End as Slicer does: the signal, then the panel is left while the window goes, then modules are unloaded."""
        self.app.aboutToQuit.emit()
        for shortcut in self.window.findChildren(QtGui.QShortcut):
            shortcut.setParent(None)
            shortcut.deleteLater()
        QtWidgets.QApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete.value)
        self.widget.exit()
        self.mrml.scene.Clear()
        panel = self.panelScroll.take_module()
        panel.deleteLater()
        QtWidgets.QApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete.value)
        self.mrml.scene.Modified()
        self.widget.cleanup()

    def reload(self) -> Any:
        """Reload the module as slicer.util.reloadScriptedModule does: old widgets are hidden, nobody deletes them."""
        name, panel = self.module.__name__, self._parent._widget
        spec = importlib.util.spec_from_file_location(name, self.module.__file__)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        for child in panel.children():
            if child.isWidgetType():
                child.hide()
        self.widget.cleanup()
        layout = QtWidgets.QWidget.layout(panel)
        for item in [layout.itemAt(i) for i in range(layout.count())]:
            layout.removeItem(item)
        self.module, panel.isEntered = module, True
        self.widget = getattr(module, f"{name}Widget")(panel)
        setattr(slicer.modules, f"{name}Widget", self.widget)
        self.widget.setup()
        self.settle()
        return self.widget

    def renew(self) -> Any:
        """Make the module's widget anew, as if Slicer had been started again."""
        self.widget = None
        return self.selectModule(self.module.__name__)

    def _play(self) -> None:
        """Advance the browsers that play, as qSlicerSequencesModule's timer does."""
        self.mrml.modules.sequences.logic().UpdateAllProxyNodes()

    def settle(self, seconds: float = 0.0) -> None:
        """Process events until nothing is left to do, at least for `seconds` and, on a busy machine, for ten turns."""
        import time

        end, turns = time.monotonic() + max(seconds, 0.05), 0
        while turns < 10 or time.monotonic() < end:
            QtWidgets.QApplication.processEvents()
            time.sleep(0.002)
            turns += 1

    def waitFor(self, condition: Any, timeout: float = 60.0) -> bool:
        """Process events until `condition()` or `timeout` seconds."""
        import time

        end = time.monotonic() + timeout
        while time.monotonic() < end:
            QtWidgets.QApplication.processEvents()
            if condition():
                return True
            time.sleep(0.005)
        return False

    def click(self, view: Any, x: int, y: int) -> None:
        """Click into a slice view with the left button, as a person does: move, press, release."""
        from PySide6 import QtTest

        for dx in (3, 0):
            QtTest.QTest.mouseMove(view, QtCore.QPoint(x + dx, y))
            QtWidgets.QApplication.processEvents()
        QtTest.QTest.mouseClick(
            view, QtCore.Qt.MouseButton.LeftButton, QtCore.Qt.KeyboardModifier.NoModifier, QtCore.QPoint(x, y)
        )
        QtWidgets.QApplication.processEvents()

    def drag(self, view: Any, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Drag with the left button."""
        from PySide6 import QtTest

        left, none = QtCore.Qt.MouseButton.LeftButton, QtCore.Qt.KeyboardModifier.NoModifier
        for x, y in ((start[0] + 2, start[1]), start):
            QtTest.QTest.mouseMove(view, QtCore.QPoint(x, y))
            QtWidgets.QApplication.processEvents()
        QtTest.QTest.mousePress(view, left, none, QtCore.QPoint(*start))
        for k in range(1, 6):
            x, y = (round(a + (b - a) * k / 5) for a, b in zip(start, end))
            QtTest.QTest.mouseMove(view, QtCore.QPoint(x, y))
            QtWidgets.QApplication.processEvents()
        QtTest.QTest.mouseRelease(view, left, none, QtCore.QPoint(*end))
        QtWidgets.QApplication.processEvents()

    def press(self, keys: str) -> None:
        """Press keys, e.g. "Alt+Z", in the main window."""
        from PySide6 import QtTest

        self.window.activateWindow()
        self.waitFor(lambda: QtWidgets.QApplication.activeWindow() is not None, 5)
        QtTest.QTest.keySequence(self.window, QtGui.QKeySequence(keys))
        QtWidgets.QApplication.processEvents()

    def viewPosition(self, name: str, ras: Any) -> tuple[int, int]:
        """Return the widget pixel of a RAS position in a slice view."""
        view = slicer.app.layoutManager().sliceWidget(name).sliceView()
        matrix = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(view.mrmlSliceNode().GetXYToRAS(), matrix)
        x, y, _, _ = matrix.MultiplyPoint([*ras[:3], 1.0])
        return round(x), round(view.height - 1 - y)

    def picture(self, path: Path | str, widget: Any = None) -> Path:
        """Save the window (or a widget) as PNG."""
        self.settle(0.3)
        for name in self.app.layoutManager().sliceViewNames():
            self.app.layoutManager().sliceWidget(name).sliceView().forceRender()
        self.settle(0.1)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if not (widget or self.window).grab().save(str(path)):
            raise OSError(f"{path}: could not be written")
        return Path(path)


def start(testing: bool = True) -> Host:
    """Return the host of this process; the module EchoTracker is loaded in it."""
    global _host
    if _host is None:
        _host = Host(testing)
        _host.loadModule(REPOSITORY / "EchoTracker" / "EchoTracker.py")
    _host.install()
    return _host
