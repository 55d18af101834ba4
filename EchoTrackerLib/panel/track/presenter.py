"""The section "Track": choose a tracker, run it in the worker process, put the tracks into the scene."""

from __future__ import annotations

import html
import logging
import time
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...i18n import tr as _
from ...scene import results as study
from ...scene.clip.cine import read_cine
from ...scene.points import apex_noted, read_points, refuse_points_on_another_frame
from ...tracking.job import Outcome, Runner
from ...tracking.registry import DEFAULT_TRACKER, tracker_infos
from ...tracking.request import Request, make_job
from ...tracking.tracker import TrackerInfo
from ..qt.dialogs import Dialogs
from ..qt.packages import offer_tracker_packages
from ..qt.timers import Ticker
from ..session import Session
from ..settings.settings import model_folder
from ..settings.weights_folder import ModelFolder
from .view import TrackSection

_LOGGER = logging.getLogger("EchoTracker")
_POLL_MS = 50


class TrackPresenter:
    """Fills the section and runs the job."""

    def __init__(self, session: Session, view: TrackSection, dialogs: Dialogs, runner: Runner, ticker: Ticker) -> None:
        self._session, self._view, self._dialogs = session, view, dialogs
        self._runner, self._ticker = runner, ticker
        self._infos = {info.name: info for info in tracker_infos()}
        self._clip: Any = None  # the browser that is being tracked
        self._text = ""
        self._clock = _Clock()
        session.changed.connect(self.refresh)
        self._view.show_trackers([(i.name, i.title) for i in self._infos.values()], self.tracker().name)

    def refresh(self) -> None:
        """Show the chosen tracker and whether tracking can start."""
        info = self.tracker()
        self._view.show_trackers([(i.name, i.title) for i in self._infos.values()], info.name)
        self._view.show_info(_describe(info))
        reason = self.why_not()
        self._view.set_track_enabled(
            not reason, reason or _("Follow the points through the clip with {name} (Alt+T)").format(name=info.title)
        )
        if not self._runner.running:
            self._view.show_progress(False, 0.0, self._text)

    def tracker(self) -> TrackerInfo:
        """Return the facts of the chosen tracker."""
        parameters = self._session.parameters
        name = parameters.tracker if parameters is not None else ""
        return self._infos.get(name) or self._infos[DEFAULT_TRACKER]

    def choose_tracker(self, name: str) -> None:
        """Choose a tracker by name."""
        if self._session.parameters is not None and name:
            self._session.parameters.tracker = name

    def why_not(self) -> str:
        """Return what is missing before tracking can start, "" when nothing is."""
        session = self._session
        if self._runner.running:
            return _("Tracking is running.")
        if session.browser is None:
            return _("Select or load a clip first.")
        if not session.is_clip:
            return session.problem()
        points = session.points
        if points is None or points.GetNumberOfDefinedControlPoints() == 0:
            return _("Place points on the image first.")
        if not 0 <= session.query_frame < session.browser.GetNumberOfItems():
            return _("The query frame {k} is not in the clip of {n} frames.").format(
                k=session.query_frame + 1, n=session.browser.GetNumberOfItems()
            )
        weights = session.parameters.weights
        if weights and not Path(weights).is_file():
            return _("The weights' file does not exist: {name}").format(name=Path(weights).name)
        return ""

    def start(self) -> None:
        """Start tracking.

        Raises:
            BadInput: something is missing or a point cannot be used; the message says what.
            MissingDependency: the tracker needs a package that cannot be installed from here.
            Cancelled: the user does not want to install it.
        """
        reason = self.why_not()
        if reason:
            raise BadInput(reason)
        info = self.tracker()
        if self._session.parameters.weights:
            self._models().check(Path(self._session.parameters.weights))
        if info.needs_licence_consent and not self._consent(info):
            return
        offer_tracker_packages(info, self._dialogs)
        session, parameters = self._session, self._session.parameters
        refuse_points_on_another_frame(session.points, session.query_frame)
        points = read_points(session.points, session.proxy)
        request = Request(
            tracker=info.name,
            weights=Path(parameters.weights) if parameters.weights else None,
            accept_licence=True,  # asked above
            device=parameters.device,
            wall=parameters.wallCoupling,
            confidence=parameters.withConfidence,
            threads=parameters.threads,
        )
        apex = apex_noted(session.points)
        job = make_job(read_cine(session.browser), points.labels, points.positions, session.query_frame, request, apex)
        self._clip, self._text, self._clock = session.browser, "", _Clock()
        self._runner.start(job, self._on_progress, self._on_done)
        session.busy = True
        self._view.show_progress(True, 0.0, _("Starting"))
        self._ticker.start(_POLL_MS, self._poll)
        session.changed.emit()

    def keep_weights(self) -> None:
        """Copy the chosen weights into the model folder and use the copy.

        Raises:
            BadInput: no file is chosen, or it cannot be copied.
        """
        parameters = self._session.parameters
        path = Path(parameters.weights) if parameters is not None and parameters.weights else None
        if path is None or not path.is_file():
            raise BadInput(_("Choose a file with weights first."))
        with self._dialogs.waiting():
            kept = self._models().keep(path)
        parameters.weights = str(kept)
        self._text = _("The weights are kept in {folder} and will be checked before each use.").format(
            folder=kept.parent
        )
        self._session.changed.emit()

    def _models(self) -> ModelFolder:
        return ModelFolder(model_folder(self._dialogs))

    def _consent(self, info: TrackerInfo) -> bool:
        key = f"EchoTracker/LicenceAccepted/{info.name}"
        if self._dialogs.setting(key) == info.licence:  # consent is to this text
            return True
        text = _("{title} comes under this license:\n\n{licence}\n\nDo you accept it?").format(
            title=info.title, licence=info.licence
        )
        if not self._dialogs.confirm(text):
            return False
        self._dialogs.setting(key, info.licence)
        return True

    def cancel(self) -> None:
        """Stop tracking; the scene stays as it was."""
        self._runner.cancel()
        if self._runner.running:
            self._view.show_progress(True, 0.0, _("Cancelling"))

    def close(self) -> None:
        """Stop at once; the scene or the application is closing."""
        self._ticker.stop()
        self._runner.close()
        self._clip, self._text = None, ""
        self._session.busy = False

    def _poll(self) -> None:
        try:
            self._runner.poll()
        except Exception:  # nothing more will be heard of this job
            self.close()
            self._session.refresh()
            raise

    def _on_progress(self, stage: str, fraction: float) -> None:
        left = self._clock.left(stage, fraction)
        self._view.show_progress(True, fraction, f"{stage}, {left}" if left else stage)

    def _on_done(self, outcome: Outcome) -> None:
        self._ticker.stop()
        self._session.busy = False
        clip, self._clip = self._clip, None
        try:
            self._text = self._finish(outcome, clip)
        finally:
            self._session.refresh()
            self._session.results_changed.emit()

    def _finish(self, outcome: Outcome, clip: Any) -> str:
        """Put the tracks into the scene; return what to tell the user."""
        if outcome.tracks is None:
            if outcome.kind not in ("cancelled", "input"):
                _LOGGER.error("Tracking ended: %s %s\n%s", outcome.kind, outcome.message, outcome.details)
            return outcome.message
        if clip is None or clip.GetScene() is None or clip.GetMasterSequenceNode() is None:
            return _("The clip was removed while it was tracked; the tracks were discarded.")
        study.set_results(self._session.scene, clip, outcome.tracks)
        seconds = time.monotonic() - self._clock.begin
        device = outcome.tracks.options.get("device", "cpu")
        name = clip.GetMasterSequenceNode().GetName()
        done = _("Tracked {n} points in {clip} in {s:.1f} s on {device}.").format(
            n=outcome.tracks.n_points, clip=name, s=seconds, device=device
        )
        return " ".join((done, *outcome.tracks.warnings))


class _Clock:
    """Estimates the time left of a stage from its progress."""

    def __init__(self) -> None:
        self.begin = time.monotonic()
        self._stage, self._since, self._at = "", self.begin, 0.0

    def left(self, stage: str, fraction: float) -> str:
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._since, self._at = stage, now, fraction
        done, elapsed = fraction - self._at, now - self._since
        if elapsed < 1.0 or done < 0.02 or fraction >= 1:
            return ""
        seconds = elapsed * (1 - fraction) / done
        if seconds < 90:
            return _("about {s:.0f} s left").format(s=max(seconds, 1))
        return _("about {m:.0f} min left").format(m=seconds / 60)


def _describe(info: TrackerInfo) -> str:
    parts = [_("License: {licence}.").format(licence=html.escape(info.licence))]
    if info.weights:
        parts.append(_("Weights: {weights}.").format(weights=html.escape(info.weights).rstrip(".")))
    if info.citation:
        parts.append(_("Cite: {citation}").format(citation=html.escape(info.citation)))
    return "<small>" + " ".join(parts) + "</small>"
