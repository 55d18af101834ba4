"""The tracks under review: the decisions about their points, with undo, and the strain that follows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Optional

from ...errors import BadInput
from ...history import StateHistory
from ...i18n import tr as _
from ...scene import results as study
from ...scene.review import write_review
from ...scene.tracks import read_tracks
from ...tracks.decisions import UNDECIDED, Decision, Review, decide_points, decide_segments, rejected
from ...tracks.tracks import Tracks
from ..session import Session
from ..strain_settings import wall_settings
from .strain import ReviewedWall


class ReviewedTracks:
    """The chosen clip's tracks; the scene holds the decisions, here is what else is known of them.

    Attributes:
        tracks: as last read, with all decisions; None when there are none.
        wall: segments and cycle of the tracks, and their strain.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: Optional[tuple[str, tuple[Any, ...]]] = None
        self._history = StateHistory(Review())
        self._drawn: Optional[tuple[str, ...]] = None
        self.tracks: Optional[Tracks] = None
        self.wall = ReviewedWall(session)

    @property
    def can_undo(self) -> bool:
        """Whether a decision can be taken back."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether a decision can be repeated."""
        return self._history.can_redo

    def need(self) -> Tracks:
        """Return the tracks.

        Raises:
            BadInput: there are none.
        """
        if self.tracks is None:
            raise BadInput(_("Track points first."))
        return self.tracks

    def others(self) -> bool:
        """Return whether the clip has other tracks than those that were read."""
        return self._known is None or self._key()[0] != self._known[0]

    def settings_changed(self) -> bool:
        """Return whether the strain's settings changed: other segments, another cycle."""
        return self._key() != self._known

    def read(self) -> None:
        """Read the tracks again; the decisions can be undone as long as nobody else changed them."""
        node = self._session.tracks_node()
        self.tracks = read_tracks(self._session.scene, node) if node is not None else None
        review = Review() if self.tracks is None else self.tracks.review
        if self.others() or review != self._history.present:
            self._history = StateHistory(review)

    def measure(self) -> None:
        """Find segments and cycle with the present settings, and let rejected points look so."""
        self._known = self._key()
        self.wall.measure(self.tracks)
        self._drawn = None
        if self.tracks is not None:
            self._show_rejected()

    def decide(self, points: Sequence[int], status: str, reason: str, segments: bool) -> bool:
        """Decide about points, or about the segments they lie on; return whether that changed anything.

        Raises:
            BadInput: no points, or they lie on no segment.
        """
        tracks = self.need()
        if not points:
            raise BadInput(_("Select points in the table first."))
        decision = Decision(status, reason if status != UNDECIDED else "")
        if segments:
            names = sorted({self.wall.segments[i] for i in points} - {""})
            if not names:
                raise BadInput(_("The selected points lie on no segment. Decide about the points themselves."))
            review = decide_segments(tracks.review, names, decision)
        else:
            review = decide_points(tracks.review, [tracks.labels[i] for i in points], decision)
        if not self._history.add(review):
            return False
        self._keep(review)
        return True

    def undo(self) -> bool:
        """Take back the last decision; return whether there was one."""
        return self._replay(self._history.undo())

    def redo(self) -> bool:
        """Repeat the decision that was taken back; return whether there was one."""
        return self._replay(self._history.redo())

    def follow(self) -> Optional[str]:
        """Let the strain in the scene follow the decisions; return what to say, None when there are no tracks."""
        return (
            self.wall.follow(self.tracks)
            if self.tracks is not None and self._session.tracks_node() is not None
            else None
        )

    def close(self) -> None:
        """Forget the tracks."""
        self.tracks, self._known, self._history = None, None, StateHistory(Review())

    def _replay(self, review: Optional[Review]) -> bool:
        if review is None or self.tracks is None:
            return False
        self._keep(review)
        return True

    def _keep(self, review: Review) -> None:
        self.tracks = replace(self.need(), review=review)
        write_review(self._session.tracks_node(), review)
        self._show_rejected()

    def _show_rejected(self) -> None:
        """Let rejected points look so in the views, when they are others than before."""
        tracks = self.need()
        out = rejected(tracks.review, tracks.labels, self.wall.segments)
        if out != self._drawn:
            self._drawn = out
            study.show_rejected(self._session.scene, self._session.browser, tracks, out)

    def _key(self) -> tuple[str, tuple[Any, ...]]:
        """Return (ID of the tracks, settings that segments and cycle depend on)."""
        node = self._session.tracks_node()
        if node is None:
            return "", ()
        return node.GetID(), tuple(wall_settings(self._session.parameters, self._session.browser).values())
