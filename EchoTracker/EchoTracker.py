"""EchoTracker: point tracking and strain in echocardiography, as a module of 3D Slicer. Research use only.

This file holds what Slicer looks for: module, file reader, widget, logic, self test. Everything else is in
EchoTrackerLib: beside this file in an installation, one folder up in the source tree.
"""

# Annotations stay evaluated here (no __future__ import): Slicer's parameterNodeWrapper reads them.
import importlib.util
import sys
from pathlib import Path
from typing import Annotated, Any

import qt
import slicer
import vtk
from slicer import vtkMRMLMarkupsCurveNode, vtkMRMLMarkupsFiducialNode, vtkMRMLSequenceBrowserNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

if importlib.util.find_spec("EchoTrackerLib") is None:
    sys.path.append(str(Path(__file__).resolve().parents[1]))

from EchoTrackerLib.panel.scripting import Scripting
from EchoTrackerLib.resources import resource_path

_VIDEO_PATTERNS = "*.mp4 *.avi *.mov *.m4v *.mkv *.wmv *.webm *.mpg"


class EchoTracker(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("EchoTracker")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Cardiac")]
        parent.dependencies = ["Sequences", "Markups", "Plots", "Tables"]
        parent.contributors = ["EchoTracker for 3D Slicer contributors"]
        parent.helpText = _(
            "Follow points on the heart muscle through an ultrasound clip and measure strain: choose a clip, click the "
            "wall, press Track. Research use only. See the "
            "<a href='https://github.com/SlicerEchoTracker/SlicerEchoTracker#readme'>documentation</a>."
        )
        parent.acknowledgementText = _(
            "The tracker 'EchoTracker' is an independent implementation of Azad et al., MICCAI 2024. "
            "Please cite the publication that the panel names for the tracker you used."
        )
        parent.icon = qt.QIcon(str(resource_path("Icons/EchoTracker.png")))  # Slicer looks beside this file only
        slicer.app.connect("startupCompleted()", self._onStartupCompleted)

    def _onStartupCompleted(self) -> None:
        """Register layouts, sample data and settings: before scenes are loaded, after all modules are there."""
        from EchoTrackerLib.panel.startup import register

        self._settingsPage = register(_makeSample)
        slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.EndImportEvent, _onSceneLoaded)


def _onSceneLoaded(scene: Any, event: Any) -> None:
    """Mend what an earlier version saved in a scene, whether or not the module is ever opened."""
    from EchoTrackerLib.scene.restoring import restore

    restore(scene)


def _makeSample(source: Any) -> list:
    """Make a sample clip with points on its wall, without network, and show it; return its nodes."""
    with slicer.util.WaitCursor():
        logic = EchoTrackerLogic()
        nodes = logic.makeSample(source.sampleName)
        parameterNode = logic.getParameterNode()
        parameterNode.browser, parameterNode.points = nodes[-1], nodes[1]
    _show(nodes[0], nodes[-1])
    return nodes


def _show(volume: Any, browser: Any) -> None:
    manager = slicer.app.layoutManager()
    if manager is not None:
        manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
        qt.QTimer.singleShot(0, manager.resetSliceViews)  # when the view has its size
    slicer.util.setSliceViewerLayers(background=volume, fit=True)
    slicer.modules.sequences.setToolBarActiveBrowserNode(browser)


class EchoTrackerFileReader:
    """Loads ultrasound videos through Add Data and drag-and-drop."""

    def __init__(self, parent: Any) -> None:
        self.parent = parent

    def description(self) -> str:
        """What the reader reads."""
        return _("Ultrasound clip")

    def fileType(self) -> str:
        """The name for loadNodeFromFile."""
        return "EchoTrackerVideo"

    def extensions(self) -> list:
        """The name filters."""
        return [_("Ultrasound clip") + f" ({_VIDEO_PATTERNS})"]

    def canLoadFileConfidence(self, filePath: str) -> float:
        """More than a guess, less than a reader for this very file."""
        return 0.6 if self.parent.supportedNameFilters(filePath) else 0.0

    def _load(self, path: str) -> Any:
        """Load a clip; offer to install what reading it lacks, as the panel does."""
        from EchoTrackerLib.errors import MissingDependency
        from EchoTrackerLib.panel.qt.dialogs import SlicerDialogs
        from EchoTrackerLib.panel.qt.packages import offer_packages

        try:
            return EchoTrackerLogic().loadClip(path)
        except MissingDependency as error:
            if slicer.app.testingEnabled() or slicer.util.mainWindow() is None:
                raise
            offer_packages(error, SlicerDialogs())
            return EchoTrackerLogic().loadClip(path)

    def load(self, properties: dict) -> bool:
        """Load the file; report why not."""
        try:
            browser = self._load(properties["fileName"])
        except Exception as error:  # Slicer shows the message; an exception would be lost
            self.parent.userMessages().AddMessage(vtk.vtkCommand.ErrorEvent, str(error))
            return False
        sequence = browser.GetMasterSequenceNode()
        proxy = browser.GetProxyNode(sequence)
        self.parent.loadedNodes = [node.GetID() for node in (sequence, browser, proxy)]
        _show(proxy, browser)
        return True


@parameterNodeWrapper
class EchoTrackerParameterNode:
    """The settings of the panel; they are saved with the scene. Frames are counted from 1, 0 means automatic."""

    browser: vtkMRMLSequenceBrowserNode
    points: vtkMRMLMarkupsFiducialNode
    wallCurve: vtkMRMLMarkupsCurveNode
    view: Annotated[str, Choice(["A4C", "A2C", "APLAX", "RV", "SAX", "other"])] = "A4C"
    queryFrame: Annotated[int, WithinRange(1, 100000)] = 1
    layers: Annotated[int, WithinRange(1, 5)] = 1
    pointsAlong: Annotated[int, WithinRange(5, 100)] = 31
    tracker: str = ""
    weights: str = ""
    device: Annotated[str, Choice(["auto", "cpu", "cuda", "mps"])] = "auto"
    threads: Annotated[int, WithinRange(0, 256)] = 0
    wallCoupling: Annotated[str, Choice(["auto", "on", "off"])] = "auto"
    withConfidence: bool = True
    showPoints: bool = True
    showTrajectories: bool = True
    showSegments: bool = True
    colorBy: str = "track"
    tail: Annotated[float, WithinRange(0, 200)] = 12.0
    edFrame: Annotated[int, WithinRange(0, 100000)] = 0
    esFrame: Annotated[int, WithinRange(0, 100000)] = 0
    driftCompensation: bool = True


class EchoTrackerWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel: loads the .ui, connects it to scene and parameter node; the work is in EchoTrackerLib.panel."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.panel: Any = None
        self.logic: Any = None
        self._parameterNode: Any = None
        self._guiTag: Any = None
        self._chosen: dict[str, Any] = {}
        self._entered = self._refreshing = False

    def setup(self) -> None:
        """Make the widgets; no nodes, no network, no installation."""
        from EchoTrackerLib.panel.panel import Panel

        ScriptedLoadableModuleWidget.setup(self)
        self._uiWidget = slicer.util.loadUI(str(resource_path("UI/EchoTracker.ui")))
        self.layout.addWidget(self._uiWidget)
        self.ui = slicer.util.childWidgetVariables(self._uiWidget)
        self._uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = EchoTrackerLogic()
        layoutNode = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode") or slicer.vtkMRMLLayoutNode()
        self.panel = Panel(self.ui, slicer.mrmlScene, layoutNode)
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self._onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self._onSceneEndClose)
        self.addObserver(scene, scene.StartImportEvent, self._onSceneStartImport)
        self.addObserver(scene, scene.EndImportEvent, self._onSceneEndImport)
        self.addObserver(scene, scene.NodeAddedEvent, self._onNodesChanged)
        self.addObserver(scene, scene.NodeRemovedEvent, self._onNodesChanged)
        slicer.app.connect("aboutToQuit()", self._release)
        if getattr(self.parent, "isEntered", False):  # a reload sets the widget up anew while it is shown
            self.enter()

    def cleanup(self) -> None:
        """The module is unloaded or reloaded."""
        if self.panel is not None:
            slicer.app.disconnect("aboutToQuit()", self._release)
        self._release()

    def _release(self) -> None:
        """Give everything back; at the application's end while its widgets still exist, before exit() and cleanup()."""
        panel, self.panel = self.panel, None
        if panel is not None:
            self._entered = False
            self._setParameterNode(None)
            self.removeObservers()
            panel.close()
            for widget in (self.ui.playWidget, self.ui.seekWidget):
                widget.setMRMLSequenceBrowserNode(None)
            self._uiWidget.setMRMLScene(None)  # Slicer hides the widgets of a reload, and they would go on observing
            self._uiWidget.deleteLater()

    def enter(self) -> None:
        """The module was opened."""
        if self.panel is None:
            return
        self._entered = True
        if self._parameterNode is None:  # one wrapper as long as the scene lives: each adds observers
            self._setParameterNode(self.logic.getParameterNode())
        self.panel.enter(self._parameterNode)
        self.panel.session.choose_only_clip()

    def exit(self) -> None:
        """Another module was opened."""
        self._entered = False
        if self.panel is not None:
            self.panel.exit()

    def onReload(self) -> None:
        """Reload EchoTrackerLib together with this file."""
        for name in [name for name in sys.modules if name.split(".")[0] == "EchoTrackerLib"]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def _setParameterNode(self, parameterNode: Any) -> None:
        if self._parameterNode is not None:
            self._parameterNode.disconnectGui(self._guiTag)
            self.removeObserver(self._parameterNode.parameterNode, vtk.vtkCommand.ModifiedEvent, self._onModified)
        self._parameterNode = parameterNode
        if parameterNode is not None:
            # Not connectGui: it forgets to return the tag before Slicer 5.12, and nothing could be disconnected.
            named = {widget.property("SlicerParameterName"): widget for widget in vars(self.ui).values()}
            widgets = {name: widget for name, widget in named.items() if name}
            self._guiTag = parameterNode.connectParametersToGui(widgets)
            self.addObserver(parameterNode.parameterNode, vtk.vtkCommand.ModifiedEvent, self._onModified)

    def _onModified(self, caller: Any = None, event: Any = None) -> None:
        if self._parameterNode is not None and self.panel is not None:
            self.panel.session.refresh()

    def _onNodesChanged(self, caller: Any, event: Any) -> None:
        # Not now: asking a browser for its nodes while one of them is being removed crashes.
        if self._entered and not self._refreshing and not slicer.mrmlScene.IsClosing():
            self._refreshing = True
            qt.QTimer.singleShot(0, self._refresh)

    def _refresh(self) -> None:
        self._refreshing = False
        if self._parameterNode is not None and self.panel is not None:
            self.panel.session.choose_only_clip()
            self.panel.session.refresh()

    def _onSceneStartClose(self, caller: Any, event: Any) -> None:
        self.panel.scene_closing()
        self._setParameterNode(None)

    def _onSceneEndClose(self, caller: Any, event: Any) -> None:
        if self._entered:
            self.enter()

    def _onSceneStartImport(self, caller: Any, event: Any) -> None:
        """Remember what is chosen: the settings of the scene to come replace it, also where that has no clip."""
        names: tuple[str, ...] = ()
        if self._parameterNode is not None:
            self.panel.points.stop()  # clicks that were begun are given up, and what they would replace is chosen again
            names = ("browser", "points", "wallCurve")
        self._chosen = {name: getattr(self._parameterNode, name) for name in names}

    def _onSceneEndImport(self, caller: Any, event: Any) -> None:
        if self._parameterNode is not None:
            self._parameterNode.Modified()  # its wrapper has read the references before the nodes were there
            if self._parameterNode.browser is None:
                for name, node in self._chosen.items():
                    if node is not None and node.GetScene() is caller:
                        setattr(self._parameterNode, name, node)
        self._chosen = {}
        if self._entered:
            self.enter()
            self.panel.session.results_changed.emit()


class EchoTrackerLogic(ScriptedLoadableModuleLogic, Scripting):
    """What the module can do, for scripts and the self test; needs no widget. Its methods are in `Scripting`."""

    def __init__(self, runner: Any = None) -> None:
        ScriptedLoadableModuleLogic.__init__(self)
        self.scene, self.runner = slicer.mrmlScene, runner

    def getParameterNode(self) -> Any:
        """The settings of this scene, made when there are none."""
        return EchoTrackerParameterNode(super().getParameterNode())


class EchoTrackerTest(ScriptedLoadableModuleTest):
    """Self test: sample clip, tracking in the worker, strain, scene; no network, no torch needed."""

    def setUp(self) -> None:
        """Start with an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self) -> None:
        """Run everything."""
        self.setUp()
        self.test_track_sample()
        self.setUp()

    def test_track_sample(self) -> None:
        """The whole way from clip to strain."""
        from EchoTrackerLib.scene import results as study
        from EchoTrackerLib.scene.tracks import read_tracks

        logic = EchoTrackerLogic()
        _volume, points, browser = logic.makeSample()
        for tracker in ("static", "classical"):
            self.delayDisplay(f"Tracking with '{tracker}'")
            sequence = logic.track(browser, points, tracker=tracker, withConfidence=tracker == "static")
            tracks = read_tracks(slicer.mrmlScene, sequence)
            self.assertEqual(tracks.n_points, points.GetNumberOfControlPoints())
            self.assertEqual(tracks.tracker, tracker)
        strain = logic.measureStrain(browser)
        self.assertLess(strain.gls_percent, -5.0)
        self.assertIsNotNone(study.find_results(slicer.mrmlScene, browser).strain)
        self.delayDisplay("Test passed")
