"""The section "Sample": look at a few drawn tracks, say what is wrong with each, read what that says about all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ...review.rows import point_rows
from ...review.sample import Sample, error_counts, error_rate, new_sample, next_unexamined, with_errors, write_results
from ...review.sampling import ERROR_TYPES
from ...scene.mrml.frames import go_to_frame, stop_playback
from ...scene.review import hide_ring, read_sample, write_sample
from ...scene.tracks import read_tracks
from ...tracks.tracks import Tracks
from ..qt.dialogs import Dialogs
from ..ring import ring_point
from ..session import Session
from .view import SampleSection

_FILE = "sample-results.csv"


class SamplePresenter:
    """Fills the section and acts on its widgets."""

    def __init__(self, session: Session, view: SampleSection, dialogs: Dialogs) -> None:
        self._session, self._view, self._dialogs = session, view, dialogs
        self._sequence: Optional[str] = None  # not looked yet
        self._tracks: Optional[Tracks] = None
        self.sample: Optional[Sample] = None
        self.number = -1
        session.changed.connect(self.refresh)
        session.results_changed.connect(self.reload)
        session.frame_changed.connect(self._on_frame)

    # -- what is shown -----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the sample of the chosen clip's tracks; reads it only when the tracks are others than before."""
        node = self._session.tracks_node()
        if (node.GetID() if node is not None else "") != self._sequence:
            self.reload()

    def reload(self) -> None:
        """Read the sample that is kept with the tracks."""
        node = self._session.tracks_node()
        self._sequence = node.GetID() if node is not None else ""
        self.sample = read_sample(node) if node is not None else None
        self._tracks = read_tracks(self._session.scene, node) if self.sample is not None else None
        self.number = -1
        self._show()

    def close(self) -> None:
        """The scene is closing."""
        self._sequence, self.sample, self._tracks, self.number = None, None, None, -1
        self._show()

    # -- what the user does ------------------------------------------------------------------
    def draw(self, count: int, seed: int) -> None:
        """Draw `count` of the clip's tracks and show the first; asks before a sample somebody worked on is lost.

        Raises:
            BadInput: there are no tracks.
        """
        node = self._session.tracks_node()
        if node is None:
            raise BadInput(_("Track points first."))
        if self.sample is not None and self.sample.examined:
            question = _("Forget what was found in {count} tracks and draw new ones?")
            if not self._dialogs.confirm(question.format(count=self.sample.examined)):
                return
        self._tracks = tracks = read_tracks(self._session.scene, node)
        rows = point_rows(tracks, ("",) * tracks.n_points, tracks.review)
        names = [("", row.label) for row in rows]
        self._keep(new_sample(names, np.array([row.confidence for row in rows]), count, seed))
        self.number = 0
        self._look()

    def record(self, errors: Sequence[str]) -> None:
        """Note what is wrong with the shown track, nothing for no error, and go to the next one.

        Raises:
            BadInput: no track is shown.
        """
        if self.sample is None or not 0 <= self.number < len(self.sample.tracks):
            raise BadInput(_("Draw a sample first."))
        self._keep(with_errors(self.sample, self.number, errors))
        following = next_unexamined(self.sample, self.number)
        if following is not None:
            self.number = following
        self._look()

    def step(self, by: int) -> None:
        """Show the track before or after this one, e.g. to correct what was noted."""
        if self.sample is not None:
            self.number = (self.number + by) % len(self.sample.tracks)
            self._look()

    def export(self) -> None:
        """Ask for a folder and write the results as CSV."""
        if self.sample is None:
            raise BadInput(_("Draw a sample first."))
        folder = self._dialogs.open_folder(_("Write the sample's results into a folder"))
        if folder is not None:
            self.export_to(folder)

    def export_to(self, folder: Path) -> Path:
        """Write the results into `folder`; return the path of the file."""
        if self.sample is None:
            raise BadInput(_("Draw a sample first."))
        write_results(folder / _FILE, self.sample)
        self._view.show_estimate(self._estimate() + "<br>" + _("Written: {name}.").format(name=_FILE))
        return folder / _FILE

    # -- inside ------------------------------------------------------------------------------
    def _keep(self, sample: Sample) -> None:
        node = self._session.tracks_node()
        if node is None:
            raise BadInput(_("Track points first."))
        write_sample(node, sample)
        self.sample = sample

    def _look(self) -> None:
        """Show the current track from its start."""
        session = self._session
        session.pointing = self
        if self._tracks is not None and session.browser is not None:
            stop_playback(session.browser)
            go_to_frame(session.browser, self._tracks.query_frame)
        self._show()
        self._on_frame(session.frame)

    def _on_frame(self, frame: int) -> None:
        session, tracks = self._session, self._tracks
        if session.pointing is not self:
            return
        if tracks is None or self.sample is None or session.proxy is None or self.number < 0:
            session.pointing = None
            hide_ring(session.scene)
            return
        label = self.sample.tracks[self.number].point
        if label in tracks.labels:
            ring_point(session, tracks.positions[tracks.labels.index(label), frame], label)

    def _show(self) -> None:
        sample, node = self.sample, self._session.tracks_node()
        self._view.set_enabled(node is not None, sample is not None, self.number >= 0)
        if sample is None:
            self._view.show_track("", ())
            self._view.show_estimate("")
            return
        if self.number < 0:
            self._view.show_track(_("{count} tracks are drawn. Press Next.").format(count=len(sample.tracks)), ())
        else:
            track = sample.tracks[self.number]
            done = _("not looked at yet") if track.errors is None else ", ".join(map(error_title, track.errors))
            text = _("Track {number} of {count}: <b>{point}</b> ({done})").format(
                number=self.number + 1, count=len(sample.tracks), point=track.point, done=done or _("no error")
            )
            self._view.show_track(text, track.errors or ())
        self._view.show_estimate(self._estimate())

    def _estimate(self) -> str:
        sample = self.sample
        if sample is None:
            return ""
        text = _("{examined} of {count} looked at.").format(examined=sample.examined, count=len(sample.tracks))
        rate = error_rate(sample)
        if rate is None:
            return text + " " + _("The estimate needs at least one track from each range of confidence.")
        found = ", ".join(f"{error_title(kind)} {count}" for kind, count in error_counts(sample).items() if count)
        estimate = _(
            "<b>Error rate {rate:.0f} %</b> of all tracks (95 % confidence interval {low:.0f} to {high:.0f} %)."
        )
        text += "<br>" + estimate.format(rate=100 * rate.rate, low=100 * rate.low, high=100 * rate.high)
        return text + ("<br>" + found if found else "")


def error_title(kind: str) -> str:
    """Return what the user reads for an error type."""
    titles = dict(zip(ERROR_TYPES, (_("drift"), _("jump"), _("swap"), _("off the wall"))))
    return titles[kind]
