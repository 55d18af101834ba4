"""The whole panel: sections with their presenters, made once for the module's widget."""

from __future__ import annotations

from typing import Any

from ..i18n import count_frames_from
from ..i18n import tr as _
from ..scene.mrml import frames
from ..tracking.job import ProcessRunner, Runner
from ..tracking.registry import tracker_infos
from .annotate.section import AnnotationPanel
from .clip.presenter import ClipPresenter
from .clip.view import ClipSection
from .compare.presenter import ComparePresenter
from .compare.view import CompareSection
from .points.presenter import PointsPresenter
from .points.view import PointsSection
from .qt.dialogs import Dialogs, SlicerDialogs, guarded
from .qt.shortcuts import PlayKeys, Shortcuts
from .qt.timers import Timers
from .qt.wrapping import WrappedTexts
from .results.export_presenter import ExportPresenter
from .results.following import ClipFollower
from .results.presenter import ResultsPresenter
from .results.view import ExportSection, ResultsSection
from .review.presenter import ReviewPresenter
from .review.view import ReviewSection
from .sample.presenter import SamplePresenter
from .sample.view import SampleSection
from .session import Session
from .settings.settings import apply_defaults
from .study.presenter import StudyPresenter
from .study.view import StudySection
from .track.presenter import Ticker, TrackPresenter
from .track.view import TrackSection


class Panel:
    """Sections, shortcuts and what they share. A further section: a view, a presenter on `session`, one line here."""

    def __init__(
        self,
        ui: Any,
        scene: Any,
        layout_node: Any,
        dialogs: Any = None,
        runner: Any = None,
        ticker: Any = None,
    ) -> None:
        count_frames_from(1)
        self.ui = ui
        asks: Dialogs = dialogs or SlicerDialogs()
        runs: Runner = runner or ProcessRunner()
        self._timers = Timers()
        ticks: Ticker = ticker or self._timers.ticker()
        self.session = Session(scene, self._timers.later)
        self._follower = ClipFollower(self.session)
        clip, points, track, results = ClipSection(ui), PointsSection(ui), TrackSection(ui), ResultsSection(ui)
        self.clip = ClipPresenter(self.session, clip, asks, layout_node, self._timers.later)
        self.points = PointsPresenter(self.session, points, asks, self._timers.soon)
        self.track = TrackPresenter(self.session, track, asks, runs, ticks)
        self.results = ResultsPresenter(self.session, results, layout_node, self._timers.soon)
        export = ExportSection(ui)
        self.export = ExportPresenter(self.session, export, asks, self._timers.ticker())
        study = StudySection(ui.clipSection.parent())
        self.study = StudyPresenter(self.session, study, asks, layout_node)
        self._review_section = ReviewSection(ui.clipSection.parent())
        self.review = ReviewPresenter(self.session, self._review_section, asks, self._timers.soon)
        self.annotation = AnnotationPanel(
            ui.clipSection.parent(), self.session, asks, self._timers.ticker, self._timers.later
        )
        sampling = SampleSection(ui.clipSection.parent())
        self.sampling = SamplePresenter(self.session, sampling, asks)
        self._compare_section = CompareSection(ui.clipSection.parent())
        self.compare = ComparePresenter(self.session, self._compare_section, asks, layout_node, self._timers.later)
        self._compare_section.connect(self.compare, self.session)
        for section, presenter in (
            (clip, self.clip),
            (points, self.points),
            (track, self.track),
            (results, self.results),
            (export, self.export),
            (study, self.study),
            (self._review_section, self.review),
            (sampling, self.sampling),
        ):
            section.connect(presenter)
        self.ui.weightsPathLineEdit.connect("currentPathChanged(QString)", self._on_weights)
        self.session.changed.connect(self._show_weights)
        self._asks = asks
        self._texts = WrappedTexts(ui.clipSection.parent())
        self._play_keys = PlayKeys(ui.playWidget)
        self.shortcuts = Shortcuts(
            {
                "next": lambda: self._step(1),
                "previous": lambda: self._step(-1),
                "next10": lambda: self._step(10),
                "previous10": lambda: self._step(-10),
                "place": lambda: self.annotation.place() if self.annotation.in_use else self.ui.placeButton.click(),
                "undo": self._undo,
                "redo": self._redo,
                "track": lambda: self.ui.trackButton.click(),
                **self._review_section.shortcuts,
                **self.annotation.shortcuts,
            }
        )

    def enter(self, parameters: Any) -> None:
        """The user opened the module."""
        self.clip.enter()
        apply_defaults(parameters, self._asks, tuple(info.name for info in tracker_infos()))
        self.session.set_parameters(parameters)
        self.shortcuts.enable()
        self._review_section.watch_view(self.session)
        self.annotation.enter()
        self.results.enter()

    def exit(self) -> None:
        """The user left the module: give back shortcuts, mouse and layout. Tracking goes on."""
        self.shortcuts.disable()
        self.clip.exit()
        self.points.stop()
        self.annotation.exit()
        self._review_section.unwatch_view()
        self.compare.stop()
        self.study.stop()
        self.results.exit()
        self.session.changed.emit()

    def scene_closing(self) -> None:
        """The scene is about to be emptied: nothing may hold on to its nodes."""
        self.quitting()
        self._follower.close()
        self.clip.stop()
        self.points.close()
        self.annotation.scene_closing()
        self.compare.close()
        self.study.close()
        self.results.close()
        self.sampling.close()
        self.review.close()
        self.session.close()

    def quitting(self) -> None:
        """The application is closing: stop what is running."""
        self.track.close()
        self.export.close()

    def close(self) -> None:
        """The module is unloaded or reloaded, or Slicer ends: give everything back for good."""
        self.exit()
        self.scene_closing()
        count_frames_from(0)
        self.annotation.close()
        self._timers.close()
        self._texts.close()
        self._play_keys.close()

    def _step(self, by: int) -> None:
        if self.session.browser is not None:
            frames.stop_playback(self.session.browser)
            frames.go_to_frame(self.session.browser, self.session.frame + by)

    @guarded(_("Undo failed."))
    def _undo(self) -> None:
        (self.session.edited or self.points).undo()

    @guarded(_("Redo failed."))
    def _redo(self) -> None:
        (self.session.edited or self.points).redo()

    def _show_weights(self) -> None:
        if (
            self.session.parameters is not None
            and self.ui.weightsPathLineEdit.currentPath != self.session.parameters.weights
        ):
            self.ui.weightsPathLineEdit.currentPath = self.session.parameters.weights

    @guarded(_("The weights could not be chosen."))
    def _on_weights(self, path: str) -> None:
        if self.session.parameters is not None and self.session.parameters.weights != path:
            self.session.parameters.weights = path
